# Prepare each worker.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

argument=Hello pmap -P2 --initializer='
    greeting=$argument
    greet() { echo "$greeting, $1"; }
  ' -c 'greet "$1"' ::: Ann Bob
