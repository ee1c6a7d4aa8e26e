#!/bin/sh
# Outputs come whole and in the order of the items.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

seq 1 200 > exp || framework_failure_
seq 1 200 | pmap -P8 sh -c 'sleep 0.0$(($1 % 9)); echo $1' _ {} > out || fail=1
compare exp out || fail=1

# The later, the earlier it ends: each waits for the next one's end.
cat > backwards <<'END'
test $1 = 8 || sh "$abs_srcdir/tests/await" test -e done-$(($1 + 1))
echo "out $1"
echo "err $1" >&2
: > done-$1
END
seq 8 | pmap -P8 sh backwards > out 2> err || fail=1
seq 8 | sed 's/^/out /' > exp
compare exp out || fail=1
seq 8 | sed 's/^/err /' > exp
compare exp err || fail=1

# The pieces of one task's output are never mixed with another's, be they
# long or short, on one stream or on both.
cat > chatter <<'END'
for i in 1 2 3 4 5; do
  echo "$1 out $i"
  echo "$1 err $i" >&2
done
awk -v id="$1" 'BEGIN { for (i = 0; i < 20000; i++) print id, "line", i }'
echo "$1 end"
END
pmap -P8 sh chatter ::: a b c d e f g h > out 2> err || fail=1
for i in a b c d e f g h; do sh chatter $i; done > exp 2> exp-err
cmp exp out || fail=1
compare exp-err err || fail=1

# Also where both streams are one file, no task is in another's way.
cat > letters <<'END'
for i in 1 2 3 4 5; do
  echo $1
  echo $1 >&2
done
head -c 200000 /dev/zero | tr '\0' $1
echo $1 >&2
END
pmap -P8 sh letters ::: a b c d e f g h > out 2>&1 || fail=1
tr -d '\n' < out | tr -s a-h > squeezed
printf abcdefgh > exp
compare exp squeezed || fail=1
test "$(wc -c < out)" = $((8 * 200022)) || fail=1

# A last line without its newline stays as it is.
pmap -P4 printf '%s' ::: a b c d > out || fail=1
printf abcd > exp
compare exp out || fail=1

# A failed task keeps its place and its output.
returns_ 123 pmap -P4 sh -c 'echo $1; exit $(($1 % 2))' _ ::: 1 2 3 4 \
  > out 2> err || fail=1
seq 4 > exp
compare exp out || fail=1
echo "pmap: 2 of 4 tasks failed: '1' (exit 1), '3' (exit 1)" > exp
compare exp err || fail=1

# More than a pipe holds, through a reader that takes its time: it begins when
# all have ended but the first, which cannot before.
cat > fill <<'END'
head -c 600000 /dev/zero | tr '\0' "$1"
: > filled-$1
END
pmap -P4 sh fill ::: a b c d \
  | { for i in b c d; do
        sh "$abs_srcdir/tests/await" test -e filled-$i || echo late
      done
      test ! -e filled-a || echo early
      dd bs=512 2> dd-err; } > out
for i in a b c d; do head -c 600000 /dev/zero | tr '\0' $i; done > exp
cmp exp out || fail=1

Exit $fail
