#!/bin/sh
# Other users' processes, and a fork bomb that a limit holds.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
require_user_
forest=$abs_builddir/tests/helpers/forest

# A fork bomb.  The limit counts all of a user's processes.
have=$(user_processes_)
run_as_user_ bash -c "echo \$\$ > bomb && ulimit -u $((have + 60)) \
  && exec env '$mark_' '$forest' handle '$forest' bomb" > ready &
retry_until_ 60 test -s ready || framework_failure_ 'not started'
run_as_user_ pkill-tree -t 60 -s KILL "$(cat bomb)" 2> err
test $? = 0 || { cat err; fail=1; }
no_leftovers_ 0 || fail=1

test "$(id -u)" = 0 || Exit $fail

# Another user's process is refused as an operand, and as a member is named.
env "$mark_" sleep 1000 &
foreign=$!
run_as_user_ pkill-tree $foreign 2> err
test $? = 1 || fail=1
echo "pkill-tree: process '$foreign' is refused: it belongs to another user" \
  > exp
compare exp err || fail=1

cat > mixed <<'END'
env sleep 1000 & echo $! > foreign
setpriv --reuid=$USER_ID --regid=65534 --clear-groups sleep 1000 &
echo $! > own
exec setpriv --reuid=$USER_ID --regid=65534 --clear-groups \
  sh -c 'echo $$ > root; while :; do sleep 1000; done'
END
chmod a+rwx .
env "$mark_" USER_ID="$ordinary_user_" sh ./mixed &
retry_until_ 60 test -s root || framework_failure_
root=$(cat root)
sleeps_ ()
{
  test "$(cat /proc/$(cat own)/comm /proc/$(cat foreign)/comm)" = 'sleep
sleep'
}
retry_until_ 60 sleeps_ || framework_failure_
run_as_user_ pkill-tree -t 60 $root 2> err
test $? = 1 || fail=1
grep -v Terminated err > named
printf "pkill-tree: process '%s' may not be signalled by this user: %s\n" \
  "$(cat foreign)" 'sleep 1000' > exp
compare exp named || fail=1
process_gone_ "$(cat own)" || fail=1
process_gone_ "$root" || fail=1
process_gone_ "$(cat foreign)" && fail=1

# root may end anyone's.
run_as_user_ env "$mark_" sh -c 'echo $$ > alien; exec sleep 1000' &
retry_until_ 60 test -s alien || framework_failure_
returns_ 0 pkill-tree -t 60 "$(cat alien)" $foreign || fail=1

Exit $fail
