#!/bin/sh
# Wrong usage, what is refused, and handles that are read.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
MPUTILS_DIR=$PWD/records
export MPUTILS_DIR

env "$mark_" sleep 1000 &
victim=$!
cleanup_ () { kill -KILL $victim 2> /dev/null; kill_leftovers_; }

# says_ STATUS MESSAGE COMMAND...
# Run COMMAND, which must exit with STATUS and write "pkill-tree: MESSAGE".
says_ ()
{
  local status_=$1 message_=$2
  shift 2
  returns_ $status_ "$@" > out 2> err < /dev/null || fail=1
  printf 'pkill-tree: %s\n' "$message_" > exp
  sed 1q err > first
  compare exp first || fail=1
  compare /dev/null out || fail=1
  kill -0 $victim || { warn_ "hit by: $*"; fail=1; }
}

# Nothing is signalled after wrong usage, whatever else is named.
says_ 125 'no process was named' pkill-tree
for h in 0 00 '' ' 1' 1x 1: :1 1:2:3 +1 0x1 1.0 a/b .x; do
  case $h in 1x | 0x1 | 1.0 | +1 | ' 1') continue ;; esac
  says_ 125 "invalid handle: '$h'" pkill-tree $victim "$h"
done
says_ 125 "invalid handle: '-1'" pkill-tree $victim -- -1
says_ 125 "invalid option -- '1'" pkill-tree $victim -1
says_ 125 "invalid signal: 'NONE'" pkill-tree -s NONE $victim
says_ 125 "invalid duration: '-1'" pkill-tree -t -1 $victim
says_ 125 "invalid duration: 'x'" pkill-tree -k x $victim
says_ 125 '--no-wait and --kill-after exclude each other' \
  pkill-tree --no-wait -k 1 $victim
says_ 125 '--no-wait and --timeout exclude each other' \
  pkill-tree --no-wait -t 1 $victim

# What does not exist.
says_ 1 "process 'nobody': nothing has that name" pkill-tree nobody
says_ 1 "process '999999999': No such process" pkill-tree 999999999
says_ 1 "process '99999999999999999999': No such process" \
  pkill-tree 99999999999999999999
says_ 1 "process '$victim:1': No such process" pkill-tree $victim:1
sh -c : &
gone=$!
wait $gone
says_ 1 "process '$gone': No such process" pkill-tree $gone

# What is refused.
says_ 1 "process '1' is refused: all processes descend from it" pkill-tree 1
says_ 1 "process '1' is refused: all processes descend from it" \
  pkill-tree --descendants 1
says_ 1 "process '$$' is refused: it is an ancestor of this program" \
  pkill-tree -s 0 $$
sh -c 'echo $$; exec pkill-tree $$' > pid 2> err
test $? = 1 || fail=1
echo "pkill-tree: process '$(cat pid)' is refused: it is this program itself" \
  > exp
compare exp err || fail=1
# One that stays: where there are any, the parent of all.
kthread=$(sed 's/ (.*) / (x) /' /proc/2/stat 2> /dev/null \
          | awk '$4 == 0 && $9 % 4194304 >= 2097152 { print $1 }')
test -z "$kthread" \
  || says_ 1 "process '$kthread' is refused: it is a thread of the kernel" \
       pkill-tree -s 0 $kthread
for d in /proc/[0-9]*/task/[0-9]*; do
  pid=${d#/proc/} tid=${d##*/} pid=${pid%%/*}
  test $pid = $tid && continue
  # It may go at any time.
  pkill-tree -s 0 $tid 2> err
  test $? = 1 || fail=1
  grep -e 'it is a thread of' -e 'No such process' err > /dev/null \
    || { cat err; fail=1; }
  break
done

# A supervisor is no target: what it supervises is.
for how in spawn fork forkserver; do
  env "$mark_" pspawn -q -N job-$how --start-method=$how sleep 1000 || fail=1
  super=$(record_says_ job-$how supervisor)
  for name in $super ${super%%:*}; do
    why='it supervises what pspawn has started; name that'
    says_ 1 "process '$name' is refused: $why" pkill-tree $name
    says_ 1 "process '$name' is refused: $why" pkill-tree --dry-run $name
  done
  returns_ 1 pjoin --poll job-$how || fail=1
  returns_ 0 pkill-tree --descendants -t 60 $super || fail=1
  ended_ job-$how || fail=1
done
rm -rf records

# -q says nothing, and the status does.
returns_ 1 pkill-tree -q nobody 1 $$ > out 2> err || fail=1
compare /dev/null err || fail=1

# The others are ended nevertheless.
env "$mark_" sleep 1000 &
await_exec_ sleep $!
returns_ 1 pkill-tree -t 60 nobody $! 2> err || fail=1
wait $!
test $? = 143 || fail=1

# Handles that are read: lines, also with CRs, empty ones and no last newline.
env "$mark_" sleep 1000 & a=$!
env "$mark_" sleep 1000 & b=$!
env "$mark_" sleep 1000 & c=$!
await_exec_ sleep $a $b $c
printf '%s\r\n\n%s\n\r\n%s' $a $b $c | returns_ 0 pkill-tree --dry-run - > out
sed 's/ .*//' out | sort > found
printf '%s\n' $a $b $c | sort > exp
compare exp found || fail=1
printf '%s\0%s\0' $a $b | returns_ 0 pkill-tree -t 60 -0 - || fail=1
echo $c | returns_ 0 pkill-tree -t 60 - || fail=1
for pid in $a $b $c; do
  wait $pid
  test $? = 143 || fail=1
done
returns_ 0 pkill-tree - < /dev/null || fail=1
printf '%s\n1\0002\n' $victim | returns_ 125 pkill-tree - 2> err || fail=1
printf '%s\r\0' $victim | returns_ 125 pkill-tree -0 - 2> err || fail=1
returns_ 125 pkill-tree - <&- 2> err || fail=1
kill -0 $victim || fail=1

# Records that cannot be trusted or read.
mkdir real && chmod 700 real && ln -s real records
says_ 125 "cannot trust directory '$PWD/records': it is a symbolic link" \
  pkill-tree $victim
rm records && mkdir records && chmod 770 records
says_ 125 "cannot trust directory '$PWD/records': other users may enter it" \
  pkill-tree $victim
chmod 700 records && mkdir -p records/none/job
echo junk > records/none/job/start
returns_ 125 pkill-tree $victim job 2> err || fail=1
kill -0 $victim || fail=1

Exit $fail
