#!/bin/sh
# --shuffle runs every item once, in an order that a seed decides.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# check_ EXPECTED OPTION-AND-COMMAND...
check_ ()
{
  local expected_="$1"
  shift
  pmap "$@" > out 2> err || { warn_ "failed: pmap $*"; fail=1; }
  printf "$expected_" > exp || framework_failure_
  compare exp out || { warn_ "wrong: pmap $*"; fail=1; }
  compare /dev/null err || fail=1
}

# A seed decides, on every machine: as a program in Python has computed it from
# the definition of SplitMix64.
check_ '3 2 5 4 1\n' --shuffle=1 -n5 echo ::: 1 2 3 4 5
check_ '7 4 3 10 9 2 5 8 1 6\n' --shuffle=0 -n10 echo ::: 1 2 3 4 5 6 7 8 9 10
check_ '4 5 3 8 6 1 9 2 10 7\n' --shuffle=18446744073709551615 -n10 echo \
  ::: 1 2 3 4 5 6 7 8 9 10
# It is the items that are shuffled, and neither their numbers nor outputs.
check_ '1:3\n2:2\n3:5\n4:4\n5:1\n' --shuffle=1 echo '{#}:{}' ::: 1 2 3 4 5

# All items come, from each source and in each mode, and once.
seq 1000 > in || framework_failure_
for mode in '-n7 echo' '-c echo' '-w cat' '-n max echo'; do
  case $mode in -c*) set -- -c 'echo "$1"' ;; *) set -- $mode ;; esac
  pmap --shuffle=5 "$@" < in > out || { warn_ "failed: $mode"; fail=1; }
  tr ' ' '\n' < out > lines
  cmp -s in lines && { warn_ "not shuffled: $mode"; fail=1; }
  sort -n lines > sorted
  compare in sorted || { warn_ "wrong: $mode"; fail=1; }
  cp lines "order-$#-${mode%% *}"
done
# In the same order.
set -- order-*
for f; do
  cmp "$1" "$f" || fail=1
done
pmap --shuffle=6 -w cat < in > out || fail=1
cmp -s out lines && { warn_ 'the seed makes no difference'; fail=1; }

# The rows of a product, too, and those that are linked stay together.
pmap --shuffle=2 echo ::: a b c ::: 1 2 :::+ x y > out || fail=1
sort out > sorted
printf '%s\n' 'a 1 x' 'a 2 y' 'b 1 x' 'b 2 y' 'c 1 x' 'c 2 y' > exp
compare exp sorted || fail=1
cmp -s exp out && { warn_ 'the product is not shuffled'; fail=1; }

# The header stays the first line.
printf 'name\nb\na\n' | pmap --header --shuffle echo 'n={name}' > out || fail=1
sort out > sorted
printf 'n=a\nn=b\n' > exp
compare exp sorted || fail=1

# Without a seed, two orders of a thousand items are not the same.
pmap --shuffle -w cat < in > one || fail=1
pmap --shuffle -w cat < in > two || fail=1
cmp -s one two && { warn_ 'the order is always the same'; fail=1; }
sort -n one > sorted
compare in sorted || fail=1

# Little to shuffle.
check_ '' --shuffle echo :::
check_ 'a\n' --shuffle echo ::: a
check_ '' --shuffle echo ::: a :::
pmap --shuffle echo < /dev/null > out || fail=1
compare /dev/null out || fail=1
# More than is kept in one piece, and long ones.
awk 'BEGIN { for (i = 0; i < 400; i++) { printf "%d", i
       for (k = 0; k < i * 10; k++) printf "x"; print "" } }' > long
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "x"; print ""; print "y" }' \
  >> long
pmap --shuffle=9 -w cat < long > out || fail=1
sort long > exp
sort out > sorted
cmp exp sorted || fail=1

# usage_ MESSAGE OPTION...
usage_ ()
{
  printf '%s\n' "pmap: $1" "Try 'pmap --help' for more information." > exp
  shift
  returns_ 125 pmap "$@" echo ::: a > out 2> err || fail=1
  compare exp err || fail=1
}
for seed in x '' -1 1x ' 1' 18446744073709551616; do
  usage_ "invalid seed: '$seed'" --shuffle="$seed"
done

# Input that cannot be read is not run in part.
mkdir folder || framework_failure_
returns_ 125 pmap --shuffle echo ::: a :::: folder > out 2> err || fail=1
compare /dev/null out || fail=1

Exit $fail
