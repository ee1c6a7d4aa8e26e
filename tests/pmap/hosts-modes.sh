#!/bin/sh
# Tasks on other hosts: as here, in all modes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

# pmap with three hosts, which are this one.
cat > hosts_ <<EOS || framework_failure_
#!/bin/sh
exec env "$mark_" pmap '--launcher=env H={host}' --hosts=a,2/b,3/c "\$@"
EOS
chmod +x hosts_ || framework_failure_
PATH=$PWD:$PATH

# same_ INPUT OPTION...
# Check that pmap with OPTIONs puts the same out on hosts as here, with the same
# exit status, for INPUT; and that there is something.
same_ ()
{
  local input_=$1 here_ there_
  shift
  env "$mark_" pmap -P3 "$@" < "$input_" > exp 2> exp-err
  here_=$?
  hosts_ "$@" < "$input_" > out 2> err
  there_=$?
  test $here_ = $there_ && test -s exp && cmp exp out \
    || { warn_ "status $there_ for $here_: $*"; cat err; fail=1; }
}

# The same, if whoever is first may be first.
same_lines_ ()
{
  local input_=$1 here_ there_
  shift
  env "$mark_" pmap -P3 "$@" < "$input_" > exp 2> exp-err
  here_=$?
  hosts_ "$@" < "$input_" > out 2> err
  there_=$?
  LC_ALL=C sort exp > exp-sorted
  LC_ALL=C sort out > out-sorted
  test $here_ = $there_ && test -s exp && cmp exp-sorted out-sorted \
    || { warn_ "status $there_ for $here_: $*"; cat err; fail=1; }
}

seq 300 > items || framework_failure_
seq 20 > few || framework_failure_
printf 'x,y\n1,2\n3,\n,6\n' > table || framework_failure_
printf 'a\nb\0\0c d \0\n\0' > strange || framework_failure_
cat > filter <<'EOS' || framework_failure_
while read -r i; do
  echo "$i squared: $((i * i))"
done
EOS

# The modes.
same_ items echo
same_ items sh -c 'echo $1; echo $1 >&2; exit $(($1 % 7 == 0))' _
same_ items -n 7 echo
same_ items -n max --max-chars=200 echo
same_ few -I @ sh -c 'echo {} @ "$@"' _ @x y@
same_ few echo {#} {.}
same_ items -c 'echo $(($1 * $1)); test $1 != 33'
same_ items -n 5 -c 'echo "$#: $*"'
same_ items -w sh filter
same_ items -w --tag sh filter
same_ items -w -n 1 sh filter
same_ items -b100 wc -l
same_ items -b -n 13 tac
same_ items --header=1 -b100 head -n 2
same_ table --colsep=, echo {2}-{1}
same_ table --colsep=, --header echo {y} {x}
same_ table --colsep=, --header -c 'echo "$1 and $2 and $y and $x"'
same_ few --tag echo
same_ few --tagstring='{#}:' echo
same_ few --callback='echo "$1 $2"; cat' sh -c 'echo +$1; exit $(($1 % 2))' _
same_ strange -0 -c 'printf "<%s>" "$1"'
same_ strange -0 printf '<%s>'
same_ strange -0 -w cat
same_lines_ items --unordered echo
same_lines_ items --line-buffered sh -c 'echo $1; echo again $1' _
same_lines_ items --line-buffered --tag -c 'echo $1; printf no-end'
same_lines_ items --unordered -w sh filter
same_ few sh -c 'echo ${PMAP_ITEM} ${PMAP_INDEX} ${PMAP_ATTEMPT}' _

# Nothing to do, and nobody who could be asked.
hosts_ touch it-ran < /dev/null > out 2> err || fail=1
compare /dev/null out || fail=1
compare /dev/null err || fail=1
test ! -e it-ran || fail=1
hosts_ cat ::: /dev/stdin < items > out 2> err || fail=1
compare /dev/null out || fail=1
hosts_ echo ::: a < /dev/null > out 2>&1 || fail=1
echo a > exp
compare exp out || fail=1
hosts_ -w cat < /dev/null > out 2>&1 || fail=1
compare /dev/null out || fail=1

# Large items, and many.
head -c 10000000 /dev/zero | tr '\0' x > large || framework_failure_
{ cat large; echo; cat large; echo; echo end; } > large-items
hosts_ -c 'echo ${#1}' < large-items > out 2> err || fail=1
printf '%s\n' 10000000 10000000 3 > exp
compare exp out || { cat err; fail=1; }
seq 100000 > many || framework_failure_
hosts_ -w cat < many > out 2> err || fail=1
cmp many out || { cat err; fail=1; }
hosts_ -n 1000 echo < many | tr ' ' '\n' | cmp many - || fail=1
hosts_ -b1K cat < many | cmp many - || fail=1
hosts_ -c : < few > out || fail=1
compare /dev/null out || fail=1

# All hosts are used, and no more tasks at a time than there may be.
hosts_ -c 'echo $H $PMAP_SLOT $PMAP_HOST; sleep .02' < items \
  | LC_ALL=C sort -u > out || fail=1
cat > exp <<'EOS'
b 1 b
b 2 b
c 1 c
c 2 c
c 3 c
EOS
grep -v '^a' out | compare exp - || fail=1
grep '^a 1 a$' out > /dev/null || fail=1
# So many as are said, or any.
for p in 2 0; do
  env "$mark_" pmap --launcher='env H={host}' -P $p --hosts=a,b \
    -c 'echo $H; touch $1; n=0
        until test -e 1 && test -e 2 && test -e 3 && test -e 4; do
          n=$((n + 1)); test $n -lt 3000 || exit 1; sleep .02
        done' ::: 1 2 3 4 > out 2> err || { cat err; fail=1; }
  rm -f 1 2 3 4
done
# Hosts of a file.
printf '%s\n' '# some' a '' ' 2/b # another' > list || framework_failure_
env "$mark_" pmap --launcher='env H={host}' --hosts=@list,c -P 1 \
  -c 'echo $H $PMAP_SLOT; sleep .02' < items | LC_ALL=C sort -u > out || fail=1
printf '%s\n' 'a 1' 'b 1' 'b 2' 'c 1' > exp
compare exp out || fail=1

# Failures: statuses, signals, retries, times, programs that are not there.
returns_ 123 hosts_ --joblog=log sh -c 'case $1 in 1) exit 7;;
    2) kill -9 $$;; 3) kill -TERM $$;; esac' _ ::: 1 2 3 4 2> err || fail=1
