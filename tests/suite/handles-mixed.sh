#!/bin/sh
# Programs that see no pidfds, as in a sandbox, share records with those that
# do, although they know processes by other IDs: neither takes for ended, and
# cleans away, what the other has started.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
skip_if_sanitized_
use_records_
refuse=$abs_builddir/tests/helpers/refuse
$refuse ENOSYS pidfd_open true 2> err || skip_ "$(cat err)"

# run_ SIDE COMMAND [ARG]...
# Run COMMAND where there are no pidfds, if SIDE is "boxed", or where there are,
# "free".  The next program that starts a process cleans up.
run_ ()
{
  local side_=$1
  shift
  rm -f "$MPUTILS_DIR/.cleaned"
  case $side_ in
    free) env "$mark_" timeout 120 "$@" ;;
    boxed) env "$mark_" timeout 120 $refuse ENOSYS pidfd_open "$@" ;;
  esac
}

# A process of each is running, and joined, on either side; it may be signalled
# where what was started is identified for certain.
for side in free boxed; do
  h=$(run_ $side pspawn -N $side sh -c \
    "echo $side; sh '$abs_srcdir/tests/await' test -e end-$side; exit 7") \
    || fail=1
  run_ free pspawn -q true || fail=1
  run_ boxed pspawn -q true || fail=1
  for other in free boxed; do
    returns_ 1 run_ $other pjoin --poll $h || fail=1
    returns_ 1 run_ $other pjoin --poll $side || fail=1
    run_ $other pjoin --list > list || fail=1
    cut -f 2,3 list | grep -x "$side.running" > /dev/null \
      || { cat list; fail=1; }
  done
done
env "$mark_" $refuse ENOSYS pidfd_open pjoin free > out 2> err &
free=$!
env "$mark_" pjoin boxed > out-boxed 2> err-boxed &
boxed=$!
: > end-free
: > end-boxed
wait $free
test $? = 7 || { cat err; fail=1; }
wait $boxed
test $? = 7 || { cat err-boxed; fail=1; }
echo free | compare - out || fail=1
echo boxed | compare - out-boxed || fail=1
h=$(run_ boxed pspawn sleep 1000) || fail=1
run_ free pkill-tree $h || fail=1
returns_ 143 run_ boxed pjoin $h || fail=1
# Nobody guesses: it is signalled, or that is refused.
h=$(run_ free pspawn sleep 1000) || fail=1
if run_ boxed pkill-tree $h 2> err; then
  :
else
  test $? = 125 || { cat err; fail=1; }
  run_ free pkill-tree $h || fail=1
fi
returns_ 143 run_ free pjoin $h || fail=1

# A scope stays whole while others clean.
for side in free boxed; do
  rm -f ready go
  run_ $side pspawn --scope sh -c 'pspawn -q -N a echo one
    pspawn -q -N b sh -c "sh \"$abs_srcdir/tests/await\" test -e go; echo two"
    : > ready
    sh "$abs_srcdir/tests/await" test -e go
    pjoin a b' > out 2> err &
  scope=$!
  retry_until_ 60 test -e ready || fail_ "$(cat err)"
  for other in free boxed; do
    run_ $other pspawn -q true || fail=1
  done
  : > go
  wait $scope || { warn_ "$side"; cat err; fail=1; }
  printf '%s\n' one two | compare - out || fail=1
done

no_leftovers_ 60 || fail=1
Exit $fail
