#!/bin/sh
# Bad usage of ncpu: status 125 (no such process: 1), one clear line on
# standard error, nothing on standard output.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# bad_ STATUS OPTION MESSAGE
bad_ ()
{
  returns_ $1 ncpu "$2" > out 2> err || { warn_ "ncpu $2: status"; fail=1; }
  compare /dev/null out || fail=1
  echo "ncpu: $3" > exp || framework_failure_
  compare exp err || { warn_ "ncpu $2"; fail=1; }
}

for o in --ignore --max --pid; do
  for v in '' x -1 +1 ' 1' 1x 1.5 0x1 1K; do
    bad_ 125 "$o=$v" "$o '$v': not a whole number"
  done
done
for o in --ignore --max; do
  bad_ 125 $o=99999999999999999999 "$o '99999999999999999999': too large"
done
bad_ 125 --max=0 "--max '0': must be at least 1"
bad_ 125 --pid=0 "--pid '0': must be at least 1"
for v in '' x % . -5 1e3 inf nan 0x10 5%% '5 %' 1.2.3; do
  bad_ 125 "--scale=$v" "--scale '$v': not a percentage"
done
for v in 0 0% 0.0 .0; do
  bad_ 125 --scale=$v "--scale '$v': must be more than 0"
done
for v in '' x -1 1x 1.5G ' 1'; do
  bad_ 125 "--mem-per-job=$v" "--mem-per-job '$v': not a size"
done
bad_ 125 --mem-per-job=0 "--mem-per-job '0': must be at least 1"
bad_ 125 --mem-per-job=16E "--mem-per-job '16E': too large"
for v in '' x UP upwards; do
  bad_ 125 "--round=$v" \
    "--round '$v': not 'up', 'down', 'nearest' or 'exact'"
done

# Processes that do not exist: beyond pid_t, and beyond Linux's largest.
for v in 99999999999 4194304; do
  bad_ 1 --pid=$v "process '$v': No such process"
done
returns_ 1 ncpu --all --pid=4194304 > out 2> err || fail=1

# What getopt says, and operands: then a second line points to --help.
for v in --nonsense -x --max --all=1 operand; do
  returns_ 125 ncpu $v > out 2> err || { warn_ "ncpu $v: status"; fail=1; }
  compare /dev/null out || fail=1
  test "$(wc -l < err)" = 2 || { cat err; fail=1; }
  test "$(sed -n 2p err)" = "Try 'ncpu --help' for more information." \
    || fail=1
done
echo "ncpu: extra operand 'operand'" > exp
returns_ 125 ncpu --all operand --max=0 2>&1 > out | sed 1q > err || fail=1
compare exp err || fail=1

Exit $fail
