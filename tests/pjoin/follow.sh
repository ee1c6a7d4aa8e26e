#!/bin/sh
# pjoin --follow writes output as it is produced, each byte once.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await

# It comes before the end, and the rest with the end.
env "$mark_" pspawn -q -N live sh -c '
  echo 1; echo e1 >&2; sh "$0" test -e go-1; echo 2; sh "$0" test -e go-2
  echo 3; echo e3 >&2; exit 4' "$await_" || fail=1
env "$mark_" pjoin -f live > out 2> err & j=$!
retry_until_ 60 grep 1 out > /dev/null || fail=1
retry_until_ 60 grep e1 err > /dev/null || fail=1
: > go-1
retry_until_ 60 grep 2 out > /dev/null || fail=1
kill -0 $j || fail=1
: > go-2
wait $j
test $? = 4 || fail=1
seq 3 > exp
compare exp out || fail=1
printf '%s\n' e1 e3 > exp
compare exp err || fail=1
returns_ 1 pjoin live 2> /dev/null || fail=1

# The beginning of a line that stays one is written, too.
env "$mark_" pspawn -q -N dots sh -c 'printf ..; sh "$0" test -e go-dots
  echo .' "$await_" || fail=1
env "$mark_" pjoin -f dots > out & j=$!
retry_until_ 60 test -s out || fail=1
kill -0 $j || fail=1
: > go-dots
wait $j || fail=1
test "$(cat out)" = ... || fail=1

# Both streams and several processes, into one file and into one pipe that is
# full at first: no line is lost, doubled or broken.
for to in file pipe; do
  for i in 1 2 3 4; do
    env "$mark_" pspawn -q -N w$i sh -c '
      i=0
      while test $i -lt 2000; do
        i=$((i + 1)); echo $0 out $i; echo $0 err $i >&2
      done' $i || fail=1
  done
  rm -f full
  case $to in
    file) pjoin -f w1 w2 w3 w4 > out 2>&1 || fail=1;;
    pipe)
      mkfifo full || framework_failure_
      { pjoin --keep -f w1 w2 w3 w4; echo $? > status; } > full 2>&1 &
      exec 7< full
      # Those that nobody reads yet have ended when they have written all.
      for i in 1 2 3 4; do
        retry_until_ 60 pjoin --poll w$i || fail=1
      done
      cat <&7 > out
      exec 7<&-
      wait
      test "$(cat status)" = 0 || fail=1
      pjoin -q w1 w2 w3 w4 || fail=1;;
  esac
  for i in 1 2 3 4; do
    for s in out err; do
      seq 2000 > exp
      sed -n "s/^$i $s //p" out > got
      compare exp got || fail=1
    done
  done
  test $(wc -l < out) = 16000 || fail=1
done

# What it has kept before counts, too, and a slow reader loses nothing.
seq 200000 > data
env "$mark_" pspawn -q -N big sh -c 'cat data; sh "$0" test -e go-big' \
  "$await_" || fail=1
{ pjoin -f big; echo $? > status; } \
  | { retry_until_ 60 grep 0 data > /dev/null; : > go-big; cat; } > out
compare data out || fail=1
test "$(cat status)" = 0 || fail=1

# Time runs out: it stays as it was, and another pjoin has all of it.
env "$mark_" pspawn -q -N late sh -c 'echo a; sh "$0" test -e go-late; echo b' \
  "$await_" || fail=1
pjoin --keep -f -t .01 late > out
test $? = 124 || fail=1
: > go-late
printf '%s\n' a b > exp
pjoin -f --keep late > out || fail=1
compare exp out || fail=1
pjoin late > out || fail=1
compare exp out || fail=1

# Not all of several: those that are left are kept.
env "$mark_" pspawn -q -N first echo first || fail=1
env "$mark_" pspawn -q -N second sh -c 'sh "$0" test -e go-s; echo second' \
  "$await_" || fail=1
pjoin -f --any first second > out || fail=1
echo first > exp
compare exp out || fail=1
: > go-s
pjoin -f second > out || fail=1
echo second > exp
compare exp out || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
