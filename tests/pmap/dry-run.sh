#!/bin/sh
# --dry-run and -v show commands that sh takes back.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

printf '%s\0' plain 'a b' "it's" 'say "hi"' '$HOME' '`x`' '*' '~' '' -n 'a\b' \
  'new
line' "$(printf 'tab\there')" "$(printf '\001\177')" "$(printf '\377\376')" \
  '{}' '!' '#x' 'A=b' 'x=$(y)' > items || framework_failure_
pmap -0 printf '<%s>\n' x{}y z < items > exp || framework_failure_

for locale in C C.UTF-8; do
  (LC_ALL=$locale; export LC_ALL
   pmap -0 --dry-run printf '<%s>\n' x{}y z < items) > script 2> err || fail=1
  compare /dev/null err || fail=1
  # Escapes such as $'\001' need a shell that knows them.
  for shell in sh bash; do
    if test "$($shell -c "echo \$'\\101'" 2> /dev/null)" = A; then
      $shell script > out || fail=1
      cmp exp out || { warn_ "not read back by $shell"; fail=1; }
    fi
  done

  (LC_ALL=$locale; export LC_ALL
   pmap -0 -P1 -v printf '<%s>\n' x{}y z < items) > out 2> shown || fail=1
  cmp exp out || fail=1
  compare script shown || fail=1
done

# Nothing is run.
pmap --dry-run touch ::: made || fail=1
test ! -e made || fail=1
# Not even looked for.
pmap --dry-run no-such-command x ::: a b > out || fail=1
printf 'no-such-command x a\nno-such-command x b\n' > exp
compare exp out || fail=1
# The numbers are there; the slot is the first one.
pmap -n2 --dry-run echo '{#}' '{%}' '{}' ::: a b c > out || fail=1
printf 'echo 1 1 a b\necho 2 1 c\n' > exp
compare exp out || fail=1
pmap --dry-run echo < /dev/null > out || fail=1
compare /dev/null out || fail=1

# What could not be shown.
printf 'a\nb\0c\n' | returns_ 123 pmap --dry-run echo > out 2> err || fail=1
echo 'echo a' > exp
compare exp out || fail=1
echo 'pmap: item 2 holds a NUL byte, which no argument can' > exp
compare exp err || fail=1
returns_ 123 pmap --dry-run --max-chars=8 echo ::: a long b > out 2> err \
  || fail=1
printf 'echo a\necho b\n' > exp
compare exp out || fail=1
echo "pmap: item 'long' is too long for --max-chars" > exp
compare exp err || fail=1
if test -w /dev/full; then
  returns_ 125 pmap --dry-run echo ::: a > /dev/full 2> err || fail=1
  echo 'pmap: write error: No space left on device' > exp
  compare exp err || fail=1
fi
returns_ 125 pmap --dry-run -a missing echo > out 2> err || fail=1

# Items that come slowly: each one after the line before it was seen.
mkfifo in || framework_failure_
env "$mark_" pmap --dry-run echo < in > out 2> err &
pid=$!
# seen_ N
# Succeed if the lines 1 to N have come, and nothing else.
seen_ () { seq $1 | sed 's/^/echo /' | cmp - out > /dev/null 2>&1; }
exec 8> in
for i in 1 2 3; do
  echo $i >&8
  retry_until_ 30 seen_ $i || { warn_ "line $i has not come"; fail=1; }
done
exec 8>&-
wait $pid || fail=1
seen_ 3 || fail=1
compare /dev/null err || fail=1

# With -v, how tasks have failed.
returns_ 123 pmap -P1 -v sh -c 'test $1 != kill || kill -KILL $$; exit $1' _ \
  ::: 0 7 kill > out 2> err || fail=1
grep '^pmap: ' err > messages
printf '%s\n' "pmap: item '7': exit status 7" \
  "pmap: item 'kill': ended by signal KILL" \
  "pmap: 2 of 3 tasks failed: '7' (exit 7), 'kill' (signal KILL)" > exp
compare exp messages || fail=1

Exit $fail
