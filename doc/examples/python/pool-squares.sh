# Squares, by four workers.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

seq 0 9 | pmap -P4 -c 'echo $(($1*$1))'
