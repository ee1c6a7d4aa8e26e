#!/bin/sh
# Whoever looks at a run sees on which hosts tasks were, and what was lost.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# run_ HOSTS [OPTION]... COMMAND [ARG]...
# Run pmap with HOSTS, which are all here.
run_ ()
{
  hosts_=$1
  shift
  env "$mark_" pmap --launcher='env HOST={host}' --hosts="$hosts_" "$@"
}

# bad_ WORDS
# Say that something is wrong.
bad_ () { warn_ "$*"; fail=1; }

# Five tasks that wait until all have begun, so that each has a slot of its own;
# the third fails.
cat > together <<'END1'
: > begun-$1
for i in 1 2 3 4 5; do
  sh "$abs_srcdir/tests/await" test -e begun-$i || exit 9
done
echo "$HOST $PMAP_SLOT"
test $1 != 3
END1
returns_ 123 run_ 2/a,3/b --trace=trace --report=page --results=results \
  --joblog=log --summary --tagstring='{%}' sh together ::: 1 2 3 4 5 \
  > out 2> err || fail=1

# Tags have the slot that the task had there.
awk '{ print $2 " " $3 }' out | sort > lanes
cat > exp <<'END1'
a 1
a 2
b 1
b 2
b 3
END1
compare exp lanes || fail=1
awk '$1 != $3' out > wrong
compare /dev/null wrong || fail=1

# The trace: a process for each host, and a thread for each slot.
sed -n 's/.*"pid":\([0-9]*\),.*"process_name","args":{"name":"\(.\)"}}.*/\1 \2/p
  ' trace | sort -k 2 > processes
awk '{ print $2 }' processes > names
printf '%s\n' a b > exp-names
compare exp-names names || fail=1
test "$(awk '{ print $1 }' processes | sort -u | wc -l)" = 2 || fail=1
grep '"process_name","args":{"name":"pmap sh together"' trace > /dev/null \
  || fail=1
while read pid name; do
  sed -n '/"ph":"X","pid":'$pid',/ {
    s/.*"tid":\([0-9]*\),.*"host":"\([^"]*\)".*/\2 \1/p
  }' trace | sort > seen
  grep "^$name " exp > exp-seen
  compare exp-seen seen || bad_ "other lanes of $name"
done < processes

# The report: rows in the order of hosts and slots, and a table.
tr -d '\n' < page | sed -n 's/.*"names":\[\([^]]*\)\].*/\1/p' > names
echo >> names
echo '"a slot 1","a slot 2","b slot 1","b slot 2","b slot 3"' > exp-names
compare exp-names names || fail=1
sed -n '/"bars":/,/<\/script>/s/^\[\([0-9]*\),.*/\1/p' page | sort > rows
seq 5 > exp-rows
compare exp-rows rows || fail=1
sed -n '/<td class="item">[ab]</ {
  s,.*"item">\(.\)</td><td class="n">\([0-9]*\)</td>.*,\1 \2,p
}' page > table
printf '%s\n' 'a 2' 'b 3' > exp-table
compare exp-table table || fail=1

# Its rows are those of the log.
for i in 1 2 3 4 5; do
  host=$(awk -v i=$i '$1 == i { print $2 }' log)
  slot=$(sed -n 's/^slot //p' results/000/00000$i/status)
  grep -x "$host $slot" exp > /dev/null || bad_ "task $i: $host, slot $slot"
  test "$(sed -n 's/^host //p' results/000/00000$i/status)" = "$host" \
    || bad_ "task $i: another host in the results"
  grep "\"args\":{\"index\":$i,.*\"host\":\"$host\"" trace > /dev/null \
    || bad_ "task $i: another host in the trace"
done

# The summary.  There are five slots, and at the beginning fewer.
grep '^hosts  *2$' err || fail=1
grep '^  *2  *on a, [0-9.]* s busy, [0-9.]* s CPU' err || fail=1
grep '^  *3  *on b, [0-9.]* s busy, [0-9.]* s CPU' err || fail=1
test "$(grep -c 'on [ab], .*, 1 failed$' err)" = 1 || fail=1
grep lost err && fail=1
awk '$1 == "efficiency" { good = $2 <= 101 && 0 < $5 && $5 <= 5 }
     END { exit !good }' err || bad_ "efficiency: $(cat err)"

# Without a number of slots, they are those that were used.
rm begun-*
returns_ 123 run_ a,b -P0 --summary sh together ::: 1 2 3 4 5 > out 2> err \
  || fail=1
awk '$1 == "efficiency" { good = $2 <= 101 && $5 == 5 }
     END { exit !good }' err || bad_ "efficiency: $(cat err)"

# The time on CPUs is that of the tasks.
run_ 1/a --summary sh -c 'i=0; while test $i -lt 100000; do i=$((i + 1)); done
  ' _ ::: 1 2> err || fail=1
awk '$1 == "CPU" { all = $2 }
     $2 == "on" { one = $7 }
     END { exit !(.01 < all && all - one < .002 && one - all < .002) }' err \
  || bad_ "CPU: $(cat err)"

# Workers: their slots are lanes as well; what is not known is not told.
for mode in '-c :' '-w cat'; do
  seq 50 | run_ 1/a,1/b --trace=trace --report=page --summary $mode \
    > out 2> err || fail=1
  test "$(grep -c '"ph":"X".*"host":"[ab]"' trace)" = 50 \
    || bad_ "$mode: not all are in the trace"
  grep '^CPU' err && fail=1
  awk '$2 == "on" { n += $1 } END { exit n != 50 }' err || fail=1
