#!/bin/sh
# The output of the oldest task is seen as it comes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

mkfifo_or_skip_ () { mkfifo "$@" || skip_ 'there are no named pipes'; }
mkfifo_or_skip_ go

# has_ FILE TEXT
has_ () { grep -Fx -e "$2" "$1" > /dev/null; }

# start_ OPTION...
# Run two tasks that both write and then wait for a word through a fifo; the
# second one has more to say.
cat > task <<'END'
echo "first of $1"
echo "error of $1" >&2
if test $1 = 1; then
  read -r line < go
else
  sh "$abs_srcdir/tests/await" test -e release || exit 1
fi
echo "last of $1"
END
start_ ()
{
  rm -f release
  : > out
  : > err
  env "$mark_" pmap -P2 "$@" sh task ::: 1 2 > out 2> err &
  pid=$!
}

# In order: what the first says comes at once, what the second says waits.
start_
retry_until_ 20 has_ out 'first of 1' || fail=1
retry_until_ 20 has_ err 'error of 1' || fail=1
: > release
printf 'first of 1\n' > exp
compare exp out || fail=1
echo go > go
wait $pid || fail=1
printf '%s of %d\n' first 1 last 1 first 2 last 2 > exp
compare exp out || fail=1

# Once the first has ended, the second is the oldest, and still runs.
start_
echo go > go
retry_until_ 20 has_ out 'first of 2' || fail=1
grep 'last of 2' out && fail=1
: > release
wait $pid || fail=1
compare exp out || fail=1

# Line by line: both come at once.
start_ --line-buffered
retry_until_ 20 has_ out 'first of 1' || fail=1
retry_until_ 20 has_ out 'first of 2' || fail=1
retry_until_ 20 has_ err 'error of 2' || fail=1
: > release
retry_until_ 20 has_ out 'last of 2' || fail=1
echo go > go
wait $pid || fail=1
printf '%s of %d\n' first 1 first 2 last 2 last 1 | sort > exp-sorted
sort out > out-sorted
compare exp-sorted out-sorted || fail=1

# Ungrouped: the same.
start_ --ungrouped
retry_until_ 20 has_ out 'first of 1' || fail=1
retry_until_ 20 has_ out 'first of 2' || fail=1
: > release
echo go > go
wait $pid || fail=1

# In the order of their ends: the second comes first, and whole.
start_ -u
: > release
retry_until_ 20 has_ out 'last of 2' || fail=1
printf '%s of 2\n' first last > exp
compare exp out || fail=1
echo go > go
wait $pid || fail=1
printf '%s of %d\n' first 2 last 2 first 1 last 1 > exp
compare exp out || fail=1

# A line's beginning is live as well, in order.
cat > prompt <<'END'
printf 'Password: '
read -r line < go
echo
END
: > out
env "$mark_" pmap sh prompt ::: 1 > out &
pid=$!
printf 'Password: ' > exp
retry_until_ 20 cmp -s exp out || fail=1
echo go > go
wait $pid || fail=1

Exit $fail
