#!/bin/sh
# Usage, messages and exit statuses.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

use_records_

# check_ STATUS OUT ERR COMMAND...
# Run COMMAND and compare; a backslash counts in OUT and ERR as in printf's
# formats.
check_ ()
{
  local status_="$1" out_="$2" err_="$3"
  shift 3
  returns_ "$status_" "$@" > out 2> err \
    || { warn_ "status: $*"; fail=1; }
  printf -- "$out_" > exp
  compare exp out || { warn_ "output: $*"; fail=1; }
  printf -- "$err_" > exp
  compare exp err || { warn_ "errors: $*"; fail=1; }
}
try="Try 'pspawn --help' for more information.\n"

# What is no usage starts nothing, and makes no folder.
check_ 125 '' "pspawn: no command was given\n$try" pspawn
check_ 125 '' "pspawn: no command was given\n$try" pspawn -q --
check_ 125 '' "pspawn: no command was given\n$try" pspawn --scope
for d in '' x 1x -1 nan 0x1 '1 s'; do
  check_ 125 '' "pspawn: invalid duration: '$d'\n$try" pspawn -t "$d" true
  check_ 125 '' "pspawn: invalid duration: '$d'\n$try" \
    pspawn --kill-after="$d" true
done
check_ 125 '' "pspawn: invalid duration: '0'\n$try" pspawn -t 0 true
for s in '' x 0 -1 999 SIGx; do
  check_ 125 '' "pspawn: invalid signal: '$s'\n$try" pspawn -s "$s" true
done
for n in '' . .x -x a/b 12 12:34 : "$(printf 'a\nb')" "$(printf 'a\tb')" \
         "$(printf '%0201d' 0)"; do
  returns_ 125 pspawn -N "$n" true > out 2> err || fail=1
  compare /dev/null out || fail=1
  grep '^pspawn: invalid name: ' err > /dev/null \
    || { warn_ "name: $n"; cat err; fail=1; }
done
for p in '' 0 -1 x 1x +1 ' 1' 99999999999999999999; do
  check_ 125 '' "pspawn: invalid process ID: '$p'\n$try" \
    pspawn -D --owner="$p" true
done
for z in '' x -1 1Q1; do
  check_ 125 '' "pspawn: invalid size: '$z'\n$try" pspawn --keep-max="$z" true
done
check_ 125 '' "pspawn: invalid thing to print: 'x'\n$try" \
  pspawn --print=x true
check_ 125 '' "pspawn: invalid start method: 'x'\n$try" \
  pspawn --start-method=x true
check_ 125 '' "pspawn: invalid start method in MPUTILS_START_METHOD: 'x'\n\
$try" env MPUTILS_START_METHOD=x pspawn true
check_ 125 '' "pspawn: invalid standard input: 'keep'\n$try" \
  pspawn -i keep true
check_ 125 '' "pspawn: --owner goes only with --daemon\n$try" \
  pspawn --owner=$$ true
check_ 125 '' "pspawn: --terminate goes only with --scope\n$try" \
  pspawn --terminate true
check_ 125 '' "pspawn: --daemon does not go with --scope\n$try" \
  pspawn --scope -D true
check_ 125 '' "pspawn: --name does not go with --scope\n$try" \
  pspawn --scope -N x true
check_ 125 '' "pspawn: --on-exit does not go with --scope\n$try" \
  pspawn --scope --on-exit=: true
check_ 125 '' "pspawn: keep does not go with --scope\n$try" \
  pspawn --scope -o keep true
test ! -e records || fail=1

# The methods, and that none of them is an empty variable.
check_ 0 'spawn\nfork\nforkserver\n' '' pspawn --list-start-methods
check_ 0 '' '' env MPUTILS_START_METHOD= "$mark_" pspawn -q -N empty true
ended_ empty || fail=1
test "$(record_says_ empty method)" = spawn || fail=1

# What cannot be run, by any method and as a scope.
echo 'echo x' > not-executable || framework_failure_
printf '#!/no/such/interpreter\n' > bad && chmod a+x bad \
  || framework_failure_
mkdir folder || framework_failure_
# Even as root, nobody executes what is no program.
for how in --start-method=spawn --start-method=fork \
           --start-method=forkserver --scope; do
  check_ 127 '' "pspawn: cannot run 'no-such': No such file or directory\n" \
    pspawn_ $how no-such
  check_ 127 '' "pspawn: cannot run './no': No such file or directory\n" \
    pspawn_ $how ./no
  check_ 127 '' "pspawn: cannot run '': No such file or directory\n" \
    pspawn_ $how ''
  check_ 126 '' "pspawn: cannot run './not-executable': Permission denied\n" \
    pspawn_ $how ./not-executable
  check_ 126 '' "pspawn: cannot run './folder': Permission denied\n" \
    pspawn_ $how ./folder
  check_ 127 '' "pspawn: cannot run './bad': No such file or directory\n" \
    pspawn_ $how ./bad
