#!/bin/sh
# A limit of file sizes loses output, and nothing else.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

MPUTILS_DIR=$PWD/records
export MPUTILS_DIR

for how in spawn forkserver; do
  # The supervisor survives SIGXFSZ, and COMMAND has it as it was.
  (
    ulimit -f 512 || exit 77
    pspawn_ -q --start-method=$how -N limit-$how sh -c '
      head -c 1000000 /dev/zero && : > wrote
      sed -n "s/^SigIgn:[[:blank:]]*//p" /proc/self/status >&2
      exit 3'
  )
  case $? in
    0) ;;
    77) skip_ 'file sizes cannot be limited' ;;
    *) fail=1 ;;
  esac
  ended_ limit-$how 20 || fail=1
  test -e wrote || fail=1
  test "$(record_says_ limit-$how status)" = $((3 * 256)) || fail=1
  test "$(record_says_ limit-$how error-out)" != 0 || fail=1
  sed -n 's/^SigIgn:[[:blank:]]*//p' /proc/self/status > exp
  returns_ 3 pjoin limit-$how > out 2> err || fail=1
  grep -F -f exp err > /dev/null || { cat err; fail=1; }
  grep 'File too large' err > /dev/null || { cat err; fail=1; }
  rm -f wrote
done

# A request that is larger is refused.
var=$(head -c 20000 /dev/zero | tr '\0' x)
(
  ulimit -f 8 || exit 77
  returns_ 125 env "$mark_" VAR="$var" pspawn -q --start-method=forkserver \
    touch ran > out 2> err
) || fail=1
grep 'File too large' err > /dev/null || { cat err; fail=1; }
test ! -e ran || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
