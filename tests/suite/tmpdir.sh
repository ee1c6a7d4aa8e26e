#!/bin/sh
# TMPDIR may be unset, or any name; what cannot be used is told.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
# These are where records are if nobody says where else.
unset MPUTILS_DIR
# What runs env, if anything.
as_=

# More than an address of a socket takes, and as much as a name takes.
long=$(printf %0200d 0)
deep=$PWD/$long/$long
mkdir -p "$deep" "$PWD/a b" "$(printf 'a\nb"*')" relative \
  || framework_failure_

# try_ WHAT ARG...
# Try all that uses TMPDIR by env ARG...
try_ ()
{
  what=$1
  shift
  set -- $as_ env "$@" "$mark_"
  for method in spawn forkserver; do
    h=$("$@" pspawn --start-method=$method sh -c 'echo out') \
      || { warn_ "$what: $method"; fail=1; continue; }
    test "$("$@" pjoin "$h")" = out || { warn_ "$what: pjoin"; fail=1; }
  done
  "$@" pspawn --scope --start-method=forkserver sh -c '
    pspawn -q -D sleep 1000; pspawn -q sh -c ": > done"; exit 4'
  test $? = 4 && test -e done || { warn_ "$what: scope"; fail=1; }
  rm -f done
  # More than memory is for, so that a file is.
  "$@" pmap -P1 --callback='wc -c' \
    sh -c 'head -c 20000000 /dev/zero' ::: a > out \
    || { warn_ "$what: pmap"; fail=1; }
  test "$(cat out)" = 20000000 || { warn_ "$what: pmap: $(cat out)"; fail=1; }
  "$@" ncpu > /dev/null || fail=1
  "$@" sh -c 'sleep 1000 & pkill-tree $!' \
    || { warn_ "$what: pkill-tree"; fail=1; }
  # The servers of these folders would wait for more.
  kill_leftovers_
}

try_ long TMPDIR="$deep"
try_ spaces TMPDIR="$PWD/a b"
try_ newline TMPDIR="$(printf '%s/a\nb"*' "$PWD")"
try_ relative TMPDIR=relative
try_ slash TMPDIR="$PWD/relative/"
try_ 'without HOME' -u HOME TMPDIR="$PWD/relative"
# A relative one is the same for what is started elsewhere.
for where in TMPDIR=relative MPUTILS_DIR=relative/mputils-$(id -u); do
  for how in spawn forkserver; do
    env "$where" "$mark_" timeout 120 pspawn --scope sh -c 'cd / \
      && pspawn -q -N a --start-method=$0 \
        sh -c "cd /etc && pspawn -q -N b echo b; pjoin b" \
      && cd /usr && pjoin a' $how > out 2> err || { cat err; fail=1; }
    echo b > exp
    compare exp out || fail=1
  done
done
# In these, nothing but the records stays.
for dir in "$deep" 'a b' relative; do
  test "$(ls -A "$dir")" = "mputils-$(id -u)" || { ls -A "$dir"; fail=1; }
done

# They are in /tmp then, where this user may have some.
if have_user_ && ! test -e /tmp/mputils-$(run_as_user_ id -u); then
  dir=/tmp/mputils-$(run_as_user_ id -u)
  as_=run_as_user_
  try_ unset -u TMPDIR
  try_ empty TMPDIR=
  as_=
  test -d $dir || fail=1
  rm -rf $dir
fi

# What cannot be used is told, with what was tried.
# refused_ WHY TMPDIR [COMMAND [ARG]...]
refused_ ()
{
  why=$1 tmp=$2
  shift 2
  "$@" env TMPDIR="$tmp" pspawn true > out 2> err
  test $? = 125 || { warn_ "$tmp: status"; fail=1; }
  compare /dev/null out || fail=1
  grep "^pspawn: cannot open directory .*mputils-.*: $why" err > /dev/null \
    || { warn_ "$tmp: $(cat err)"; fail=1; }
}
refused_ 'No such file or directory' /nonexistent
refused_ 'No such file or directory' none/where
refused_ 'Not a directory' /dev/null
refused_ 'File name too long' "$(printf %05000d 0)"
if have_user_; then
  mkdir -m 555 closed || framework_failure_
  refused_ 'Permission denied' "$PWD/closed" run_as_user_
fi
# Where there are no records, there is nothing to join.
returns_ 1 env TMPDIR=/nonexistent pjoin --poll $$:1 2> err || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
