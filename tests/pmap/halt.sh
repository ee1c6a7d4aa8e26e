#!/bin/sh
# When enough tasks have failed, succeeded or ended, the run does.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

seq 1000 > items || framework_failure_

# halts_ STATUS MOST HALT SCRIPT
# Let SCRIPT run for up to 1000 items, three at a time, in each mode: the status
# is to be STATUS, and tasks up to MOST may have begun.  What they wrote is in
# order.
halts_ ()
{
  for mode in fresh warm; do
    case $mode in
      fresh) set -- "$1" "$2" "$3" "$4" sh -c "$4" _ ;;
      warm) set -- "$1" "$2" "$3" "$4" -c "$4" ;;
    esac
    most=$2 halt=$3 status=$1
    script=$4
    shift 4
    rm -f began.*
    env "$mark_" pmap -P3 --halt=$halt "$@" < items > out 2> err
    test $? = $status || { warn_ "$mode, $halt: status"; cat err; fail=1; }
    sort -n out | cmp - out || fail=1
    n=$(ls | grep -c '^began\.')
    test $n -le $most || { warn_ "$mode, $halt: $n tasks"; fail=1; }
    no_leftovers_ 20 || fail=1
    set -- $status $most $halt "$script"
  done
}

# Those that run are ended now, with all that they have started.
halts_ 123 600 now,fail=1 '
  : > began.$1
  case $1 in
    3) exit 1 ;;
    [45]) sleep 1000 & sleep 1000 ;;
    *) echo $1 ;;
  esac'
grep 'pmap: 1 of .* failed: .3. (exit 1)$' err || fail=1

# Or they are the last.
halts_ 123 600 soon,fail=2 '
  : > began.$1
  echo $1
  test $1 != 4 && test $1 != 5'
for i in 4 5; do
  grep "^$i\$" out > /dev/null || fail=1
done

# Successes.
halts_ 0 600 now,success=1 '
  : > began.$1
  test $1 = 2 || { sleep 1000; exit; }'
halts_ 0 600 soon,success=2 '
  : > began.$1
  test $1 -lt 3 || exit 1'
# There are none, or too few.
head -n 6 items > few && mv few items || framework_failure_
halts_ 123 6 now,success=2 ': > began.$1; test $1 = 5'

# Ends, whatever they are like.
halts_ 123 6 soon,done=3 ': > began.$1; test $1 != 1'
halts_ 0 6 now,done=3 ': > began.$1'

# One at a time, it is known which the last one is.
for mode in 'sh -c' -c; do
  case $mode in
    -c) last= ;;
    *) last=_ ;;
  esac
  for halt in now,fail=2 soon,fail=2 now,fail=30% soon,fail=30%; do
    returns_ 123 pmap -P1 -n1 --halt=$halt --failed=failed $mode '
      echo $1; test $1 != 3 && test $1 != 5' $last < items > out 2> err \
      || fail=1
    printf '%s\n' 3 5 > exp
    compare exp failed || fail=1
    case $mode,$halt in
      sh*,*) seq 5 > exp; compare exp out || fail=1 ;;
      *) head -n 5 out > first; seq 5 > exp; compare exp first || fail=1 ;;
    esac
  done
done

# Of all items, also those that an earlier run has done.
rm -f log
returns_ 123 pmap -P1 --joblog=log --halt=now,fail=30% sh -c '
  echo $1; test $1 != 1 && test $1 != 2' _ < items > out 2> err || fail=1
seq 2 > exp
compare exp out || fail=1
pmap -P1 --joblog=log --resume --halt=now,fail=30% sh -c '
  echo $1; test $1 != 1 && test $1 != 2' _ < items > out 2> err || fail=1
seq 3 6 > exp
compare exp out || fail=1
rm -f log

# A percentage that was not reached.
returns_ 123 pmap --halt=now,fail=40% sh -c 'echo $1; test $1 -gt 2' _ \
  < items > out 2> err || fail=1
compare items out || fail=1

# Attempts that are not the last do not count.
pmap -P1 --halt=now,fail=1 --retries=2 --retry-delay=1ms \
  sh -c 'echo $1; test $PMAP_ATTEMPT = 2' _ < items > out || fail=1
compare items out || fail=1

pmap --halt=never true < items || fail=1
for bad in '' now soon now, now,fail now,fail= now,fail=0 now,fail=x \
           later,fail=1 now,end=1 now,fail=1x now,fail=101% now,fail=-1; do
  returns_ 125 pmap --halt="$bad" true ::: a 2> err \
    || { warn_ "accepted: $bad"; fail=1; }
done

# The run's own time.  What has ended before counts.
returns_ 124 env "$mark_" pmap -P2 --deadline=3 sh -c '
  echo $1; test $1 = 1 || { sleep 1000 & sleep 1000; }' _ ::: 1 2 3 \
  > out 2> err || fail=1
echo 'pmap: the time of the run was over' > exp
compare exp err || fail=1
head -n 1 out > first
echo 1 > exp
compare exp first || fail=1
no_leftovers_ 20 || fail=1
pmap --deadline=1d true ::: a || fail=1

# A task that takes much longer than others.
returns_ 123 env "$mark_" pmap -P1 -v -t 10000% sh -c '
  test $1 -lt 5 || sleep 1000' _ ::: 1 2 3 4 5 > out 2> err || fail=1
grep "item '5': its time was over" err || fail=1
no_leftovers_ 20 || fail=1
for bad in % 0% x% -1% 1x%; do
  returns_ 125 pmap -t "$bad" true ::: a 2> err || fail=1
done

# The file for what has failed: in order, byte for byte; ready to be read again.
printf 'a b\0c\nd\0\0e\0' > items
returns_ 123 pmap -P3 -0 --failed=failed sh -c 'test "$1" = e' _ < items \
  2> err || fail=1
printf 'a b\0c\nd\0\0' > exp
cmp exp failed || fail=1
pmap -0 -a failed --failed=failed-2 true || fail=1
test -e failed-2 && test ! -s failed-2 || fail=1
seq 4 > items
returns_ 123 pmap -n2 --failed=failed sh -c 'test $1 = 3' _ < items 2> err \
  || fail=1
seq 2 > exp
compare exp failed || fail=1
# It is an input, which would be lost.
for how in '' --trace; do
  returns_ 125 pmap -a items ${how:---failed}=items touch ran 2> err || fail=1
  echo "pmap: 'items' is an input, and would be lost" > exp
  compare exp err || fail=1
  test $(wc -l < items) = 4 || fail=1
done
# Nobody reads it.
mkfifo fifo || framework_failure_
for how in --failed --trace; do
  returns_ 125 timeout 60 pmap $how=fifo touch ran ::: a 2> err || fail=1
done
# It cannot be opened, or written.
returns_ 125 pmap --failed=no/such touch ran ::: a 2> err || fail=1
test ! -e ran || fail=1
if test -w /dev/full; then
  returns_ 125 pmap --failed=/dev/full false ::: a b 2> err || fail=1
  grep "cannot write '/dev/full': No space" err || fail=1
  grep '2 of 2 tasks failed' err || fail=1
fi

Exit $fail
