#!/bin/sh
# Placeholders stand for the item, its parts, and the place of the task.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# check_ EXPECTED OPTION-AND-COMMAND...
# Run pmap with the items on standard input and compare.
check_ ()
{
  local expected_="$1"
  shift
  pmap "$@" > out || { warn_ "failed: pmap $*"; fail=1; }
  printf "$expected_" > exp || framework_failure_
  compare exp out || { warn_ "wrong: pmap $*"; fail=1; }
}

# The parts of a name.
cat > paths <<'END'
dir/file.tar.gz
/abs/dir.d/noext
plain
.hidden
a/.hidden
dir/
/
a//b.c
x.
END
check_ 'dir/file.tar.gz
/abs/dir.d/noext
plain
.hidden
a/.hidden
dir/
/
a//b.c
x.
' echo {} < paths
check_ 'dir/file.tar
/abs/dir.d/noext
plain

a/
dir/
/
a//b
x
' echo {.} < paths
check_ 'file.tar.gz
noext
plain
.hidden
.hidden


b.c
x.
' echo {/} < paths
check_ 'dir
/abs/dir.d
.
.
a
.
/
a
.
' echo {//} < paths
check_ 'file.tar
noext
plain




b
x
' echo {/.} < paths

# Number and slot.
check_ '1a\n2b\n3c\n' echo '{#}{}' ::: a b c
check_ '1\n1\n1\n' -P1 echo '{%}' ::: a b c
# Two at a time have different ones.
cat > meet <<'END'
: > here-$1
sh "$abs_srcdir/tests/await" test -e here-1 \
  && sh "$abs_srcdir/tests/await" test -e here-2 && echo $2
END
pmap -P2 sh meet '{}' '{%}' ::: 1 2 > out || fail=1
sort out > slots
printf '1\n2\n' > exp
compare exp slots || fail=1

# They need not stand alone, and one argument may hold several.
check_ 'a-1-a:x\nb-2-b:x\n' echo '{}-{#}-{}:x' ::: a b
check_ 'o.c o.o d/o.c d 1 1\n' \
  -P1 echo '{/}' '{/.}.o' '{}' '{//}' '{#}' '{%}' ::: d/o.c
# Nothing is appended then, not even if none of them is the item.
check_ '1\n2\n' echo '{#}' ::: a b
# Without any, the item is the last argument.
check_ 'x a\nx b\n' echo x ::: a b

# What only looks like one is text.
check_ '{ } {a} {,} {x} {/ /} a\n' echo '{ }' '{{}}' '{,}' '{x}' '{/ /}' \
  '{}' ::: a
# Nor is it one in what was put in.
check_ '{}{#} 1\n' echo '{} {#}' ::: '{}{#}'

# Another placeholder for the item.
check_ '<a>{}\n' -I % echo '<%>{}' ::: a
check_ 'a/b.c b\n' --replace=ITEM echo ITEM '{/.}' ::: a/b.c
check_ 'a{}\n' -I , echo ',{}' ::: a
returns_ 125 pmap -I '' echo ::: a > out 2> err || fail=1
grep '^pmap: invalid placeholder: ' err > /dev/null || fail=1

# The command word takes them as well, and each task then finds its own
# program.
check_ 'x\nx\n' {} x ::: echo /bin/echo
printf 'echo\n' > exp
pmap 'e{}o' echo ::: ch > out || fail=1
compare exp out || fail=1
returns_ 123 pmap {} x ::: echo no-such-command-here > out 2> err || fail=1
printf 'x\n' > exp
compare exp out || fail=1
grep 'no-such-command-here' err > /dev/null || fail=1

# With several items, each argument with one is there once for each.
check_ 'x a b\nx c\n' -n2 echo x ::: a b c
check_ '<a> <b> y\n<c> y\n' -n2 echo '<{}>' y ::: a b c
check_ 'a.c b.c : a b\n' -n2 echo {} : {.} ::: a.c b.c
check_ '1-a 1-b\n2-c\n' -n2 echo '{#}-{}' ::: a b c
check_ '1\n2\n' -n2 echo '{#}' ::: a b c

# No argument is lost or made: the empty item is an argument too.
check_ '3\n3\n' sh -c 'echo $#' _ '{}' x '{}' ::: '' a
check_ '1\n' sh -c 'echo $#' _ ::: ''

Exit $fail
