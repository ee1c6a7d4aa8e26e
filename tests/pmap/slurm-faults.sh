#!/bin/sh
# What can break in a Slurm job: agents, srun, Slurm's daemons, nodes, pmap.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_cluster_
start_cluster_
seq 40 | awk '{ print $1 * $1 }' > exp

# run_
# Begin a run whose tasks wait for a file, and wait until there are two on each
# of the $nodes nodes.  Let $guard be pmap, and begun have what runs at n1.
run_ ()
{
  rm -f go log
  : > ran
  env "$mark_" pmap --slurm -P2 -v --heartbeat=2s --joblog=log sh -c '
    echo "$1 $PMAP_HOST $PMAP_ATTEMPT" >> ran
    until test -e go; do sleep .05; done
    echo $(($1*$1))' sh ::: $(seq 40) > out 2> err < /dev/null &
  guard=$!
  retry_until_ 60 full_ || { warn_ 'no tasks'; cat err; fail=1; }
  sed -n 's/ n1 1$//p' ran > begun
}
full_ () { test "$(wc -l < ran)" = $((2 * nodes)); }
nodes=3

# repeated_
# Succeed if what ran at n1 is run again.
repeated_ ()
{
  local i_
  for i_ in $(cat begun); do
    grep "^$i_ n[1-3] 2\$" ran > /dev/null || return
  done
}
# ready_ N TIMES
# Succeed if the agent of nN has begun so often.
ready_ () { test "$(grep -c "^pmap: n$1 is ready" err)" = $2; }
says_ ()
{
  grep -e "$1" err > /dev/null \
    || { warn_ "$what: not '$1':"; cat err; fail=1; }
}

# complete_
# Let the run end.  Nothing is lost, and nothing was done twice but what ran at
# n1.
complete_ ()
{
  : > go
  end_of_ $guard \
    || { warn_ "$what: status $?"; cat err; grep -v 'ok' log; fail=1; }
  compare exp out || { warn_ "$what"; cat err; fail=1; }
  test "$(wc -l < log)" = 41 || fail=1
  sed -n 's/ n[1-3] 2$//p' ran | LC_ALL=C sort > again
  LC_ALL=C sort begun | compare - again || { warn_ "$what"; fail=1; }
  no_leftovers_ 30 || { warn_ "$what"; fail=1; }
}

enter_job_ -N3 -n6

# An agent is lost.
for what in guard pool srun slurmstepd step; do
  run_
  agent=$(agent_ 1)
  pool=$(children_of_ $agent)
  case $what in
    guard) kill -KILL $agent ;;
    pool) kill -KILL $pool ;;
    srun) kill -KILL $(agent_srun_ 1) ;;
    slurmstepd) kill -KILL $(agent_step_ 1) ;;
    step) scancel "$SLURM_JOB_ID.$(agent_step_id_ 1)" ;;
  esac || fail=1
  # For the output to be complete, one slurmd more or less does not matter.
  test $what != guard || kill -KILL $(node_daemon_ 2) || fail=1
  retry_until_ 60 repeated_ \
    || { warn_ "$what: not again"; cat err ran; fail=1; }
  retry_until_ 60 ready_ 1 2 \
    || { warn_ "$what: n1 is not used again"; cat err; fail=1; }
  # The pool does not wait for it: without srun, nobody else ends it.
  retry_until_ 60 process_gone_ $agent && retry_until_ 60 process_gone_ $pool \
    || { warn_ "$what: the agent stays"; fail=1; }
  says_ 'warning: lost the agent on n1: '
  complete_
  test $what != guard || start_node_ 2
done
wait_no_steps_ || fail=1

# pmap is killed: nothing of it stays, but the job does.
for what in guard pool both; do
  run_
  pool=
  for pid in $(children_of_ $guard); do
    test "$(cat /proc/$pid/comm)" != mp-pool || pool=$pid
  done
  case $what in
    guard) kill -KILL $guard ;;
    pool) kill -KILL $pool ;;
    both) kill -KILL $guard $pool ;;
  esac || fail=1
  end_of_ $guard
  test $? = 137 || fail=1
  no_leftovers_ 30 || { warn_ "$what"; fail=1; }
  wait_no_steps_ || fail=1
  test "$(squeue -h --format=%T)" = RUNNING || fail=1
done

# A node that fails three times is left out.
what=down
run_
scontrol update NodeName=n1 State=DOWN Reason=test || fail=1
retry_until_ 60 grep 'n1 has failed 3 times and is left out' err > /dev/null \
  || { warn_ "$what: n1 is not left out"; cat err; fail=1; }
complete_

# When there is no node any more, the rest is left to another run.
what=none
nodes=2
run_
scontrol update NodeName=n2 State=DOWN Reason=test || fail=1
scontrol update NodeName=n3 State=DOWN Reason=test || fail=1
end_of_ $guard
test $? = 125 || { warn_ "$what: status $?"; fail=1; }
says_ 'no host is left to run tasks'
no_leftovers_ 30 || { warn_ "$what"; fail=1; }

leave_job_ || fail=1
Exit $fail
