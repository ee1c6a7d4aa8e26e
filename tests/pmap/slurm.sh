#!/bin/sh
# Tasks on the nodes of a Slurm job: all ways of running them.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_cluster_
start_cluster_
pmap_ () { env "$mark_" pmap --slurm "$@"; }

# Tasks that have nodes to be told meet: a fast node may else do all.
cat > meet <<'EOF' || framework_failure_
: > at-$PMAP_HOST
until test -e at-n1 && test -e at-n2 && test -e at-n3; do sleep .05; done
EOF
apart_ () { rm -f at-n[123]; }

# columns_ NAME...
# Print these columns of the job log.
columns_ ()
{
  awk -F'\t' -v words="$*" '
    BEGIN { n = split (words, word, " ") }
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { line = $column[word[1]]
      for (i = 2; i <= n; i++) line = line " " $column[word[i]]
      print line }' log
}
printf '%s\n' n1 n2 n3 > nodes

enter_job_ -N3

# Warm shells.
seq 3000 | awk '{ print $1 * $1 }' > exp
seq 3000 | pmap_ -c 'echo $(($1*$1))' > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
seq 3000 | pmap_ --joblog=log -c '. ./meet; echo $(($1*$1))' > out || fail=1
compare exp out || fail=1
columns_ Host | LC_ALL=C sort -u > hosts
compare nodes hosts || fail=1

# Fresh processes.
seq 60 > items
sed s/^/x/ items > exp
apart_
pmap_ -a items sh -c '. ./meet; echo "x$1"; echo $PMAP_HOST >&2' sh \
  > out 2> err || fail=1
compare exp out || fail=1
LC_ALL=C sort -u err > hosts
compare nodes hosts || fail=1

# Filters, which are more than one on a node.
apart_
pmap_ -P2 -a items -w sh -c '. ./meet; while read -r i; do echo "x$i"; done' \
  > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1

# Blocks.
apart_
seq 50000 > numbers
pmap_ -b10k -a numbers sh -c '. ./meet; cat; echo $PMAP_HOST >&2' \
  > out 2> err || fail=1
cmp numbers out || fail=1
LC_ALL=C sort -u err > hosts
compare nodes hosts || fail=1

# As they finish.
pmap_ -u -P4 -c 'test $1 != 1 || until test -e second; do sleep .05; done
  echo $1; test $1 != 2 || : > second' ::: 1 2 > out || fail=1
printf '%s\n' 2 1 > exp
compare exp out || fail=1

# What goes wrong: a time that is over, retries, the end of a run.
apart_
returns_ 123 pmap_ -t 2 --joblog=log -c '. ./meet
  test $1 != 2 || sleep 1000; echo $1' ::: 1 2 3 > out 2> err || fail=1
printf '%s\n' 1 3 > exp
compare exp out || fail=1
columns_ Seq Outcome | LC_ALL=C sort > outcomes
printf '%s\n' '1 ok' '2 timeout' '3 ok' > exp
compare exp outcomes || fail=1
no_leftovers_ 30 || fail=1

pmap_ --retries=3 -c 'echo $1-$PMAP_ATTEMPT; test $PMAP_ATTEMPT = $1' \
  ::: 1 2 3 > out 2> err || fail=1
printf '%s\n' 1-1 2-2 3-3 > exp
compare exp out || fail=1

apart_
returns_ 123 pmap_ -P2 --halt=now,fail=1 -c '. ./meet
  test $1 = 2 && exit 7; sleep 1000' ::: 1 2 3 4 5 6 > out 2> err || fail=1
compare /dev/null out || fail=1

# An initializer; the environment; what is told of a run.
apart_
X=kept pmap_ --initializer='y=$X-$PMAP_HOST' --trace=trace.json --progress \
  --tag --joblog=log -c '. ./meet; echo "$y"' ::: $(seq 9) > out 2> err \
  || fail=1
sed 's/.*	kept-//' out | LC_ALL=C sort -u > hosts
compare nodes hosts || fail=1
columns_ Seq Host | sed 's/ /	kept-/' > exp
compare exp out || fail=1
test -s trace.json || fail=1
test -s err || fail=1

# The program is sent, and does not stay: what runs has no name any more.
pmap_ --send -c '
  until test ! -e "$(readlink /proc/$PPID/exe)"; do sleep .05; done
  echo $1' ::: 1 2 3 > out 2> err || fail=1
printf '%s\n' 1 2 3 > exp
compare exp out || fail=1
compare /dev/null err || fail=1

leave_job_ || fail=1

# How many tasks there are at a time: as many as CPUs, but not more than we may
# use.
may=$(ncpu)
# ready_ N...
# Check that err tells of so many on each node.
ready_ ()
{
  local node_=0 n_
  for n_; do
    node_=$((node_ + 1))
    test $n_ -le $may || n_=$may
    grep "^pmap: n$node_ is ready: $n_ tasks\\{0,1\\} at a time\$" err \
      > /dev/null || { warn_ "not $n_ at n$node_:"; cat err; fail=1; }
  done
}
enter_job_ -N3 -n7
apart_
pmap_ -v -c '. ./meet; :' ::: $(seq 20) 2> err || fail=1
ready_ 4 2 1
# As the user says.
apart_
pmap_ -P3 -v -c '. ./meet; :' ::: $(seq 20) 2> err || fail=1
grep -c 'ready: 3 tasks at a time' err > count
echo 3 > exp
compare exp count || fail=1
# In a step of the job, which has CPUs of it.
apart_
seq 20 > exp
srun --overlap -N1 -n1 --export=ALL env "$mark_" pmap --slurm -v \
  -c '. ./meet; echo $1' ::: $(seq 20) > out 2> err || fail=1
compare exp out || fail=1
ready_ 4 2 1
leave_job_ || fail=1

enter_job_ -N3 -n3 --cpus-per-task=2
apart_
pmap_ -v -c '. ./meet; :' ::: $(seq 20) 2> err || fail=1
ready_ 2 2 2
leave_job_ || fail=1

wait_no_steps_ || fail=1
no_leftovers_ 30 || fail=1

Exit $fail
