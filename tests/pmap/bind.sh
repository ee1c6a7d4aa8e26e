#!/bin/sh
# CPUs of tasks: --cpus-per-task and --bind.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
unset GOMAXPROCS RAYON_NUM_THREADS VECLIB_MAXIMUM_THREADS BLIS_NUM_THREADS
unset MKL_NUM_THREADS NUMEXPR_NUM_THREADS OPENBLAS_NUM_THREADS

# What the environment says, unless it does already.
vars='BLIS_NUM_THREADS GOMAXPROCS MKL_NUM_THREADS NUMEXPR_NUM_THREADS
OMP_NUM_THREADS OPENBLAS_NUM_THREADS RAYON_NUM_THREADS VECLIB_MAXIMUM_THREADS'
show='env | grep -E "_THREADS=|^GOMAXPROCS=" | LC_ALL=C sort'
for v in $vars; do echo $v=3; done > exp
for how in sh -c -w; do
  case $how in
    sh) pmap --cpus-per-task=3 sh -c "$show" ::: 1 > out || fail=1 ;;
    -c) pmap --cpus-per-task=3 -c "$show" ::: 1 > out || fail=1 ;;
    -w) pmap --cpus-per-task=3 -w sh -c "read x; $show | tr '\n' ' '; echo" \
          ::: 1 | tr ' ' '\n' | grep . > out || fail=1 ;;
  esac
  compare exp out || fail=1
done
MKL_NUM_THREADS=5 GOMAXPROCS= pmap --cpus-per-task=3 sh -c "$show" ::: 1 > out \
  || fail=1
sed 's/^MKL_.*/MKL_NUM_THREADS=5/; s/^GOM.*/GOMAXPROCS=/' exp > exp-mkl
compare exp-mkl out || fail=1
# What OpenMP was told is for those, too, that heed its variable.
OMP_NUM_THREADS=7 pmap --cpus-per-task=3 sh -c "$show" ::: 1 > out || fail=1
printf '%s\n' GOMAXPROCS=3 OMP_NUM_THREADS=7 RAYON_NUM_THREADS=3 \
  VECLIB_MAXIMUM_THREADS=3 > exp
compare exp out || fail=1
pmap sh -c "$show; :" ::: 1 > out || fail=1
compare /dev/null out || fail=1

# So many fewer at a time, and at least one; but -P says it.
# together_ N OPTION...
# Succeed if with OPTIONs, N tasks run together.
cat > crowd <<'EOF'
: > running-$1
sh "$abs_srcdir/tests/await" test -e release || exit 1
EOF
crowd_is_ ()
{
  set -- "$1" running-*
  test -e "$2" && test $(($# - 1)) = $1
}
sleeping_ ()
{
  grep '^State:.S' "/proc/$(children_of_ $1)/status" > /dev/null
}
together_ ()
{
  local n_=$1
  shift
  rm -f running-* release
  seq $((n_ + 3)) | env "$mark_" pmap "$@" sh crowd &
  pid=$!
  retry_until_ 30 crowd_is_ $n_ || { warn_ "not $n_: $*"; fail=1; }
  retry_until_ 30 sleeping_ $pid || fail=1
  crowd_is_ $n_ || { warn_ "more than $n_: $*"; fail=1; }
  : > release
  wait $pid || fail=1
}
ncpu=$(ncpu) || framework_failure_
together_ $ncpu --cpus-per-task=1
together_ 1 --cpus-per-task=$ncpu
together_ 1 --cpus-per-task=$((ncpu + 1))
together_ 1 --cpus-per-task=1000000
together_ $(((ncpu + 1) / 2)) --cpus-per-task=$((ncpu > 1 ? 2 : 1))
together_ 3 -P3 --cpus-per-task=1000000

for v in '' 0 -1 x 1.5; do
  returns_ 125 pmap --cpus-per-task=$v echo ::: a > out 2> err || fail=1
  grep "^pmap: invalid number of CPUs: '$v'" err || fail=1
done

# Binding.
grep '^Cpus_allowed_list:' /proc/self/status > /dev/null \
  || skip_ 'the kernel does not tell affinities'
cpus=$(ncpu --list) || framework_failure_
all=$(ncpu --list | tr , '\n' | awk -F- '{ n += (NF == 2 ? $2 - $1 : 0) + 1 }
                                         END { print n }')
# A task tells its slot and CPUs when all of its round have begun.
cat > place <<'EOF'
: > began-$1
case $2 in
  0) ;;
  *) for i in 1 $2; do
       sh "$abs_srcdir/tests/await" test -e began-$i || exit 1
     done ;;
esac
sed -n "s/^Cpus_allowed_list:[[:space:]]*/$PMAP_SLOT /p" /proc/self/status
EOF

pmap -P1 sh -c 'sh place 1 0' > out ::: 1 || fail=1
echo "1 $cpus" > exp
compare exp out || fail=1

# places_ N OPTION...
# Check that with OPTIONs, which end those of pmap -P2, slots have N CPUs each,
# none in common.
places_ ()
{
  local n_=$1
  shift
  rm -f began-*
  seq 2 | pmap -P2 --bind "$@" > out 2> err || { cat err; fail=1; }
  compare /dev/null err || fail=1
  awk -v n=$n_ '
    { slot[$1]++
      parts = split ($2, part, ",")
      count = 0
      for (i = 1; i <= parts; i++)
        {
          ends = split (part[i], end, "-")
          for (c = end[1] + 0; c <= end[ends] + 0; c++)
            {
              count++
              bad = bad || c in seen
              seen[c] = 1
            }
        }
      bad = bad || count != n }
    END { exit bad || NR != 2 || slot[1] != 1 || slot[2] != 1 }' out \
    || { warn_ "wrong: $n_ $*"; cat out; fail=1; }
}
if test "$all" -ge 2; then
  places_ 1 sh -c 'sh place $1 2' _
  places_ 1 --initializer=: sh -c 'sh place $1 2' _
  places_ 1 -n1 -c 'sh place "$1" 2'
  places_ 1 -n1 -w sh -c 'while read x; do sh place $x 2; done'
  places_ 1 -b -n1 sh -c 'read x; sh place $x 2'
  places_ 1 --ungrouped sh -c 'sh place $1 2' _
fi
test "$all" -lt 4 || places_ 2 --cpus-per-task=2 sh -c 'sh place $1 2' _

# Too few of them: they are shared, which is said once.
rm -f began-*
seq 3 | pmap -P3 --cpus-per-task=$all --bind sh -c 'sh place $1 3' _ > out \
  2> err || fail=1
for i in 1 2 3; do echo "$i $cpus"; done > exp
sort out | compare exp - || fail=1
echo "pmap: warning: tasks share CPUs: they are enough for 1 at a time" > exp
compare exp err || fail=1
pmap -P1 --cpus-per-task=1000000 --bind sh -c 'sh place 1 0' > out 2> err \
  ::: 1 || fail=1
echo "1 $cpus" > exp
compare exp out || fail=1
compare /dev/null err || fail=1

# Those that pmap itself may use are meant.
rm -f began-*
pmap -P1 --bind sh -c 'pmap -P2 --bind sh -c "sh place \$1 2" _ ::: 1 2' \
  ::: 1 > out 2> err || { cat err; fail=1; }
test "$(sed 's/.* //' out | sort -u | wc -l)" = 1 || { cat out; fail=1; }
test "$(grep -c 'tasks share CPUs: they are enough for 1' err)" = 1 || fail=1

Exit $fail
