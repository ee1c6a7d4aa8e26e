#!/bin/sh
# What the manual says to those who come from xargs is true, row by row.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/moving.cfg"

case $(xargs --version 2> /dev/null) in
  *GNU\ findutils*) theirs=xargs ;;
  *) warn_ 'there is no GNU xargs to compare with' ;;
esac

case_input ()
{
  input_ 'two words\n"a  quote"\n\n  back\\slash\n'
  their_ gives_ 'two\nwords\na  quote\nbackslash\n' xargs -n1 echo
  gives_ '<two words>\n<"a  quote">\n<>\n<  back\\slash>\n' \
    pmap printf '<%s>\n'
  test -n "$theirs" || return
  gives_ 'two\nwords\na  quote\nbackslash\n' \
    sh -c 'xargs -r printf "%s\0" | pmap -0 echo'
  : > in
  gives_ '' sh -c 'xargs -r printf "%s\0" | pmap -0 echo'
}

case_no_command ()
{
  input_ 'item\n'
  their_ gives_ 'item\n' xargs
  ends_ 125 pmap
  says_ 'no command was given'
}

case_fill ()
{
  seq 30000 > in
  gives_ '2\n' sh -c 'pmap -n max echo | wc -l'
  their_ gives_ '2\n' sh -c 'xargs echo | wc -l'
  input_ '1\n2\n'
  gives_ '1\n2\n' pmap echo
}

# What a task has to do that waits for the one before, or else goes on.
turns='echo $1 >> log; echo $1 $(cat log | tr "\n" " ")'

case_one_process ()
{
  input_ '1\n2\n3\n'
  their_ gives_ '1 1\n2 1 2\n3 1 2 3\n' xargs -n1 sh -c "$turns" _
  rm -f log
  gives_ '1 1\n2 1 2\n3 1 2 3\n' pmap -P1 sh -c "$turns" _
  # As many as ncpu prints: so many wait for each other.
  n=$(ncpu)
  seq "$n" > in
  ends_ 0 pmap -t 300 sh -c 'touch started.$1
    exec sh "$abs_srcdir/tests/await" test -e started.'$n _
  gives_ "$n\\n" sh -c 'ls started.* | wc -l | tr -d " "'
}

# The first task writes when the second one has ended.
second_first='if test $1 = 1; then
    printf "begins "
    sh "$abs_srcdir/tests/await" test -e ended; echo ends 1
  else echo 2; touch ended; fi'

case_order ()
{
  input_ '1\n2\n'
  their_ gives_ 'begins 2\nends 1\n' sh -c 'xargs -n1 -P2 "$@" | cat' _ \
    sh -c 'test $1 = 1 || sh "$abs_srcdir/tests/await" test -e begun
      if test $1 = 1; then printf "begins "; touch begun; fi
      '"$wait_for_end" _
  rm -f begun ended
  gives_ 'begins 2\nends 1\n' sh -c 'pmap -P2 --ungrouped "$@" | cat' _ \
    sh -c 'test $1 = 1 || sh "$abs_srcdir/tests/await" test -e begun
      if test $1 = 1; then printf "begins "; touch begun; fi
      '"$wait_for_end" _
  rm -f begun ended
  gives_ 'begins ends 1\n2\n' pmap -P2 sh -c "$second_first" _
}
wait_for_end='if test $1 = 1; then
    sh "$abs_srcdir/tests/await" test -e ended; echo ends 1
  else echo 2; touch ended; fi'

case_stdin ()
{
  input_ 'x\ny\n'
  their_ gives_ '' xargs -n1 sh -c cat
  gives_ '' pmap sh -c cat
  cp in items
  their_ gives_ 'x\ny\n' xargs -n1 -a items sh -c cat
  gives_ '' pmap -a items sh -c cat
}

case_stop ()
{
  input_ '0\n255\n0\n'
  set -- sh -c 'echo $1; exit $1' _
  their_ ends_ 124 xargs -n1 "$@"
  their_ wrote_ '0\n255\n'
  ends_ 123 pmap -P1 "$@"
  wrote_ '0\n255\n0\n'
  ends_ 123 pmap -P1 --halt=soon,fail=1 "$@"
  wrote_ '0\n255\n'
  # In any case of failure.
  input_ '0\n1\n2\n'
  ends_ 123 pmap -P1 --halt=soon,fail=1 "$@"
  wrote_ '0\n1\n'
}

