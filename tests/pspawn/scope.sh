#!/bin/sh
# A scope ends with everything that was started in it.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

scope_ () { timeout 300 env "$mark_" pspawn --scope "$@"; }

# clean_ WHAT
# Succeed if nothing is left of any scope, now.
clean_ ()
{
  no_leftovers_ 0 || { warn_ "left: $1"; fail=1; }
  ls records > left
  printf 'handle\n' > exp
  compare exp left || { warn_ "records left: $1"; fail=1; }
  ls records/handle > left
  compare /dev/null left || { warn_ "links left: $1"; fail=1; }
}

# Plain ones are joined, daemonic ones ended, and so is the rest.
cat > main <<'END2'
pspawn -q -D sleep 1000
pspawn -q sh -c 'sh "$abs_srcdir/tests/await" test -e go; : > plain-done'
pspawn -q sh -c 'sleep 1000 & : > go; : > plain-done2'
setsid sleep 1000 &
(trap '' TERM; sleep 1000 & exec sleep 1000) &
pspawn -q sh -c '(setsid sleep 1000 &)'
END2
scope_ -k .2 sh main || fail=1
test -e plain-done && test -e plain-done2 || fail=1
clean_ 'the first'

# That takes no longer than the plain ones do: the issue's example.  What
# would wait for the daemonic one would take a hundred seconds.
scope_ sh -c 'pspawn -q -D sleep 1000
  pspawn -q sh -c "sleep 1; : > done"' || fail=1
test -e 'done' || fail=1
clean_ 'one second'

# With the other methods.
for how in fork forkserver; do
  rm -f go plain-done plain-done2
  MPUTILS_START_METHOD=$how scope_ -k .2 sh main || fail=1
  test -e plain-done && test -e plain-done2 || fail=1
  clean_ "$how"
done

# One that a plain one starts late is waited for, too.
cat > grandchild <<'END2'
sh "$abs_srcdir/tests/await" test -s "$MPUTILS_DIR/$MPUTILS_SCOPE/plain/status"
: > late
END2
scope_ sh -c 'pspawn -q -N plain sh -c "
  sh $abs_srcdir/tests/await test -e main-ends
  pspawn -q sh grandchild"
  : > main-ends' || fail=1
test -e late || fail=1
clean_ late

# --terminate waits for none.
rm -f plain-done
scope_ --terminate -k .2 sh -c '
  pspawn -q sh -c "trap \"\" TERM; sleep 1000; sleep 1000"
  pspawn -q sleep 1000; setsid sleep 1000 & exit 3'
test $? = 3 || fail=1
clean_ '--terminate'

# The exit status is that of the main process.
returns_ 0 scope_ true || fail=1
returns_ 7 scope_ sh -c 'exit 7' || fail=1
returns_ 255 scope_ sh -c 'pspawn -q sh -c "exit 3"; exit 255' || fail=1
returns_ 143 scope_ sh -c 'kill $$' || fail=1
returns_ 137 scope_ sh -c 'kill -KILL $$' || fail=1
clean_ statuses

# Its streams are ours.
echo in | scope_ sh -c 'cat; echo err >&2' > out 2> err || fail=1
echo in > exp
compare exp out || fail=1
echo err > exp
compare exp err || fail=1
echo in > in || framework_failure_
scope_ -i in -o out -e err sh -c 'cat; echo err >&2' || fail=1
compare in out || fail=1
compare exp err || fail=1

cat > ender <<'END2'
trap ': > ender-done; exit' TERM
: > ender-up
while :; do sleep .05; done
END2
# Nested: what an inner one has started ends with that, not later and not
# earlier.
scope_ sh -c '
  pspawn -q -N outer sh -c "
    sh $abs_srcdir/tests/await test -e inner-ended; : > outer-done"
  pspawn --scope -k 60 sh -c "pspawn -q -D -k 60 sh ender; pspawn -q sh -c :
    sh $abs_srcdir/tests/await test -e ender-up"
  test -e ender-done && : > inner-ended' || fail=1
test -e outer-done || fail=1
clean_ nested

# A time limit.
returns_ 124 scope_ -t .2 -k .2 sh -c 'trap "" TERM; pspawn -q sleep 1000
  while :; do sleep 1000; done' || fail=1
clean_ 'the time limit'
returns_ 124 scope_ -t .5 sh -c 'pspawn -q sleep 1000' || fail=1
clean_ 'the time limit while joining'

# Signals end all, with the status of a shell; while the main process runs
# and while plain ones are waited for.
for sig in INT:130 TERM:143 HUP:129; do
  for end in 'sleep 1000' ':'; do
    rm -f started
    # The shell starts what is in the background with SIGINT ignored.
    default=
    if test $sig = INT:130; then
      default=--default-signal=INT
      env $default true 2> /dev/null || continue
    fi
    env $default "$mark_" pspawn --scope -k .2 sh -c "pspawn -q sleep 1000
        pspawn -q -D sleep 1000
        setsid sleep 1000 & : > started; $end" &
    pid=$!
    retry_until_ 60 test -e started || fail=1
    kill -${sig%:*} $pid
    wait $pid
    test $? = ${sig#*:} || { warn_ "$sig, $end: status"; fail=1; }
    clean_ "$sig, $end"
  done
done

# What is ignored stays so.
(
  trap '' TERM HUP
  exec env "$mark_" pspawn --scope \
    sh -c ': > up; sh "$abs_srcdir/tests/await" test -e go2; exit 5'
) &
pid=$!
retry_until_ 60 test -e up || fail=1
kill $pid
kill -HUP $pid
: > go2
wait $pid
test $? = 5 || fail=1
clean_ ignored

# SIGKILL of the keeper, of its guard, and of both: nothing stays.
for who in guard keeper group; do
  rm -f started
  setsid env "$mark_" pspawn --scope -k .2 sh -c '
    pspawn -q sleep 1000
    pspawn -q -D sleep 1000
    setsid sh -c "trap \"\" TERM; sleep 1000; sleep 1000" &
    : > started; sleep 1000' 2> err &
  pid=$!
  retry_until_ 60 test -e started || fail=1
  case $who in
    guard)  kill -KILL $pid ;;
    keeper) kill -KILL $(children_of_ $pid) ;;
    group)  kill -KILL -$pid ;;
  esac
  wait $pid
  test $? = 137 || fail=1
  no_leftovers_ 60 || { warn_ "left after SIGKILL of the $who"; fail=1; }
  test $who = keeper && echo 'pspawn: the scope was ended by signal 9' > exp \
    && { compare exp err || fail=1; }
done

# A script without a terminal that leads its session, as in a build or a job of
# cron, gets no SIGHUP from the kernel at the end of a scope because something
# in its process group has stopped.
setsid env "$mark_" abs_srcdir="$abs_srcdir" sh -c '
  sleep 1000 & pid=$!
  kill -STOP $pid
  sh "$abs_srcdir/tests/await" grep "^State:.T" /proc/$pid/status > /dev/null
  pspawn --scope sh -c "exit 3"
  echo $? > status
  kill -KILL $pid' &
wait $!
echo 3 > exp
compare exp status || fail=1
no_leftovers_ 60 || fail=1

# Nobody's scope: the variable of one that has ended.
h=$(scope_ sh -c 'echo "$MPUTILS_SCOPE"') || fail=1
MPUTILS_SCOPE=$h pspawn_ -q true || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
