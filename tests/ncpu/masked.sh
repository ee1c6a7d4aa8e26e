#!/bin/sh
# ncpu works where /proc or /sys is masked, and says what it could not read.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# An ordinary user may do it in a user namespace of its own, if at all.
unshare_=
for u in 'unshare -m' 'unshare -rm'; do
  $u sh -c 'mount -t tmpfs none /sys && mount -t tmpfs none /proc' \
    > /dev/null 2>&1 && { unshare_=$u; break; }
done
test -n "$unshare_" || skip_ '/proc and /sys cannot be covered here'

# masked_ FOLDERS COMMAND [ARG]...
# Run COMMAND where the FOLDERS are covered by empty file systems.
masked_ ()
{
  $unshare_ sh -c '
    for d in $1; do mount -t tmpfs none $d || exit 99; done
    shift
    exec "$@"' sh "$@"
}

masked_ /proc ncpu 2>&1 | grep LeakSanitizer > /dev/null \
  && skip_ 'the leak sanitizer, which is built in, needs /proc'

# The affinity does not need either; a quota may be out of sight then.
affinity=$(ncpu --json \
  | sed -n 's/.*"name": "affinity".*"cpus": \([0-9]*\).*/\1/p')
online=$(ncpu --online)

for folders in /sys /proc '/sys /proc'; do
  n=$(masked_ "$folders" ncpu) || { warn_ "$folders: status"; fail=1; }
  test "$n" -ge "$(ncpu)" && test "$n" -le "$affinity" \
    || { warn_ "$folders: $n"; fail=1; }
  masked_ "$folders" ncpu --list > out || fail=1
  ncpu --list > exp || fail=1
  compare exp out || fail=1
  test "$(masked_ "$folders" ncpu --online)" = "$online" || fail=1
  test "$(masked_ "$folders" ncpu --all)" -ge "$online" || fail=1
  test "$(masked_ "$folders" ncpu --mem-per-job=1)" = "$n" || fail=1
  test "$(masked_ "$folders" ncpu --mem-per-job=15E)" = 1 || fail=1
done

why='No such file or directory'
masked_ /sys ncpu --explain > table || fail=1
grep "^  online  *-  */sys/devices/system/cpu/online  *$why\$" table || fail=1
masked_ /proc ncpu --explain --mem-per-job=1 > table || fail=1
grep "^  quota  *-  */proc/self/cgroup  *$why\$" table || fail=1
grep "^  quota  *-  */proc/self/mountinfo  *$why\$" table || fail=1
grep "^  memory  *-  */proc/meminfo  *$why\$" table || fail=1
grep '^. memory  *[0-9][0-9]*  *sysconf  *[0-9]* bytes available$' table \
  || fail=1

# The units are guessed then: each CPU a core, all of them one socket.
for unit in cores sockets nodes; do
  masked_ /sys ncpu --$unit --explain > table || fail=1
  grep "^  $unit  *-  */sys/devices/system/.*$why\$" table || fail=1
done
test "$(masked_ '/sys /proc' ncpu --cores)" = "$affinity" || fail=1
test "$(masked_ '/sys /proc' ncpu --sockets)" = 1 || fail=1
test "$(masked_ '/sys /proc' ncpu --nodes)" = 1 || fail=1

Exit $fail
