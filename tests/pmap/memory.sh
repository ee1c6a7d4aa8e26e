#!/bin/sh
# Memory stays small, however much there is to do or to hold back.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# peak_below_ KIB PID
# Succeed if the process PID has never had KIB of memory.
peak_below_ ()
{
  local peak_
  peak_=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$2/status")
  test -n "$peak_" || { warn_ 'the peak memory cannot be told'; return 1; }
  test "$peak_" -lt $1 || { warn_ "$peak_ KiB at peak"; return 1; }
}

grep '^VmHWM:' /proc/self/status > /dev/null \
  || skip_ 'the system does not tell peak memory'
skip_if_sanitized_

# The first task waits, while 200 MB finish behind it; or would, were they
# not held back.
cat > task <<'END'
if test $1 = 1; then
  sh "$abs_srcdir/tests/await" test -e go || exit 1
  echo 1
else
  : > started-$1
  head -c 1000000 /dev/zero | tr '\0' .
  echo $1
  # The last one tells the peak of the pool, its parent.
  test $1 != 201 || sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" \
    /proc/$PPID/status > peak
fi
END
seq 201 | env "$mark_" pmap -P4 sh task > out 2> err &
pid=$!
# The 5th has come as far as it can when the pool waits for what it cannot
# do, for ever.
enough_ () { test -e started-5; }
retry_until_ 60 enough_ || fail=1
pool=$(children_of_ $pid)
# Whether the pool has used no CPU time since we last looked.
still_ ()
{
  local now_
  now_=$(sed 's/.*) //' "/proc/$pool/stat" | cut -d' ' -f12,13)
  test "$now_" = "$then_" && return
  then_=$now_
  return 1
}
then_=
retry_until_ 60 still_ || fail=1
set -- started-*
test $# -lt 100 || { warn_ "$# tasks have been started"; fail=1; }
peak_below_ 24576 $pool || fail=1
compare /dev/null out || fail=1
: > go
wait $pid || fail=1
tr -d . < out > numbers
seq 201 > exp
compare exp numbers || fail=1
test "$(cat peak)" -lt 24576 || { warn_ "$(cat peak) KiB at peak"; fail=1; }
rm -f out peak
compare /dev/null err || fail=1

# Many items.
seq 1000000 > in || framework_failure_
# The task with the last item tells the peak of the pool, its parent.
for n in max 1000; do
  pmap -P2 -n $n sh -c 'n=$#; shift $((n - 1)); echo $n $1
    test $1 != 1000000 \
      || sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$PPID/status \
         > peak' _ < in > out || fail=1
  awk '{ n += $1; if ($2 != n) bad = 1 } END { exit bad || n != 1000000 }' \
    out || { warn_ "items were lost with -n $n"; fail=1; }
  test "$(cat peak)" -lt 8192 \
    || { warn_ "$(cat peak) KiB with -n $n"; fail=1; }
  rm -f peak
done

# A line that memory cannot hold is one failure, and the others are run.
head -c 300000000 /dev/zero | tr '\0' x > huge || framework_failure_
{ echo; echo after; } >> huge || framework_failure_
{ echo before; cat huge; } > in
rm huge
(ulimit -v 200000 && exec pmap echo < in) > out 2> err
test $? = 123 || fail=1
printf 'before\nafter\n' > exp
compare exp out || fail=1
printf '%s\n' 'pmap: cannot read item 2: Cannot allocate memory' \
  "pmap: 1 of 3 tasks failed: '' (not run)" > exp
compare exp err || fail=1

# A line of 1 GB, which memory can hold, is too long for a command; and it is
# not kept.
available=$(sed -n 's/^MemAvailable:[^0-9]*\([0-9]*\).*/\1/p' /proc/meminfo)
if test "${available:-0}" -lt 4194304; then
  warn_ 'a line of 1 GB is left out: there is less than 4 GB of memory'
  Exit $fail
fi
cat > task <<'END'
# The pool, our parent, has read all that it wants when the last task is there,
# perhaps a moment later.
cat > small <<'EOF'
sed -n "s/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p" /proc/$1/status > rss
test "$(cat rss)" -lt 16384
EOF
test $1 != last || sh "$abs_srcdir/tests/await" sh small $PPID
echo $1
END
{ echo before
  head -c 1000000000 /dev/zero | tr '\0' x
  printf '\nafter\nlast\n'; } \
  | env "$mark_" pmap -P1 sh task > out 2> err
test $? = 123 || fail=1
printf '%s\n' before after last > exp
compare exp out || fail=1
# The message tells a part of the item at most.
grep 'Argument list too long$' err > /dev/null || fail=1
tail -n 1 err > last
sed "s/'x\{60\}/'x/" last > short
echo "pmap: 1 of 4 tasks failed: 'x...' (not run)" > exp
compare exp short || fail=1
test $(wc -l < err) = 2 || { warn_ 'other messages'; fail=1; }
test "$(cat rss)" -lt 16384 || { warn_ "$(cat rss) KiB afterwards"; fail=1; }

Exit $fail
