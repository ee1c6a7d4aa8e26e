# A new worker after some tasks.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

workers=$(seq 6 | pmap -P1 --max-tasks-per-child=2 -c 'echo $$')
echo "six items, workers: $(echo "$workers" | sort -u | grep -c .)"
