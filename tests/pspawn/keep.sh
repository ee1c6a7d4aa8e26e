#!/bin/sh
# Kept output has a cap.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# written_ NAME STREAM
# Print what is kept of STREAM of NAME.
written_ ()
{
  for f in $(ls records/none/$1 | grep "^$2\\." | sort -t. -k2n); do
    cat "records/none/$1/$f"
  done
}

# Any bytes, up to the cap, are kept as they are.
printf 'a\0b\377\n\nc' > exp || framework_failure_
pspawn_ -q -N bytes -i exp sh -c 'cat; cat exp >&2' || fail=1
ended_ bytes || fail=1
written_ bytes out > out
cmp exp out || fail=1
written_ bytes err > out
cmp exp out || fail=1

# Much more than a pipe holds, and all that was written before the end.
seq 500000 > many || framework_failure_
for how in $(pspawn --list-start-methods); do
  pspawn_ -q -N many-$how --start-method=$how sh -c 'cat many; cat many >&2' \
    || fail=1
done
for how in $(pspawn --list-start-methods); do
  ended_ many-$how || fail=1
  for stream in out err; do
    written_ many-$how $stream > out
    cmp many out || fail=1
  done
  test "$(record_says_ many-$how dropped-out)" = 0 || fail=1
done

# Beyond the cap the beginning and the end are there, and the record tells how
# much is not.
size=$(wc -c < many)
for cap in 1K 64K 1M; do
  pspawn_ -q -N cap-$cap --keep-max=$cap sh -c 'cat many; echo err >&2' \
    || fail=1
  ended_ cap-$cap || fail=1
  test "$(record_says_ cap-$cap status)" = 0 || fail=1
  written_ cap-$cap out > out
  kept=$(wc -c < out)
  dropped=$(record_says_ cap-$cap dropped-out)
  test $((kept + dropped)) = $size || { warn_ "$cap $kept $dropped"; fail=1; }
  max=$(($(echo $cap | sed 's/K/ * 1024/; s/M/ * 1048576/')))
  test $kept -le $max && test $kept -ge $((max * 3 / 4)) \
    || { warn_ "$cap: $kept"; fail=1; }
  n=$((max / 4))
  head -c $n many > exp && head -c $n out > got
  cmp exp got || fail=1
  tail -c $n many > exp && tail -c $n out > got
  cmp exp got || fail=1
  # Each stream has its own.
  written_ cap-$cap err > out
  echo err > exp
  compare exp out || fail=1
  test "$(record_says_ cap-$cap dropped-err)" = 0 || fail=1
done

# Nothing may be kept.
pspawn_ -q -N none --keep-max=0 cat many || fail=1
ended_ none || fail=1
test -z "$(written_ none out)" || fail=1
pspawn_ -q -N none2 --keep-max=0 sh -c 'cat many' || fail=1
pspawn_ -q -N none3 --keep-max=0 -i many cat || fail=1
ended_ none3 || fail=1
test "$(record_says_ none3 dropped-out)" = $size || fail=1
test "$(record_says_ none3 status)" = 0 || fail=1

# What an orphan writes after the end is nobody's, but does not hurt it.
pspawn_ -q -N orphan sh -c '
  (trap "" PIPE; sh "$abs_srcdir/tests/await" test -e go; echo late
   echo $? > late) &
  echo early' || fail=1
ended_ orphan || fail=1
: > go
retry_until_ 60 test -s late || fail=1
echo 0 > exp
compare exp late || fail=1
written_ orphan out > out
echo early > exp
compare exp out || fail=1
end_server_ || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
