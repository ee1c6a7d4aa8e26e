#!/bin/sh
# pjoin --all joins what was started in this scope.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_

pjoin -A || fail=1
pjoin --any -A 2> err
test $? = 1 || fail=1
echo 'pjoin: there are only 0 processes' > exp
compare exp err || fail=1

# In the order in which they were started.
for i in 3 1 2; do
  pspawn -q -N n$i sh -c 'echo $0; exit $0' $i || fail=1
done
returns_ 3 pjoin -A > out || fail=1
printf '%s\n' 3 1 2 > exp
compare exp out || fail=1
returns_ 125 pjoin -A n1 2> err || fail=1
printf '%s\n' "pjoin: extra operand 'n1': --all names them all" \
  "Try 'pjoin --help' for more information." > exp
compare exp err || fail=1

# Scopes do not know each other's.
pspawn -q -N outer echo outer || fail=1
pspawn --scope sh -c '
  pspawn -q -N inner echo inner
  pjoin outer 2> /dev/null; echo $?
  pjoin -A' > out || fail=1
printf '%s\n' 1 inner > exp
compare exp out || fail=1
pjoin -A > out || fail=1
echo outer > exp
compare exp out || fail=1

# A process that joins all does not wait for itself.
env "$mark_" pspawn -q -N self sh -c 'pspawn -q -N sub echo sub; pjoin -A' \
  || fail=1
pjoin -t 300 self > out || fail=1
echo sub > exp
compare exp out || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
