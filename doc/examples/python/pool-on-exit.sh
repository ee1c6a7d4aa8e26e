# What is done when a call has ended.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

told='
  if test $MPUTILS_STATUS = 0; then
    echo it has succeeded
  else
    echo it has failed
  fi >> told'
for b in 3 0; do
  call=$(pspawn -e null --on-exit="$told" expr 12 / $b)
  pjoin "$call" > result
done
cat told
