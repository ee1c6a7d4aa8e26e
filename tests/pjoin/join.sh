#!/bin/sh
# pjoin waits for processes, delivers their output and releases them.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

# The examples of the manual's beginning.
h=$(pspawn sh -c 'echo out; exit 7') || fail=1
returns_ 7 pjoin "$h" > out 2> err || fail=1
echo out > exp
compare exp out || fail=1
compare /dev/null err || fail=1

# It is released: its name is free, and it is not there any more.
returns_ 1 pjoin "$h" > out 2> err || fail=1
compare /dev/null out || fail=1
echo "pjoin: there is no process '$h'" > exp
compare exp err || fail=1
ls records/none records/handle > left
printf '%s:\n' records/handle > exp
printf '\n%s:\n' records/none >> exp
compare exp left || fail=1

# By name, by handle, by PID and by standard input; each is joined once.
pspawn -q -N one echo 1 || fail=1
h=$(pspawn -N two echo 2) || fail=1
p=$(pspawn --print=pid -N three echo 3) || fail=1
pspawn -q -N four echo 4 || fail=1
pjoin one "$h" "$p" four two one > out || fail=1
seq 4 > exp
compare exp out || fail=1
{ pspawn true; pspawn sh -c 'exit 3'; } > handles || fail=1
returns_ 3 pjoin - < handles || fail=1
for i in 1 2 3 4; do
  pspawn -q -N n$i echo $i || fail=1
done
printf 'n1\r\n\r\n\nn2\r\n' | pjoin n3 - n4 > out || fail=1
printf '%s\n' 3 1 2 4 > exp
compare exp out || fail=1
pspawn -q -N 'a name' echo a || fail=1
pspawn -q -N b echo b || fail=1
printf 'a name\0b' | pjoin -0 - > out || fail=1
printf '%s\n' a b > exp
compare exp out || fail=1
pjoin - < /dev/null || fail=1

# In the order of the operands, however they end; the two streams apart.
pspawn -q -N slow sh -c '
  sh "$0" test -e go; echo slow; echo slow-err >&2' \
  "$abs_srcdir/tests/await" || fail=1
pspawn -q -N fast sh -c 'echo fast; echo fast-err >&2; : > go' || fail=1
pjoin slow fast > out 2> err || fail=1
printf '%s\n' slow fast > exp
compare exp out || fail=1
printf '%s\n' slow-err fast-err > exp
compare exp err || fail=1
pspawn -q -N a sh -c 'echo 1; echo 2 >&2' || fail=1
pspawn -q -N b sh -c 'echo 3; echo 4 >&2' || fail=1
pjoin a b > out 2>&1 || fail=1
seq 4 > exp
compare exp out || fail=1

# Another shell may do it, from another folder.
pspawn -q -N far echo far || fail=1
(cd / && sh -c 'exec pjoin far') > out || fail=1
echo far > exp
compare exp out || fail=1

# Every byte, be there many or none.
{ seq 100000; head -c 300000 /dev/urandom; } > data
pspawn -q -N big sh -c 'cat data; cat data >&2' || fail=1
pjoin big > out 2> err || fail=1
compare data out || fail=1
compare data err || fail=1
pspawn -q -N none true || fail=1
pjoin none > out 2> err || fail=1
compare /dev/null out || fail=1
compare /dev/null err || fail=1
pspawn -q -N file -o file echo to a file || fail=1
pjoin file > out || fail=1
compare /dev/null out || fail=1
echo to a file > exp
compare exp file || fail=1

# Into a pipe, and to a reader that takes its time.
pspawn -q -N piped cat data || fail=1
pjoin piped | cat > out
compare data out || fail=1
pspawn -q -N slowly cat data || fail=1
pjoin slowly | { retry_until_ 60 test -d records/none; cat; } > out
compare data out || fail=1

Exit $fail
