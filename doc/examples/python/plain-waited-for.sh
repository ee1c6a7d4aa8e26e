# A plain process is waited for.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

mkfifo go
pspawn --scope sh -c '
  pspawn -q -o inherit sh -c "
    read -r line < go
    sleep 0.3
    echo the child ends"
  echo the main process ends
  echo > go
'
rm go
