#!/bin/sh
# Blocks of the input: where they begin and end, and what a task finds.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# blocks_ INPUT EXPECTED OPTION...
# Check that the blocks that pmap makes of the bytes INPUT (for printf) are
# those of EXPECTED, each in brackets; from a file and from a pipe.
blocks_ ()
{
  printf "$1" > in && printf "$2" > exp || framework_failure_
  shift 2
  pmap "$@" sh -c 'printf "[" && cat && printf "]"' < in > out 2> err \
    && compare exp out && compare /dev/null err \
    || { warn_ "from a file: $*"; fail=1; }
  cat in | pmap "$@" sh -c 'printf "[" && cat && printf "]"' > out 2> err \
    && compare exp out && compare /dev/null err \
    || { warn_ "from a pipe: $*"; fail=1; }
}

blocks_ 'a\nbc\ndef\ng\n' '[a\nbc\n][def\n][g\n]' -b3
blocks_ 'a\nbc\ndef\ng\n' '[a\nbc\n][def\n][g\n]' --blocks=3
blocks_ 'a\nbc\ndef\ng\n' '[a\nbc\ndef\ng\n]' -b
blocks_ 'a\nbc\nno newline' '[a\n][bc\n][no newline]' -b1
blocks_ '\n\n\n' '[\n][\n][\n]' -b1
blocks_ '' '' -b
blocks_ 'a\nb\nc\nd\ne\n' '[a\nb\n][c\nd\n][e\n]' -b -n2
# Whichever comes first.
blocks_ 'a\nb\nc\nlong\nd\ne\n' '[a\nb\n][c\nlong\n][d\ne\n]' -b3 -n2
blocks_ 'long\nb\nc\n' '[long\n][b\nc\n]' -b4 -n2
blocks_ 'a\0b\n\0c' '[a\0][b\n\0][c]' -0 -b1
blocks_ 'a;b\n;c' '[a;][b\n;][c]' -d ';' -b1
blocks_ 'a--b--c' '[a--][b--][c]' --recend=-- -b1
blocks_ '>a\nb\n>c\n>d' '[>a\nb\n][>c\n][>d]' --recstart='>' -b1
blocks_ 'a>\n>b\n>c>d' '[a>\n][>b\n][>c>d]' --recend='\n' --recstart='>' -b1
blocks_ 'a\tb\tc' '[a\t][b\t][c]' --recend='\x9' -b1
blocks_ 'abcdefg' '[abc][def][g]' --recend= -b3
blocks_ 'h\na\nb\nc\n' '[h\na\nb\n][h\nc\n]' --header=1 -b -n2
blocks_ 'h\na\nb\nc\n' '[h\na\nb\n][h\nc\n]' --header -b -n2
blocks_ 'h\ni\na\nb\n' '[h\ni\na\n][h\ni\nb\n]' --header=2 -b1
blocks_ 'h\n' '' --header=1 -b
blocks_ 'h\0a\0b\0' '[h\0a\0][h\0b\0]' -0 --header=1 -b1

# A file is named by -a or ::::, or on standard input from where it is; what
# others read behind is what was not read.
printf '%s\n' a b c > in
printf '%s\n' a b c > exp
pmap -b1 -a in cat > out || fail=1
compare exp out || fail=1
pmap -b1 cat :::: in > out || fail=1
compare exp out || fail=1
{ read first && pmap -b1 cat; cat; } < in > out || fail=1
printf '%s\n' b c > exp
compare exp out || fail=1
# A file of /proc, whose size is said to be 0.
if test -s /proc/version || test -r /proc/version; then
  pmap -b cat < /proc/version | cmp /proc/version - || fail=1
fi

# No item is appended, and only the placeholders that do without one count.
pmap -P1 -b1 sh -c 'read line
  echo "$# $* $PMAP_INDEX $PMAP_SLOT $PMAP_ATTEMPT ${PMAP_ITEM-none} $line"' \
  _ {#} {%} {} {1} < in > out || fail=1
cat > exp <<'END'
4 1 1 {} {1} 1 1 1 none a
4 2 1 {} {1} 2 1 1 none b
4 3 1 {} {1} 3 1 1 none c
END
compare exp out || fail=1
pmap -b1 --tag cat < in > out || fail=1
printf '%s\t%s\n' 1 a 2 b 3 c > exp
compare exp out || fail=1
pmap -b1 --dry-run echo {#} '{} x' < in > out || fail=1
printf "echo %s '{} x'\n" 1 2 3 > exp
compare exp out || fail=1
pmap -b1 -u cat < in | sort > out || fail=1
compare in out || fail=1
pmap -b1 --ungrouped cat < in | sort > out || fail=1
compare in out || fail=1

# What a task does not read is dropped, and its status counts.
seq 1000000 > in || framework_failure_
cat in | pmap -P3 -b100K head -n 1 > out || fail=1
pmap -P3 -b100K head -n 1 < in > out2 || fail=1
compare out out2 || fail=1
test $(wc -l < out) = 68 || fail=1
pmap -P3 -b1M sh -c 'exec < /dev/null; echo $PMAP_INDEX' < in > out || fail=1
seq 7 > exp
compare exp out || fail=1

# Failures name the block.
printf '%s\n' a b c > in
returns_ 123 pmap -v -b1 sh -c 'read x; test $x != b || exit 3' < in 2> err \
  || fail=1
grep '^pmap: block 2: exit status 3$' err > /dev/null || fail=1
tail -n 1 err > last
echo 'pmap: 1 of 3 tasks failed: block 2 (exit 3)' > exp
compare exp last || fail=1
returns_ 123 pmap -b1 ./no-{#} < in 2> err || fail=1
echo "pmap: cannot run './no-{#}' for block 1: No such file or directory" > exp
sed -n 1p err > first
compare exp first || fail=1
returns_ 127 pmap -b1 ./no < in 2> err || fail=1
returns_ 125 pmap -b1 cat < . 2> err || fail=1
echo 'pmap: cannot read standard input: Is a directory' > exp
compare exp err || fail=1

# What does not go together.
usage_ ()
{
  printf '%s\n' "pmap: $1" > exp
  shift
  returns_ 125 pmap "$@" < /dev/null 2> err || fail=1
  sed -n 1p err > first
  compare exp first || fail=1
}
usage_ '--blocks and --command exclude each other' -b -c cat
usage_ '--blocks and --replace exclude each other' -b -I X cat
usage_ '--blocks and --max-chars exclude each other' -b --max-chars=9 cat
usage_ '--blocks and --chunksize=max exclude each other' -b -n max cat
usage_ '--blocks and --colsep exclude each other' -b --colsep=, cat
usage_ '--blocks and --shuffle exclude each other' -b --shuffle cat
usage_ "--blocks and ':::' exclude each other" -b cat ::: a
usage_ "--chunksize and --recend='' exclude each other" -b -n1 --recend= cat
usage_ '--header=N makes sense only with --blocks' --header=1 cat
for o in recend=x recstart=x round-robin; do
  usage_ "--${o%%=*} makes sense only with --blocks" --$o cat
done
usage_ "invalid block size: '0'" -b0 cat
usage_ "invalid block size: '1x'" -b1x cat
usage_ "invalid string: '"'\\q'"'" -b --recend='\q' cat
usage_ "invalid number of lines: '0'" -b --header=0 cat

Exit $fail
