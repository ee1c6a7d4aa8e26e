#!/bin/sh
# pjoin --report, --list and --json tell of processes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

MPUTILS_DIR=$PWD/records; export MPUTILS_DIR

require_proc_
await_=$abs_srcdir/tests/await
tab=$(printf '\t')

# The default line.
h=$(pspawn -N a sh -c 'echo out; exit 3') || fail=1
returns_ 3 pjoin --report a > out || fail=1
sed 1d out > line
echo out > exp
sed 1q out | compare exp - || fail=1
number='[0-9]+\.[0-9]{3}'
grep -E -x "$h${tab}a${tab}ended${tab}3${tab}$number${tab}$number${tab}\
$number${tab}[0-9]+" line > /dev/null || { cat line; fail=1; }

# Every directive.
h=$(env "$mark_" pspawn -N 'b c' sh -c 'kill -KILL $$') || fail=1
returns_ 137 pjoin '--report=%h|%p|%n|%s|%x|%C|%%\t\\\n.' 'b c' > out || fail=1
printf '%s\n' "$h|${h%:*}|b c|ended|137|sh -c 'kill -KILL \$\$'|%$tab\\" . > exp
compare exp out || fail=1
pspawn -q -N d true || fail=1
pjoin --report='%e %U %S %M' d > out || fail=1
grep -E -x "$number $number $number [0-9]+" out > /dev/null \
  || { cat out; fail=1; }
for format in '%' '%q' 'x%' '\q' '\'; do
  returns_ 125 pjoin --report="$format" d 2> err || fail=1
  grep "unknown directive '[%\\].*' in format '" err > /dev/null \
    || { cat err; fail=1; }
done
pspawn -q -N e true || fail=1
pspawn -q -N f true || fail=1
pjoin -z --report=%n f e > out || fail=1
printf 'f\0e\0' > exp
compare exp out || fail=1

# --list waits for nothing and joins nothing.
test -z "$(pjoin --list)" || fail=1
env "$mark_" pspawn -q -N run sh "$await_" test -e go || fail=1
pspawn -q -N end sh -c 'exit 5' || fail=1
retry_until_ 60 pjoin --poll end || fail=1
format='%n %s %x'
pjoin --list --report="$format" > out || fail=1
printf '%s\n' 'run running -' 'end ended 5' > exp
compare exp out || fail=1
pjoin --list -A --report="$format" > out || fail=1
compare exp out || fail=1
pjoin --list --report="$format" end > out || fail=1
echo 'end ended 5' > exp
compare exp out || fail=1
returns_ 1 pjoin --poll --report="$format" run end > out || fail=1
printf '%s\n' 'run running -' 'end ended 5' > exp
compare exp out || fail=1
# Any process.
pjoin --list --report="$format %e %C" $$ > out || fail=1
echo '- running - - -' > exp
compare exp out || fail=1
: > go
returns_ 5 pjoin run end > out || fail=1
test -z "$(pjoin --list)" || fail=1

# JSON: one array, whatever there is.
pjoin --list --json > out || fail=1
echo '[]' > exp
compare exp out || fail=1
pspawn -q -N 'quo"te' sh -c 'exit 6' || fail=1
pspawn -q -N killed sh -c 'kill -TERM $$' || fail=1
returns_ 6 pjoin --json 'quo"te' killed > out || fail=1
sed 's/\("handle": "\)[0-9:]*"/\1H"/; s/\("pid": \)[0-9]*/\1N/
     s/: [0-9]*\.[0-9]\{3\}/: T/g; s/\("peak_kib": \)[0-9]*/\1N/' out \
  | sed 's/, "/,\n"/g' > got
# object_ NAME COMMAND STATUS SIGNAL
object_ ()
{
  cat <<EOF
"handle": "H",
"pid": N,
"name": "$1",
"scope": null,
"daemon": false,
"command": "$2",
"state": "ended",
"status": $3,
"signal": $4,
"timed_out": false,
"elapsed": T,
"user": T,
"system": T,
"peak_kib": N
EOF
}
{
  object_ 'quo\"te' "sh -c 'exit 6'" 6 null
  object_ killed "sh -c 'kill -TERM \$\$'" 143 '"TERM"'
} | sed 's/^"handle.*/ {&/; 1s/^ /[/; s/^"peak.*/&},/; $s/,$/]/' > exp
compare exp got || fail=1
if python3 -c 'import json' 2> /dev/null; then
  python3 -c 'import json; json.load (open ("out"))' || fail=1
fi
pjoin --list --json $$ > out || fail=1
sed 's/"handle": "[0-9:]*", "pid": [0-9]*/H/' out > got
echo '[{H, "name": null, "scope": null, "daemon": false, "command": null,' \
  '"state": "running", "status": null, "signal": null, "timed_out": false,' \
  '"elapsed": null, "user": null, "system": null, "peak_kib": null}]' > exp
compare exp got || fail=1

no_leftovers_ 60 || fail=1

Exit $fail
