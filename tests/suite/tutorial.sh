#!/bin/sh
# Whoever types what the tutorial says sees what it shows.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# Each example after "@c tested" or "@c run" becomes files: what is typed, and
# what that prints, to be compared, or any- where it need not be the same.
awk '
  /^@c (tested|run)$/ { n++; tested = $2 == "tested"; next }
  n && /^@(small)?example$/ { inside = 1; next }
  /^@end (small)?example$/ { inside = 0; next }
  !inside { next }
  { gsub (/@dots\{\}/, "..."); gsub (/@\{/, "{"); gsub (/@\}/, "}")
    gsub (/@@/, "@") }
  /^[$>] / { print substr ($0, 3) > ("typed-" 100 + n); next }
  tested { print > ("exp-" 100 + n) }
  !tested { print > ("any-" 100 + n) }' "$abs_srcdir/doc/tutorial.texi" \
  || framework_failure_
test -f typed-115 || framework_failure_ 'the examples are not found'

# same_numbers_
# Take all handles, and PIDs at the beginning of a line of a tree, for one.
same_numbers_ ()
{
  sed 's/[0-9][0-9]*:[0-9][0-9]*/PID:ID/; s/^\([|` -]*\)[0-9][0-9]* s/\1PID s/'
}

# as_shown_ N
# Succeed if what example N types prints what is expected.
as_shown_ ()
{
  env "$mark_" timeout 60 sh ../typed-$1 > ../out-$1 2>&1
  same_numbers_ < ../exp-$1 > ../exp
  same_numbers_ < ../out-$1 > ../out
  cmp ../exp ../out > /dev/null 2>&1
}

mkdir folder && cd folder || framework_failure_
for typed in ../typed-*; do
  n=${typed##*-}
  if test -e ../any-$n; then
    env "$mark_" timeout 60 sh $typed > ../out-$n 2>&1
    test -s ../out-$n || { cat $typed; fail=1; }
    grep '^[a-z-]*: ' ../out-$n && { cat $typed; fail=1; }
  else
    touch ../exp-$n
    # A tree grows only when its processes come to run.
    case $(cat $typed) in
      *--tree*) retry_until_ 60 as_shown_ $n ;;
      *) as_shown_ $n ;;
    esac
    compare ../exp ../out || { cat $typed; fail=1; }
  fi
done
cd .. || framework_failure_
no_leftovers_ 30 || fail=1

Exit $fail
