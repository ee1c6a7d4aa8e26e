#!/bin/sh
# Blocks reach the tasks whole, whatever the tasks, the limits or the input.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# Lines from 0 bytes to some megabytes, the last one without its newline.
awk 'BEGIN {
  srand (1)
  line = "0123456789abcdef"
  while (length (line) < 4000000) line = line line
  for (i = 0; i < 20000; i++)
    print substr (line, 1, int (rand () * 200)) i
  for (i = 0; i < 6; i++)
    printf "%s\n\n", substr (line, 1, int (rand () * 4000000))
  printf "%s", substr (line, 1, 3000000)
}' > in || framework_failure_

# check_ WHAT COMMAND [ARG]...
# Check that COMMAND, with the input on standard input, writes the input.
check_ ()
{
  local what_=$1
  shift
  "$@" < in 2> err | cmp - in || { warn_ "from a file: $what_"; fail=1; }
  compare /dev/null err || fail=1
  cat in | "$@" 2> err | cmp - in || { warn_ "from a pipe: $what_"; fail=1; }
  compare /dev/null err || fail=1
}
for size in 30K 100K '' 1M 3M 64M; do
  check_ "-b$size" pmap -P3 -b$size cat
done
check_ 'records' pmap -P3 -b -n 3000 cat
check_ 'bytes' pmap -P3 -b70001 --recend= cat

# From a pipe that is written to bit by bit.
check_ 'slow input' sh -c 'dd bs=777 2> dd-err | pmap -P3 -b50K cat'

# Whoever may have only small pipes, or no other descriptors, is served, too.
if have_user_; then
  chmod a+r in || framework_failure_
  check_ 'as a user, many at a time' run_as_user_ \
    "$abs_builddir/src/pmap" -P80 -b70K cat
fi
(ulimit -n 15 && exec pmap -P8 -b100K cat < in) 2> err | cmp - in || fail=1
grep 'warning: running only' err > /dev/null || fail=1
(ulimit -n 15 && cat in | pmap -P8 -b100K cat) 2> err | cmp - in || fail=1

# Where there is no splice, bytes are copied.
if strace -f -qe trace=splice -e inject=splice:error=EINVAL -o trace \
     pmap -P2 -b100K true < in 2> err && grep INJECTED trace > /dev/null; then
  strace -f -qe trace=splice -e inject=splice:error=EINVAL -o trace \
    pmap -P2 -b100K cat < in | cmp - in || fail=1
  cat in | strace -f -qe trace=splice -e inject=splice:error=EINVAL -o trace \
    pmap -P2 -b100K cat | cmp - in || fail=1
fi

# Sandboxes have several words for that.
refuse=$abs_builddir/tests/helpers/refuse
for error in ENOSYS EPERM; do
  if $refuse $error splice true 2> err; then
    check_ "$error from splice" $refuse $error splice pmap -P2 -b100K cat
  else
    warn_ "not tried: $(cat err)"
  fi
done

# No task waits because another does: each reads its block, larger than a pipe,
# only when the next one has read its own.
cat > backwards <<'END'
test $PMAP_INDEX = 4 \
  || sh "$abs_srcdir/tests/await" test -e done-$(($PMAP_INDEX + 1))
cksum
: > done-$PMAP_INDEX
END
head -c 12000000 in | head -n 20000 > short
for i in 1 2 3 4; do cat short; done > four
size=$(($(wc -c < short) - 10))
test $size -gt 1500000 || framework_failure_
for i in 1 2 3 4; do cksum < short; done > exp
pmap -P4 -b$size sh backwards < four > out || fail=1
compare exp out || fail=1
rm done-*
cat four | pmap -P4 -b$size sh backwards > out || fail=1
compare exp out || fail=1

# Processes that live on: all is read once, by no more than there may be.
for p in 1 3; do
  for from in 'cat lines' 'cat'; do
    seq 200000 > lines
    $from < lines | pmap -P$p -b20K --round-robin sh -c \
      'echo start; cat' > out || fail=1
    grep -v start out | sort -n | cmp - lines || fail=1
    test $(grep -c start out) = $p || fail=1
  done
done
# Each has the header once.
{ echo 0; cat lines; } | pmap -P3 -b20K --round-robin --header=1 cat > out \
  || fail=1
test $(grep -cx 0 out) = 3 || fail=1
grep -vx 0 out | sort -n | cmp - lines || fail=1
# Where one ends early, another takes its place.  No pipe holds the input.
seq 2000000 > many
pmap -P2 -b10K --round-robin head -n 1 < many > out || fail=1
test $(wc -l < out) -gt 2 || fail=1
# Their status counts.
returns_ 123 pmap -P2 -b10K --round-robin sh -c 'cat > /dev/null; exit 3' \
  < lines 2> err || fail=1
printf '%s\n' \
  'pmap: 2 of 2 tasks failed: block 1 (exit 3), block 2 (exit 3)' > exp
compare exp err || fail=1
pmap -b --round-robin cat < /dev/null > out || fail=1
compare /dev/null out || fail=1

# Memory: not more than the blocks that are in flight.  A sanitizer takes its
# own.
if test -r /proc/self/status && ! grep __asan_init "$abs_builddir/src/pmap" \
     > /dev/null; then
  for i in 1 2 3 4 5 6; do cat in; done > large
  cat > peak <<'END'
sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$PPID/status >> peaks
exec cat
END
  cut -c -200 large > lines
  cat lines | pmap -P2 -b sh peak > /dev/null || fail=1
  pmap -P2 -b sh peak < lines > /dev/null || fail=1
  pmap -P2 -b20M sh peak < large > /dev/null || fail=1
  sort -n peaks | tail -n 1 > peak
  test $(cat peak) -lt 8192 || { warn_ "$(cat peak) KiB at peak"; fail=1; }

  # A record that memory does not hold fails, and the others are there.
  { echo before; head -c 300000000 /dev/zero | tr '\0' x; echo; echo after; } \
    | (ulimit -v 200000 && exec pmap -b1 cat) > out 2> err
  test $? = 123 || fail=1
  printf 'before\nafter\n' > exp
  compare exp out || fail=1
  printf '%s\n' 'pmap: cannot read block 2: Cannot allocate memory' \
    'pmap: 1 of 3 tasks failed: block 2 (not run)' > exp
  compare exp err || fail=1
fi

# However pmap ends, nothing stays.
for sig in INT KILL; do
  for options in '' --round-robin; do
    rm -f ready
    env "$mark_" pmap -P2 -b1M $options sh -c ': > ready; sleep 1000; cat' \
      < four > out 2> err &
    pid=$!
    retry_until_ 30 test -e ready || fail=1
    kill -$sig $pid
    wait $pid
    no_leftovers_ 30 || fail=1
  done
done

Exit $fail
