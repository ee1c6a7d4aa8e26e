#!/bin/sh
# ncpu --explain and --json tell the same, and what ncpu prints.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

OMP_NUM_THREADS=5 OMP_THREAD_LIMIT=9; export OMP_NUM_THREADS OMP_THREAD_LIMIT

for options in '' --online --all --cores --openmp --max=1 --mem-per-job=15E \
    --ignore=999 '--openmp --scale=50 --round=exact' \
    '--nodes --openmp --ignore=1 --mem-per-job=1 --max=99'; do
  n=$(ncpu $options) || fail=1
  ncpu $options --explain > table || fail=1
  ncpu $options --json > json || fail=1

  # One limit decided, and the last line is the result.
  test "$(grep -c '^\* ' table)" = 1 \
    || { warn_ "$options: not one line with *"; fail=1; }
  test "$(sed -n '$s/^  result  *\([0-9.]*\).*/\1/p' table)" = "$n" \
    || { warn_ "$options: the table's result is not $n"; fail=1; }
  grep ' $' table && { warn_ "$options: blanks at the end"; fail=1; }

  # The members, which are each on a line of their own.
  test "$(sed -n 's/^  "cpus": \(.*\),$/\1/p' json)" = "$n" \
    || { warn_ "$options: the object's result is not $n"; fail=1; }
  test "$(grep -c '"won": true' json)" = 1 \
    || { warn_ "$options: not one limit won"; fail=1; }
  test "$(sed -n 's/^  "list": "\(.*\)",$/\1/p' json)" \
    = "$(ncpu $options --list)" || { warn_ "$options: the list"; fail=1; }

  # The same limits in the same order, and the same one decided.
  sed '1d;$d' table | awk '{ print $1 == "*" ? "*" $2 : $1 }' > exp
  sed -n 's/^    {"name": "\([^"]*\)".*"won": \([a-z]*\).*/\2 \1/p' json \
    | sed 's/^true /*/; s/^false //' > out
  compare exp out || { warn_ "$options: the limits"; fail=1; }

  if python3 -c 'import json' 2> /dev/null; then
    python3 -c 'import json, sys; json.load (sys.stdin)' < json \
      || { warn_ "$options: no JSON"; fail=1; }
  fi
done

# What decided, where that is certain.
ncpu --max=1 --openmp --explain > table || fail=1
grep '^\* max  *1  *--max  *1$' table || fail=1
ncpu --openmp --explain > table || fail=1
grep '^\* openmp-threads  *5  *OMP_NUM_THREADS  *5$' table || fail=1
ncpu --ignore=999 --explain > table || fail=1
grep '^  result  *1  0, at least 1$' table || fail=1
ncpu --openmp --scale=50 --explain > table || fail=1
grep '^  scale  *2.5  *--scale  *50%$' table || fail=1
grep '^  result  *3  2.5, rounded$' table || fail=1

# The values of variables are anything: no harm to terminals and JSON.
OMP_NUM_THREADS=$(printf '\033[2J"\\\351\303\251')
ncpu --openmp --explain > table || fail=1
grep "$(printf '\033')" table && fail=1
grep '^  openmp-threads  *-  *OMP_NUM_THREADS  *not understood' table || fail=1
ncpu --openmp --json > json || fail=1
grep -F '"value": "\u001b[2J\"\\\ufffd'"$(printf '\303\251')\"" json || fail=1

Exit $fail
