#!/bin/sh
# What ncpu cannot write is an error, whatever it is.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_dev_full_

for o in --online --list --explain --json --help --version; do
  returns_ 125 ncpu $o > /dev/full 2> err || { warn_ "$o: status"; fail=1; }
  echo 'ncpu: write error: No space left on device' > exp
  compare exp err || { warn_ "$o"; fail=1; }

  returns_ 125 ncpu $o >&- 2> err || { warn_ "$o, closed: status"; fail=1; }
  echo 'ncpu: write error: Bad file descriptor' > exp
  compare exp err || { warn_ "$o, closed"; fail=1; }
done

# Standard input and standard error do not matter.
test "$(ncpu <&- 2>&-)" = "$(ncpu)" || fail=1

Exit $fail
