#!/bin/sh
# Measure the programs beside their peers.  Most figures are ratios of two
# commands that are run in turn, so that a slow or busy machine slows both.
# Usage: run.sh DIRECTORY-OF-HELPERS
# Environment: ROUNDS, how often each pair runs (5); BENCH_LONG=1 for what
# takes minutes with a peer alone.
# Exit status: 1 if a figure has not kept its bound.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

set -u
helpers=$(cd "$1" && pwd) || exit 1
. "$(dirname "$0")/rows.sh"
rounds=${ROUNDS-5}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
cd "$tmp" || exit 1
LC_ALL=C
export LC_ALL

seq 1000000 > million
seq 5000 > items
echo one > item

row FIGURE A B A/B BOUND MET
pmap='pmap -P2 /bin/echo'
compare "5000 echo, P=2: pmap / bare loop" items "$pmap" \
  "$helpers/bare-loop 5000 2 /bin/echo" '<=1.05'
compare "5000 echo, P=2, to a pipe: pmap / bare loop" items \
  "sh -c '$pmap | cat'" \
  "sh -c '$helpers/bare-loop 5000 2 /bin/echo | cat'" '<=1.05'
compare "5000 echo, P=2: pmap / xargs -P2 -n1" items "$pmap" \
  'xargs -P2 -n1 /bin/echo' '<=1'
long=$rounds
rounds=$(((rounds + 1) / 2))
compare_peer parallel "5000 echo, P=2: GNU parallel / pmap" items \
  'parallel --will-cite -P2 -k /bin/echo' "$pmap" '>=3.5'
compare_peer parallel.moreutils "5000 echo, P=2: moreutils parallel / pmap" \
  items 'sh -c "parallel.moreutils -j2 /bin/echo -- $(tr "\n" " " < items)"' \
  "$pmap" ''
compare_peer xjobs "5000 echo, P=2: xjobs / pmap" items \
  'xjobs -j2 -v0 /bin/echo' "$pmap" ''
cat > pexec.sh <<'EOF'
exec pexec -n 2 -p "$(cat items)" -e X -o - -c -- '/bin/echo $X'
EOF
compare_peer pexec "5000 echo, P=2: pexec / pmap" items \
  'sh ./pexec.sh' "$pmap" ''
rounds=$((long * 20))
compare "one item: pmap / xargs" item 'pmap -P2 /bin/echo' \
  'xargs -P2 -n1 /bin/echo' '<=1.3'
rounds=$((long > 2 ? 3 : long))
compare_peer parallel "one item: GNU parallel / pmap" item \
  'parallel --will-cite -P2 -k /bin/echo' "$pmap" ''
rounds=$long

# What looks at a run costs little.
cat > watched <<'EOF'
exec pmap -P2 --joblog=log --progress --trace=trace /bin/echo 2> /dev/null
EOF
compare "5000 echo: job log, progress, trace / none" items 'sh ./watched' \
  "$pmap" '<=1.05'

# A million records are resumed in two seconds.
pmap -P2 --joblog=log -c : < million
rm -f a
i=0
while [ $i -lt "$rounds" ]; do
  "$helpers/measure" a pmap -P2 --joblog=log --resume -c : < million
  i=$((i + 1))
done
time=$(($(median a 1) / 1000)) peak=$(median a 3)
row "10^6 records: resumed in" "$time ms" - - '<=2000' \
  "$(keeps $time '<=2000')"
row "10^6 records: peak memory" "$peak KiB" - - '<=65536' \
  "$(keeps $peak '<=65536')"
rm -f log trace

memory "10^6 items, -n max: peak memory" million \
  'pmap -P2 -n max /bin/echo' 8192 cat
memory "10^6 items, -n 100: peak memory" million \
  'pmap -P2 -n 100 /bin/echo' 8192 cat

# Item 1 waits until all others have written all that pmap lets them, which
# is when none has made progress for a second.
cat > blocked <<'EOF'
if [ "$1" = 1 ]; then
  sleep 3
  echo first
else
  head -c 268435456 /dev/zero
fi
EOF
seq 9 > nine
memory "2 GiB behind a blocked head: peak memory" nine \
  'pmap -P4 sh ./blocked' 24576 \
  'echo first; head -c 2147483648 /dev/zero'

# Warm shells.  Where a peer takes minutes, it does a part of the work: the
# numbers of items are as the factor that is asked for.
seq 200000 > many-items
seq 180000 > most-items
seq 3000 > some-items
seq 1000 > few-items
square='echo $(($1*$1))'
warm="pmap -P2 -c '$square'"
{
  printf 'f () {\n%s\n}\n' "$square"
  sed "s/.*/f '&'/" many-items
} > calls
dash=$(command -v dash || echo sh)
compare "200000 squares: pmap -P2 -c / one bare shell" many-items "$warm" \
  "$dash ./calls" '<=3.33'
compare "squares: 3000 by xargs / 180000 by pmap -c" most-items \
  "xargs -P2 -n1 -a some-items sh -c '$square' sh" "$warm" '>=1'
