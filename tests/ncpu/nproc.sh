#!/bin/sh
# ncpu agrees with nproc where no quota counts, and never exceeds it.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

nproc --version > /dev/null 2>&1 || skip_ 'there is no nproc'
test "$(ncpu)" -le "$(nproc)" || fail=1

ncpu --explain > table || fail=1
if grep -E '^. quota +[0-9]' table; then
  skip_ 'there is a CPU quota'
fi

test "$(ncpu)" = "$(nproc)" || fail=1
for i in 0 1 9999; do
  test "$(ncpu --ignore=$i)" = "$(nproc --ignore=$i)" || fail=1
done
for threads in 1 3 77 3,2,1 ' 3 , 2' 0 -1 x 3x ''; do
  for limit in 1 2 88 0 x ''; do
    OMP_NUM_THREADS=$threads OMP_THREAD_LIMIT=$limit
    export OMP_NUM_THREADS OMP_THREAD_LIMIT
    test "$(ncpu --openmp)" = "$(nproc)" \
      || { warn_ "OMP_NUM_THREADS='$threads' OMP_THREAD_LIMIT='$limit':" \
           "$(ncpu --openmp) is not $(nproc)"; fail=1; }
  done
done

Exit $fail
