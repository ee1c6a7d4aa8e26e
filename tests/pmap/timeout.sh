#!/bin/sh
# A task that takes too long is ended, with all that it has started.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# It has failed, the others have not, in both modes.
printf '%s\n' 0 1000 0 0 0 > items
for mode in 'sh -c' -c; do
  set x $mode
  shift
  case $mode in -c) last=;; *) last=_;; esac
  returns_ 123 env "$mark_" pmap -v -P2 -t .3 "$@" 'sleep $1; echo $1' $last \
    < items > out 2> err || fail=1
  printf '%s\n' 0 0 0 0 > exp
  compare exp out || fail=1
  grep 'item .1000.*its time was over' err || fail=1
  grep '1 of 5 tasks failed' err || fail=1

  # Time enough, and none at all.
  printf '%s\n' 1 2 3 | env "$mark_" pmap -P2 -t 1d "$@" 'echo $1' $last > out \
    || fail=1
  seq 3 > exp
  compare exp out || fail=1

  # The signal can be another one, and what it does is its own affair.
  env "$mark_" pmap -P2 -t .2 -s USR1 -k 1d "$@" '
    trap "echo usr1; exit 0" USR1
    while :; do sleep .05; done' $last ::: a > out 2> err
  test $? = 123 || fail=1
  echo usr1 > exp
  compare exp out || fail=1

  # SIGKILL comes later, to the whole tree.
  returns_ 123 env "$mark_" pmap -P2 -t .2 -k .2 "$@" '
    trap "" TERM
    setsid sleep 1000 &
    (setsid sleep 1000 &)
    sleep 1000 &
    while :; do sleep 1000; done' $last ::: a b 2> err || fail=1
  no_leftovers_ 10 || fail=1
done

# A warm shell is ended with its item; those that it had before it are not run
# twice, nor are those behind it lost.
seq 200 > items
returns_ 123 env "$mark_" pmap -P2 -t .5 -c '
  echo $1 >> ran; test $1 != 50 || sleep 1000; echo $1' < items > out 2> err \
  || fail=1
grep -v '^50$' items > exp
compare exp out || fail=1
sort -n ran > ran.sorted
compare items ran.sorted || fail=1
no_leftovers_ 10 || fail=1

# A slow reader is not the task's fault.
for mode in 'sh -c' -c; do
  set x $mode
  shift
  rm -f go
  { pmap -P1 -t 1 "$@" 'head -c 230000 /dev/zero' $last ::: 1 2
    echo $? >&2; } 2> status \
    | { sh "$abs_srcdir/tests/await" test -e go; wc -c; } > out &
  # The time of both is over.
  pmap -t 3 sleep ::: 1000 2> /dev/null
  : > go
  wait
  test "$(cat status)" = 0 || { cat status; fail=1; }
  test "$(cat out)" -eq 460000 || fail=1
done

for bad in -1 x 1y ''; do
  returns_ 125 pmap -t "$bad" true ::: a 2> err || fail=1
done

Exit $fail