compare_peer parallel "squares: 1000 by parallel / 200000 by pmap -c" \
  many-items "parallel --will-cite -P2 -k -a few-items 'echo \$(({}*{}))'" \
  "$warm" '>=1'
cat > pool.py <<'EOF'
from multiprocessing import Pool
def f(x):
    return x * x
if __name__ == '__main__':
    with Pool(2) as p:
        for y in p.map(f, range(1, 200001), chunksize=1):
            print(y)
EOF
compare_peer python3 "200000 squares: Python's Pool(2).map / pmap -c" \
  many-items 'python3 ./pool.py' "$warm" '>=1'
seq 8 > eight
busy='i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done'
compare "8 loops, on 2 CPUs: pmap -P1 -c / pmap -P2 -c" eight \
  "pmap -P1 -c '$busy'" "pmap -P2 -c '$busy'" '>=1.9'
memory "10^6 items, -c: peak memory" million "pmap -P2 -c 'echo \$1'" 8192 cat

# Warm filters, beside the filter alone: one in C that keeps its answers in a
# buffer, and that one with each line written at once.
seq 5000000 > lines
filter=$helpers/line-filter
compare "5*10^6 lines, block-buffered: pmap -P2 -w / alone" lines \
  "pmap -P2 -w $filter block" "$filter block" '<=1.5'
compare "10^6 lines, line-buffered: pmap -P2 -w / alone" million \
  "pmap -P2 -w $filter line" "sh -c '$filter line | cat'" '<=1.5'
rm -f a
"$helpers/measure" a pmap -P2 -w "$filter" line < million > /dev/null
rate=$(awk '{ printf "%.0f", 1000000 * 1000000 / $1 }' a)
row "lines a second, line-buffered: pmap -P2 -w" "$rate" - - '>=300000' \
  "$(keeps "$rate" '>=300000')"
memory "10^6 lines, -w: peak memory" million 'pmap -P2 -w cat' 8192 cat
rm lines

# The cost of a task, in microseconds of CPU time for pmap and its tasks.
cost ()
{
  rm -f a
  seq "$1" > n
  "$helpers/measure" a pmap -P"$2" /bin/true < n || { echo 0; return; }
  awk -v n="$1" '{ printf "%.0f", $2 / n }' a
}
flat ()
{
  ratio=$(awk -v a="$3" -v b="$2" 'BEGIN { printf "%.3f", a / b }')
  row "$1" "$3 us" "$2 us" "$ratio" '<=1.2' "$(keeps "$ratio" '<=1.2')"
}
flat "CPU a task: 10^4 / 10^3 tasks" "$(cost 1000 2)" "$(cost 10000 2)"
flat "CPU a task: 10^5 / 10^3 tasks" "$(cost 1000 2)" "$(cost 100000 2)"
flat "CPU a task: 10^6 / 10^3 tasks" "$(cost 1000 2)" "$(cost 1000000 2)"
flat "CPU a task: P=16 / P=1" "$(cost 10000 1)" "$(cost 10000 16)"
flat "CPU a task: P=256 / P=1" "$(cost 10000 1)" "$(cost 10000 256)"

# Blocks of a large input, beside what reads it or passes it on without looking
# at it.  The peers get a tenth of it, for they take long.
head -c 1000000000 /dev/urandom | tr '\0-\3' '\n' > large
head -c 100000000 large > tenth
limit="sh -c 'cat large | cat'"
compare "1 GB from a file: pmap -b wc -l / wc -l" large 'pmap -P2 -b wc -l' \
  'wc -l' '<=1.3'
compare "1 GB from a file: pmap -b cat / cat | cat" large 'pmap -P2 -b cat' \
  "$limit" '<=1.3'
for command in 'wc -l' cat; do
  for option in '' ' --round-robin'; do
    compare "1 GB from a pipe: pmap -b$option $command / cat | cat" item \
      "sh -c 'cat large | pmap -P2 -b$option $command'" "$limit" '<=2'
  done
done
for command in 'wc -l' cat; do
  compare_peer parallel "100 MB, $command: GNU parallel --pipe / pmap -b" item \
    "sh -c 'cat tenth | parallel --will-cite -P2 -k --pipe $command'" \
    "sh -c 'cat tenth | pmap -P2 -b $command'" '>=4'
  compare_peer parallel "100 MB, $command: parallel --pipepart / pmap -b" item \
    "parallel --will-cite -P2 -k --pipepart -a tenth $command" \
    "pmap -P2 -b -a tenth $command" '>=2'
done
rm large tenth

# Trees of processes, whose root leads a session and has a handle.
mark=MPUTILS_BENCH=$$-$(date +%s)
forest=$helpers/../tests/helpers/forest

# The PIDs of what is left of them.
left ()
{
  grep -lzFx -e "$mark" /proc/[0-9]*/environ 2> /dev/null | cut -d/ -f3
}

