#!/bin/sh
# Tasks that fail are attempted again.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# Fails at its first attempts: as many as the item says, by a signal or by a
# status.
cat > fail <<'EOS' || framework_failure_
echo "out $1 $PMAP_ATTEMPT"
echo "err $1 $PMAP_ATTEMPT" >&2
test $PMAP_ATTEMPT -gt $1 || {
  test $(($1 % 2)) = 0 || kill -KILL $$
  exit 3
}
EOS
printf '%s\n' 0 2 0 1 5 0 > items || framework_failure_
printf '%s\n' 'out 0 1' 'out 2 3' 'out 0 1' 'out 1 2' 'out 5 3' 'out 0 1' > exp
sed 's/out/err/' exp > exp-err

for p in 1 4; do
  for mode in 'sh fail' '-c . ./fail'; do
    case $mode in
      -c*) set -- -c '. ./fail' ;;
      *) set -- sh fail ;;
    esac
    returns_ 123 pmap -P$p --retries=3 --retry-delay=1ms "$@" < items \
      > out 2> err || fail=1
    # Nothing of the attempts before the last is seen, and all is in order.
    compare exp out || fail=1
    grep -v '^pmap:' err > err-tasks
    compare exp-err err-tasks || fail=1
    tail -n 1 err > last
    echo "pmap: 1 of 6 tasks failed: '5' (signal KILL)" > exp-last
    compare exp-last last || fail=1
  done
done

# Any number of times.
pmap --retries=0 --retry-delay=1ms sh fail ::: 8 > out 2> err || fail=1
echo 'out 8 9' > exp
compare exp out || fail=1

# A filter's item, too.
printf '%s\n' a b c d > items
cat > filter <<'EOS' || framework_failure_
while read -r line; do
  echo $line >> seen
  case $line in
    c) test $(grep -c c seen) -ge 3 || exit 1 ;;
  esac
  echo "<$line>"
done
EOS
returns_ 0 pmap -P2 --retries=3 --retry-delay=1ms -w sh filter < items \
  > out 2> err || fail=1
sed 's/.*/<&>/' items > exp
compare exp out || fail=1

# One that takes too long is attempted again.
pmap --retries=2 --retry-delay=1ms -t 1 sh -c '
  test $PMAP_ATTEMPT = 2 || sleep 1000
  echo $1' _ ::: a > out || fail=1
echo a > exp
compare exp out || fail=1

# More output than memory may take, of attempts that count and of others, with
# others behind it that wait for their turn.
seq 20 > items
pmap -P4 --retries=2 --retry-delay=1ms sh -c '
  head -c 3000000 /dev/zero | tr "\0" $(($1 % 10)); echo
  test $PMAP_ATTEMPT = 2 || test $(($1 % 3)) != 0' _ < items \
  | cut -b1,3000000- > out
sed 's/.*\(.\)/\1\1/' items > exp
compare exp out || fail=1

# In the order in which they end, line by line, and with tags.
for how in -u --line-buffered '--line-buffered --tag'; do
  pmap -P3 $how --retries=3 --retry-delay=1ms sh fail ::: 0 1 2 2> err \
    | sort > out
  case $how in
    *--tag) printf '0\tout 0 1\n1\tout 1 2\n2\tout 2 3\n' > exp ;;
    *) printf 'out 0 1\nout 1 2\nout 2 3\n' > exp ;;
  esac
  compare exp out || fail=1
done

# A callback gets what the last attempt has written, once.
pmap -P2 --retries=3 --retry-delay=1ms --callback='echo "$1 $2"; cat' \
  --error-callback='echo "$1 $2"; cat' sh fail ::: 1 5 > out 2> err
test $? = 123 || fail=1
printf '%s\n' '1 0' 'out 1 2' '5 137' 'out 5 3' > exp
compare exp out || fail=1

# There is no use in another attempt to start what is not there, or to use an
# item that no argument can be.
returns_ 123 pmap --retries=0 {} ::: no-such-program true 2> err || fail=1
printf 'a\0b\n' > in
returns_ 123 pmap --retries=0 echo < in 2> err || fail=1

# While one waits, others run; and a signal ends the run at once.
env "$mark_" pmap -P1 --retries=2 --retry-delay=1d sh -c '
  echo $1 >> ran; test $1 != 1' _ ::: 1 2 3 > out 2> err &
pid=$!
seq 3 > exp
retry_until_ 60 cmp -s exp ran || fail=1
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
no_leftovers_ 10 || fail=1

# What waits for another attempt when the run ends is ended with it, and keeps
# nobody behind it waiting.
returns_ 124 env "$mark_" pmap -P2 --retries=3 --retry-delay=1d --deadline=3 \
  --json sh -c 'test $1 = b' _ ::: a b c > out 2> err || fail=1
sed 's/.*"item": *"\(.\)".*"outcome": *"\([a-z]*\)".*/\1 \2/' out > ends
printf '%s\n' 'a aborted' 'b success' 'c aborted' > exp
compare exp ends || { cat out; fail=1; }
returns_ 0 env "$mark_" pmap -P2 --retries=3 --retry-delay=1d \
  --halt=soon,success=1 --json sh -c 'test $1 = b' _ ::: a b > out 2> err \
  || fail=1
grep '"b"' out > /dev/null || fail=1

for bad in -1 x '' 1.5; do
  returns_ 125 pmap --retries="$bad" true ::: a 2> err || fail=1
done
returns_ 125 pmap --retry-delay=1 true ::: a 2> err || fail=1
echo '--retry-delay makes sense only with --retries' > exp
sed -n 's/pmap: //p' err > said
compare exp said || fail=1
returns_ 125 pmap --retries=2 --ungrouped true ::: a 2> err || fail=1

Exit $fail