case_killed ()
{
  input_ '1\n2\n3\n'
  set -- sh -c 'echo $1; test $1 != 2 || kill -KILL $$' _
  their_ ends_ 125 xargs -n1 "$@"
  their_ wrote_ '1\n2\n'
  ends_ 123 pmap -P1 "$@"
  wrote_ '1\n2\n3\n'
  ends_ 123 pmap -P1 --halt=soon,fail=1 "$@"
  wrote_ '1\n2\n'
}

case_status ()
{
  input_ '0\n1\n125\n'
  their_ ends_ 123 xargs -n1 sh -c 'exit $1' _
  ends_ 123 pmap sh -c 'exit $1' _
  says_ "2 of 3 tasks failed: '1' (exit 1), '125' (exit 125)"
  input_ '255\n'
  their_ ends_ 124 xargs -n1 sh -c 'exit $1' _
  ends_ 123 pmap sh -c 'exit $1' _
  their_ ends_ 125 xargs -n1 sh -c 'kill -KILL $$' _
  ends_ 123 pmap sh -c 'kill -KILL $$' _
}

case_errors ()
{
  input_ 'x\n'
  their_ ends_ 126 xargs /
  ends_ 126 pmap /
  their_ ends_ 127 xargs no-such-command
  ends_ 127 pmap no-such-command
  their_ ends_ 1 xargs --no-such-option true
  ends_ 125 pmap --no-such-option true
}

# leaves_ COMMAND [ARG]...
# Start COMMAND, whose task writes its PID, and end it by SIGTERM.  The PID is
# in $pid then.
leaves_ ()
{
  rm -f pid
  "$@" < in > out 2> err &
  retry_until_ 60 test -s pid || { warn_ "not started: $*"; fail=1; }
  kill $!
  wait $!
  pid=$(cat pid)
}

case_left_behind ()
{
  input_ 'x\n'
  set -- sh -c 'echo $$ > pid-t && mv pid-t pid && exec sleep 600'
  if test -n "$theirs"; then
    leaves_ xargs env "$mark_" "$@"
    process_gone_ "$pid" && { warn_ 'xargs leaves nothing'; fail=1; }
    kill -KILL "$pid"
  fi
  leaves_ pmap env "$mark_" "$@"
  process_gone_ "$pid" || { warn_ 'pmap leaves a task'; fail=1; }
}

# Task 1 runs until 2 has begun, and 3 is run when 2 has ended.
resized_task='echo $$ > begun-t.$1; mv begun-t.$1 begun.$1
  case $1 in
    1) sh "$abs_srcdir/tests/await" test -e begun.2 \
         && exec sh "$abs_srcdir/tests/await" test -e go.1 ;;
    2) sh "$abs_srcdir/tests/await" test -e go.2 && touch ended.2 ;;
    3) test -e ended.2 ;;
  esac'

# resized_ COMMAND [ARG]...
# Run it with one process at a time, then two, then one again.
resized_ ()
{
  rm -f begun.* go.* ended.*
  "$@" -P1 env "$mark_" sh -c "$resized_task" _ < in > out 2> err &
  retry_until_ 60 test -e begun.1 && kill -USR1 $! \
    && retry_until_ 60 test -e begun.2 && kill -USR2 $! \
    && touch go.1 && retry_until_ 60 process_gone_ "$(cat begun.1)" \
    || { warn_ "stuck: $*"; fail=1; }
  touch go.2
  wait $! || { warn_ "failed: $*"; cat err; fail=1; }
}

case_resize ()
{
  input_ '1\n2\n3\n'
  their_ resized_ xargs -n1
  resized_ pmap
}

case_null ()
{
  input_ "a b\\0'c\\nd\\0"
  their_ gives_ "<a b>\\n<'c\\nd>\\n" xargs -0 -n1 printf '<%s>\n'
  gives_ "<a b>\\n<'c\\nd>\\n" pmap -0 printf '<%s>\n'
  gives_ "<a b>\\n<'c\\nd>\\n" pmap --null printf '<%s>\n'
}