done

# No two tasks of a lane run at a time, and no more at all than there are slots,
# however many the hosts were given.
seq 40 | run_ 2/a,1/b --trace=trace sh -c 'sleep .02' _ || fail=1
sed -n '/"ph":"X"/ {
  s/.*"pid":\([0-9]*\),"tid":\([0-9]*\),"ts":/\1-\2 /
  s/,"dur":\([0-9.]*\).*/ \1/p
}' trace | sort -k1,1 -k2,2n > times
test "$(wc -l < times)" = 40 || fail=1
awk '$1 == lane && $2 < end - .002 { bad = 1; print }
     { lane = $1; end = $2 + $3 } END { exit bad }' times || fail=1
test "$(sed -n 's/.*"running":\([0-9]*\).*/\1/p' trace | sort -n | tail -n 1)" \
  -le 3 || bad_ 'more run than can'

# JSON.
run_ a --json true ::: 1 > out || fail=1
grep '"host": "a"' out > /dev/null || fail=1

# What was done on one host is done.
run_ a --joblog=log echo ::: 1 2 > out || fail=1
run_ b --joblog=log --resume echo ::: 1 2 3 > out || fail=1
echo 3 > exp-out
compare exp-out out || fail=1

# However many hosts there are, the summary has an end.
run_ "$(seq -s , -f 1/h%g 23)" --summary true ::: 1 2> err || fail=1
grep '^hosts  *23$' err || fail=1
test "$(grep -c ' on h[0-9]*,' err)" = 20 || fail=1
grep '^  *[01]  *on 3 more$' err || fail=1

# How many hosts there are to do it.  One has no agent.
cat > launch <<'END1'
#!/bin/sh
test $1 != bad || exit 3
shift
exec "$@"
END1
chmod +x launch
env "$mark_" pmap --launcher='./launch {host}' --hosts=1/good,bad --progress \
  sleep ::: 0 2 2> err || fail=1
grep 'pmap: 1/2, 1/2 hosts' err || bad_ "progress: $(cat err)"
run_ 1/a,1/b --progress sh -c ': > ready-$HOST
  sh "$abs_srcdir/tests/await" test -e ready-a
  sh "$abs_srcdir/tests/await" test -e ready-b; sleep $1' _ \
  ::: 0 2 2> err || fail=1
grep 'pmap: 1/2, 2 hosts' err || bad_ "progress: $(cat err)"

# An agent is killed: the attempt is lost, and the task is run again.
cat > once <<'END1'
echo once
if test $PMAP_ATTEMPT = 1; then
  echo $PPID > agent.new
  mv agent.new agent
  exec sleep 1000
fi
END1
rm -rf results trace
run_ 1/a,1/b -v --trace=trace --report=page --results=results --joblog=log \
  --summary sh once ::: x > out 2> err &
pid=$!
retry_until_ 60 test -e agent || bad_ 'the task has not begun'
# What it has written has come.
retry_until_ 60 test -s results/000/000001/stdout || bad_ 'nothing has come'
kill -KILL $(cat agent)
wait $pid || fail=1
no_leftovers_ 60 || fail=1
echo once > exp-out
compare exp-out out || fail=1
compare exp-out results/000/000001/stdout || fail=1
test ! -e results/000/000001/stdout.1 || fail=1
grep -x 'attempt 2' results/000/000001/status > /dev/null || fail=1
test "$(wc -l < log)" = 2 || bad_ "log: $(cat log)"
grep "^pmap: 'x': lost with [ab], to be run again" err || fail=1
grep '^task  *1  *1 tried again$' err || fail=1
grep '^attempts  *2  *1 lost with its host$' err || fail=1
test "$(grep -c ' on [ab], .*, 1 lost$' err)" = 1 || fail=1
grep '"ph":"X".*"attempt":1,"host":"[ab]","outcome":"lost"' trace \
  > /dev/null || fail=1
grep '"ph":"X".*"attempt":2,"host":"[ab]","outcome":"ok"' trace \
  > /dev/null || fail=1
grep '<dt>lost with their hosts</dt><dd class="bad">1 ' page > /dev/null \
  || fail=1
test "$(grep -c '^\[[12],[0-9]*,[0-9]*,4,1,"x"\]' page)" = 1 || fail=1

# One that takes every host with it fails in the end, and has its times.
returns_ 123 run_ a,b,c,d,e,f --joblog=log --trace=trace --summary \
  sh -c 'sleep .1; kill -KILL $PPID; exec sleep 1000' ::: x 2> err || fail=1
no_leftovers_ 60 || fail=1
grep '^task  *1  *1 failed' err || fail=1
grep '^attempts  *5  *5 lost with their hosts$' err || fail=1
test "$(grep -c '"outcome":"lost"' trace)" = 4 || fail=1
grep '"attempt":5,"host":".","outcome":"error","error":"[^"]*","stdout' trace \
  > /dev/null || fail=1
awk 'NR == 2 && $4 < .05 { bad = 1 } END { exit bad || NR != 2 }' log \
  || bad_ "log: $(cat log)"

Exit $fail
