#!/bin/sh
# SIGKILL between any two steps of a start leaves nothing half-started, whether
# it hits pspawn or the server, and nothing is started twice.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_
require_strace_
strace -qq -o /dev/null -e inject=getppid:signal=KILL:when=1 true \
  2> /dev/null || skip_ 'strace cannot inject signals here'

# The steps are shared out among some workers, which mostly wait.  Each has a
# folder, records and a mark of its own.
workers='1 2 3 4'
own_mark_ () { mark_=$all_mark-$1; }
all_mark=$mark_
cleanup_ ()
{
  kill_leftovers_
  for worker in $workers; do
    own_mark_ $worker
    kill_leftovers_
  done
}

# share_ COMMAND [ARG]...
# Run COMMAND in each worker, with its part of the file steps as standard
# input.
share_ ()
{
  local pids_= worker pid_
  for worker in $workers; do
    (
      own_mark_ $worker
      rm -rf $worker && mkdir $worker && cd $worker || exit
      awk -v w=$worker 'NR % 4 == w % 4' ../steps > mine
      use_records_
      "$@" < mine
      kill_leftovers_
      exit $fail
    ) &
    pids_="$pids_ $!"
  done
  for pid_ in $pids_; do
    wait $pid_ || fail=1
  done
}

# new_records_
# Begin with records that have just been cleaned: one start does that, and the
# next ones do not.
new_records_ ()
{
  rm -rf records
  pspawn_ -q -N first true && pjoin first
}

# steps_ [OPTION]...
# Store in the file steps the system calls of a start with OPTIONs, from where
# pspawn makes the directory of its records: the name of each, and how many of
# that name there have been.
steps_ ()
{
  new_records_ || return
  env "$mark_" strace -qq -o trace pspawn -q -N x "$@" sleep 1000 || return
  kill "$(supervisor_ x)" && ended_ x && rm -rf records/none/x || return
  awk '
    match ($0, /^[a-z_0-9]+\(/) {
      name = substr ($0, 1, RLENGTH - 1)
      n[name]++
      if (name == "mkdir")
        begun = 1
      if (begun && name != "exit_group")
        print name, n[name]
    }' trace > steps
  grep sendto steps > /dev/null
}

# Succeed if no process with the mark is a sleep: a server may wait.
no_sleep_ ()
{
  for pid in $(processes_with_env_ "$mark_"); do
    tr '\0' ' ' < "/proc/$pid/cmdline" | grep '^sleep 1000 $' && return 1
  done 2> /dev/null > sleeps
  return 0
}

# Succeed if no process is there, and its name is free.  Who asks for it sees
# to what has been left half made.
nothing_ ()
{
  no_sleep_ && pspawn -q -N x true 2> /dev/null \
    && ended_ x && rm -rf records/none/x
}

# Succeed if the process is there and has a record.
process_ ()
{
  test -e records/none/x/start \
    && ! process_gone_ "$(record_says_ x handle | sed 's/:.*//')"
}

# client_ METHOD
# Kill pspawn at each of the calls that standard input tells.
client_ ()
{
  new_records_ || framework_failure_
  while read -r call n; do
    env "$mark_" strace -qq -o trace -e inject=$call:signal=KILL:when=$n \
      pspawn -q -N x --start-method=$1 sleep 1000 > out 2>&1 < /dev/null
    # By send it tells its supervisor that it has told the user.
    if grep '^sendto(.* = 1$' trace > /dev/null; then
      process_ && kill "$(record_says_ x handle | sed 's/:.*//')" \
        && ended_ x && rm -rf records/none/x
    else
      retry_until_ 60 nothing_
    fi || { warn_ "$1: half a process after $call $n"; fail=1; }
  done
  # Nothing else is there.
  no_leftovers_ 60 || fail=1
  pspawn -q -N last true && ended_ last || fail=1
  returns_ 125 pspawn -q -N last true 2> err || fail=1
  ls -A records/none | grep -vE '^(last|\.server(-lock)?)$' > left
  compare /dev/null left || { warn_ "$1"; fail=1; }
  ls records/handle > left
  cat records/none/*/start | sed -n 's/^handle //p' | sort > exp
  sort left > out
  compare exp out || { warn_ "$1"; fail=1; }
}
for how in $(pspawn --list-start-methods); do
  steps_ --start-method=$how || framework_failure_
  test "$(wc -l < steps)" -gt 30 || { cat steps; fail=1; }
  share_ client_ $how
done

# The server, from when it is asked.

# attached_ PID
# Succeed if the process is traced, or has been killed at its first call.
attached_ ()
{
  process_gone_ $1 || grep "^TracerPid:.[1-9]" /proc/$1/status > /dev/null
}

# server_ [OPTION]...
# Let a server wait, traced with OPTIONs; its PID and strace's in the variables.
server_ ()
{
  pspawn_ -q -N first --start-method=forkserver true && ended_ first \
    || return
  server=$(supervisor_ first)
  rm -rf records/none/first
  # Nothing is left to be done for that one: it waits.
  waits_ () { grep '^State:.S' /proc/$server/status > /dev/null 2>&1; }
  retry_until_ 60 waits_ || return
  strace -qq -o trace "$@" -p $server &
  tracer=$!
  retry_until_ 60 attached_ $server
}

# Ask it for a process that tells when it runs.
job_ ()
{
  pspawn_ -q -N x --start-method=forkserver \
    sh -c 'echo ran >> ran; exec sleep 1000'
}
rm -rf records ran
server_ && job_ || framework_failure_
kill $server
wait $tracer
# The first is what it has waited in, and the last ones are its end: up to the
# answer to pspawn and what that answers.
awk '
  match ($0, /^[a-z_0-9]+\(/) {
    name = substr ($0, 1, RLENGTH - 1)
    n[name]++
    print name, n[name]
  }
  /^write\(.* = [0-9]+$/ && /\\0\\0\\0\\0/ { answered = 1 }
  answered && /^epoll_p?wait/ { exit }' trace > steps
test "$(wc -l < steps)" -gt 30 || { cat trace; fail=1; }

# Kill the server at each of the calls that standard input tells, and write how
# often that was before the answer to "killed".
victim_ ()
{
  local killed=0
  while read -r call n; do
    rm -rf records ran
    server_ -e inject=$call:signal=KILL:when=$n \
      || { warn_ "$call $n: no server"; fail=1; }
    job_ 2> err
    status=$?
    # It need not have come to that call: what it waits for comes in any order.
    kill -KILL $server 2> /dev/null
    wait $tracer
    if test $status = 0; then
      retry_until_ 60 test -e ran && process_ \
        || { warn_ "$call $n: none"; fail=1; }
    else
      test $status = 125 && grep 'supervisor' err > /dev/null \
        || { warn_ "$call $n: $status"; cat err; fail=1; }
      killed=$((killed + 1))
      # It has been killed with the server, and may be on its way out.
      retry_until_ 60 no_sleep_ || { warn_ "$call $n: a process"; fail=1; }
      test ! -e records/none/x || { warn_ "$call $n: a record"; fail=1; }
    fi
    kill_leftovers_
    # Not even when it was asked again.  One that was ended with the server may
    # have made the file and written nothing.
    test ! -e ran || test "$(wc -l < ran)" -le 1 \
      || { warn_ "$call $n: it ran twice"; fail=1; }
  done
  echo $killed > killed
}
share_ victim_
killed=$(cat [1-4]/killed | awk '{ n += $1 } END { print n + 0 }')
test $killed -gt 15 || { warn_ "killed $killed times"; cat steps; fail=1; }
no_leftovers_ 60 || fail=1

Exit $fail
