#!/bin/sh
# What tests of Slurm rely on: the cluster of tests/cluster.cfg.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

cleanup_ () { cleanup_cluster_; kill_bare_; }

# has_steps N
has_steps () { test "$(steps_ | wc -l)" -ge $1; }

require_cluster_

# Where the host's name is not that of loopback, as is so on some machines and
# here by order; with a slurm.conf of our own.
CLUSTER_LOOPBACK=yes; export CLUSTER_LOOPBACK
start_cluster_ 2 'MaxJobCount=77'
scontrol show config > out || fail=1
grep '^MaxJobCount *= 77$' out || fail=1
srun -N2 sh -c 'echo $SLURMD_NODENAME$LD_PRELOAD' | sort > out || fail=1
printf '%s\n' n1 n2 > exp
compare exp out || fail=1
for n in 1 2; do
  test "$(cat /proc/$(node_daemon_ $n)/comm)" = slurmd || fail=1
done

# It listens at loopback only: in the files it is 0100007F.
inodes=$(for pid in $(slurm_cluster_ pids "$CLUSTER_DIR" '.*'); do
           ls -l /proc/$pid/fd
         done | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p')
cat /proc/net/tcp /proc/net/tcp6 \
  | awk -v inodes="$inodes" '
      BEGIN { split (inodes, list); for (i in list) ours[list[i]] }
      $4 == "0A" && $10 in ours { print $2 }' > listening
test "$(wc -l < listening)" -ge 3 || fail=1
grep -v '^0100007F:' listening && fail=1

# Nothing of jobs outlives it, even what has no environment; nor do clients.
env "$mark_" srun -N2 sh -c 'setsid sleep 1000 & sleep 1000' 2> err &
env "$mark_" sbatch -Q -o /dev/null \
  --wrap 'echo $$ > bare-t; mv bare-t bare; exec env -i sleep 1000' || fail=1
retry_until_ 60 has_steps 3 || { squeue; fail=1; }
retry_until_ 60 test -s bare || fail=1
stop_cluster_ || fail=1
wait
no_leftovers_ 10 || fail=1
retry_until_ 10 process_gone_ "$(cat bare)" || fail=1
test ! -e "$CLUSTER_DIR" || fail=1

Exit $fail