done
# It leaves nothing.
rm -rf records/none/empty
ls records/none > out || fail=1
compare /dev/null out || fail=1
ls records > out
printf 'handle\nnone\n' > exp
compare exp out || fail=1

# A script without its interpreter is the shell's.
printf 'echo "by the shell: $1"\n' > script && chmod a+x script \
  || framework_failure_
check_ 0 'script\n' '' pspawn_ --print=name -N script ./script 'a  b'
ended_ script || fail=1
echo 'by the shell: a  b' > exp
compare exp records/none/script/out.0 || fail=1

# What is printed.
check_ 0 '' '' pspawn_ -q true
check_ 0 '' '' pspawn_ --print=none true
check_ 0 'Process-3\n' '' pspawn_ --print=name true
pspawn_ --print=pid -N pid true > out || fail=1
record_says_ pid handle | sed 's/:.*//' > exp
compare exp out || fail=1
pspawn_ -N handle true > out || fail=1
record_says_ handle handle > exp
compare exp out || fail=1
grep -xE '[1-9][0-9]*:[1-9][0-9]*' out > /dev/null || fail=1
# Options end at the command.
check_ 0 'o\n' '' pspawn_ -N o --print=name echo -q --print=none
ended_ o || fail=1
echo '-q --print=none' > exp
compare exp records/none/o/out.0 || fail=1

# A name that is taken stays so until it is released, ended or not.
for name in handle pid; do
  ended_ $name || fail=1
  check_ 125 '' "pspawn: the name '$name' is taken; pjoin frees it\n" \
    pspawn_ -N $name sh -c ': > started'
done
test ! -e started || fail=1

# No such owner.
sleep 1000 &
owner=$!
kill -KILL $owner
wait $owner
check_ 1 '' "pspawn: owner $owner: No such process\n" \
  pspawn_ -D --owner=$owner sh -c ': > started'
test ! -e started || fail=1

# Streams that are not to be had.
check_ 125 '' "pspawn: cannot open './no/x': No such file or directory\n" \
  pspawn_ -o ./no/x true
check_ 125 '' "pspawn: cannot open './no': No such file or directory\n" \
  pspawn_ -i ./no true
no_leftovers_ 60 || fail=1

# If the handle cannot be told, nothing stays: neither the process nor its
# name, whether it runs on or has ended.
if test -w /dev/full; then
  for how in spawn fork forkserver; do
    for command in 'sleep 1000' true; do
      returns_ 125 pspawn_ --start-method=$how -N untold $command \
        > /dev/full 2> err || fail=1
      echo 'pspawn: write error: No space left on device' > exp
      compare exp err || fail=1
      retry_until_ 60 test ! -e records/none/untold || fail=1
      returns_ 125 pspawn_ --start-method=$how -N untold $command \
        >&- 2> err || fail=1
      echo 'pspawn: write error: Bad file descriptor' > exp
      compare exp err || fail=1
      retry_until_ 60 test ! -e records/none/untold || fail=1
    done
  done
  end_server_ || fail=1
  no_leftovers_ 60 || fail=1
fi

# The directory of the records must be the user's alone.
mkdir -m 700 real && ln -s real link && : > file && mkdir open \
  && chmod 770 open || framework_failure_
check_ 125 '' "pspawn: cannot trust directory 'link': it is a symbolic \
link\n" env MPUTILS_DIR=link pspawn true
check_ 125 '' "pspawn: cannot trust directory 'file': it is not a \
directory\n" env MPUTILS_DIR=file pspawn true
check_ 125 '' "pspawn: cannot trust directory 'open': other users may enter \
it\n" env MPUTILS_DIR=open pspawn true
check_ 125 '' "pspawn: cannot open directory './no/x': No such file or \
directory\n" env MPUTILS_DIR=./no/x pspawn true
if test "$(id -u)" != 0; then
  check_ 125 '' "pspawn: cannot trust directory '/': it belongs to another \
user\n" env MPUTILS_DIR=/ pspawn true
elif setpriv --version > /dev/null 2>&1; then
  mkdir -m 700 others && chown 65534 others || framework_failure_
  check_ 125 '' "pspawn: cannot trust directory 'others': it belongs to \
another user\n" env MPUTILS_DIR=others pspawn true
fi
ls -A real open > out
printf 'open:\n\nreal:\n' > exp
compare exp out || fail=1

# Without MPUTILS_DIR it is in TMPDIR, and whom it lets in is seen to.
mkdir tmp && umask 0 || framework_failure_
env -u MPUTILS_DIR TMPDIR="$PWD/tmp" "$mark_" pspawn -q true || fail=1
umask 022
test "$(find tmp -mindepth 1 -maxdepth 1 -perm 700)" \
  = "tmp/mputils-$(id -u)" || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
