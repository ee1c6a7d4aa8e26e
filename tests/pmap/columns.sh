#!/bin/sh
# Columns: positions, names from a header, and what lacks one.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# check_ EXPECTED OPTION-AND-COMMAND...
# Run pmap and compare; nothing is on standard error.
check_ ()
{
  local expected_="$1"
  shift
  pmap "$@" > out 2> err || { warn_ "failed: pmap $*"; fail=1; }
  printf "$expected_" > exp || framework_failure_
  compare exp out || { warn_ "wrong: pmap $*"; fail=1; }
  compare /dev/null err || fail=1
}

# fails_ STATUS OUTPUT MESSAGE OPTION-AND-COMMAND...
fails_ ()
{
  local status_="$1" out_="$2" message_="$3"
  shift 3
  returns_ "$status_" pmap "$@" > out 2> err < /dev/null || fail=1
  printf "$out_" > exp || framework_failure_
  compare exp out || { warn_ "wrong: pmap $*"; fail=1; }
  printf '%s\n' "pmap: $message_" > exp
  sed -n 1p err > first
  compare exp first || { warn_ "wrong message: pmap $*"; fail=1; }
}

# Columns are cut at the separator and nowhere else, and each is an argument.
pmap --colsep=, printf '[%s]' ::: a,b 'c,,d e,' '' > out || fail=1
printf '[a][b][c][][d e][][]' > exp
compare exp out || fail=1
check_ 'b-a\nd-c\n' --colsep , echo '{2}-{1}' ::: a,b c,d,e
check_ 'c b\n' --colsep=, echo '{-1}' '{-2}' ::: a,b,c
check_ 'x/y.z x/y y.z x y\n' --colsep=, echo '{2}' '{2.}' '{2/}' '{2//}' \
  '{2/.}' ::: a,x/y.z
check_ 'x/y.z x/y y.z x y\n' --colsep=, echo '{-1}' '{-1.}' '{-1/}' '{-1//}' \
  '{-1/.}' ::: a,x/y.z
# All of them within an argument: with blanks; alone: as they are.
check_ '<a b>\n<c d e>\n' --colsep=, echo '<{}>' ::: a,b c,d,e
check_ '3\n' --colsep=, sh -c 'echo $#' _ '{}' ::: 'a b,c,d'
# A string, with escapes; a special character of patterns is none.
check_ 'a-b\n' --colsep=', ' echo '{1}-{2}' ::: 'a, b'
check_ 'a-b\n' --colsep='\t' echo '{1}-{2}' ::: "$(printf 'a\tb')"
check_ 'a-b\n' --colsep='\x7c' echo '{1}-{2}' ::: 'a|b'
check_ 'a.b-c\n' --colsep='.*' echo '{1}-{2}' ::: 'a.b.*c'
printf 'a:b\0c:d\n\0' | pmap -0 --colsep=: printf '<%s>' '{2}' > out || fail=1
printf '<b><d\n>' > exp
compare exp out || fail=1
# Several sources: their columns stand one after the other.
check_ 'b-1-1\nb-2-2\n' --colsep=, echo '{2}-{3}-{-1}' ::: a,b ::: 1 2
# Hostile bytes.
printf '%s,%s\0' '$(x)' "it's" '`y`' '{2}' '*' '"' > hostile
pmap -0 --colsep=, printf '%s,%s\0' < hostile > out || fail=1
cmp hostile out || fail=1
pmap -0 --colsep=, -c 'printf "%s,%s\0" "$1" "$2"' < hostile > out || fail=1
cmp hostile out || fail=1

