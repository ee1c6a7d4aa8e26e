#!/bin/sh
# SIGTSTP and SIGCONT stop and continue pmap and all of its tasks.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

cat > task <<'END'
(exec sleep 1000) & echo $! > pid.new-$1
setsid sleep 1000 & echo $! >> pid.new-$1
echo $$ >> pid.new-$1
mv pid.new-$1 pid-$1
sh "$abs_srcdir/tests/await" test -e go || exit 1
echo $1
END

# state_ STATES PID...
# Succeed if each process is in one of STATES.  D, waiting for the kernel, is
# as good as T: a shell that has begun vfork waits so for its stopped child.
state_ ()
{
  local states_="$1" p_
  shift
  for p_; do
    grep "^State:.[$states_]" "/proc/$p_/status" > /dev/null || return 1
  done
}

seq 3 | env "$mark_" pmap -P2 -k .1 sh task > out 2> err &
pid=$!
retry_until_ 30 test -s pid-1 \
  && retry_until_ 30 test -s pid-2 || fail=1
pids=$(cat pid-1 pid-2)

for i in 1 2; do
  kill -TSTP $pid || fail=1
  retry_until_ 30 state_ TD $pid $pids || { warn_ 'not stopped'; fail=1; }
  kill -CONT $pid || fail=1
  retry_until_ 30 state_ SRD $pid $pids || { warn_ 'not continued'; fail=1; }
done

# While it is stopped, no task is started, and none ends; then all do.
kill -TSTP $pid || fail=1
retry_until_ 30 state_ TD $pid $pids || fail=1
: > go
# Give them a chance: another process that looks for it as often as they do
# has had more of its turns than they need.
echo 0 > turns
cat > take-turn <<'END'
n=$(($(cat turns) + 1))
echo $n > turns
test $n -ge 6
END
sh "$abs_srcdir/tests/await" sh take-turn || fail=1
state_ TD $pid $pids || { warn_ 'continued'; fail=1; }
compare /dev/null out || fail=1
test ! -e pid-3 || { warn_ 'a task was started'; fail=1; }
kill -CONT $pid || fail=1
wait $pid || fail=1
seq 3 > exp
compare exp out || fail=1
no_leftovers_ 0 || fail=1

# What is stopped can be ended.
rm -f go pid-*
seq 3 | env "$mark_" pmap -P2 -k .1 sh task > out 2> err &
pid=$!
retry_until_ 30 test -s pid-1 \
  && retry_until_ 30 test -s pid-2 || fail=1
pids=$(cat pid-1 pid-2)
kill -TSTP $pid || fail=1
retry_until_ 30 state_ TD $pid $pids || fail=1
kill -TERM $pid || fail=1
kill -CONT $pid || fail=1
wait $pid
test $? = 143 || fail=1
no_leftovers_ 0 || fail=1

# SIGKILL needs no SIGCONT.
rm -f go pid-*
seq 3 | env "$mark_" pmap -P2 sh task > out 2> err &
pid=$!
retry_until_ 30 test -s pid-1 \
  && retry_until_ 30 test -s pid-2 || fail=1
pids=$(cat pid-1 pid-2)
kill -TSTP $pid || fail=1
retry_until_ 30 state_ TD $pid $pids || fail=1
kill -KILL $pid || fail=1
wait $pid
no_leftovers_ 20 || fail=1

Exit $fail
