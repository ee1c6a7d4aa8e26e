#!/bin/sh
# The other ways to put outputs together: -u, by lines, ungrouped, tagged.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# -u: in the order of the ends, which here is backwards; each whole.
cat > backwards <<'END'
echo "begin $1"
echo "error $1" >&2
test $1 = 4 || sh "$abs_srcdir/tests/await" grep -x "end $(($1 + 1))" out \
  > grep-$1
echo "end $1"
END
for option in -u --unordered; do
  pmap -P4 $option sh backwards ::: 1 2 3 4 > out 2> err || fail=1
  printf '%s\n' 'begin 4' 'end 4' 'begin 3' 'end 3' 'begin 2' 'end 2' \
    'begin 1' 'end 1' > exp
  compare exp out || fail=1
  sed -n 's/begin/error/p' exp > exp-err
  compare exp-err err || fail=1
done

# By lines: lines of several tasks may alternate, but each is whole, and a
# task's own stay in order.
cat > lines <<'END'
for i in 1 2 3 4 5 6 7 8 9; do
  printf %s "$1 "
  printf %s "out "
  echo $i
  printf '%s err %s\n' $1 $i >&2
done
printf '%s unfinished' $1
END
pmap -P4 --line-buffered sh lines ::: a b c d > out 2> err || fail=1
for i in a b c d; do
  grep "^$i" out > out-$i
  sh lines $i > exp 2> exp-err
  echo >> exp
  compare exp out-$i || fail=1
  grep "^$i" err > err-$i
  compare exp-err err-$i || fail=1
done
test "$(wc -l < out)" = 40 || fail=1
test "$(wc -l < err)" = 36 || fail=1

# A line that is longer than the memory for it does come through.
pmap -P2 --line-buffered sh -c 'head -c 20000000 /dev/zero | tr "\0" $1' _ \
  ::: a b > out || fail=1
tr -s ab < out > squeezed
sort squeezed > lines-sorted
printf 'a\nb\n' > exp
compare exp lines-sorted || fail=1
test "$(wc -c < out)" = 40000002 || fail=1

# Ungrouped: what the tasks write goes where ours goes, and to the same open
# file.
pmap --ungrouped sh -c 'readlink /proc/self/fd/1' ::: a > out || fail=1
printf '%s\n' "$(pwd -P)/out" > exp
if test -r /proc/self/fd/1; then
  compare exp out || fail=1
fi
pmap --ungrouped -P1 sh -c 'echo $1; echo $1 >&2' _ ::: 1 2 3 > out 2>&1 \
  || fail=1
printf '%s\n' 1 1 2 2 3 3 > exp
compare exp out || fail=1

# The two streams of a task, gone to one place: lines stay whole, be one of
# them begun before the other's.
pmap --tag sh -c 'printf "%s... " checking; echo warn >&2; echo ok' _ ::: A B \
  > out 2>&1 || fail=1
sort out > out-sorted
printf '%s\t%s\n' A 'checking... ok' A warn B 'checking... ok' B warn > exp
compare exp out-sorted || fail=1
# Even where neither line ends for long.
pmap --tag sh -c 'head -c 50000 /dev/zero | tr "\0" a
  head -c 50000 /dev/zero | tr "\0" b >&2
  echo; echo >&2' ::: A > out 2> err || fail=1
test "$(wc -c < out)" = 50003 && test "$(wc -c < err)" = 50003 || fail=1

# Tags: at the start of each line of both streams, blank ones included, and
# only there.
pmap --tag sh -c 'printf "x\n\ny"; echo e >&2' _ ::: 'a b' c > out 2> err \
  || fail=1
printf 'a b\tx\na b\t\na b\ty\nc\tx\nc\t\nc\ty\n' > exp
compare exp out || fail=1
printf 'a b\te\nc\te\n' > exp
compare exp err || fail=1
# A task that writes nothing has no tag either.
pmap --tag true ::: a b > out || fail=1
compare /dev/null out || fail=1
# Several items are one tag.
pmap -n2 --tag echo ::: a b c > out || fail=1
printf 'a b\ta b\nc\tc\n' > exp
compare exp out || fail=1
for option in -u --line-buffered; do
  pmap -P2 --tag $option sh -c 'seq 1000' _ ::: a b > out || fail=1
  sort -s -k1,1 out > sorted
  { seq 1000 | sed 's/^/a\t/'; seq 1000 | sed 's/^/b\t/'; } > exp
  compare exp sorted || fail=1
done

# What makes no sense together.
for pair in '-u --ungrouped' '--ungrouped --unordered' '-u --line-buffered' \
            '--line-buffered --ungrouped'; do
  returns_ 125 pmap $pair echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  printf '%s%s\n' 'pmap: only one of --unordered, --line-buffered and' \
    ' --ungrouped may be given' > exp
  echo "Try 'pmap --help' for more information." >> exp
  compare exp err || fail=1
done
returns_ 125 pmap --tag --ungrouped echo ::: a > out 2> err || fail=1
printf '%s\n' 'pmap: --tag and --ungrouped exclude each other' \
  "Try 'pmap --help' for more information." > exp
compare exp err || fail=1
# The same one twice does no harm.
pmap -u -u echo ::: a > out || fail=1

Exit $fail
