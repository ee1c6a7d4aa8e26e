#!/bin/sh
# The start methods hand down the same.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

# Everything that exec keeps, as a process started by METHOD sees it.
cat > look <<'END2'
pwd
umask
ulimit -a
grep -E '^Sig(Blk|Ign)|^Groups|^Uid|^Gid|^NoNewPrivs' /proc/self/status
env | LC_ALL=C sort | grep -Ev '^(MPUTILS_(HANDLE|NAME|PARENT)|_|SHLVL)='
printf '%s|' "$@"
cat
END2
echo in > in && mkdir d || framework_failure_

# run_ NAME [OPTION]...
# Run it in the surroundings that are to be handed down.
run_ ()
{
  (
    name=$1
    shift
    cd d || exit
    umask 037
    ulimit -S -n 100
    ulimit -c 0
    ulimit -S -t 10000
    trap '' USR1 INT HUP TERM QUIT PIPE
    A="$(printf 'x\ny')" pspawn_ -q -N $name -i ../in "$@" \
      sh ../look '' 'a b' "$(printf '1\n2\\')"
  )
}
run_ x-direct --start-method=fork || fail=1
run_ x-spawn --start-method=spawn || fail=1
# The server is started elsewhere, with other surroundings.
pspawn_ -q -N first --start-method=forkserver true || fail=1
run_ x-server --start-method=forkserver || fail=1
# The variable names it too.
MPUTILS_START_METHOD=forkserver run_ x-variable || fail=1
for name in x-direct x-spawn x-server x-variable; do
  ended_ $name || fail=1
  sed '/^MPUTILS_START_METHOD=/d' records/none/$name/out.0 > $name
  compare /dev/null records/none/$name/err.0 || fail=1
done
grep "^$PWD/d\$" x-direct > /dev/null || fail=1
grep '^0*37$' x-direct > /dev/null || fail=1
# HUP, INT, QUIT, USR1, PIPE and TERM are ignored still.
ignored=$(sed -n 's/^SigIgn:[[:blank:]]*//p' x-direct)
test $((0x$ignored & 0x5207)) = $((0x5207)) || { cat x-direct; fail=1; }
for name in x-spawn x-server x-variable; do
  compare x-direct $name || fail=1
done
test "$(record_says_ x-direct method)" = fork || fail=1
test "$(record_says_ x-spawn method)" = spawn || fail=1
test "$(record_says_ x-variable method)" = forkserver || fail=1

# So is a signal that is blocked.
if env --block-signal=USR2 true 2> /dev/null; then
  for how in spawn fork forkserver; do
    env --block-signal=USR2 "$mark_" pspawn -q -N block-$how \
      --start-method=$how grep ^SigBlk: /proc/self/status || fail=1
    ended_ block-$how || fail=1
    blocked=$(sed 's/.*[[:blank:]]//' records/none/block-$how/out.0)
    test $((0x$blocked)) = $((0x800)) || { warn_ "$how: $blocked"; fail=1; }
  done
fi

# A folder that is gone is one all the same.
mkdir gone && cd gone && rmdir ../gone || framework_failure_
for how in spawn fork forkserver; do
  pspawn_ -q -N gone-$how --start-method=$how true || fail=1
done
cd ..

# A process group of its own, in the session of its supervisor.
for how in spawn fork forkserver; do
  pspawn_ -q -N group-$how --start-method=$how \
    sh -c 'cut -d" " -f1,5,6 /proc/$$/stat' || fail=1
  ended_ group-$how || fail=1
  read -r pid group session < records/none/group-$how/out.0
  test $pid = $group && test $session = "$(supervisor_ group-$how)" \
    || { warn_ "$how: $pid $group $session"; fail=1; }
done

# A long command line and environment.
long=$(printf '%0100000d' 0) || framework_failure_
for how in spawn fork forkserver; do
  L=$long pspawn_ -q -N long-$how --start-method=$how \
    sh -c 'echo ${#1} ${#L}' _ "$long" || fail=1
  ended_ long-$how || fail=1
  echo 100000 100000 > exp
  compare exp records/none/long-$how/out.0 || fail=1
done
end_server_ || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
