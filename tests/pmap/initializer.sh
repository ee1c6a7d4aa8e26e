#!/bin/sh
# Initializers of fresh processes and of those that get blocks.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# What it changes is the command's; what it writes is not the task's output; and
# nobody gets the items instead of the command.
mkdir dir
for options in '' '--ungrouped -P1' '-P1 --tag'; do
  seq 3 | pmap $options --initializer='cd dir; X=it; export X; cat; echo said' \
    sh -c 'echo "$PMAP_INDEX $1 $X ${PWD##*/}"' _ > out 2> err || fail=1
  for i in 1 2 3; do
    case $options in *--tag) printf "$i\t" ;; esac
    echo "$i $i it dir"
  done > exp
  compare exp out || fail=1
  test "$(grep -c said err)" = 3 || fail=1
done
seq 5 | pmap -b -n2 --initializer='cat; X=it; export X' \
  sh -c 'echo $X; cat' > out || fail=1
printf '%s\n' it 1 2 it 3 4 it 5 > exp
compare exp out || fail=1

# It cannot change the command by its parameters, and may be empty.
for init in 'set -- x y' '' '# nothing'; do
  for options in '' -w; do
    pmap -P1 $options --initializer="$init" cat ::: /dev/null > out || fail=1
    test "$options" || compare /dev/null out || fail=1
    test -z "$options" || test "$(cat out)" = /dev/null || fail=1
  done
done

# Once a process.
seq 20000 > in
pmap -b1K --round-robin -P2 --initializer='echo once >> times' cat < in > out \
  || fail=1
sort -n out | cmp - in || fail=1
test "$(wc -l < times)" = 2 || fail=1

# Its failure ends the run, and what it has written is shown.
for init in 'echo out; echo err >&2; exit 3' \
  'echo out; echo err >&2; (exit 3)' 'echo out; echo err >&2; return 3' \
  'set -e; echo out; echo err >&2; (exit 3); :'
do
  for options in '' -b1 '-b1 --round-robin'; do
    seq 9 | returns_ 125 pmap -P2 $options --initializer="$init" \
      sh -c ': > ran' > out 2> err || fail=1
    compare /dev/null out || fail=1
    test ! -e ran || fail=1
    grep -x out err || fail=1
    grep -x err err || fail=1
    grep 'cannot prepare the initializer: exit status 3' err || fail=1
  done
done
seq 9 | returns_ 125 pmap --initializer='if' echo > out 2> err || fail=1
compare /dev/null out || fail=1
returns_ 125 pmap --initializer='set -e; (exit 3); :' echo ::: a > out 2> err \
  || fail=1
compare /dev/null out || fail=1
grep 'cannot prepare the initializer: exit status 3' err || fail=1
# Nothing to do is no failure.
for init in '' ' ' '# nothing'; do
  pmap --initializer="$init" echo ::: a > out || fail=1
  pmap --initializer="$init" -w cat ::: a >> out || fail=1
  printf 'a\na\n' > exp
  compare exp out || fail=1
done
# With much to say, too.
seq 9 | returns_ 125 pmap -P2 --initializer='seq 20000; exit 3' echo > out \
  2> err || fail=1
compare /dev/null out || fail=1
grep -x 20000 err > /dev/null || fail=1

# One that is killed costs its item.
returns_ 123 pmap -v -P1 --initializer='test $PMAP_ITEM != b || kill -9 $$' \
  echo ::: a b c > out 2> err || fail=1
printf '%s\n' a c > exp
compare exp out || fail=1
grep 'item .b.: ended by signal KILL' err || fail=1
returns_ 123 env "$mark_" pmap -t .2 --initializer='sleep 1000' echo ::: a \
  2> err || fail=1
no_leftovers_ 30 || fail=1
# So does one whose time is over, however it ends.
returns_ 123 pmap -v -t .2 -P1 --initializer='trap "exit 3" TERM
  while :; do sleep .01; done' echo ::: a b 2> err || fail=1
for i in a b; do
  grep "item .$i.: its time was over" err || fail=1
done
grep 'cannot prepare' err && fail=1

# The command has no descriptor of it.
fds='for f in /proc/self/fd/*; do echo ${f##*/}; done'
pmap sh -c "$fds" ::: a > exp 9>&- || fail=1
pmap --initializer=: sh -c "$fds" ::: a > out 9>&- || fail=1
compare exp out || fail=1
seq 1000 > some
(ulimit -n 20 && exec pmap -P64 --initializer=: echo < some) > out 2> err \
  || fail=1
cmp some out || fail=1

# A command that is not there fails as ever.
returns_ 127 pmap --initializer=: ./no-such ::: a 2> err || fail=1

Exit $fail
