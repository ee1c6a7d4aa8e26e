#!/bin/sh
# In the steps and batch scripts of a Slurm cluster, ncpu prints their share.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_cluster_
n=$(ncpu) || fail=1
start_cluster_

# least_ N: what ncpu prints if Slurm gives N of its 4 CPUs a node, which need
# not exist.
least_ () { echo $(($1 < n ? $1 : n)); }

# in_job_ N COMMAND [ARG]...
# Check that COMMAND prints what is to be seen where Slurm gives N CPUs.
in_job_ ()
{
  least_ "$1" > exp
  shift
  timeout 100 env "$mark_" "$@" > out 2> err || { fail=1; cat err; }
  compare exp out || { warn_ "$*"; fail=1; }
}

# Every node does its part.
timeout 100 srun -N3 sh -c 'echo $SLURMD_NODENAME' | sort > out || fail=1
printf '%s\n' n1 n2 n3 > exp
compare exp out || fail=1

# Tasks, alone and in a job that has more.
in_job_ 1 srun -n1 -c1 --exact ncpu
in_job_ 2 srun -n1 -c2 ncpu
in_job_ 4 srun -n1 -c4 ncpu
in_job_ 3 srun -n3 sh -c 'test $SLURM_PROCID != 0 || ncpu'
timeout 100 srun -n2 -c1 ncpu --explain > out || fail=1
test "$(grep -c 'slurm-task  *1  *SLURM_CPUS_PER_TASK  *1$' out)" = 2 \
  || { cat out; fail=1; }

# The shell of salloc is not on a node of the job, and its steps are.
echo $n > exp
timeout 100 salloc -Q -n1 -c1 ncpu > out || fail=1
compare exp out || fail=1
in_job_ 1 salloc -Q -n2 -c2 srun -n1 -c1 --exact ncpu

# A batch script has all of its job's CPUs, its tasks have theirs.
cat > batch <<\EOF || framework_failure_
#!/bin/sh
ncpu
srun -n1 -c1 --exact ncpu
srun -n1 -c2 --exact ncpu
EOF
env "$mark_" sbatch -Q -o "$(pwd)/out" -n2 -c2 batch || fail=1
wait_no_jobs_ || fail=1
{ least_ 4; echo 1; least_ 2; } > exp
compare exp out || fail=1

# Nothing stays.
wait_no_steps_ || fail=1
dir=$CLUSTER_DIR daemon=$(node_daemon_ 3)
test "$(cat /proc/$daemon/comm)" = slurmd || fail=1
stop_cluster_ || fail=1
test ! -e "$dir" || fail=1
retry_until_ 60 process_gone_ $daemon || fail=1

Exit $fail
