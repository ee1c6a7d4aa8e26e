#!/bin/sh
# A task ends with its process, whatever that leaves behind.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# What has no environment is not known by it.
cleanup_ () { kill_bare_; kill_leftovers_; }

# The first task leaves a process that holds both of its streams and writes
# to them later, while the second still runs.
cat > leave <<'END'
if test $1 = 1; then
  (trap '' TERM PIPE
   sh "$abs_srcdir/tests/await" test -e go
   echo late
   echo late >&2
   : > late) &
  echo one
else
  echo two
  : > go
  sh "$abs_srcdir/tests/await" test -e late && echo two ends
fi
END
env "$mark_" pmap -P1 sh leave ::: 1 2 > out 2> err || fail=1
printf '%s\n' one two 'two ends' > exp
compare exp out || fail=1
compare /dev/null err || fail=1
no_leftovers_ 0 || fail=1

# The same with other outputs.
for option in -u --line-buffered --tag; do
  rm -f go late
  env "$mark_" pmap -P1 $option sh leave ::: 1 2 > out 2> err || fail=1
  grep late out err && fail=1
  no_leftovers_ 0 || fail=1
done

# What waits for ever does not make the run wait, be it in a session of its
# own or not, reading on or deaf to SIGTERM, with our environment or none.
cat > linger <<'END'
(exec sleep 1000) &
setsid sleep 1000 &
(trap '' TERM; exec sleep 1000) &
env -i setsid sh -c 'trap "" TERM HUP INT; echo $$ > b; mv b bare
  exec sleep 1000' &
sh "$abs_srcdir/tests/await" test -e bare && echo done
END
env "$mark_" timeout 60 pmap -k .2 sh linger ::: 1 > out || fail=1
echo 'done' > exp
compare exp out || fail=1
no_leftovers_ 0 || fail=1
process_gone_ "$(cat bare)" || fail=1

# All that was written before the end is there, however much, although
# another process holds the pipe.
cat > much <<'END'
(exec sleep 1000) &
head -c 60000 /dev/zero
END
env "$mark_" pmap -P3 sh much ::: 1 2 3 4 5 6 > out || fail=1
test "$(wc -c < out)" = 360000 || fail=1
no_leftovers_ 0 || fail=1

# A leftover is no failure.  It is sent SIGTERM first, and may tidy up.
cat > tidy <<'END'
(trap 'echo tidied > tidied; exit' TERM; : > ready; while :; do sleep .05
  done) > /dev/null 2>&1 &
sh "$abs_srcdir/tests/await" test -e ready
END
env "$mark_" pmap sh tidy ::: 1 2> err || fail=1
compare /dev/null err || fail=1
test -s tidied || fail=1
no_leftovers_ 0 || fail=1

Exit $fail
