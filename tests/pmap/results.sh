#!/bin/sh
# --results: a folder with output and status of each task.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# outcomes_ DIR
# Print the first line of all status files of DIR, in order.
outcomes_ () { for s in "$1"/*/*/status; do sed 1q "$s"; done; }

# complete_ DIR N
# Succeed if DIR has N tasks with an outcome, and nothing half done.
complete_ ()
{
  test "$(find "$1" -name status | wc -l)" = $2 \
    || { warn_ "not $2 outcomes in $1"; return 1; }
  find "$1" -name '.*' -type f > hidden
  compare /dev/null hidden
}

# The files, and the output that goes on as always.
cat > task <<'END'
echo "out $1"
echo "err $1" >&2
printf rest
exit $1
END
returns_ 123 pmap -P2 --results=r sh task ::: 0 3 > out 2> err || fail=1
printf 'out 0\nrestout 3\nrest' > exp
compare exp out || fail=1
grep '^err' err > errors
printf 'err 0\nerr 3\n' > exp
compare exp errors || fail=1
(cd r && find . -type f | sort) > files
cat > exp <<'END'
./000/000001/item
./000/000001/status
./000/000001/stderr
./000/000001/stdout
./000/000002/item
./000/000002/status
./000/000002/stderr
./000/000002/stdout
./index.tsv
END
compare exp files || fail=1
cat r/*/*/stdout > got
compare out got || fail=1
cat r/*/*/stderr > got
compare errors got || fail=1
printf 03 > exp
cat r/*/*/item > got
compare exp got || fail=1
printf '1\texit 0\t0\n2\texit 3\t3\n' > exp
compare exp r/index.tsv || fail=1
sed 's/[0-9]*\.[0-9]\{6\}$/T/; s/^\(peak_kib\|slot\) [1-9][0-9]*/\1 N/' \
  r/000/000002/status > got
printf '%s\n' 'exit 3' 'attempt 1' 'slot N' 'start T' 'end T' 'elapsed T' \
  'user T' 'system T' 'peak_kib N' > exp
compare exp got || fail=1

# A folder that is there is taken if it is empty, and only then.
mkdir empty full
: > full/mine
pmap --results=empty echo ::: a > out || fail=1
complete_ empty 1 || fail=1
for dir in full r empty task none/new; do
  returns_ 125 pmap --results=$dir sh -c ': > ran' ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
done
test ! -e ran || fail=1
echo "pmap: cannot make 'none/new': No such file or directory" > exp
compare exp err || fail=1
returns_ 125 pmap --results=full echo ::: a 2> err || fail=1
echo "pmap: 'full' is not empty" > exp
compare exp err || fail=1
ls -A full > got
echo mine > exp
compare exp got || fail=1
returns_ 125 pmap --results=r2 --ungrouped echo ::: a 2> err || fail=1
grep 'exclude each other' err > /dev/null || fail=1
test ! -e r2 || fail=1

# Items of all bytes name no file.
long=$(head -c 100000 /dev/zero | tr '\0' x)
printf '%s\0' '' ../x . '*' 'a
b' "$(printf '\303\274\377\001\t\\')" "$long" '-n' > in
pmap -0 --results=odd printf '%s' < in > out || fail=1
complete_ odd 8 || fail=1
for i in 1 2 3 4 5 6 7 8; do
  cat odd/000/00000$i/item
  printf '\0'
done > got
cmp in got || fail=1
cat odd/*/*/stdout > got
cmp out got || fail=1
{ printf '%d\texit 0\t%s\n' 1 '' 2 ../x 3 . 4 '*' 5 'a\0012b'
  printf '6\texit 0\t\303\274\377\\0001\\0011\\\\\n'
  printf '%d\texit 0\t%s\n' 7 "$long" 8 -n; } > exp
cmp exp odd/index.tsv || fail=1
# printf reads that back.
test "$(printf %b "$(sed -n '5s/.*\t//p' odd/index.tsv)")" = 'a
b' || fail=1

# Several items have a NUL byte each.
pmap -n2 --results=several echo ::: a 'b c' d > out || fail=1
printf 'a\0b c\0d\0' > exp
cat several/*/*/items > got
cmp exp got || fail=1
printf '1\texit 0\ta\tb c\n2\texit 0\td\n' > exp
compare exp several/index.tsv || fail=1

# Ends of other kinds, in the order of the output.
returns_ 123 pmap -P4 -t 2 --results=ends sh -c 'case $1 in
    1) kill -9 $$ ;;
    2) exec sleep 100 ;;
    *) exec "$1" ;;
  esac' _ ::: 1 2 true > out 2> err || fail=1
outcomes_ ends > got
printf '%s\n' 'signal 9' timeout 'exit 0' > exp
compare exp got || fail=1
cut -f 2 ends/index.tsv > got
compare exp got || fail=1
printf 'a\0b\nc\n' > in
returns_ 123 pmap --results=null echo < in > out 2> err || fail=1
outcomes_ null > got
printf '%s\n' 'error Invalid argument' 'exit 0' > exp
compare exp got || fail=1
printf 'a\0b' > exp
cmp exp null/000/000001/item || fail=1

# Each attempt has its own files; only the last one's output goes on.
pmap --retries=3 --retry-delay=1ms --results=again sh -c \
  'echo "o $PMAP_ATTEMPT"; echo "e $PMAP_ATTEMPT" >&2
   test $PMAP_ATTEMPT = 3' _ ::: a b > out 2> err || fail=1
