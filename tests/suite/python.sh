#!/bin/sh
# The manual's examples beside Python's multiprocessing print what it says;
# Python's own as well, where it is there.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
examples=$abs_srcdir/doc/examples/python

python=
python3 -c 'import multiprocessing' 2> /dev/null && python=python3

n=0
for f in "$examples"/*.sh; do
  name=$(basename "$f" .sh)
  mkdir $name && cd $name || framework_failure_
  MPUTILS_DIR=$PWD/records
  export MPUTILS_DIR
  env "$mark_" timeout 300 sh "$f" > out 2> err \
    || { warn_ "$name.sh has failed"; fail=1; }
  compare "$examples/$name.out" out || fail=1
  compare /dev/null err || fail=1
  no_leftovers_ 60 || fail=1
  if test -n "$python"; then
    timeout 300 $python "$examples/$name.py" > out 2>&1 || fail=1
    compare "$examples/$name.out" out || fail=1
  fi
  cd .. || framework_failure_
  n=$((n + 1))
done
test $n -ge 29 || { warn_ "only $n examples"; fail=1; }

Exit $fail
