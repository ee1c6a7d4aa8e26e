#!/bin/sh
# The completions of bash, zsh and fish have every option of --help, with its
# description and the kind of its argument, and no other.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# Whatever a line of each kind of argument looks like in the three files is
# made one of these: "NAME MODE KIND WORD..." without blanks at the end, where
# MODE is "=", "?" for an argument that may be left out, or "-" for none.

# The table that the completions are made with, a line an entry.
sed 's/^#.*//; /^$/d' "$abs_srcdir/contrib/completion/arguments" \
  | awk '{ while (sub (/\\$/, "")) { getline more; $0 = $0 more }
           $1 = $1; print }' > table
test -s table || framework_failure_

# from_help_ < HELP
from_help_ ()
{
  sed -n 's/^  *\(-.*\)/\1/p' | sed 's/  .*//' | awk '
    NR == FNR { what = $1; sub (/^[^ ]* /, ""); entry[what] = $0; next }
    {
      long = $0
      sub (/.*--/, "--", long)
      name = long
      sub (/[[=].*/, "", name)
      argument = substr (long, length (name) + 1)
      mode = argument ~ /^\[/ ? "?" : argument ~ /^=/ ? "=" : "-"
      gsub (/^\[?=|\]$/, "", argument)
      what = "words"
      if (mode == "-")
        what = ""
      else if (name in entry)
        what = entry[name]
      else if (argument in entry)
        what = entry[argument]
      else if (argument ~ /^[a-z]+$/)
        what = "words " argument
      print name, mode, what
      if (/^-[^-]/)
        print substr ($0, 1, 2), mode, what
    }' table - | sed 's/ *$//' | LC_ALL=C sort
}

# from_bash_ < FILE
from_bash_ ()
{
  sed -n 's/^    \(\[-.*\)/\1/p' | sed "s/' \[-/'\\
[-/g" | sed "s/^\[\(.*\)\]='\(.*\)'\$/\1 \2/; s/ \([=?]\)/ \1 /; s/ \$/ -/" \
    | LC_ALL=C sort
}

# from_zsh_ < FILE
from_zsh_ ()
{
  sed -n "s/^  '\(([^)]*)\)\{0,1\}\**\(-.*\)'\$/\2/p" \
    | sed "s/\[.*[^\\]\]::[^:]*:/ ? /; s/\[.*[^\\]\]:[^:]*:/ = /; s/\[.*\]\$/ -/
      s/^\(--[^ ]*\)=- ?/\1 ?/; s/^\(--[^ ]*\)= =/\1 =/
      s/^\(-[^-]\)- ?/\1 ?/; s/^\(-[^-]\)+ =/\1 =/
      s/  _mputils_/ /; s/ _directories/ directory/; s/ _pids/ pid/
      s/ _command_names -e/ program/; s/ _signals/ signal/" | LC_ALL=C sort
}

# from_fish_ < FILE
from_fish_ ()
{
  sed -n "/__mputils_command/d
    s/^complete -c .command \(-n \"[^\"]*\" \)*\(-[sl] .*\) -d .*/\2 /p" \
    | sed "s/^-s '\(.\)'/-s \1/
      s/ -r -F -a '\([^']*\)' / = file \1 /; s/ -r -F / = file /
      s/ -x -a '(__fish_complete_directories)' / = directory /
      s/ -x -a '(__fish_complete_pids)' / = pid /
      s/ -x -a '(__fish_complete_command)' / = program /
      s/ -x -a '(__mputils_signals)' / = signal /
      s/ -x -a '(__mputils_units \([^')]*\))' / = units \1 /
      s/ -f -a '(__mputils_units \([^')]*\))' / ? units \1 /
      s/ -x -a '\([^']*\)' / = words \1 /; s/ -x / = words /
      s/ -f -a '\([^']*\)' / ? words \1 /; s/ -f / ? words /
      s/ *\$//" \
    | awk '
      {
        short = long = ""
        if ($1 == "-s")
          { short = "-" $2; sub (/^-s [^ ]* ?/, "") }
        if ($1 == "-l")
          { long = "--" $2; sub (/^-l [^ ]* ?/, "") }
        if ($0 == "")
          $0 = "-"
        if (short != "")
          print short, $0
        if (long != "")
          print long, $0
      }' | LC_ALL=C sort
}

# What describes each option, a line an option, first by its long name.
described_bash_ ()
{
  awk '/^    # / { text = substr ($0, 7); next }
    /^    \[-/ { sub (/.*\[--/, "--"); sub (/\].*/, ""); print $0 "\t" text }'
}
described_zsh_ ()
{
  sed -n "s/^  '\(([^)]*)\)\{0,1\}\**\(--.*\)'\$/\2/p" \
    | sed "s/^\(--[a-z-]*[a-z]\)=*-*\[\(.*[^\\]\)\].*/\1	\2/
      s/'\\\\''/'/g; s/\\\\\(.\)/\1/g"
}
described_fish_ ()
{
  sed -n "s/^complete .* -l \([^ ]*\) .*-d '\(.*\)'\$/--\1	\2/p" \
    | sed 's/\\\(.\)/\1/g'
}

# check_described_ HELP < DESCRIBED
# Is the description of each option what follows its name in --help?
check_described_ ()
{
  tr -s '\n ' '  ' < "$1" > flat
  awk -F '\t' -v p="$p" '
    NR == FNR { help = $0; next }
    {
      rest = help
      found = 0
      while (!found && (i = index (rest, $1)) > 0)
        {
          rest = substr (rest, i + length ($1))
          said = rest
          found = $2 != "" && sub (/^([[=][^ ]*)? /, "", said) \
            && index (said, $2) == 1
        }
      if (!found)
        { print p ": " $1 " is not what --help says: " $2; bad = 1 }
    }
    END { exit bad }' flat - >&2 || fail=1
}

for p in $PROGRAMS; do
  $p --help > help || framework_failure_
  from_help_ < help > expected
  grep -e '^--version -$' expected > /dev/null \
    || fail_ 'the options cannot be derived from --help'
  for shell in bash zsh fish; do
    file=$abs_builddir/contrib/completion/$p.$shell
    test -f "$file" || file=$abs_srcdir/contrib/completion/$p.$shell
    from_${shell}_ < "$file" > actual
    compare expected actual \
      || { warn_ "$p: --help and completion of $shell differ"; fail=1; }
    described_${shell}_ < "$file" | LC_ALL=C sort > described-$shell
  done
  compare described-bash described-zsh || fail=1
  compare described-bash described-fish || fail=1
  check_described_ help < described-bash
done

# The options of the table are there.  Its words are good, and others are not:
# what ends in = goes on with a number.
while read -r name kind words; do
  case $name in --*) ;; *) continue ;; esac
  has=
  for p in $PROGRAMS; do
    $p --help | grep -e "$name\[*=" > /dev/null || continue
    has=$p
    test "$kind" = words || continue
    for word in $words; do
      case $word in *=) word=${word}1 ;; esac
      returns_ 0 $p "$name=$word" --help > out 2> err || { cat err; fail=1; }
    done
    returns_ 125 $p "$name=no-such-word" --help > out 2> err || fail=1
  done
  test -n "$has" || { warn_ "no program has $name"; fail=1; }
done < table
pspawn --list-start-methods | tr '\n' ' ' | sed 's/ $//' > methods
sed -n 's/^--start-method words //p' table | tr -d '\n' > words
compare methods words || fail=1

Exit $fail
