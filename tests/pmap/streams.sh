#!/bin/sh
# Closed standard streams, full disks and closed pipes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# Closed input: it cannot be read, and is not needed for other items.
returns_ 125 pmap echo <&- > out 2> err || fail=1
compare /dev/null out || fail=1
echo 'pmap: cannot read standard input: Bad file descriptor' > exp
compare exp err || fail=1
echo a > exp
pmap echo ::: a <&- > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
echo a > in
pmap -a in echo <&- > out 2> err || fail=1
compare exp out || fail=1

# Closed output: only what is written fails, and no task gets one of pmap's
# own descriptors in its place.
returns_ 125 pmap echo ::: a >&- 2> err || fail=1
grep '^pmap: write error: Bad file descriptor$' err > /dev/null \
  || { cat err; fail=1; }
returns_ 125 pmap sh -c 'echo $1 >&2' _ ::: a 2>&- > out
returns_ 123 pmap false ::: a 2>&- > out
pmap sh -c ': > made' ::: a <&- >&- 2>&-
test -e made || fail=1
pmap echo ::: a 2>&- > out || fail=1
compare exp out || fail=1
# What the tasks have for descriptors is the same as ever.
fds='for f in /proc/self/fd/*; do echo ${f##*/}; done'
pmap sh -c "$fds" ::: a < /dev/null > all 2> err || fail=1
pmap sh -c "$fds" ::: a <&- > out 2> err || fail=1
compare all out || fail=1
pmap sh -c "$fds" ::: a 2>&- > out || fail=1
compare all out || fail=1
pmap sh -c "($fds) > fds" ::: a >&- 2> err
compare all fds || fail=1
pmap sh -c "($fds) > fds" ::: a <&- >&- 2>&-
compare all fds || fail=1

# A full disk.
if test -c /dev/full && test -w /dev/full; then
  returns_ 125 env "$mark_" pmap -P2 -k .1 sh -c 'echo $1; exec sleep 1000' \
    _ ::: a b c > /dev/full 2> err || fail=1
  echo 'pmap: write error: No space left on device' > exp
  compare exp err || fail=1
  no_leftovers_ 0 || fail=1
  # A task's failure is not what matters then.
  returns_ 125 pmap sh -c 'echo; exit 1' ::: a > /dev/full 2> err || fail=1
  compare exp err || fail=1
  # Standard error.
  returns_ 125 pmap sh -c 'echo >&2' ::: a 2> /dev/full || fail=1
  # Nothing written, nothing lost.
  pmap true ::: a > /dev/full || fail=1
fi

# A reader that has enough: quiet, and as if ended by SIGPIPE.
# (The shell that runs this may ignore SIGPIPE: then it is an error.)
env --default-signal=PIPE true 2> /dev/null || skip_ 'env is too old'
{
  env "$mark_" env --default-signal=PIPE pmap -P2 -k .1 sh -c \
    'while :; do echo $1; done' _ ::: a b c d 2> err
  echo $? > status
} | sed 1q > out
echo a > exp
compare exp out || fail=1
compare /dev/null err || fail=1
echo 141 > exp
compare exp status || fail=1
no_leftovers_ 0 || fail=1
{
  env --ignore-signal=PIPE pmap -P2 -k .1 seq ::: 300000 300001 2> err
  echo $? > status
} | sed 1q > out
echo 125 > exp
compare exp status || fail=1
echo 'pmap: write error: Broken pipe' > exp
compare exp err || fail=1
# The same where the tasks write themselves, and would go on for ever.
{
  yes | env --default-signal=PIPE timeout 60 pmap --ungrouped echo 2> err
  echo $? > status
} | sed 1q > out
echo y > exp
compare exp out || fail=1
compare /dev/null err || fail=1
echo 141 > exp
compare exp status || fail=1
# The tasks have SIGPIPE as we had it.
{
  env --default-signal=PIPE pmap sh -c \
    'sh -c "kill -PIPE \$\$"; echo $?' ::: a
  env --ignore-signal=PIPE pmap sh -c \
    'sh -c "kill -PIPE \$\$"; echo $?' ::: a
} > out
printf '%s\n' 141 0 > exp
compare exp out || fail=1

Exit $fail
