#!/bin/sh
# What the manual says to those who come from GNU parallel is true, row by row.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/moving.cfg"

# What it takes from the user's folder and environment.
HOME=$PWD
export HOME
unset PARALLEL PARALLEL_HOME XDG_CONFIG_HOME
case $(parallel --version 2> /dev/null) in
  GNU\ parallel*) theirs=parallel ;;
  *) warn_ 'there is no GNU parallel to compare with' ;;
esac

# both_ TEXT ARG...
# parallel in the order of the items, and pmap, write TEXT when run with ARGs.
both_ ()
{
  local text_=$1
  shift
  their_ gives_ "$text_" parallel -k "$@"
  gives_ "$text_" pmap "$@"
}

# parallel takes long to start.  So one run of it serves several rows, and each
# of these says where.

case_command_line ()
{
  their_ gives_ 'AB\n' parallel 'echo {} | tr a-z A-Z' ::: ab
  gives_ 'AB\n' pmap sh -c 'echo "$1" | tr a-z A-Z' _ ::: ab
  gives_ 'AB\n' pmap -c 'echo "$1" | tr a-z A-Z' ::: ab
  ends_ 127 pmap 'echo | tr a-z A-Z' ::: ab
  gives_ 'a  b;c ab\n' pmap echo 'a  b;c' ::: ab
  # Why never to do that.
  gives_ 'run\n' pmap sh -c 'echo {}' ::: '$(echo run)'
}

case_functions ()
{
  bash -c 'f () { :; }; export -f f; exec bash -c f' 2> /dev/null || return
  gives_ '2\n4\n' bash -c 'twice () { echo $(($1 * 2)); }; export -f twice
    pmap bash -c "twice \"\$1\"" _ ::: 1 2'
  gives_ '2\n4\n' bash -c 'twice () { echo $(($1 * 2)); }; export -f twice
    pmap --shell=bash -c "twice \"\$1\"" ::: 1 2'
  test -n "$theirs" || return
  gives_ '2\n4\n' env PARALLEL_SHELL="$(command -v bash)" \
    bash -c 'twice () { echo $(($1 * 2)); }; export -f twice
    parallel -k twice ::: 1 2'
}

case_no_command ()
{
  input_ 'echo a\necho b | tr b c\n'
  their_ gives_ 'a\nc\n' parallel -k
  gives_ 'a\nc\n' pmap sh -c
}

case_unordered ()
{
  set -- sh -c 'test $1 = 2 || sh "$abs_srcdir/tests/await" test -e ended
    echo $1; test $1 = 1 || touch ended' _ ::: 1 2
  gives_ '1\n2\n' pmap -P2 "$@"
  # Now the first one waits until the output of the second one is there.
  set -- sh -c 'test $1 = 2 || sh "$abs_srcdir/tests/await" test -s seen
    echo $1' _ ::: 1 2
  printf '2\n1\n' > exp
  pmap -P2 -u "$@" > seen || fail=1
  compare exp seen || fail=1
  test -n "$theirs" || return
  rm seen
  parallel -q -j2 "$@" > seen || fail=1
  compare exp seen || fail=1
}

case_stdin ()
{
  # parallel: environment.
  input_ 'x\n'
  printf '1\n2\n' > items
  gives_ '1\n2\n' pmap -a items sh -c 'cat; echo "$1"' _
  gives_ '1\n2\n' pmap sh -c 'cat; echo "$1"' _ ::: 1 2
}

case_environment ()
{
  input_ 'x\n'
  # Also for the standard input, --ungroup and --process-slot-var.
  their_ gives_ '1 1 0 a\n2 1 0 b\n' parallel -u -j1 --process-slot-var SLOT \
    'cat; echo $PARALLEL_SEQ $PARALLEL_JOBSLOT $SLOT' ::: a b
  gives_ '1 1 a\n2 1 b\n' \
    pmap -P1 sh -c 'echo $PMAP_INDEX $PMAP_SLOT $1' _ ::: a b
}

case_status ()
{
  their_ ends_ 2 parallel 'exit {}' ::: 1 0 5
  ends_ 123 pmap sh -c 'exit $1' _ ::: 1 0 5
  says_ "2 of 3 tasks failed: '1' (exit 1), '5' (exit 5)"
}

case_errors ()
{
  # parallel, 255: exit.
  ends_ 125 pmap --no-such-option true ::: a
  their_ ends_ 2 parallel no-such-command ::: a b
  ends_ 127 pmap no-such-command ::: a b
}

