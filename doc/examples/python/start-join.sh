# Start several, join all.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

for n in 1 2 3; do
  pspawn echo work $n
done | pjoin -                  # the order is that of the handles
echo 'all have ended'
