#!/bin/sh
# Tasks on hosts that ssh reaches.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_sshd_
start_sshd_
pmap_ ()
{
  env "$mark_" pmap --hosts=2/a,2/b,2/c --launcher="$ssh_ {host}" "$@"
}

# Tasks meet, or one host may do all.
cat > meet <<'EOF' || framework_failure_
: > at-$PMAP_HOST
until test -e at-a && test -e at-b && test -e at-c; do sleep .05; done
EOF
printf '%s\n' a b c > names

seq 3000 | awk '{ print $1 * $1 }' > exp
seq 3000 | pmap_ -c 'echo $(($1*$1))' > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
seq 3000 | pmap_ --joblog=log -c '. ./meet; echo $(($1*$1))' > out || fail=1
compare exp out || fail=1
cut -f2 log | grep -v Host | LC_ALL=C sort -u > hosts
compare names hosts || fail=1

# Other ways of running.  The shell there takes nothing apart.
item="  *'\"\$x \\ "
printf '%s\n' "$item" > exp
pmap_ --env=item sh -c 'printf "%s\n" "$1"' sh ::: "$item" > out || fail=1
compare exp out || fail=1
seq 3000 > exp
pmap_ -a exp -w cat > out || fail=1
compare exp out || fail=1
pmap_ -a exp -b1k cat > out || fail=1
compare exp out || fail=1
pmap_ --send -a exp -c 'echo $1' > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
returns_ 123 pmap_ -c 'exit $1' ::: 0 1 2> err || fail=1
no_leftovers_ 30 || fail=1

# run_
# Begin a run whose tasks wait for a file, and wait until there are two on each
# host.  Let $guard be pmap.
run_ ()
{
  : > ran
  rm -f go
  env "$mark_" pmap --hosts=2/a,2/b,2/c --launcher="$ssh_ {host}" -v \
    --heartbeat=2s --joblog=log "$@" sh -c '
    echo "$1 $PMAP_HOST $PMAP_ATTEMPT" >> ran
    until test -e go; do sleep .05; done
    echo $(($1*$1))' sh ::: $(seq 40) >> out 2> err < /dev/null &
  guard=$!
  retry_until_ 60 full_ || { warn_ 'no tasks'; cat err; fail=1; }
  sed -n 's/ a 1$//p' ran > begun
}
full_ () { test "$(wc -l < ran)" = 6; }
# clients_ HOST
# Print the PID of the ssh to HOST.
clients_ ()
{
  local pid_
  for pid_ in $(processes_with_env_ "$mark_"); do
    tr '\0' ' ' 2> /dev/null < "/proc/$pid_/cmdline" \
      | grep "^ssh .* $1 .*--agent" > /dev/null && echo "$pid_"
  done
}

# parent_ PID
parent_ () { sed -n 's/^PPid:[^0-9]*//p' /proc/$1/status; }
repeated_ ()
{
  local i_
  for i_ in $(cat begun); do
    grep "^$i_ [abc] 2\$" ran > /dev/null || return
  done
}

seq 40 | awk '{ print $1 * $1 }' > exp
: > log
for what in agent pool session client; do
  : > out
  run_
  # A task is a child of the agent's pool, and the agent is one of what sshd
  # has for the session, for no shell stays in between.
  for pid in $(own_with_env_ PMAP_HOST=a); do
    pool=$(parent_ $pid)
    test "$(cat "/proc/$pool/comm" 2> /dev/null)" != mp-agent || break
  done
  agent=$(parent_ $pool)
  session=$(parent_ $agent)
  case $what in
    agent) kill -KILL $agent ;;
    pool) kill -KILL $pool ;;
    session) kill -KILL $session ;;
    client) kill -KILL $(clients_ a) ;;
  esac || fail=1
  retry_until_ 60 repeated_ || { warn_ "$what: not again"; cat err; fail=1; }
  # Though nobody has told it, it ends.
  retry_until_ 60 process_gone_ $agent && retry_until_ 60 process_gone_ $pool \
    || { warn_ "$what: the agent stays"; fail=1; }
  : > go
  end_of_ $guard || { warn_ "$what: status $?"; fail=1; }
  compare exp out || { warn_ "$what"; cat err; fail=1; }
  sed -n 's/ [abc] 2$//p' ran | LC_ALL=C sort > again
  LC_ALL=C sort begun | compare - again || { warn_ "$what"; fail=1; }
  no_leftovers_ 30 || fail=1
done

# The connections are lost for good; when they can be had again, the rest is
# done.
rm -f log
: > out
run_
kill -KILL $sshd_
wait $sshd_ 2> /dev/null
sshd_=
kill -KILL $(clients_ a) $(clients_ b) $(clients_ c) || fail=1
end_of_ $guard
test $? = 125 || { warn_ "status $?"; fail=1; }
grep 'no host is left to run tasks' err > /dev/null || { cat err; fail=1; }
no_leftovers_ 30 || fail=1
start_sshd_
# What was begun is begun again.
run_ --resume
: > go
end_of_ $guard || fail=1
compare exp out || fail=1
no_leftovers_ 30 || fail=1

# pmap is killed, and nothing of it stays there.
for what in guard pool both; do
  run_
  pool=
  for pid in $(children_of_ $guard); do
    test "$(cat /proc/$pid/comm)" != mp-pool || pool=$pid
  done
  case $what in
    guard) kill -KILL $guard ;;
    pool) kill -KILL $pool ;;
    both) kill -KILL $guard $pool ;;
  esac || fail=1
  end_of_ $guard
  test $? = 137 || fail=1
  no_leftovers_ 30 || fail=1
done

Exit $fail
