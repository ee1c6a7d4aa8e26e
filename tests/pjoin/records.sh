#!/bin/sh
# Directories of records that cannot be trusted, and damaged records.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

# refused_ WHY
# Succeed if pjoin refuses the directory of records because of WHY.
refused_ ()
{
  echo "pjoin: cannot trust directory '$MPUTILS_DIR': $1" > exp
  returns_ 125 pjoin $$ 2> err && compare exp err \
    && returns_ 125 pjoin --list 2> err && compare exp err
}

# None at all: there are no records, and PIDs do as ever.
returns_ 1 pjoin name 2> err || fail=1
echo "pjoin: no process is called 'name' here" > exp
compare exp err || fail=1
returns_ 1 pjoin --poll $$ || fail=1
pjoin --list > out || fail=1
compare /dev/null out || fail=1
pjoin -A || fail=1
test ! -e records || fail=1

mkdir -m 700 real
ln -s real records
refused_ 'it is a symbolic link' || fail=1
rm records
: > records
refused_ 'it is not a directory' || fail=1
rm records
for mode in 750 705 770 777; do
  mkdir records && chmod $mode records || framework_failure_
  refused_ 'other users may enter it' || fail=1
  rmdir records
done
if test "$(id -u)" = 0 && chown 65534 real 2> /dev/null; then
  MPUTILS_DIR=$PWD/real
  refused_ 'it belongs to another user' || fail=1
  MPUTILS_DIR=$PWD/records
fi

# Records that are torn or garbage: no process is touched, and others do.
pspawn -q -N good echo good || fail=1
pspawn -q -N bad true || fail=1
retry_until_ 60 pjoin --poll bad || fail=1
damaged_ ()
{
  returns_ 125 pjoin bad > out 2> err || fail=1
  compare /dev/null out || fail=1
  echo "pjoin: the record of 'bad' is damaged" > exp
  compare exp err || fail=1
  returns_ 125 pjoin --list --report=%n > out 2> err || fail=1
  echo good > list
  compare list out || fail=1
  compare exp err || fail=1
  returns_ 125 pjoin --all --keep > out 2> err || fail=1
  compare list out || fail=1
  compare exp err || fail=1
  returns_ 125 pkill-tree bad 2> err || fail=1
  echo "pkill-tree: the record of 'bad' is damaged" > exp
  compare exp err || fail=1
}
bad=records/none/bad
cp $bad/start start || framework_failure_
: > $bad/start; damaged_
head -c 60 start > $bad/start; damaged_
head -c 1000 /dev/urandom > $bad/start; damaged_
sed 's/^handle .*/handle x/' start > $bad/start; damaged_
sed 's/^version .*/version 99/' start > $bad/start; damaged_
rm $bad/start; mkdir $bad/start; damaged_
rmdir $bad/start; ln -s "$PWD/start" $bad/start; damaged_
if mkfifo fifo 2> /dev/null; then
  rm $bad/start; mkfifo $bad/start; damaged_
fi
rm $bad/start; cp start $bad/start
cp $bad/status status
head -c 30 status > $bad/status; damaged_
cp status $bad/status
pjoin good bad > out || fail=1
echo good > exp
compare exp out || fail=1

# From before the machine was started again: nothing of it is true any more.
pspawn -q -N old echo old || fail=1
retry_until_ 60 pjoin --poll old || fail=1
sed 's/^boot .*/boot another/' records/none/old/start > start
cat start > records/none/old/start
rm records/none/old/status
returns_ 122 pjoin --keep old > out 2> err || fail=1
echo old > exp
compare exp out || fail=1
# Such are cleaned; so are those that ended long ago, but never one that runs.
pspawn -q -N new echo new || fail=1
env "$mark_" pspawn -q -N runs sh "$abs_srcdir/tests/await" test -e go || fail=1
retry_until_ 60 pjoin --poll new || fail=1
pjoin --list --report=%n > out || fail=1
printf '%s\n' new runs > exp
compare exp out || fail=1
MPUTILS_KEEP=1h pjoin --list --report=%n > out || fail=1
compare exp out || fail=1
MPUTILS_KEEP=0 pjoin --list --report=%n > out || fail=1
echo runs > exp
compare exp out || fail=1
: > go
pjoin -A || fail=1
ls -A records/none records/handle > left 2> /dev/null
grep -v -e : -e '^$' left && fail=1

Exit $fail
