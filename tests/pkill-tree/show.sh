#!/bin/sh
# --dry-run and --tree show the set; --descendants spares the root.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
forest=$abs_builddir/tests/helpers/forest

env "$mark_" "$forest" tree 2 2 > ready &
root=$!
retry_until_ 60 test -s ready || framework_failure_
test -r "/proc/$root/task/$root/children" \
  || skip_ 'this kernel does not list the children of a process'
children=$(cat "/proc/$root/task/$root/children")
set -- $(echo $children | tr ' ' '\n' | sort -n)
test $# = 3 || framework_failure_
# The chain is the last that was started.
chain=$(for c in $children; do
          test -z "$(cat /proc/$c/task/$c/children)" || echo $c
        done)
end=$(sed 's/ //' "/proc/$chain/task/$chain/children")

returns_ 0 pkill-tree --dry-run $root > out || fail=1
for p in $root $1 $2 $3 $end; do
  echo "$p $forest tree 2 2"
done | sort > exp
sort out > found
compare exp found || fail=1
sed 1q out > first
echo "$root $forest tree 2 2" > exp
compare exp first || fail=1

# -z, and the others of a set.
pkill-tree --dry-run -z $root | tr '\0' '\n' | sort > zero
compare found zero || fail=1
returns_ 0 pkill-tree --dry-run --descendants $root > out || fail=1
grep -v "^$root " found > exp
sort out > few
compare exp few || fail=1

# The tree; PIDs need not be in the order of birth.
returns_ 0 pkill-tree --tree $root > out || fail=1
{
  echo "$root $forest tree 2 2"
  for p; do
    test $p = $3 && stroke='`-' below='  ' || stroke='|-' below='| '
    echo "$stroke$p $forest tree 2 2"
    test $p != $chain || echo "$below\`-$end $forest tree 2 2"
  done
} > exp
compare exp out || fail=1
if test "$(LC_ALL=C.UTF-8 locale charmap 2> /dev/null)" = UTF-8; then
  LC_ALL=C.UTF-8 pkill-tree --tree $root > out || fail=1
  # U+251C, U+2514, U+2502.
  LC_ALL=C sed "s/\`-/$(printf '\342\224\224\342\224\200')/
    s/|-/$(printf '\342\224\234\342\224\200')/
    s/^| /$(printf '\342\224\202') /" exp > exp8
  compare exp8 out || fail=1
fi

# Commands that would deceive.
env "$mark_" sh -c 'echo 1 > named; while :; do sleep 1000; done' '[x
y' 'a b' '' &
odd=$!
retry_until_ 60 test -s named || framework_failure_
pkill-tree --dry-run $odd > out || fail=1
test "$(wc -l < out)" -le 2 || { cat out; fail=1; }
grep " 'a b' ''\$" out > /dev/null || { cat out; fail=1; }

# All are still there, and the root stays.
returns_ 0 pkill-tree --descendants -t 60 -v $root 2> err || fail=1
test "$(grep -c '^pkill-tree: sent TERM to process ' err)" = 4 || fail=1
grep "'$root'" err && fail=1
process_gone_ $root && fail=1
returns_ 0 pkill-tree --descendants -t 60 $root || fail=1
returns_ 0 pkill-tree --tree $root $odd > out || fail=1
grep "^$root " out > /dev/null || fail=1

# An own ancestor's descendants: all but this branch.
sh -c 'sleep 1000 & echo $! > pid
  pkill-tree --descendants -t 60 $$; echo $? > st' 2> err || fail=1
test "$(cat st)" = 0 || fail=1
process_gone_ "$(cat pid)" || fail=1

if test -w /dev/full; then
  returns_ 125 pkill-tree --dry-run $root > /dev/full 2> err || fail=1
fi
returns_ 0 pkill-tree -t 60 $root $odd || fail=1
no_leftovers_ 0 || fail=1

Exit $fail
