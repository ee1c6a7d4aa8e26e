#!/bin/sh
# --trace tells when each task ran, in a file that is whole however it ends.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

python=
python3 -c 'import json' 2> /dev/null && python=python3

# is_json_
# Succeed if standard input is JSON, for all that can be found out here.
is_json_ ()
{
  if test -n "$python"; then
    $python -c 'import json, sys; json.load (sys.stdin.buffer)'
  else
    awk '
      { sub (/ *$/, "") }
      NR == 1 { bad += $0 != "["; next }
      sub (/ *\]$/, "") { end = NR }
      $0 == "" { next }
      { bad += last != "" && last !~ /[}] *,$/; bad += $0 !~ /^[{].*[}] *,?$/
        last = $0 }
      END { exit bad || end != NR || last ~ /,$/ }'
  fi
}

# tasks_ FILE
# Print the names of the events of FILE that are tasks, sorted.
tasks_ ()
{
  grep '"ph":"X"' "$1" | sed 's/.*,"name":"\([^"]*\)".*/\1/' | sort
}

# Every task is there, in each mode, with what there is to be known of it; and
# the descriptor is nobody else's.
seq 50 > items
sort items > exp
for mode in 'sh -c' '--unordered sh -c' '--ungrouped sh -c' -c; do
  name=_
  test "$mode" != -c || name=
  pmap -P3 --trace=trace $mode '
    for fd in /proc/$$/fd/*; do
      test "$(readlink "$fd")" != "$PWD/trace" || echo bad
    done
    test "$1" != 7 || echo seven' $name < items > out || fail=1
  is_json_ < trace || { warn_ "$mode: no JSON"; fail=1; }
  tasks_ trace > tasks
  compare exp tasks || { warn_ "$mode: other tasks"; fail=1; }
  echo seven > exp-out
  compare exp-out out || fail=1
  test "$(grep -c '"args":{"index":7,"item":"7","attempt":1,"outcome":"ok"' \
    trace)" = 1 || { warn_ "$mode: no task 7"; fail=1; }
  # More than the slots have no lanes.
  test "$(sed -n 's/.*"ph":"X".*"tid":\([0-9]*\).*/\1/p' trace | sort -nu \
    | tail -n 1)" -le 3 || fail=1
  grep '"tid":1,"name":"thread_name","args":{"name":"slot 1"}}' trace \
    > /dev/null || fail=1
done
pmap -P1 --trace=trace echo abc ::: d || fail=1
grep '"status":0,"stdout_bytes":6,"stderr_bytes":0' trace > /dev/null || fail=1
grep '"process_name","args":{"name":"pmap echo abc"}' trace > /dev/null \
  || fail=1

# Filters, blocks, several items.
pmap -P2 --trace=trace -w cat < items > out || fail=1
compare items out || fail=1
tasks_ trace > tasks
compare exp tasks || fail=1
pmap --trace=trace -b50 wc -l < items > out || fail=1
is_json_ < trace || fail=1
tasks_ trace > tasks
sed '=; d' out | sed 's/^/block /' | sort > exp-blocks
compare exp-blocks tasks || fail=1
pmap -n 4 --trace=trace echo ::: a b c d e > out || fail=1
is_json_ < trace || fail=1
grep '"name":"a b c d","args":{"index":1,"items":\["a","b","c","d"\]' trace \
  > /dev/null || fail=1

# No two tasks of a lane at the same time.
pmap -P2 --trace=trace -c : < items || fail=1
sed -n 's/.*"tid":\([0-9]*\),"ts":\([0-9.]*\),"dur":\([0-9.]*\).*/\1 \2 \3/p' \
  trace | sort -k1,1n -k2,2n > times
test "$(wc -l < times)" = 50 || fail=1
awk '$1 == lane && $2 < end - .002 { bad = 1; print }
     { lane = $1; end = $2 + $3 } END { exit bad }' times || fail=1

