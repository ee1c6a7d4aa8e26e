
# What the completions of mputils for zsh have in common.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

_mputils_words ()
{
  compadd -S '' -- ${(M)@:#*=}
  compadd -- ${@:#*=}
}

_mputils_file ()
{
  local -a kinds=('files:file:_files')
  (( $# == 0 )) || kinds+=("words:word:($*)")
  _alternative $kinds
}

_mputils_units ()
{
  [[ $PREFIX == <->(.[0-9]#|) ]] || return
  compadd -- $PREFIX$^@
}

_mputils_handle ()
{
  local line
  local -a found
  for line in ${(f)"$(_call_program handles \
      $pjoin --list "--report='%n\t%s %C\n%h\t%s %C\n'" 2> /dev/null)"}; do
    [[ $line == [^-$'\t']*$'\t'* ]] || continue
    found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe -t handles handle found
}

_mputils_command ()
{
  if [[ -n $items && -n ${(M)words[1,CURRENT - 1]:#:::*} ]]; then
    _files
  elif (( ${#${(k)opt_args}:*lone} )); then
    compadd -- ::: ::::
  else
    _normal
  fi
}

local curcontext=$curcontext state line ret=1
local -A opt_args
case $operand in
  command)
    # Options after COMMAND are its own.
    _arguments -C -s -S -A '-*' $arguments '*:::command:->command' && ret=0
    if [[ $state == command ]]; then
      _mputils_command && ret=0
    fi ;;
  '')
    _arguments -s -S $arguments && ret=0 ;;
  *)
    _arguments -s -S $arguments "*:$operand: _mputils_$operand" && ret=0 ;;
esac
return ret