# Start one by forest's command $2... and end it by the shell commands $1, which
# find its root in $root, as often as there are rounds.  Store in $ms how long
# that took, the median, and in $survivors how many there were in all.
end_trees ()
{
  how=$1
  shift
  rm -f a
  i=0 survivors=0
  while [ $i -lt "$rounds" ]; do
    : > ready
    env "$mark" setsid "$forest" handle "$forest" "$@" > ready &
    root=$!
    export root
    until [ -s ready ]; do sleep .05; done
    "$helpers/measure" a sh -c "$how" > /dev/null 2>&1
    # Who was hit may take a moment to go.
    sleep 1
    pids=$(left)
    survivors=$((survivors + $(printf '%s' "$pids" | grep -c .)))
    while [ "$pids" ]; do
      kill -KILL $pids 2> /dev/null
      pids=$(left)
    done
    wait $root
    i=$((i + 1))
  done 2> /dev/null
  ms=$(($(median a 1) / 1000))
}

# The same, and write rows for the time, with the bound $2, and the survivors,
# with the bound $3; $1 says what.
tree_rows ()
{
  what=$1 time_bound=$2 bound=$3
  shift 3
  end_trees "$@"
  row "$what: time" "$ms ms" - - "$time_bound" "$(keeps $ms "$time_bound")"
  row "$what: survivors" "$survivors" - - "$bound" \
    "$(keeps $survivors "$bound")"
}

# Descend by pgrep -P, and kill from the leaves up.
cat > loop <<'EOF'
descend () (for c in $(pgrep -P $1); do descend $c; done; kill -KILL $1)
descend $1
EOF
for tree in 'tree 5000 1' 'tree 4500 500' runner; do
  case $tree in
    runner)   name='growing tree' ;;
    *' 500')  name='5000, 500 deep' ;;
    *)        name='5000 wide' ;;
  esac
  tree_rows "$name, pkill-tree" '<=500' '<=0' 'pkill-tree -s KILL $root' $tree
  tree_rows "$name, kill -- -PGID" '' '' 'kill -s KILL -- -$root' $tree
  # It takes minutes for the large one.
  if [ "$tree" = runner ] || [ "${BENCH_LONG-}" ]; then
    tree_rows "$name, pgrep -P loop" '' '' 'sh ./loop $root' $tree
  fi
done

# The processes of pspawn: a hundred, each when the one before is known.
export MPUTILS_DIR
cat > spawns <<'EOF'
i=0
while [ $i -lt 100 ]; do
  "$@" > /dev/null || exit
  i=$((i + 1))
done
EOF
bare="$helpers/bare-loop 100 1 /bin/true"
spawns='sh ./spawns pspawn -o null -e null /bin/true'
server='sh ./spawns pspawn --start-method=forkserver -o null -e null /bin/true'
shell='sh ./spawns /bin/true'
# Each row has its own folder, which stays until the end: after thousands of
# files were removed, some file systems take a while to make new ones.
rows=0
new_records ()
{
  rows=$((rows + 1))
  MPUTILS_DIR=$tmp/records.$rows
}
new_records
compare "100 true to the handle: pspawn / bare loop" item "$spawns" "$bare" \
  '<=3'
new_records
compare "100 true to the handle: forkserver / bare loop" item "$server" \
  "$bare" '<=2'
new_records
compare "100 true to the handle: pspawn / the shell" item "$spawns" "$shell" ''
new_records
compare_peer setsid "100 true: pspawn / setsid -f" item "$spawns" \
  'sh ./spawns setsid -f /bin/true' ''
new_records
compare_peer tsp "100 true: pspawn / tsp" item "$spawns" \
  'sh ./spawns tsp -n /bin/true' ''
new_records
# It may be there where systemd does not run.
if systemd-run --quiet --collect /bin/true 2> /dev/null; then
  compare "100 true: systemd-run / pspawn" item \
    'sh ./spawns systemd-run --quiet --collect /bin/true' "$spawns" ''
else
  row "100 true: systemd-run / pspawn" - - - '' 'no systemd here'
fi
new_records
cat > process.py <<'EOF'
from multiprocessing import Process
import os
for i in range(100):
    p = Process(target=os.getpid)
    p.start()
    p.join()
EOF
compare_peer python3 "100 processes: pspawn / Python's Process" item \
  "$spawns" 'python3 ./process.py' ''
new_records

# Many at a time: all are there, and in the end nothing is.
cat > many <<'EOF'
i=0
while [ $i -lt 1000 ]; do
  pspawn -q --start-method=$1 sleep 1000 || exit
  i=$((i + 1))
done
n=$(ls "$MPUTILS_DIR/$MPUTILS_SCOPE" | wc -l)
[ $n = 1000 ] || exit
EOF
for how in spawn forkserver; do
  rm -f a
  mark=MPUTILS_BENCH=$$-$how
  if "$helpers/measure" a env "$mark" pspawn --scope --terminate \
       sh ./many $how; then
    left=$(grep -lzFx -e "$mark" /proc/[0-9]*/environ 2> /dev/null | wc -l)
    left=$((left + $(ls "$MPUTILS_DIR" | grep -c :) \
            + $(ls "$MPUTILS_DIR/handle" | wc -l)))
    row "1000 at a time, $how: started and ended" \
      "$(($(median a 1) / 1000)) ms" - "$left" '<=0' "$(keeps $left '<=0')"
  else
    row "1000 at a time, $how: started and ended" - - - '<=0' NO
  fi
done
[ $bad = 0 ]
