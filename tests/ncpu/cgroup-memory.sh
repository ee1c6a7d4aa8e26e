#!/bin/sh
# A cgroup's memory limit counts, also one above a cgroup that has none.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

cleanup_ () { kill_leftovers_; remove_cgroup_; }
make_cgroup_ memory 'memory.[lm][ia][mx]*'

file=memory.limit_in_bytes
test -e "$cgroup_/$file" || file=memory.max
in_cgroup_ true 2> /dev/null || skip_ "processes cannot be moved to $cgroup_"
echo $((64 * 1024 * 1024)) > "$cgroup_/$file" \
  || skip_ "$cgroup_ does not take a memory limit"
# Some of the limit is used by what runs there, not the same in every run.
n=$(in_cgroup_ ncpu --online --scale=100000 --mem-per-job=10M) || fail=1
test "$n" -ge 4 && test "$n" -le 6 || { warn_ "$n jobs fit"; fail=1; }
test "$(in_cgroup_ ncpu --mem-per-job=65M)" = 1 || fail=1
in_cgroup_ ncpu --online --scale=100000 --mem-per-job=10M --explain > table \
  || fail=1
grep "^\* memory  *[456]  *$cgroup_/$file  *[0-9]* bytes available\$" table \
  || { cat table; fail=1; }
grep "^  memory  *-  *$cgroup_/leaf/$file  *no limit\$" table \
  || { cat table; fail=1; }

Exit $fail
