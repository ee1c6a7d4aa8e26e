#!/bin/sh
# pjoin -t: time runs out, and laggards are ended with their trees.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_

# spawn_ NAME SCRIPT
spawn_ () { env "$mark_" pspawn -q -N "$1" sh -c "$2" || fail=1; }

# Nothing is killed, delivered or released.
spawn_ child 'echo begun; exec sleep 1000'
retry_until_ 60 grep begun records/none/child/out.0 > /dev/null || fail=1
pspawn -q -N ended echo ended || fail=1
retry_until_ 60 pjoin --poll ended || fail=1
returns_ 124 pjoin -t .01 ended child > out 2> err || fail=1
compare /dev/null out || fail=1
compare /dev/null err || fail=1
returns_ 124 pjoin -v -t 0 ended child > out 2> err || fail=1
grep "'child' ([0-9:]*) is running" err > /dev/null || { cat err; fail=1; }
returns_ 1 pjoin --poll child || fail=1
pjoin -t 0 ended > out || fail=1
echo ended > exp
compare exp out || fail=1

# With time enough it is as without.
pspawn -q -N quick sh -c 'echo quick; exit 2' || fail=1
returns_ 2 pjoin -t 100 quick > out || fail=1
echo quick > exp
compare exp out || fail=1

# -s ends the laggard, and it is joined.
returns_ 124 pjoin -t .01 -s INT -v child > out 2> err || fail=1
echo begun > exp
compare exp out || fail=1
grep "'child' ([0-9:]*) was ended by signal INT" err > /dev/null \
  || { cat err; fail=1; }
returns_ 1 pjoin child 2> /dev/null || fail=1
no_leftovers_ 60 || fail=1

# -k ends what does not heed that, and the whole tree: sessions of their own
# and orphans, too.
cat > hard <<'EOF'
trap '' TERM
setsid sleep 1000 &
setsid sh -c 'trap "" TERM; exec sleep 1000' &
sh -c 'setsid sh -c "trap \"\" TERM; exec sleep 1000" & exit'
: > ready
while :; do sleep 1; done
EOF
for method in $(pspawn --list-start-methods); do
  rm -f ready
  env "$mark_" pspawn --start-method=$method -q -N hard sh hard || fail=1
  retry_until_ 60 test -e ready || fail=1
  returns_ 124 pjoin -t 0 -k .01 hard || fail=1
  no_leftovers_ 60 || { warn_ "$method"; fail=1; }
done

# Any process can be ended so.
env "$mark_" sh -c 'sleep 1000; :' & p=$!
(pjoin -t 0 -k 10 $p)
test $? = 124 || fail=1
wait $p
no_leftovers_ 60 || fail=1

# What pjoin itself descends from is refused, before anything is done.
env "$mark_" sleep 1000 & p=$!
sh -c '
  pjoin -t 0 -k 0 $1 $$; echo $? > status
  pjoin -t 0 -k 0 $1 1; echo $? >> status' _ $p 2> err
kill -0 $p || fail=1
kill $p
printf '%s\n' 1 1 > exp
compare exp status || fail=1
grep 'must not be ended' err > /dev/null || { cat err; fail=1; }

Exit $fail
