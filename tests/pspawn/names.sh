#!/bin/sh
# Names are unique, whoever is faster.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# Fifty at a time get fifty names, by all methods.
for how in $(pspawn --list-start-methods); do
  rm -rf records
  pids=
  i=0
  while test $i -lt 50; do
    pspawn_ --start-method=$how --print=name true > n.$i &
    pids="$pids $!"
    i=$((i + 1))
  done
  for pid in $pids; do
    wait $pid || fail=1
  done
  cat n.* | sort > names
  seq 50 | sed 's/^/Process-/' | sort > exp
  compare exp names || { warn_ "$how"; fail=1; }
  for name in $(cat names); do
    ended_ $name || fail=1
  done
  test "$how" != forkserver || end_server_of_ Process-1 || fail=1

  # Of fifty that want the same, one gets it.
  pids=
  i=0
  while test $i -lt 50; do
    pspawn_ -N one --start-method=$how --print=name true > n.$i 2> e.$i &
    pids="$pids $!"
    i=$((i + 1))
  done
  n=0
  for pid in $pids; do
    wait $pid
    case $? in
      0) n=$((n + 1)) ;;
      125) ;;
      *) fail=1 ;;
    esac
  done
  test $n = 1 || { warn_ "$n have got the name"; fail=1; }
  cat e.* | sort | uniq -c | sed 's/^ *//' > err
  echo "49 pspawn: the name 'one' is taken; pjoin frees it" > exp
  compare exp err || fail=1
  ended_ one || fail=1
  test "$how" != forkserver || end_server_of_ one || fail=1
done

# Also when all have seen the same ones before any takes its own.
if ! grep __asan_init "$abs_builddir/src/pspawn" > /dev/null \
   && strace -qq -o /dev/null -e inject=getdents64:delay_exit=1 true \
        2> /dev/null; then
  rm -rf records
  pspawn_ -q -N first true || fail=1
  pids=
  for i in 1 2 3 4 5 6 7 8; do
    strace -qq -o trace.$i -e trace=getdents64 \
      -e inject=getdents64:delay_exit=200000 \
      env "$mark_" pspawn --print=name true > n.$i &
    pids="$pids $!"
  done
  for pid in $pids; do
    wait $pid || fail=1
  done
  cat n.[1-8] | sort > names
  seq 8 | sed 's/^/Process-/' > exp
  compare exp names || fail=1
fi

# The numbers go on after the highest.
pspawn_ -q -N Process-70 true || fail=1
test "$(pspawn_ --print=name true)" = Process-71 || fail=1
rm -rf records/none/Process-70
test "$(pspawn_ --print=name true)" = Process-72 || fail=1
# What only looks like one does not count.
for name in Process- Process-x Process-80x Process--90 process-100; do
  pspawn_ -q -N $name true || fail=1
done
test "$(pspawn_ --print=name true)" = Process-73 || fail=1

# Names are byte strings.
for name in ' ' '*' "a'b" 'a b' '~' '%s' claim handle status 1a "$(printf \
    '\303\251\377')" "$(printf '%0200d' 0 | tr 0 x)"; do
  pspawn_ -N "$name" --print=name sh -c 'printf "%s\n" "$MPUTILS_NAME"' \
    > out || fail=1
  printf '%s\n' "$name" > exp
  compare exp out || fail=1
  retry_until_ 60 test -s "records/none/$name/out.0" || fail=1
  cmp exp "records/none/$name/out.0" || fail=1
done

# A scope has names of its own.
pspawn_ -q -N same true || fail=1
pspawn_ --scope sh -c 'pspawn -N same --print=name true
  pspawn --print=name true; pspawn --scope pspawn --print=name true' > out \
  || fail=1
printf '%s\n' same Process-1 Process-1 > exp
compare exp out || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
