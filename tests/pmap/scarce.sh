#!/bin/sh
# What pmap says when it cannot have what it wants, and goes on or gives up.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# So few descriptors that nothing can be started, tried at once and not for a
# minute.  Which number that is depends on what we have inherited.
gave_up=
for n in 4 5 6 7 8 9 10 11 12; do
  (ulimit -n $n && exec timeout 30 pmap echo ::: a) > out 2> err
  status=$?
  case $status in
    0) echo a > exp; compare exp out || fail=1 ;;
    *) test $status = 125 || { warn_ "status $status with $n"; fail=1; }
       compare /dev/null out || fail=1
       test -s err || { warn_ "no message with $n"; fail=1; } ;;
  esac
  test "$(cat err)" = 'pmap: cannot go on: Too many open files' && gave_up=$n
done
test -n "$gave_up" || { warn_ 'always started or never'; fail=1; }

# The environment leaves less room than the chunks that are asked for.
long=$(head -c 100000 /dev/zero | tr '\0' x)
(for i in 1 2 3 4 5 6 7 8 9 10; do
   eval "LONG$i=\$long; export LONG$i"
 done
 # 2 MB and 128 KB, the least and the most that it can be: execve(2).
 ulimit -s 8192 && exec pmap -n 100000 --max-chars=1500000 \
   sh -c 'n=$#; shift $((n - 1)); echo $n $1' _ < /dev/null) 2> err \
  || skip_ 'the environment cannot be so large'
seq 200000 > in || framework_failure_
(for i in 1 2 3 4 5 6 7 8 9 10; do
   eval "LONG$i=\$long; export LONG$i"
 done
 ulimit -s 8192 && exec pmap -n 100000 --max-chars=1500000 \
   sh -c 'n=$#; shift $((n - 1)); echo $n $1' _ < in) > out 2> err || fail=1
awk '{ n += $1; if ($2 != n) bad = 1 } END { exit bad || n != 200000 }' out \
  || { warn_ 'items were lost'; fail=1; }
# Once, however often it happens.
echo 'pmap: warning: running fewer items a task: Argument list too long' > exp
compare exp err || fail=1

# The first fork fails, and no other.  Only pmap itself is traced.
require_strace_ execve
forks=clone,fork,vfork
strace -e trace=clone3 true 2> /dev/null && forks=$forks,clone3
strace -o trace -e trace=$forks -e inject=$forks:error=EAGAIN:when=1 \
  pmap -P2 echo ::: a b > out 2> err || fail=1
grep INJECTED trace > /dev/null || skip_ 'strace cannot make fork fail here'
printf '%s\n' a b > exp
compare exp out || fail=1
printf '%s: %s\n' 'pmap: warning: running without a guard' \
  'Resource temporarily unavailable' > exp
compare exp err || fail=1

Exit $fail
