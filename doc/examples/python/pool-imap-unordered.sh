# Results one by one, as they come.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pmap -u -P2 -c 'sleep $1; echo $1' ::: 2 0 | while read -r result; do
  echo "$result is done"
done
