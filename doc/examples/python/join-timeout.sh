# Join with a time limit.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

p=$(pspawn sleep 600)
pjoin -t 0.2 "$p"
if test $? = 124; then
  echo 'it still runs'
fi
pkill-tree "$p"
pjoin "$p"
echo "ended by signal $(($? - 128))"