# killed_ COMMAND [ARG]...
# Start COMMAND, kill it, and store the PID that its task has written in $pid.
killed_ ()
{
  rm -f pid
  env "$mark_" "$@" < in > out 2> err &
  retry_until_ 60 test -s pid || { warn_ "not started: $*"; fail=1; }
  kill -KILL $!
  wait $!
  pid=$(cat pid)
}

case_left_behind ()
{
  task='echo $$ > pid-t && mv pid-t pid && exec sleep 600'
  if test -n "$theirs"; then
    killed_ parallel "$task; true" ::: a
    process_gone_ "$pid" && { warn_ 'parallel leaves nothing'; fail=1; }
    kill -KILL "$pid"
  fi
  killed_ pmap sh -c "$task" ::: a
  retry_until_ 60 process_gone_ "$pid" || fail=1
}

case_resize ()
{
  task='touch begun.$1; exec sh "$abs_srcdir/tests/await" test -e begun.2'
  env "$mark_" pmap -P1 sh -c "$task" _ ::: 1 2 &
  retry_until_ 60 test -e begun.1 || fail=1
  kill -USR1 $!
  wait $! || fail=1
  test -n "$theirs" || return
  env "$mark_" parallel -j1 'touch begun; sh "$abs_srcdir/tests/await" \
    test -e go; true' ::: item 2> err &
  retry_until_ 60 test -e begun || fail=1
  kill -USR1 $!
  retry_until_ 60 grep item err > /dev/null || fail=1
  touch go
  wait $! || fail=1
}

