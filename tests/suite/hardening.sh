#!/bin/sh
# The programs are built as configure has promised: position-independent, with
# relocations that are read-only, and no stack that can be executed.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

readelf --version > /dev/null 2>&1 || skip_ 'there is no readelf'
flags=$(sed -n 's/^HARDEN_LDFLAGS = *//p' "$abs_builddir/Makefile")
test -n "$flags" || skip_ 'this build was not to be hardened'

for p in $PROGRAMS; do
  readelf -hlWd "$abs_builddir/src/$p" > elf 2>&1 || framework_failure_
  case $flags in
    *-pie*) grep 'Type: *DYN' elf > /dev/null \
              || { warn_ "$p: no PIE"; fail=1; } ;;
  esac
  case $flags in
    *-z,now*) grep 'BIND_NOW\|Flags:.* NOW' elf > /dev/null \
                || { warn_ "$p: relocations are done late"; fail=1; } ;;
  esac
  case $flags in
    *-z,relro*) grep GNU_RELRO elf > /dev/null \
                  || { warn_ "$p: relocations can be written"; fail=1; } ;;
  esac
  grep 'GNU_STACK.* RW ' elf > /dev/null \
    || { warn_ "$p: the stack can be executed"; fail=1; }
done

Exit $fail
