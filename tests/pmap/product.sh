#!/bin/sh
# Several sources of items: their product, and those that are linked.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# check_ EXPECTED OPTION-AND-COMMAND...
# Run pmap and compare; nothing is on standard error.
check_ ()
{
  local expected_="$1"
  shift
  pmap "$@" > out 2> err || { warn_ "failed: pmap $*"; fail=1; }
  printf "$expected_" > exp || framework_failure_
  compare exp out || { warn_ "wrong: pmap $*"; fail=1; }
  compare /dev/null err || fail=1
}

# usage_ MESSAGE OPTION-AND-COMMAND...
usage_ ()
{
  printf '%s\n' "pmap: $1" "Try 'pmap --help' for more information." > exp
  shift
  returns_ 125 pmap "$@" < /dev/null > out 2> err || fail=1
  compare exp err || { warn_ "wrong message: pmap $*"; fail=1; }
  compare /dev/null out || fail=1
}

printf '1\n2\n' > f12 || framework_failure_
printf 'x\ny\n' > fxy || framework_failure_

# The last one varies fastest.  These are the answers of GNU parallel 20221122,
# with -k.
check_ 'a 1\na 2\na 3\nb 1\nb 2\nb 3\n' echo ::: a b ::: 1 2 3
check_ 'a 1 x\na 1 y\na 2 x\na 2 y\nb 1 x\nb 1 y\nb 2 x\nb 2 y\n' \
  echo ::: a b ::: 1 2 ::: x y
check_ '1 x\n1 y\n2 x\n2 y\n' echo :::: f12 fxy
check_ '1 x\n1 y\n2 x\n2 y\n' echo :::: f12 :::: fxy
check_ '1 x\n1 y\n2 x\n2 y\n' -a f12 -a fxy echo
check_ '1 a\n1 b\n2 a\n2 b\n' -a f12 echo ::: a b
check_ 'a 1\na 2\nb 1\nb 2\n' echo ::: a b :::: f12
check_ 'a x\nb y\n' echo ::: a b :::+ x y
check_ 'a 1 x\na 2 y\nb 1 x\nb 2 y\n' echo ::: a b ::: 1 2 :::+ x y
check_ 'a x 1\na x 2\nb y 1\nb y 2\n' echo ::: a b :::+ x y ::: 1 2
check_ 'a 1 p\nb 2 q\n' echo ::: a b :::+ 1 2 :::+ p q
check_ 'a 1\nb 2\n' echo ::: a b ::::+ f12
check_ 'a 1 x\nb 2 y\n' echo ::: a b ::::+ f12 fxy
check_ 'a 1 x\na 2 y\nb 1 x\nb 2 y\n' echo ::: a b :::: f12 ::::+ fxy
check_ '1 a\n2 b\n' -a f12 echo :::+ a b
check_ 'a c a d\nb c b d\n' -n2 echo ::: a b ::: c d
check_ 'c d\nc d\n' -n2 echo '{2}' ::: a b ::: c d
check_ 'a c a d b c b d\n' -n max echo ::: a b ::: c d
check_ 'd/e.f a/b.c a e\n' echo '{-1}' '{-2}' '{1//}' '{2/.}' \
  ::: a/b.c ::: d/e.f

# Standard input, first, last and linked.
printf '1\n2\n' | pmap echo ::: a b :::: - > out || fail=1
printf 'a 1\na 2\nb 1\nb 2\n' > exp
compare exp out || fail=1
printf '1\n2\n' | pmap echo :::: - ::: a b > out || fail=1
printf '1 a\n1 b\n2 a\n2 b\n' > exp
compare exp out || fail=1
printf '1\0002' | pmap -0 echo ::: a b ::::+ - > out || fail=1
printf 'a 1\nb 2\n' > exp
compare exp out || fail=1

# Nothing to combine with is nothing to run.
check_ '' echo ::: a b :::
check_ '' echo ::: ::: a b
check_ '' echo ::: a b :::: /dev/null
check_ '' echo ::: a b :::: /dev/null ::: c
check_ '' echo :::: /dev/null ::::+ /dev/null

# The shortest of linked ones counts, and the others are told of; once.
for lists in '::: a b c :::+ x y' '::: a b :::+ x y z' \
             '::: a b :::+ x y z :::+ p q r' '::: a b c ::::+ fxy' \
             ':::: fxy :::+ a b c'; do
  pmap echo '{1}{2}' $lists > out 2> err || fail=1
  test $(wc -l < out) = 2 || { warn_ "$lists"; cat out; fail=1; }
  echo 'pmap: warning: linked lists differ in length; what the longer ones' \
    'have more is left out' > exp
  compare exp err || { warn_ "$lists"; fail=1; }
done

# Each value is an argument, whatever it holds, and within a longer argument
# they have blanks between them.
pmap printf '[%s]' ::: 'a b' '' :::+ '*' 'c d' > out || fail=1
printf '[a b][*][][c d]' > exp
compare exp out || fail=1
pmap printf '[%s]' {} 'x{}y' '{.}' ::: 'a b' :::+ 'c.d' > out || fail=1
printf '[a b][c.d][xa b c.dy][a b][c]' > exp
compare exp out || fail=1

