
# What the completions of mputils for bash have in common.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A program's function says by local variables:
# arguments  for each option: nothing, or = (or ?, where it may be left out),
#            the kind of its argument, and words
# operand    the kind of the operands
# items      yes, where ':::' begins items
# lone       the options that are there in place of operands
# pjoin      the name of pjoin

# Readline's words are cut at = and :, so glue together what is not apart in
# the line, in $words, and keep in $starts where each of them begins, and in
# $prefix what readline will not replace of the last one.
_mputils_words ()
{
  local i piece rest line=$COMP_LINE n=-1
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    rest=${line#"${line%%[![:blank:]]*}"}
    if ((i > 0)) && [[ $rest == "$line" && -n $piece ]]; then
      prefix=${words[n]}
      words[n]+=$piece
    else
      words[++n]=$piece
      starts[n]=$i
      prefix=
    fi
    line=${rest#"$piece"}
  done
  # Of a separator nothing is replaced; of a word, what is after the cursor
  # stays.
  if [[ $piece == *[=:] && -n $prefix ]]; then
    prefix=${words[n]}
  elif [[ $piece == "$1"* ]]; then
    words[n]=$prefix$1
  fi
}

# Is $1 one of $lone?
_mputils_lone () { [[ " ${lone[*]} " == *" $1 "* ]]; }

# Look at the option words[i], and leave in $pending the name of the one whose
# argument is the next word, if any.
_mputils_option ()
{
  local word=$1 key j
  pending=
  if [[ $word == --* ]]; then
    key=${word%%=*}
    ! _mputils_lone "$key" || operand=
    [[ $word == *=* || ${arguments[$key]} != =* ]] || pending=$key
    return
  fi
  for ((j = 1; j < ${#word}; j++)); do
    key=-${word:j:1}
    ! _mputils_lone "$key" || operand=
    [[ ${arguments[$key]} != '?'* ]] || return
    if [[ ${arguments[$key]} == =* ]]; then
      ((j < ${#word} - 1)) || pending=$key
      return
    fi
  done
}

# Write the candidates for $2 of kind $3, with the words after that, one a
# line, with $1 before each.
_mputils_candidates ()
{
  local lead=$1 value=$2 kind=$3 word
  shift 3
  if [[ $kind == units ]]; then
    [[ $value =~ ^[0-9]+\.?[0-9]*$ ]] || return
    set -- "${@/#/$value}"
  fi
  case $kind in
    file) compgen -f -- "$value" ;;
    directory) compgen -d -- "$value" ;;
    program) compgen -c -- "$value"; compgen -d -- "$value" ;;
    handle) "$pjoin" --list --report='%n\n%h\n' ;;
    pid) command ps -A -o pid= | tr -d ' ' ;;
    signal)
      word=$(compgen -A signal -- "SIG${value#SIG}")
      [[ $value == SIG* ]] || word=${word//SIG}
      printf '%s\n' "$word" ;;
  esac 2> /dev/null | while read -r word; do
    [[ -z $word || $word == - || $word != "$value"* ]] \
      || printf '%s\n' "$lead$word"
  done
  for word; do
    [[ $word != "$value"* ]] || printf '%s\n' "$lead$word"
  done
}

# Complete $2, which comes after $1 in the same word, as $3 says: a kind and
# words.
_mputils_values ()
{
  local kind=${3%% *}
  case $kind in
    file | directory | program)
      compopt -o filenames 2> /dev/null
      # What has to be unquoted is readline's own affair.
      if [[ $2 == *[\\\"\'\`\$~]* ]]; then
        compopt -o default 2> /dev/null
        return
      fi ;;
  esac
  # The kind has no blanks in it, and no word has patterns.
  mapfile -t COMPREPLY < <(_mputils_candidates "$1" "$2" $3)
  [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] \
    || compopt -o nospace 2> /dev/null
}

# Complete the name of an option.
_mputils_names ()
{
  local key names=()
  for key in "${!arguments[@]}"; do
    [[ $key != --* || ${arguments[$key]} != =* ]] || key+==
    [[ $key != "$1"* ]] || names+=("$key")
  done
  COMPREPLY=("${names[@]}")
  [[ ${#names[@]} != 1 || ${names[0]} != *= ]] \
    || compopt -o nospace 2> /dev/null
}

# Complete the command that begins at words[$1], as itself does where
# bash-completion is there.
_mputils_command ()
{
  local at=${starts[$1]}
  prefix=
  if declare -F _comp_command_offset > /dev/null; then
    _comp_command_offset "$at"
  elif declare -F _command_offset > /dev/null; then
    _command_offset "$at"
  elif ((at == COMP_CWORD)); then
    _mputils_values '' "${COMP_WORDS[at]}" program
  else
    compopt -o default 2> /dev/null
  fi
}

# Complete an operand: the last word, where words[$1] is the first.
_mputils_operand ()
{
  local i cur=${words[-1]}
  if [[ -n $items ]]; then
    for ((i = $1; i < ${#words[@]} - 1; i++)); do
      if [[ ${words[i]} == :::* ]]; then
        _mputils_values '' "$cur" file
        return
      fi
    done
  fi
  if [[ $operand == command ]]; then
    _mputils_command "$1"
  elif [[ -n $operand ]]; then
    _mputils_values '' "$cur" "$operand"
  elif [[ -n $items ]]; then
    _mputils_values '' "$cur" 'words ::: ::::'
  fi
}

# Complete the last word, which begins with a hyphen.
_mputils_dashed ()
{
  local cur=$1 key=${1%%=*} j
  if [[ $cur == --*=* ]]; then
    [[ -z ${arguments[$key]} ]] \
      || _mputils_values "$key=" "${cur#*=}" "${arguments[$key]#?}"
    return
  fi
  for ((j = 1; j < ${#cur} - 1; j++)); do
    [[ $cur != --* ]] || break
    key=-${cur:j:1}
    if [[ -n ${arguments[$key]} ]]; then
      _mputils_values "${cur:0:j + 1}" "${cur:j + 1}" "${arguments[$key]#?}"
      return
    fi
  done
  _mputils_names "$cur"
}

_mputils_complete ()
{
  local words=() starts=() prefix= pending= first= cur i
  COMPREPLY=()
  _mputils_words "$2"
  cur=${words[-1]}
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    if [[ -n $pending ]]; then
      pending=
    elif [[ ${words[i]} == -- ]]; then
      first=$((i + 1))
      break
    elif [[ ${words[i]} == -?* ]]; then
      _mputils_option "${words[i]}"
    elif [[ $operand == command || ${words[i]} == :::* ]]; then
      first=$i
      break
    fi
  done

  if [[ -n $pending ]]; then
    _mputils_values '' "$cur" "${arguments[$pending]#?}"
  elif [[ -z $first && ${words[-2]} == *[\<\>] || $cur == *[\<\>]* ]]; then
    compopt -o default 2> /dev/null
  elif [[ -z $first && $cur == -* ]]; then
    _mputils_dashed "$cur"
  else
    _mputils_operand "${first:-$((${#words[@]} - 1))}"
  fi
  COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
}
