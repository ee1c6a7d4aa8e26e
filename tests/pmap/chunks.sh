#!/bin/sh
# How many items a task gets, by number and by length, as xargs has it.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

xargs --version > /dev/null 2>&1 || skip_ 'there is no xargs to compare with'

# same_as_xargs_ "XARGS OPTIONS" "PMAP OPTIONS" COMMAND...
# Run both on the file in.
same_as_xargs_ ()
{
  local xargs_="$1" pmap_="$2"
  shift 2
  xargs -d '\n' $xargs_ "$@" < in > exp || framework_failure_
  pmap $pmap_ "$@" < in > out \
    || { warn_ "failed: pmap $pmap_ $*"; fail=1; }
  compare exp out || { warn_ "wrong: pmap $pmap_ $*"; fail=1; }
}

# Lengths from 0 to 12.
awk 'BEGIN {
    for (i = 0; i < 130; i++)
      print substr ("abcdefghijkl", 1, i % 13)
  }' > in || framework_failure_

for n in 1 2 3 7 129 130 131 100000; do
  same_as_xargs_ "-n $n" "-n $n" echo
  same_as_xargs_ "-n $n" "--chunksize=$n" echo a b
done

# The limit counts the command, its arguments and the items, each with its
# terminator, to the byte.
for s in 40 41 42 43 44 45 46 50 64 99 100 4096; do
  same_as_xargs_ "-s $s" "-n max --max-chars=$s" echo
  same_as_xargs_ "-s $s" "-n max --max-chars=$s" printf '[%s]\n' x y
  same_as_xargs_ "-n 5 -s $s" "-n 5 --max-chars=$s" echo fixed
done

# So it does in the parts of an argument, where xargs has no word to say:
# "echo" and "<abc>" are 5 + 6 bytes, so two fit in 17 and three do not.
pmap -n max --max-chars=17 echo '<{}>' ::: abc def ghi > out || fail=1
printf '<abc> <def>\n<ghi>\n' > exp
compare exp out || fail=1
pmap -n max --max-chars=16 echo '<{}>' ::: abc def ghi > out || fail=1
printf '<abc>\n<def>\n<ghi>\n' > exp
compare exp out || fail=1

# A size may have a suffix.
pmap -n max --max-chars=1K echo < in > out || fail=1
pmap -n max --max-chars=1024 echo < in > exp || fail=1
compare exp out || fail=1

# Without a limit, as many as fit: here all, and not more than xargs gives.
same_as_xargs_ '' '-n max' echo
seq 200000 > in || framework_failure_
pmap -n max echo < in > out || fail=1
tr ' ' '\n' < out > items
cmp in items || fail=1
xargs echo < in > exp || framework_failure_
awk -v most="$(wc -l < exp)" 'END { exit !(NR > 1 && NR <= most + 1) }' out \
  || { wc -l exp out; fail=1; }
awk 'length ($0) + 5 > 131072 { bad = 1 } END { exit bad }' out || fail=1

# An item that is too long alone fails alone.
printf 'a\nbb\n%s\nc\n' "$(printf '%080d' 0)" > in || framework_failure_
returns_ 123 pmap -n max --max-chars=50 echo < in > out 2> err || fail=1
printf 'a bb\nc\n' > exp
compare exp out || fail=1
grep "^pmap: item '0000.*' is too long for --max-chars\$" \
  err > /dev/null || { cat err; fail=1; }
tail -n 1 err > last
sed "s/'0\{60\}/'zeros/" last > short
echo "pmap: 1 of 3 tasks failed: 'zeros...' (not run)" > exp
compare exp short || fail=1
# The limit holds for one item a task too.
returns_ 123 pmap --max-chars=50 echo < in > out 2> err || fail=1
printf 'a\nbb\nc\n' > exp
compare exp out || fail=1

# Wrong values.
for n in 0 -1 x '' 1x 99999999999999999999 ' 1' +1; do
  returns_ 125 pmap -n "$n" echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  printf '%s\n' "pmap: invalid number of items: '$n'" \
    "Try 'pmap --help' for more information." > exp
  compare exp err || fail=1
done
for n in 0 -1 x '' 1x 99999999999999999999Y; do
  returns_ 125 pmap --max-chars="$n" echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  printf '%s\n' "pmap: invalid number of bytes: '$n'" \
    "Try 'pmap --help' for more information." > exp
  compare exp err || fail=1
done

Exit $fail
