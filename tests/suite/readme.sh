#!/bin/sh
# What README shows of a terminal is what one sees there.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

sed -n '/^A first look$/,/^And with/s/^    //p' "$abs_srcdir/README" > shown
test "$(grep -c '^\$ ' shown)" -gt 8 || framework_failure_

# The numbers of CPUs and processes are others here.
same_ ()
{
  sed 's/^[0-9][0-9]*:[0-9][0-9]*$/PID:ID/; /^\$ ncpu$/{ n; s/.*/N/; }' "$1"
}

mkdir folder && cd folder || framework_failure_
grep '^\$ ' ../shown | sed 's/^\$ //' > ../typed
while IFS= read -r line; do
  printf '$ %s\n' "$line"
  printf '%s\n' "$line" > ../line
  env "$mark_" timeout 60 sh ../line < /dev/null 2>&1
done < ../typed > ../out
cd .. || framework_failure_
same_ shown > exp
same_ out > actual
compare exp actual || fail=1

# The versions and files that it names are these.
grep "mputils-$VERSION.tar.xz" "$abs_srcdir/README" > /dev/null || fail=1
for file in contrib/packaging contrib/completion doc/mputils.texi SECURITY; do
  test -e "$abs_srcdir/$file" || { warn_ "there is no $file"; fail=1; }
done
no_leftovers_ 20 || fail=1

Exit $fail
