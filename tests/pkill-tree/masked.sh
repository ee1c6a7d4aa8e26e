#!/bin/sh
# Where /proc tells nothing, nothing is done.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_root_
skip_if_sanitized_
unshare -m true 2> /dev/null || skip_ 'unshare does not work here'

env "$mark_" sleep 1000 &
victim=$!
cleanup_ () { kill -KILL $victim; kill_leftovers_; }
echo "pkill-tree: cannot see the processes: /proc is not there, or not ours" \
  > exp

# None at all, and that of another PID namespace.
unshare -m sh -c 'mount -t tmpfs none /proc && exec pkill-tree "$1"' _ $victim \
  2> err
test $? = 125 || fail=1
compare exp err || fail=1
if unshare -pf true 2> /dev/null; then
  unshare -pf sh -c 'pkill-tree "$1"; exit $?' _ $victim 2> err
  test $? = 125 || fail=1
  compare exp err || fail=1
fi
kill -0 $victim || fail=1

Exit $fail
