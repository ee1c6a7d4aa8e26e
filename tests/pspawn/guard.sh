#!/bin/sh
# SIGKILL to a supervisor leaves nothing of its daemonic processes, and the
# guard, which sees to that, is in nobody's way.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# What a process leaves: members in sessions of their own, and orphans.
cat > tree <<'END2'
setsid sleep 1000 &
(setsid sleep 1000 &)
(trap '' TERM HUP INT; sleep 1000 & exec sleep 1000) &
: > ready-$1
exec sleep 1000
END2
# start_ NAME [OPTION]...
start_ ()
{
  local name_=$1
  shift
  pspawn_ -q -N $name_ "$@" sh tree $name_ \
    && retry_until_ 60 test -e ready-$name_ \
    || framework_failure_
}
# Succeed if $pid has nothing of the caller's.
has_let_go_ ()
{
  test "$(readlink /proc/$pid/cwd)" = / || return
  ls -l /proc/$pid/fd > fds || return
  grep -v 'records$' fds | grep -F -e "$PWD" -e socket: > /dev/null || return 0
  return 1
}
guard_ () { record_says_ $1 guard | sed 's/:.*//'; }

sleep 1000 &
owner=$!

# A plain one has none.
start_ first
test "$(record_says_ first guard)" = - || fail=1
kill "$(supervisor_ first)"
ended_ first || fail=1
no_leftovers_ 60 || fail=1

for how in spawn fork forkserver; do
  # The guard is nobody's child, has let go of the caller, and waits.
  start_ a-$how -D --owner=$owner --start-method=$how
  pid=$(guard_ a-$how)
  sed 's/ (.*) / (x) /' /proc/$pid/stat | cut -d' ' -f1,6,7 > out
  echo "$pid $pid 0" > exp
  compare exp out || fail=1
  retry_until_ 60 has_let_go_ || { ls -l /proc/$pid/fd; fail=1; }

  # Neither is signalled with what they look after.
  pkill-tree --dry-run a-$how > out || fail=1
  grep -E "^($pid|$(supervisor_ a-$how)) " out && fail=1
  returns_ 1 pkill-tree --dry-run a-$how $pid > out 2> err || fail=1
  grep "^$pid " out && fail=1
  returns_ 1 pkill-tree $pid 2> err || fail=1
  grep 'it supervises' err > /dev/null || { cat err; fail=1; }
  # Nor does it mind what comes.
  kill -USR1 $pid
  kill -HUP $pid
  kill -INT $pid
  process_gone_ $pid && { warn_ "$how: the guard is gone"; fail=1; }

  kill -KILL "$(supervisor_ a-$how)"
  no_leftovers_ 60 || { warn_ "$how"; fail=1; }
  # The kernel may tell the status of one that has just been killed.
  pjoin a-$how 2> err
  status=$?
  test $status = 122 || test $status = 137 || { cat err; fail=1; }
  grep 'its supervisor was killed' err > /dev/null || { cat err; fail=1; }
done

# What a fork server has started for others goes on.
start_ daemonic -D --owner=$owner --start-method=forkserver
start_ plain --start-method=forkserver
test "$(supervisor_ daemonic)" = "$(supervisor_ plain)" || fail=1
kill -KILL "$(supervisor_ plain)"
retry_until_ 60 no_process_with_env_ MPUTILS_NAME=daemonic || fail=1
# All of it: some may just begin.
all_there_ ()
{
  pkill-tree --dry-run plain > out && test $(wc -l < out) = 5
}
retry_until_ 60 all_there_ || { cat out; fail=1; }
pkill-tree -s KILL -t 60 plain || fail=1
no_leftovers_ 60 || fail=1
pjoin --keep plain daemonic 2> err && fail=1

# Without its guard, a process ends, too, and as it was told to.
for how in spawn fork; do
  start_ c-$how -D --owner=$owner --start-method=$how -k .1
  kill -KILL "$(guard_ c-$how)"
  ended_ c-$how || fail=1
  no_leftovers_ 60 || { warn_ "$how"; fail=1; }
  # By SIGTERM or, on a busy machine, SIGKILL.
  pjoin c-$how 2> err
  status=$?
  test $status = 143 || test $status = 137 || { cat err; fail=1; }
done

# A fork server has other processes, and goes on.
start_ d -D --owner=$owner --start-method=forkserver
kill -KILL "$(guard_ d)"
retry_until_ 60 process_gone_ "$(guard_ d)" || fail=1
start_ e --start-method=forkserver
test "$(supervisor_ d)" = "$(supervisor_ e)" || fail=1
pkill-tree -s KILL -t 60 d e || fail=1
end_server_of_ e || fail=1
returns_ 137 pjoin d e || fail=1

# A guard ends with what it guards.
start_ f -D --owner=$owner
pkill-tree -s KILL -t 60 f || fail=1
ended_ f || fail=1
retry_until_ 60 process_gone_ "$(guard_ f)" || { warn_ 'it stays'; fail=1; }

kill $owner
no_leftovers_ 60 || fail=1

Exit $fail
