#!/bin/sh
# What keeps tasks from being started: --delay, --load, --memfree, --pressure.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

cat > never <<'EOF'
: > started
EOF

# More memory than there is: this is looked at again below.
env "$mark_" pmap --memfree=1000T sh never ::: 1 2> long-err &
long=$!

# Milliseconds, to a hundredth of a second.
cat > now <<'EOF'
sed 's/^\([0-9]*\)\.\([0-9][0-9]\).*/\1\20/' /proc/uptime
EOF
now_ () { sh now; }
# When a task has begun, in a file.
cat > begin <<'EOF'
sh now > began-$1
echo $1
EOF

# Four starts, three times .2 s.  However late anything is, it is not earlier.
seq 4 > exp
for options in -P4 -P1 '-P4 -c' '-P2 -n1 -c' '-P4 -b -n1'; do
  rm -f began-*
  from=$(now_)
  case $options in
    *-c) seq 4 | pmap --delay=200ms $options '. ./begin' > out || fail=1 ;;
    *-b*) seq 4 | pmap --delay=200ms $options sh -c \
            'read x && exec sh begin $x' > out || fail=1 ;;
    *) seq 4 | pmap --delay=200ms $options sh begin > out || fail=1 ;;
  esac
  compare exp out || fail=1
  last=$(cat began-* | sort -n | tail -n 1)
  test $((last - from)) -ge 590 || { warn_ "too early: $options"; fail=1; }
done
# A shell is given nothing ahead that would begin at once when it is free.
cat > slow-begin <<'EOF'
. ./begin
test $1 != 5 || { sleep .5; sh now > end-5; }
EOF
seq 8 > exp-8
pmap -P1 --delay=100ms -c '. ./slow-begin' < exp-8 > out || fail=1
compare exp-8 out || fail=1
test $(($(cat began-8) - $(cat end-5))) -ge 190 \
  || { warn_ 'given ahead'; fail=1; }
# Filters are given items so far apart.
from=$(now_)
seq 4 | pmap -P2 --delay=200ms -w sh -c 'while read x; do sh begin $x; done' \
  > out || fail=1
compare exp out || fail=1
test $(($(cat began-4) - from)) -ge 590 || { warn_ 'too early: -w'; fail=1; }
# An attempt is a start.
from=$(now_)
returns_ 123 pmap --delay=200ms --retries=4 --retry-delay=0 \
  sh -c 'sh begin $PMAP_ATTEMPT; exit 1' _ ::: x > out 2> err || fail=1
test $(($(cat began-4) - from)) -ge 590 || { warn_ 'early attempt'; fail=1; }

# one_at_a_time_ OPTION...
# Check that with OPTIONs, which begin those of pmap, never two tasks run.
cat > alone <<'EOF'
mkdir lock 2> /dev/null || : > twice; sleep .05
rmdir lock 2> /dev/null
echo $1
EOF
seq 8 > exp
one_at_a_time_ ()
{
  rm -rf lock twice
  seq 8 | pmap -P4 "$@" sh alone > out || fail=1
  compare exp out || fail=1
  seq 8 | pmap -P4 "$@" -c '. ./alone' > out || fail=1
  compare exp out || fail=1
  seq 8 | pmap -P4 "$@" -w sh -c 'while read x; do sh alone $x; done' > out \
    || fail=1
  compare exp out || fail=1
  # One that keeps its answers is let go on.
  seq 8 | pmap -P4 "$@" -w awk '{ print }' > out || fail=1
  compare exp out || fail=1
  test ! -e twice || { warn_ "two at a time: $*"; fail=1; }
}
one_at_a_time_ --load=0
one_at_a_time_ --load=0%
if test -r /proc/pressure/cpu && cat /proc/pressure/cpu > /dev/null 2>&1; then
  one_at_a_time_ --pressure=cpu=0
  seq 8 | pmap --pressure=cpu=100 --pressure=io=99.9% --pressure=memory=100 \
    echo > out || fail=1
  compare exp out || fail=1
