#!/bin/sh
# Every option of --help is in the program's chapter of the manual and in its
# index, and the other way round; every section and variable is in an index.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

doc=$abs_srcdir/doc

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

: > all
for p in $PROGRAMS; do
  texi=$doc/$p.texi
  test -f "$texi" || { warn_ "there is no chapter on $p"; fail=1; continue; }

  $p --help | sed -n 's/^  *\(-.*\)/\1/p' | sed 's/  .*//' | tr ', ' '\n\n' \
    | names_ > help
  cat help >> all
  grep -vxE -e "$common" help > own
  # Messages may begin with an option, too.
  sed -n '/^@node Messages of/,/^@node/d; s/^@itemx* *\(-.*\)/\1/p' "$texi" \
    | names_ > manual
  compare own manual || { warn_ "$p: --help and manual differ"; fail=1; }
  sed -n 's/^@opindex //p' "$texi" | LC_ALL=C sort > index
  compare own index || { warn_ "$p: --help and option index differ"; fail=1; }
done

# What is in the index elsewhere is an option of some program.
LC_ALL=C sort -u all > exp
sed -n 's/^@opindex //p' "$doc/mputils.texi" > index
grep -vxFf exp index && { warn_ 'no program has these options'; fail=1; }
for option in --help --version; do
  grep -x -e $option index > /dev/null || fail=1
done

# Each chapter and section is in an index, too.
for texi in "$doc"/*.texi "$doc/python.texi.in"; do
  awk '
    /^@(chapter|(sub)*section) / { title = FILENAME ": " $0; next }
    title != "" {
      if (! /^@[cv]index /) { print title; bad = 1 }
      title = ""
    }
    END { exit bad }' "$texi" || { warn_ 'not in an index'; fail=1; }
done

# And so are the variables of the man pages, which tests/suite/man.sh compares
# with the code.
awk '
  /^@vtable/ { inside = 1 } /^@end vtable/ { inside = 0 }
  inside && sub (/^@itemx? /, "") || sub (/^@vindex /, "")' "$doc"/*.texi \
  | LC_ALL=C sort -u > index
for p in $PROGRAMS; do
  man=$abs_builddir/doc/man/$p.1
  test -f "$man" || man=$abs_srcdir/doc/man/$p.1
  awk '/^\.SH / { inside = $2 == "ENVIRONMENT" }
       named && inside { gsub (/, */, "\n"); print }
       { named = /^\.TP$/ }' "$man" > names
  test -s names || fail=1
  grep -vxFf index names \
    && { warn_ "$p: the index lacks these variables"; fail=1; }
done

Exit $fail