# Several items a task: an argument is there once for each.
check_ 'b d\nf\n' --colsep=, -n2 echo '{2}' ::: a,b c,d e,f
check_ 'b:a d:c x\n' --colsep=, -n2 echo '{2}:{1}' x ::: a,b c,d
check_ 'a b c d\n' --colsep=, -n2 echo ::: a,b c,d
# Without columns, positions are those of the items of the task.
check_ 'b-a\nd-c\n' -n2 echo '{2}-{1}' ::: a b c d
check_ 'b-a-a b\n' -n2 echo '{2}-{1}-{}' ::: a b
check_ 'y x x y\n' -n3 echo '{-1.}' '{1.}' '{1.}' '{3.}' ::: x.a z y.c
check_ 'mv a b\n' --dry-run -n2 mv '{1}' '{2}' ::: a b
check_ 'a\n' echo '{1}' ::: a
fails_ 123 'b-a\n' "task 2 has no item for '{2}'" -n2 echo '{2}-{1}' ::: a b c

# Warm shells get columns as arguments, and the item as such.
check_ '2:a|b|a,b\n1:c||c\n' --colsep=, -c 'echo "$#:$1|$2|$PMAP_ITEM"' \
  ::: a,b c
check_ "3:|'|\n" --colsep=, -c 'echo "$#:$1|$2|$3"' ::: ",',"
check_ 'sh -c x sh a b\n' --colsep=, --dry-run -c x ::: a,b
# So it is where the item as such is asked for.
check_ 'a,b\n' --colsep=, sh -c 'echo "$PMAP_ITEM"' ::: a,b
check_ 'a b\ta b\n' --colsep=, --tag echo ::: a,b
check_ 'a,b:a b\n' --colsep=, --callback='echo "$1:$(cat)"' echo ::: a,b

# A header names columns.
cat > table <<'EOF'
name,price,file
apple,1,d/a.txt
pear,2,d/p.tar.gz
EOF
check_ 'apple: 1\npear: 2\n' --header --colsep=, -a table echo '{name}: {price}'
check_ 'd/a a.txt d a\nd/p.tar p.tar.gz d p.tar\n' --header --colsep=, \
  -a table echo '{file.}' '{file/}' '{file//}' '{file/.}'
check_ '1 apple\n2 pear\n' --header --colsep=, -a table echo '{2}' '{name}'
check_ 'apple pear\n' --header --colsep=, -n2 -a table echo '{name}'
check_ 'apple 1 d/a.txt\npear 2 d/p.tar.gz\n' --header --colsep=, -a table echo
# That of each source, and without columns the name of the item.
check_ 'a=1\na=2\nb=1\nb=2\n' --header echo '{n}={m}' ::: n a b ::: m 1 2
printf 'b c\nx\n' | pmap --header echo '{b c}-{1}' > out || fail=1
echo 'x-x' > exp
compare exp out || fail=1
# A longer row of the first source moves no name.
check_ 'q 3\n' --header --colsep=, echo '{c}' '{3}' ::: a,b 1,2,3 ::: c q
# A name wins over a suffix.
check_ 'x.y\n' --header --colsep=, echo '{a.}' ::: a,a. q.r,x.y
# Built-in placeholders win over names.
check_ '1 2 q.r\n' --header --colsep=, echo '{#}' '{2}' '{1}' \
  ::: '2,#' 'q.r,2'
# Nothing but a header, or not even that, runs nothing.
check_ '' --header echo '{n}' ::: n
check_ '' --header echo '{n}' :::
check_ '' --header echo '{n}' ::: n a ::: m
# It is waited for; what follows is not.
mkfifo slow || skip_ 'there are no named pipes'
pmap --header sh -c 'echo "$1" >> seen' _ 'v={v}' :::: slow &
pid=$!
exec 7> slow
printf 'v' >&7
printf '\n1\n' >&7
retry_until_ 20 grep '^v=1$' seen > /dev/null \
  || { warn_ 'not at once'; fail=1; }
exec 7>&-
wait $pid || fail=1

# What is no placeholder is text, byte for byte.
check_ '{0} {01} {+1} {1 } { 1} {1.x} {--1} {-0} {1234567890} a\n' echo '{0}' \
  '{01}' '{+1}' '{1 }' '{ 1}' '{1.x}' '{--1}' '{-0}' '{1234567890}' {} ::: a
