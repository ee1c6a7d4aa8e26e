#!/bin/sh
# --json: an object for each task.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# plain_ FILE
# Print FILE with times and amounts, which are never the same, replaced by T.
plain_ ()
{
  sed 's/"\(start\|elapsed\|user\|system\)": [0-9]*\.[0-9]\{6\}/"\1": T/g
    s/"peak_kib": [1-9][0-9]*/"peak_kib": T/
    s/"host": "[^"]*"/"host": H/' "$1"
}

# valid_ FILE N
# Succeed if FILE is N lines, each a valid object, as far as that can be
# told.
valid_ ()
{
  test "$(wc -l < "$1")" = $2 || { warn_ "not $2 lines"; return 1; }
  if test -n "$python"; then
    python3 -c 'import json, sys
for line in open (sys.argv[1], encoding="utf-8"):
    assert type (json.loads (line)) is dict' "$1"
  fi
}
python=
python3 -c 'import json' 2> /dev/null && python=yes

head='"outcome": "success", "status": 0, "signal": null, "error": null'
head="$head, \"timed_out\": false, \"attempt\": 1"
tail='"host": H, "start": T, "elapsed": T, "user": T, "system": T'
tail=", \"slot\": 1, $tail, \"peak_kib\": T, \"stdout\": "
e=' "stderr": "e"}'

# All members, in order; standard error is in the object, too.
pmap -P1 --json sh -c 'echo "o $1"; printf e >&2' _ ::: a 'b c' > out 2> err \
  || fail=1
compare /dev/null err || fail=1
valid_ out 2 || fail=1
plain_ out > plain
script="sh -c 'echo \\\"o \$1\\\"; printf e >&2' _"
cat > exp <<END2
{"index": 1, "item": "a", "command": "$script a", $head$tail"o a\\n",$e
{"index": 2, "item": "b c", "command": "$script 'b c'", $head$tail"o b c\\n",$e
END2
compare exp plain || fail=1

# The host and the time are true.
grep -F "\"host\": \"$(uname -n)\"" out > /dev/null || fail=1
now=$(date +%s)
sed 's/.*"start": \([0-9]*\).*/\1/' out | while read t; do
  test $((now - t)) -ge 0 && test $((now - t)) -lt 100 || echo "$t"
done > wrong
compare /dev/null wrong || fail=1

# How tasks end.
returns_ 123 pmap -P1 -t .5 -k 0.1 --json sh -c 'case $1 in
    1) exit 3 ;;
    2) kill -9 $$ ;;
    3) exec sleep 100 ;;
  esac' _ ::: 1 2 3 > out 2> err || fail=1
valid_ out 3 || fail=1
sed 's/.*"outcome": \(.*\), "attempt.*/\1/' out > ends
cat > exp <<'END2'
"exit", "status": 3, "signal": null, "error": null, "timed_out": false
"signal", "status": 137, "signal": "KILL", "error": null, "timed_out": false
"timeout", "status": 143, "signal": "TERM", "error": null, "timed_out": true
END2
compare exp ends || fail=1

# One that cannot be run.
printf 'a\0b\n' | returns_ 123 pmap --json echo > out 2> err || fail=1
valid_ out 1 || fail=1
tr -d '\n' > exp <<'END2'
{"index": 1, "item": "a\u0000b", "command": null, "outcome": "error",
 "status": null, "signal": null, "error": "Invalid argument",
 "timed_out": false, "attempt": 1, "slot": null, "host": H, "start": null,
 "elapsed": null, "user": null, "system": null, "peak_kib": null,
 "stdout": "", "stderr": ""}
END2
echo >> exp
plain_ out > plain
compare exp plain || fail=1

# The last attempt is the one that counts, and its output.
pmap --retries=3 --retry-delay=1ms --json sh -c \
  'echo $PMAP_ATTEMPT; test $PMAP_ATTEMPT = 3' _ ::: a > out || fail=1
grep '"attempt": 3.*"stdout": "3\\n"' out > /dev/null || { cat out; fail=1; }

# Bytes of any kind.  What is not UTF-8 is in base64: cut off, too long,
# a surrogate, beyond Unicode.
while read -r name bytes; do
  printf "$bytes" > in-$name
  pmap --json sh -c 'cat in-$1; cat in-$1 >&2' _ ::: $name > out || fail=1
  valid_ out 1 || fail=1
  sed 's/.*"stdout/"stdout/' out > got-$name
done <<'END2'
control \000\001\010\t\n\r\033\177"\\/
good \302\200\337\277\340\240\200\355\237\277\357\277\277
higher \360\220\200\200\364\217\277\277
cut \303
long \300\200
longer \340\237\277
longest \360\217\277\277
surrogate \355\240\200
beyond \364\220\200\200
huge \365\200\200\200
alone a\200
END2
control='\u0000\u0001\u0008\t\n\r\u001b\u007f\"\\/'
for i in control good higher; do
  s=$control
  test $i = control || s=$(cat in-$i)
  printf '"stdout": "%s", "stderr": "%s"}\n' "$s" "$s" > exp
  compare exp got-$i || fail=1
