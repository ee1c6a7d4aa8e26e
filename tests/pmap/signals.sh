#!/bin/sh
# pmap ends on INT, TERM, HUP and QUIT, and leaves no process behind.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# What has no environment is not known by it.
cleanup_ () { kill_bare_; kill_leftovers_; }

# A task that starts what is hard to end: in sessions of their own, deaf to
# all that can be ignored, with no environment to be known by.
cat > hard <<'END'
echo "task $1"
exec 2> /dev/null
trap ': > told-'$1 TERM
setsid sleep 1000 &
setsid sh -c 'trap "" TERM INT HUP QUIT; exec sleep 1000' &
env -i setsid sh -c 'trap "" TERM INT HUP QUIT; echo $$ > bare.new-'$1'
  mv bare.new-'$1' bare-'$1'; exec sleep 1000' &
while :; do sleep .1; done
END

# start_ OPTION...
# Start pmap in the background with two such tasks of four, and wait until
# they are there.
start_ ()
{
  rm -f bare-* told-*
  # A shell ignores SIGINT and SIGQUIT for what it starts so; pmap heeds them
  # all the same.
  env "$mark_" pmap -P2 "$@" sh hard ::: 1 2 3 4 > out 2> err &
  pid=$!
  retry_until_ 30 test -s bare-1 \
    && retry_until_ 30 test -s bare-2 \
    || { warn_ 'the tasks have not started'; fail=1; }
}

# ended_ STATUS
# Succeed if pmap exits with STATUS and all is gone.
ended_ ()
{
  local status_
  wait $pid
  status_=$?
  test $status_ = $1 || { warn_ "status $status_ and not $1"; fail=1; }
  no_leftovers_ 0 || fail=1
  for f in bare-*; do
    process_gone_ "$(cat $f)" || { warn_ "$f is left"; fail=1; }
  done
  test ! -e bare-3 || { warn_ 'a task was started after the signal'; fail=1; }
}

for pair in INT:2 TERM:15 HUP:1 QUIT:3; do
  start_ -k .1
  kill -${pair%:*} $pid || fail=1
  ended_ $((128 + ${pair#*:}))
  # Not the failures of tasks that we have ended ourselves.
  compare /dev/null err || fail=1
done

# What there is of the output is delivered: the task that was the oldest.
printf 'task 1\n' > exp
sed 1q out > first
compare exp first || fail=1

# Long before the grace is over, a second signal ends all at once.
for pair in INT:2 QUIT:3; do
  start_ -k 1000
  kill -${pair%:*} $pid || fail=1
  retry_until_ 30 test -e told-1 \
    && retry_until_ 30 test -e told-2 || fail=1
  test -n "$(processes_with_env_ "$mark_")" || fail=1
  kill -${pair%:*} $pid || fail=1
  ended_ $((128 + ${pair#*:}))
done
# The first one counts for the status, whatever the second one is.
start_ -k 1000
kill -TERM $pid
retry_until_ 30 test -e told-1 \
  && retry_until_ 30 test -e told-2 || fail=1
kill -INT $pid
ended_ 143
# A second SIGHUP or SIGTERM does not count: a terminal that goes may send two,
# and so may timeout.
for pair in HUP:1 TERM:15; do
  start_ -k 1000
  kill -${pair%:*} $pid
  retry_until_ 30 test -e told-1 \
    && retry_until_ 30 test -e told-2 || fail=1
  kill -${pair%:*} $pid
  # The tasks are there, and the end of their patience is not.
  process_gone_ "$(cat bare-1)" && fail=1
  kill -INT $pid
  ended_ $((128 + ${pair#*:}))
done

# -k 0: no grace at all.
start_ -k 0
kill -TERM $pid
ended_ 143

# Within the grace, a task may tidy up.
cat > tidy <<'END'
trap 'echo tidied > tidied-$1; exit 0' TERM
: > ready-$1
while :; do sleep .05; done
END
env "$mark_" pmap -P2 -k 1000 sh tidy ::: 1 2 > out 2> err &
pid=$!
retry_until_ 30 test -e ready-1 \
  && retry_until_ 30 test -e ready-2 || fail=1
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
test -s tidied-1 || fail=1
test -s tidied-2 || fail=1
no_leftovers_ 0 || fail=1

# Ended while it waits for items.
mkfifo items || skip_ 'there are no named pipes'
env "$mark_" pmap echo < items > out 2> err &
pid=$!
exec 3> items
echo first >&3
has_first_ () { grep first out > /dev/null; }
retry_until_ 30 has_first_ || fail=1
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
exec 3>&-
no_leftovers_ 0 || fail=1

# nohup is respected: the run goes on.
rm -f go
cat > await <<'END'
: > started
sh "$abs_srcdir/tests/await" test -e go || exit 1
echo finished
END
(trap '' HUP; exec env "$mark_" pmap sh await ::: 1 > out 2> err) &
pid=$!
retry_until_ 30 test -e started || fail=1
kill -HUP $pid || fail=1
: > go
wait $pid || fail=1
echo finished > exp
compare exp out || fail=1

Exit $fail
