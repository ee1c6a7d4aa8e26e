#!/bin/sh
# A scope on a terminal.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_
script -qec true /dev/null > /dev/null 2>&1 < /dev/null \
  || skip_ 'there is no script(1) of util-linux to make a terminal'

# on_terminal_ COMMAND
# Run the shell COMMAND on a terminal, at which standard input is typed.
on_terminal_ () { timeout 300 script -qec "$1" /dev/null > shown; }

# The main process may read it, as if there was no scope.
{
  retry_until_ 60 test -e reading || : > failed
  printf 'typed\n'
  retry_until_ 60 test -s status || : > failed
} | on_terminal_ "env '$mark_' pspawn --scope sh -c '
    : > reading; read -r line < /dev/tty; echo \$line > out; exit 4'
  echo \$? > status"
echo typed > exp
compare exp out || fail=1
echo 4 > exp
compare exp status || fail=1
no_leftovers_ 60 || fail=1

# ^C ends it all.
rm -f status
{
  retry_until_ 60 test -e started || : > failed
  printf '\003'
  retry_until_ 60 test -s status || : > failed
} | on_terminal_ "trap : INT
  env '$mark_' pspawn --scope -k .2 sh -c '
    pspawn -q sleep 1000; : > started; while :; do sleep 1000; done'
  echo \$? > status"
echo 130 > exp
compare exp status || fail=1
no_leftovers_ 60 || fail=1

# The terminal that goes away ends a scope, and nothing that was started
# outside any: that survives its shell, too.
rm -f started
timeout 300 script -qec "env '$mark_' pspawn -q -N survivor \
    sh '$abs_srcdir/tests/await' test -e go
  env '$mark_' pspawn --scope sh -c '
    pspawn -q sleep 1000; : > started; while :; do sleep 1000; done'" \
  /dev/null > shown 2>&1 < /dev/null &
pid=$!
retry_until_ 60 test -e started || fail=1
kill -KILL $(children_of_ $pid) || fail=1
wait $pid
only_survivor_ ()
{
  for pid in $(processes_with_env_ "$mark_"); do
    tr '\0' ' ' < "/proc/$pid/cmdline" | grep '^sleep 1000 $' && return 1
  done 2> /dev/null > sleeps
  return 0
}
retry_until_ 60 only_survivor_ || fail=1
process_gone_ "$(supervisor_ survivor)" && fail=1
: > go
ended_ survivor || fail=1
test "$(record_says_ survivor status)" = 0 || fail=1
test ! -e failed || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
