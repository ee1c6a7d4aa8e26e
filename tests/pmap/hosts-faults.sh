#!/bin/sh
# Tasks on other hosts when something there, on the way or here is broken: each
# item has one outcome, and the output is that of a run without faults.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# ./launch HOST COMMAND... is what goes to HOST: it becomes the agent there,
# whose PID is the last one in agent-HOST.
cat > launch <<'EOS' || framework_failure_
#!/bin/sh
ON_HOST=$MPUTILS_TEST_MARK-$1
export ON_HOST
echo $$ >> agent-$1
shift
exec "$@"
EOS
# ./hold HOST COMMAND... stays between pmap and the agent.
cat > hold <<'EOS' || framework_failure_
#!/bin/sh
echo $$ >> launcher-$1
./launch "$@"
EOS
chmod +x launch hold || framework_failure_

seq 90 > items || framework_failure_
# What a task does.  The last ones wait until the test has seen what it wants to
# see, so that none is too late.
cat > task <<'EOS' || framework_failure_
echo "$1" >> ran
echo "out $1"
test "$1" -lt 60 || until test -e go; do sleep .02; done
EOS
sed 's/^/out /' items > whole || framework_failure_

# start_ HOSTS OPTION...
# Start pmap on HOSTS in the background; its PID is in $pid.
launcher_='./launch {host}'
start_ ()
{
  local hosts_=$1
  shift
  rm -f agent-* launcher-* log status go
  : > ran
  env "$mark_" pmap --launcher="$launcher_" --hosts=$hosts_ -P2 --joblog=log \
    "$@" sh ./task < items > out 2> err &
  pid=$!
}

# has_come_to_ N
# Succeed if N tasks have begun.
has_come_to_ () { test "$(wc -l < ran)" -ge $1; }
come_to_ () { retry_until_ 60 has_come_to_ $1 || fail_ "stays before $1"; }

# agent_ HOST
# Print the PID of the last agent there.
agent_ () { tail -n 1 agent-$1; }

# What the records of log say, in columns of one blank.
log_ ()
{
  awk -F'\t' -v words="$*" '
    BEGIN { n = split (words, word, " ") }
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { line = $column[word[1]]
      for (i = 2; i <= n; i++) line = line " " $column[word[i]]
      print line }' log
}

# ends_ STATUS ABOUT
# Wait for the run.  Check its status and that nothing is left of it.
ends_ ()
{
  wait $pid
  status_=$?
  test $status_ = $1 \
    || { warn_ "$2: status $status_"; cat err; fail=1; }
  no_leftovers_ 20 || { warn_ "$2"; fail=1; }
}

# is_whole_ ABOUT
# Let the run come to its end, and check that it was as if there had been no
# fault.
is_whole_ ()
{
  : > go
  ends_ 0 "$1"
  cmp whole out || { warn_ "$1"; cat err; fail=1; }
  log_ Seq | sort -n > recs
  cmp items recs || { warn_ "$1"; fail=1; }
  log_ Outcome | sort -u > recs
  echo ok > exp
  compare exp recs || { warn_ "$1"; grep -v 'ok' log; cat err; fail=1; }
}

# says_ TEXT
# Check that it says TEXT, or does so soon.
says_ ()
{
  retry_until_ 60 grep "$1" err > /dev/null \
    || { warn_ "no $1"; cat err; fail=1; }
}

# An agent is killed, at some moments: its guard, what does the work, or both.
for at in 1:guard 20:worker 50:both 10:both-back 60:guard 40:worker; do
  start_ a,b,c
  come_to_ ${at%:*}
  guard=$(agent_ a)
  worker=$(children_of_ $guard)
  case $at in
    *:guard) kill -KILL $guard ;;
    *:worker) kill -KILL $worker ;;
    *:both) kill -KILL $guard $worker ;;
    *:both-back) kill -KILL $worker $guard ;;
  esac
  says_ 'warning: lost the agent on a: '
  is_whole_ "$at"
done

# The launcher is killed, and leaves the agent alone.
launcher_='./hold {host}'
start_ a,b
come_to_ 20
kill -KILL $(tail -n 1 launcher-a)
says_ 'warning: lost the agent on a: '
is_whole_ 'launcher'
launcher_='./launch {host}'

# All agents are killed, again and again.
start_ a,b
cat > killer <<'EOS'
while :; do
  for p in $(cat agent-* 2> /dev/null); do
    test ! -s ran || kill -KILL $p 2> /dev/null
  done; sleep .02
done
EOS
env "$mark_" sh ./killer &
killer=$!
wait $pid
status=$?
kill -KILL $killer
test $status = 125 || { warn_ "status $status"; cat err; fail=1; }
says_ 'warning: a has failed 3 times and is left out'
says_ 'warning: b has failed 3 times and is left out'
says_ 'no host is left to run tasks'
no_leftovers_ 20 || fail=1
cp out first
log_ Seq | wc -l > n
test $(cat n) -lt 90 || fail=1
# The rest can be done.
log_ Seq | sort -n > had
: > ran
: > go
env "$mark_" pmap --launcher="$launcher_" --hosts=a,b --joblog=log --resume \
  sh ./task < items > out 2> err || { cat err; fail=1; }
