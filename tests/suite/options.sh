#!/bin/sh
# An option means the same in every program, and --help tells the truth.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# options_ PROGRAM
# Print a line "PROGRAM LETTER LONG" for each line of PROGRAM's --help that
# describes an option, as --help has them ("-P, --processes=N" is "-P" and
# "--processes=N"), with "-" for the one that is lacking.
options_ ()
{
  $1 --help | sed -n 's/^  *\(-.*\)/\1/p' | sed 's/  .*//' \
    | awk -v p="$1" '{
        letter = long = "-"
        n = split ($0, part, /, */)
        for (i = 1; i <= n; i++)
          if (part[i] !~ /^--/)
            letter = part[i]
          else if (long == "-")
            long = part[i]
        print p, letter, long
      }'
}

for p in $PROGRAMS; do
  options_ $p
done > options || framework_failure_
test "$(wc -l < options)" -gt $(($(echo $PROGRAMS | wc -w) * 2)) \
  || fail_ 'the options cannot be derived from --help'

# The bare names.
awk '{ sub (/[[=].*/, "", $3); print $1, substr ($2, 1, 2), $3 }' options \
  > names

# These letters and long names belong together wherever one of them appears.
cat > table <<'END'
-P --processes
-t --timeout
-s --signal
-k --kill-after
-N --name
-0 --null
-z --zero
-q --quiet
-v --verbose
END
awk '
  NR == FNR { long[$1] = $2; letter[$2] = $1; next }
  $2 in long && $3 != long[$2] \
    { print $1 ": " $2 " is " $3 " and not " long[$2]; bad = 1 }
  $3 in letter && $2 != letter[$3] \
    { print $1 ": " $3 " is " $2 " and not " letter[$3]; bad = 1 }
  END { exit bad }' table names || fail=1

# The same of any other letter that two programs have.
awk '
  $2 == "-" { next }
  $2 in long && long[$2] != $3 \
    { print $2 " is " long[$2] " in " first[$2] ", " $3 " in " $1; bad = 1 }
  !($2 in long) { long[$2] = $3; first[$2] = $1 }
  END { exit bad }' names || fail=1

# No option is described twice.
awk '$2 != "-" { print $1, $2 } $3 != "-" { print $1, $3 }' names \
  | LC_ALL=C sort | uniq -d > twice
compare /dev/null twice || fail=1

# accepts_ PROGRAM OPTION ARGUMENT
# Succeed if PROGRAM has OPTION and it takes an argument if, and only if,
# ARGUMENT is not empty.  A wrong argument is no matter; --help ends what would
# otherwise begin to work.
accepts_ ()
{
  $1 "$2$3" --help > out 2> err < /dev/null && return
  test -n "$3" || return
  ! grep -E "invalid option|unrecognized|ambiguous|allow an argument" err
}

# Each option that --help names is one, and takes an argument if --help says
# so.
while read -r p letter long; do
  case $letter,$long in
    *=*) argument=1 ;;
    *)   argument= ;;
  esac
  short=$(echo "$letter" | cut -c1-2)
  test "$short" = - || accepts_ $p "$short" "$argument" \
    || { warn_ "$p: $short is not what --help says"; fail=1; }
  test "$long" = - || accepts_ $p "${long%%[[=]*}" "${argument:+=1}" \
    || { warn_ "$p: $long is not what --help says"; fail=1; }
done < options

# The exit statuses are told in the words of the manual.
sed -n '/@c begin exit statuses/,/@c end exit statuses/p' \
  "$abs_srcdir/doc/mputils.texi" \
  | awk '
      /^@item / { sub (/^@item */, ""); gsub (/@var\{|\}/, ""); code = $0
                  next }
      code != "" { print code, $0; code = "" }' > words
test -s words || fail_ 'the manual has no table of exit statuses'
for p in $PROGRAMS; do
  $p --help | sed -n '/^Exit status:$/,/^$/p' \
    | sed -n 's/^  *\([0-9N+]*\)  */\1 /p' > said
  test -s said || { warn_ "$p: no exit status in --help"; fail=1; }
  while read -r line; do
    grep -Fx -e "$line" words > /dev/null \
      || { warn_ "$p: not in the manual's words: $line"; fail=1; }
  done < said
done

Exit $fail
