#!/bin/sh
# Warm filters that do wrong: only the items are lost that are to blame.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
await=$abs_srcdir/tests/await; export await

# Whoever dies of an item dies of it twice, and the others are answered once.
seq 2000 > items
grep -vx -e 7 -e 1500 items > exp
cat > dies <<'END'
while read -r x; do
  echo "$x" >> ran
  case $x in
    7) exit 9;;
    1500) kill -KILL $$;;
  esac
  echo "$x"
done
END
: > ran
returns_ 123 pmap -v -P2 -w sh dies < items > out 2> err || fail=1
compare exp out || fail=1
for i in 7 1500; do
  test $(grep -cx $i ran) = 2 || fail=1
done
grep 'item .7.: exit status 9' err || fail=1
grep 'item .1500.: ended by signal KILL' err || fail=1
grep 'has ended without a line for each item' err || fail=1
grep '2 of 2000 tasks failed' err || fail=1
# What was answered was not run again.
sort -n ran | uniq -d | grep -vx -e 7 -e 1500 && fail=1

# The same where answers are kept in a buffer and lost.
returns_ 123 pmap -v -P2 -w awk '$1 == 7 || $1 == 1500 { exit 9 } { print }' \
  < items > out 2> err || fail=1
compare exp out || fail=1
grep '2 of 2000 tasks failed' err || fail=1
grep 'item .7.: exit status 9' err || fail=1

# One that ends early is replaced.
pmap -P2 -w head -n 100 < items > out 2> err || fail=1
compare items out || fail=1
compare /dev/null err || fail=1
pmap -P1 -w sh -c 'read -r x; echo "$x"; exec <&-; echo >> closed
  sh "$await" test -s closed' ::: 1 2 3 > out || fail=1
seq 3 > exp
compare exp out || fail=1

# That is so, too, for lines that were given alone because another had read them
# and ended.
cat > hundred <<'END'
#! /bin/sh
# Read much, answer some lines at once, end.
dd bs=64k count=1 2> /dev/null | head -n 100
i=0
while test $i -lt 5 && read -r x; do
  echo "$x"
  i=$((i + 1))
done
END
chmod +x hundred
pmap -v -P2 -w ./hundred < items > out 2> err || fail=1
compare items out || fail=1

# Too little.
seq 12 | returns_ 123 pmap -v -P1 -w sh -c 'while read -r x; do
    test $((x % 4)) = 0 || echo "$x"; done' > out 2> err || fail=1
grep 'item .*: no answer' err || fail=1
grep 'tasks failed' err || fail=1
seq 3 | returns_ 123 pmap -v -P2 -w false > out 2> err || fail=1
compare /dev/null out || fail=1
for i in 1 2 3; do
  grep "item .$i.: exit status 1" err || fail=1
done
grep '3 of 3 tasks failed' err || fail=1

# Too much.
seq 3 | returns_ 123 pmap -P1 -w awk '{ print } END { print "sum" }' > out \
  2> err || fail=1
seq 3 > exp
compare exp out || fail=1
echo "pmap: 'awk' has written more lines than it was given" > exp
compare exp err || fail=1
seq 3 | returns_ 123 pmap -P1 -w sh -c 'cat; printf more' > out 2> err \
  || fail=1
compare exp err > /dev/null && fail=1
grep "'sh' has written more lines than it was given" err || fail=1
echo a | returns_ 123 pmap -P1 -w sh -c 'echo; echo; cat' > out 2> err \
  || fail=1

# The end of the last line may be lacking, but not if the filter fails.
seq 3 | pmap -P1 -w awk '{ printf "%s%s", (NR > 1 ? "\n" : ""), $1 }' > out \
  || fail=1
seq 3 > exp
compare exp out || fail=1
echo a | returns_ 123 pmap -v -P1 -w sh -c 'read -r x; printf part; exit 3' \
  > out 2> err || fail=1
compare /dev/null out || fail=1
grep 'item .a.: exit status 3' err || fail=1

# A status counts even where everything was answered.
seq 5 | returns_ 123 pmap -P2 -w sh -c 'cat; exit 3' > out 2> err || fail=1
seq 5 > exp
compare exp out || fail=1
echo "pmap: 'sh': exit status 3" > exp
compare exp err || fail=1
seq 5 | returns_ 123 pmap -P2 -w sh -c 'cat; kill -SEGV $$' > out 2> err \
  || fail=1
