#!/bin/sh
# The supervisor was killed: pjoin waits for the process itself.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await

# lost_ NAME
# Start NAME, which exits with status 4 when there is a file go, and kill its
# supervisor.
lost_ ()
{
  p=$(env "$mark_" pspawn --print=pid -N "$1" \
        sh -c 'echo a; sh "$0" test -e go; exit 4' "$await_") \
    || fail=1
  retry_until_ 60 grep a records/none/$1/out.0 > /dev/null || fail=1
  s=$(sed -n 's/^supervisor \([0-9]*\):.*/\1/p' records/none/$1/start)
  kill -KILL $s
  retry_until_ 60 process_gone_ $s || fail=1
}

# It is said to be lost, and still waited for.  The kernel may tell how it has
# ended.
lost_ a
pjoin --list --report='%n %s %x' > out || fail=1
echo 'a lost -' > exp
compare exp out || fail=1
returns_ 1 pjoin --poll a || fail=1
returns_ 124 pjoin -t .01 a > out || fail=1
pspawn -q -N ended true || fail=1
rm -f err
env "$mark_" pjoin -v ended a > out 2> err & j=$!
retry_until_ 60 grep "'ended'" err > /dev/null || fail=1
kill -0 $j || fail=1
: > go
wait $j
status=$?
test $status = 4 || test $status = 122 || { warn_ "status $status"; fail=1; }
echo a > exp
compare exp out || fail=1
grep "'a': its supervisor was killed, and its output may not be whole" err \
  > /dev/null || { cat err; fail=1; }
returns_ 1 pjoin a 2> /dev/null || fail=1
rm go

# Nobody has waited: its status is not known, unless it is a zombie still.
for clean in : 'pjoin --list'; do
  lost_ b
  : > go
  retry_until_ 60 process_gone_ $p || fail=1
  $clean > /dev/null
  pjoin --list --report='%n %s %x' > out || fail=1
  echo 'b lost ?' > exp
  compare exp out || fail=1
  pjoin --poll b || fail=1
  pjoin --keep b > out 2> err
  status=$?
  echo a > exp
  compare exp out || fail=1
  echo "pjoin: 'b': its supervisor was killed, and its output may not be\
 whole" > exp
  if test $status != 4; then
    test $status = 122 || { warn_ "status $status"; fail=1; }
    echo "pjoin: the exit status of 'b' cannot be known" >> exp
  fi
  compare exp err || fail=1
  pjoin --any-status b > out 2> err
  status=$?
  test $status = 4 || test $status = 0 || { warn_ "status $status"; fail=1; }
  rm go
done

# It can be ended.
lost_ c
returns_ 124 pjoin -t 0 -k 0 c > out 2> /dev/null || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
