# A daemonic process that ends in time.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pspawn --scope sh -c '
  p=$(pspawn -D echo the daemon has ended in time)
  pjoin "$p"
  echo the main process ends
'
