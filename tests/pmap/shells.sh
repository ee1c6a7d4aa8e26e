#!/bin/sh
# Warm shells: what an item is, what comes of it, and what stays.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# In order, and not a process an item.
seq 0 9 | pmap -P4 -c 'echo $(($1*$1))' > out || fail=1
printf '%s\n' 0 1 4 9 16 25 36 49 64 81 > exp
compare exp out || fail=1
seq 0 9 | pmap -P4 --initializer='f() { echo $(($1*$1)); }' -c 'f "$1"' > out \
  || fail=1
compare exp out || fail=1
seq 3000 | pmap -P3 -c 'echo $$' | sort -u > pids || fail=1
test $(wc -l < pids) -le 3 || fail=1
pmap -c 'echo $1' < /dev/null > out || fail=1
test ! -s out || fail=1

# Items are data, whatever they hold.
printf '%s\0' "it's" '$(id)' '"' 'a
b' '\' '' ' * ' "'" "''" "a'b'" '-n' '#x' ';' > items
printf '<%s>\n' "it's" '$(id)' '"' 'a
b' '\' '' ' * ' "'" "''" "a'b'" '-n' '#x' ';' > exp
awk 'BEGIN { for (i = 1; i < 256; i++) printf "%c", i }' > bytes
for shell in sh bash; do
  command -v $shell > /dev/null || continue
  pmap -0 -P2 --shell=$shell -c 'printf "<%s>\n" "$1"' < items > out || fail=1
  compare exp out || fail=1
  for l in C C.UTF-8; do
    LC_ALL=$l pmap -0 --shell=$shell -c 'printf %s "$1"' < bytes > out \
      || fail=1
    cmp bytes out || fail=1
  done
done
printf 'a\nb\0c\nd\n' | returns_ 123 pmap -P1 -c 'echo $1' > out 2> err \
  || fail=1
printf '%s\n' a d > exp
compare exp out || fail=1
grep 'item 2 holds a NUL byte' err || fail=1

# Large ones, larger than a pipe.
awk 'BEGIN { s = "0123456789"; for (i = 0; i < 15; i++) s = s s
             for (i = 1; i <= 8; i++) print i substr (s, 1, i * 30011) }' > big
for shell in sh bash; do
  command -v $shell > /dev/null || continue
  pmap -P3 --shell=$shell -c 'printf "%s\n" "$1"' < big > out || fail=1
  cmp big out || fail=1
done

# The status is the script's; the other items go on, whatever ends one.
for script in 'test $1 != 3' 'test $1 != 3 || exit 7' \
    'test $1 != 3 || exec false' 'set -e; test $1 != 3' \
    'test $1 != 3 || return 5' 'test $1 != 3 || kill -9 $$' \
    'test $1 != 3 || : ${x?}' 'test $1 != 3 || (exit 3)'; do
  seq 9 | returns_ 123 pmap -P2 -c "echo \$1; $script" > out 2> err || fail=1
  seq 9 > exp
  compare exp out || fail=1
  grep '1 of 9 tasks failed' err || fail=1
done
seq 3 | returns_ 123 pmap -v -P1 -c 'exit $(($1 * 10))' 2> err || fail=1
for i in 10 20 30; do
  grep "exit status $i\$" err || fail=1
done
seq 3 | pmap -P2 -c 'exit 0' || fail=1
# Status 0 at its beginning, whatever was before.
seq 3 | returns_ 123 pmap -P1 -c 'echo $?; false' > out 2> /dev/null || fail=1
printf '%s\n' 0 0 0 > exp
compare exp out || fail=1

# Both streams are the item's, also without a newline, and whatever was done to
# them before.
seq 20 | pmap -P2 --tag -c 'echo out; echo err >&2' > out 2> err || fail=1
seq 20 | sed 's/$/	out/' > exp
compare exp out || fail=1
seq 20 | sed 's/$/	err/' > exp
compare exp err || fail=1
seq 5 | pmap -P2 -c 'printf $1' > out || fail=1
printf 12345 > exp
cmp exp out || fail=1
seq 6 | pmap -P2 -c 'test $(($1 % 2)) = 0 || exec > file.$1 2>&1
  echo $1; echo e$1 >&2' > out 2> err || fail=1
