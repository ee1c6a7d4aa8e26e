#!/bin/sh
# pjoin --count, --any, --first-failure and --poll: some of several.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await

# spawn_ NAME STATUS
# Start NAME, which ends with STATUS when there is a file go-NAME.
spawn_ ()
{
  env "$mark_" pspawn -q -N "$1" \
    sh -c 'sh "$0" test -e go-$1; echo $1; exit $2' "$await_" "$1" "$2" \
    || fail=1
}

for n in a b c d; do spawn_ $n 0; done
returns_ 1 pjoin --poll a b || fail=1
: > go-b
pjoin --any a b c > out || fail=1
echo b > exp
compare exp out || fail=1
# The others stay.
returns_ 1 pjoin --poll a c d || fail=1
returns_ 1 pjoin b 2> /dev/null || fail=1
: > go-a; : > go-d
pjoin --count=2 d c a > out || fail=1
printf '%s\n' d a > exp
compare exp out || fail=1
: > go-c
pjoin c > out || fail=1
echo c > exp
compare exp out || fail=1
rm go-*

# Never more than M, be more of them there.
for n in a b c; do spawn_ $n 0; : > go-$n; done
retry_until_ 60 pjoin --poll a b c || fail=1
pjoin --count=2 a b c > out || fail=1
printf '%s\n' a b > exp
compare exp out || fail=1
pjoin c > out || fail=1
rm go-*

# The first failure; those that have ended are joined with it.
spawn_ good 0
spawn_ bad 3
spawn_ long 0
: > go-good
retry_until_ 60 pjoin --poll good || fail=1
: > go-bad
returns_ 3 pjoin --first-failure long good bad > out || fail=1
printf '%s\n' good bad > exp
compare exp out || fail=1
returns_ 1 pjoin --poll long || fail=1
: > go-long
pjoin --first-failure long > out || fail=1
rm go-*

# --poll joins nothing, and with --count or --any counts.
spawn_ a 9
spawn_ b 0
: > go-a
retry_until_ 60 pjoin --poll a > out || fail=1
compare /dev/null out || fail=1
returns_ 1 pjoin --poll a b || fail=1
pjoin --poll --any a b || fail=1
returns_ 1 pjoin --poll --count=2 a b || fail=1
: > go-b
returns_ 9 pjoin a b > out || fail=1
printf '%s\n' a b > exp
compare exp out || fail=1
# Of any process.
sleep_='exec sleep 1000'
env "$mark_" sh -c "$sleep_" & p=$!
returns_ 1 pjoin --poll $p || fail=1
kill $p
wait $p

# There must be as many.
spawn_ e 0
returns_ 1 pjoin --count=2 e 2> err || fail=1
echo 'pjoin: there is only 1 process' > exp
compare exp err || fail=1
: > go-e
pjoin e > out || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