tail -n +2 log | sort -n | cut -f 2,7,8 > recs
cut -f 1 recs | grep -v '^[abc]$' && fail=1
cut -f 2,3 recs > out
printf '%s\t%s\n' 7 0 0 9 0 15 0 0 > exp
compare exp out || fail=1
mkdir tries
same_ few --retries=3 --retry-delay=0 sh -c 'echo $1 $PMAP_ATTEMPT
  test $PMAP_ATTEMPT = 2' _
returns_ 123 hosts_ -t .3 --joblog=log sh -c 'echo $1; exec sleep $1' _ \
  ::: 0 100 0 > out 2> err || fail=1
printf '%s\n' 0 100 0 > exp
compare exp out || fail=1
tail -n +2 log | sort -n | cut -f 2- | grep -c timeout > n
echo 1 > exp
compare exp n || { cat log; fail=1; }
printf '%s\n' 1 2 3 | returns_ 123 hosts_ -t .5 -w sh -c '
  while read -r i; do test $i != 2 || sleep 1000; echo $i; done' \
  > out 2> err || fail=1
printf '%s\n' 1 3 > exp
compare exp out || { cat err; fail=1; }
for mode in '' -w -b; do
  returns_ 127 hosts_ $mode no-such-program < few > out 2> err || fail=1
  grep "cannot run 'no-such-program': No such file" err > /dev/null \
    || { cat err; fail=1; }
  compare /dev/null out || fail=1
done
touch no-program || framework_failure_
returns_ 126 hosts_ ./no-program < few > out 2> err || fail=1
# Items may name programs.
returns_ 123 hosts_ {} ::: true no-such-program > out 2> err || fail=1

# The end of a run.
: > begun
returns_ 123 hosts_ -P1 --halt=now,fail=1 -c 'test $1 != 5 || exit 1
  echo $1 >> begun; sleep .05' < items > out 2> err || fail=1
test $(wc -l < begun) -lt 100 || fail=1
hosts_ --halt=soon,success=1 -c 'echo $1; sleep .05' < items > out 2> err \
  || fail=1
test $(wc -l < out) -lt 100 || fail=1
returns_ 124 hosts_ --deadline=.5 sleep ::: 1000 1000 2> err || fail=1
no_leftovers_ 20 || fail=1

# Workers.
hosts_ --initializer='x=init; echo $H >> inits' -c 'echo $x' < few > out \
  2> err || fail=1
sed 's/.*/init/' few > exp
compare exp out || fail=1
LC_ALL=C sort -u inits > out
grep '^[abc]$' out > /dev/null || fail=1
test $(wc -l < inits) -le 6 || { test $(nproc) -gt 1 || fail=1; }
hosts_ --max-tasks-per-child=2 -c 'n=$((n + 1)); echo $n' < few \
  | sort -u > out || fail=1
printf '%s\n' 1 2 > exp
compare exp out || fail=1
returns_ 125 hosts_ --initializer='exit 9' -c 'touch it-ran' < few > out \
  2> err || fail=1
grep 'cannot prepare the initializer.*: exit status 9' err > /dev/null \
  || { cat err; fail=1; }