grep "'sh': ended by signal SEGV" err || fail=1

# Nobody hears one with a closed output.
seq 2 | env "$mark_" pmap -v -P1 -w sh -c 'exec >&-; sleep 1000' > out 2> err
test $? = 123 || fail=1
grep '2 of 2 tasks failed' err || fail=1
no_leftovers_ 60 || fail=1

# A time limit is an item's; the filter goes with it and what it has started.
: > ran
seq 9 | env "$mark_" pmap -v -P1 -t 10 -k 60 -w sh -c 'while read -r x; do
    echo "$x" >> ran
    test $x != 3 || { sleep 1000 & sleep 1000; }
    echo "$x"
  done' > out 2> err
test $? = 123 || fail=1
seq 9 | grep -v 3 > exp
compare exp out || fail=1
grep 'item .3.: its time was over' err || fail=1
grep '1 of 9 tasks failed' err || fail=1
seq 9 > exp
sort -n ran > ran.sorted
compare exp ran.sorted || fail=1
no_leftovers_ 60 || fail=1
echo 1 | returns_ 123 pmap -t .1 --error-callback='echo "$1 $2"' -w \
  sh -c 'sleep 1000' > out 2> err || fail=1
echo '1 124' > exp
compare exp out || fail=1

# So long may a filter go on that has nothing to do any more.
seq 2 | env "$mark_" pmap -P1 -t .5 -w sh -c 'cat; sleep 1000' > out \
  2> err
test $? = 123 || fail=1
seq 2 > exp
compare exp out || fail=1
grep "'sh': ended by signal TERM" err || fail=1
no_leftovers_ 10 || fail=1

# Few descriptors.
seq 50000 > many
(ulimit -n 16 && exec pmap -P8 -w cat < many) > out 2> err || fail=1
cmp many out || fail=1
test $(grep -c 'warning: running only' err) = 1 || fail=1

# Filters are killed from outside, again and again: what was answered is there,
# once; what has not been, twice, was killed, and that was told.  The run does
# not end before there was one.
seq 100000 > items
cat > logs <<'END'
exec 3>> ran
while read -r x; do
  test "$x" != 50000 || sh "$await" test -e hit
  echo "$x"
  echo "$x" >&3
done
END
cat > killer <<'END'
# Kill the filters of the pool below $1, one after the other, while it runs; but
# not what a sanitizer starts.
kills=0
while kill -0 $1 2> /dev/null; do
  pool=$(cat /proc/$1/task/$1/children 2> /dev/null)
  for p in $pool; do
    for w in $(cat /proc/$p/task/$p/children 2> /dev/null); do
      read name 2> /dev/null < /proc/$w/comm || continue
      test "$name" = sh || continue
      kill -9 $w 2> /dev/null || continue
      kills=$((kills + 1))
      : > hit
      sh "$await" test ! -e /proc/$w
    done
  done
done
echo $kills > kills
END
for options in '' --line-buffered; do
  : > ran
  rm -f hit
  env "$mark_" pmap -v -P3 $options -w sh logs < items > out 2> err &
  p=$!
  sh killer $p
  wait $p
  status=$?
  test $(cat kills) -gt 0 || fail=1
  sort -n ran | uniq -d > twice
  test ! -s twice || { warn_ 'run twice:'; cat twice; fail=1; }
  grep 'item .*: ended by signal KILL' err \
    | sed "s/.*item [^0-9]*\([0-9]*\).*/\1/" > killed
  sort -n out killed | cmp - items || fail=1
  test "$options" || sort -nc out || fail=1
  case $status in
    0) test ! -s killed || fail=1;;
    123) grep 'ended by signal KILL' err || fail=1;;
    *) fail=1;;
  esac
done

# However pmap ends, nothing stays.
cat > stays <<'END'
: > begun.$PMAP_SLOT
sleep 1000 &
sleep 1000
END
for sig in INT TERM HUP KILL; do
  rm -f begun.*
  env "$mark_" pmap -P2 -w sh stays < items > out 2> /dev/null & p=$!
  retry_until_ 30 test -e begun.2 || fail=1
  kill -$sig $p
  wait $p
  test $? -gt 128 || fail=1
  no_leftovers_ 60 || fail=1
done
{
  env "$mark_" pmap -P2 -w sh -c 'sleep 1000 & cat' < items
  echo $? > status
} | head -n 1 > out
echo 141 > exp
compare exp status || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
