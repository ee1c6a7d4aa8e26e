#!/bin/sh
# Closed standard streams, full disks and closed pipes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

# ended_ NAME COMMAND [ARG]...
# Start COMMAND as NAME and wait for its end.
ended_ () { pspawn -q -N "$@" && retry_until_ 60 pjoin --poll "$1" || fail=1; }

# Closed input: it matters only if handles are to be read.
ended_ a echo a
pjoin a <&- > out 2> err || fail=1
echo a > exp
compare exp out || fail=1
compare /dev/null err || fail=1
returns_ 125 pjoin - <&- 2> err || fail=1
echo 'pjoin: cannot read handles: Bad file descriptor' > exp
compare exp err || fail=1

# Closed output: what cannot be delivered stays.
ended_ a echo a
returns_ 125 pjoin a >&- 2> err || fail=1
echo 'pjoin: write error: Bad file descriptor' > exp
compare exp err || fail=1
returns_ 125 pjoin -f a >&- 2> err || fail=1
compare exp err || fail=1
pjoin a > out || fail=1
echo a > exp
compare exp out || fail=1
ended_ e sh -c 'echo e >&2'
returns_ 125 pjoin e 2>&- || fail=1
pjoin e 2> err || fail=1
echo e > exp
compare exp err || fail=1
# Nothing written, nothing failed.
ended_ n true
pjoin n <&- >&- 2>&- || fail=1

# A full disk: the process's own failure is not what matters then.
if test -c /dev/full && test -w /dev/full; then
  ended_ a sh -c 'echo a; exit 3'
  ended_ b echo b
  returns_ 125 pjoin a b > /dev/full 2> err || fail=1
  echo 'pjoin: write error: No space left on device' > exp
  compare exp err || fail=1
  # That is said once.
  returns_ 125 pjoin --report a b > /dev/full 2> err || fail=1
  test "$(wc -l < err)" = 1 || { cat err; fail=1; }
  returns_ 125 pjoin --list > /dev/full 2> err || fail=1
  compare exp err || fail=1
  returns_ 3 pjoin a b > out || fail=1
  printf '%s\n' a b > exp
  compare exp out || fail=1
  ended_ e sh -c 'echo e >&2'
  returns_ 125 pjoin e 2> /dev/full || fail=1
  pjoin e 2> /dev/null || fail=1
fi

# A reader that has enough: quiet, as if ended by SIGPIPE, and nothing is lost.
env --default-signal=PIPE true 2> /dev/null || skip_ 'env is too old'
# Pages may be of 64 KiB, and a pipe has 16.
seq 300000 > data
ended_ big cat data
for f in '' -f; do
  {
    env --default-signal=PIPE pjoin $f big 2> err
    echo $? > status
  } | sed 1q > out
  echo 1 > exp
  compare exp out || fail=1
  compare /dev/null err || fail=1
  echo 141 > exp
  compare exp status || fail=1
done
{
  env --ignore-signal=PIPE pjoin big 2> err
  echo $? > status
} | sed 1q > out
echo 125 > exp
compare exp status || fail=1
echo 'pjoin: write error: Broken pipe' > exp
compare exp err || fail=1
pjoin big > out || fail=1
compare data out || fail=1

Exit $fail
