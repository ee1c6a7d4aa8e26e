#!/bin/sh
# The whole tree goes, however it was started: orphans that left the session
# before the first signal, and what was started by pspawn within.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
setsid true || skip_ 'there is no setsid'
use_records_

# stay NAME
# Note that NAME is there, and stay, whatever comes.
cat > stay <<'EOF'
trap '' TERM INT HUP
echo $$ > $1.new && mv $1.new $1
while :; do sleep 1000; done
EOF

# job NAME METHOD
# Leave an orphan in a session of its own, and a job by METHOD, in which one
# has ended that has left another, and stay.
cat > job <<'EOF'
sh -c "setsid sh ./stay $1-orphan &"
pspawn -q -N $1-inner --start-method=$2 sh -c "
  setsid sh ./stay $1-inner-orphan &
  pspawn -q -N $1-deep --start-method=$2 sh ./stay $1-deep
  exit 3"
exec sh ./stay $1-root
EOF

# there_ NAME
# Succeed if all of the job NAME is there.
all_there_ ()
{
  test -s $1-root && test -s $1-orphan && test -s $1-inner-orphan \
    && test -s $1-deep && test -e records/none/$1-inner/status
}
there_ ()
{
  retry_until_ 60 all_there_ $1 || { warn_ "$1 is not there"; fail=1; }
  sh -c 'trap "" TERM; pjoin -q '$1-inner
}

# gone_ NAME
# Succeed if all of the job NAME goes, and the bystander stays.
process_of_gone_ () { process_gone_ "$(cat $1)"; }
gone_ ()
{
  local what_
  for what_ in root orphan inner-orphan deep; do
    retry_until_ 60 process_of_gone_ $1-$what_ \
      || { warn_ "$1: $what_ is left"; fail=1; }
  done
  process_gone_ "$(cat bystander)" && { warn_ "$1: bystander hit"; fail=1; }
}

# Another job of the same server is never touched.
pspawn_ -q -N bystander --start-method=forkserver sh ./stay bystander || fail=1
retry_until_ 60 test -s bystander || fail=1

for outer in $(pspawn --list-start-methods); do
  for inner in $(pspawn --list-start-methods); do
    how=$outer-$inner
    start_ ()
    {
      local name_=$1-$how
      shift
      pspawn_ -q -N $name_ --start-method=$outer "$@" \
        sh ./job $name_ $inner || fail=1
    }

    sleep 1000 &
    owner=$!
    start_ owned -D --owner=$owner -k .1
    there_ owned-$how
    kill $owner
    wait $owner
    gone_ owned-$how

    start_ joined
    there_ joined-$how
    returns_ 124 pjoin -t 0 -k .1 joined-$how || fail=1
    gone_ joined-$how

    start_ killed
    there_ killed-$how
    strict=
    test $inner = fork || strict=--strict
    returns_ 0 pkill-tree $strict -t 60 -k .1 killed-$how || fail=1
    gone_ killed-$how
  done

  # A time limit.  SIGTERM to a supervisor does the same.
  if test $outer != forkserver; then
    how=own-$outer
    pspawn_ -q -N $how --start-method=$outer -k .1 sh ./job $how forkserver \
      || fail=1
    there_ $how
    kill "$(supervisor_ $how)" || fail=1
    gone_ $how
  fi
  pspawn_ -q -N timed-$outer --start-method=$outer -k .1 -t 2 sh -c \
    "sh -c 'setsid sh ./stay timed-$outer-orphan &'
     exec sh ./stay timed-$outer-root" || fail=1
  ended_ timed-$outer || fail=1
  test "$(record_says_ timed-$outer timed-out)" = 1 || fail=1
  for what in root orphan; do
    # It may not have come to that.
    test -s timed-$outer-$what || continue
    retry_until_ 60 process_of_gone_ timed-$outer-$what \
      || { warn_ "timed-$outer: $what is left"; fail=1; }
  done

  # The orphans of a daemonic one that has ended before its owner, also where
  # no stream of it is left open.
  sleep 1000 &
  owner=$!
  pspawn_ -q -N ended-$outer --start-method=$outer -D --owner=$owner -k .1 \
    sh -c "setsid sh ./stay ended-$outer-orphan > out 2>&1 &" || fail=1
  ended_ ended-$outer || fail=1
  retry_until_ 60 test -s ended-$outer-orphan || fail=1
  process_of_gone_ ended-$outer-orphan && fail=1
  kill $owner
  wait $owner
  retry_until_ 60 process_of_gone_ ended-$outer-orphan \
    || { warn_ "ended-$outer: the orphan is left"; fail=1; }
done

returns_ 0 pkill-tree -s KILL -t 60 bystander || fail=1
end_server_ || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
