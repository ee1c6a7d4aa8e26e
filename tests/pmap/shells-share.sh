#!/bin/sh
# Warm shells: the items are shared out fairly, and a shell that is killed takes
# no more than the item that it is at.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
await=$abs_srcdir/tests/await; export await

# Whichever item takes long, those behind it are done by others meanwhile: it
# waits for the last of them.
for shell in sh bash; do
  command -v $shell > /dev/null || continue
  for slow in 1 2 300 1700; do
    rm -f last
    seq 2000 | env "$mark_" pmap -P2 --shell=$shell -c "
      case \$1 in
        $slow) sh \"\$await\" test -e last;;
        2000) : > last;;
      esac
      echo \$1" > out || fail=1
    seq 2000 > exp
    compare exp out || fail=1
  done
done

# What slow ones were given ahead is not mixed up where a sandbox or an old
# kernel cannot move what is in pipes.
refuse=$abs_builddir/tests/helpers/refuse
seq 2000 > exp
for error in ENOSYS EPERM; do
  if $refuse $error splice true 2> err; then
    $refuse $error splice env "$mark_" pmap -P4 -a exp -c '
      case $1 in *50) sleep .02;; esac
      echo $1' > out || fail=1
    compare exp out || fail=1
  else
    warn_ "not tried: $(cat err)"
  fi
done

# Few items are spread: each waits for all the others.
rm -f here.*
seq 4 | env "$mark_" pmap -P4 -c ': > here.$1
  for i in 1 2 3 4; do sh "$await" test -e here.$i || exit 1; done' || fail=1

# Some are slow, some are not, some end their shell; in any order, each is run
# once, and the output is in order.
awk 'BEGIN { srand (1); for (i = 1; i <= 3000; i++) {
  r = rand ()
  print i, r < .003 ? "sleep .02" : r < .01 ? "exit 0" : r < .02 ? "exec true" \
           : ":" } }' > items
: > ran
env "$mark_" pmap -P4 -c 'echo "$1"; set -- $1; echo $1 >> ran; shift; "$@"' \
  < items > out || fail=1
compare items out || fail=1
sort -n ran > ran.sorted
seq 3000 > exp
compare exp ran.sorted || fail=1

# Shells are killed from outside, again and again.
: > ran
cat > killer <<'END'
# Kill the shells of the pool below $1, one after the other, while it runs; but
# not what a sanitizer starts.
kills=0
while kill -0 $1 2> /dev/null; do
  pool=$(cat /proc/$1/task/$1/children 2> /dev/null)
  for p in $pool; do
    for w in $(cat /proc/$p/task/$p/children 2> /dev/null); do
      read name 2> /dev/null < /proc/$w/comm || continue
      test "$name" = sh || continue
      kill -9 $w 2> /dev/null && kills=$((kills + 1)) && : > killed-one
      sh "$await" test ! -e /proc/$w
    done
  done
done
echo $kills > kills
END
seq 50000 > items
# One item waits for the killer, which may be slow.
env "$mark_" pmap -v -P3 -c 'echo $1 >> ran
  test $1 != 20000 || sh "$await" test -e killed-one
  echo $1' < items > out 2> err &
p=$!
sh killer $p
wait $p
status=$?
test $(cat kills) -gt 0 || fail=1
sort -n ran | uniq -d > twice
test ! -s twice || { warn_ 'run twice:'; cat twice; fail=1; }
# What has not written its number was killed, and that was told.
sort out > out.sorted
grep ': ended by signal KILL' err | sed "s/.*item [^0-9]*\([0-9]*\).*/\1/" \
  | sort > killed
sort -u out.sorted killed | sort -n > all
compare items all || fail=1
sort -nc out || fail=1
case $status in
  0) test ! -s killed || fail=1;;
  123) test -s killed || fail=1;;
  *) fail=1;;
esac

# ^C and the like end them all.
for sig in INT TERM HUP; do
  rm -f begun.*
  seq 100 | env "$mark_" pmap -P2 -c ': > begun.$1; sleep 1000 & sleep 1000' \
    2> /dev/null & p=$!
  retry_until_ 30 test -e begun.2 || fail=1
  kill -$sig $p
  wait $p
  test $? -gt 128 || fail=1
  no_leftovers_ 30 || fail=1
done
rm -f begun.*
seq 100 | env "$mark_" pmap -P2 -c ': > begun.$1; sleep 1000 & sleep 1000' \
  2> /dev/null & p=$!
retry_until_ 30 test -e begun.2 || fail=1
kill -KILL $p
wait $p
no_leftovers_ 30 || fail=1

Exit $fail