done
for i in cut:ww== long:wIA= longer:4J+/ longest:8I+/vw== surrogate:7aCA \
         beyond:9JCAgA== huge:9YCAgA== alone:YYA=; do
  echo "\"stdout_base64\": \"${i#*:}\", \"stderr_base64\": \"${i#*:}\"}" > exp
  compare exp got-${i%%:*} || fail=1
done

# The same of items; of several, all are in base64 if one must be.
printf '%s\0' '' '../x' 'a
b' "$(printf '\303\274')" "$(printf '\377')" | pmap -0 --json true > out \
  || fail=1
valid_ out 5 || fail=1
sed 's/^{"index": [0-9]*, //; s/, "command.*//' out > items
cat > exp <<'END2'
"item": ""
"item": "../x"
"item": "a\nb"
"item": "ü"
"item_base64": "/w=="
END2
compare exp items || fail=1
pmap -n2 --json true ::: a 'b"' "$(printf '\377')" c d > out || fail=1
valid_ out 3 || fail=1
sed 's/^{"index": [0-9]*, //; s/, "command.*//' out > items
cat > exp <<'END2'
"items": ["a", "b\""]
"items_base64": ["/w==", "Yw=="]
"items": ["d"]
END2
compare exp items || fail=1

# All modes.  Filters do not tell what an item has taken; a block has no item.
seq 3 | pmap -P1 --json -c 'echo "<$1"; echo e >&2' > out 2> err || fail=1
compare /dev/null err || fail=1
valid_ out 3 || fail=1
sed 's/, "command.*"stdout/, "stdout/' out > short
for i in 1 2 3; do
  printf '%s %s\n' \
    "{\"index\": $i, \"item\": \"$i\", \"stdout\": \"<$i\\n\"," \
    "\"stderr\": \"e\\n\"}"
done > exp
compare exp short || fail=1
for order in '' -u; do
  seq 3 | pmap -P1 $order --json -w sed 's/^/</' > out || fail=1
  valid_ out 3 || fail=1
  sed 's/, "command.*"stdout/, "stdout/' out > short
  sed 's/"e\\n"/""/' exp > exp-w
  compare exp-w short || fail=1
done
printf 'a\nb\n' | pmap -b -n1 --json cat > out || fail=1
valid_ out 2 || fail=1
sed 's/, "outcome.*"stdout/, "stdout/' out > short
cat > exp <<'END2'
{"index": 1, "command": "cat", "stdout": "a\n", "stderr": ""}
{"index": 2, "command": "cat", "stdout": "b\n", "stderr": ""}
END2
compare exp short || fail=1

# In order, whatever ends first, and as they end with -u.
cat > backwards <<'END2'
test $1 = 4 || sh "$abs_srcdir/tests/await" test -e done-$(($1 + 1))
: > done-$1
END2
cat > backwards-u <<'END2'
test $1 = 4 || sh "$abs_srcdir/tests/await" \
  grep -F "\"item\": \"$(($1 + 1))\"" out-u > grep-$1
END2
pmap -P4 --json sh backwards ::: 1 2 3 4 > out || fail=1
pmap -P4 -u --json sh backwards-u ::: 1 2 3 4 > out-u || fail=1
cat out-u >> out
valid_ out 8 || fail=1
sed 's/.*"item": "\(.\)".*/\1/' out | tr -d '\n' > got
printf 12344321 > exp
compare exp got || fail=1

# Outputs that memory does not hold: text and what is none, through files.
cat > large <<'END2'
head -c 5000000 /dev/zero | tr '\0' x
head -c 5000000 /dev/zero | tr '\0' '\377' >&2
END2
pmap -P3 --json sh large ::: a b c > out || fail=1
test "$(wc -l < out)" = 3 || fail=1
if test -n "$python"; then
  python3 -c 'import base64, json
for line in open ("out"):
    o = json.loads (line)
    assert o["stdout"] == "x" * 5000000
    assert base64.b64decode (o["stderr_base64"]) == b"\377" * 5000000' \
    || fail=1
fi

# No file for them: the task has failed, and the object is valid without.
(TMPDIR=$PWD/none returns_ 123 pmap -P1 --json \
   sh -c 'test $1 = b || head -c 9000000 /dev/zero | tr "\0" x' _ ::: a b) \
  > out 2> err || fail=1
valid_ out 2 || fail=1
grep '^{"index": 1, .*"outcome": "error".*"error": "No such file or dir' out \
  > /dev/null || fail=1
grep '^{"index": 2, .*"outcome": "success"' out > /dev/null || fail=1
cat > exp <<'END2'
pmap: cannot pass on the output of item 'a': No such file or directory
pmap: 1 of 2 tasks failed: 'a' (output lost)
END2
compare exp err || fail=1

# Whoever reads only a part ends the run.
seq 1000 | pmap --json echo 2> err | head -n 1 > out
valid_ out 1 || fail=1
compare /dev/null err || fail=1

for option in --ungrouped --tag --tagstring=x --line-buffered \
              --callback=true --error-callback=true; do
  returns_ 125 pmap --json $option echo ::: a > out 2> err || fail=1
  compare /dev/null out || fail=1
  grep -e '--json' err | grep 'exclude each other' > /dev/null \
    || { cat err; fail=1; }
done

Exit $fail
