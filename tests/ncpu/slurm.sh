#!/bin/sh
# On a node of a job of Slurm, the CPUs of the task or the job limit.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

n=$(ncpu) || fail=1
online=$(ncpu --online) || fail=1

# is_ EXPECTED [NAME=VALUE]... ncpu [OPTION]...
# Check what ncpu prints with these variables.
is_ ()
{
  echo "$1" > exp || framework_failure_
  shift
  env "$@" > out || fail=1
  compare exp out || { warn_ "$*"; fail=1; }
}

# row_ EXPECTED [NAME=VALUE]...
# Check the rows of Slurm in the table, with these variables.
row_ ()
{
  test -z "$1" || printf '%s\n' "$1" > exp || framework_failure_
  test -n "$1" || : > exp || framework_failure_
  shift
  env "$@" ncpu --explain > table || fail=1
  grep '^. slurm' table | tr -s ' ' > out
  compare exp out || { warn_ "$*"; cat table; fail=1; }
}

node='SLURMD_NODENAME=n1'
task="$node SLURM_STEP_ID=3"

# In a batch script; in a task; in what is neither.
is_ 1 $node SLURM_CPUS_ON_NODE=1 ncpu
is_ 1 $task SLURM_CPUS_PER_TASK=1 SLURM_CPUS_ON_NODE=$((n + 1)) ncpu
is_ 1 $task SLURM_CPUS_ON_NODE=1 ncpu
is_ $n $node SLURM_CPUS_PER_TASK=1 SLURM_CPUS_ON_NODE=$n ncpu
is_ $n SLURM_STEP_ID=3 SLURM_CPUS_PER_TASK=1 SLURM_CPUS_ON_NODE=1 ncpu

# Where Slurm allows more, the affinity and the quotas win; what is no number
# of CPUs does not count.
is_ $n $task SLURM_CPUS_PER_TASK=9999 SLURM_CPUS_ON_NODE=99999 ncpu
for bad in 0 -1 x 1x '' '1(x3)' 99999999999999999999; do
  is_ $n $node SLURM_CPUS_ON_NODE="$bad" ncpu
  is_ $n $task SLURM_CPUS_PER_TASK="$bad" ncpu
done

# It is a limit of what is usable, and comes before what options do.
is_ $online $node SLURM_CPUS_ON_NODE=1 ncpu --online
is_ 1 $node SLURM_CPUS_ON_NODE=1 ncpu --cores
is_ 3 $node SLURM_CPUS_ON_NODE=1 ncpu --scale=300
is_ 5 $node SLURM_CPUS_ON_NODE=1 OMP_NUM_THREADS=5 ncpu --openmp

# What --explain and --json tell.
row_ '' SLURM_CPUS_ON_NODE=1
row_ ' slurm-node 99 SLURM_CPUS_ON_NODE 99' $node SLURM_CPUS_ON_NODE=99
row_ ' slurm-task 98 SLURM_CPUS_PER_TASK 98
 slurm-node 99 SLURM_CPUS_ON_NODE 99' \
  $task SLURM_CPUS_PER_TASK=98 SLURM_CPUS_ON_NODE=99
row_ ' slurm-node - SLURM_CPUS_ON_NODE not understood' \
  $node SLURM_CPUS_ON_NODE=x
env $node SLURM_CPUS_ON_NODE=99 ncpu --json > json || fail=1
grep -F '{"name": "slurm-node", "state": "set", "cpus": 99, "won": false,'\
' "source": "SLURM_CPUS_ON_NODE", "value": "99"}' json || { cat json; fail=1; }
if test $n -gt 1; then
  row_ '* slurm-node 1 SLURM_CPUS_ON_NODE 1' $node SLURM_CPUS_ON_NODE=1
fi

# pmap starts as many tasks.
is_ 1 $node SLURM_CPUS_ON_NODE=1 pmap sh -c 'echo $PMAP_SLOT' ::: item
seq 3 > items || framework_failure_
is_ '1
1
1' $node SLURM_CPUS_ON_NODE=1 pmap -a items sh -c 'echo $PMAP_SLOT'

# Another process has its own share, and we have ours.
require_proc_
env "$mark_" $node SLURM_CPUS_ON_NODE=1 sleep 1000 &
pid=$!
has_started_ () { test "$(cat /proc/$pid/comm)" = sleep; }
retry_until_ 60 has_started_ || framework_failure_
is_ 1 ncpu --pid=$pid
is_ $n $node SLURM_CPUS_ON_NODE=1 ncpu --pid=$$

# Where we may not look at it, that is said, and does not limit.
if have_user_ && test "$(id -u)" = 0; then
  run_as_user_ ncpu --pid=$pid > out || fail=1
  echo "$n" > exp
  compare exp out || fail=1
  run_as_user_ ncpu --pid=$pid --explain > table || fail=1
  grep '^  slurm-node  *-  *SLURM_CPUS_ON_NODE  *Permission denied$' table \
    || { cat table; fail=1; }
fi

Exit $fail
