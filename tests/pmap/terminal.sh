#!/bin/sh
# Items typed at a terminal, and tasks that want one.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
script -qec true /dev/null > /dev/null 2>&1 < /dev/null \
  || skip_ 'there is no script(1) of util-linux to make a terminal'

# on_terminal_ COMMAND
# Run the shell COMMAND on a terminal, at which standard input is typed; its
# output goes to the file shown.
on_terminal_ ()
{
  timeout 60 script -qec "$1" /dev/null > shown
}

# Items are read from the terminal to its end of file.
printf 'one\ntwo\n\004' \
  | on_terminal_ 'pmap echo > out; echo $? > status'
printf 'one\ntwo\n' > exp
compare exp out || fail=1
echo 0 > exp
compare exp status || fail=1

# Each line is run as it is typed.
has_ () { grep -Fx -e "$2" "$1" > /dev/null 2>&1; }
rm -f out
{
  echo first
  retry_until_ 30 has_ out first || echo late > failed
  printf 'second\n\004'
} | on_terminal_ 'pmap echo > out'
test ! -e failed || fail=1
printf 'first\nsecond\n' > exp
compare exp out || fail=1

# A task that reads the terminal does not stop for ever: it is ended.
rm -f out err
on_terminal_ 'pmap sh -c "read -r line < /dev/tty; echo got" ::: a \
  > out 2> err; echo $? > status' < /dev/null
compare /dev/null out || fail=1
echo 123 > exp
compare exp status || fail=1
printf '%s\n' 'pmap: task 1 was ended: it tried to use the terminal' \
  "pmap: 1 of 1 task failed: 'a' (not run)" > exp
compare exp err || fail=1

# Output to the terminal may be written.
on_terminal_ 'stty tostop; pmap echo ::: seen' < /dev/null
tr -d '\r' < shown > out
has_ out seen || { cat out; fail=1; }

# ^C ends the run.
rm -f started status
{
  retry_until_ 30 test -e started
  printf '\003'
  retry_until_ 30 test -e status
} | on_terminal_ "trap : INT; env '$mark_' pmap -k .1 \
    sh -c ': > started; while :; do sleep 1000; done' ::: a > out 2> err
  echo \$? > status"
echo 130 > exp
compare exp status || fail=1
no_leftovers_ 0 || fail=1

# It ends a shell's loop, too.
rm -f started status
{
  retry_until_ 30 test -e started
  printf '\003'
  retry_until_ 30 test -e status
} | on_terminal_ "trap : INT; bash -c 'trap - INT; for i in 1 2; do
    env \"\$0\" pmap -k .1 sh -c \": > started; exec sleep 1000\" ::: a
    echo \$i >> loop
  done' '$mark_' > out 2> err
  echo \$? > status"
test ! -e loop || { warn_ 'the loop went on'; fail=1; }
no_leftovers_ 0 || fail=1

# ^\ too.
rm -f started status
{
  retry_until_ 30 test -e started
  printf '\034'
  retry_until_ 30 test -e status
} | on_terminal_ "trap : QUIT; env '$mark_' pmap -k .1 \
    sh -c ': > started; while :; do sleep 1000; done' ::: a > out 2> err
  echo \$? > status"
echo 131 > exp
compare exp status || fail=1
no_leftovers_ 0 || fail=1

# The terminal that goes away ends the run.
rm -f started
timeout 60 script -qec "env '$mark_' pmap -k .1 \
  sh -c ': > started; while :; do sleep 1000; done' ::: a" /dev/null \
  > shown 2>&1 < /dev/null &
pid=$!
retry_until_ 30 test -e started || fail=1
kill -KILL $(children_of_ $pid) || fail=1
wait $pid
no_leftovers_ 20 || fail=1

Exit $fail
