#!/bin/sh
# Each start cleans the records, but not all the time.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# start_ [OPTION]...
# Start something, and join it.
start_ () { pspawn_ -q -N passing "$@" true && pjoin passing || fail=1; }

# others_ NAME...
# Succeed if the names outside any scope are those.
others_ ()
{
  printf '%s\n' "$@" | sort > exp
  ls records/none | sort > out
  compare exp out
}

for how in $(pspawn --list-start-methods); do
  # What ended, what runs, and what is from before the machine was started.
  rm -rf records
  for name in ended old; do
    pspawn_ -q -N $name true && ended_ $name || fail=1
  done
  pspawn_ -q -N runs --start-method=$how sleep 1000 || fail=1
  # The last cleaning shall have been just now.
  rm -f records/.cleaned
  start_ --start-method=$how
  sed 's/^boot .*/boot another/' records/none/old/start > start
  cat start > records/none/old/start

  # Once a minute is enough.
  MPUTILS_KEEP=0 start_ --start-method=$how
  others_ ended old runs || { warn_ "$how: not yet"; fail=1; }
  rm records/.cleaned || fail=1
  start_ --start-method=$how
  others_ ended runs || { warn_ "$how: old"; fail=1; }
  # A clock that has stepped is no matter: this is by one that does not.
  touch -d '2100-01-01' records/.cleaned || framework_failure_
  MPUTILS_KEEP=0 start_ --start-method=$how
  others_ runs || { warn_ "$how: ended"; fail=1; }

  # Of a killed supervisor: never while the process runs, whose end is seen at
  # the next cleaning and forgotten at a later one.
  kill -KILL "$(supervisor_ runs)" || fail=1
  rm records/.cleaned
  MPUTILS_KEEP=0 start_ --start-method=$how
  others_ runs || { warn_ "$how: runs"; fail=1; }
  kill "$(record_says_ runs handle | sed 's/:.*//')" || fail=1
  gone_ () { process_gone_ "$(record_says_ runs handle | sed 's/:.*//')"; }
  retry_until_ 60 gone_ || fail=1
  for n in 1 2; do
    rm records/.cleaned
    MPUTILS_KEEP=0 start_ --start-method=$how
  done
  test ! -e records/none/runs || { warn_ "$how: killed"; fail=1; }
done

# Of a scope whose keeper was killed, with its guard, nothing stays.
rm -rf records
env "$mark_" pspawn --scope sh -c '
  pspawn -q -N in-ended true; pspawn -q -N in-runs sleep 1000
  : > ready; exec sleep 1000' &
guard=$!
retry_until_ 60 test -e ready || fail=1
scope=$(ls records | grep :) || fail=1
test -n "$scope" || fail=1
retry_until_ 60 test -e records/$scope/in-ended/status || fail=1
kill -STOP $guard
kill -KILL "${scope%%:*}" $guard
wait $guard
retry_until_ 60 process_gone_ "${scope%%:*}" || fail=1
kill_leftovers_
start_
rm -f records/.cleaned
start_
test ! -e records/$scope || { ls -lA records/$scope; fail=1; }

# No umask keeps the user out of his own records.
require_user_
rm -rf records
for how in $(pspawn --list-start-methods); do
  run_as_user_ env "$mark_" TMPDIR="$PWD" MPUTILS_DIR= HOW=$how sh -c '
    umask 0777
    for i in 1 2; do
      pspawn -q -N n$i --start-method=$HOW --on-exit="umask >&3" sh -c "
        umask; echo err >&2; exit $i" 3> /dev/null || exit 1
    done
    pjoin n1; echo $?
    pjoin --list --report=%n
    pjoin n2; echo $?
    pspawn --scope sh -c "umask; pspawn -q true; pjoin -A"' > out 2> err \
    || fail=1
  printf '%s\n' 0777 1 n2 0777 2 0777 > exp
  compare exp out || { warn_ "$how"; fail=1; }
  printf 'err\nerr\n' > exp
  compare exp err || { warn_ "$how"; fail=1; }
done
no_leftovers_ 60 || fail=1

# Who cleans sees a record before its process is started, and looks for its
# maker when that has started it and gone.
if ! grep __asan_init "$abs_builddir/src/pspawn" > /dev/null \
   && strace -f -qq -o /dev/null -e inject=vfork:delay_enter=1 true \
        2> /dev/null; then
  rm -rf records
  mkdir -m 700 records && touch records/.cleaned || framework_failure_
  strace -f -qq -o trace.a -e trace=vfork \
    -e inject=vfork:delay_enter=1000000 \
    env "$mark_" pspawn -q -N a true &
  pid=$!
  retry_until_ 60 test -e records/none/a || fail=1
  rm -f records/.cleaned
  strace -f -qq -o trace.b -e trace=readlinkat \
    -e inject=readlinkat:delay_enter=1500000 \
    env "$mark_" pspawn -q -N b true || fail=1
  wait $pid || fail=1
  pjoin -q a b || fail=1
  no_leftovers_ 60 || fail=1
fi

Exit $fail
