# The start methods.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

for method in $(pspawn --list-start-methods | sort); do
  p=$(pspawn --start-method=$method echo started by $method)
  pjoin "$p"
done
