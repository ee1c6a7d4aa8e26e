#!/bin/sh
# The options of ncpu that need nothing special of the machine.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# is_ EXPECTED [OPTION]...
# Check what ncpu prints, which is all that it prints.
is_ ()
{
  echo "$1" > exp || framework_failure_
  shift
  ncpu "$@" > out 2> err || { warn_ "ncpu $*: status $?"; fail=1; }
  compare exp out || { warn_ "ncpu $*"; fail=1; }
  compare /dev/null err || { warn_ "ncpu $*"; fail=1; }
}

n=$(ncpu) || fail=1
test "$n" -ge 1 || fail_ "ncpu printed '$n'"
online=$(ncpu --online) || fail=1
all=$(ncpu --all) || fail=1
test "$n" -le "$online" || fail=1
test "$online" -le "$all" || fail=1

is_ 1 --max=1
is_ $n --max=$n
is_ $n --max=18446744073709551615
is_ 1 --ignore=18446744073709551615
is_ $n --ignore=0
is_ $((online + 1)) --online --scale=300 --ignore=$((2 * online - 1))
is_ $((online * 2)) --online --scale=200
is_ $((online * 2)) --online --scale=200%
is_ $((online * 2)) --online --scale=200.0%
is_ $(((online + 1) / 2)) --online --scale=50
is_ 1 --online --scale=.0001
is_ 7 --online --scale=1000000 --max=7

# Rounding, of 2.5 and 2.25.
for how in up:3 down:2 nearest:3 exact:2.5; do
  OMP_NUM_THREADS=5; export OMP_NUM_THREADS
  is_ ${how#*:} --openmp --scale=50 --round=${how%:*}
  unset OMP_NUM_THREADS
done
OMP_NUM_THREADS=9; export OMP_NUM_THREADS
is_ 3 --openmp --scale=25
is_ 2 --openmp --scale=25 --round=nearest
is_ 2.25 --openmp --scale=25 --round=exact
is_ 0.09 --openmp --scale=1 --round=exact
is_ 0.001 --openmp --ignore=9 --round=exact
is_ 1 --openmp --ignore=9

# OpenMP's variables count only when asked to.
is_ $n
is_ 9 --openmp
OMP_THREAD_LIMIT=4; export OMP_THREAD_LIMIT
is_ $n
is_ 4 --openmp
OMP_NUM_THREADS=3,2,1
is_ 3 --openmp
OMP_NUM_THREADS=nonsense OMP_THREAD_LIMIT=-1
is_ $n --openmp
unset OMP_NUM_THREADS OMP_THREAD_LIMIT

# Memory: every job fits, or none does, and then one is run all the same.
is_ $n --mem-per-job=1
is_ 1 --mem-per-job=15E

# Cores, sockets and nodes.
cores=$(ncpu --online --cores) || fail=1
sockets=$(ncpu --online --sockets) || fail=1
nodes=$(ncpu --online --nodes) || fail=1
test "$cores" -le "$online" && test "$cores" -ge 1 || fail=1
test "$sockets" -le "$cores" && test "$sockets" -ge 1 || fail=1
test "$nodes" -le "$online" && test "$nodes" -ge 1 || fail=1
if test -r /proc/cpuinfo && grep '^physical id' /proc/cpuinfo > ids; then
  test "$(LC_ALL=C sort -u ids | wc -l)" = "$sockets" || fail=1
fi

# As many ids as CPUs.
count_ids_ ()
{
  ncpu --list "$@" | tr ',' '\n' \
    | awk -F- '{ n += ($2 == "" ? $1 : $2) - $1 + 1 } END { print n }'
}
test "$(count_ids_ --online)" = "$online" || fail=1
test "$(count_ids_ --all)" = "$all" || fail=1
test "$(count_ids_ --online --cores)" = "$cores" || fail=1
test "$(count_ids_)" -ge "$n" || fail=1
if test -r /sys/devices/system/cpu/online; then
  is_ "$(cat /sys/devices/system/cpu/online)" --online --list
fi

# The last of what contradicts counts.
is_ $online --all --online
is_ $all --online --all
is_ $cores --online --nodes --sockets --cores
is_ $nodes --online --cores --sockets --nodes
is_ 2 --max=1 --online --scale=1000 --max=2
list=$(ncpu --list) || fail=1
is_ "$list" --json --explain --list
ncpu --list --explain --json > out || fail=1
test "$(sed 1q out)" = '{' || fail=1

Exit $fail
