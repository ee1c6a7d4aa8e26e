# Several items at once to a worker.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

workers=$(seq 10 | pmap -P2 -n 5 -c 'echo $$')
first=$(echo "$workers" | head -n 5 | sort -u | grep -c .)
other=$(echo "$workers" | tail -n 5 | sort -u | grep -c .)
echo "the first five had workers: $first"
echo "the other five had workers: $other"
