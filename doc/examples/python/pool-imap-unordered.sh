# Results one by one, as they come.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

work='
  while test $1 = slow && ! test -e seen; do
    sleep 0.1
  done
  echo $1'
pmap -u -P2 -c "$work" ::: slow fast | while read -r result; do
  echo "$result is done"
  : > seen
done
rm seen
