# Rows of a table of measurements, for the scripts here.
# HELPERS is the folder of the programs of bench/, ROUNDS how often each command
# runs; BAD counts rows that have not kept their bound.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# How many rows have not kept their bound, or have failed.
bad=0

# Run FILE's column COLUMN through the median.
median ()
{
  sort -n -k"$2,$2" "$1" | awk -v c="$2" \
    '{ v[NR] = $c } END { print v[int ((NR + 1) / 2)] }'
}

# A row of the table: what, value A, value B, their ratio, the bound, and
# whether that is kept.
row ()
{
  case $6 in
    NO* | FAILED) bad=$((bad + 1)) ;;
  esac
  printf '%-46s %10s %10s %7s  %-9s %s\n' "$@"
}

# Whether the number $1 keeps the bound $2, "<=N" or ">=N".
keeps ()
{
  awk -v v="$1" -v b="$2" 'BEGIN {
    n = substr (b, 3) + 0
    print b == "" ? "" : substr (b, 1, 1) == "<" ? (v <= n ? "yes" : "NO") \
                                                 : (v >= n ? "yes" : "NO")
  }'
}

# Compare the wall times of the shell commands $3 and $4, which read standard
# input from the file $2; $1 says what, $5 is the bound for $3/$4.
compare ()
{
  rm -f a b
  i=0
  while [ $i -lt "$rounds" ]; do
    "$helpers/measure" a sh -c "exec $3" < "$2" > /dev/null \
      && "$helpers/measure" b sh -c "exec $4" < "$2" > /dev/null \
      || { row "$1" - - - "$5" FAILED; return; }
    i=$((i + 1))
  done
  a=$(median a 1) b=$(median b 1)
  ratio=$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.3f", a / b }')
  row "$1" "$((a / 1000)) ms" "$((b / 1000)) ms" "$ratio" "$5" \
    "$(keeps "$ratio" "$5")"
}

# The same if the peer $1 is there.
compare_peer ()
{
  peer=$1
  shift
  if command -v "$peer" > /dev/null; then
    compare "$@"
  else
    row "$1" - - - "" "no $peer here"
  fi
}

# Measure the peak memory of the command $3, with standard input $2, in KiB;
# its output, a word a line, must be what the command $5 prints.
memory ()
{
  rm -f a
  sum=$("$helpers/measure" a sh -c "exec $3" < "$2" | tr ' ' '\n' | cksum)
  peak=$(median a 3)
  ok=$(keeps "$peak" "<=$4")
  [ "$sum" = "$(sh -c "$5" < "$2" | cksum)" ] || ok='NO: other output'
  row "$1" "$peak KiB" - - "<=$4" "$ok"
}
