#!/bin/sh
# Low limits make fewer tasks run at a time, and lose none.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

seq 100 > exp || framework_failure_

# one_warning_
# Check that err is empty or the one warning that few tasks run.
one_warning_ ()
{
  local lines_
  lines_=$(wc -l < err)
  test $lines_ -le 1 \
    || { cat err; warn_ 'more than one message'; fail=1; }
  test $lines_ = 0 \
    || grep '^pmap: warning: running only [0-9]* tasks* at a time: ' err \
       > /dev/null || { cat err; fail=1; }
}

# Descriptors.
for n in 12 14 16 20; do
  (ulimit -n $n && exec pmap -P64 echo < exp) > out 2> err \
    || { warn_ "failed with $n descriptors"; cat err; fail=1; }
  compare exp out || fail=1
  one_warning_
done
(ulimit -n 16; exec pmap -P64 sh -c 'echo $1; exec sleep .05' _ < exp) \
  > out 2> err || fail=1
compare exp out || fail=1
one_warning_
grep 'Too many open files' err > /dev/null || fail=1

# Processes: the limit counts all of a user's, so it must be an ordinary one.
require_user_
# limited_
# Let the user have a few more than those that there are, and check that pmap is
# told so.  Others that go meanwhile make room for more.
limited_ ()
{
  run_as_user_ bash -c "ulimit -u $(($(user_processes_) + 12)) \
    && exec pmap -P64 sh -c 'echo \$1; exec sleep .05' _" < exp > out 2> err \
    || { cat err; fail=1; }
  compare exp out || fail=1
  # Others that come meanwhile may have taken even the guard's place.
  sed '/^pmap: warning: running without a guard: /d' err > t && mv t err
  one_warning_
  grep 'Resource temporarily unavailable' err > /dev/null
}
retry_until_ 5 limited_ || fail=1

Exit $fail
