#!/bin/sh
# What the ID of a handle is, with and without a file system of pidfds.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/essentials.cfg"

require_proc_
skip_if_sanitized_
use_records_
refuse=$abs_builddir/tests/helpers/refuse
$refuse ENOSYS fstatfs true 2> err || skip_ "$(cat err)"

# start_time_ PID
# Print field 22 of /proc/PID/stat, which sleep has no space in before.
start_time_ () { cut -d ' ' -f 22 "/proc/$1/stat"; }

# inode_ PID
# Print the inode of the pidfd that process PID has and no other; fail if there
# is none.
inode_ ()
{
  for fd in /proc/$1/fd/*; do
    case $(readlink "$fd") in
      *pidfd*) stat -L -c %i "$fd"; return ;;
    esac
  done
  return 1
}

# Where pidfds tell nothing about the process, as before Linux 6.9, it is the
# start time.  What was started after has another ID, as the PID has then.
on_="$refuse ENOSYS fstatfs"
where_='without pidfs'
h=$(run_ pspawn -N old sleep 1000) || fail=1
pid=${h%:*}
test "$h" = "$pid:$(start_time_ $pid)" || { warn_ "handle $h"; fail=1; }
returns_ 1 run_ pjoin --poll $h || fail=1
returns_ 1 run_ pjoin --poll old || fail=1
returns_ 1 run_ pkill-tree -s KILL "$pid:$((${h#*:} + 1))" 2> err || fail=1
returns_ 1 run_ pkill-tree -s KILL "$pid:$((${h#*:} - 1))" 2> err || fail=1
returns_ 1 run_ pjoin --poll $h || fail=1
returns_ 0 run_ pkill-tree $h || fail=1
returns_ 143 run_ pjoin $h || fail=1

# Everything else is as ever.
essentials_

# Here it may be either.
on_=
where_=here
h=$(run_ pspawn -N new sleep 1000) || fail=1
pid=${h%:*}
env "$mark_" pjoin -q $h &
pjoin=$!
if test "$h" = "$pid:$(start_time_ $pid)"; then
  echo 'there is no pidfs here'
elif retry_until_ 60 inode_ $pjoin > /dev/null; then
  test "$h" = "$pid:$(inode_ $pjoin)" || { warn_ "handle $h"; fail=1; }
else
  warn_ 'pjoin has no pidfd'
  fail=1
fi
returns_ 1 run_ pkill-tree -s KILL "$pid:$((${h#*:} + 1))" 2> err || fail=1
returns_ 1 run_ pjoin --poll $h || fail=1
returns_ 0 run_ pkill-tree $h || fail=1
wait $pjoin
test $? = 143 || fail=1

# How the process of another has ended is told by the kernel since Linux 6.15;
# before, only by its zombie, if that is still there.
# join_ COMMAND [ARG]...
# Let COMMAND join a process that is no child of it and ends meanwhile.
join_ ()
{
  env "$mark_" sh -c 'sh "$0" test -e end; exit 7' \
    "$abs_srcdir/tests/await" &
  pid=$!
  env "$mark_" "$@" $pid 2> err &
  pjoin=$!
  retry_until_ 60 inode_ $pjoin > /dev/null || warn_ 'no pidfd'
  : > end
  wait $pid
  wait $pjoin
}
join_ $refuse ENOTTY pidfd_ioctl pjoin
status=$?
case $status in
  7 | 122) ;;
  *) warn_ "status $status"; cat err; fail=1 ;;
esac

Exit $fail
