# Terminate a process, and what it has started.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

mkfifo pid
p=$(pspawn sh -c 'sleep 600 & echo $! > pid; wait')
read -r grandchild < pid
pkill-tree "$p"                 # ends the grandchild, too
pjoin "$p"
echo "ended by signal $(($? - 128))"
pkill-tree -q -s 0 $grandchild || echo 'what it had started is gone'
rm pid
