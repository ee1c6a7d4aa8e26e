#!/bin/sh
# --tagstring: tags with placeholders.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# Placeholders and escapes.
cat > cases <<'END'
x{}y
{/}-{.}-{//}
{#}:{%}:{}
plain
\t{}
a\\b\x41

END
while IFS= read -r string; do
  pmap -P1 --tagstring="$string" printf '%s\n' ::: a/b.c 'x y' > out \
    || fail=1
  case $string in
    'x{}y') printf '%s\t%s\n' xa/b.cy a/b.c 'xx yy' 'x y' ;;
    '{/}'*) printf '%s\t%s\n' b.c-a/b-a a/b.c 'x y-x y-.' 'x y' ;;
    '{#}'*) printf '%s\t%s\n' 1:1:a/b.c a/b.c '2:1:x y' 'x y' ;;
    plain) printf '%s\t%s\n' plain a/b.c plain 'x y' ;;
    '\t'*) printf '\t%s\t%s\n' a/b.c a/b.c 'x y' 'x y' ;;
    a*) printf '%s\t%s\n' 'a\bA' a/b.c 'a\bA' 'x y' ;;
    '') printf '%s\n' a/b.c 'x y' ;;
  esac > exp
  compare exp out || { warn_ "of '$string'"; fail=1; }
done < cases
test "$string" = '' || fail=1

# Both streams, each line, and a last one without a newline.
pmap --tagstring='<{}>' sh -c 'printf "x\n\ny"; echo e >&2' _ ::: a b \
  > out 2> err || fail=1
printf '<%s>\t%s\n' a x a '' a y b x b '' b y > exp
compare exp out || fail=1
printf '<%s>\t%s\n' a e b e > exp
compare exp err || fail=1

# Several items, and another placeholder for them.
pmap -n2 --tagstring='x{}' echo ::: a b c > out || fail=1
printf '%s\t%s\n' 'xa xb' 'a b' xc c > exp
compare exp out || fail=1
pmap -I ,, --tagstring='<,,{}>' echo ,, ::: a > out || fail=1
printf '<a{}>\ta\n' > exp
compare exp out || fail=1
pmap -I ,, --tag echo ,, ::: a > out || fail=1
printf 'a\ta\n' > exp
compare exp out || fail=1

# The slot is the one that the task has got, in order, unordered, with retries.
for options in '' -u --line-buffered '-c' --retries=2; do
  case $options in
    -c) set -- -c 'echo $PMAP_SLOT' ;;
    *) set -- $options sh -c 'echo $PMAP_SLOT' _ ;;
  esac
  seq 20 | pmap -P3 --tagstring='{%}' "$@" > out || fail=1
  awk -F '\t' '$1 != $2 || !$1 { bad = 1 } END { exit bad || NR != 20 }' out \
    || { warn_ "wrong slots with '$options'"; cat out; fail=1; }
done

# Each item of a filter has its own; --tag does as before.
seq 3 | pmap -P1 --tagstring='{#}:{}:{%}' -w sed 's/^/</' > out || fail=1
printf '%s\t%s\n' 1:1:1 '<1' 2:2:1 '<2' 3:3:1 '<3' > exp
compare exp out || fail=1
seq 3 | pmap -P1 --tag -w sed 's/^/</' > out || fail=1
printf '%s\t%s\n' 1 '<1' 2 '<2' 3 '<3' > exp
compare exp out || fail=1

# Blocks have no items.
printf 'a\nb\n' | pmap -b -n1 --tagstring='{#} {}' cat > out || fail=1
printf '%s\t%s\n' '1 {}' a '2 {}' b > exp
compare exp out || fail=1

# Whichever comes first, --tagstring says what the tag is.
pmap --tag --tagstring='<{}>' echo ::: a > out || fail=1
pmap --tagstring=x --tagstring='<{}>' --tag echo ::: a >> out || fail=1
printf '<a>\ta\n<a>\ta\n' > exp
compare exp out || fail=1

# An item that cannot be run has no output that had to be tagged.
printf 'a\0b\nc\n' > in
returns_ 123 pmap --tagstring='{}' echo < in > out 2> err || fail=1
printf 'c\tc\n' > exp
compare exp out || fail=1

returns_ 125 pmap --tagstring='a\0' echo ::: a 2> err || fail=1
grep 'invalid string' err > /dev/null || { cat err; fail=1; }
for option in --ungrouped --callback=true --error-callback=true; do
  returns_ 125 pmap --tagstring=x $option echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  grep 'exclude each other' err > /dev/null || { cat err; fail=1; }
done

# GNU parallel has the same tags.
if parallel --will-cite --version 2> /dev/null | grep GNU > /dev/null; then
  while IFS= read -r string; do
    # It knows no escape \x.
    case $string in *x41*) continue ;; esac
    parallel --will-cite -k -j1 --tagstring "$string" echo ::: a/b.c xy \
      > exp 2> parallel-err < /dev/null || continue
    pmap -P1 --tagstring="$string" echo ::: a/b.c xy > out || fail=1
    compare exp out || { warn_ "unlike parallel: '$string'"; fail=1; }
  done < cases
fi

Exit $fail
