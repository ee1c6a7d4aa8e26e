#!/bin/sh
# Orphans: by session, process group, handle and supervisor.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
forest=$abs_builddir/tests/helpers/forest
MPUTILS_DIR=$PWD/records
export MPUTILS_DIR

# has_ FILE...
has_ ()
{
  local f_
  for f_; do test -s "$f_" || return 1; done
}

# pause FILE
# Write the own PID to FILE, and stay.
cat > pause <<'END'
echo $$ > $1.new && mv $1.new $1
while :; do sleep 1000; done
END

# orphan FILE [COMMAND]...
# Leave an orphan that runs pause, by COMMAND.
cat > orphan <<'END'
file=$1; shift
"$@" sh ./pause $file &
END

# gone_ and there_ FILE...
gone_ ()
{
  local f_
  for f_; do
    process_gone_ "$(cat $f_)" || { warn_ "$f_ is left"; fail=1; }
  done
}
there_ ()
{
  local f_
  for f_; do
    ! process_gone_ "$(cat $f_)" || { warn_ "$f_ was hit"; fail=1; }
  done
}

# clear_
# Begin anew.
clear_ () { kill_leftovers_; rm -rf a b c d root handle records; }

# The leader of a session, with an orphan in it, one in another session, and
# one that has only the handle.
cat > leader <<'END'
sh ./orphan a
sh ./orphan b setsid
env -u MPUTILS_HANDLE sh ./orphan c setsid
exec sh ./pause root
END
setsid true || skip_ 'there is no setsid'
start_leader_ ()
{
  clear_
  env "$mark_" setsid "$forest" handle sh ./leader &
  retry_until_ 60 has_ a b c root || framework_failure_ 'not started'
}
start_leader_
cat a b root | sort > exp
# Each has a sleep, or will have one soon.
found_ ()
{
  pkill-tree --dry-run "$(cat root)" | sed 's/ .*//' | sort > found
  test "$(wc -l < found)" = 6
}
retry_until_ 60 found_ || { cat found; fail=1; }
test "$(comm -12 found exp | wc -l)" = 3 || { cat found; fail=1; }
returns_ 0 pkill-tree -t 60 "$(cat root)" || fail=1
gone_ a b root
# Nothing leads to this one.
there_ c

# --strict takes descendants only.
start_leader_
returns_ 0 pkill-tree -t 60 --strict "$(cat root)" || fail=1
gone_ root
there_ a b c

# Of a process group, the leader of which is not named, nothing else is taken.
clear_
cat > group <<'END'
sh ./pause a &
sh ./pause b &
exec sh ./pause root
END
env "$mark_" setsid sh -c 'sh ./group & sh ./pause d' &
retry_until_ 60 has_ a b d root || framework_failure_ 'not started'
returns_ 0 pkill-tree -t 60 "$(cat a)" || fail=1
gone_ a
there_ b d root
returns_ 0 pkill-tree -t 60 "$(cat root)" || fail=1
gone_ a b root
there_ d

# A supervisor: of method spawn all its descendants, of a forkserver those that
# have the handle.  It is not signalled itself.
cat > job <<'END'
sh ./orphan a setsid
env -u MPUTILS_HANDLE sh ./orphan b setsid
exec sh ./pause root
END
for method in spawn forkserver; do
  for strict in '' --strict; do
    clear_
    env "$mark_" "$forest" super job $method sh ./job > handle &
    super=$!
    retry_until_ 60 has_ a b root handle || framework_failure_ 'not started'
    returns_ 0 pkill-tree -v -t 60 $strict job 2> err || { cat err; fail=1; }
    gone_ a root
    if test $method = spawn; then
      gone_ b
      retry_until_ 60 process_gone_ $super || fail=1
      wait $super || { warn_ 'the supervisor was hit'; fail=1; }
    else
      there_ b
      process_gone_ $super && fail=1
    fi
    grep "'$super'" err && fail=1
    # It is known by its handle, too, and has ended.
    returns_ 1 pkill-tree "$(cat handle)" 2> err || fail=1
    echo "pkill-tree: process '$(cat handle)': it has ended" > exp
    compare exp err || fail=1
  done
done

# What one that has ended has left is ended.
clear_
env "$mark_" "$forest" super job spawn sh -c 'sh ./orphan a setsid' > handle &
retry_until_ 60 has_ a handle || framework_failure_ 'not started'
retry_until_ 60 process_gone_ "$(sed 's/:.*//' handle)" || fail=1
returns_ 0 pkill-tree -t 60 job || fail=1
gone_ a

# A supervisor that is found in another's tree is spared; what it has started
# is not.
clear_
env "$mark_" "$forest" super outer spawn "$forest" super inner spawn \
  sh ./pause root > handle &
retry_until_ 60 has_ root handle || framework_failure_ 'not started'
two_records_ () { test -e records/none/inner/start; }
retry_until_ 60 two_records_ || fail=1
inner=$(sed 's/:.*//' handle | sed 1q)
outer=$!
returns_ 0 pkill-tree -v -t 60 outer 2> err || { cat err; fail=1; }
grep "'$(cat root)'" err > /dev/null || { cat err; fail=1; }
gone_ root
no_leftovers_ 60 || fail=1
wait $outer || { warn_ 'a supervisor was hit'; fail=1; }

Exit $fail
