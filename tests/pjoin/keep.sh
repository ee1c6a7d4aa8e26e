#!/bin/sh
# pjoin --keep and -q, and output that could not all be kept.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

# --keep as often as you like.
pspawn -q -N kept sh -c 'echo out; exit 3' || fail=1
echo out > exp
for i in 1 2; do
  returns_ 3 pjoin --keep kept > out || fail=1
  compare exp out || fail=1
done
returns_ 3 pjoin kept > out || fail=1
compare exp out || fail=1
returns_ 1 pjoin kept 2> /dev/null || fail=1

# -q drops the output.
pspawn -q -N quiet sh -c 'echo out; echo err >&2; exit 3' || fail=1
returns_ 3 pjoin -q --keep quiet > out 2> err || fail=1
compare /dev/null out || fail=1
compare /dev/null err || fail=1
returns_ 3 pjoin quiet > out 2> /dev/null || fail=1
compare exp out || fail=1
pspawn -q -N quiet echo out || fail=1
pjoin -q quiet > out || fail=1
compare /dev/null out || fail=1
returns_ 1 pjoin quiet 2> /dev/null || fail=1

# The middle that was dropped is told of; beginning and end are there.
seq 100000 > data
pspawn -q -N capped --keep-max=160K cat data || fail=1
pjoin --keep capped > out 2> err || fail=1
n=$(($(wc -c < data) - $(wc -c < out)))
test $n -gt 0 || fail=1
echo "pjoin: 'capped': $n bytes in the middle of its standard output were\
 dropped" > exp
compare exp err || fail=1
head -c 80000 data > exp
head -c 80000 out | compare exp - || fail=1
tail -c 60000 data > exp
tail -c 60000 out | compare exp - || fail=1
# It is no failure of the process or of pjoin; nor where it is followed.
pjoin -f capped > followed 2> err || fail=1
compare out followed || fail=1

# Kept output that somebody has removed or cut is a loss, which is told.
for how in 'rm' ': >'; do
  for opt in '' -f; do
    pspawn -q -N cleaned sh -c 'echo out; echo err >&2' || fail=1
    pjoin -q --keep cleaned || fail=1
    eval "$how \"\$MPUTILS_DIR/none/cleaned/out.0\"" || framework_failure_
    returns_ 125 pjoin $opt cleaned > out 2> err || fail=1
    compare /dev/null out || fail=1
    sed 1d err | grep "'cleaned': its standard output could not all be kept" \
      > /dev/null || { cat err; fail=1; }
    test "$(sed q err)" = err || { cat err; fail=1; }
  done
done
# What is no file cannot be read; others are delivered.
pspawn -q -N other echo other || fail=1
pspawn -q -N cleaned sh -c 'echo out; echo err >&2' || fail=1
pjoin -q --keep cleaned || fail=1
rm "$MPUTILS_DIR/none/cleaned/out.0" \
  && mkdir "$MPUTILS_DIR/none/cleaned/out.0" || framework_failure_
returns_ 125 pjoin cleaned other > out 2> err || fail=1
echo other > exp
compare exp out || fail=1
grep '^err$' err > /dev/null || { cat err; fail=1; }
grep "'cleaned': its standard output could not all be kept: Is a dir" err \
  > /dev/null || { cat err; fail=1; }
# A status of its own counts more.
pspawn -q -N cleaned sh -c 'echo out; exit 3' || fail=1
pjoin -q --keep cleaned
rm "$MPUTILS_DIR/none/cleaned/out.0" || framework_failure_
returns_ 3 pjoin cleaned 2> err || fail=1
test -s err || fail=1

Exit $fail
