#!/bin/sh
# A supervisor is small, silent and out of the way.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# Nothing of it holds a pipe: the handle comes at once, also where the output
# of pspawn is read to its end.
for how in $(pspawn --list-start-methods); do
  h=$(timeout 300 env "$mark_" pspawn --start-method=$how -N p-$how \
      sh "$abs_srcdir/tests/await" test -e go) || fail=1
  test "$h" = "$(record_says_ p-$how handle)" || fail=1
  timeout 300 env "$mark_" pspawn -q --start-method=$how -N q-$how \
    sh "$abs_srcdir/tests/await" test -e go 2>&1 | cat > out || fail=1
  compare /dev/null out || fail=1
done
for name in p-spawn p-fork p-forkserver; do
  test ! -e records/none/$name/status || fail=1
done

# It has a session of its own, no terminal, the root folder.
for how in spawn forkserver; do
  pid=$(supervisor_ p-$how)
  sed 's/ (.*) / (x) /' /proc/$pid/stat | cut -d' ' -f1,6,7 > out
  echo "$pid $pid 0" > exp
  compare exp out || fail=1
  test "$(readlink /proc/$pid/cwd)" = / || fail=1
  ls -l /proc/$pid/fd | grep -F "$PWD" | grep -v 'records$' && fail=1
done

# Waiting, it needs little memory of its own, and makes no system call.
if ! grep __asan_init "$abs_builddir/src/pspawn" > /dev/null; then
  for how in spawn forkserver; do
    kib=$(awk '/^Private_/ { n += $2 } END { print n + 0 }' \
          /proc/$(supervisor_ p-$how)/smaps_rollup 2> /dev/null)
    test "${kib:-0}" -lt 300 || { warn_ "$how: $kib KiB"; fail=1; }
  done
fi
if strace -qe trace=execve true > /dev/null 2>&1; then
  for how in spawn fork forkserver; do
    pid=$(supervisor_ p-$how)
    : > trace
    strace -q -o trace -p $pid &
    tracer=$!
    # The call that it waits in is told when strace comes.
    retry_until_ 60 grep "^TracerPid:.$tracer\$" /proc/$pid/status \
      > /dev/null || { warn_ "$how: cannot be traced"; fail=1; }
    becomes_silent_ trace || { warn_ "$how"; tail trace; fail=1; }
    kill $tracer
    wait $tracer
    test -s trace || { warn_ "$how: nothing was traced"; fail=1; }
  done
fi
: > go
for name in p-spawn p-fork p-forkserver q-spawn q-fork q-forkserver; do
  ended_ $name || fail=1
  test "$(record_says_ $name status)" = 0 || fail=1
done

# It ends with the process, but not before the orphans of that.
pspawn_ -q -N orphan sh -c '(sh "$abs_srcdir/tests/await" test -e go2) &
  exit 3' || fail=1
ended_ orphan || fail=1
process_gone_ "$(supervisor_ orphan)" && fail=1
: > go2
retry_until_ 60 process_gone_ "$(supervisor_ orphan)" || fail=1

# The shell that has started it, with all its group and session, is no matter.
if setsid true; then
  setsid sh -c "env '$mark_' pspawn -q -N s \
    sh '$abs_srcdir/tests/await' test -e go3; : > started
    sleep 1000" &
  pid=$!
  retry_until_ 60 test -e started || fail=1
  kill -HUP -$pid
  kill -KILL -$pid
  wait $pid
  process_gone_ "$(supervisor_ s)" && fail=1
  : > go3
  ended_ s || fail=1
  test "$(record_says_ s status)" = 0 || fail=1
fi

# What the process used is in the record.
# How much it has used is told by the shell itself: the kernel may count so
# coarsely that a little is nothing.
pspawn_ -q -N used sh -c 'until times > t; read -r u s < t
  case $u in 0m0.0*) false;; esac; do :; done' || fail=1
ended_ used || fail=1
test "$(record_says_ used user)" -gt 0 || fail=1
test "$(record_says_ used peak)" -gt 0 || fail=1
pspawn_ -q -N command sh -c ': $0 "$((0+1))"' || fail=1
test "$(record_says_ command command)" = "sh -c ': \$0 \"\$((0+1))\"'" \
  || fail=1
end_server_ || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
