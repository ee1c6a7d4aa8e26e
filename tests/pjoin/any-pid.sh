#!/bin/sh
# pjoin joins any process, child or not.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_

unknown_='cannot be known'

# join_ PID
# Begin to join PID as $j; return when pjoin waits for it: it has told by then
# that it has found another.  Its messages come in "err".
join_ ()
{
  rm -f err
  pspawn -q -N other true || fail=1
  pjoin -v other $1 2> err & j=$!
  retry_until_ 60 grep "'other'" err > /dev/null || { cat err; fail=1; }
}

# joined_ STATUS
# Succeed if that pjoin exits with STATUS, or says that the kernel does not
# tell.
joined_ ()
{
  local status_
  wait $j
  status_=$?
  test $status_ = $1 && ! grep "$unknown_" err && return
  test $status_ = 122 && grep "$unknown_" err > /dev/null && return
  warn_ "status $status_ and not $1"
  cat err
  return 1
}

# One that is no child of pjoin and whose parent reaps it.
sh -c 'sh "$0" test -e go; exit 9' "$abs_srcdir/tests/await" & p=$!
join_ $p
: > go
wait $p
joined_ 9 || fail=1

# Ended by a signal.
sleep_='exec sleep 1000'
env "$mark_" sh -c "$sleep_" & p=$!
join_ $p
kill -KILL $p
wait $p
joined_ 137 || fail=1

# One whose parent never reaps it.
env "$mark_" sh -c '
  sh -c "sh $0 test -e die; exit 5" & echo $! > zombie; exec sleep 1000' \
  "$abs_srcdir/tests/await" & keeper=$!
retry_until_ 60 grep sleep /proc/$keeper/comm > /dev/null || fail=1
: > die
z=$(cat zombie)
retry_until_ 60 process_gone_ $z || fail=1
returns_ 5 pjoin $z > out 2> err || fail=1
compare /dev/null out || fail=1
compare /dev/null err || fail=1

# A child of its own, which it does not reap before its end.
sh -c 'sh -c "exit 6" & exec pjoin $!'
test $? = 6 || fail=1

# Where the status cannot be known at all: another user's process whose parent
# does not reap it.
if test "$(id -u)" = 0; then
  require_user_
  pjoin_="run_as_user_ env MPUTILS_DIR=/nonexistent $abs_builddir/src/pjoin"
  returns_ 122 $pjoin_ $z 2> err || fail=1
  grep "'$z' $unknown_" err > /dev/null || { cat err; fail=1; }
  $pjoin_ --any-status $z 2> err || fail=1
  grep "$unknown_" err && fail=1
fi

kill $keeper
wait $keeper
no_leftovers_ 60 || fail=1

Exit $fail
