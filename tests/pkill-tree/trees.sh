#!/bin/sh
# Trees of every shape are ended whole, and nothing else is.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
forest=$abs_builddir/tests/helpers/forest

# start_ COMMAND...
# Start forest's COMMAND, marked, and wait until it is ready; its PID is $pid.
start_ ()
{
  rm -f ready
  env "$mark_" "$@" > ready &
  pid=$!
  retry_until_ 60 test -s ready || framework_failure_ "not started: $*"
}

# A bystander that is in the same session and process group.
env sleep 1000 &
bystander=$!
cleanup_ () { kill -KILL $bystander; kill_leftovers_; }

# Wide and deep.
for signal in TERM KILL; do
  start_ "$forest" tree 300 100
  returns_ 0 pkill-tree -t 60 -s $signal $pid > out 2> err || fail=1
  compare /dev/null out || fail=1
  # The shell may tell there who was killed.
  grep '^pkill-tree:' err && fail=1
  no_leftovers_ 0 || fail=1
  wait $pid
  test $? = $((128 + $(env kill -l $signal))) || fail=1
done

# Not so many descriptors as members.
start_ "$forest" tree 60 20
(ulimit -n 16; returns_ 0 pkill-tree -t 60 $pid) || fail=1
no_leftovers_ 0 || fail=1

# One that grows, with sessions of their own and orphans.  A process that is
# about to leave its parent is still in its session or has the handle.
for i in 1 2 3 4 5 6 7 8 9 10; do
  start_ "$forest" handle "$forest" runner
  returns_ 0 pkill-tree -t 60 -s KILL $pid > out 2> err || { cat err; fail=1; }
  no_leftovers_ 0 || { warn_ "round $i"; fail=1; }
done

# Stopped ones go on to end.
start_ "$forest" tree 3 3
kill -STOP $pid
returns_ 0 pkill-tree -t 60 $pid || fail=1
no_leftovers_ 0 || fail=1

# Several are one set, and naming a descendant as well does no harm.
start_ "$forest" tree 3 1
first=$pid
start_ "$forest" tree 3 2
child=$(sed 's/ .*//' "/proc/$pid/task/$pid/children")
returns_ 0 pkill-tree -t 60 -v $first $pid $child $first 2> err || fail=1
sort -u err > once
test "$(wc -l < err)" = 11 || { cat err; fail=1; }
test "$(wc -l < once)" = 11 || fail=1
no_leftovers_ 0 || fail=1

# One that has nobody else: the usual case.
env sleep 1000 &
await_exec_ sleep $!
returns_ 0 pkill-tree -t 60 $! || fail=1
wait $!
test $? = 143 || fail=1

kill -0 $bystander || { warn_ 'a bystander was hit'; fail=1; }

Exit $fail
