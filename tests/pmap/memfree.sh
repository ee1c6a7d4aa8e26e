#!/bin/sh
# Tasks wait for memory, and go back to the queue when there is too little.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

cleanup_ () { kill_leftovers_; remove_cgroup_; }
make_cgroup_ memory 'memory.[lm][ia][mx]*'

file=memory.limit_in_bytes
test -e "$cgroup_/$file" || file=memory.max
in_cgroup_ true 2> /dev/null || skip_ "processes cannot be moved to $cgroup_"

# limit_ MEGABYTES
limit_ () { echo $(($1 * 1024 * 1024)) > "$cgroup_/$file"; }
limit_ 600 || skip_ "$cgroup_ does not take a memory limit"
test "$(ncpu --online --scale=100000 --mem-per-job=600M)" -ge 1 \
  && test "$(awk '/^MemAvailable/ { print int ($2 / 1024) }' /proc/meminfo)" \
     -gt 600 || skip_ 'there is too little memory'

# None is started while there is too little.
limit_ 300
sh -c "$enter_cgroup_" "$cgroup_" env "$mark_" \
  pmap -v --memfree=400M echo ::: a b > out 2> err &
pid=$!
retry_until_ 30 grep 'waiting until 400M of memory are available' err \
  > /dev/null || { cat err; fail=1; }
compare /dev/null out || fail=1
limit_ 600
wait $pid || fail=1
printf '%s\n' a b > exp
compare exp out || fail=1

# A task leaves a word, and waits until it is let go.
cat > task <<'EOF'
echo "${PMAP_ATTEMPT-1}" >> began-$1
echo "run $(wc -l < began-$1) of $1"
sh "$abs_srcdir/tests/await" test -e release || exit 1
EOF
began_ () { test -e began-$1 && test $(wc -l < began-$1) = $2; }

two_again_ () { test $(cat began-* | wc -l) = 5; }

# sent_back_ OPTION...
# Check with these OPTIONs, which end those of pmap, that of three tasks the two
# youngest go back, and are run again.
sent_back_ ()
{
  rm -f began-* release
  limit_ 600
  seq 3 | sh -c "$enter_cgroup_" "$cgroup_" env "$mark_" \
    pmap -k 20 -P3 -v --memfree=kill,400M "$@" > out 2> err &
  pid=$!
  for i in 1 2 3; do
    retry_until_ 30 began_ $i 1 || { warn_ "$i has not begun: $*"; fail=1; }
  done
  limit_ 150
  retry_until_ 60 back_twice_ || { cat err; fail=1; }
  limit_ 600
  retry_until_ 30 two_again_ || { warn_ "not run again: $*"; fail=1; }
  : > release
  wait $pid || { warn_ "failed: $*"; cat err; fail=1; }
  # The oldest is not concerned: the first, but workers that live on may be
  # ready in any order.
  oldest=1
  case $1 in
    -*) for i in 2 3; do began_ $i 2 || oldest=$i; done ;;
  esac
  for i in 1 2 3; do
    test $i = $oldest && echo "run 1 of $i" || echo "run 2 of $i"
  done > exp
  compare exp out || fail=1
  test "$(cat began-* | sort -u)" = 1 || { warn_ 'attempts count'; fail=1; }
  test "$(grep -c 'ended, to be run again' err)" = 2 || { cat err; fail=1; }
}
back_twice_ ()
{
  test "$(grep -c 'ended, to be run again' err)" = 2
}
sent_back_ sh task
sent_back_ -c '. ./task'
# An answer ends an item: it comes last.
sent_back_ -w sh -c 'while read x; do y=$(sh task $x); echo "$y"; done'

Exit $fail
