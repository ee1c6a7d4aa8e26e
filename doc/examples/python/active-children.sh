# The active children.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pspawn --scope --terminate sh -c '
  pspawn -q -N first sleep 600
  pspawn -q -N second sleep 600
  echo "$(pjoin --list | grep -c running) are active"
  pkill-tree first second
  pjoin -A
  echo "$(pjoin --list | grep -c running) are active"
'
