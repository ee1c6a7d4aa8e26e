# Several arguments an item.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pmap -P2 -c 'set -- $1; echo $(($1*$2))' ::: '2 3' '4 5'
