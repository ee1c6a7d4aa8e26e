#!/bin/sh
# Time limits, and what is run at the end.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

for how in $(pspawn --list-start-methods); do
  # SIGTERM when the time is over; the record tells.
  pspawn_ -q --start-method=$how -N t1-$how -t .1 sleep 1000 || fail=1
  ended_ t1-$how || fail=1
  test "$(record_says_ t1-$how status)" = 15 || fail=1
  test "$(record_says_ t1-$how timed-out)" = 1 || fail=1

  # Another signal.
  another_ ()
  {
    rm -rf ready records/none/t2-$how
    pspawn_ -q --start-method=$how -N t2-$how -t $1 -s INT -k 60 sh -c '
      trap "echo int; exit 3" INT; : > ready; while :; do sleep .05; done' \
      && ended_ t2-$how 120 || fail=1
    test -e ready
  }
  with_more_time_ another_ || fail=1
  test "$(record_says_ t2-$how status)" = $((3 * 256)) || fail=1
  echo int > exp
  compare exp records/none/t2-$how/out.0 || fail=1

  # SIGKILL later, to the whole tree.
  kill_later_ ()
  {
    rm -rf ready records/none/t3-$how
    pspawn_ -q --start-method=$how -N t3-$how -t $1 -k .1 sh -c '
      trap "" TERM
      setsid sleep 1000 &
      sleep 1000 &
      : > ready
      while :; do sleep 1000; done' && ended_ t3-$how 120 || fail=1
    test -e ready
  }
  with_more_time_ kill_later_ || fail=1
  test "$(record_says_ t3-$how status)" = 9 || fail=1
  # At once if that is the signal.
  pspawn_ -q --start-method=$how -N t4-$how -t .1 -s KILL -k 1d sleep 1000 \
    || fail=1
  ended_ t4-$how || fail=1
  test "$(record_says_ t4-$how status)" = 9 || fail=1

  # What ends in time has nothing to fear.
  pspawn_ -q --start-method=$how -N t5-$how -t 1d sh -c 'exit 7' || fail=1
  ended_ t5-$how || fail=1
  test "$(record_says_ t5-$how status)" = $((7 * 256)) || fail=1
  test "$(record_says_ t5-$how timed-out)" = 0 || fail=1
  test "$how" != forkserver || end_server_ || fail=1
  no_leftovers_ 60 || { warn_ "$how"; fail=1; }
done

# The script finds the status, the names and the folder, whatever the end was;
# the process has ended for others only afterwards.
cat > callback <<'END2'
test -e records/none/$MPUTILS_NAME/status && echo too early >> said
echo "$MPUTILS_NAME $MPUTILS_STATUS $MPUTILS_HANDLE" >> said
echo this is lost
echo and this >&2
cat
END2
: > exp
for how in $(pspawn --list-start-methods); do
  n=0
  for end in 'exit 0' 'exit 200' 'kill -USR1 $$' 'kill -KILL $$'; do
    n=$((n + 1))
    h=$(pspawn_ --start-method=$how -N c$n-$how --on-exit='. ./callback' \
      sh -c "$end") || fail=1
    set 0 200 138 137
    shift $((n - 1))
    ended_ c$n-$how || fail=1
    echo "c$n-$how $1 $h" >> exp
    ls records/none/c$n-$how | grep -E '^(out|err)' && fail=1
  done
done
compare exp said || fail=1

# It is no part of the process: not bound by its time, nor ended with its
# tree.
for how in $(pspawn --list-start-methods); do
  pspawn_ -q --start-method=$how -N s-$how -t .1 -k .2 --on-exit='
      sh "$abs_srcdir/tests/await" test -e go
      echo "$MPUTILS_STATUS" > told-$MPUTILS_NAME' \
    sh -c '(trap "" TERM; exec sleep 1000) & exec sleep 1000' || fail=1
done
no_orphan_ ()
{
  for pid in $(processes_with_env_ "$mark_"); do
    tr '\0' ' ' < "/proc/$pid/cmdline" | grep '^sleep 1000 $' && return 1
  done 2> /dev/null > sleeps
  return 0
}
retry_until_ 60 no_orphan_ || { warn_ 'an orphan is left'; fail=1; }
: > go
for how in $(pspawn --list-start-methods); do
  ended_ s-$how || fail=1
  echo 143 > exp
  compare exp told-s-$how || fail=1
done

# One that fails does no harm, nor one that cannot be run.
pspawn_ -q -N f1 --on-exit='exit 9' sh -c 'exit 4' || fail=1
ended_ f1 || fail=1
test "$(record_says_ f1 status)" = $((4 * 256)) || fail=1
cat > later <<'END2'
MPUTILS_DIR=$PWD/later-records
export MPUTILS_DIR
top=$PWD
mkdir later-in && cd later-in || exit
env "$1" pspawn -q -N f2 --on-exit=: sh ../await test -e "$top/later-go" || exit
# The script's folder.
chmod 0 "$top/later-in" && : > "$top/later-go"
exec pjoin f2
END2
if have_user_; then
  cp "$abs_srcdir/tests/await" await || framework_failure_
  returns_ 125 run_as_user_ sh later "$mark_" 2> err || fail=1
  echo "pjoin: 'f2': its --on-exit script could not be run: Permission denied" \
    > exp
  compare exp err || fail=1
fi
end_server_ || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
