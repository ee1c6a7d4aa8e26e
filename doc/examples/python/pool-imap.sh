# Results one by one, in order.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

seq 0 999 | pmap -P4 -c 'echo $(($1*$1))' | while read -r result; do
  if test $result -gt 500; then
    echo "the first above 500 is $result"
    break
  fi
done
