#!/bin/sh
# The man pages agree with --help and with the code, and lack no section.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# section_ NAME
# Print what "page" has under the heading NAME.
section_ ()
{
  awk -v name="$1" '
    /^\.SH / { sub (/^\.SH +/, ""); gsub (/"/, ""); inside = $0 == name; next }
    inside' page
}

# Which header those files of the library belong to that have none of their own:
# the first that they read.
for file in "$abs_srcdir"/lib/*.c; do
  test -f "${file%.c}.h" \
    || sed -n "s,^# *include \"\(.*\)\.h\".*,\1 $file,p" "$file" | sed q
done > owners

# code_of_ PROGRAM
# Print the names of the files of PROGRAM's code: its own, and those of whose
# headers one is read.
code_of_ ()
{
  local src_=$abs_srcdir/src lib_=$abs_srcdir/lib n_=0
  ls $src_/$1.c $src_/$1-*.c 2> /dev/null > code
  while test "$(wc -l < code)" != $n_; do
    n_=$(wc -l < code)
    xargs sed -n 's/^# *include "\(.*\)\.h".*/\1/p' < code | LC_ALL=C sort -u \
      > headers
    {
      awk 'NR == FNR { read[$1] = 1; next } read[$1] { print $2 }' \
        headers owners
      sed "s,.*,$src_/&.c $src_/&.h $lib_/&.c $lib_/&.h," headers \
        | tr ' ' '\n' \
        | while read -r file_; do
            test ! -f "$file_" || echo "$file_"
          done
    } | LC_ALL=C sort -u code - > more && mv more code
  done
  cat code
}

# variables_of_code_ PROGRAM
# Print the environment variables that its code names.  These are not told one
# by one, or not of that program:
# - what srun would take for options of each step, which lib/slurm.c lists;
# - OMP_THREAD_LIMIT, which only ncpu heeds;
# - MPUTILS_NAME, MPUTILS_PARENT and MPUTILS_STATUS, which only pspawn sets, in
#   a module that the others have for the rest of it; and MPUTILS_KEEP, for
#   pkill-tree, which only reads records;
# - BASH_FUNC_ and SLURM_, with which names begin.
variables_of_code_ ()
{
  code_of_ $1 > files || framework_failure_
  sed -n '/mp_slurm_misleading\[\] = /,/^}/s/.*"\([A-Z_]*\)".*/\1/p' \
    "$abs_srcdir/lib/slurm.c" | grep -vx SLURM_CPUS_PER_TASK > left-out
  test -s left-out || framework_failure_
  printf '%s\n' BASH_FUNC_ SLURM_ >> left-out
  test $1 = ncpu || echo OMP_THREAD_LIMIT >> left-out
  test $1 = pspawn \
    || printf 'MPUTILS_%s\n' NAME PARENT STATUS >> left-out
  test $1 != pkill-tree || echo MPUTILS_KEEP >> left-out
  xargs cat < files \
    | grep -oE '"[A-Z]+(_[A-Z]+)+_?["=%]|getenv \("[A-Z_]+|"GOMAXPROCS"' \
    | sed 's/.*("//; s/["=%]//g' | LC_ALL=C sort -u | grep -vxFf left-out
}

# variables_of_page_
# Print those under ENVIRONMENT: the names that are explained, and what else
# has an underscore; without those that C libraries read.  SLURM_GPUS and
# SLURM_CPU_BIND are examples of what lib/slurm.c lists.
variables_of_page_ ()
{
  section_ ENVIRONMENT > environment
  { sed -n '/^\.TP$/{n;p;}' environment | tr -d ' ' | tr ',' '\n'
    grep -oE '[A-Z]+(_[A-Z]+)+' environment; } | LC_ALL=C sort -u \
    | grep -vxE 'LANG|LANGUAGE|LC_[A-Z]*|TZ|SLURM_GPUS|SLURM_CPU_BIND'
}

for p in $PROGRAMS; do
  # help2man writes a hyphen as \-, and fonts between words.
  man=$abs_builddir/doc/man/$p.1
  test -f "$man" || man=$abs_srcdir/doc/man/$p.1
  sed 's/\\-/-/g; s/\\f[BIPR]//g; s/\\[,/&]//g' "$man" > page \
    || framework_failure_
  $p --help > help || fail=1

  for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' ENVIRONMENT FILES \
           EXAMPLES 'SEE ALSO'; do
    section_ "$s" > text
    test -s text || { warn_ "$p: the page has no $s"; fail=1; }
  done
  section_ NAME | grep "^$p - [a-z]" > /dev/null || fail=1
  grep '^\.SH ' page | LC_ALL=C sort | uniq -d > twice
  compare /dev/null twice || { warn_ "$p: sections are there twice"; fail=1; }

  # Each usage, in one line.
  sed -n 's/^\(Usage\|  or\): *//p' help > exp
  section_ SYNOPSIS | sed 's/^\.B *//' \
    | awk '/^\.br/ { print line; line = ""; next }
           { line = line (line == "" ? "" : " ") $0 } END { print line }' > out
  compare exp out || { warn_ "$p: SYNOPSIS is not --help's"; fail=1; }

  # Options, with their arguments.
  sed -n 's/^  *\(-.*\)/\1/p' help | sed 's/  .*//' > exp
  section_ OPTIONS | sed -n '/^\.TP$/{n;/^-/p;}' > out
  test "$(wc -l < out)" -gt 5 || fail=1
  compare exp out || { warn_ "$p: OPTIONS are not --help's"; fail=1; }

  # Exit statuses, in --help's words and of the one table.
  sed -n '/^Exit status:$/,/^$/s/^  \([0-9N+]*\)  */\1 /p' help > exp
  section_ 'EXIT STATUS' | sed -n '/^\.TP$/{n;N;s/\n/ /;p;}' > out
  test -s out || fail=1
  compare exp out || { warn_ "$p: EXIT STATUS is not --help's"; fail=1; }
  sed -n 's/^  MP_EXIT_[A-Z_]* = \([0-9]*\).*/\1/p' \
    "$abs_srcdir/lib/exit-status.h" > known
  test "$(wc -l < known)" = 9 || framework_failure_
  sed 's/[+ ].*//' out | grep -vxFf known \
    && { warn_ "$p: lib/exit-status.h does not have these"; fail=1; }

  variables_of_code_ $p > exp
  variables_of_page_ > out
  compare exp out || { warn_ "$p: ENVIRONMENT is not the code's"; fail=1; }

  # What the page mentions of the suite, it refers to.
  section_ 'SEE ALSO' | sed -n 's/^\.BR \(.*\) (\([1-8]\)),*$/\1/p' > also
  grep -x $p also && { warn_ "$p: the page refers to itself"; fail=1; }
  for other in $PROGRAMS; do
    test $other != $p || continue
    grep -E -e "(^|[ (])$other([ ,.]|\$)" page > /dev/null || continue
    grep -x $other also > /dev/null \
      || { warn_ "$p: SEE ALSO lacks $other"; fail=1; }
  done
done

Exit $fail
