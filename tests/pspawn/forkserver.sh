#!/bin/sh
# One fork server, when there is work for one.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_
server_ () { pspawn_ -q --start-method=forkserver "$@"; }

# Started once, by however many at the same time; all get what is theirs.  One
# more keeps it from ending before we have looked at them.
server_ -N keeper sh "$abs_srcdir/tests/await" test -e stop || fail=1
pids=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  (
    server_ -N p$i sh -c "echo $i; sh '$abs_srcdir/tests/await' test -e go
                          exit $i"
  ) &
  pids="$pids $!"
done
for pid in $pids; do
  wait $pid || fail=1
done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  supervisor_ p$i
done | sort -u > servers
test "$(wc -l < servers)" = 1 || { cat servers; fail=1; }
: > go
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  ended_ p$i || fail=1
  echo $i > exp
  compare exp records/none/p$i/out.0 || fail=1
  test "$(record_says_ p$i status)" = $((i * 256)) || fail=1
done
server=$(cat servers)
test "$(supervisor_ keeper)" = $server || fail=1

# It is still there for the next.
server_ -N again true && ended_ again || fail=1
test "$(supervisor_ again)" = $server || fail=1

# It ends when nothing has run for some time, but not before: some seconds are
# between the time when the last one has ended and that of the folder, from
# which the socket has gone.
process_gone_ $server && { warn_ 'it did not wait'; fail=1; }
: > stop
ended_ keeper || fail=1
retry_until_ 60 process_gone_ $server || { warn_ 'it does not end'; fail=1; }
test ! -e records/none/.server || fail=1
idle=$(($(stat -c %Y records/none) \
        - $(stat -c %Y records/none/keeper/status)))
test $idle -ge 3 || { warn_ "it has waited $idle s"; fail=1; }
no_leftovers_ 60 || fail=1

# The next one comes when it is needed.  SIGTERM ends it with all that it has.
rm -f stop
server_ -N t1 sleep 1000 && server_ -N t2 sleep 1000 || fail=1
next=$(supervisor_ t1)
test "$next" != $server && test "$next" = "$(supervisor_ t2)" || fail=1
kill $next || fail=1
ended_ t1 && ended_ t2 || fail=1
test "$(record_says_ t1 status)" = 15 || fail=1
retry_until_ 60 process_gone_ $next || fail=1

# One that is killed is replaced; what it had runs on, but for daemonic ones.
rm -f stop
server_ -N k1 sh "$abs_srcdir/tests/await" test -e stop || fail=1
server_ -N k2 -D --owner=$$ sleep 1000 || fail=1
next=$(supervisor_ k1)
pid=$(record_says_ k2 handle | sed 's/:.*//')
kill -KILL $next || fail=1
retry_until_ 60 process_gone_ $pid || { warn_ 'k2 is left'; fail=1; }
process_gone_ "$(record_says_ k1 handle | sed 's/:.*//')" \
  && { warn_ 'k1 is gone'; fail=1; }
server_ -N k3 true && ended_ k3 || fail=1
test "$(supervisor_ k3)" != $next || fail=1
: > stop

# Each scope has its own, which ends with it.
cat > main <<'END2'
for i in 1 2; do
  pspawn -q --start-method=forkserver -D -o inherit \
    sh -c 'echo $PPID; exec sleep 1000'
done
sh "$abs_srcdir/tests/await" sh -c 'test "$(wc -l < out)" = 2'
END2
pspawn_ --scope sh main > out || fail=1
test "$(wc -l < out)" = 2 || { cat out; fail=1; }
sort -u out > servers
test "$(wc -l < servers)" = 1 || { cat servers; fail=1; }
retry_until_ 60 process_gone_ "$(cat servers)" || fail=1
test "$(cat servers)" != "$(supervisor_ k3)" || fail=1
ls records > out
printf 'handle\nnone\n' > exp
compare exp out || fail=1

# Without descriptors for more, a client is told so and does not wait.
end_server_of_ k3 || fail=1
retry_until_ 60 test ! -e records/none/.server || fail=1
(
  ulimit -n 24 || exit 0
  i=0
  while test $i -lt 12; do
    timeout 300 env "$mark_" pspawn -q --start-method=forkserver sleep 1000 \
      2>> err
    status=$?
    test $status = 0 || test $status = 125 \
      || { warn_ "status $status"; exit 1; }
    i=$((i + 1))
  done
  grep -E 'cannot (run|start)' err > /dev/null \
    || { warn_ 'all found descriptors'; exit 1; }
) || fail=1
# What could not be started has no record, or not for long: it may have run
# already when there was no descriptor for that.
all_started_ ()
{
  for record in records/none/*; do
    test -e "$record/start" || return
  done
}
retry_until_ 60 all_started_ || { ls records/none/*; fail=1; }
# There are records of servers that have gone, and whose PIDs others may have.
for name in $(ls records/none); do
  end_server_of_ $name || fail=1
done
no_leftovers_ 60 || fail=1

# Nor does it stay when the records are removed.
rm -rf records
server_ -N r true && ended_ r || fail=1
server=$(supervisor_ r)
rm -rf records
retry_until_ 60 process_gone_ $server || { warn_ 'it stays'; fail=1; }

# Another user's server is none: neither its folder nor its socket.
if test "$(id -u)" = 0 \
   && perl -MSocket -e '$> = 65534; exit $> != 65534' 2> /dev/null; then
  pspawn_ -q true || fail=1
  perl -MSocket -e '
    socket (my $s, PF_UNIX, SOCK_STREAM, 0) or die;
    bind ($s, pack_sockaddr_un ("records/none/.server")) or die;
    $> = 65534;
    listen ($s, 5) or die;
    open (my $f, ">", "/dev/null");
    print "ready\n";
    close (STDOUT);
    accept (my $c, $s);
    accept ($c, $s) while 1;' > ready &
  pid=$!
  retry_until_ 60 test -s ready || fail=1
  returns_ 125 timeout 300 env "$mark_" pspawn --start-method=forkserver \
    sh -c ': > started' 2> err || fail=1
  echo 'pspawn: cannot start a supervisor: Operation not permitted' > exp
  compare exp err || fail=1
  kill $pid
  wait $pid
  test ! -e started || fail=1
fi

Exit $fail
