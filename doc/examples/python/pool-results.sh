# What becomes of a call.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

pspawn --scope --terminate sh -c '
  slow=$(pspawn sleep 600)
  pjoin --poll "$slow" || echo "it is ready: False"
  pjoin -t 0.2 "$slow"
  if test $? = 124; then
    echo "it takes too long"
  fi
  bad=$(pspawn false)
  pjoin "$bad" || echo "it has succeeded: False"
'
