# What is done with each result.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pmap -P2 --callback='echo "a square: $(cat)"' \
  -c 'echo $(($1*$1))' ::: 2 3 4
