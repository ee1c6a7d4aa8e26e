# What is done with each error.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pmap -P2 --callback='echo "a result: $(cat)"' \
  --error-callback='echo "an error"' \
  -c 'expr 12 / $1' ::: 4 0 3 2> messages \
  || echo 'not all have succeeded'
