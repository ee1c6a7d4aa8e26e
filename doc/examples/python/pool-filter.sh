# Lines through workers that read lines and write lines.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

printf '%s\n' map filter reduce | pmap -P2 -w awk '{ print $1, length($1) }'
