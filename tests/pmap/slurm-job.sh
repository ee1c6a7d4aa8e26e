#!/bin/sh
# A Slurm job that is made for a run.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_cluster_
start_cluster_
pmap_ () { env "$mark_" pmap "$@"; }

lines_ () { test "$(wc -l < "$1")" -ge "$2"; }
says_ ()
{
  grep -e "$1" "${2-err}" > /dev/null \
    || { warn_ "not '$1':"; cat "${2-err}"; fail=1; }
}
nothing_left_ ()
{
  wait_no_jobs_ || fail=1
  wait_no_steps_ || fail=1
  no_leftovers_ 30 || fail=1
}

# A job for the run.
seq 30 > exp
seq 30 | pmap_ --slurm='-N3 -n6' --joblog=log -c 'echo $1' > out 2> err \
  || fail=1
compare exp out || fail=1
echo 'pmap: waiting for Slurm to allocate a job: salloc -N3 -n6' > exp
compare exp err || fail=1
lines_ log 31 || fail=1
returns_ 123 pmap_ --slurm=-N1 -c 'exit $1' ::: 0 1 2> err || fail=1
returns_ 125 pmap_ --slurm='--no-such-option' true ::: 1 2> err || fail=1
says_ 'no job was allocated by Slurm'
returns_ 125 pmap_ --slurm='-w none' true ::: 1 2> err || fail=1
says_ 'no job was allocated by Slurm'
nothing_left_

# start_ OPTION...
# Start a run that makes tasks wait for ever, and wait until there are some on
# all nodes.  Let $guard be pmap, $pool its pool, and $waiter salloc.
start_ ()
{
  : > ran
  # A shell would let it ignore SIGINT.
  "$abs_builddir/tests/helpers/plain" env "$mark_" pmap --slurm='-N3 -n6' \
    -c 'echo $PMAP_HOST >> ran; sleep 1000' ::: 1 2 3 4 5 6 7 8 9 \
    > out 2> err &
  guard=$!
  retry_until_ 60 nodes_busy_ || { warn_ 'no tasks'; cat err; fail=1; }
  pool= waiter=
  for pid in $(children_of_ $guard); do
    case $(cat /proc/$pid/comm) in
      mp-pool) pool=$pid ;;
      salloc) waiter=$pid ;;
    esac
  done
  # salloc is a child from before.
  test -n "$pool" && test -n "$waiter" || fail=1
  job=$(jobs_)
}
nodes_busy_ () { test "$(sort -u ran | wc -l)" = 3; }
# It may have a shell around it.
holder_of_ ()
{
  for pid in $(own_with_env_ "SLURM_JOB_ID=$job"); do
    tr '\0' ' ' < /proc/$pid/cmdline | grep 'pmap --hold-job' > /dev/null \
      && echo $pid
  done
}

for victim in guard pool both salloc holder; do
  start_
  case $victim in
    guard) kill -KILL $guard ;;
    pool) kill -KILL $pool ;;
    both) kill -KILL $guard $pool ;;
    salloc) kill -KILL $waiter ;;
    holder) kill -KILL $(holder_of_) ;;
  esac || fail=1
  # It is as if the job were cancelled, for which every task ends.
  end_of_ $guard
  status=$?
  case $victim-$status in
    guard-137 | both-137 | pool-137 | salloc-125 | holder-125) ;;
    *) warn_ "$victim: status $status"; cat err; fail=1 ;;
  esac
  nothing_left_
done

# ^C; and SIGTERM, which announces nothing in a job of our own.
start_
kill -INT $guard
end_of_ $guard
test $? = 130 || { warn_ 'not ended by SIGINT'; fail=1; }
nothing_left_
start_
kill -TERM $guard
end_of_ $guard
test $? = 143 || { warn_ 'not ended by SIGTERM'; fail=1; }
nothing_left_

# All nodes are busy.
sbatch -Q -N3 --exclusive -o /dev/null --wrap 'sleep 1000' || framework_failure_
retry_until_ 60 eval 'test "$(squeue -h --format=%T)" = RUNNING' || fail=1
for sig in TERM-143 KILL-137; do
  "$abs_builddir/tests/helpers/plain" env "$mark_" pmap --slurm=-N2 true ::: 1 \
    > out 2> err &
  guard=$!
  retry_until_ 60 eval 'test "$(jobs_ | wc -l)" = 2' || fail=1
  says_ 'waiting for Slurm to allocate a job: salloc -N2'
  kill -${sig%-*} $guard
  end_of_ $guard
  test $? = ${sig#*-} || { warn_ "not ended by $sig"; fail=1; }
  retry_until_ 60 eval 'test "$(jobs_ | wc -l)" = 1' \
    || { warn_ "the request stays"; squeue; fail=1; }
  no_leftovers_ 30 || fail=1
done
scancel -Q -u "$(id -un)"
nothing_left_

Exit $fail
