#!/bin/sh
# Warm filters: a line in, a line out.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

await=$abs_srcdir/tests/await; export await

# In order, whether a filter answers at once, when its buffer is full, or only
# at the end of its input; and with no more processes than may be.
seq 0 9 | pmap -P4 -w awk '{ print $1 * $1 }' > out || fail=1
printf '%s\n' 0 1 4 9 16 25 36 49 64 81 > exp
compare exp out || fail=1
seq 100000 > many
for filter in 'cat' 'sed s/x/y/' 'awk {print} ' 'sort -n'; do
  rm -f pids
  pmap -P3 -w sh -c "echo \$\$ >> pids; exec $filter" < many > out || fail=1
  cmp many out || fail=1
  test "$filter" = 'sort -n' || test $(wc -l < pids) -le 3 || fail=1
done
seq 3000 > some
pmap -P3 -w sh -c 'while read -r x; do echo "$x"; done' < some > out || fail=1
compare some out || fail=1
pmap -w sh -c ': > started; cat' < /dev/null > out || fail=1
compare /dev/null out || fail=1
test ! -e started || fail=1

# From a pipe that is written to bit by bit.
dd bs=77 < some 2> /dev/null | pmap -P2 -w cat > out || fail=1
compare some out || fail=1
# A filter that answers at once does so before there are more items.
mkfifo fifo || framework_failure_
pmap -P2 -w cat < fifo > out & pid=$!
exec 3> fifo
for i in 1 2 3; do
  echo $i >&3
  retry_until_ 30 grep -x $i out > /dev/null || fail=1
done
exec 3>&-
wait $pid || fail=1

# Items are data: all bytes but the end of a line, and lines of any length.
printf '%s\n' "it's" '$(id)' '"' '\' '' ' * ' '-n' '	' > items
awk 'BEGIN { for (i = 1; i < 256; i++) if (i != 10) printf "%c", i
             print ""; print "" }' >> items
awk 'BEGIN { s = "0123456789"; for (i = 0; i < 15; i++) s = s s
             for (i = 1; i <= 8; i++) print i substr (s, 1, i * 30011) }' \
  >> items
printf 'no end' >> items
{ cat items; echo; } > exp
for p in 1 3; do
  pmap -P$p -w cat < items > out || fail=1
  cmp exp out || fail=1
done
# One that answers a line before it has read all of it.
awk 'BEGIN { s = "0123456789"; for (i = 0; i < 17; i++) s = s s
             print s; print "b"; print "c" }' > items
cat > hasty <<'END'
test ! -e first || exec cat
: > first
dd bs=1 count=1 2> /dev/null
echo
sh "$await" grep -x 0 out > /dev/null
sed 1d
END
pmap -P1 -w sh hasty < items > out || fail=1
printf '%s\n' 0 b c > exp
compare exp out || fail=1
printf '\0\na\0b\n' > items
pmap -w cat < items > out || fail=1
cmp items out || fail=1

printf '\n\n' | pmap --tag -w cat > out || fail=1
printf '\t\n\t\n' > exp
compare exp out || fail=1

# Lines that end with a null byte.
printf 'a\nb\0\0c\0d' > items
printf 'a\nb\0\0c\0d\0' > exp
for options in -P1 -P2 '-P1 -u' '-P1 --line-buffered'; do
  pmap -0 $options -w cat < items > out || fail=1
  cmp exp out || fail=1
done
tr '\n' '\0' < many | pmap -0 -u -P3 -w cat | tr '\0' '\n' | sort -n \
  | cmp - many || fail=1

# Other ways to give items.  One that no line can hold fails alone.
printf 'a,b\nc,d,e' > items
returns_ 123 pmap -d, -P1 -w sed 's/^/x/' < items > out 2> err || fail=1
printf '%s\n' xa xd xe > exp
compare exp out || fail=1
printf '%s\n' 'pmap: item 2 holds a newline, which no line can' \
  "pmap: 1 of 4 tasks failed: 'b\\nc' (not run)" > exp
compare exp err || fail=1
returns_ 123 pmap -P2 -w cat ::: a 'b
c' d > out 2> err || fail=1
printf '%s\n' a d > exp
compare exp out || fail=1
pmap -0 -P1 -w cat ::: a 'b
c' d > out || fail=1
printf 'a\0b\nc\0d\0' > exp
cmp exp out || fail=1
pmap -P1 -w cat :::: many > out || fail=1
cmp many out || fail=1
pmap -a many -n 7 -P2 -w cat > out || fail=1
cmp many out || fail=1

# Few items are spread: each waits for all the others.
seq 4 | pmap -P4 -w sh -c 'while read -r x; do
    : > here.$x
    for i in 1 2 3 4; do sh "$await" test -e here.$i || exit 1; done
    echo "$x"
  done' > out || fail=1
seq 4 > exp
compare exp out || fail=1

# The command is taken as it is, and knows its slot.
pmap -P1 -w awk '{ print "{}", "{#}" }' ::: a > out || fail=1
echo '{} {#}' > exp
compare exp out || fail=1
pmap -P1 -w sh -c 'read -r x; env | grep ^PMAP_' ::: a > out || fail=1
echo PMAP_SLOT=1 > exp
compare exp out || fail=1

# The other ways of output.
for o in -u --line-buffered '-u -P1'; do
  pmap -P3 $o -w cat < many | sort -n | cmp - many || fail=1
done
# As they finish: the first waits until the output of another is there.
seq 40 | pmap -P2 -u -w sh -c 'while read -r x; do
    test $x != 1 || sh "$await" test -s out || exit 1
    echo "$x"
  done' > out || fail=1
