# A first process.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

p=$(pspawn echo hello)
pjoin "$p"
