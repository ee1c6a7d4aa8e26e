#!/bin/sh
# Where the standard streams go.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
use_records_

methods=$(pspawn --list-start-methods) || framework_failure_

# says_ FILE LINE...
# Succeed if FILE has these lines.
says_ ()
{
  local file_="$1"
  shift
  printf '%s\n' "$@" > exp
  compare exp "$file_"
}

talk='cat; echo out; echo err >&2'
echo in > in || framework_failure_
for how in $methods; do
  # By default nothing comes in and both outputs are kept, apart.
  pspawn_ -q --start-method=$how -N a-$how sh -c "$talk" < in || fail=1
  ended_ a-$how || fail=1
  says_ records/none/a-$how/out.0 out || fail=1
  says_ records/none/a-$how/err.0 err || fail=1

  # Files.  They are emptied, and both may be the same one.
  echo old > f1 && echo old > f2 || framework_failure_
  pspawn_ -q --start-method=$how -N b-$how -i in -o f1 -e f2 sh -c "$talk" \
    || fail=1
  ended_ b-$how || fail=1
  says_ f1 in out || fail=1
  says_ f2 err || fail=1
  pspawn_ -q --start-method=$how -N c-$how --stdin=in --stdout=f1 \
    --stderr=./f1 sh -c "$talk" || fail=1
  ended_ c-$how || fail=1
  says_ f1 in out err || fail=1
  ls records/none/b-$how records/none/c-$how | grep -E '^(out|err)' && fail=1

  # The caller's own.  Appending, for cat may use copy_file_range(2), which does
  # not wait for others who write to the same open file.
  : > f1
  pspawn_ --start-method=$how -N d-$how --print=name -i inherit -o inherit \
    -e inherit sh -c "$talk" < in >> f1 2> f2 || fail=1
  ended_ d-$how || fail=1
  sort f1 > f1s
  says_ f1s d-$how in out || fail=1
  says_ f2 err || fail=1

  # Nothing; and a mixture.
  pspawn_ -q --start-method=$how -N e-$how -i null -o null -e null \
    sh -c "$talk" < in > f1 2> f2 || fail=1
  ended_ e-$how || fail=1
  compare /dev/null f1 || fail=1
  compare /dev/null f2 || fail=1
  ls records/none/e-$how | grep -E '^(out|err)' && fail=1
  pspawn_ -q --start-method=$how -N f-$how -i in -o null -e keep \
    sh -c "$talk" || fail=1
  ended_ f-$how || fail=1
  says_ records/none/f-$how/err.0 err || fail=1
  test ! -e records/none/f-$how/out.0 || fail=1

  # Closed streams of ours stay out of the way: those of the process are
  # there, and they are what they should be.
  pspawn_ -q --start-method=$how -N g-$how sh -c "$talk" <&- >&- 2>&- \
    || fail=1
  ended_ g-$how || fail=1
  says_ records/none/g-$how/out.0 out || fail=1
  says_ records/none/g-$how/err.0 err || fail=1
  pspawn_ -q --start-method=$how -N h-$how -i inherit -o inherit -e f2 \
    sh -c 'cat || echo cannot read >&2; echo x || echo cannot write >&2' \
    <&- >&- || fail=1
  ended_ h-$how || fail=1
  test "$(grep -c '^cannot' f2)" = 2 || { cat f2; fail=1; }
  pspawn_ -q --start-method=$how -N i-$how -i in -o f1 -e inherit \
    sh -c "$talk" <&- >&- 2> f2 || fail=1
  ended_ i-$how || fail=1
  says_ f1 in out || fail=1
  says_ f2 err || fail=1

  # What it has of the terminal or a pipe of ours is nothing that it was not
  # given: its own three, and no others but with fork.
  pspawn_ -q --start-method=$how -N j-$how -o f1 \
    sh -c 'ls /proc/$$/fd' 7< in 8> f3 < in || fail=1
  ended_ j-$how || fail=1
  grep -xE '7|8' f1 > f1s
  if test $how = fork; then
    says_ f1s 7 8 || fail=1
  else
    compare /dev/null f1s || fail=1
  fi
  # Nor does a supervisor keep any.
  pspawn_ -q --start-method=$how -N k-$how -o f1 sleep 1000 7< in 8> f3 < in \
    || fail=1
  holds_ () { ls -l "/proc/$(supervisor_ k-$how)/fd" | grep "$PWD/[fi]"; }
  no_holds_ () { ! holds_ > /dev/null; }
  retry_until_ 60 no_holds_ || { holds_; fail=1; }
  kill "$(supervisor_ k-$how)" || fail=1
done

# Relative names are the caller's.
mkdir d && (cd d && pspawn_ -q -N rel -i ../in -o f cat) || fail=1
ended_ rel || fail=1
says_ d/f in || fail=1

# Permissions are those of the umask.
(umask 027; pspawn_ -q -N mode -o made true) || fail=1
test "$(stat -c %a made)" = 640 || fail=1

# A file may be called as a word is.
echo x > null && pspawn_ -q -N word -i ./null cat || fail=1
ended_ word || fail=1
says_ records/none/word/out.0 x || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
