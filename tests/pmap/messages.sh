#!/bin/sh
# Messages that nobody reads hold nothing up, and slow readers lose nothing.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# A pipe that takes nothing more, and that nobody reads.
mkfifo full || skip_ 'there are no named pipes'
exec 7<> full
dd if=/dev/zero of=full bs=4096 count=4096 oflag=nonblock conv=notrunc \
  2> /dev/null

cat > task <<'END'
: > started-$1
setsid sleep 1000 &
exec sleep 1000
END

# ended_by_ SIGNAL STATUS OPTION...
# Run tasks with messages that cannot be written, and end the run.
ended_by_ ()
{
  local sig_="$1" status_="$2"
  shift 2
  rm -f started-*
  env "$mark_" pmap -k .2 -P2 "$@" sh task ::: 1 2 3 > out 2>&7 &
  pid=$!
  retry_until_ 30 test -e started-1 && retry_until_ 30 test -e started-2 \
    || { warn_ 'the tasks have not started'; fail=1; }
  kill -$sig_ $pid
  wait $pid
  status=$?
  test $status = $status_ || { warn_ "$sig_: status $status"; fail=1; }
  no_leftovers_ 20 || fail=1
}
ended_by_ TERM 143
ended_by_ TERM 143 -v
ended_by_ INT 130 -v
ended_by_ KILL 137 -v

# all_wait_
# Succeed if all of pmap sleeps, and there is some of it.
all_wait_ ()
{
  local p_ pids_
  pids_=$(processes_with_env_ "$mark_")
  test -n "$pids_" || return 1
  for p_ in $pids_; do
    grep '^State:.S' "/proc/$p_/status" > /dev/null || return 1
  done
}

# The last messages of a run.
env "$mark_" pmap false ::: 1 2 2>&7 &
pid=$!
retry_until_ 10 all_wait_
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
no_leftovers_ 20 || fail=1

# A slow reader gets it all: more than a pipe holds, of tasks that end while
# the pool waits.
mkfifo slow || framework_failure_
seq 8000 > in
env "$mark_" pmap -v -P4 true 0123456789 < in 2> slow &
pid=$!
{
  read -r first
  echo "$first"
  # Until the pool can do no more.
  retry_until_ 60 all_wait_
  cat
} < slow > shown
wait $pid || { warn_ 'a run with a slow reader has failed'; fail=1; }
sed 's/^/true 0123456789 /' in | sort > exp
sort shown > shown-sorted
compare exp shown-sorted || fail=1

Exit $fail
