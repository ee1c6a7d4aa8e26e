#!/bin/sh
# A task that takes too long is ended, with all that it has started.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# Where others must be done in time, that is long; so the cases wait for it side
# by side.
time=10

# Each case gets the words that come before a script, and those behind it.

# It has failed, the others have not.
case_fails_alone_ ()
{
  printf '%s\n' 0 1000 0 0 0 > items
  returns_ 123 env "$mark_" pmap -v -P2 -t $time $1 'sleep $1; echo $1' $2 \
    < items > out 2> err || fail=1
  printf '%s\n' 0 0 0 0 > exp
  compare exp out || fail=1
  grep 'item .1000.*its time was over' err || fail=1
  grep '1 of 5 tasks failed' err || fail=1
}

# Time enough.
case_in_time_ ()
{
  seq 3 | env "$mark_" pmap -P2 -t 1d $1 'echo $1' $2 > out || fail=1
  seq 3 > exp
  compare exp out || fail=1
}

# The signal can be another one, and what it does is its own affair.
case_signal_ ()
{
  returns_ 123 env "$mark_" pmap -P2 -t $time -s USR1 -k 1d $1 '
    trap "echo usr1; exit 0" USR1
    while :; do sleep .05; done' $2 ::: a > out 2> err || fail=1
  echo usr1 > exp
  compare exp out || fail=1
}

# SIGKILL comes later, to the whole tree.
case_kill_ ()
{
  returns_ 123 env "$mark_" pmap -P2 -t 3 -k .2 $1 '
    trap "" TERM
    setsid sleep 1000 &
    (setsid sleep 1000 &)
    sleep 1000 &
    : > all-there-$1
    while :; do sleep 1000; done' $2 ::: a b 2> err || fail=1
  test -e all-there-a && test -e all-there-b \
    || warn_ 'the machine is too slow to test what SIGKILL ends'
}

# A slow reader is not the task's fault: it reads when the time is over.
case_slow_reader_ ()
{
  { pmap -P1 -t $time $1 'head -c 230000 /dev/zero' $2 ::: 1 2
    echo $? >&2; } 2> status \
    | { pmap -t $((time + 1)) sleep ::: 1000 2> /dev/null; wc -c; } > out
  test "$(cat status)" = 0 || { cat status; fail=1; }
  test "$(cat out)" -eq 460000 || fail=1
}

# A warm shell is ended with its item; those that it had before it are not run
# twice, nor are those behind it lost.
case_not_lost_ ()
{
  seq 200 > items
  returns_ 123 env "$mark_" pmap -P2 -t $time $1 '
    echo $1 >> ran; test $1 != 50 || sleep 1000; echo $1' $2 \
    < items > out 2> err || fail=1
  grep -v '^50$' items > exp
  compare exp out || fail=1
  sort -n ran > ran.sorted
  compare items ran.sorted || fail=1
}

pids=
for case in fails_alone in_time signal kill slow_reader not_lost; do
  for mode in fresh warm; do
    mkdir $case-$mode || framework_failure_
    (cd $case-$mode || exit 1
     case $mode in
       fresh) case_${case}_ 'sh -c' _ ;;
       warm) case_${case}_ -c '' ;;
     esac
     test $fail = 0 || warn_ "failed: $case, $mode"
     exit $fail) &
    pids="$pids $!"
  done
done
for pid in $pids; do
  wait $pid || fail=1
done
no_leftovers_ 30 || fail=1

for bad in -1 x 1y ''; do
  returns_ 125 pmap -t "$bad" true ::: a 2> err || fail=1
done

Exit $fail
