# Wait for the first of several.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

slow=$(pspawn sleep 600)
fast=$(pspawn sh -c 'sleep 0.1; echo the first is fast')
pjoin --any "$slow" "$fast"
pkill-tree "$slow"
pjoin "$slow" || :
