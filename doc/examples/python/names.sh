# The names of the current process and its parent.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# The main process of a scope is called MainProcess.
pspawn --scope sh -c '
  echo "$MPUTILS_NAME is here"
  main=$MPUTILS_HANDLE
  export main
  pspawn -q -N worker sh -c "
    echo \"\$MPUTILS_NAME is here\"
    test \"\$MPUTILS_PARENT\" = \"\$main\" \\
      && echo \"its parent is known: True\""
  pjoin worker
'