case_arg_file ()
{
  printf '1\n2\n' > a
  printf '3\n4\n' > b
  their_ gives_ '1\n2\n' xargs -n1 -a a echo
  gives_ '1\n2\n' pmap -a a echo
  gives_ '1\n2\n' pmap --arg-file=a echo
  their_ gives_ '3\n4\n' xargs -n1 -a a -a b echo
  gives_ '1 3\n1 4\n2 3\n2 4\n' pmap -a a -a b echo
}

case_delimiter ()
{
  input_ 'a,"b\nc,d'
  for d in , '\054' '\x2c'; do
    their_ gives_ '<a>\n<"b\nc>\n<d>\n' xargs -n1 -d "$d" printf '<%s>\n'
    gives_ '<a>\n<"b\nc>\n<d>\n' pmap -d "$d" printf '<%s>\n'
  done
  input_ 'a\tb'
  their_ gives_ 'a\nb\n' xargs -n1 -d '\t' echo
  gives_ 'a\nb\n' pmap --delimiter='\t' echo
  their_ ends_ 1 xargs -d ab echo
  ends_ 125 pmap -d ab echo
}

case_eof ()
{
  input_ 'a\nEND\nb\n'
  their_ gives_ 'a\n' xargs -n1 -E END echo
  gives_ 'a\nEND\nb\n' pmap echo
  refused_ -EEND -eEND -e --eof --eof=END
  gives_ 'a\n' sh -c "sed '/^END\$/,\$d' | pmap echo"
}

case_insert ()
{
  input_ '  it is\n"x"\n'
  their_ gives_ '<it is it is>\n<x x>\n' xargs -I '{}' echo '<{} {}>'
  gives_ '<  it is   it is>\n<"x" "x">\n' pmap echo '<{} {}>'
  gives_ '<  it is   it is>\n<"x" "x">\n' pmap -I '{}' echo '<{} {}>'
  input_ 'a\n'
  their_ gives_ '<a {}>\n' xargs -I @ echo '<@ {}>'
  gives_ '<a {}>\n' pmap -I @ echo '<@ {}>'
  input_ 'echo\n'
  their_ ends_ 127 xargs -I @ @ x
  gives_ 'x\n' pmap -I @ @ x
  # More than fits there.
  awk 'BEGIN { for (i = 0; i < 120000; i++) printf "x"; print "" }' > in
  their_ ends_ 1 xargs -I @ printf %.1s @ @
  gives_ 'xx' pmap printf %.1s '{}' '{}'
}

case_replace ()
{
  input_ 'a\n'
  their_ gives_ '<a>\n' xargs -i echo '<{}>'
  their_ gives_ '<a>\n' xargs --replace=R echo '<R>'
  gives_ '<a>\n' pmap --replace=R echo '<R>'
  refused_ -i -iR
  # The command is taken for the value.
  their_ gives_ '<a>\n' xargs --replace echo '<{}>'
  ends_ 127 pmap --replace echo '<{}>'
}

case_max_lines ()
{
  input_ 'a b\nc d\ne\n'
  their_ gives_ 'a,b,c,d,\ne,\n' xargs -L2 sh -c 'printf %s, "$@"; echo' _
  gives_ 'a,b,c,d,\ne,\n' \
    pmap -n2 --colsep=' ' sh -c 'printf %s, "$@"; echo' _
  gives_ 'a b,c d,\ne,\n' pmap -n2 sh -c 'printf %s, "$@"; echo' _
  input_ 'a \nb\n\nc\n'
  their_ gives_ 'a,b,\nc,\n' xargs -l sh -c 'printf %s, "$@"; echo' _
  gives_ '<a >\n<b>\n<>\n<c>\n' pmap printf '<%s>\n'
  refused_ -L2 -l -l2 --max-lines --max-lines=2
}

case_max_args ()
{
  seq 5 > in
  their_ gives_ '1 2\n3 4\n5\n' xargs -n2 echo
  gives_ '1 2\n3 4\n5\n' pmap -n2 echo
  gives_ '1 2\n3 4\n5\n' pmap --chunksize=2 echo
  refused_ --max-args=2
}