elif ! grep -s some "/sys/fs/cgroup/cpu.pressure" > /dev/null; then
  returns_ 125 pmap --pressure=cpu=50 echo ::: 1 > out 2> err || fail=1
  compare /dev/null out || fail=1
  grep '^pmap: cannot measure what --pressure needs: ' err || fail=1
fi

# What is no hindrance; and it is said once what is one.
seq 8 | pmap --load=1000000 --memfree=1 --delay=1ms echo > out 2> err || fail=1
compare exp out || fail=1
compare /dev/null err || fail=1
seq 8 | pmap -P4 -v --load=0 sh -c 'sleep .01; echo $1' _ > out 2> err || fail=1
compare exp out || fail=1
test "$(grep -cx 'pmap: waiting until the load is below 0' err)" = 1 || fail=1

# crowd_is_ N
# Succeed if N tasks run.
cat > crowd <<'EOF'
: > running-$1
sh "$abs_srcdir/tests/await" test -e release || exit 1
EOF
crowd_is_ ()
{
  set -- "$1" running-*
  test -e "$2" && test $(($# - 1)) = $1
}
# All that the load allows, and signals that change P do so.
env "$mark_" pmap -P1 --load=1000000 --memfree=1 sh crowd ::: 1 2 3 &
pid=$!
retry_until_ 30 crowd_is_ 1 || fail=1
kill -USR1 $pid
retry_until_ 30 crowd_is_ 2 || fail=1
kill -USR1 $pid
retry_until_ 30 crowd_is_ 3 || fail=1
: > release
wait $pid || fail=1

# A run that waits ends at once.
for sig in INT TERM HUP; do
  rm -f err
  env "$mark_" pmap -v --memfree=1000T sh never ::: 1 > out 2> err &
  pid=$!
  retry_until_ 30 grep -x 'pmap: waiting until 1000T of memory are available' \
    err > /dev/null 2>&1 || { cat err; fail=1; }
  kill -USR1 $pid
  kill -$sig $pid
  wait $pid
  status=$?
  case $sig-$status in
    INT-130 | TERM-143 | HUP-129) ;;
    *) warn_ "$sig: $status"; fail=1 ;;
  esac
done
returns_ 124 pmap --deadline=.2 --memfree=1000T sh never ::: 1 2> err || fail=1

# The one from above has waited, with little ado, and says so.
retry_until_ 60 grep -x 'pmap: waiting until 1000T of memory are available' \
  long-err > /dev/null || { warn_ 'not a word'; fail=1; }
pool=$(children_of_ $long)
ticks=$(sed 's/.*) //' "/proc/$pool/stat" | awk '{ print $12 + $13 }')
test "$ticks" -lt 200 || { warn_ "it has taken $ticks ticks"; fail=1; }
kill -INT $long
wait $long
test $? = 130 || fail=1
no_leftovers_ 20 || fail=1
test "$(wc -l < long-err)" = 1 || { cat long-err; fail=1; }
test ! -e started || { warn_ 'started without memory'; fail=1; }

# Bad values, and what does not go together.
bad_ ()
{
  returns_ 125 pmap "$1" echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  grep "^pmap: invalid $2: '" err > /dev/null \
    || { warn_ "wrong: $1"; cat err; fail=1; }
}
for v in '' x -1 +1 1x 5%% % . 1e5 0x5 ' 1'; do
  bad_ --load="$v" load
  bad_ --pressure=cpu="$v" pressure
done
for v in cpu '' x=5 cpu=101 cp=5 =5; do bad_ --pressure="$v" pressure; done
for v in '' x -1 kill kill, kil,5 5,kill kill,x; do
  bad_ --memfree="$v" 'size of memory'
done
for v in '' x -1; do bad_ --delay="$v" duration; done
for other in --ungrouped --blocks; do
  returns_ 125 pmap --memfree=kill,1 $other echo < /dev/null 2> err || fail=1
  grep "^pmap: --memfree=kill and $other exclude each other" err || fail=1
done

Exit $fail
