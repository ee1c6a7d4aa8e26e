#!/bin/sh
# Measure pmap on a private Slurm cluster of three nodes, beside its peers.
# Usage: cluster.sh DIRECTORY-OF-HELPERS
# Environment: ROUNDS, how often each pair runs (5).
# Exit status: 1 if a figure has not kept its bound.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

set -u
helpers=$(cd "$1" && pwd) || exit 1
here=$(cd "$(dirname "$0")" && pwd) || exit 1
. "$here/rows.sh"
rounds=${ROUNDS-5}
LC_ALL=C
export LC_ALL

# Without a job, start a cluster and come again in one.
if [ -z "${SLURM_JOB_ID-}" ]; then
  cluster=$here/../tests/slurm-cluster
  lacks=$(sh "$cluster" lacks)
  if [ "$lacks" ]; then
    echo "$0: no cluster: $lacks" >&2
    exit 77
  fi
  started=$(sh "$cluster" start 3) || exit 1
  eval "$started"
  trap 'sh "$cluster" stop "$CLUSTER_DIR"' EXIT
  trap 'exit 130' INT TERM HUP
  salloc --quiet --no-kill -N3 -n12 sh "$0" "$helpers"
  exit
fi

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
seq 3000 > items
seq 1000 > thousand
seq 3 > three
head -c 750000 /dev/urandom | base64 -w 99 | head -c 1000000 > MB
for i in $(cat thousand); do
  [ "$i" -gt 333 ] || cat MB
done > third

row FIGURE A B A/B BOUND MET
slots='pmap --slurm -P4'
compare "3000 true on 12 slots: pmap --slurm / pmap" items \
  "$slots /bin/true" 'pmap -P12 /bin/true' '<=1.25'
compare "3000 squares by -c: pmap --slurm / pmap" items \
  "$slots -c 'echo \$((\$1 * \$1))'" \
  "pmap -P12 -c 'echo \$((\$1 * \$1))'" ''

# One step a task is slow: a hundred of them will do, and the bound is for the
# rate.
rm -f a b
i=0
while [ $i -lt "$rounds" ]; do
  "$helpers/measure" a sh -c "$slots /bin/true" < items
  seq 100 | "$helpers/measure" b xargs -P12 -I{} \
    srun --quiet -N1 -n1 --exact /bin/true
  i=$((i + 1))
done > /dev/null
a=$(median a 1) b=$(median b 1)
ratio=$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.1f", b * 30 / a }')
row "3000 true: one srun a task / pmap --slurm" "$((b * 30 / 1000)) ms" \
  "$((a / 1000)) ms" "$ratio" '>=20' "$(keeps "$ratio" '>=20')"

# GNU parallel at its fastest: it does not leave this node.
long=$rounds
rounds=$(((rounds + 1) / 2))
compare_peer parallel "3000 true: GNU parallel here / pmap --slurm" items \
  'parallel --will-cite -P12 -k /bin/true' "$slots /bin/true" '>=3'
rounds=$long

# The output of all three nodes comes out in order; what it is beside has none.
cat > bare <<'END'
for n in $(scontrol show hostnames "$SLURM_JOB_NODELIST"); do
  srun --quiet -N1 -n1 -w "$n" --exact --unbuffered cat third &
done | cat
wait
END
compare "1 GB in 1000 tasks: pmap --slurm / 3 srun cat" thousand \
  "$slots sh -c 'cat MB' | cat" 'sh bare' '<=1.25'
compare "1 GB in 3 tasks: pmap --slurm / 3 srun cat" three \
  "pmap --slurm -P1 sh -c 'cat third' | cat" 'sh bare' '<=1.25'
[ $bad = 0 ]
