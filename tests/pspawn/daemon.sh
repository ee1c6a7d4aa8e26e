#!/bin/sh
# Daemonic processes end with their owner.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# A tree that does not end easily: members in sessions of their own, orphans,
# and some that ignore SIGTERM.
cat > hard <<'END2'
setsid sleep 1000 &
setsid sh -c 'trap "" TERM INT HUP; sleep 1000; sleep 1000' &
(setsid sh -c 'sleep 1000 & exec sleep 1000' &)
(trap '' TERM; sleep 1000 & exec sleep 1000) &
: > ready-$1
while :; do sleep 1000; done
END2

# ready_ NAME
ready_ () { retry_until_ 60 test -e ready-$1 || fail=1; }

for how in spawn fork forkserver; do
  # The owner ends by itself: here, the parent of pspawn.
  sh -c "env '$mark_' pspawn -q -D -k .2 -N a-$how --start-method=$how \
           sh hard a-$how
    sh '$abs_srcdir/tests/await' test -e ready-a-$how" || fail=1
  ended_ a-$how || fail=1
  test "$(record_says_ a-$how timed-out)" = 0 || fail=1

  # Or is killed.
  sh -c "env '$mark_' pspawn -q --daemon -k .2 -N b-$how \
           --start-method=$how sh hard b-$how
    exec sleep 1000" &
  owner=$!
  ready_ b-$how
  process_gone_ "$(supervisor_ b-$how)" && fail=1
  kill -KILL $owner
  wait $owner
  ended_ b-$how || fail=1

  # It may be any process.
  sleep 1000 &
  owner=$!
  (pspawn_ -q -D --owner=$owner -k .2 -N c-$how --start-method=$how \
     sh hard c-$how) || fail=1
  ready_ c-$how
  test ! -e records/none/c-$how/status || fail=1
  test "$(record_says_ c-$how owner | sed 's/:.*//')" = $owner || fail=1
  kill $owner
  wait $owner
  ended_ c-$how || fail=1
  test "$how" != forkserver || end_server_ || fail=1
  no_leftovers_ 60 || { warn_ "$how"; fail=1; }
done

# What ends on SIGTERM has the time for it.
sleep 1000 &
owner=$!
pspawn_ -q -D --owner=$owner -N tidy -k 60 \
  sh -c 'trap "echo tidied; exit 3" TERM; : > ready-tidy
         while :; do sleep .05; done' || fail=1
ready_ tidy
kill $owner
wait $owner
ended_ tidy || fail=1
echo tidied > exp
compare exp records/none/tidy/out.0 || fail=1
test "$(record_says_ tidy status)" = $((3 * 256)) || fail=1

# It is sent another signal if that is asked for.
sleep 1000 &
owner=$!
pspawn_ -q -D --owner=$owner -s USR1 -N usr1 -k 60 \
  sh -c 'trap "echo usr1; exit" USR1; : > ready-usr1
         while :; do sleep .05; done' || fail=1
ready_ usr1
kill $owner
wait $owner
ended_ usr1 || fail=1
echo usr1 > exp
compare exp records/none/usr1/out.0 || fail=1

# A daemonic process that has ended leaves orphans until its owner ends.
sleep 1000 &
owner=$!
pspawn_ -q -D --owner=$owner -k .2 -N orphans \
  sh -c '(trap "" TERM; exec sleep 1000) & setsid sleep 1000 & exit 4' \
  || fail=1
ended_ orphans || fail=1
process_gone_ "$(supervisor_ orphans)" && fail=1
kill $owner
wait $owner
no_leftovers_ 60 || fail=1

# If its supervisor is killed, it ends too; a plain one goes on.
pspawn_ -q -D --owner=$$ -N d1 sleep 1000 || fail=1
pspawn_ -q -N d2 sh "$abs_srcdir/tests/await" test -e stop || fail=1
for name in d1 d2; do
  kill -KILL "$(supervisor_ $name)" || fail=1
done
retry_until_ 60 process_gone_ "$(record_says_ d1 handle | sed 's/:.*//')" \
  || fail=1
process_gone_ "$(record_says_ d2 handle | sed 's/:.*//')" && fail=1
: > stop

# SIGTERM to a supervisor ends its tree.
pspawn_ -q -N term -k .2 sh hard term || fail=1
ready_ term
kill "$(supervisor_ term)" || fail=1
ended_ term || fail=1
no_leftovers_ 60 || fail=1

# In a scope, the owner is the main process, and not a shell that has passed.
cat > main <<'END2'
pspawn -q -D -k 60 -o inherit sh -c 'trap "echo ended; exit" TERM
  : > ready-scope
  while :; do sleep .05; done'
sh "$abs_srcdir/tests/await" test -e ready-scope
echo main
END2
pspawn_ --scope -k 60 sh main > out || fail=1
printf 'main\nended\n' > exp
compare exp out || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
