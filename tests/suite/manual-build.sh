#!/bin/sh
# The manual is made without a complaint, as info, HTML and in print.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

doc=$abs_srcdir/doc

makeinfo --version > /dev/null 2>&1 || skip_ 'there is no makeinfo'
for format in --info --html; do
  makeinfo $format --no-split -c CHECK_NORMAL_MENU_STRUCTURE=1 -I "$doc" \
    -o manual$format "$doc/mputils.texi" > err 2>&1 || fail=1
  compare /dev/null err || fail=1
  test -s manual$format || fail=1
done

# In print, nothing goes beyond the margin.  texi2pdf runs TeX like this, and
# then again for the numbers of pages.
pdftex --version > /dev/null 2>&1 || skip_ 'there is no TeX'
TEXINPUTS=$abs_srcdir/build-aux:$doc: \
  pdftex -interaction=nonstopmode -halt-on-error mputils.texi > out 2>&1 \
  < /dev/null || { tail out; fail=1; }
test -s mputils.pdf || fail=1
grep -A2 '^Overfull' mputils.log && fail=1

Exit $fail
