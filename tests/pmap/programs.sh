#!/bin/sh
# What kinds of programs tasks may be, and what they inherit.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# A script without #! is run by sh, as execvp(3) has it.
printf 'echo "script $0 $1"\n' > script && chmod a+x script \
  || framework_failure_
pmap ./script ::: 'a b' > out || fail=1
echo 'script ./script a b' > exp
compare exp out || fail=1

# A folder of that name on the way is passed over.
mkdir -p bin1/tool bin2 && printf '#!/bin/sh\necho tool $1\n' > bin2/tool \
  && chmod a+x bin2/tool || framework_failure_
PATH=$PWD/bin1:$PWD/bin2:$PATH pmap tool ::: a > out || fail=1
echo 'tool a' > exp
compare exp out || fail=1

# The program has the name that was given.
pmap sh -c 'echo "$0"' ::: name > out || fail=1
echo name > exp
compare exp out || fail=1

# A parent that ignores SIGCHLD does not keep us from seeing the ends.
(trap '' CHLD; exec pmap sh -c 'exit $1' _ ::: 0 1 0) > out 2> err
test $? = 123 || fail=1
echo "pmap: 1 of 3 tasks failed: '1' (exit 1)" > exp
compare exp err || fail=1
# Nor do the children that pmap has from before, and they are left alone.
cat > exec-pmap <<'END'
sh -c 'sleep 1000 & echo $! > child; wait' &
sh "$abs_srcdir/tests/await" test -s child
exec pmap -k .1 sh -c 'sleep 1000 & echo $1' _ ::: a b
END
env "$mark_" sh exec-pmap > out || fail=1
printf 'a\nb\n' > exp
compare exp out || fail=1
child=$(cat child)
process_gone_ $child && { warn_ 'a child from before was ended'; fail=1; }
test "$(processes_with_env_ "$mark_" | wc -l)" = 2 || fail=1
kill_leftovers_

# No descriptor of pmap's is open in a task.
if test -d /proc/self/fd; then
  fds='for f in /proc/self/fd/*; do echo ${f##*/}; done'
  sh -c "$fds" < /dev/null > plain 9>&- || fail=1
  pmap sh -c "$fds" ::: a > out 9>&- < /dev/null || fail=1
  compare plain out || fail=1
fi

# A task's signals are at their defaults, although pmap has handlers.
if test -r /proc/self/status; then
  for s in SigBlk SigIgn SigCgt; do
    grep ^$s: /proc/self/status > exp || framework_failure_
    pmap sh -c 'exec grep "^$1:" /proc/self/status' _ ::: $s > out || fail=1
    compare exp out || fail=1
  done
fi

# A task that stops itself goes on when it is told to.
cat > stops <<'END'
(sh "$abs_srcdir/tests/await" grep '^State:.T' /proc/$$/status
 kill -CONT $$) > /dev/null 2>&1 &
kill -STOP $$
echo went on
END
if test -r /proc/self/status; then
  pmap sh stops ::: 1 > out || fail=1
  echo 'went on' > exp
  compare exp out || fail=1
fi

# Many short tasks of all kinds: each outcome is counted.
seq 2000 > in
returns_ 123 pmap -P8 sh -c '
  case $1 in
    *[05]) echo $1; exit 1 ;;
    *3) echo $1; kill -KILL $$ ;;
    *) echo $1 ;;
  esac' _ < in > out 2> err || fail=1
compare in out || fail=1
printf '%s' 'pmap: 600 of 2000 tasks failed: ' \
  "'3' (signal KILL), '5' (exit 1), '10' (exit 1), ..." > exp
echo >> exp
compare exp err || fail=1
for option in -u --line-buffered --ungrouped; do
  pmap -P8 $option echo < in > out || fail=1
  sort -n out > sorted
  compare in sorted || fail=1
done

Exit $fail
