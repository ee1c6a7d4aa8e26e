#!/bin/sh
# The affinity mask limits, and so does that of another process.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

taskset --version > /dev/null 2>&1 || skip_ 'there is no taskset'
test "$(ncpu)" -ge 2 || skip_ 'there is one CPU only'

# The last CPU: 0 would be anyone's guess.
last=$(ncpu --list | sed 's/.*[-,]//')
online=$(ncpu --online)

test "$(taskset -c $last ncpu)" = 1 || fail=1
test "$(taskset -c $last ncpu --list)" = $last || fail=1
test "$(taskset -c $last ncpu --cores --list)" = $last || fail=1
test "$(taskset -c $last ncpu --cores)" = 1 || fail=1
test "$(taskset -c $last ncpu --nodes)" = 1 || fail=1
test "$(taskset -c $last ncpu --scale=300)" = 3 || fail=1
taskset -c $last ncpu --explain > table || fail=1
grep "^\* affinity  *1  *sched_getaffinity  *$last\$" table || fail=1

# These are not about the affinity.
test "$(taskset -c $last ncpu --online)" = $online || fail=1
test "$(taskset -c $last ncpu --all)" = "$(ncpu --all)" || fail=1

# Another process.
env "$mark_" taskset -c $last sleep 1000 &
pid=$!
pid_has_ () { test "$(ncpu --pid=$pid --list)" = $last; }
retry_until_ 60 pid_has_ || fail=1
test "$(ncpu --pid=$pid)" = 1 || fail=1
test "$(ncpu --pid=$pid --online)" = $online || fail=1
test "$(ncpu --pid=$$)" = "$(ncpu)" || fail=1
test "$(taskset -c $last ncpu --pid=$$)" = "$(ncpu)" || fail=1

# One that has ended.
kill $pid
wait $pid
returns_ 1 ncpu --pid=$pid > out 2> err || fail=1
echo "ncpu: process '$pid': No such process" > exp
compare exp err || fail=1

Exit $fail
