# The results of a map, all at once.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

lengths=$(pmap -P2 -c 'echo ${#1}' ::: one 'two or' three)
sum=0
for length in $lengths; do
  sum=$((sum + length))
done
echo "the sum is $sum"
