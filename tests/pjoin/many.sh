#!/bin/sh
# Many handles at once, few descriptors, and no CPU while waiting.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await

# start_ N
# Start N processes that end when there is a file go.  Their handles come in
# "handles".
start_ ()
{
  local i_=0
  rm -f go handles
  while test $i_ -lt $1; do
    env "$mark_" pspawn sh -c 'sh "$0" test -e go; echo $1' "$await_" $i_ \
      >> handles || { fail=1; return; }
    i_=$((i_ + 1))
  done
  seq 0 $(($1 - 1)) > exp
}

# CPU time of PID, in ticks.
ticks_ () { sed 's/.*) //' /proc/$1/stat | awk '{ print $12 + $13 }'; }

# Fewer descriptors than processes: it can be done all the same.
start_ 30
(
  ulimit -n 24 || exit 77
  exec pjoin - < handles
) > out & j=$!
: > go
wait $j
status=$?
if test $status != 77; then
  test $status = 0 || fail=1
  compare exp out || fail=1
fi

# Followed, too.
start_ 30
(
  ulimit -n 24 || exit 77
  exec pjoin -f - < handles
) > out & j=$!
: > go
wait $j
status=$?
if test $status != 77; then
  test $status = 0 || fail=1
  sort -n out | compare exp - || fail=1
fi

# Idle while it waits: so many handles cost nothing.
start_ 100
pspawn -q -N ended true || fail=1
rm -f err
{ cat handles; echo ended; } > all
env "$mark_" pjoin -v - < all > out 2> err & j=$!
retry_until_ 60 grep "'ended'" err > /dev/null || fail=1
# It may not be at rest yet.
idle_ ()
{
  local ticks_
  ticks_=$(ticks_ $j)
  test $((ticks_ - before)) -le 1 || { before=$ticks_; looks=0; }
  looks=$((looks + 1))
  test $looks -gt 20
}
# Without pidfds there is no way but to look now and then.
if grep '^#define MP_USE_PIDFD 1' "$abs_builddir/config.h" > /dev/null; then
  before=$(ticks_ $j)
  looks=0
  retry_until_ 60 idle_ || { warn_ "$before ticks, and more"; fail=1; }
fi
: > go
wait $j || fail=1
compare exp out || fail=1
test -z "$(pjoin --list)" || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