check_ '{foo} {foo.} ${x} {2} {-2} {print $1} a\n' echo '{foo}' '{foo.}' \
  '${x}' '{2}' '{-2}' '{print $1}' ::: a
check_ '{3} {foo} a b\n' echo '{3}' '{foo}' '{1}' '{2}' ::: a ::: b
check_ '{foo} {n.x} 1\n' --header echo '{foo}' '{n.x}' '{n}' ::: n 1
check_ '{1} a\n' -n max echo '{1}' ::: a
check_ 'b\n' awk 'BEGIN { x["b"] = 1; for (i in x) { print i } }' ::: a
printf 'aaa b\n' > text
check_ 'aaa b\n' grep -E 'a{3}' ::: text
check_ '{n} a\n' echo '{n}' ::: a
# With -I, positions are text, too; names are not.
check_ '{1} {} a\n' -I @@ echo '{1}' '{}' '@@' ::: a
check_ '{1} a b\n' --colsep=, -I @@ echo '{1}' '@@' ::: a,b
check_ 'b a b\n' --header --colsep=, -I @@ echo '{y}' '@@' ::: x,y a,b

# A row that lacks a column fails; the others are run.
fails_ 123 'b\nd\n' "item 'e' has no column for '{2}'" --colsep=, echo '{2}' \
  ::: a,b e c,d
fails_ 123 '' "item 'e' has no column for '{-2}'" --colsep=, echo '{-1}' \
  '{-2}' ::: e
fails_ 123 'b\n' "item 'e' has no column for '{y.}'" --colsep=, --header \
  echo '{y.}' ::: x,y e a,b.c
# It takes no others with it.
fails_ 123 'b d\nf h\n' "item 'e' has no column for '{2}'" --colsep=, -n max \
  echo '{2}' ::: a,b c,d e e,f g,h
fails_ 123 '' "item 'e' has no column for '{2}'" --colsep=, --dry-run \
  echo '{2}' ::: e
# An empty one is one.
check_ '<>\n' --colsep=, echo '<{2}>' ::: a,

# Command lines are counted by their columns, to the byte.
check_ 'b d\nf\n' --colsep=, -n max --max-chars=10 echo '{2}' \
  ::: aaaaaaaa,b cccccccccc,d e,f
check_ 'a b c d\ne f\n' --colsep=, -n max --max-chars=13 echo ::: a,b c,d e,f
check_ 'a b\nc d\ne f\n' --colsep=, -n max --max-chars=12 echo ::: a,b c,d e,f

# Headers that are no good: nothing is run.
fails_ 125 '' "the name 'a' is in the header twice" --colsep=, --header echo \
  ::: a,b,a 1,2,3
fails_ 125 '' "the name 'a' is in the header twice" --header echo \
  ::: a 1 ::: a 2
fails_ 125 '' "an empty name is in the header of ':::'" --colsep=, --header \
  echo ::: a,,b 1,2,3
printf '\n1\n' > empty
fails_ 125 '' "an empty name is in the header of 'empty'" --header -a empty \
  echo
returns_ 125 pmap --header echo < empty > out 2> err || fail=1
echo 'pmap: an empty name is in the header of standard input' > exp
compare exp err || fail=1
mkdir folder || framework_failure_
fails_ 125 '' "cannot read 'folder': Is a directory" --header -a folder echo

# Usage.
fails_ 125 '' "invalid column separator: ''" --colsep= echo ::: a
fails_ 125 '' "invalid string: '"'\\q'"'" --colsep='\q' echo ::: a
fails_ 125 '' '--filter and --colsep exclude each other' -w --colsep=, cat
fails_ 125 '' '--filter and --header exclude each other' -w --header cat
fails_ 125 '' "invalid number of lines: '0'" --header=0 cat
fails_ 125 '' '--header=N makes sense only with --blocks' --header=1 cat

Exit $fail
