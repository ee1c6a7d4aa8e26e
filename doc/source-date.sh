#!/bin/sh
# Print the time that everything made of these sources has, in seconds, so that
# it comes out the same whenever it is made.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: source-date.sh SRCDIR [PATH]...
# In a checkout, that is when one of the PATHs below SRCDIR was last changed by
# a commit; in a tarball, when that was made.  SOURCE_DATE_EPOCH comes first.

dir=$1
shift
date=$SOURCE_DATE_EPOCH
if test -z "$date" && test -e "$dir/.git"; then
  date=$(git -C "$dir" log -1 --format=%ct -- "$@" 2> /dev/null)
fi
test -n "$date" || date=$(date -r "$dir/ChangeLog" +%s 2> /dev/null)
echo "${date:-$(date +%s)}"