# Who else gets a row.
check_ 'a c|a|c\na d|a|d\n' sh -c 'echo "$PMAP_ITEM|$1|$2"' _ ::: a ::: c d
check_ '2 a c|a|c\n2 a d|a|d\n' -c 'echo "$# $PMAP_ITEM|$1|$2"' ::: a ::: c d
check_ 'a c:0 a c\na d:0 a d\n' --callback='echo "$1:$2 $(cat)"' echo \
  ::: a ::: c d
check_ 'a c\ta c\na d\ta d\n' --tag echo ::: a ::: c d
check_ 'echo a c\necho a d\n' --dry-run echo ::: a ::: c d
returns_ 123 pmap false ::: a ::: c > out 2> err || fail=1
echo "pmap: 1 of 1 task failed: 'a c' (exit 1)" > exp
compare exp err || fail=1

# A row that is too long fails alone, and rows stay whole.
returns_ 123 pmap -n max --max-chars=16 echo ::: a bbbbbbbbbb ::: c d \
  > out 2> err || fail=1
printf 'a c a d\n' > exp
compare exp out || fail=1
grep "^pmap: item 'bbbbbbbbbb c' is too long for --max-chars$" err \
  > /dev/null || { cat err; fail=1; }
check_ 'a c\na d\nb c\nb d\n' -n max --max-chars=12 echo ::: a b ::: c d

# The first source is read as it is needed: work begins while it is open, and
# the others are read to their first item only.
mkfifo first second || skip_ 'there are no named pipes'
pmap sh -c 'echo "$1$2" >> seen' _ :::: first second &
pid=$!
exec 7> first 8> second
echo a >&7
echo 1 >&8
retry_until_ 20 grep a1 seen > /dev/null || { warn_ 'not at once'; fail=1; }
echo 2 >&8
retry_until_ 20 grep a2 seen > /dev/null || { warn_ 'not at once'; fail=1; }
exec 8>&-
echo b >&7
retry_until_ 20 grep b2 seen > /dev/null || { warn_ 'not at once'; fail=1; }
exec 7>&-
wait $pid || fail=1
printf 'a1\na2\nb1\nb2\n' > exp
sort seen > out
compare exp out || fail=1

# So it is with linked ones, of which none has an end here.
: > seen
timeout 60 pmap --line-buffered -P1 echo :::: first ::::+ second > seen &
pid=$!
exec 7> first 8> second
echo 1 >&8
echo a >&7
retry_until_ 20 grep 'a 1' seen > /dev/null || { warn_ 'not linked'; fail=1; }
echo b >&7
echo 2 >&8
retry_until_ 20 grep 'b 2' seen > /dev/null || { warn_ 'not linked'; fail=1; }
# A source that has ended does not wait for the others.
exec 7>&-
wait $pid || { warn_ 'linked sources have no end'; fail=1; }
exec 8>&-
timeout 60 sh -c 'yes | pmap -P1 echo ::: a b ::::+ -' > out 2> err || fail=1
printf 'a y\nb y\n' > exp
compare exp out || fail=1

# More than is read at once, and long items.
awk 'BEGIN { for (i = 0; i < 300; i++) { printf "%d", i
       for (k = 0; k < i * 10; k++) printf "x"; print "" } }' > many
pmap --dry-run printf '%s %s\n' ::: a b :::: many > out || fail=1
for i in a b; do
  sed "s/.*/printf '%s %s\\\\n' $i &/" many
done > exp
compare exp out > /dev/null || { warn_ 'a large product is wrong'; fail=1; }

# Input that cannot be had.
returns_ 125 pmap echo ::: a :::: f12 missing > out 2> err || fail=1
echo "pmap: cannot open 'missing': No such file or directory" > exp
compare exp err || fail=1
compare /dev/null out || fail=1
mkdir folder || framework_failure_
returns_ 125 pmap echo ::: a b :::: folder > out 2> err || fail=1
echo "pmap: cannot read 'folder': Is a directory" > exp
compare exp err || fail=1
compare /dev/null out || fail=1

# Usage.
usage_ "there is nothing before ':::+' to link with" echo :::+ a
usage_ "there is nothing before '::::+' to link with" echo ::::+ f12
usage_ "there is no file after '::::'" echo ::::
usage_ "there is no file after '::::'" echo :::: ::: a
usage_ "there is no file after '::::+'" echo ::: a ::::+
usage_ 'standard input can be read only once' echo :::: - -
usage_ 'standard input can be read only once' -a - echo :::: f12 ::::+ -
usage_ '--filter and several sources of items exclude each other' \
  -w cat ::: a ::: b
usage_ '--blocks and several sources of items exclude each other' \
  -b cat :::: f12 fxy
usage_ "--blocks and ':::+' exclude each other" -b -a f12 cat :::+ a

Exit $fail
