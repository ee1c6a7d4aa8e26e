#!/bin/sh
# Even SIGKILL, to any part of pmap, leaves no process behind.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# What has no environment is not known by it.
cleanup_ () { kill_bare_; kill_leftovers_; }

cat > hard <<'END'
setsid sleep 1000 &
setsid sh -c 'trap "" TERM INT HUP QUIT; exec sleep 1000' &
env -i setsid sh -c 'trap "" TERM INT HUP QUIT; echo $$ > bare.new-'$1'
  mv bare.new-'$1' bare-'$1'; exec sleep 1000' &
while :; do sleep 1000; done
END

# start_ COMMAND...
# Start pmap, by COMMAND if there is one, with two tasks, and wait until they
# are there.
start_ ()
{
  rm -f bare-*
  env "$mark_" "$@" pmap -P2 sh hard ::: 1 2 3 4 > out 2> err &
  pid=$!
  retry_until_ 30 test -s bare-1 \
    && retry_until_ 30 test -s bare-2 \
    || { warn_ 'the tasks have not started'; fail=1; }
}

# all_gone_ WHAT
# Succeed if nothing is left, after a bounded time: nobody waits for it.
all_gone_ ()
{
  no_leftovers_ 20 || { warn_ "left after $1"; fail=1; }
  for f in bare-*; do
    retry_until_ 20 process_gone_ "$(cat $f)" \
      || { warn_ "$f is left after $1"; fail=1; kill -KILL "$(cat $f)"; }
  done
  test ! -e bare-3 || { warn_ 'a task was started afterwards'; fail=1; }
}

# The one that the user knows.
start_
kill -KILL $pid
wait $pid
test $? = 137 || fail=1
all_gone_ 'SIGKILL of pmap'

# The pool process below it.  The other one tells.
start_
pool=$(children_of_ $pid)
test "$(cat "/proc/$pool/comm")" = mp-pool || fail=1
kill -KILL $pool
wait $pid
test $? = 137 || fail=1
no_leftovers_ 0 || fail=1
echo 'pmap: the pool was ended by signal 9' > exp
compare exp err || fail=1
all_gone_ 'SIGKILL of the pool'

# All whose command line is that of the one that the user knows.
start_
pids=
for p in $(processes_with_env_ "$mark_"); do
  tr '\0' ' ' < /proc/$p/cmdline | grep 'pmap -P2 sh hard' > /dev/null \
    && pids="$pids $p"
done
test "$pids" = " $pid" || { warn_ "found:$pids"; fail=1; }
kill -KILL $pids
wait $pid
all_gone_ 'SIGKILL by command line'

# The process group, as a shell's job.
if setsid true; then
  start_ setsid
  # The shell's child is the leader already, or setsid has made it one.
  kill -KILL -$pid
  wait $pid
  all_gone_ 'SIGKILL of the group'
fi

# Before any task has ended or written, and while many begin and end.
for i in 1 2 3 4 5; do
  seq 100000 | env "$mark_" pmap -P4 sh -c 'sleep 1000 & exit' > out 2> err &
  pid=$!
  some_ () { test -n "$(processes_with_env_ "$mark_")"; }
  retry_until_ 30 some_ || fail=1
  # The shell's $! is that of the last command of a pipe.
  kill -KILL $pid
  wait $pid
  no_leftovers_ 20 || { warn_ 'left by a busy run'; fail=1; }
done

Exit $fail