printf '%s\n' 2 4 6 > exp
compare exp out || fail=1
sed 's/^/e/' exp > exp2
compare exp2 err || fail=1
for i in 1 3 5; do
  printf '%s\n' $i e$i > exp
  compare exp file.$i || fail=1
done
for closing in 'exec >&-' 'exec 2>&-' 'exec >&- 2>&- <&-'; do
  for end in '' '; exit 0'; do
    seq 6 | pmap -P2 -v -c "$closing; : > closed.\$1$end" > out 2> err || fail=1
    test ! -s out || fail=1
    grep 'tasks\{0,1\} failed' err && fail=1
    test "$(ls closed.* | wc -l)" = 6 || fail=1
    rm -f closed.*
  done
done
# What it needs itself is gone: the items fail, and no more.
seq 4 | returns_ 123 pmap -P2 -c 'exec 7>&- 8>&-' > out 2> err || fail=1
grep '4 of 4 tasks failed' err || fail=1
# Traces, which show the marks, are none.
for init in : 'set -x'; do
  returns_ 123 pmap -P1 --initializer="$init" -c 'set -x; test $1 != 6' \
    ::: 1 2 3 4 5 6 2> /dev/null || fail=1
  returns_ 123 pmap -v -P1 --initializer="$init" -c 'set -x; test $1 != 3' \
    ::: 1 2 3 4 5 6 2> err || fail=1
  grep '1 of 6 tasks failed' err || fail=1
  grep 'item .3.: exit status 1' err || fail=1
done

# Scripts of any length.
for n in 100 3000 4000 4096 5000 8100 8200 70000 120000; do
  for shell in sh bash; do
    command -v $shell > /dev/null || continue
    pad=$(awk -v n=$n 'BEGIN { while (n--) printf "x" }')
    seq 20 | pmap -P2 --shell=$shell --initializer=": $pad" -c 'echo $1' > out \
      || fail=1
    seq 20 > exp
    compare exp out || fail=1
    seq 20 | pmap -P2 --shell=$shell -c ": $pad
echo \$1" > out || fail=1
    compare exp out || fail=1
  done
done

# What looks like its marks is not one.
seq 3 | pmap -P2 -c 'printf "\0360123456789abcdef 0\n\036"' > out || fail=1
for i in 1 2 3; do printf '\0360123456789abcdef 0\n\036'; done > exp
cmp exp out || fail=1

# Standard input is empty; the environment is that of a task.
echo unread | pmap -P1 -c 'cat; echo $1' > out || fail=1
echo unread > exp
compare exp out || fail=1
pmap -P1 -c 'env | grep ^PMAP_ | sort' ::: 'a  b' > out || fail=1
printf '%s\n' PMAP_ATTEMPT=1 PMAP_INDEX=1 'PMAP_ITEM=a  b' PMAP_SLOT=1 > exp
compare exp out || fail=1
seq 50 | pmap -P3 -c 'echo $PMAP_INDEX $PMAP_SLOT' > out || fail=1
awk '$1 != NR || $2 < 1 || 3 < $2 { bad = 1 } END { exit bad }' out || fail=1

# State stays in a shell, but not beyond --isolate or --max-tasks-per-child.
seq 4 | pmap -P1 -c 'n=$((n + 1)); echo $n' > out || fail=1
seq 4 > exp
compare exp out || fail=1
seq 4 | returns_ 123 pmap -P1 --isolate -c 'n=$((n + 1)); echo $n; exit $n' \
  > out 2> /dev/null || fail=1
printf '%s\n' 1 1 1 1 > exp
compare exp out || fail=1
seq 5 | pmap -P1 --max-tasks-per-child=2 -c 'n=$((n + 1)); echo $n' > out \
  || fail=1
