#!/bin/sh
# Which exit status pjoin has.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_

# spawn_ NAME SCRIPT
spawn_ () { env "$mark_" pspawn -q -N "$1" sh -c "$2" || fail=1; }

# That of the first operand that failed, not of the first in time.
spawn_ ok 'exit 0'
spawn_ three 'sh "$0" test -e four-ended; exit 3'
env "$mark_" pspawn -q -N four sh -c ': > four-ended; exit 4' || fail=1
pjoin three > /dev/null 2>&1
pspawn -q -N three sh -c 'sh "$0" test -e four-ended; exit 3' \
  "$abs_srcdir/tests/await" || fail=1
returns_ 3 pjoin ok three four || fail=1
spawn_ term 'kill -TERM $$'
returns_ 143 pjoin term || fail=1
spawn_ kill 'kill -KILL $$'
spawn_ one 'exit 1'
returns_ 137 pjoin kill one || fail=1
spawn_ big 'exit 255'
returns_ 255 pjoin big || fail=1

# One that pspawn has ended because its time was over.
env "$mark_" pspawn -q -t .1 -N late sleep 1000 || fail=1
returns_ 124 pjoin late || fail=1

# -v says how each one has ended.
spawn_ v0 'exit 0'
spawn_ v9 'exit 9'
spawn_ vk 'kill -KILL $$'
returns_ 9 pjoin -v v0 v9 vk 2> err || fail=1
sed 's/([0-9]*:[0-9]*)/(H)/' err | sort > out
cat > exp <<'EOF'
pjoin: 'v0' (H) has exited with status 0
pjoin: 'v9' (H) has exited with status 9
pjoin: 'vk' (H) was ended by signal KILL
EOF
compare exp out || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
