# Arguments, by position and by name.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

p=$(pspawn env mark=! sh -c 'echo "hello $1$mark"' greet 'big world')
pjoin "$p"
