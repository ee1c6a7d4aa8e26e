#!/bin/sh
# What tests of remote shells rely on: the sshd of tests/cluster.cfg.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_sshd_
start_sshd_

# Every name will do; PATH is ours, standard input and the status pass.
test "$(echo hello | $ssh_ any-name 'cat; ncpu')" = "hello
$(ncpu)" || fail=1
returns_ 7 $ssh_ 127.0.0.1 exit 7 || fail=1

# Its connections end with it, and nothing outlives it and the test, not even
# what has left its session.
$ssh_ localhost 'setsid sleep 1000 & echo started; exec sleep 1000' > out &
client=$!
retry_until_ 60 grep started out || fail=1
stop_sshd_
retry_until_ 60 process_gone_ $client || fail=1
kill_leftovers_
wait
no_leftovers_ 10 || fail=1
returns_ 255 $ssh_ localhost true 2> err || fail=1

# And again, with the keys that are known.
start_sshd_
$ssh_ localhost true || fail=1

Exit $fail
