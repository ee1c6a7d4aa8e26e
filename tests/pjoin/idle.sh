#!/bin/sh
# pjoin makes no system call while it waits.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
require_strace_ read

grep '^#define MP_USE_PIDFD 1' "$abs_builddir/config.h" > /dev/null \
  || skip_ 'built without pidfds'

# waits_ PJOIN...
# Succeed if PJOIN... is silent while what it waits for runs.
waits_ ()
{
  rm -f log err
  env "$mark_" strace -f -o log "$@" ended a > out 2> err &
  j=$!
  retry_until_ 60 grep "'ended'" err > /dev/null || fail=1
  becomes_silent_ log
}

options='-v -vf'
grep '^#define MP_USE_INOTIFY 1' "$abs_builddir/config.h" > /dev/null \
  || options=-v
for o in $options; do
  rm -f go
  env "$mark_" pspawn -q -N a sh -c 'while ! test -e go; do sleep .05; done' \
    || fail=1
  env "$mark_" pspawn -q -N ended true || fail=1
  waits_ pjoin $o || fail=1
  : > go
  wait $j || fail=1
done

no_leftovers_ 60 || fail=1

Exit $fail
