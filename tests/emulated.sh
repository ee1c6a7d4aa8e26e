#!/bin/sh
# A build for another kind of machine, run by an emulator, does what all do, and
# understands the native one: journals, agents.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# None of "make check", but for a native build that knows of the other one:
#   EMULATED=DIR EMULATED_BY=qemu-s390x make check TESTS=tests/emulated.sh

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/essentials.cfg"

test -n "$EMULATED" && test -n "$EMULATED_BY" || skip_ 'nothing to emulate'
require_proc_
use_records_

mkdir native other || framework_failure_
for program in $PROGRAMS; do
  echo "exec '$abs_builddir/src/$program' \"\$@\"" > native/$program
  echo "exec $EMULATED_BY '$EMULATED/src/$program' \"\$@\"" > other/$program
  for which in native other; do
    sed -i '1i#!/bin/sh' $which/$program && chmod +x $which/$program \
      || framework_failure_
  done
done
native_path=$PATH
other_path=$PWD/other:$PATH

# Nothing here is native by mistake.
PATH=$other_path
where_=emulated
for program in $PROGRAMS; do
  $program --version > out || bad_ "$program --version"
done
ncpu --list > out || fail=1
PATH=$native_path
ncpu --list > exp || fail=1
compare exp out || fail=1

# Not every emulator knows of subreapers, which have what leaves its session.
leave_=env
PATH=$other_path
essentials_

# What one writes, the other reads: a journal whose every item has failed or
# not, in each direction.
for pair in 'native other' 'other native'; do
  set -- $pair
  rm -f log cured
  set -- $pair sh -c 'echo $1; test "$1" != b || test -e cured' _ \
    ::: a b 'c d' "$(printf 'e\nf')" ''
  writer=$1 reader=$2
  shift 2
  run_ $writer/pmap -P1 --joblog=log "$@" > out 2> err
  test $? = 123 || bad_ "$pair: status"
  cp log log-$writer
  : > cured
  run_ $reader/pmap -P1 --joblog=log --resume "$@" > out 2> err
  compare /dev/null out || bad_ "$pair: --resume"
  run_ $reader/pmap -P1 --joblog=log --resume-failed "$@" > out 2> err \
    || bad_ "$pair: status of --resume-failed"
  echo b > exp
  compare exp out || bad_ "$pair: --resume-failed"
done
# But for times, they are the same.
for which in native other; do
  cut -f 1,2,5- log-$which > cut-$which
done
compare cut-native cut-other || bad_ journals

# The same seed gives the same order.
run_ native/pmap -P1 --shuffle=7 echo ::: 1 2 3 4 5 6 7 8 9 > exp || fail=1
run_ other/pmap -P1 --shuffle=7 echo ::: 1 2 3 4 5 6 7 8 9 > out || fail=1
compare exp out || bad_ --shuffle

# Each is the other's agent, in all modes.
seq 300 > items
for pair in 'native other' 'other native'; do
  set -- $pair
  head=$1/pmap
  # remote_ [OPTION]... COMMAND [ARG]...
  remote_ ()
  {
    run_ $head --launcher='env H={host}' --hosts=2/a,2/b \
      --remote-program="$agent" "$@"
  }
  agent=$PWD/$2/pmap
  remote_ -a items echo > out || bad_ "agent, $pair: status"
  compare items out || bad_ "agent, $pair"
  remote_ -a items -c 'echo $1' > out || bad_ "agent -c, $pair: status"
  compare items out || bad_ "agent -c, $pair"
  remote_ -a items -w cat > out || bad_ "agent -w, $pair: status"
  compare items out || bad_ "agent -w, $pair"
  remote_ -b200 cat < items > out || bad_ "agent -b, $pair: status"
  compare items out || bad_ "agent -b, $pair"
  remote_ --tag sh -c 'exit $1' _ ::: 0 7 > out 2> err
  test $? = 123 || bad_ "agent, $pair: status of failure"
  gone_ "agents, $pair"
done

# A record of the one is joined, and its process ended, by the other.
h=$(run_ native/pspawn sh -c 'echo out; exit 9') || fail=1
run_ other/pjoin $h > out
test $? = 9 && test "$(cat out)" = out || bad_ 'record, native other'
h=$(run_ other/pspawn -N stays sleep 1000) || fail=1
run_ native/pjoin --poll $h
test $? = 1 || bad_ 'handle, other native'
run_ native/pkill-tree stays || bad_ 'pkill-tree, other native'
run_ native/pjoin $h
test $? = 143 || bad_ 'record, other native'

Exit $fail
