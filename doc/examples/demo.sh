#!/bin/sh
# Show pmap at work: the same real task on one CPU and on all.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: demo.sh [FOLDER]...
# Every C file under the FOLDERs (default: here) is compressed, each by a
# process of its own.  xz's files may be joined end to end, so the output of
# the whole map is one file, right only if each task's output came whole and in
# order.

me=${0##*/}
test $# -gt 0 || set -- .
die () { printf '%s: %s\n' "$me" "$*" >&2; exit 1; }

for program in ncpu pmap xz; do
  command -v $program > /dev/null || die "$program is not in PATH"
done
work=$(mktemp -d) || die "cannot create a temporary directory"
trap 'rm -rf "$work"' 0
trap 'exit 129' 1
trap 'exit 130' 2
trap 'exit 143' 15

# Print the seconds since the Epoch, with a fraction where date knows it.
now () { date +%s.%N; }

# Write a command as a user would type it.
show () { printf '\n$ %s\n' "$*"; }

# Compress the items with the options of pmap $1, into the file $2, and set
# SECONDS_TAKEN.
compress ()
{
  show "pmap -0 $1${1:+ }-a c-files xz -6e --stdout > $2"
  start=$(now)
  # shellcheck disable=SC2086 # the options are words
  pmap -0 $1 -a "$work/c-files" xz -6e --stdout > "$work/$2" \
    || die "pmap failed"
  seconds_taken=$(echo "$start $(now)" | awk '{printf "%.2f", $2 - $1}')
  printf '%s s, ' "$seconds_taken"
  wc -c < "$work/$2" | awk '{print $1 " bytes"}'
}

find "$@" -name '*.[ch]' -type f -size +0 -print0 | LC_ALL=C sort -z \
  > "$work/c-files"
count=$(tr -cd '\0' < "$work/c-files" | wc -c | tr -d ' ')
test "$count" -gt 0 || die "there is no C file under $*"

show "ncpu"
ncpu || die "ncpu failed"

show "find $* -name '*.[ch]' -print0 | sort -z > c-files"
show "pmap -0 -a c-files wc -l"
pmap -0 -a "$work/c-files" wc -l > "$work/lines" || die "pmap failed"
test "$(wc -l < "$work/lines")" -eq "$count" || die "an item was lost"
sed 4q "$work/lines"
printf '(and so on, %s files in all)\n' "$count"

compress -P1 serial.xz
serial=$seconds_taken
compress "" parallel.xz
parallel=$seconds_taken

cmp "$work/serial.xz" "$work/parallel.xz" || die "the outputs differ"
xargs -0 cat < "$work/c-files" > "$work/plain" || die "cannot read the files"
xz --decompress --stdout "$work/parallel.xz" | cmp - "$work/plain" \
  || die "the output is not the files"

echo "$serial $parallel" \
  | awk '{printf "\nserial %s s, parallel %s s: %.2f times as fast\n",
          $1, $2, $1 / ($2 > 0 ? $2 : 0.01)}'
echo "The two outputs are identical, and unpack to the $count files in order."
