#!/bin/sh
# mandoc and groff find nothing wrong in the man pages.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# What is help2man's own: it gives the month only, and its fonts and \- make
# lines of --help longer.
of_help2man='WARNING: cannot parse date, using it verbatim: TH [A-Z][a-z]* 2
STYLE: input text line longer than 80 bytes: '

tools=
for tool in mandoc groff; do
  command -v $tool > /dev/null && tools="$tools $tool"
done
test -n "$tools" || skip_ 'there are neither mandoc nor groff'

# check_ NAME
# Look at the page NAME.
check_ ()
{
  case $tools in
    *mandoc*)
      mandoc -T lint -W style "$1" 2>&1 | grep -vE -e "$of_help2man" > out
      compare /dev/null out || fail=1 ;;
  esac
  case $tools in
    *groff*)
      groff -ww -man -Tutf8 -z "$1" > out 2>&1 || fail=1
      compare /dev/null out || fail=1 ;;
  esac
}

for p in $PROGRAMS; do
  man=$abs_builddir/doc/man/$p.1
  test -f "$man" || man=$abs_srcdir/doc/man/$p.1
  check_ "$man"
done
for tool in mandoc groff; do
  case $tools in
    *$tool*) ;;
    *) skip_ "there is no $tool; the other finds nothing" ;;
  esac
done

Exit $fail
