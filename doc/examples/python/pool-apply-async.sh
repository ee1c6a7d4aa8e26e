# Start calls now, get their results later.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

total=$(pspawn expr 3 + 4)
product=$(pspawn expr 3 '*' 4)
echo 'all are started'
pjoin "$total"
pjoin "$product"
