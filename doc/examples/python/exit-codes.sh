# Exit codes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

good='exit 0'
bad='exit 3'
killed='kill -KILL $$'
for name in good bad killed; do
  eval "command=\$$name"
  p=$(pspawn sh -c "$command")
  pjoin "$p"
  status=$?
  if test $status -gt 128; then
    echo "$name was ended by signal $((status - 128))"
  else
    echo "$name exited with $status"
  fi
done
