#!/bin/sh
# Which signals are sent when, and what is waited for.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# Deaf ones, in a tree.
cat > deaf <<'END'
trap '' TERM
sh -c 'echo $$ > deaf.pid; while :; do sleep 1000; done' &
wait
END
start_deaf_ ()
{
  rm -f deaf.pid
  env "$mark_" sh ./deaf &
  pid=$!
  retry_until_ 60 test -s deaf.pid || framework_failure_
}

# state_ PID LETTER
# Succeed if PID is in that state.
state_ ()
{
  case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status") in
    $2*) return 0 ;;
    *) return 1 ;;
  esac
}

# Time runs out: who is left is named.
start_deaf_
returns_ 124 pkill-tree -t .2 $pid 2> err || fail=1
for p in $pid $(cat deaf.pid); do
  grep "^pkill-tree: process '$p' is still there: sh " err > /dev/null \
    || { cat err; fail=1; }
done
returns_ 124 pkill-tree -q -t 0 $pid > out 2> err || fail=1
compare /dev/null err || fail=1

# Then KILL comes, or at once.
returns_ 0 pkill-tree -t 60 -v -k .1 $pid 2> err || fail=1
grep "^pkill-tree: sent TERM to process '$pid': sh ./deaf" err > /dev/null \
  || { cat err; fail=1; }
grep "^pkill-tree: sent KILL to process '$pid': sh ./deaf" err > /dev/null \
  || { cat err; fail=1; }
no_leftovers_ 0 || fail=1
start_deaf_
returns_ 0 pkill-tree -t 60 -k 0 $pid || fail=1
no_leftovers_ 0 || fail=1

# What ends in time is not killed.
env "$mark_" sh -c 'trap "echo bye > bye; exit" TERM; echo 1 > up
  while :; do sleep .01; done' &
retry_until_ 60 test -s up || framework_failure_
returns_ 0 pkill-tree -t 60 -k 60 $! || fail=1
test -s bye || fail=1

# --no-wait does not.
start_deaf_
returns_ 0 pkill-tree --no-wait $pid || fail=1
retry_until_ 60 state_ $pid S || fail=1

# Nor is there anything to wait for after these; a zero asks only.
for signal in 0 WINCH CONT URG; do
  returns_ 0 pkill-tree -s $signal $pid || fail=1
done
returns_ 0 pkill-tree -s STOP $pid || fail=1
retry_until_ 60 state_ $pid T || fail=1
# One that has been stopped stays so, but for CONT.
returns_ 0 pkill-tree -s WINCH $pid || fail=1
state_ $pid T || fail=1
returns_ 0 pkill-tree -s CONT $pid || fail=1
retry_until_ 60 state_ $pid S || fail=1
returns_ 0 pkill-tree -s TSTP $pid || fail=1
# Unless asked to.
returns_ 124 pkill-tree -t .1 -s WINCH $pid 2> err || fail=1
returns_ 0 pkill-tree -t 60 -s KILL $pid || fail=1
no_leftovers_ 0 || fail=1

# What a handler starts on its way out is ended as well, where it can be found.
cat > heir <<'END'
trap 'setsid sh ./heir2 & exit' TERM
echo 1 > heir.up
while :; do sleep .01; done
END
echo 'echo $$ > heir.pid; exec sleep 1000' > heir2
if setsid true; then
  env "$mark_" "$abs_builddir/tests/helpers/forest" handle sh ./heir &
  retry_until_ 60 test -s heir.up || framework_failure_
  # A shell that has just forked may lose SIGTERM.
  returns_ 0 pkill-tree -t 60 -k .5 $! || fail=1
  no_leftovers_ 0 || fail=1
fi

Exit $fail