printf '%s\n' 1 2 1 2 1 > exp
compare exp out || fail=1
# What a shell says at its end is not lost.
seq 100 | pmap -P1 --initializer='trap "echo \$n" EXIT' -c 'n=$((n + $1))' \
  > out || fail=1
echo 5050 > exp
compare exp out || fail=1
seq 1000 | pmap -P4 --initializer='trap "echo \$n" EXIT' -c 'n=$((n + $1))' \
  > out || fail=1
test "$(awk '{ n += $1 } END { print n }' out)" = 500500 || fail=1

# Chunks.
seq 6 | pmap -P2 -n3 -c 'echo $1 $PMAP_SLOT' > out || fail=1
awk '{ s[int (($1 - 1) / 3)] = s[int (($1 - 1) / 3)] $2 }
     END { exit !(s[0] ~ /^(111|222)$/ && s[1] ~ /^(111|222)$/) }' out \
  || fail=1

# What cannot begin ends the run before the first item.
for script in 'if x' "echo 'a" 'x)' '}' 'echo "$(a'; do
  seq 9 | returns_ 125 pmap -P2 -c "$script" > out 2> err || fail=1
  test ! -s out || fail=1
  grep -i 'cannot prepare the script' err || fail=1
done
for init in 'echo said; echo err >&2; exit 3' \
    'echo said; echo err >&2; (exit 3)'; do
  seq 9 | returns_ 125 pmap -P2 --initializer="$init" -c 'echo $1' \
    > out 2> err || fail=1
  test ! -s out || fail=1
  grep '^said$' err || fail=1
  grep '^err$' err || fail=1
  grep 'exit status 3' err || fail=1
done
seq 2 | returns_ 125 pmap --initializer='if' -c 'echo $1' 2> err || fail=1
# What it says otherwise comes with the first item.
seq 2 | pmap -P1 --initializer='echo ready' -c 'echo $1' > out || fail=1
printf '%s\n' ready 1 2 > exp
compare exp out || fail=1

# Items too long for the environment do not keep programs from running.
awk 'BEGIN { s = "a"; while (length (s) < 300000) s = s s; print s }' > big
pmap -c 'ls / > /dev/null && printf %s "$1" | wc -c' < big > out || fail=1
test "$(cat out)" -eq $(($(wc -c < big) - 1)) || fail=1

# What cannot be assigned costs its items, not the run.
for shell in sh bash; do
  command -v $shell > /dev/null || continue
  returns_ 123 pmap -P1 --shell=$shell -c 'readonly PMAP_INDEX; echo $1' \
    ::: 1 2 3 4 > out 2> /dev/null || fail=1
done

# Functions of bash.
if command -v bash > /dev/null; then
  bash -c 'f() { echo "<$1>"; }; export -f f
    seq 3 | pmap -P2 --shell=bash -c "f \$1"' > out || fail=1
  printf '<%s>\n' 1 2 3 > exp
  compare exp out || fail=1
fi

# What does not go together.
for o in --ungrouped --replace=x --max-chars=100 --chunksize=max; do
  returns_ 125 pmap $o -c 'echo $1' ::: a 2> err || fail=1
  grep 'exclude each other' err || fail=1
done
for o in --isolate --max-tasks-per-child=1 --shell=sh; do
  returns_ 125 pmap $o echo ::: a 2> err || fail=1
  grep 'only with --command' err || fail=1
done
returns_ 125 pmap -c 'echo $1' word ::: a 2> err || fail=1
grep 'word.* is too much' err || fail=1
returns_ 127 pmap --shell=no-such-shell -c 'echo $1' ::: a 2> err || fail=1

# The other ways of output.
seq 100 | pmap -P4 -u -c 'echo $1' | sort -n > out || fail=1
seq 100 > exp
compare exp out || fail=1
seq 100 | pmap -P4 --line-buffered -c 'echo $1' | sort -n > out || fail=1
compare exp out || fail=1
pmap --dry-run -c 'echo "{}" $1' ::: a "it's" > out || fail=1
sh out > ran || fail=1
printf '%s\n' '{} a' "{} it's" > exp
compare exp ran || fail=1

Exit $fail
