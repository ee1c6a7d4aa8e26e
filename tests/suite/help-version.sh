#!/bin/sh
# Every program answers --help, --version and wrong usage in the same way.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

test -n "$PROGRAMS" || framework_failure_ 'PROGRAMS is not set'

# same_ FILE LINES
# Succeed if FILE is LINES and no more; none if LINES is empty.
same_ ()
{
  printf '%s' "$2${2:+
}" > expected
  compare expected "$1"
}

for p in $PROGRAMS; do
  returns_ 0 $p --help > help 2> err || fail=1
  same_ err '' || fail=1
  sed -n 1p help | grep "^Usage: $p " > /dev/null \
    || { warn_ "$p: --help does not begin with the usage"; fail=1; }
  grep '^Exit status:$' help > /dev/null \
    || { warn_ "$p: --help lacks the exit statuses"; fail=1; }
  grep -n '.\{81\}' help \
    && { warn_ "$p: the above lines of --help are too long"; fail=1; }
  grep -n '[[:blank:]]$' help \
    && { warn_ "$p: the above lines of --help end in a blank"; fail=1; }

  returns_ 0 $p --version > version 2> err || fail=1
  same_ err '' || fail=1
  sed 1q version > first
  same_ first "$p (mputils) $VERSION" || fail=1
  grep 'The mputils authors' version > /dev/null || fail=1
  grep 'GPL' version > /dev/null || fail=1

  # The first is answered.
  returns_ 0 $p --help --version > out 2> err || fail=1
  compare help out || fail=1
  returns_ 0 $p --version --help > out 2> err || fail=1
  compare version out || fail=1

  # What could not be written was no answer.
  for option in --help --version; do
    if test -w /dev/full; then
      returns_ 125 $p $option > /dev/full 2> err || fail=1
      same_ err "$p: write error: No space left on device" || fail=1
    fi
    returns_ 125 $p $option >&- 2> err || fail=1
    same_ err "$p: write error: Bad file descriptor" || fail=1
  done

  # A wrong option: one line on what is wrong and one on where to look.
  for option in --no-such-option -!; do
    case $option in
      --*) what="unrecognized option '$option'" ;;
      *)   what="invalid option -- '!'" ;;
    esac
    returns_ 125 $p $option > out 2> err || fail=1
    same_ out '' || fail=1
    same_ err "$p: $what
Try '$p --help' for more information." || fail=1
  done
done

Exit $fail
