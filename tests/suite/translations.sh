#!/bin/sh
# Every language says what English says: the same options in --help, plural
# forms, columns that hold; and numbers for programs are the same in all.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/tests/l10n"

languages=$(sed 's/#.*//' "$abs_srcdir/po/LINGUAS")
test -n "$languages" || fail_ 'there are no translations'

for l in $languages; do
  mkdir -p locale/$l/LC_MESSAGES || framework_failure_
  msgfmt -o locale/$l/LC_MESSAGES/mputils.mo "$abs_srcdir/po/$l.po" 2> log \
    || cp "$abs_srcdir/po/$l.gmo" locale/$l/LC_MESSAGES/mputils.mo 2> log \
    || skip_ "there is no catalog of $l"
done

# in_ LANGUAGE COMMAND [ARG]...
# Run COMMAND in LANGUAGE, with UTF-8.
in_ ()
{
  local language_=$1
  shift
  LC_ALL=C.UTF-8 LANGUAGE=$language_ "$@"
}
in_ de ncpu --help | grep '^Aufruf: ' > /dev/null \
  || skip_ 'translations do not work here'

if xgettext --version > /dev/null 2>&1; then
  xgettext --directory="$abs_srcdir" --files-from="$abs_srcdir/po/POTFILES.in" \
    --from-code=UTF-8 --keyword=_ --keyword=N_ --output=all.pot \
    || framework_failure_
fi

# check_catalog_ LANGUAGE
# Succeed if its translation is complete, and formats are right.
check_catalog_ ()
{
  msgfmt --version > /dev/null 2>&1 || return 0
  msgfmt --check --output-file=/dev/null "$abs_srcdir/po/$1.po" || return
  msgattrib --untranslated "$abs_srcdir/po/$1.po" > lacking
  msgattrib --only-fuzzy "$abs_srcdir/po/$1.po" >> lacking
  compare /dev/null lacking || return
  # Is everything there that the source has?
  test ! -f all.pot || msgcmp "$abs_srcdir/po/$1.po" all.pot
}

# options_ < HELP
# Print what begins the lines that describe options or statuses.
options_ ()
{
  sed -n -e 's/^\( \{2,6\}-[^ ]*\( -[^ ]*\)\{0,1\}\).*/\1/p' \
    -e 's/^  \([0-9][0-9]*\|128+N\)  .*/\1/p'
}

for p in $PROGRAMS; do
  $p --help > help.C || fail=1
  options_ < help.C > options.C
  test "$(wc -l < options.C)" -gt 10 || framework_failure_
done
for l in $languages; do
  check_catalog_ $l || { warn_ "$l: the translation is not whole"; fail=1; }
  for p in $PROGRAMS; do
    $p --help > help.C || fail=1
    options_ < help.C > options.C
    in_ $l $p --help > help || fail=1
    options_ < help > options
    compare options.C options || { warn_ "$l: $p --help differs"; fail=1; }
    ! compare help.C help > /dev/null || fail=1

    # As wide as a terminal, where wc can tell.
    width=$(LC_ALL=C.UTF-8 wc -L < help 2> /dev/null) || width=0
    test "$width" -le 80 || { warn_ "$l: $p --help: $width columns"; fail=1; }
    ! grep -n ' $' help || { warn_ "$l: $p --help: blanks at the end"; fail=1; }

    # Where the charset has no such characters, they are not sent.
    LC_ALL=C LANGUAGE=$l $p --help > out || fail=1
    compare help.C out || fail=1
  done
done

# One and many, as the catalog has them.

# expect_ LANGUAGE FAILED ALL
# Write to exp what pmap says of FAILED tasks of ALL.
expect_ ()
{
  TEXTDOMAINDIR=./locale in_ $1 ngettext mputils '%llu of %llu task failed' \
    '%llu of %llu tasks failed' $3 \
    | sed "s/%1\$llu/$2/; s/%2\$llu/$3/; s/%llu/$2/; s/%llu/$3/" > exp
}
if ngettext --version > /dev/null 2>&1; then
  for l in $languages; do
    for items in 1 '1 2' '1 2 3 4 5'; do
      returns_ 123 in_ $l pmap false ::: $items 2> err || fail=1
      n=$(echo $items | wc -w)
      expect_ $l $n $n
      grep -F -f exp err > /dev/null || { cat exp err; fail=1; }
    done
  done
  expect_ de 1 1
  cp exp one
  expect_ de 2 2
  test "$(tr -d 0-9 < one)" != "$(tr -d 0-9 < exp)" || fail=1
