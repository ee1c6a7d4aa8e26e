# A pool that ends with its block.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pspawn --scope --terminate sh -c '
  slow=$(pspawn sleep 600)
  total=$(pspawn expr 3 + 4)
  pjoin "$total"
'
echo 'the slow one was not waited for'
