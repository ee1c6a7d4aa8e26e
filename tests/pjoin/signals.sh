#!/bin/sh
# pjoin is interrupted: nothing is lost.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await

# While it waits.
for sig in INT TERM HUP; do
  env "$mark_" pspawn -q -N waited sh "$await_" test -e go || fail=1
  pspawn -q -N ended true || fail=1
  rm -f err
  # A shell ignores SIGINT for what it starts in the background.
  env --default-signal=INT true 2> /dev/null || skip_ 'env is too old'
  env --default-signal=INT pjoin -v ended waited > out 2> err & j=$!
  retry_until_ 60 grep "'ended'" err > /dev/null || fail=1
  kill -$sig $j
  wait $j
  status=$?
  test $status = $((128 + $(env kill -l $sig))) \
    || { warn_ "status $status after $sig"; fail=1; }
  pjoin --list --report='%n %s' > out || fail=1
  printf '%s\n' 'waited running' 'ended ended' > exp
  compare exp out || fail=1
  : > go
  pjoin ended waited || fail=1
  rm go
done

# While it delivers to a pipe that nobody reads: all the output is there again,
# with its name and its handle, and what came before is gone.
# Pages may be of 64 KiB, and a pipe has 16.
seq 300000 > data
mkfifo fifo
for sig in INT TERM HUP; do
  pspawn -q -N before echo before || fail=1
  h=$(pspawn -N big cat data) || fail=1
  pspawn -q -N after echo after || fail=1
  retry_until_ 60 pjoin --poll before big after || fail=1
  env --default-signal=INT pjoin before big after > fifo 2> err & j=$!
  {
    read line
    # The record is out of sight by now, or is about to be.
    retry_until_ 60 test ! -d records/none/big || fail=1
    kill -$sig $j
    wait $j
    status=$?
  } < fifo
  test "$line" = before || fail=1
  test $status = $((128 + $(env kill -l $sig))) \
    || { warn_ "status $status after $sig"; fail=1; }
  compare /dev/null err || fail=1
  returns_ 1 pjoin before 2> /dev/null || fail=1
  pjoin --list --report=%h big > out || fail=1
  echo "$h" > exp
  compare exp out || fail=1
  pjoin after "$h" > out || fail=1
  { echo after; cat data; } > exp
  compare exp out || fail=1
done

# nohup is respected.
pspawn -q -N big cat data || fail=1
retry_until_ 60 pjoin --poll big || fail=1
env --ignore-signal=HUP pjoin big > fifo & j=$!
{
  retry_until_ 60 test ! -d records/none/big || fail=1
  kill -HUP $j
  cat
} < fifo > out
wait $j || fail=1
compare data out || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
