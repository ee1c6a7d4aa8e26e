#!/bin/sh
# How many tasks run at a time, and how SIGUSR1 and SIGUSR2 change it.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
ncpu=$(ncpu) || framework_failure_

# A task that runs until it is let go.
cat > crowd <<'END'
: > running-$1
sh "$abs_srcdir/tests/await" test -e release || exit 1
END
count_is_ ()
{
  set -- "$1" running-*
  test -e "$2" && test $(($# - 1)) = $1
}

# at_once_ N OPTION...
# Check that with OPTIONs, N of 12 tasks run at once, and no more.
at_once_ ()
{
  local n_=$1
  shift
  rm -f running-* release
  seq 12 | env "$mark_" pmap "$@" sh crowd > out 2> err &
  pid=$!
  retry_until_ 30 count_is_ $n_ || { warn_ "not $n_ with $*"; fail=1; }
  # All starts that are possible are made before pmap waits.
  retry_until_ 30 sleeping_ $pid || fail=1
  count_is_ $n_ || { warn_ "more than $n_ with $*"; fail=1; }
  : > release
  wait $pid || { warn_ "failed: $*"; fail=1; }
}

# Whether the pool of the pmap PID has come to wait.
sleeping_ ()
{
  grep '^State:.S' "/proc/$(children_of_ $1)/status" > /dev/null
}

min_ () { echo $(($1 < $2 ? $1 : $2)); }

at_once_ 1 -P1
at_once_ 3 -P 3
at_once_ 3 -j3
at_once_ 3 --processes=3
at_once_ 3 --jobs=3
at_once_ 12 -P0
at_once_ 12 -P100
at_once_ $(min_ 12 $((ncpu + 1))) -P+1
at_once_ $(min_ 12 $ncpu) -P100%
at_once_ $(min_ 12 $((ncpu * 2))) -P 200%
at_once_ $(min_ 12 $ncpu)
n=$((ncpu > 1 ? ncpu - 1 : 1))
at_once_ $(min_ 12 $n) -P-1
# At least one.
at_once_ 1 -P-1000
at_once_ 1 -P1%
# The last one counts.
at_once_ 2 -P5 -j2

for p in x '' -x 1x 50%% ' 1' '1 ' % + - 1.5 4294967296 \
         99999999999999999999; do
  returns_ 125 pmap -P "$p" echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  printf '%s\n' "pmap: invalid number of processes: '$p'" \
    "Try 'pmap --help' for more information." > exp
  compare exp err || { warn_ "wrong: -P '$p'"; fail=1; }
done

# Signals.  Each counts.
rm -f running-* release
seq 12 | env "$mark_" pmap -P1 sh crowd > out 2> err &
pid=$!
retry_until_ 30 count_is_ 1 || fail=1
kill -USR1 $pid
retry_until_ 30 count_is_ 2 || fail=1
kill -USR1 $pid
retry_until_ 30 count_is_ 3 || fail=1
: > release
wait $pid || fail=1

# Fewer: nobody is ended for it, and no more start.
cat > one-of-crowd <<'END'
: > running-$1
sh "$abs_srcdir/tests/await" test -e release-$1 || exit 1
rm running-$1
END
is_running_ () { test "$(echo running-*)" = "$*"; }
rm -f running-* release
seq 4 | env "$mark_" pmap -P3 sh one-of-crowd > out 2> err &
pid=$!
retry_until_ 30 is_running_ running-1 running-2 running-3 || fail=1
kill -USR2 $pid
kill_seen_ () { test "$(awk '/^ShdPnd/ { print $2 }' /proc/$1/status)" \
                     = 0000000000000000; }
retry_until_ 30 kill_seen_ $pid || fail=1
retry_until_ 30 kill_seen_ "$(children_of_ $pid)" || fail=1
: > release-1
retry_until_ 30 is_running_ running-2 running-3 || fail=1
retry_until_ 30 sleeping_ $pid || fail=1
is_running_ running-2 running-3 || fail=1
: > release-2
retry_until_ 30 is_running_ running-3 running-4 || fail=1
# Never less than one.
kill -USR2 $pid
retry_until_ 30 kill_seen_ $pid || fail=1
kill -USR2 $pid
: > release-3
: > release-4
wait $pid || fail=1
no_leftovers_ 0 || fail=1

Exit $fail