# How they have failed; what is tried again is there each time; and what cannot
# be run is, too.
how_ ()
{
  sed -n '/"item"/ {
    s/.*"item":"\([a-z]*\)","attempt":/\1 /
    s/,"outcome":"\([a-z]*\)",/ \1 /
    s/,"stdout.*//
    p
  }' trace
}
returns_ 123 pmap -P1 --trace=trace --retries=2 --retry-delay=0 sh -c '
  case $1 in
    exit) exit 3 ;;
    kill) kill -KILL $$ ;;
  esac' _ ::: exit kill 2> err || fail=1
is_json_ < trace || fail=1
how_ | sort > out
cat > exp-how <<'END1'
exit 1 exit "status":3
exit 2 exit "status":3
kill 1 signal "signal":"KILL"
kill 2 signal "signal":"KILL"
END1
compare exp-how out || fail=1
returns_ 123 env "$mark_" pmap --trace=trace -t .1 sh -c 'exec sleep 1000' _ \
  ::: a 2> err || fail=1
how_ > out
echo 'a 1 timeout "signal":"TERM"' > exp-how
compare exp-how out || fail=1
printf 'a\n\000\n' > nul
returns_ 123 pmap --trace=trace true < nul 2> err || fail=1
is_json_ < trace || fail=1
grep '"ph":"i".*"item":"\\u0000".*"outcome":"error"' trace > /dev/null || fail=1

# Items are whatever they are; the event is not longer than a page.
head -c 100000 /dev/zero | tr '\0' '\377' > long
{ printf 'a"b\\c\td\377e\303\n</script>\303\244\n\001\177\n'; cat long; } > odd
pmap --trace=trace -n 1 true < odd || fail=1
is_json_ < trace || fail=1
grep -F '"item":"a\"b\\c\td\ufffdffe\ufffdc3"' trace > /dev/null || fail=1
grep -F '"item":"\u003c/script\u003eä"' trace > /dev/null || fail=1
grep -F '"item":"\u0001\u007f"' trace > /dev/null || fail=1
grep -F 'ufffdff...",' trace > /dev/null || fail=1
awk '4096 < length ($0)' trace > out
test ! -s out || fail=1

# SIGKILL leaves what was written a second before, and that is whole.
rm trace
yes 12345678 | head -n 100000 | env "$mark_" pmap --trace=trace -P2 -c '
  test "$PMAP_INDEX" -lt 99990 || sleep 1000' > out &
pid=$!
has_events_ ()
{
  test -s trace && test "$(grep -c '"ph":"X"' trace)" -ge "$1"
}
retry_until_ 60 test -s trace && retry_until_ 60 has_events_ 1000 \
  || { warn_ 'there are no events'; fail=1; }
# The guard's death would let the pool end as it should.
kill -KILL $(children_of_ $pid)
wait $pid
no_leftovers_ 20 || fail=1
tail -n 1 trace | grep '^]' && fail=1
{ cat trace; echo ']'; } | is_json_ || fail=1

# Few events do not wait for more.
rm trace
env "$mark_" pmap --trace=trace -P1 sh -c 'test $1 = 1 || exec sleep 1000' _ \
  ::: 1 2 &
pid=$!
retry_until_ 30 has_events_ 1 || fail=1
{ cat trace; echo ']'; } | is_json_ || fail=1
# ^C: what runs is there, too.
kill -INT $pid
wait $pid
no_leftovers_ 20 || fail=1
is_json_ < trace || fail=1
grep '"item":"2".*"outcome":"aborted"' trace > /dev/null || fail=1

# It cannot be written: nothing is run.
returns_ 125 pmap --trace=no/trace touch ::: ran 2> err || fail=1
test ! -e ran || fail=1
grep no/trace err > /dev/null || fail=1

# The disk is full later: the run goes on, and says so once.
(trap '' XFSZ; ulimit -f 8 && returns_ 125 pmap -P2 --trace=trace true \
  < items > out 2> err) || fail=1
test "$(grep -c "cannot write .*trace" err)" = 1 || { cat err; fail=1; }
(trap '' XFSZ; ulimit -f 8 && pmap -P2 --trace=trace echo < items > out 2> err)
compare items out || fail=1

if test -c /dev/full; then
  returns_ 125 pmap --trace=/dev/full touch ::: ran 2> err || fail=1
  test ! -e ran || fail=1
fi

Exit $fail
