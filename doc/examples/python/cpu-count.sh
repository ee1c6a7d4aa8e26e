# How many CPUs there are.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

cpus=$(ncpu)
test "$cpus" -ge 1 && echo "there is a CPU: True"