case_item ()
{
  set -- a.b .bashrc d.d/ d.d/x a. /a / a.b.c d/.x 'e f.g' "it's.x"
  ends_ 0 pmap printf '<%s><%s><%s><%s><%s>%s\n' \
    {} {.} {/} {//} {/.} '{#}' ::: "$@"
  cp out ours
  gives_ '<a.b><a><a.b><.><a>1\n' sed 1q ours
  test -n "$theirs" || return
  ends_ 0 parallel -k printf "'<%s><%s><%s><%s><%s>%s\\n'" \
    {} {.} {/} {//} {/.} '{#}' ::: "$@"
  compare out ours || fail=1
}

case_number ()
{
  # parallel: tagstring.
  gives_ '1 a 1\n2 b 1\n' pmap -P1 echo '{#}' '{}' '{%}' ::: a b
}

case_position ()
{
  both_ 'b/c.d b/c b c.d c x/y x/y\n' \
    echo '{2}' '{2.}' '{2//}' '{2/}' '{2/.}' '{-1}' '{3}' \
    ::: a ::: b/c.d ::: x/y
  their_ gives_ 'a\n' parallel echo '{1}' '{2}' ::: a
  gives_ 'a {2}\n' pmap echo '{1}' '{2}' ::: a
  ends_ 123 pmap --colsep=, echo '{1}' '{2}' ::: a
  wrote_ ''
}

case_perl ()
{
  gives_ 'a\n' pmap -c 'echo "${1%.gz}"' ::: a.gz
  gives_ '{= s/a// =} {=1 s/a// =} a\n' pmap echo '{= s/a// =}' \
    '{=1 s/a// =}' '{}' ::: a
}

case_sources ()
{
  printf '1\n2\n' > file
  printf '3\n' > other
  # Also for --arg-file.
  both_ '3 a 1 x\n3 a 1 y\n3 a 2 x\n3 a 2 y\n' \
    -a other echo ::: a :::: file ::: x y
  their_ gives_ 'a \n' parallel echo ::: a :::
  gives_ '' pmap echo ::: a :::
}

case_linked_sources ()
{
  printf '3\n4\n' > file
  both_ 'a x 3\nb y 4\n' echo ::: a b :::+ x y z ::::+ file
  gives_ 'a x\n' pmap echo ::: a :::+ x y
  says_ 'linked lists differ in length'
  ends_ 125 pmap echo :::+ x
}

case_arg_file ()
{
  # parallel: sources.
  printf '1\n2\n' > a
  printf '3\n4\n' > b
  gives_ '1 3\n1 4\n2 3\n2 4\n' pmap -a a -a b echo
}

case_arg_sep ()
{
  refused_ --arg-sep --arg-file-sep
  input_ 'a\n'
  gives_ '::: a\n' pmap sh -c 'echo ::: "$1"' _
}

case_bar ()
{
  refused_ --bar --eta
  gives_ 'a\n' pmap --progress echo ::: a
  says_ '1/1'
}

case_bin ()
{
  refused_ --shard
  # It is short for --bind, and the next word is the command.
  ends_ 127 pmap --bin no-such-command
}

case_block ()
{
  seq 10 > in
  their_ gives_ '5\n4\n1\n' parallel -k --pipe --block 10 wc -l
  gives_ '5\n5\n' pmap -b10 sh -c 'wc -l | tr -d " "'
  gives_ '5\n5\n' pmap --blocks=10 sh -c 'wc -l | tr -d " "'
  ends_ 125 pmap -b-10 wc -l
  # The size is taken for the command.
  ends_ 127 pmap --block 10M wc -l
}

case_block_timeout ()
{
  refused_ --block-timeout --bt
  seq 3 > in
  gives_ '2\n1\n' pmap -b -n2 sh -c 'wc -l | tr -d " "'
}

case_cat ()
{
  refused_ --cat --fifo
  seq 3 > in
  gives_ '1 2\n3\n' \
    pmap -b -n2 sh -c 'cat > $1; echo $(cat $1); rm $1' _ '{#}'
  test -e /dev/stdin || return
  gives_ '2\n1\n' pmap -b -n2 awk 'END { print NR }' /dev/stdin
}

case_colour ()
{
  refused_ --color --color-failed --cf --ctag --ctagstring
  gives_ 'x\tx\n' pmap --tag echo ::: x
}

case_colsep ()
{
  # A regular expression, and without the blanks around the column.
  their_ gives_ '(b)\n' parallel --colsep ,+ echo '\({2}\)' ::: 'a,, b ,c'
  gives_ '( b )\n' pmap --colsep=,, echo '({2})' ::: 'a,, b ,,c'
  gives_ 'a,, b ,c ,+\n' pmap --colsep=,+ echo '{1}' ,+ ::: 'a,, b ,c'
  gives_ 'a b c d\n' pmap --colsep , echo ::: a,b ::: c,d
  ends_ 125 pmap -C , echo ::: a,b
}

case_compress ()
{
  refused_ --compress --compress-program --decompress-program
}

case_config ()
{
  refused_ --profile -J --plain --gnu
  gives_ 'a\n' env PARALLEL=--dry-run pmap echo ::: a
}

case_csv ()
{
  refused_ --csv
  gives_ 'b"\n' pmap --colsep=, echo '{2}' ::: '"a,b",c'
}

case_delay ()
{
  # parallel: retries.
  gives_ 'a\nb\n' pmap --delay .01 echo ::: a b
  ends_ 125 pmap --delay 1sauto echo ::: a
}

case_delimiter ()
{
  input_ '1,2'
  gives_ '1\n2\n' pmap -d , echo
  gives_ '1\n2\n' pmap --delimiter='\x2c' echo
  input_ '1ab2'
  their_ gives_ '1\n2\n' parallel -k -d ab echo
  ends_ 125 pmap -d ab echo
}

case_dry_run ()
{
  both_ "rm a 'b c'\\n" --dry-run rm a '{}' ::: 'b c'
}

case_eof ()
{
  input_ 'a\nEND\nb\n'
  refused_ -EEND -eEND --eof=END
  gives_ 'a\n' sh -c "sed '/^END\$/,\$d' | pmap echo"
}

case_embed () { refused_ --embed; }

case_env ()
{
  refused_ --record-env --session
  gives_ '1 2\n' env A=1 pmap --initializer='B=2; export B' \
    sh -c 'echo $A $B' ::: x
  gives_ '1\n' env A=1 pmap --env=A --launcher='env -u A B={host}' --hosts=x \
    sh -c 'echo $A' ::: x
}

case_exit ()
{
  refused_ -x --exit
  their_ ends_ 255 parallel -j1 -X -x -s 12 echo ::: a much-too-long b
  ends_ 123 pmap -n max --max-chars=12 echo ::: a much-too-long b
  wrote_ 'a\nb\n'
}

case_files ()
{
  refused_ --files --output-as-files --outputasfiles
  gives_ 'a\nb\n' sh -c 'pmap --results=d echo ::: a b > all
    cat d/*/*/stdout'
}

case_filter ()
{
  gives_ '1 2\n1 3\n2 3\n' \
    pmap sh -c 'test "$1" -lt "$2" || exit 0; echo "$@"' _ ::: 1 2 ::: 2 3
  ends_ 127 pmap --filter '{1} < {2}' echo ::: 1
}
case_group () { refused_ --group; }

case_group_by ()
{
  refused_ --group-by
  input_ 'a,1\na,2\nb,3\n'
  awk -F, 'NR > 1 && $1 != k { printf "\036" } { k = $1; print }' in > groups
  mv groups in
  gives_ 'a,1 a,2\nb,3\n' pmap -d '\036' sh -c 'echo $1' _
}

case_halt ()
{
  their_ ends_ 3 parallel -j1 --halt now,fail=1 'echo {}; exit {}' ::: 0 3 0
  their_ wrote_ '0\n3\n'
  ends_ 123 pmap -P1 --halt now,fail=1 sh -c 'echo $1; exit $1' _ ::: 0 3 0
  wrote_ '0\n3\n'
  ends_ 0 pmap -P1 --halt soon,success=50% sh -c 'echo $1; exit $1' _ \
    ::: 3 0 0 1
  wrote_ '3\n0\n0\n'
  for n in 0 1 2 -1 -2 3%; do
    ends_ 125 pmap --halt=$n true ::: a
  done
  refused_ --halt-on-error
}

case_header ()
{
  printf 'name,n\nA,1\nB,2\n' > csv
  their_ gives_ 'A 1\nB 2\n' \
    parallel -k --colsep , --header : echo '{name}' '{n}' :::: csv
  gives_ 'A 1\nB 2\n' pmap --colsep , --header echo '{name}' '{n}' :::: csv
  ends_ 127 pmap --colsep , --header : echo '{name}' :::: csv
  cp csv in
  # parallel: max_replace_args.
  gives_ 'name,n A,1\nname,n B,2\n' pmap -b --header=1 -n1 paste -sd' '
  ends_ 125 pmap -b '--header=.*\n' cat
}

case_help ()
{
  refused_ -h
  ends_ 0 pmap --help
}

case_insert ()
{
  # parallel: tag.
  gives_ 'a {}\n' pmap -I @ echo @ '{}' ::: a
  gives_ 'a {}\n' pmap --replace=@ echo @ '{}' ::: a
  refused_ -i -i@
}

case_interactive ()
{
  refused_ -p --interactive
  gives_ 'rm a\nrm b\n' pmap --dry-run rm ::: a b
}

case_joblog ()
{
  ends_ 123 pmap --joblog=ours sh -c 'exit $1' _ ::: 0 3
  # Number, exit status and signal.
  gives_ 'Seq\tExitval\tSignal\n1\t0\t0\n2\t3\t0\n' cut -f 1,7,8 ours
  head -n 1 ours | cut -f 1-9 > columns
  refused_ --jl
  ends_ 0 pmap --joblog=+ours true ::: a
  test -e +ours || fail=1
  test -n "$theirs" || return
  # Also for --results.
  ends_ 1 parallel --joblog theirs --results d -j1 'echo {}; exit {}' ::: 0 3
  wrote_ ''
  gives_ '3\n' cat d/1/3/stdout
  gives_ 'Seq\tExitval\tSignal\n1\t0\t0\n2\t3\t0\n' cut -f 1,7,8 theirs
  head -n 1 theirs > exp
  compare exp columns || fail=1
}

case_jobs ()
{
  # Three wait for each other.
  set -- env "$mark_" sh -c 'touch begun.$1
    for i in 1 2 3; do
      sh "$abs_srcdir/tests/await" test -e begun.$i || exit
    done' _ ::: 1 2 3
  for n in -j3 -P3 --jobs=3 --processes=3 -j0; do
    rm -f begun.*
    ends_ 0 pmap $n "$@"
  done
  for n in 50% +1 -1; do
    gives_ '1\n' pmap -j $n echo ::: 1
  done
  refused_ --max-procs
  n=$(ncpu)
  # As many as ncpu prints, with 100%, too.
  ends_ 0 pmap -P100% sh -c 'touch cpu.$1
    exec sh "$abs_srcdir/tests/await" test -e cpu.'$n _ ::: $(seq $n)
}

case_jobs_file ()
{
  echo 2 > file
  ends_ 125 pmap -j file echo ::: a
  ends_ 125 pmap --jobs=file echo ::: a
}

case_keep_order ()
{
  refused_ --keep-order
  ends_ 125 pmap -k echo ::: a
  says_ 'invalid duration'
}

case_latest_line () { refused_ --latest-line --ll; }

case_limit ()
{
  refused_ --limit
  gives_ 'a\n' pmap --load=1000000 --memfree=1 echo ::: a
}

case_line_buffer ()
{
  # Lines of the second one are seen while the first one runs.
  set -- sh -c 'if test $1 = 1; then
      sh "$abs_srcdir/tests/await" test -s seen; echo one; touch ended
    else
      echo two; sh "$abs_srcdir/tests/await" test -e ended; echo end
    fi' _ ::: 1 2
  pmap -P2 --line-buffered "$@" > seen || fail=1
  gives_ 'end\none\ntwo\n' sort seen
  refused_ --lb
  gives_ 'a\n' pmap --line-buffer echo ::: a
  test -n "$theirs" || return
  rm seen ended
  parallel -q -j2 --lb "$@" > seen || fail=1
  gives_ 'end\none\ntwo\n' sort seen
}

case_link ()
{
  refused_ --link --xapply
  their_ gives_ '1 a\n2 b\n3 a\n' parallel -k --link echo ::: 1 2 3 ::: a b
  gives_ '1 a\n2 b\n' pmap echo ::: 1 2 3 :::+ a b
}

case_load ()
{
  gives_ 'a\n' pmap --load=1000000 echo ::: a
  gives_ 'a\n' pmap --load=10000% echo ::: a
  gives_ 'a\nb\n' pmap --load=0 echo ::: a b
}

case_max_args ()
{
  their_ gives_ 'x1 2y\nx3y\n' parallel -k -n2 echo 'x{}y' ::: 1 2 3
  gives_ 'x1y x2y\nx3y\n' pmap -n2 echo 'x{}y' ::: 1 2 3
  gives_ '1 2\n3\n' pmap -n2 echo ::: 1 2 3
  refused_ --max-args
  ends_ 125 pmap -n0 echo hi ::: a b
  gives_ 'hi\nhi\n' pmap sh -c 'echo hi' _ ::: a b
}

case_max_chars ()
{
  # Also for -X.
  seq 30 > in
  ends_ 0 pmap -n max --max-chars=20 echo '{}.'
  cp out ours
  ends_ 125 pmap -s 4096 echo
  test -n "$theirs" || return
  ends_ 0 parallel -k -j1 -X -s 20 echo '{}.'
  compare out ours || fail=1
}

case_max_lines ()
{
  input_ 'a b\n\nc\nd\n'
  gives_ 'a b \nc d\n' pmap -n2 echo
  gives_ '2\n2\n' pmap -b -n2 sh -c 'wc -l | tr -d " "'
  refused_ -L2 -l -l2 --max-lines
}

case_max_replace_args ()
{
  their_ gives_ 'a-b\nc-\n' parallel -k -N2 echo '{1}-{2}' ::: a b c
  ends_ 123 pmap -n2 echo '{1}-{2}' ::: a b c
  wrote_ 'a-b\n'
  says_ "task 2 has no item for '{2}'"
  refused_ -N2 --max-replace-args
  # Also for --header.
  input_ 'h\n1\n2\n3\n'
  their_ gives_ 'h 1 2\nh 3\n' \
    parallel -k --pipe --header 1 -N2 "paste -sd' '"
  gives_ 'h 1 2\nh 3\n' pmap -b --header=1 -n2 paste -sd' '
}

case_memfree ()
{
  # parallel: retries.
  gives_ 'a\n' pmap --memfree 1K echo ::: a
  gives_ 'a\n' pmap --memfree=kill,1K echo ::: a
}

case_memsuspend () { refused_ --memsuspend; }

case_minversion ()
{
  refused_ --minversion
  ends_ 0 pmap --version
  says_ "$VERSION" out
}

case_multiple ()
{
  # parallel: max_chars; here, it spreads the items.
  gives_ 'x1y x2y x3y x4y\n' pmap -P2 -n max echo 'x{}y' ::: 1 2 3 4
  their_ gives_ 'x1y x2y\nx3y x4y\n' \
    parallel -k -j2 -X echo 'x{}y' ::: 1 2 3 4
  gives_ 'x1y x2y\nx3y x4y\n' pmap -P2 -n2 echo 'x{}y' ::: 1 2 3 4
  refused_ -m -X --xargs
}

case_nice ()
{
  refused_ --nice
  n=$(nice -n 3 nice)
  gives_ "$n\\n" nice -n 3 pmap sh -c nice ::: a
  gives_ "$n\\n" pmap nice -n 3 sh -c nice ::: a
}

case_no_keep_order ()
{
  refused_ --no-keep-order
  gives_ 'a\n' pmap -u echo ::: a
}

case_no_notice () { refused_ --will-cite --no-notice; }

case_no_run_if_empty ()
{
  refused_ -r --no-run-if-empty
  gives_ '' pmap echo
  input_ 'b\n \n\na\n'
  gives_ 'xbx\nx x\nxx\nxax\n' pmap echo 'x{}x'
  gives_ 'xbx\nxax\n' sh -c "grep '[^[:blank:]]' | pmap echo 'x{}x'"
}

case_noswap ()
{
  refused_ --noswap
  test -r /proc/pressure/memory && cat /proc/pressure/memory > avg 2> err \
    && gives_ 'a\n' pmap --pressure=memory=100 echo ::: a
}

case_null ()
{
  # parallel: tag.
  input_ 'a\nb\0c\0'
  gives_ 'a\nb.\nc.\n' pmap -0 echo '{}.'
  gives_ 'a\nb.\nc.\n' pmap --null echo '{}.'
}

case_number_of_cores ()
{
  refused_ --number-of-cores --number-of-sockets --number-of-threads \
    --number-of-cpus
  for option in --cores --sockets --online; do
    ends_ 0 ncpu $option
    grep '^[1-9][0-9]*$' out > /dev/null || fail=1
  done
}

case_open_tty ()
{
  refused_ -o --open-tty --tty
  input_ 'x\n'
  gives_ '' pmap sh -c cat ::: x
}

case_parset ()
{
  refused_ --_parset
  bash -c 'mapfile -t a < /dev/null' 2> /dev/null || return
  gives_ '2\n' bash -c 'mapfile -t a < <(pmap echo ::: 1 2); echo ${a[1]}'
}

case_pipe ()
{
  refused_ --pipe --spreadstdin
  # parallel: block.
  seq 2000 > in
  gives_ '2000\n' pmap -b sh -c 'wc -l | tr -d " "'
}

case_pipe_part ()
{
  refused_ --pipe-part
  printf 'x\ny\nz\n' > file
  their_ gives_ 'x.\ny.\nz.\n' \
    parallel -k --pipe-part -a file --block 1 'sed s/$/./'
  gives_ 'x.\ny.\nz.\n' pmap -b1 -a file sed 's/$/./'
  gives_ '2\n1\n' pmap -b -n2 -a file sh -c 'wc -l | tr -d " "'
}

case_plus ()
{
  refused_ --plus
  gives_ '{..} {##} {0#} {+/} a.b.c\n' \
    pmap echo '{..}' '{##}' '{0#}' '{+/}' '{}' ::: a.b.c
}

case_process_slot_var ()
{
  refused_ --process-slot-var
  # parallel: environment.
  gives_ '1 a\n' pmap sh -c 'echo $PMAP_SLOT $1' _ ::: a
}

case_progress ()
{
  gives_ 'a\nb\n' pmap --progress echo ::: a b
  says_ '2/2'
}

case_quote ()
{
  refused_ -q --quote
  # parallel: unordered.
  gives_ 'a  b; c\n' pmap sh -c 'echo "$1; $2"' _ 'a  b' ::: c
}

case_recend ()
{
  input_ 'a,b,c,'
  gives_ 'a,.b,.c,.' pmap -b --recend=, -n1 sh -c 'cat; printf .'
  input_ '>a\nb\n>c\n'
  gives_ '>a b\n>c\n' pmap -b --recstart='>' -n1 paste -sd' '
  input_ '>a,>b,'
  their_ gives_ '>a,.>b,.' \
    parallel -k --pipe --recstart '>' --recend , -N1 'cat; printf .'
  gives_ '>a,.>b,.' \
    pmap -b --recstart='>' --recend=, -n1 sh -c 'cat; printf .'
}

case_regexp () { refused_ --regexp; }

case_remote ()
{
  refused_ -S --sshlogin
  gives_ 'a\nb\n' pmap --launcher='env {host}=1' --hosts=1/x,2/y echo ::: a b
}

case_sshloginfile ()
{
  refused_ --sshloginfile --slf
  printf '# ours\n1/x\n\ny # theirs\n' > hosts
  gives_ 'a\nb\n' pmap --launcher='env {host}=1' --hosts=@hosts echo ::: a b
}

case_ssh ()
{
  refused_ --ssh
  gives_ 'x x\n' pmap --launcher='env LOGIN={host}' --hosts=x \
    sh -c 'echo $PMAP_HOST $LOGIN' _ ::: 1
}

case_ssh_delay () { refused_ --ssh-delay -M --controlmaster; }

case_transfer ()
{
  refused_ --transfer --transferfile --tf --return --trc --basefile --bf \
    --cleanup --rsync-opts
  input_ 'a\nb\n'
  gives_ '2\n' pmap --launcher='env {host}=1' --hosts=x -b wc -l
}

case_hostgroups ()
{
  refused_ --hostgroups --hgrp --filter-hosts
  printf '#!/bin/sh\ntest $1 != x && shift && exec "$@"\n' > launch
  chmod +x launch
  gives_ 'a\nb\n' sh -c 'pmap --launcher="./launch {host}" --hosts=x,y \
    sh -c "sleep .1; echo \$1" _ ::: a b 2> /dev/null'
}

case_nonall ()
{
  refused_ --nonall --onall
  gives_ 'ssh a uptime\nssh b uptime\n' \
    pmap --dry-run --tag ssh '{}' uptime ::: a b
}

case_remove_rec_sep () { refused_ --remove-rec-sep --removerecsep --rrs; }

case_replacement_strings ()
{
  refused_ --basenamereplace --bnr --basenameextensionreplace --bner \
    --dirnamereplace --dnr --extensionreplace --seqreplace --slotreplace
  # It is short for --error-callback.
  ends_ 125 pmap --er true
}

case_results ()
{
  # parallel: joblog.
  gives_ 'a\nb\n' pmap --results=ours echo ::: a b
  gives_ 'a\n' cat ours/000/000001/stdout
  gives_ '1\texit 0\ta\n2\texit 0\tb\n' cat ours/index.tsv
  # It must be new.
  ends_ 125 pmap --results=ours echo ::: a b
  # Names that are ambiguous are refused.
  ends_ 125 pmap --res new true ::: a
  ends_ 0 pmap --json echo ::: a
  says_ '"stdout": "a\n"' out
}

# Make the file "theirs", a log of parallel: a has succeeded, b has not.
their_log_ ()
{
  printf '%s\t' Seq Host Starttime JobRuntime Send Receive Exitval Signal
  printf 'Command\n'
  printf '%s\t' 1 : 1700000000.000 0.010 0 2 0 0; echo 'echo a'
  printf '%s\t' 2 : 1700000000.000 0.010 0 2 1 0; echo 'echo b'
}

case_resume ()
{
  set -- sh -c 'echo $1; test $1 != b' _
  ends_ 123 pmap --joblog=ours "$@" ::: a b
  gives_ 'c\n' pmap --joblog=ours --resume "$@" ::: a b c
  gives_ 'd\n' pmap --joblog=ours --resume "$@" ::: d c b a
  ends_ 125 pmap --joblog=ours --resume echo ::: d e
  ends_ 125 pmap --resume echo ::: a
  their_log_ > theirs
  # They count only.
  their_ gives_ 'a\n' parallel --joblog theirs --resume echo ::: c b a
}

case_resume_failed ()
{
  set -- sh -c 'echo $1; test -e go || test $1 != b' _
  ends_ 123 pmap --joblog=ours "$@" ::: a b
  touch go
  gives_ 'b\nc\n' pmap --joblog=ours --resume-failed "$@" ::: a b c
  their_log_ > theirs
  their_ gives_ 'b\nc\n' \
    parallel -k --joblog theirs --resume-failed echo ::: a b c
}

case_retries ()
{
  # Also for --delay and --memfree.
  set -- --retries 3 --delay .01 --memfree 1K
  gives_ 'c\n' pmap "$@" --retry-delay=1ms sh -c 'echo >> ours
    echo $1; test $(wc -l < ours) = 3' _ ::: c
  their_ gives_ 'c\n' parallel "$@" 'echo {}; echo >> theirs
    test $(cat theirs | wc -l) -ge 3; exit' ::: c
}

case_retry_failed ()
{
  refused_ --retry-failed
  ends_ 123 pmap --failed=file test a != ::: a b
  gives_ 'a\n' pmap -a file echo
}

case_round_robin ()
{
  seq 1000 > in
  their_ gives_ '.\n.\n' \
    parallel -j2 --pipe --round-robin --block 1K 'cat > /dev/null; echo .'
  gives_ '.\n.\n' \
    pmap -P2 -b1K --round-robin sh -c 'cat > /dev/null; echo .'
  gives_ '.\n.\n' pmap -P2 -b1K --round sh -c 'cat > /dev/null; echo .'
}

case_rpl ()
{
  refused_ --rpl --parens
}

case_semaphore ()
{
  refused_ --semaphore --semaphore-name --id --semaphore-timeout --st --bg \
    --fg --wait
  use_records_
  ends_ 0 pspawn_ -q -N one echo 1
  ends_ 0 pspawn_ -q -N two echo 2
  gives_ '1\n2\n' pjoin one two
  # Items as they come: the second is written when the first is done.
  gives_ '1\n2\n' sh -c '{ echo 1; sh "$abs_srcdir/tests/await" test -e done.1
    echo 2; } | pmap -P1 sh -c "echo \$1; touch done.\$1" _'
}

case_shebang ()
{
  refused_ --shebang --hashbang --shebang-wrap --skip-first-line
  seq 2 > in
  gives_ '2\n' sh -c 'sed 1d | pmap echo'
}

case_shell_completion () { refused_ --shell-completion; }

case_shell_quote ()
{
  refused_ --shell-quote
  gives_ "echo 'a b'\\n" pmap --dry-run echo ::: 'a b'
}

case_show_limits ()
{
  refused_ --show-limits --max-line-length-allowed
}

case_shuf ()
{
  seq 20 > in
  ends_ 0 sorted_ pmap --shuf echo
  LC_ALL=C sort in > sorted
  compare sorted out || fail=1
  ends_ 0 pmap --shuffle=1 echo
  cp out first
  cmp in first > /dev/null && fail=1
  ends_ 0 pmap --shuffle=1 echo
  compare first out || fail=1
  their_ ends_ 0 sorted_ parallel --shuf echo
  test -z "$theirs" || compare sorted out || fail=1
}

case_silent () { refused_ --silent; }

case_sql ()
{
  refused_ --sql --sql-master --sql-worker --sql-and-worker
  ends_ 0 pmap --json echo ::: a
  says_ '"item": "a"' out
}

case_tag ()
{
  # Also for --null and -I.
  input_ 'a\0b c\0'
  both_ 'a\ta. {}\nb c\tb c. {}\n' -0 -I @ --tag echo @. '{}'
  gives_ '2\t1\n2\t2\n' pmap --tag seq ::: 2
}

case_tagstring ()
{
  both_ '1:1-b.c\tx a/b.c\n' --tagstring '{#}:{%}-{/}' echo x ::: a/b.c
  gives_ 'a\tb\ta\n' pmap --tagstring='{}\tb' echo ::: a
}

case_tee ()
{
  refused_ --tee
  seq 20 > file
  gives_ '11\n3\n' pmap -c 'grep -c "$1" file' ::: 1 2
}

case_template () { refused_ --template --tmpl; }

# is_told_ SECONDS
# A task that has SECONDS is told by SIGINT when they are over.
is_told_ ()
{
  ends_ 123 pmap -t $1 -s INT -k 300 sh -c \
    'trap "echo told; exit 1" INT; while :; do sleep .05; done' ::: a
  test "$(cat out)" = told
}

case_term_seq ()
{
  refused_ --term-seq
  with_more_time_ is_told_ || fail=1
  ends_ 123 pmap -t .2 -k .1 sh -c \
    'trap "" TERM; while :; do sleep .05; done' ::: a
}

case_timeout ()
{
  their_ ends_ 1 parallel --timeout 0.2 sleep ::: 600
  ends_ 123 pmap --timeout .2 sleep ::: 600
  ends_ 123 pmap -t .2 sleep ::: 600
  gives_ 'a\n' pmap --timeout 300% echo ::: a
}

case_tmpdir () { refused_ --tmpdir; }

case_tmux () { refused_ --tmux --tmuxpane; }

case_total_jobs ()
{
  refused_ --total-jobs --total
  seq 3 > in
  ends_ 0 pmap --progress true
  says_ '3/3'
}

case_trim ()
{
  refused_ --trim
  input_ ' a b \n'
  gives_ 'x a b x\n' pmap echo 'x{}x'
  gives_ 'xa bx\n' sh -c "sed 's/^ *//; s/ *\$//' | pmap echo 'x{}x'"
}

case_ungroup ()
{
  # parallel: environment.
  gives_ 'a\n' pmap --ungrouped echo ::: a
  gives_ 'a\n' pmap --ungroup echo ::: a
  # -u is something else.
  gives_ 'x\ta\n' pmap -u --tagstring=x echo ::: a
  ends_ 125 pmap --ungrouped --tagstring=x echo ::: a
}

case_use_cores ()
{
  refused_ --use-cores-instead-of-threads --use-sockets-instead-of-threads \
    --use-cpus-instead-of-cores
  gives_ 'a\n' pmap -P $(ncpu --cores) echo ::: a
  gives_ 'a\n' pmap -P $(ncpu --sockets) echo ::: a
}

case_verbose ()
{
  # -v is for standard output there.
  their_ gives_ 'echo a\na\n' parallel -t -v echo ::: a
  their_ says_ 'echo a'
  gives_ 'a\n' pmap -v echo ::: a
  says_ 'echo a'
  ends_ 125 pmap -t echo ::: a
}

case_verbose_stdout ()
{
  gives_ 'a\n' pmap -v echo ::: a
}

case_version ()
{
  refused_ -V
  ends_ 0 pmap --version
}

case_workdir ()
{
  refused_ --wd
  gives_ '/\n' pmap --initializer='cd /' sh -c pwd ::: a
  gives_ '/\n' pmap --launcher='env {host}=1' --hosts=x --workdir=/ \
    sh -c pwd ::: a
}

run_cases_ 'Moving from GNU parallel'

Exit $fail