# What has no record may have put some output already.
awk 'NR == FNR { had[$1]; next } $2 in had' had first | cat - out \
  | sort -k 2n | cmp - whole || fail=1
log_ Seq | sort -n | cmp - items || fail=1
sort ran > ran-sorted
sort had | comm -12 - ran-sorted > twice
compare /dev/null twice || fail=1

# The pool is killed, its guard, or both: that is the end of all agents and all
# of their tasks.
for what in guard pool both both-back; do
  launcher_='./launch {host}'
  start_ a,b
  come_to_ 10
  pool=$(children_of_ $pid)
  case $what in
    guard) kill -KILL $pid ;;
    pool) kill -KILL $pool ;;
    both) kill -KILL $pid $pool ;;
    both-back) kill -KILL $pool $pid ;;
  esac
  ends_ 137 "$what of pmap"
done
# Or it is told to end.
for sig in INT TERM HUP; do
  case $sig in INT) status=130 ;; TERM) status=143 ;; HUP) status=129 ;; esac
  start_ a,b
  come_to_ 10
  kill -$sig $pid $(children_of_ $pid)
  wait $pid
  got=$?
  # A shell without job control lets its children ignore SIGINT.
  test $got = $status || { test $sig = INT && test $got = 0; } \
    || { warn_ "$sig: $got"; fail=1; }
  no_leftovers_ 20 || fail=1
done
# Nobody wants its output any more.
rm -f status
: > ran
: > go
{ env "$mark_" pmap --launcher="$launcher_" --hosts=a,b sh ./task < items
  echo $? > status; } 2> err | head -n 1 > out
echo 'out 1' > exp
compare exp out || fail=1
retry_until_ 60 test -s status || fail=1
case $(cat status) in 141 | 125) ;; *) cat status err; fail=1 ;; esac
no_leftovers_ 20 || fail=1

# Launchers that start no agent, for one host.
cat > bad <<'EOS' || framework_failure_
#!/bin/sh
if test $2 = a; then
  case $1 in
    exits) exit 3 ;;
    dies) kill -KILL $$ ;;
    says) echo 'no way'; exit 1 ;;
    waits) exec sleep 1000 ;;
    babbles) yes ;;
    closes) exec > /dev/null; cat > /dev/null ;;
    garbles) shift; ./launch "$@" | { dd bs=1 count=150; yes; }; exit ;;
    cuts) shift; ./launch "$@" | dd bs=1 count=150; exit ;;
    changes) shift
      ./launch "$@" | { dd bs=1 count=16; dd ibs=1024 obs=1 conv=ucase; }
      exit ;;
    other) printf 'mputils agent 1\n'; cat frame; cat > /dev/null; exit ;;
  esac
fi
# Others may greet whoever comes.
test $1 != greets || printf 'Welcome to %s\nand ' $2
shift
exec ./launch "$@"
EOS
chmod +x bad || framework_failure_
# The agent of another version says hello: its frame begins with the sums 181
# and 818.
printf '\265\0\0\0\062\003\0\0' > frame
printf '\020\0\0\0\101\0\0\0\143\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0' >> frame
while read -r how text; do
  launcher_="./bad $how {host}"
  start_ a,b,c
  says_ "$text"
  is_whole_ "launcher $how"
done <<'EOS'
exits cannot start an agent on a: exit status 3
dies cannot start an agent on a: ended by signal 9
says ^a: no way$
waits ^pmap: still waiting for an answer from a$
babbles lost the agent on a: what it says makes no sense
closes agent on a
garbles lost the agent on a: what it says makes no sense
cuts lost the agent on a
changes lost the agent on a: what it says makes no sense
other the pmap on a is of another version
greets ^a: Welcome to a$
greets ^b: and $
EOS
launcher_='./launch {host}'
returns_ 125 env "$mark_" pmap --launcher='./bad exits {host}' --hosts=a \
  touch ::: it-ran 2> err || fail=1
says_ 'no host is left to run tasks'

# An agent that was sent is sent again if it is lost.
launcher_='./launch {host}'
start_ a,b --send
come_to_ 40
kill -KILL $(agent_ a)
says_ 'warning: lost the agent on a: ended by signal 9'
kill -KILL $(agent_ b)
says_ 'warning: lost the agent on b: ended by signal 9'
is_whole_ '--send'
! grep 'warning: cannot start' err || fail=1

# An agent knows who talks to it.
echo hello | returns_ 125 env "$mark_" pmap --agent > out 2> err || fail=1
printf 'mputils agent 1\n' > setup
# The sums are 104 and 113.
printf '\150\0\0\0\161\0\0\0\4\0\0\0\1\0\0\0\143\0\0\0' >> setup
returns_ 125 env "$mark_" pmap --agent < setup > out 2> err || fail=1
head -n 1 out > greeting
echo 'mputils agent 1' > exp
compare exp greeting || fail=1
returns_ 125 env "$mark_" pmap --agent < /dev/null > out 2> err || fail=1

