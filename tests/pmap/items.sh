#!/bin/sh
# Items from every source come to the tasks byte for byte.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# expect_ TEXT
# Compare the file out with TEXT, for which printf escapes count.
expect_ ()
{
  printf "$1" > exp || framework_failure_
  compare exp out || fail=1
}

# Lines.  The last may lack its newline, a blank one is an item, and a
# carriage return is a byte like any other.
printf 'one\n\ntwo \r\n three' | pmap printf '<%s>\n' > out 2> err || fail=1
expect_ '<one>\n<>\n<two \r>\n< three>\n'
compare /dev/null err || fail=1

# No input, no task; nor is there one after the last newline.
pmap sh -c 'echo ran' < /dev/null > out || fail=1
expect_ ''
pmap -0 sh -c 'echo ran' < /dev/null > out || fail=1
expect_ ''
pmap sh -c 'echo ran' ::: > out || fail=1
expect_ ''
echo | pmap printf '<%s>\n' > out || fail=1
expect_ '<>\n'

# NUL.
printf 'a b\0c\nd\0\0e' | pmap -0 printf '<%s>' > out || fail=1
expect_ '<a b><c\nd><><e>'
printf 'a\0b' | pmap --null printf '<%s>' > out || fail=1
expect_ '<a><b>'

# Any delimiter, plain or as an escape.
for d in 'x' '\x78' '\170'; do
  printf '1x2\n3x' | pmap -d "$d" printf '<%s>' > out || fail=1
  expect_ '<1><2\n3>'
done
for d in '\t' '\x9' '\x09' '\11' '\011' "$(printf '\t')"; do
  printf '1\t2' | pmap --delimiter="$d" printf '<%s>' > out || fail=1
  expect_ '<1><2>'
done
for d in '\0' '\x0' '\x00' '\000'; do
  printf '1\0002' | pmap -d "$d" printf '<%s>' > out || fail=1
  expect_ '<1><2>'
done
for d in '\\' '\x5c'; do
  printf '1\\2' | pmap -d "$d" printf '<%s>' > out || fail=1
  expect_ '<1><2>'
done
for pair in 'a 007' 'b 010' 'f 014' 'n 012' 'r 015' 'v 013' 'xff 377'; do
  printf "1\\${pair#* }2" > in || framework_failure_
  pmap -d "\\${pair% *}" -a in printf '<%s>' > out || fail=1
  expect_ '<1><2>'
done
# The last one given counts.
printf '1,2\0003' | pmap -d, -0 printf '<%s>' > out || fail=1
expect_ '<1,2><3>'

# A file; standard input is "-", there as well.
printf 'f1\nf2\n' > file || framework_failure_
pmap -a file echo < /dev/null > out || fail=1
expect_ 'f1\nf2\n'
pmap --arg-file=file echo < /dev/null > out || fail=1
expect_ 'f1\nf2\n'
pmap -a - echo < file > out || fail=1
expect_ 'f1\nf2\n'
pmap echo :::: file < /dev/null > out || fail=1
expect_ 'f1\nf2\n'
pmap echo :::: - < file > out || fail=1
expect_ 'f1\nf2\n'
printf 'a\0b' | pmap -0 printf '<%s>' :::: - > out || fail=1
expect_ '<a><b>'

# The command line.  What stands there is neither split nor unquoted, and the
# options among the items are items.
pmap printf '<%s>' ::: 'a b' '' '*' -n --help '{}' > out < /dev/null || fail=1
expect_ '<a b><><*><-n><--help><{}>'

# The standard input of pmap is not the tasks'.
printf '1\n2\n3\n' | pmap sh -c 'cat; echo "$1"' _ > out || fail=1
expect_ '1\n2\n3\n'
echo secret | pmap cat ::: /dev/stdin > out || fail=1
expect_ ''

# Items that would hurt if anything looked into them.
printf '%s\0' 'simple' ' lead and trail ' "it's" 'say "hi"' 'a\b\n' '$HOME' \
  '$(echo no)' '`echo no`' '*' '?' '[a-z]' '~' '~root' '#' '!' '&' ';' '|' \
  '<' '>' '(' ')' '{' '}' '{}' '{.}' '{#}' '%s' '%d%n' '\0' -n -e -- - \
  --help ':::' '::::' '=' 'A=B' '' 'new
line' '
' "$(printf 'tab\there')" "$(printf '\001\033[31m\177')" \
  "$(printf '\377\376\200')" "$(printf '\303\244\302')" > hostile \
  || framework_failure_
pmap -0 printf '%s\0' < hostile > out || fail=1
cmp hostile out || fail=1
pmap -0 printf '%s\0' {} < hostile > out || fail=1
cmp hostile out || fail=1
pmap -0 -n 7 printf '%s\0' < hostile > out || fail=1
cmp hostile out || fail=1
pmap -0 -n max printf '%s\0' < hostile > out || fail=1
cmp hostile out || fail=1
pmap -0 sh -c 'printf "%s\0" "$PMAP_ITEM"' < hostile > out || fail=1
cmp hostile out || fail=1
# In a multi-byte locale too.
LC_ALL=C.UTF-8 pmap -0 printf '%s\0' < hostile > out || fail=1
cmp hostile out || fail=1

# Every byte, also as a line.
awk 'BEGIN { for (i = 1; i < 256; i++) if (i != 10) printf "%c\n", i }' > all \
  || framework_failure_
test "$(wc -l < all)" = 254 || framework_failure_
pmap printf '%s\n' < all > out || fail=1
cmp all out || fail=1

# Items from a slow writer that are cut anywhere.
{
  printf 'first\nsec'
  retry_until_ 10 test -s out2
  printf 'ond\n'
} | pmap echo > out2 || fail=1
printf 'first\nsecond\n' > exp || framework_failure_
compare exp out2 || fail=1

# A long item, longer than any buffer.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "x"; print ""; print "y" }' \
  > long || framework_failure_
pmap printf '%s\n' < long > out || fail=1
cmp long out || fail=1

Exit $fail
