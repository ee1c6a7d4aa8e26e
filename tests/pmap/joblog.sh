#!/bin/sh
# The job log, and runs that go on where others have ended.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# What the records of log say, in columns of one blank.  The words are those of
# the header.
log_ ()
{
  awk -F'\t' -v words="$*" '
    BEGIN { n = split (words, word, " ") }
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { line = $column[word[1]]
      for (i = 2; i <= n; i++) line = line " " $column[word[i]]
      print line }' log
}

# The header of GNU parallel's logs.
parallels_header_ ()
{
  echo Seq Host Starttime JobRuntime Send Receive Exitval Signal Command \
    | tr ' ' '\t'
}

# Each way of running has a log.
cat > script <<'EOS' || framework_failure_
  echo "$1" >> ran
  echo out-$1
  case $1 in
    2) exit 7 ;;
    4) kill -TERM $$ ;;
  esac
EOS
cat > filter <<'EOS' || framework_failure_
while read -r i; do
  echo "$i" >> ran
  case $i in
    2) exit 7 ;;
    4) kill -TERM $$ ;;
  esac
  echo out-$i
done
EOS
for mode in fresh -c -w; do
  case $mode in
    fresh) set -- sh script ;;
    -c) set -- -c '. ./script' ;;
    -w) set -- -w sh filter ;;
  esac
  rm -f ran log
  returns_ 123 pmap -P3 --joblog=log "$@" ::: 1 2 3 4 5 > out 2> err || fail=1
  log_ Seq Exitval Signal Outcome Attempt Again > recs
  printf '%s\n' '1 0 0 ok 1 0' '2 7 0 exit 1 0' '3 0 0 ok 1 0' \
    '4 0 15 signal 1 0' '5 0 0 ok 1 0' > exp
  compare exp recs || { warn_ "$mode"; fail=1; }
  # Nothing is done twice; what is new is.
  rm -f ran
  pmap -P3 --joblog=log --resume "$@" ::: 6 5 4 3 2 1 > out || fail=1
  echo out-6 > exp
  compare exp out || fail=1
  echo 6 > exp
  compare exp ran || fail=1
  # What has failed is.
  rm -f ran
  returns_ 123 pmap -P1 --joblog=log --resume-failed "$@" ::: 1 2 3 4 5 6 \
    > out 2> err || fail=1
  sort -u ran > ran.sorted
  printf '%s\n' 2 4 > exp
  compare exp ran.sorted || { warn_ "$mode"; fail=1; }
  log_ Seq Outcome Again > recs
  printf '%s\n' '1 ok 0' '2 exit 0' '3 ok 0' '4 signal 0' '5 ok 0' '1 ok 0' \
    '2 exit 1' '4 signal 1' > exp
  compare exp recs || fail=1
done

# Its columns can be read by what reads GNU parallel's.
printf 'a\tb\nc' > item || framework_failure_
pmap --joblog=log echo ::: "$(cat item)" > out || fail=1
wc -l < log > n
echo 2 > exp
compare exp n || fail=1
head -n 1 log | cut -f1-9 > header
parallels_header_ > exp
compare exp header || fail=1
log_ Command > shown
printf '%s\n' "echo 'a'\$'\\t''b'\$'\\n''c'" > exp
compare exp shown || fail=1

# An item that is there more than once.
printf '%s\n' a b a > items || framework_failure_
pmap --joblog=log echo < items > out || fail=1
printf '%s\n' a a b a c > more || framework_failure_
pmap -P1 --joblog=log --resume echo < more > out || fail=1
printf '%s\n' a c > exp
compare exp out || fail=1

# Another command is not taken for the same, unless that is said.
cp log before
returns_ 125 pmap --joblog=log --resume printf '%s\n' < more > out 2> err \
  || fail=1
printf '%s\n' "pmap: the job log 'log' is of another command" \
  'pmap: use --resume=any if its items need not be run again' > exp
compare exp err || fail=1
compare /dev/null out || fail=1
cmp before log || fail=1
{ cat more; echo d; } > most
pmap --joblog=log --resume=any printf '%s\n' < most > out || fail=1
echo d > exp
compare exp out || fail=1
# Without --resume, a log is begun anew.
pmap --joblog=log echo ::: z > out || fail=1
log_ Seq Command > recs
echo '1 echo z' > exp
compare exp recs || fail=1
# --dry-run shows what would be run, and leaves the log alone.
cp log before
pmap --dry-run --joblog=log --resume echo ::: y z > out || fail=1
echo 'echo y' > exp
compare exp out || fail=1
pmap --dry-run --joblog=log echo ::: y z > out || fail=1
cmp before log || fail=1

# Wherever the log is cut off, exactly the items without a whole record are run
# again, and the log is whole then.
seq 3 > items || framework_failure_
pmap --joblog=whole echo < items > out || fail=1
size=$(wc -c < whole)
header=$(head -n 1 whole | wc -c)
i=0
while test $i -lt $size; do
  head -c $i whole > log
  n=$(($(wc -l < log)))
  test $n = 0 || n=$((n - 1))
  if ! pmap --joblog=log --resume echo < items > out 2> err; then
    # What was cut off within the header may be anything.
    warn_ "cut off at $i"; cat err; fail=1; break
  fi
  tail -n +$((n + 1)) items | cmp - out \
    || { warn_ "cut off at $i"; fail=1; break; }
  test $(wc -l < log) = 4 || { warn_ "cut off at $i"; fail=1; break; }
  test $i -lt $header && i=$((i + 7)) || i=$((i + 1))
done

