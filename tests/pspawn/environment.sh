#!/bin/sh
# What a process finds in its environment.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

use_records_

methods=$(pspawn --list-start-methods) || framework_failure_
show='env | grep ^MPUTILS_ | grep -Ev "_(DIR|TEST_MARK)=" | LC_ALL=C sort'

for how in $methods; do
  # What pspawn prints, the process knows.  Its parent here is the shell.
  handle=$(pspawn_ --start-method=$how -N a-$how sh -c "$show; echo \$PPID") \
    || fail=1
  ended_ a-$how || fail=1
  sed '$d' records/none/a-$how/out.0 > out
  parent=$(sed -n 's/^MPUTILS_PARENT=//p' out)
  printf 'MPUTILS_%s\n' "HANDLE=$handle" "NAME=a-$how" "PARENT=$parent" > exp
  compare exp out || fail=1
  echo "$parent" | grep -xE '[1-9][0-9]*:[0-9]+' > /dev/null || fail=1
  # It is the supervisor's child.
  test "$(sed -n '$p' records/none/a-$how/out.0)" = "$(supervisor_ a-$how)" \
    || fail=1

  # What it starts has it as its parent, whatever was there before.
  export MPUTILS_NAME=old MPUTILS_STATUS=old
  handle=$(pspawn_ --start-method=$how -N b-$how \
    sh -c "(pspawn -q -N c-$how sh -c '$show')") || fail=1
  unset MPUTILS_NAME MPUTILS_STATUS
  ended_ b-$how && ended_ c-$how || fail=1
  printf 'MPUTILS_%s\n' "HANDLE=$(record_says_ c-$how handle)" \
    "ANCESTORS=$handle" \
    "NAME=c-$how" "PARENT=$handle" | LC_ALL=C sort > exp
  compare exp records/none/c-$how/out.0 || fail=1

  # Everything else is handed down, byte for byte.
  X="$(printf 'x\n y\\')" pspawn_ -q --start-method=$how -N f-$how \
    sh -c 'printf "%s|" "$X"' || fail=1
  ended_ f-$how || fail=1
  printf 'x\n y\\|' > exp
  compare exp records/none/f-$how/out.0 || fail=1
done

# The parent of what is started from the shell is the shell.
pspawn_ -q -N shell sh -c 'echo ${MPUTILS_PARENT%%:*}' || fail=1
ended_ shell || fail=1
echo $$ > exp
compare exp records/none/shell/out.0 || fail=1

# In a scope: the main process, a child and a grandchild.
cat > show <<'END2'
echo "$MPUTILS_NAME $MPUTILS_HANDLE $MPUTILS_PARENT $MPUTILS_SCOPE"
END2
cat > main <<'END2'
. ./show
pspawn -q -N child -o inherit sh -c '. ./show
  pspawn -q -o inherit sh -c ". ./show"'
END2
pspawn_ --scope sh main > out || fail=1
sort out > sorted
awk '
  { name = $1; handle[name] = $2; parent[name] = $3; scope[$4] }
  END {
    for (s in scope)
      n++
    exit !(n == 1 && parent["child"] == handle["MainProcess"] \
           && parent["Process-1"] == handle["child"] \
           && handle["Process-1"] && handle["MainProcess"] != s \
           && parent["MainProcess"] ~ "^'$$':")
  }' sorted || { cat sorted; fail=1; }

# No scope is handed down where there is none, nor what is no scope.
MPUTILS_SCOPE=../.. pspawn_ -q -N none sh -c 'echo "${MPUTILS_SCOPE-unset}"' \
  || fail=1
ended_ none || fail=1
echo unset > exp
compare exp records/none/none/out.0 || fail=1
end_server_ || fail=1
no_leftovers_ 60 || fail=1

Exit $fail
