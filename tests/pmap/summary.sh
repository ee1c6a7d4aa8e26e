#!/bin/sh
# --summary tells the figures of a run, true and in columns.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
LC_ALL=C
export LC_ALL

# value_ LABEL
# Print the number behind LABEL in err.
value_ () { sed -n "s/^$1  *\([0-9.]*\).*/\1/p" err; }

# near_ LABEL LEAST MOST
# Succeed if the number behind LABEL is between these.
near_ ()
{
  awk -v x="$(value_ "$1")" -v a="$2" -v b="$3" \
    'BEGIN { exit !(x != "" && a <= x && x <= b) }' \
    || { warn_ "$1 is $(value_ "$1")"; cat err; fail=1; }
}

# One second of a task and seven times nothing, two at a time.
pmap -P2 --summary sh -c 'sleep $1; echo $1' _ ::: 1 0 0 0 0 0 0 0 \
  > out 2> err || fail=1
near_ tasks 8 8
grep -x 'tasks  *8' err || fail=1
near_ time 1 30
near_ CPU 0 30
near_ speed-up .5 2.01
near_ efficiency 25 101
grep 'efficiency .* %  of 2 at a time$' err || fail=1
# It may have begun a moment before that was noted.
near_ slowest .5 30
grep "^slowest .* '1'\$" err || fail=1
test "$(grep -c "^   .* s  '0'\$" err)" = 4 || fail=1
# The output of the second has waited for the first to end.
near_ 'longest wait' .5 30
grep "^longest wait .* '0'\$" err || fail=1

# Two at the same time are faster.
cp err err-1
pmap -P2 --summary sleep ::: 2 2 2> err || fail=1
near_ speed-up 1.05 2.01
mv err-1 err

# The speed-up is times by time, and the efficiency that by P.
awk '$1 == "time" { wall = $2 }
     $1 == "speed-up" { up = $2 }
     $1 == "efficiency" { part = $2 }
     END { exit !(wall > 0 && up / 2 * 100 - 1 < part \
                  && part < up / 2 * 100 + 1) }' err || { cat err; fail=1; }

# Time on the CPU counts, of workers as well.
for mode in 'sh -c' -c; do
  name=_
  test "$mode" != -c || name=
  pmap -P2 --summary $mode 'i=0; while test $i -lt 100000; do i=$((i + 1)); done
    ' $name ::: 1 2 2> err || fail=1
  near_ CPU .02 300
done

# Failures of each kind.
printf '%s\n' a b c > in
printf 'x\000\n' >> in
returns_ 123 pmap -P1 --summary --retries=2 --retry-delay=0 sh -c '
  case $1 in a) exit 2 ;; b) kill -KILL $$ ;; esac' _ < in 2> err || fail=1
grep -x 'tasks  *4    3 failed, 1 not run, 2 tried again' err || fail=1
near_ attempts 5 5
grep "'a' (exit 2)\$" err || fail=1
grep "'b' (signal KILL)\$" err || fail=1
# The message about failures is the last.
tail -n 1 err | grep '3 of 4 tasks failed' || fail=1

# Without tasks.
pmap --summary true < /dev/null 2> err || fail=1
near_ tasks 0 0
near_ speed-up 0 0
grep slowest err && fail=1

# Items of every kind; columns whatever they are.
printf '%s\n' "it's" 'a	b' '' | pmap -P1 --summary true 2> err || fail=1
awk '/^(time|CPU|slowest|longest)/ || /^ / {
       n++; at = index ($0, " s"); bad += at != last && last; last = at }
     END { exit bad || n < 6 }' err || { cat err; fail=1; }
test "$(wc -l < err)" = 9 || fail=1
LC_ALL=C tr -d '\n' < err | grep '[^ -~]' && fail=1

# Several items, blocks, filters, and failures of callbacks.
pmap -P1 -n 2 --summary true ::: a b 2> err || fail=1
grep "slowest .* 'a b'\$" err || fail=1
seq 10 | pmap -b --summary cat > out 2> err || fail=1
grep 'slowest .* block 1$' err || fail=1
seq 300 > in
pmap -w --summary cat < in > out 2> err || fail=1
compare in out || fail=1
near_ tasks 300 300
returns_ 123 pmap --summary --callback='exit 1' true ::: a b 2> err || fail=1
grep -x 'tasks  *2    2 failed' err || fail=1

# A limit that has changed, or none.
pmap -P0 --summary sleep ::: .2 .2 .2 2> err || fail=1
grep 'of 3 at a time$' err || fail=1

# ^C, and --halt.
env "$mark_" pmap --summary -P2 sh -c ': > started-$1; exec sleep 1000' _ \
  ::: 1 2 3 2> err &
pid=$!
retry_until_ 60 test -e started-1 && retry_until_ 60 test -e started-2
kill -INT $pid
wait $pid
test $? = 130 || fail=1
grep -x 'tasks  *2    2 ended with the run' err || fail=1
near_ slowest 0 300
no_leftovers_ 20 || fail=1
env "$mark_" pmap --summary -P1 --halt=now,fail=1 sh -c 'exit $1' _ ::: 0 1 0 \
  2> err
grep -x 'tasks  *2    1 failed' err || { cat err; fail=1; }

Exit $fail