test ! -e it-ran || fail=1
returns_ 125 hosts_ -c 'if' < few > out 2> err || fail=1

# Where tasks run.
mkdir there || framework_failure_
pwd=$(pwd)
hosts_ pwd ::: -L > out || fail=1
echo "$pwd" > exp
compare exp out || fail=1
hosts_ --workdir="$pwd/there" -c pwd ::: 1 > out || fail=1
echo "$pwd/there" > exp
compare exp out || fail=1
returns_ 125 hosts_ --workdir="$pwd/nowhere" -c pwd ::: 1 > out 2> err \
  || fail=1
compare /dev/null out || fail=1
grep 'cannot change to.*nowhere' err > /dev/null || fail=1
V='a
b ' W=w env "$mark_" pmap --launcher='env -u V -u W' --hosts=a --env=V \
  --env=NONE -c 'printf "<%s>" "$V" "$W"' ::: 1 > out || fail=1
printf '<a\nb ><>' > exp
compare exp out || fail=1

# Another program, or this one sent there.
ln -s "$abs_builddir/src/pmap$EXEEXT" link || framework_failure_
hosts_ --remote-program="$pwd/link" echo ::: a > out || fail=1
echo a > exp
compare exp out || fail=1
cat > launch <<'EOS' || framework_failure_
#!/bin/sh
echo "$*" >> launches
exec "$@"
EOS
chmod +x launch || framework_failure_
env "$mark_" pmap --launcher=./launch --hosts=a,b --send echo < items > out \
  2> err || fail=1
compare items out || fail=1
compare /dev/null err || fail=1
sed -n 's/.* of=//p' launches > copies
test $(sort -u copies | wc -l) = 2 || fail=1
for f in $(cat copies); do
  test ! -e $f || { rm -f $f; fail=1; }
done
# Nor is a copy left at a host that is not needed any more when it could begin.
cat > late <<'EOS' || framework_failure_
#!/bin/sh
host=$1
shift
echo "$*" >> launches
case $host-$1 in
  b-chmod) sh "$abs_srcdir/tests/await" test -e ran || exit ;;
esac
exec "$@"
EOS
chmod +x late || framework_failure_
: > launches
env "$mark_" pmap --launcher='./late {host}' --hosts=a,b --send touch \
  ::: ran || fail=1
sed -n 's/.* of=//p' launches > copies
test $(sort -u copies | wc -l) = 2 || fail=1
for f in $(cat copies); do
  test ! -e $f || { rm -f $f; fail=1; }
done
# Nothing is left if it cannot be sent.
returns_ 125 env "$mark_" pmap --launcher=false --hosts=a --send echo ::: a \
  > out 2> err || fail=1
grep 'cannot start an agent on a: exit status 1' err > /dev/null || fail=1
grep 'no host is left' err > /dev/null || fail=1

# The output of a few tasks takes little memory while nobody reads it.  The
# first one waits for a reader, and the others need not.
all_ended_ () { test "$(wc -l < ended)" = 3; }
: > ended
mkfifo pipe || framework_failure_
env "$mark_" pmap --launcher='env H={host}' --hosts=a,b,c \
  sh -c 'yes $1 | head -c 50000000; echo $1 >> ended' _ ::: 1 2 3 4 \
  > pipe 2> err &
pid=$!
{ retry_until_ 100 all_ended_ || fail_ 'tasks wait for a reader'
  peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' \
    /proc/$(children_of_ $pid | head -n 1)/status)
  wc -c; } < pipe > n
wait $pid || fail=1
test $(cat n) = 200000000 || { cat n err; fail=1; }
grep __asan_init "$abs_builddir/src/pmap" > /dev/null || test $peak -lt 120000 \
  || { warn_ "peak $peak"; fail=1; }

# Options that make no sense.
for bad in --hosts= --hosts=, --hosts=-x --hosts=0/a --hosts=x/a --hosts=@none \
           --launcher=x --send --remote-program=x --heartbeat=0 \
           "--hosts=a --heartbeat=.1" "--hosts=a --launcher=" \
           "--hosts=a --send --remote-program=x" "--hosts=a --env=" \
           "--hosts=a --env=a=b" "--hosts=a --ungrouped" \
           "--hosts=a --slurm" "--hosts=a --round-robin -b"; do
  returns_ 125 env "$mark_" pmap $bad touch ::: it-ran > out 2> err \
    || { warn_ "$bad"; fail=1; }
  test -s err || fail=1
done
returns_ 125 env "$mark_" pmap '--hosts=a b' touch ::: it-ran 2> err || fail=1
grep "invalid host: 'a b'" err > /dev/null || { cat err; fail=1; }
returns_ 127 env "$mark_" pmap --hosts=a --launcher=no-such-launcher touch \
  ::: it-ran 2> err || fail=1
test ! -e it-ran || fail=1
no_leftovers_ 20 || fail=1

Exit $fail
