#!/bin/sh
# Several pjoins of one process: one gets it, the others say so.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await

env "$mark_" pspawn -q -N a sh -c 'sh "$0" test -e go; echo a; exit 3' \
  "$await_" || fail=1
pids=
for i in 1 2 3 4 5; do
  pjoin a > out$i 2> err$i & pids="$pids $!"
done
: > go
for p in $pids; do
  wait $p
  echo $?
done > statuses
sort statuses > out
# A pjoin that comes so late that there is no such process has status 1, too.
printf '%s\n' 1 1 1 1 3 > exp
compare exp out || fail=1
cat out? > out
echo a > exp
compare exp out || fail=1
test $(cat err? | wc -l) = 4 || { cat err?; fail=1; }
rm go

# One that waits for a process whose name another one gets meanwhile.
env "$mark_" pspawn -q -N b sh -c 'sh "$0" test -e go; echo old' "$await_" \
  || fail=1
h=$(env "$mark_" pspawn -N c sh "$await_" test -e go-c) || fail=1
pspawn -q -N ended true || fail=1
rm -f err
env "$mark_" pjoin -v ended b c > out 2> err & j=$!
retry_until_ 60 grep "'ended'" err > /dev/null || fail=1
# It will look at the record of b when c has ended, for it is stopped now.
kill -STOP $j
: > go
pjoin b > out-b || fail=1
echo old > exp
compare exp out-b || fail=1
env "$mark_" pspawn -q -N b sh -c 'sh "$0" test -e go-new; echo new' \
  "$await_" || fail=1
: > go-c
kill -CONT $j
wait $j
test $? = 1 || fail=1
grep "'b' was joined by somebody else" err > /dev/null || { cat err; fail=1; }
returns_ 1 pjoin "$h" 2> /dev/null || fail=1
returns_ 1 pjoin --poll b || fail=1
: > go-new
pjoin b > out || fail=1
echo new > exp
compare exp out || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
