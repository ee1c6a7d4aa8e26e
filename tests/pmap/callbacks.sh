#!/bin/sh
# Callbacks: one at a time, in order, with all of the output.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
await=$abs_srcdir/tests/await; export await

for mode in 'sh -c' -c; do
  set x $mode
  shift
  case $mode in -c) last=;; *) last=_;; esac

  # Success, failure, both, neither.
  task='echo out $1; echo err $1 >&2; exit $(($1 % 3))'
  seq 6 | returns_ 123 pmap -P3 --callback='echo "ok $1 $2 $(cat)"' \
    --error-callback='echo "no $1 $2 $(cat)"' "$@" "$task" $last \
    > out 2> err || fail=1
  cat > exp <<'END'
no 1 1 out 1
no 2 2 out 2
ok 3 0 out 3
no 4 1 out 4
no 5 2 out 5
ok 6 0 out 6
END
  compare exp out || fail=1
  seq 6 | sed 's/^/err /' > exp
  grep '^err' err > err2
  compare exp err2 || fail=1
  seq 6 | returns_ 123 pmap -P3 --callback='echo "ok $1 $2 $(cat)"' \
    "$@" "$task" $last > out 2> /dev/null || fail=1
  printf '%s\n' 'out 1' 'out 2' 'ok 3 0 out 3' 'out 4' 'out 5' 'ok 6 0 out 6' \
    > exp
  compare exp out || fail=1

  # One at a time, though many tasks have ended.
  : > log
  seq 20 | pmap -P4 --callback='echo begin >> log; cat; sleep .01
    echo end >> log' "$@" 'echo $1' $last > out || fail=1
  seq 20 > exp
  compare exp out || fail=1
  for i in $(seq 20); do echo begin; echo end; done > exp
  compare exp log || fail=1

  # Tasks go on meanwhile: the first callback waits for the last task.
  rm -f last
  seq 8 | pmap -P2 --callback='test $1 != 1 || sh "$await" test -e last; cat' \
    "$@" 'echo $1; test $1 != 8 || : > last' $last > out || fail=1
  seq 8 > exp
  compare exp out || fail=1

  # Large outputs, byte for byte; those that are not read; large ones without
  # a callback.
  pmap -P3 --callback='cksum' "$@" \
    'head -c "$1" /dev/zero | tr "\0" "\036"' $last \
    ::: 0 1 65536 10000000 30000000 > out || fail=1
  for n in 0 1 65536 10000000 30000000; do
    head -c $n /dev/zero | tr '\0' '\036' | cksum
  done > exp
  compare exp out || fail=1
  pmap -P3 --callback=: "$@" 'head -c "$1" /dev/zero' $last \
    ::: 10 10000000 > out || fail=1
  test ! -s out || fail=1
  pmap -P2 --error-callback=: "$@" 'head -c "$1" /dev/zero' $last \
    ::: 20000000 5 20000000 | wc -c > out || fail=1
  test "$(cat out)" -eq 40000005 || fail=1

  # One that fails fails its item.
  seq 4 | returns_ 123 pmap --callback='exit $(($1 == 2))' "$@" 'echo $1' \
    $last 2> err || fail=1
  grep 'callback for item .2.: exit status 1' err || fail=1
  grep '1 of 4 tasks failed' err || fail=1

  # Whatever has ended the task.
  returns_ 123 pmap -P1 --error-callback='echo "$2"' "$@" 'eval "$1"' $last \
    ::: 'kill -9 $$' 'exit 200' > out 2> err || fail=1
  printf '%s\n' 137 200 > exp
  compare exp out || fail=1
  returns_ 123 pmap -P1 --error-callback='echo "$2"' -t .1 "$@" 'eval "$1"' \
    $last ::: 'sleep 1000' > out 2> err || fail=1
  echo 124 > exp
  compare exp out || fail=1

  # The items may be anything.
  printf '%s\0' "a'b" '$(id)' 'x
y' | pmap -0 --callback='printf "<%s>\n" "$1"' "$@" : $last > out || fail=1
  printf '<%s>\n' "a'b" '$(id)' 'x
y' > exp
  compare exp out || fail=1

  # The end of the run ends it.
  rm -f begun
  env "$mark_" pmap --callback=': > begun; sleep 1000 & sleep 1000' "$@" : \
    $last ::: a b & p=$!
  retry_until_ 30 test -e begun || fail=1
  kill $p
  wait $p
  test $? = 143 || fail=1
  no_leftovers_ 30 || fail=1
done

# Nobody reads any more: the run ends.
yes | { pmap --callback=cat echo; echo $? > status; } | head -n 1 > out
test "$(cat status)" = 141 || { cat status; fail=1; }

# A full disk, as far as that can be had: no file can be made.
returns_ 123 env TMPDIR=/nonexistent pmap -P1 --callback='wc -c' \
  head -c 20000000 /dev/zero ::: /dev/null > out 2> err || fail=1
test ! -s out || fail=1
grep 'cannot pass on the output of item' err || fail=1

for o in --tag --line-buffered --ungrouped --chunksize=2; do
  for c in --callback --error-callback; do
    returns_ 125 pmap $o $c=: true ::: a 2> err || fail=1
    grep 'exclude each other' err || fail=1
  done
done

Exit $fail
