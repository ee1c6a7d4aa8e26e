# Several arguments an item, of any text.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pmap -P2 --initializer='set -f; IFS=,' \
  -c 'set -- $1; echo "$1 draws $2"' \
  ::: 'Ann,*' 'Bob,red apples'
