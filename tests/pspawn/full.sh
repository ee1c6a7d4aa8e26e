#!/bin/sh
# A full disk loses output, and nothing else.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_root_
require_proc_

mkdir disk || framework_failure_
cleanup_ ()
{
  kill_leftovers_
  # A process on its way out may have something open there still.
  umount -l "$test_dir_/disk" 2> /dev/null
}
mount -t tmpfs -o size=256k,mode=700 tmpfs disk 2> /dev/null \
  || skip_ 'no file system can be mounted here'
MPUTILS_DIR=$PWD/disk/records
export MPUTILS_DIR

for how in spawn forkserver; do
  # Not killed, not blocked; its status and what was lost are in the record.
  pspawn_ -q --start-method=$how -N full-$how sh -c '
    head -c 1000000 /dev/zero && echo err >&2 && : > wrote
    exit 3' || fail=1
  ended_ full-$how || fail=1
  test -e wrote || fail=1
  test "$(record_says_ full-$how status)" = $((3 * 256)) || fail=1
  kept=$(cat disk/records/none/full-$how/out.* | wc -c)
  test $((kept + $(record_says_ full-$how dropped-out))) = 1000000 || fail=1
  test "$(record_says_ full-$how error-out)" != 0 || fail=1
  rm -f wrote

  # What cannot even begin is our failure, and leaves nothing.
  cat /dev/zero > disk/more 2> /dev/null
  ls -R disk > exp
  returns_ 125 pspawn_ --start-method=$how -N more sh -c ': > started' \
    > out 2> err || fail=1
  compare /dev/null out || fail=1
  grep 'No space left on device$' err > /dev/null || { cat err; fail=1; }
  ls -R disk > out
  compare exp out || fail=1
  test ! -e started || fail=1
  rm -rf disk/more
  test "$how" != forkserver || end_server_of_ full-$how || fail=1
  rm -rf disk/records/none/full-$how
done
no_leftovers_ 60 || fail=1

Exit $fail
