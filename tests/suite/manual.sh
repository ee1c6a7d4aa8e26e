#!/bin/sh
# Every option of --help is in the program's chapter of the manual, and the
# other way round; the man page has them all.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# What all programs have is in the manual's own chapter on it.
common='--help|--version'

# names_
# Print the name of each option that begins a line of standard input: -P of
# "-P @var{N}", --processes of "--processes=N".
names_ ()
{
  sed -n 's/^\(--[a-z0-9][-a-z0-9]*\).*/\1/p; s/^\(-[^-]\).*/\1/p' \
    | LC_ALL=C sort
}

for p in $PROGRAMS; do
  texi=$abs_srcdir/doc/$p.texi
  test -f "$texi" || { warn_ "there is no chapter on $p"; fail=1; continue; }

  $p --help | sed -n 's/^  *\(-.*\)/\1/p' | sed 's/  .*//' | tr ', ' '\n\n' \
    | names_ | grep -vxE -e "$common" > help
  sed -n 's/^@itemx* *\(-.*\)/\1/p' "$texi" | names_ > manual
  compare help manual || { warn_ "$p: --help and manual differ"; fail=1; }

  # help2man writes a hyphen as \-.
  man=$abs_builddir/doc/man/$p.1
  test -f "$man" || man=$abs_srcdir/doc/man/$p.1
  sed 's/\\-/-/g; s/\\f[BIPR]//g' "$man" > page || framework_failure_
  while read -r option; do
    grep -E -e "(^|[ ,])$option([],=[ ]|\$)" page > /dev/null \
      || { warn_ "$p: the man page lacks $option"; fail=1; }
  done < help
done

Exit $fail
