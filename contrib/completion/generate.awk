# Make the completion of a program for a shell from the program's --help.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: awk -f generate.awk -v program=NAME -v shell=bash|zsh|fish \
#   part=arguments FILE part=help FILE part=functions FILE
# The last FILE is what the shell does with it, and is passed on.  It needs the
# C locale, and no more than POSIX.

function fail(message)
{
  print "generate.awk: " program ": " message > "/dev/stderr"
  failed = 1
  exit 1
}

# Return S as a word in single quotes for the shell.
function quoted(s)
{
  if (shell == "fish")
    gsub(/[\\']/, "\\\\&", s)
  else
    gsub(/'/, "'\\''", s)
  return "'" s "'"
}

# Note what "Usage: PROGRAM [OPTION]... COMMAND [ARG]..." and its like say:
# what the operands are, and which option is there in their place.
function note_usage(line,   n, i, word)
{
  sub(/^ *(Usage|or): *[^ ]+ */, "", line)
  if (line ~ /:::/)
    items = "yes"
  n = split(line, word, " ")
  i = word[1] == "[OPTION]..." ? 2 : 1
  if (usages++ == 0)
    {
      operand = word[i]
      gsub(/[][.]/, "", operand)
    }
  else if (word[i] ~ /^-/)
    {
      # "-c SCRIPT [::: ITEM...]" and "--all" have no operand, and
      # "-b[SIZE] COMMAND" has one.
      instead_key = word[i]
      sub(/[[=].*/, "", instead_key)
      instead_next[instead_key] = word[i + 1]
      instead_after[instead_key] = word[i + 2]
    }
}

# Begin an option, "-a, --arg-file=FILE" or the like.
function note_option(line,   names, n, i, part, text)
{
  names = line
  sub(/^ */, "", names)
  text = ""
  if (match(names, /  +/))
    {
      text = substr(names, RSTART + RLENGTH)
      names = substr(names, 1, RSTART - 1)
    }

  count++
  short[count] = long[count] = argument[count] = mode[count] = ""
  n = split(names, part, /, +/)
  for (i = 1; i <= n; i++)
    if (part[i] ~ /^--/)
      {
        long[count] = part[i]
        if (match(part[i], /[[=]/))
          {
            mode[count] = substr(part[i], RSTART, 1) == "[" ? "?" : "="
            long[count] = substr(part[i], 1, RSTART - 1)
            argument[count] = substr(part[i], RSTART)
            gsub(/^\[?=|\]$/, "", argument[count])
          }
      }
    else
      short[count] = substr(part[i], 1, 2)
  description[count] = text
}

# Return how a description begins: the rest is for --help.
function beginning(s)
{
  sub(/;( .*)?$/, "", s)
  sub(/,( and)?$/, "", s)
  return s
}

# Store in KIND and WORDS what the argument of option I, or that of name WHAT if
# I is 0, is.
function look_up(i, what)
{
  kind = "words"
  words = ""
  if (i && long[i] in kind_of)
    what = long[i]
  if (what in kind_of)
    {
      kind = kind_of[what]
      words = words_of[what]
    }
  else if (what ~ /^[a-z]+$/)
    words = what
}

# Is option I there in place of operands?
function is_lone(i,   key)
{
  for (key in instead_next)
    if (key == short[i] || key == long[i])
      {
        if (mode[i] == "=" && key !~ /=/)
          return instead_after[key] == "" || instead_after[key] ~ /^\[?:::/
        return instead_next[key] == ""
      }
  return 0
}

# Return the names of the options whose MODE matches MODES, or, if it is
# empty, of those in place of operands.
function names_of(modes,   i, all)
{
  all = ""
  for (i = 1; i <= count; i++)
    if (modes == "" ? is_lone(i) : index(modes, mode[i]) && mode[i] != "")
      all = all " " short[i] " " long[i]
  gsub(/  +/, " ", all)
  sub(/^ /, "", all)
  sub(/ $/, "", all)
  return all
}

function write_bash(   i, spec)
{
  print "_mputils_" identifier " ()"
  print "{"
  print "  local pjoin=pjoin"
  print "  local operand=" quoted(operand_kind) " items=" items
  print "  local -a lone=(" names_of("") ")"
  print "  local -A arguments=("
  for (i = 1; i <= count; i++)
    {
      look_up(i, argument[i])
      spec = mode[i] == "" ? "" : mode[i] kind (words == "" ? "" : " " words)
      print "    # " beginning(description[i])
      print "   " (short[i] == "" ? "" : " [" short[i] "]=" quoted(spec)) \
        (long[i] == "" ? "" : " [" long[i] "]=" quoted(spec))
    }
  print "  )"
  print "  _mputils_complete \"$@\""
  print "}"
  print "complete -F _mputils_" identifier " " program
}

# Return what _arguments of zsh calls for an argument.
function zsh_action()
{
  if (kind == "directory")
    return "_directories"
  if (kind == "pid")
    return "_pids"
  if (kind == "program")
    return "_command_names -e"
  if (kind == "signal")
    return "_signals"
  return " _mputils_" kind (words == "" ? "" : " " words)
}

# Return the name OPTION with what _arguments of zsh wants after it.
function zsh_option(option, how)
{
  if (how == "")
    return option
  if (option ~ /^--/)
    return option (how == "?" ? "=-" : "=")
  return option (how == "?" ? "-" : "+")
}

function write_zsh(   i, spec, text, before)
{
  print "local pjoin=pjoin"
  print "local operand=" quoted(operand_kind) " items=" items
  print "local -a lone=(" names_of("") ")"
  print "local -a arguments=("
  for (i = 1; i <= count; i++)
    {
      look_up(i, argument[i])
      text = beginning(description[i])
      gsub(/[][\\:]/, "\\\\&", text)
      spec = "[" text "]"
      if (mode[i] != "")
        spec = spec (mode[i] == "?" ? "::" : ":") argument[i] ":" zsh_action()
      before = "*"
      if (long[i] == "--help" || long[i] == "--version")
        before = "(- *)"
      else if (is_lone(i) && items == "")
        before = "(*)*"
      if (short[i] != "")
        print "  " quoted(before zsh_option(short[i], mode[i]) spec)
      if (long[i] != "")
        print "  " quoted(before zsh_option(long[i], mode[i]) spec)
    }
  print ")"
}

# Return the options of fish's complete that say what an argument is.
function fish_argument(how)
{
  if (how == "")
    return ""
  # An argument that may be left out must not be asked for.
  if (kind == "file")
    return (how == "=" ? " -r" : "") " -F" \
      (words == "" ? "" : " -a " quoted(words))
  if (kind == "directory")
    words = "(__fish_complete_directories)"
  else if (kind == "pid")
    words = "(__fish_complete_pids)"
  else if (kind == "program")
    words = "(__fish_complete_command)"
  else if (kind == "signal")
    words = "(__mputils_signals)"
  else if (kind == "units")
    words = "(__mputils_units " words ")"
  return (how == "=" ? " -x" : " -f") (words == "" ? "" : " -a " quoted(words))
}

function write_fish(   i, spec)
{
  print "set -l command " program
  print "set -l pjoin pjoin"
  print "set -l operand " quoted(operand_kind)
  print "set -l items '" items "'"
  print "set -l lone " names_of("")
  print "set -l takers " names_of("=")
  print "set -l optional " names_of("?")
  print "complete -c $command -f"
  # Options of a program that runs a COMMAND are before it.
  spec = "complete -c $command"
  if (operand_kind == "command")
    spec = spec " -n \"not __mputils_operands '$takers' '$optional'\""
  for (i = 1; i <= count; i++)
    {
      look_up(i, argument[i])
      print spec \
        (short[i] == "" ? "" : " -s " quoted(substr(short[i], 2))) \
        (long[i] == "" ? "" : " -l " substr(long[i], 3)) \
        fish_argument(mode[i]) " -d " quoted(beginning(description[i]))
    }
}

function write_head()
{
  if (shell == "zsh")
    print "#compdef " program
  print "# Completion of " program " for " shell ", made from its --help."
  print "# Copyright (C) 2026 The mputils authors"
  print "# SPDX-License-Identifier: GPL-3.0-or-later"
  print ""
}

function write_all()
{
  if (! usages || ! count)
    fail("its --help names no options")
  look_up(0, operand)
  operand_kind = kind == "words" ? "" : kind
  identifier = program
  gsub(/[^A-Za-z0-9_]/, "_", identifier)
  write_head()
  if (shell == "bash")
    write_bash()
  else if (shell == "zsh")
    write_zsh()
  else if (shell == "fish")
    write_fish()
  else
    fail("there is no completion for " shell)
}

part == "arguments" {
  sub(/(^| )#.*/, "")
  while (sub(/\\$/, "") && (getline more) > 0)
    $0 = $0 more
  if (NF)
    {
      kind_of[$1] = $2
      words_of[$1] = ""
      for (i = 3; i <= NF; i++)
        words_of[$1] = words_of[$1] (i == 3 ? "" : " ") $i
    }
  next
}

part == "help" && /^(Usage: |  or: )/ { note_usage($0); next }
part == "help" && /^ +-/ { note_option($0); column = 0; inside = 1; next }

# A description goes on farther in than it began; where it did not begin on
# the line of the option, it does now.
part == "help" {
  match($0, /^ */)
  if (! inside || RLENGTH == length($0) || RLENGTH < 20)
    {
      inside = 0
      next
    }
  if (description[count] == "")
    description[count] = substr($0, RLENGTH + 1)
  else if (RLENGTH > 25)
    description[count] = description[count] " " substr($0, RLENGTH + 1)
  else
    inside = 0
  next
}

part == "functions" && FNR == 1 { write_all() }
# The file has a head of its own.
part == "functions" && FNR <= 4 && /^# (Copyright|SPDX)/ { next }
part == "functions" { print }