fi

# Columns stand below each other, although characters are wide.
if LC_ALL=C.UTF-8 wc -L < /dev/null > /dev/null 2>&1; then
  for l in $languages; do
    in_ $l ncpu --explain > table || fail=1
    # Where the numbers end, and their title.
    while IFS= read -r line; do
      printf '%s\n' "$line" \
        | sed '/[0-9-]/!s/  [^ ]*  *[^ ]*$//
               s/^\([* ] [^ ]*  *[0-9-][0-9]*\).*/\1/' \
        | LC_ALL=C.UTF-8 wc -L
    done < table | sort -u > widths
    test "$(wc -l < widths)" = 1 \
      || { warn_ "$l: columns are not straight"; cat table; fail=1; }
    in_ $l pmap --summary true ::: 1 2> table || fail=1
    # All numbers end in one column.
    while IFS= read -r line; do
      printf '%s\n' "$line" \
        | sed 's/^\([^0-9]*  *[0-9.,]*\).*/\1/' | LC_ALL=C.UTF-8 wc -L
    done < table | sort -u > widths
    test "$(wc -l < widths)" = 1 \
      || { warn_ "$l: columns are not straight"; cat table; fail=1; }
  done
fi

# What programs read is the same where numbers have a comma.
mkdir own || framework_failure_
if localedef -i de_DE -f UTF-8 own/de_DE.UTF-8 > /dev/null 2>&1; then
  LOCPATH=$PWD/own
  export LOCPATH
  # german_ COMMAND [ARG]...
  german_ () { LC_ALL=de_DE.UTF-8 LANGUAGE=de "$@"; }
  german_ env printf '%.1f\n' 1,5 2> /dev/null | grep , > /dev/null \
    || framework_failure_
  for options in '' --json '--round=exact --scale=75' --list; do
    ncpu $options > exp || fail=1
    german_ ncpu $options > out || fail=1
    compare exp out || fail=1
  done
  german_ pmap --json --joblog=log --trace=trace --results=res \
    -t 5.5 sh -c 'exit $1' sh ::: 0 > json || fail=1
  grep '"elapsed": [0-9]*\.[0-9]*,' json > /dev/null || { cat json; fail=1; }
  sed 1d log | grep '	[0-9]*\.[0-9]*	' > /dev/null || { cat log; fail=1; }
  grep '"ts":[0-9]*\.[0-9]*' trace > /dev/null || fail=1
  ! grep '[0-9],[0-9]' log || fail=1
  # So are reasons: one of ours, and one of the C library's.
  # reason_ WHY ITEM [OPTION]...
  # Is WHY what files tell of ITEM, which no task can be run for?
  reason_ ()
  {
    why=$1
    printf "$2\n" > item
    shift 2
    rm -rf res
    returns_ 123 german_ pmap --json --trace=trace --results=res -a item "$@" \
      > json 2> err || fail=1
    grep "\"error\": \"$why\"" json > /dev/null || { cat json; fail=1; }
    grep "\"error\":\"$why\"" trace > /dev/null || { cat trace; fail=1; }
    grep "^error $why\$" res/000/000001/status > /dev/null || fail=1
  }
  reason_ 'a column is lacking' 1 --colsep=, echo '{2}'
  reason_ 'Invalid argument' 'a\0b' echo
  MPUTILS_DIR=$PWD/records german_ pspawn -N a true > /dev/null || fail=1
  MPUTILS_DIR=$PWD/records german_ pjoin --report --json a > json || fail=1
  grep '"elapsed": [0-9]*\.[0-9]*,' json > /dev/null || { cat json; fail=1; }
  # And what people read is theirs.
  german_ pmap --summary true ::: 1 2> err || fail=1
  grep '[0-9],[0-9][0-9]' err > /dev/null || { cat err; fail=1; }
fi

Exit $fail
