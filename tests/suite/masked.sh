#!/bin/sh
# Without /proc, processes are started and joined all the same.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# The other programs have a test of their own of this name.

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
skip_if_sanitized_
use_records_

unshare_=
for u in 'unshare -m' 'unshare -rm'; do
  $u mount -t tmpfs none /proc > /dev/null 2>&1 && { unshare_=$u; break; }
done
test -n "$unshare_" || skip_ '/proc cannot be covered here'

# masked_ SCRIPT [ARG]...
# Run it by sh, marked, where /proc is covered by an empty file system; its
# standard error goes to err.
masked_ ()
{
  env "$mark_" timeout 120 $unshare_ sh -c '
    mount -t tmpfs none /proc && exec sh -c "$@"' sh "$@" 2> err
}

for method in spawn fork forkserver; do
  # The handle is one where there is pidfs; else it is no more than a PID.
  masked_ 'h=$(pspawn --start-method=$0 sh -c "echo out; exit 3") || exit 99
    pjoin $h' $method > out
  test $? = 3 || { warn_ "$method: status"; cat err; fail=1; }
  echo out > exp
  compare exp out || fail=1
  compare /dev/null err || fail=1

  # By name, while it runs and after.
  masked_ 'pspawn -N n --print=pid --start-method=$0 sleep 1000 > pid \
      || exit 99
    pjoin --poll n; test $? = 1 || exit 98
    pjoin -t .1 n; test $? = 124 || exit 97
    # A tree cannot be ended that is not seen.
    pjoin -q -t .1 -s KILL n; test $? = 125 || exit 96
    kill $(pspawn -N m --print=pid sleep 1000) || exit 94
    pjoin m; exit $?' $method
  test $? = 143 || { warn_ "$method: by name"; fail=1; }
  cat > exp <<'EOF2'
pjoin: cannot see the processes: /proc is not there, or not ours
EOF2
  compare exp err || fail=1
  kill -KILL $(cat pid) || fail=1
  ended_ n && rm -rf records/none/n

  # Time is kept, for the process group at least.
  masked_ 'pspawn -q -N late -t .2 -k .1 --start-method=$0 \
      sh -c "trap \"\" TERM; sleep 1000 & wait; wait" || exit 99
    pjoin late; exit $?' $method
  test $? = 124 || { warn_ "$method: -t"; cat err; fail=1; }
done
masked_ 'pspawn --scope sh -c "
  pspawn -q -D sleep 1000; pspawn -q sh -c \"echo waited > plain\"; exit 5"'
test $? = 5 || { warn_ scope; cat err; fail=1; }
test -s plain || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