case_max_procs ()
{
  input_ '1\n2\n3\n'
  # Three wait for each other.
  set -- env "$mark_" sh -c 'touch begun.$1
    for i in 1 2 3; do
      sh "$abs_srcdir/tests/await" test -e begun.$i || exit
    done' _
  for n in 3 0; do
    their_ ends_ 0 xargs -n1 -P $n "$@"
    rm -f begun.*
    ends_ 0 pmap -P $n "$@"
    rm -f begun.*
  done
  ends_ 0 pmap --processes=3 "$@"
  refused_ --max-procs=3
  for n in 50% +1 -1; do
    gives_ '1\n2\n3\n' pmap -P$n echo
  done
}

case_open_tty ()
{
  refused_ -o --open-tty
  # What tasks read is empty.
  gives_ '' pmap sh -c cat ::: x
}

case_interactive ()
{
  refused_ -p --interactive
  gives_ 'rm a\nrm b\n' pmap --dry-run rm ::: a b
}

case_process_slot_var ()
{
  input_ '1\n2\n3\n'
  their_ gives_ '0\n0\n0\n' \
    xargs -n1 -P1 --process-slot-var=SLOT sh -c 'echo $SLOT' _
  gives_ '1 1\n1 1\n1 1\n' pmap -P1 sh -c 'echo $PMAP_SLOT $1' _ '{%}'
  refused_ --process-slot-var=SLOT
}

case_no_run_if_empty ()
{
  their_ gives_ '\n' xargs echo
  their_ gives_ '' xargs -r echo
  gives_ '' pmap echo
  refused_ -r --no-run-if-empty
}

case_max_chars ()
{
  seq 60 > in
  for s in 20 40 41 42 43; do
    test -n "$theirs" || break
    gives_ "$(xargs -s $s echo < in)\n" pmap -n max --max-chars=$s echo
    gives_ "$(xargs -n9 -s $s echo < in)\n" pmap -n9 --max-chars=$s echo
  done
  input_ 'a\nmuch-too-long\nb\n'
  their_ ends_ 1 xargs -s 15 echo
  their_ wrote_ 'a\n'
  ends_ 123 pmap -n max --max-chars=15 echo
  says_ "item 'much-too-long' is too long for --max-chars"
  wrote_ 'a\nb\n'
  # Else each run has one item anyway.
  input_ 'a\nb\n'
  gives_ 'a\nb\n' pmap --max-chars=15 echo
  ends_ 125 pmap -s 4096 echo
  says_ 'invalid signal'
}

case_show_limits ()
{
  refused_ --show-limits
  seq 60000 > in
  test -n "$theirs" || return
  ends_ 0 xargs echo
  mv out exp-lines
  ends_ 0 pmap -n max echo
  cmp exp-lines out || fail=1
}

case_verbose ()
{
  input_ 'a b\n'
  gives_ 'a b\n' pmap -v echo
  says_ "echo 'a b'"
  gives_ 'a b\n' pmap --verbose echo
  ends_ 125 pmap -t echo
  says_ 'invalid duration'
  input_ 'a\n'
  their_ gives_ 'a\n' xargs -t echo
  test -z "$theirs" || says_ 'echo a'
}

case_exit ()
{
  refused_ -x --exit
  seq 10 > in
  their_ gives_ '1 2 3 4 5 6 7\n8 9 10\n' xargs -n9 -s 20 echo
  their_ ends_ 1 xargs -x -n9 -s 20 echo
  gives_ '1 2 3 4 5 6 7\n8 9 10\n' pmap -n9 --max-chars=20 echo
}

case_help ()
{
  for option in --help --version; do
    ends_ 0 pmap $option
    test -s out || fail=1
    their_ ends_ 0 xargs $option
  done
}

run_cases_ 'Moving from xargs'

# Each option of xargs has a row.
case $(xargs --version 2> /dev/null) in
  *' 4.9.0'*)
    xargs --help | sed -n 's/^  *\(-.*\)/\1/p' | sed 's/  .*//' \
      | tr ', ' '\n\n' | sed -n 's/^\(-[^-]\).*/\1/p; s/^\(--[-a-z]*\).*/\1/p' \
      | LC_ALL=C sort -u > options
    row_options_ 'Moving from xargs' > rows-options
    compare options rows-options || fail=1 ;;
esac

Exit $fail
