#!/bin/sh
# A real quota counts, also one above a cgroup that has none.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

cleanup_ () { kill_leftovers_; remove_cgroup_; }
make_cgroup_ cpu 'cpu.[cm][fa][sx]*'

if test -e "$cgroup_/cpu.max"; then
  file=cpu.max
  # set_ FOLDER QUOTA, in microseconds every 100 ms, or max
  set_ () { echo "$2 100000" > "$1/$file"; }
else
  file=cpu.cfs_quota_us
  set_ () { echo 100000 > "$1/cpu.cfs_period_us" \
            && echo "$2" | sed s/max/-1/ > "$1/$file"; }
fi

in_cgroup_ true 2> /dev/null || skip_ "processes cannot be moved to $cgroup_"
set_ "$cgroup_" 50000 || skip_ "$cgroup_ does not take a quota"
before=$(ncpu)

test "$(in_cgroup_ ncpu)" = 1 || fail=1
test "$(in_cgroup_ ncpu --round=exact)" = 0.5 || fail=1
test "$(in_cgroup_ ncpu --scale=1000)" = 5 || fail=1
in_cgroup_ ncpu --explain > table || fail=1
grep "^\* quota  *0.5  *$cgroup_/$file  *50000 100000\$" table || fail=1
grep "^  quota  *-  *$cgroup_/leaf/$file  *no limit\$" table || fail=1
# The limits that do not count are not ours to see.
test "$(in_cgroup_ ncpu --online)" = "$(ncpu --online)" || fail=1
test "$(in_cgroup_ ncpu --list)" = "$(ncpu --list)" || fail=1

# The child's own, lower.
set_ "$cgroup_/leaf" 20000 || framework_failure_
test "$(in_cgroup_ ncpu --round=exact)" = 0.2 || fail=1
in_cgroup_ ncpu --explain > table || fail=1
grep "^\* quota  *0.2  *$cgroup_/leaf/$file  *20000 100000\$" table || fail=1
set_ "$cgroup_/leaf" max || framework_failure_

# Another process, seen from outside.
sh -c "$enter_cgroup_" "$cgroup_" env "$mark_" sleep 1000 &
pid=$!
pid_is_there_ () { grep -x $pid "$cgroup_/leaf/cgroup.procs" > /dev/null; }
retry_until_ 60 pid_is_there_ || fail=1
test "$(ncpu --pid=$pid --round=exact)" = 0.5 || fail=1
test "$(ncpu)" = "$before" || fail=1
kill $pid
wait $pid

# What a namespace hides is said to be hidden, and what it does not counts.
if in_cgroup_ unshare -C true 2> /dev/null; then
  in_cgroup_ unshare -C ncpu --explain > table || fail=1
  grep '^  quota  .*only the topmost cgroup can be seen$' table || fail=1
fi

# More than one CPU.
set_ "$cgroup_" 150000 || framework_failure_
if test "$before" -ge 2; then
  test "$(in_cgroup_ ncpu --round=exact)" = 1.5 || fail=1
  test "$(in_cgroup_ ncpu)" = 2 || fail=1
  test "$(in_cgroup_ ncpu --round=down)" = 1 || fail=1
fi

# None.
set_ "$cgroup_" max || framework_failure_
test "$(in_cgroup_ ncpu)" = "$before" || fail=1

Exit $fail