# An agent is silent.
start_ a,b --heartbeat=1
come_to_ 10
guard=$(agent_ a)
kill -STOP $guard $(children_of_ $guard)
says_ 'warning: lost the agent on a: it is silent'
is_whole_ 'stopped agent'

# The pool is: its agents end, and are started again.
start_ a,b --heartbeat=1
come_to_ 10
pool=$(children_of_ $pid)
agents=$(cat agent-*)
kill -STOP $pool
for p in $agents; do
  # They are children of the pool.
  retry_until_ 60 process_gone_ $p || { warn_ "$p stays"; fail=1; }
done
kill -CONT $pool
is_whole_ 'stopped pool'

# An agent is told to end: what runs there is finished, what does not is done
# elsewhere, and nothing is done twice.
for who in guard both; do
  start_ a,b
  come_to_ 10
  guard=$(agent_ a)
  case $who in
    guard) kill -TERM $guard ;;
    both) kill -TERM $guard $(children_of_ $guard) ;;
  esac
  says_ 'warning: a is told to end: it gets no more tasks'
  is_whole_ "SIGTERM to $who"
  sort -n ran | cmp - items || fail=1
  log_ Attempt | sort -u > recs
  echo 1 > exp
  compare exp recs || fail=1
done
# And its tasks at the same time: those are done elsewhere.
for order in up down; do
  start_ a,b
  come_to_ 10
  pids=$(processes_with_env_ "ON_HOST=${mark_#*=}-a")
  case $order in
    up) pids=$(echo "$pids" | sort -n) ;;
    down) pids=$(echo "$pids" | sort -nr) ;;
  esac
  kill -TERM $pids 2> /dev/null
  says_ 'warning: a is told to end: it gets no more tasks'
  is_whole_ "SIGTERM to all, $order"
done
# If all are told so, the rest is left.
start_ a,b
come_to_ 10
kill -TERM $(agent_ a) $(agent_ b)
says_ 'warning: a is told to end: it gets no more tasks'
says_ 'warning: b is told to end: it gets no more tasks'
: > go
ends_ 125 'SIGTERM to all agents'
says_ 'no host is left to run tasks'
log_ Seq | sort -n > recs
sort -n ran | cmp - recs || fail=1

# Descriptors are few.
seq 10 | sed 's/^/h/' > many-hosts
(ulimit -n 20; exec env "$mark_" pmap --launcher='env H={host}' \
  --hosts=@many-hosts -P1 -c 'echo out $1' < items > out 2> err)
status=$?
test $status = 0 && cmp whole out \
  || { warn_ "status $status"; cat err; fail=1; }
no_leftovers_ 20 || fail=1

# Processes are few.  The limit counts all of a user's, and others of ours may
# come meanwhile.
few_processes_ ()
{
  run_as_user_ prlimit --nproc=$(($(user_processes_) + 12)) \
    env "$mark_" pmap --launcher='env H={host}' --hosts=a,b,c -P4 \
    sh -c 'echo out $1' _ < items > out 2> err && cmp whole out
}
if have_user_ && prlimit --nproc=12 true 2> /dev/null; then
  retry_until_ 5 few_processes_ || { cat err; fail=1; }
  no_leftovers_ 20 || fail=1
fi

# There is no room for what waits for its turn, which is more than memory takes:
# then it takes more memory, or if a file has begun, that is told, and can be
# done again.
cat > much <<'EOS' || framework_failure_
mount -t tmpfs -o size=1M none small || exit 77
TMPDIR=$PWD/small
export TMPDIR
"$@"
EOS
mkdir small || framework_failure_
cat > lines <<'EOS' || framework_failure_
yes "$1" | head -c 40000000
EOS
rm -f log
unshare -rm env "$mark_" sh ./much pmap --launcher='env H={host}' --hosts=a,b \
  -P2 --joblog=log sh ./lines ::: 1 2 3 > out 2> err
status=$?
case $status in
  0) test $(wc -c < out) = 120000000 || fail=1 ;;
  123)
    says_ 'cannot pass on the output of item .*: No space left on device'
    env "$mark_" pmap --launcher='env H={host}' --hosts=a,b --joblog=log \
      --resume-failed sh ./lines ::: 1 2 3 > out 2> err || fail=1
    log_ Seq Outcome | sort -u | grep -c ok > n
    echo 3 > exp
    compare exp n || fail=1
    # It is all of what had failed.
    log_ Outcome | grep -vc ok > n
    test $(wc -c < out) = $((40000000 * $(cat n))) || fail=1 ;;
  77 | 1) echo 'no file system of our own can be mounted' ;;
  *) warn_ "status $status"; cat err; fail=1 ;;
esac

Exit $fail
