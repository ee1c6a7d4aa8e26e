#!/bin/sh
# Change the names of programs in an installed man page, for
# --program-transform-name and its like.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: rename-page.sh PAGE [OLD=NEW]...
# What the page says of the pmap of procps stays.

page=$1
shift
mark=$(printf '\001')
script=
for pair; do
  # A hyphen is - or \- in a page, and a backslash is \\ for sed.
  old=$(printf '%s\n' "${pair%%=*}" | sed 's/-/\\\\?-/g')
  new=$(printf '%s\n' "${pair#*=}" | sed 's/-/\\\\-/g')
  upper=$(printf '%s\n' "${pair#*=}" | LC_ALL=C tr a-z A-Z)
  title=$(printf '%s\n' "${pair%%=*}" | LC_ALL=C tr a-z A-Z)
  # Twice, since two names may share the character between them.
  before="(^|[^[:alnum:]_${mark}-]|\\\\f[BIR])"
  change="s/$before$old(\$|[^[:alnum:]_-])/\\1$mark$new\\2/g"
  script="$script
s/^\\.TH $title /.TH $upper /
s/$old of procps/$mark$old$mark of procps/g
$change
$change
s/$mark$mark/$mark/g"
done
# A mark keeps a name that was changed from being changed again.
sed -E "$script" "$page" | tr -d '\001' > "$page-t" && mv "$page-t" "$page"