test "$(sort -n out | tr '\n' ' ')" = "$(seq 40 | tr '\n' ' ')" || fail=1
test "$(head -n 1 out)" != 1 || fail=1
pmap -P2 --tag -w awk '{ print "<" $1 ">" }' < some > out || fail=1
sed 's/.*/&	<&>/' some > exp
compare exp out || fail=1
seq 5 | pmap -P1 --tag --max-tasks-per-child=1 -w \
  sh -c 'read -r x; echo one >&2; printf two >&2; echo "$x"' > out 2> err \
  || fail=1
for i in 1 2 3 4 5; do printf "$i\tone\n$i\ttwo\n"; done > exp
compare exp err || fail=1
# Standard error goes on, also where there is no item.
seq 3 | pmap -P1 -w sh -c 'while read -r x; do echo "e$x" >&2; echo "$x"; done
  echo end >&2' > out 2> err || fail=1
printf '%s\n' e1 e2 e3 end > exp
compare exp err || fail=1

# Replaced after some items.
seq 7 | pmap -P1 --max-tasks-per-child=3 -w \
  awk '{ print NR, $1; fflush () }' > out || fail=1
printf '%s\n' '1 1' '2 2' '3 3' '1 4' '2 5' '3 6' '1 7' > exp
compare exp out || fail=1
pmap -P2 --max-tasks-per-child=5000 -w awk '{ print $1, NR <= 5000 }' \
  < many > out || fail=1
sed 's/$/ 1/' many | cmp - out || fail=1

# Callbacks: each item is a task.
returns_ 123 pmap -P2 --callback='echo "good $1 $2 $(cat)"' \
  --error-callback='echo "bad $1 $2"' -w sh -c 'while read -r x; do
    test $x != 3 || exit 4; echo "<$x>"; done' ::: 1 2 3 4 > out 2> err \
  || fail=1
printf '%s\n' 'good 1 0 <1>' 'good 2 0 <2>' 'bad 3 4' 'good 4 0 <4>' > exp
compare exp out || fail=1

# The initializer makes the environment of the command.
mkdir dir
seq 3 | pmap -P2 --initializer='cd dir; X=it; export X; echo said' \
  -w sh -c 'while read -r x; do echo "$x $X ${PWD##*/}"; done' > out 2> err \
  || fail=1
printf '%s it dir\n' 1 2 3 > exp
compare exp out || fail=1
grep -x said err || fail=1
for init in 'echo out; echo err >&2; exit 3' 'echo out; echo err >&2; (exit 3)'
do
  seq 9 | returns_ 125 pmap -P2 --initializer="$init" -w cat > out 2> err \
    || fail=1
  test ! -s out || fail=1
  grep -x out err || fail=1
  grep -x err err || fail=1
  grep 'cannot prepare the initializer: exit status 3' err || fail=1
done
# It takes its time, which is no item's.
returns_ 125 pmap -t .1 --initializer='sleep 1; exit 3' -w cat ::: a > out \
  2> err || fail=1
echo 'pmap: cannot prepare the initializer: exit status 3' > exp
compare exp err || fail=1
# Nobody gets items instead of the command.
seq 9 | pmap -P1 --initializer='cat' -w cat > out || fail=1
seq 9 > exp
compare exp out || fail=1

# What would be run, and what is.
printf 'a\0b\n' | returns_ 123 pmap --dry-run -w cat > out 2> err || fail=1
echo 'pmap: item 1 holds a NUL byte, which no argument can' > exp
compare exp err || fail=1
pmap --dry-run -w sed "s/b/'/" ::: a "b's" > out || fail=1
sh out > ran || fail=1
printf '%s\n' a "''s" > exp
compare exp ran || fail=1
printf 'a\0b\nc\n' | returns_ 123 pmap --dry-run -w cat > out 2> err || fail=1
printf '%s\n' "printf '%s\\n' c | cat" > exp
compare exp out || fail=1
echo 'pmap: item 1 holds a NUL byte, which no argument can' > exp
compare exp err || fail=1
pmap -v -P1 -w sed 's/a b/c/' ::: x > out 2> err || fail=1
echo "sed 's/a b/c/'" > exp
compare exp err || fail=1

# What cannot be run or combined.
returns_ 127 pmap -w no-such-command ::: a 2> err || fail=1
: > no-program
returns_ 126 pmap -w ./no-program ::: a 2> err || fail=1
printf '#!/no/such\n' > no-program
chmod a+x no-program
returns_ 126 pmap -w ./no-program ::: a 2> err || fail=1
for o in --blocks --command=x --ungrouped --replace=x --max-chars=100 \
    --chunksize=max; do
  returns_ 125 pmap -w $o cat ::: a 2> err || fail=1
  grep 'exclude each other' err || fail=1
done
for o in --isolate --shell=sh; do
  returns_ 125 pmap -w $o cat ::: a 2> err || fail=1
  grep 'only with --command' err || fail=1
done
returns_ 125 pmap -w ::: a 2> err || fail=1
grep 'no command' err || fail=1

# Memory: not more than what is in flight.  A sanitizer takes its own.
if test -r /proc/self/status && ! grep __asan_init "$abs_builddir/src/pmap" \
     > /dev/null; then
  seq 1000000 > million
  for filter in cat 'sort -n' "awk '{ print }'"; do
    rm -f peaks
    pmap -P2 -w sh -c "$filter"'
      sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$PPID/status >> peaks' \
      < million | cmp - million || fail=1
    peak=$(sort -n peaks | tail -n 1)
    test $peak -lt 8192 || { warn_ "$filter: $peak KiB at peak"; fail=1; }
  done
fi

Exit $fail