printf 'o 3\no 3\n' > exp
compare exp out || fail=1
for i in 1 2; do
  (cd again/000/00000$i && for f in stdout.1 stderr.1 stdout.2 stderr.2 \
     stdout stderr; do cat $f; done; for f in status.1 status.2 status; do
     sed 2q $f; done) > got
  printf '%s\n' 'o 1' 'e 1' 'o 2' 'e 2' 'o 3' 'e 3' 'exit 1' 'attempt 1' \
    'exit 1' 'attempt 2' 'exit 0' 'attempt 3' > exp
  compare exp got || fail=1
done
printf '%s\n' '1	exit 0	a' '2	exit 0	b' > exp
compare exp again/index.tsv || fail=1

# Warm shells and filters, blocks; all orders.
for order in '' -u --line-buffered; do
  rm -rf c w b
  seq 1100 | pmap -P3 $order --results=c -c 'echo "<$1"; echo e >&2' \
    > out 2> err || fail=1
  seq 1100 | sed 's/^/</' > exp
  complete_ c 1100 || fail=1
  cat c/*/*/stdout > got
  compare exp got || fail=1
  test "$(cat c/*/*/stderr | wc -l)" = 1100 || fail=1
  test -f c/001/001100/status || fail=1
  sort -n c/index.tsv | cut -f 1,3 > got
  seq 1100 | sed 's/.*/&\t&/' > exp
  compare exp got || fail=1
  test "$order" = --line-buffered && continue
  seq 1100 | pmap -P3 $order --results=w -w sed 's/^/</' > out || fail=1
  complete_ w 1100 || fail=1
  cat w/*/*/stdout > got
  seq 1100 | sed 's/^/</' > exp
  compare exp got || fail=1
  seq 20 | pmap -P3 $order --results=b -b -n5 cat > out || fail=1
  complete_ b 4 || fail=1
  cat b/*/*/stdout > got
  seq 20 > exp
  compare exp got || fail=1
  test ! -e b/000/000001/item || fail=1
  sort -n b/index.tsv > got
  printf '%d\texit 0\n' 1 2 3 4 > exp
  compare exp got || fail=1
done

# Few descriptors: fewer tasks at a time perhaps, but all of them, with all that
# they write.
cat > chatter <<'END'
echo "o $1"; echo "e $1" >&2; echo "p $1"
END
seq 40 | sed 's/.*/o &\np &/' > exp
few=
for n in 12 14 16 20 30 50; do
  rm -rf few
  (ulimit -n $n && seq 40 | pmap -P8 --results=few sh chatter) > out 2> err \
    || continue
  few=$n
  complete_ few 40 || fail=1
  compare exp out || fail=1
  cat few/*/*/stdout > got
  compare exp got || { warn_ "with $n descriptors"; fail=1; }
  cat few/*/*/stderr > got
  seq 40 | sed 's/^/e /' > exp-err
  compare exp-err got || fail=1
done
test -n "$few" || { warn_ 'it never ran'; fail=1; }
# A run that is ended: what has ended has a status, what has not has none.
(env "$mark_" pmap -P2 --results=cut sh -c 'echo $1
   test $1 = 1 || exec sleep 100' _ ::: 1 2 3 > out 2> err; echo $? > status) &
retry_until_ 60 test -s cut/000/000001/status || fail=1
retry_until_ 60 test -s cut/000/000003/stdout || fail=1
pid=$(processes_with_env_ "$mark_" | head -n 1)
kill -TERM $pid
wait
test "$(cat status)" = 143 || fail=1
complete_ cut 1 || fail=1
cat cut/*/*/stdout > got
printf '%s\n' 1 2 3 > exp
compare exp got || fail=1
printf '%s\n' '1	exit 0	1' '2	aborted	2' '3	aborted	3' > exp
compare exp cut/index.tsv || fail=1

# What does not fit: said once, the others are run and delivered, and the status
# tells.  The limit counts 512-byte or 1-KiB blocks.
(ulimit -f 4 && returns_ 125 pmap -P1 --results=limited sh -c \
   'head -c $1 /dev/zero | tr "\0" x' _ ::: 10 30000 20 40000 30 2> err \
   || echo 'no failure') | cat > out
test "$(wc -c < out)" = 70060 || fail=1
echo "pmap: cannot write 'limited/000/000002/stdout': File too large" > exp
compare exp err || fail=1
test "$(wc -c < limited/000/000005/stdout)" = 30 || fail=1
complete_ limited 3 || fail=1
cut -f 2 limited/index.tsv > got
printf '%s\n' 'exit 0' incomplete 'exit 0' incomplete 'exit 0' > exp
compare exp got || fail=1

# The same on a full disk.
if test "$(id -u)" = 0 && mkdir disk \
   && mount -t tmpfs -o size=256k none disk 2> /dev/null; then
  returns_ 125 pmap -P1 --results=disk/r sh -c \
    'head -c 100000 /dev/zero | tr "\0" x; echo $1' _ ::: 1 2 3 4 5 \
    > out 2> err || fail=1
  test "$(wc -l < out)" = 5 || fail=1
  test "$(grep -c 'No space left' err)" = 1 || { cat err; fail=1; }
  test "$(wc -l < err)" = 1 || { cat err; fail=1; }
  test -s disk/r/000/000001/status || fail=1
  test ! -e disk/r/000/000003/status || fail=1
  umount disk
fi

# A descriptor is lacking in the middle of the run, and no more are kept from
# then on.  Tasks open fewer files, and calls are counted for each process.
require_strace_ openat
rm -rf few
seq 40 | sed 's/.*/o &\np &/' > exp
seq 40 > items
strace -f -o trace -e trace=openat -e inject=openat:error=EMFILE:when=50 \
  pmap -P2 --results=few -a items sh chatter > out 2> err || fail=1
grep INJECTED trace > /dev/null || skip_ 'strace cannot make openat fail here'
compare exp out || fail=1
complete_ few 40 || fail=1
cat few/*/*/stdout > got
compare exp got || fail=1

Exit $fail
