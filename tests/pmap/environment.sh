#!/bin/sh
# What tasks find in their environment.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

show='echo "$PMAP_ITEM:$PMAP_INDEX:$PMAP_ATTEMPT:$PMAP_SLOT"'
pmap -P1 sh -c "$show" ::: a 'b c' '' > out || fail=1
printf 'a:1:1:1\nb c:2:1:1\n:3:1:1\n' > exp
compare exp out || fail=1

# The item of a task with several is none of them.
pmap -P1 -n2 sh -c 'echo "${PMAP_ITEM-none}:$PMAP_INDEX"' ::: a b c > out \
  || fail=1
printf 'none:1\nc:2\n' > exp
compare exp out || fail=1

# An outer map's values do not get through.
PMAP_ITEM=old PMAP_INDEX=7 PMAP_SLOT=8 PMAP_ATTEMPT=9 \
  pmap -P1 -n2 sh -c 'echo "${PMAP_ITEM-none}:$PMAP_INDEX:$PMAP_SLOT"' \
  ::: a b > out || fail=1
echo none:1:1 > exp
compare exp out || fail=1
# Each once, and all else as it was.
if env -i A=1 B='x y' "$(command -v env)" > plain; then
  env -i A=1 B='x y' PMAP_ITEM=old "$abs_builddir/src/pmap" -P1 \
    "$(command -v env)" > all 2> err <<'END'
C=3
END
  sort all > out
  printf '%s\n' A=1 'B=x y' C=3 PMAP_ATTEMPT=1 PMAP_INDEX=1 PMAP_ITEM=C=3 \
    PMAP_SLOT=1 > exp
  grep -v '^_=' out > out-clean
  compare exp out-clean || fail=1
fi

# Two tasks that run at once have different slots, and the slots of those
# that have ended are used again.
seq 100 | pmap -P4 sh -c 'echo $PMAP_SLOT' > out || fail=1
grep -vx '[1-4]' out && fail=1
cat > meet <<'END'
: > slot-$PMAP_SLOT
sh "$abs_srcdir/tests/await" test -e slot-1 \
  && sh "$abs_srcdir/tests/await" test -e slot-2 \
  && sh "$abs_srcdir/tests/await" test -e slot-3 || exit 1
END
pmap -P3 sh meet ::: a b c || fail=1

# Without PATH, the system's own.
(unset PATH; "$abs_builddir/src/pmap" echo ::: a) > out || fail=1
echo a > exp
compare exp out || fail=1
# An empty part of PATH is the current folder.
printf '#!/bin/sh\necho here $1\n' > prog && chmod a+x prog \
  || framework_failure_
PATH=:$PATH pmap prog ::: a > out || fail=1
echo here a > exp
compare exp out || fail=1

Exit $fail
