#!/bin/sh
# Without a usable /proc, the process groups of tasks are ended all the same.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
unshare -m true 2> /dev/null || skip_ 'no mount namespace can be made'
skip_if_sanitized_

# Run as env "$mark_" unshare -m sh -c "$masked_" sh COMMAND..., COMMAND has an
# empty /proc.
masked_='mount -t tmpfs none /proc && exec "$@"'
unshare -m sh -c "$masked_" sh true || skip_ '/proc cannot be covered'

# What a task leaves in its group, deaf or not, goes at the end.
env "$mark_" unshare -m sh -c "$masked_" sh \
  timeout 60 pmap -k .1 -P2 sh -c 'sleep 1000 &
  (trap "" TERM; exec sleep 1000) & echo $1' _ ::: a b c > out 2> err \
  || fail=1
printf '%s\n' a b c > exp
compare exp out || fail=1
compare /dev/null err || fail=1
no_leftovers_ 0 || fail=1

# So does what warm workers leave, in their groups or those of ended ones.
env "$mark_" unshare -m sh -c "$masked_" sh \
  timeout 60 pmap -k .1 -P2 -c 'sleep 1000 & echo $1; test $1 != b || exit 0' \
  ::: a b c > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
no_leftovers_ 0 || fail=1
env "$mark_" unshare -m sh -c "$masked_" sh \
  timeout 60 pmap -k .1 -P2 --max-tasks-per-child=1 -w sh -c '
    sleep 1000 > /dev/null 2>&1 & cat' ::: a b c > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
no_leftovers_ 0 || fail=1

# A signal ends what runs.
env "$mark_" unshare -m sh -c "$masked_" sh \
  pmap -k .1 -P2 sh -c ': > started-$1; sleep 1000 & sleep 1000' \
  _ ::: a b c > out 2> err &
pid=$!
retry_until_ 30 test -e started-a && retry_until_ 30 test -e started-b \
  || fail=1
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
no_leftovers_ 0 || fail=1

Exit $fail
