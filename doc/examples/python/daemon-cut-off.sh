# A daemonic process that is cut off.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

mkfifo begun
pspawn --scope sh -c '
  pspawn -q -D -o inherit sh -c "
    echo the daemon begins
    echo > begun
    sleep 600
    echo this is never seen"
  read -r line < begun
  echo the main process ends
'
rm begun
