#!/bin/sh
# The examples of the manual do what it says.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

bash -c 'f () { :; }; export -f f; exec bash -c f' 2> /dev/null \
  || skip_ 'there is no bash that passes functions on'

# Each example after "@c tested" becomes a folder with a script of what is
# typed, after "$ " or "> ", and what the manual has as the output of all.
awk '
  /^@c tested$/ { n++; tested = 1; system ("mkdir e" n); next }
  tested && /^@(small)?example$/ { inside = 1; next }
  inside && /^@end (small)?example$/ { inside = tested = 0; next }
  !inside { next }
  { gsub (/@dots\{\}/, "..."); gsub (/@\{/, "{"); gsub (/@\}/, "}")
    gsub (/@@/, "@") }
  /^[$>] / { print substr ($0, 3) > ("e" n "/script"); next }
  { print > ("e" n "/exp") }' "$abs_srcdir/doc/pmap.texi" || framework_failure_
test -d e10 || framework_failure_ 'the examples are not found in the manual'

for e in e*; do
  mv $e/script script-$e && mv $e/exp exp-$e || framework_failure_
  (cd $e && sh ../script-$e) > out-$e 2> err-$e
  compare exp-$e out-$e || { cat script-$e; fail=1; }
  compare /dev/null err-$e || { cat script-$e; fail=1; }
done

Exit $fail