# kill -9 at any moment: each item has an outcome in the end, and none that had
# a record is run again.
has_come_to_ () { test -s status || test $(wc -l < ran) -ge $1; }
seq 60 > items || framework_failure_
for mode in fresh -c -w; do
  case $mode in
    fresh) set -- sh -c 'echo $1 >> ran; sleep .02' _ ;;
    -c) set -- -c 'echo $1 >> ran; sleep .01' ;;
    -w) set -- -w sh -c 'while read -r i; do echo $i >> ran; echo $i; done' ;;
  esac
  rm -f log ran-all
  status=137 run=0
  while test $status = 137; do
    run=$((run + 1))
    test $run -lt 50 || { warn_ 'never done'; fail=1; break; }
    # What has a record now must not be run again.
    test ! -e log || log_ Seq | LC_ALL=C sort > had
    test -e log || : > had
    : > ran
    rm -f status pid
    { env "$mark_" sh -c 'echo $$ > pid; exec "$@"' _ \
        pmap -P4 --joblog=log --resume "$@" < items > out 2> err
      echo $? > status; } &
    # Let it come to some items, more each time.
    retry_until_ 60 has_come_to_ $((run * 9)) || fail=1
    test -s status || kill -KILL $(cat pid)
    wait
    status=$(cat status)
    cat ran >> ran-all
    LC_ALL=C sort ran | LC_ALL=C comm -12 - had > twice
    compare /dev/null twice || { warn_ "$mode, run $run"; fail=1; }
  done
  test $status = 0 || { warn_ "$mode: status $status"; cat err; fail=1; }
  log_ Seq | sort -n > recs
  compare items recs || { warn_ "$mode"; fail=1; }
  sort -nu ran-all > ran.sorted
  compare items ran.sorted || fail=1
done
no_leftovers_ 20 || fail=1

# One run at a time.
mkfifo hold || framework_failure_
env "$mark_" pmap --joblog=log sh -c 'echo > began; read -r line < hold' _ \
  ::: a > out 2> err &
pid=$!
retry_until_ 60 test -e began || fail=1
for how in '' --resume; do
  returns_ 125 pmap --joblog=log $how true ::: b > out 2> err2 || fail=1
  echo "pmap: another run uses the job log 'log'" > exp
  compare exp err2 || fail=1
done
echo > hold
wait $pid || fail=1

# What is ended with the run is done again.
rm -f log began
env "$mark_" pmap -P1 --joblog=log sh -c '
  echo $1; test $1 = 1 || { : > began; sleep 1000; }' _ ::: 1 2 3 \
  > out 2> err &
pid=$!
retry_until_ 60 test -e began || fail=1
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
log_ Seq > recs
echo 1 > exp
compare exp recs || fail=1

# Nor is a task done whose callback was dropped, or killed.
rm -f began
env "$mark_" pmap -P3 --joblog=log --callback='
    cat; test $1 != 2 || { : > began; sleep 1000; }' echo ::: 1 2 3 4 5 6 \
  > out 2> err &
pid=$!
retry_until_ 60 test -e began || fail=1
kill -TERM $pid
wait $pid
test $? = 143 || fail=1
log_ Seq > recs
echo 1 > exp
compare exp recs || fail=1
pmap --joblog=log --resume --callback='
    cat; test $1 != 2 || { : > began; sleep 1000; }' -k 1 -t 1d echo \
  ::: 1 > out || fail=1
compare /dev/null out || fail=1
no_leftovers_ 20 || fail=1

# An input is not lost.
printf '%s\n' a b > list || framework_failure_
for how in '-a list' ':::: list' '< list'; do
  case $how in
    -a*) set -- -a list echo ;;
    ::::*) set -- echo :::: list ;;
    *) set -- echo ;;
  esac
  returns_ 125 pmap --joblog=list "$@" < list > out 2> err || fail=1
  test $(wc -l < list) = 2 || fail=1
done

# Files that are no job logs, and lines that are no records.
printf 'some text\n' > text
parallels_header_ > parallel || framework_failure_
mkdir folder || framework_failure_
for f in text parallel; do
  cp $f before
  returns_ 125 pmap --joblog=$f --resume touch ran-it ::: a 2> err || fail=1
  cmp before $f || fail=1
done
for f in folder no/such /dev/null; do
  returns_ 125 pmap --joblog=$f touch ran-it ::: a 2> err || fail=1
  test $(wc -l < err) = 1 || fail=1
done
test ! -e ran-it || fail=1
pmap --joblog=log echo ::: a b > out || fail=1
{ head -n 2 log; echo rubbish; tail -n 1 log; } > log2
pmap --joblog=log2 --resume echo ::: a b c > out 2> err || fail=1
echo c > exp
compare exp out || fail=1
echo "pmap: warning: 1 line of 'log2' is not a record" > exp
compare exp err || fail=1

# On a full disk, the run goes on, and says so.
(trap '' XFSZ; ulimit -f 2; seq 100 \
   | pmap -P1 --joblog=log sh -c 'printf "%s\n" $1' _; echo $? > status) \
  2> err | cat > out
seq 100 > exp
compare exp out || fail=1
echo 125 > exp
compare exp status || fail=1
grep "cannot write the job log 'log': File too large" err || fail=1
grep 'the job log lacks [0-9]* records' err || fail=1
# What is there is whole.
tail -c 1 log | cmp - /dev/fd/3 3<<'EON' || fail=1

EON

for bad in '--resume' '--resume-failed' '--joblog=log --resume=x' \
           '--joblog=log --resume -b'; do
  returns_ 125 pmap $bad cat < /dev/null 2> err || fail=1
done

Exit $fail
