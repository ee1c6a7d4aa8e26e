#!/bin/sh
# Operands and options that make no sense.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

# no_ OPERAND MESSAGE
no_ ()
{
  returns_ 1 pjoin -- "$1" > out 2> err || fail=1
  compare /dev/null out || fail=1
  echo "pjoin: $2" > exp
  compare exp err || fail=1
}

pspawn -q -N good echo good || fail=1
no_ unknown "no process is called 'unknown' here"
for p in 0 -1 '' / a/b .hidden 1: :1 1:2:3 0:1 01:1; do
  no_ "$p" "'$p' is neither a name nor a handle nor a PID"
done
sh -c 'exit 0' & p=$!
wait $p
no_ $p:1 "there is no process '$p:1'"
no_ 99999999999999999999 "there is no process '99999999999999999999'"
no_ 4194305 "there is no process '4194305'"
long=$(printf '%0300d' 0)
returns_ 1 pjoin "n$long" 2> /dev/null || fail=1
sh -c 'exec pjoin $$' 2> err
test $? = 1 || fail=1
grep 'is this pjoin itself' err > /dev/null || { cat err; fail=1; }

# All are looked for first, and then nothing is joined.
returns_ 1 pjoin good unknown /bad > out 2> err || fail=1
compare /dev/null out || fail=1
test $(wc -l < err) = 2 || fail=1
printf 'good\nun\0known\n' > in
returns_ 1 pjoin - < in > out 2> err || fail=1
compare /dev/null out || fail=1
printf '%s\n' "pjoin: handle 'un\0known' holds a NUL byte; use --null" > exp
compare exp err || fail=1
head -c 100000 /dev/urandom > in
returns_ 1 pjoin - < in > out 2> /dev/null || fail=1
compare /dev/null out || fail=1
pjoin good > out || fail=1
echo good > exp
compare exp out || fail=1

# usage_ MESSAGE [ARG]...
usage_ ()
{
  local message_=$1
  shift
  returns_ 125 pjoin "$@" > out 2> err || fail=1
  compare /dev/null out || fail=1
  printf '%s\n' "pjoin: $message_" "Try 'pjoin --help' for more information." \
    > exp
  compare exp err || fail=1
}
usage_ 'no process was named'
usage_ "invalid duration: 'x'" -t x 1
usage_ "invalid duration: '-1'" -t -1 1
usage_ "invalid duration: ''" -k '' 1
usage_ "invalid signal: 'NOSIG'" -s NOSIG 1
usage_ "invalid signal: '0'" -s 0 1
for n in 0 -1 x 1x '' 1.5 99999999999999999999999; do
  usage_ "invalid number of processes: '$n'" --count=$n 1
done
usage_ '--signal and --kill-after need --timeout' -k 1 1
usage_ '--signal and --kill-after need --timeout' -s TERM 1
usage_ '--poll and --list exclude each other' --poll --list 1
usage_ '--timeout and --poll exclude each other' --poll -t 1 1
usage_ '--timeout and --list exclude each other' --list -t 1 1
usage_ '--follow and --list exclude each other' --list -f 1
usage_ '--count and --list exclude each other' --list --any 1
usage_ '--follow and --quiet exclude each other' -f -q 1

Exit $fail
