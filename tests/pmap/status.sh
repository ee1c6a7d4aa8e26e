#!/bin/sh
# Exit statuses and diagnostics.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# check_ STATUS OUT ERR COMMAND...
# Run COMMAND with the items a, b, c and compare; a backslash counts in OUT
# and ERR as in printf's formats.
check_ ()
{
  local status_="$1" out_="$2" err_="$3"
  shift 3
  printf 'a\nb\nc\n' | returns_ "$status_" "$@" > out 2> err \
    || { warn_ "status: $*"; fail=1; }
  printf -- "$out_" > exp
  compare exp out || { warn_ "output: $*"; fail=1; }
  printf "$err_" > exp
  compare exp err || { warn_ "errors: $*"; fail=1; }
}
try="Try 'pmap --help' for more information.\n"

# Success, and failures of tasks, with their count.
check_ 0 'a\nb\nc\n' '' pmap echo
check_ 123 '' "pmap: 3 of 3 tasks failed: 'a' (exit 1), 'b' (exit 1), \
'c' (exit 1)\n" pmap false
check_ 123 '' "pmap: 1 of 3 tasks failed: 'b' (exit 1)\n" \
  pmap sh -c 'test $1 != b' _
check_ 123 '' "pmap: 2 of 2 tasks failed: 'a' (exit 1), 'c' (exit 1)\n" \
  pmap -n2 false
check_ 123 '' "pmap: 1 of 1 task failed: 'a' (exit 1)\n" pmap -n3 false
# Whatever the way of the failure.
for how in 'exit 1' 'exit 2' 'exit 123' 'exit 125' 'exit 126' 'exit 127' \
           'exit 255' 'kill -KILL $$' 'kill -TERM $$'; do
  said=$(echo "$how" | sed 's/kill -\(.*\) \$\$/signal \1/')
  check_ 123 'a\nb\nc\n' "pmap: 3 of 3 tasks failed: 'a' ($said), 'b' ($said), \
'c' ($said)\n" \
    pmap sh -c "echo \$1; $how" _
done

# Usage.
check_ 125 '' "pmap: no command was given\n$try" pmap
check_ 125 '' "pmap: no command was given\n$try" pmap -P2
check_ 125 '' "pmap: no command was given\n$try" pmap ::: a
check_ 125 '' "pmap: no command was given\n$try" pmap --
check_ 125 '' "pmap: unrecognized option '--wrong'\n$try" pmap --wrong echo
check_ 125 '' "pmap: invalid option -- '!'\n$try" pmap -! echo
check_ 125 '' "pmap: option requires an argument -- 'n'\n$try" pmap -n
check_ 125 '' "pmap: option '--tag' doesn't allow an argument\n$try" \
  pmap --tag=x echo
for d in '' ab '\q' '\x' '\x100' '\400' '\08' '\' '\x1g' '\-1'; do
  # A backslash alone is a delimiter.
  test "x$d" = 'x\' && continue
  q=$(printf '%s\n' "$d" | sed 's/\\/\\\\\\\\/g')
  check_ 125 '' "pmap: invalid delimiter: '$q'\n$try" pmap -d "$d" echo
done
for k in '' x -1 1x 1y ' 1' inf; do
  check_ 125 '' "pmap: invalid duration: '$k'\n$try" pmap -k "$k" echo
  check_ 125 '' "pmap: invalid duration: '$k'\n$try" \
    pmap --kill-after="$k" echo
done
for k in 0 1 .5 1.5s 20ms 2m 1h 1d 99999999999d; do
  check_ 0 'a\nb\nc\n' '' pmap -k "$k" echo
done

# Options after the command are the command's.
check_ 0 '-P x a\n-P x b\n-P x c\n' '' pmap echo -P x
check_ 0 '--help a\n--help b\n--help c\n' '' pmap printf '%s %s\n' --help
check_ 0 'a\nb\nc\n' '' pmap -- echo

# Items that cannot be had.
check_ 125 '' "pmap: cannot open 'missing': No such file or directory\n" \
  pmap -a missing echo
check_ 125 '' "pmap: cannot open 'missing': No such file or directory\n" \
  pmap echo :::: missing
mkdir folder || framework_failure_
check_ 125 '' "pmap: cannot read 'folder': Is a directory\n" \
  pmap -a folder echo
returns_ 125 pmap echo < folder > out 2> err || fail=1
echo 'pmap: cannot read standard input: Is a directory' > exp
compare exp err || fail=1
# Root reads everything; an ordinary user of this machine may be unable to get
# here.
echo x > unreadable && chmod a-r unreadable || framework_failure_
if have_user_; then
  check_ 125 '' "pmap: cannot open 'unreadable': Permission denied\n" \
    run_as_user_ pmap -a unreadable echo
fi

# Commands that cannot be run: none runs at all.
check_ 127 '' "pmap: cannot run 'no-such': No such file or directory\n" \
  pmap no-such
check_ 127 '' "pmap: cannot run './no-such': No such file or directory\n" \
  pmap ./no-such
check_ 127 '' "pmap: cannot run '': No such file or directory\n" pmap ''
echo 'echo x' > not-executable || framework_failure_
check_ 126 '' "pmap: cannot run './not-executable': Permission denied\n" \
  pmap ./not-executable
check_ 126 '' "pmap: cannot run './folder': Permission denied\n" \
  pmap ./folder
check_ 126 '' "pmap: cannot run './not-executable/x': Not a directory\n" \
  pmap ./not-executable/x
# A number is perhaps meant for another pmap.
check_ 127 '' "pmap: cannot run '1234': No such file or directory\n\
pmap: to see the memory map of process 1234, use the pmap of procps, usually \
/usr/bin/pmap\n" pmap 1234
# But a program may be called so.
mkdir bin && printf '#!/bin/sh\necho $1\n' > bin/1234 && chmod a+x bin/1234 \
  || framework_failure_
check_ 0 'a\nb\nc\n' '' env PATH="$PWD/bin:$PATH" pmap 1234
# One that cannot start after all is not tried for every item.
printf '#!/no/such/interpreter\n' > bin/bad && chmod a+x bin/bad \
  || framework_failure_
check_ 126 '' "pmap: cannot run 'bin/bad' for item 'a': No such file or \
directory\n" pmap bin/bad

# An item with a NUL byte fails, the others do not.
printf 'a\nb\0b\nc\n' | returns_ 123 pmap -P1 echo > out 2> err || fail=1
printf 'a\nc\n' > exp
compare exp out || fail=1
printf '%s\n' 'pmap: item 2 holds a NUL byte, which no argument can' \
  'pmap: 1 of 3 tasks failed: '"'b' (not run)" > exp
compare exp err || fail=1

# An item that no command line can hold fails, the others do not.  What is
# said of it is short.
{ echo a; head -c 5000000 /dev/zero | tr '\0' x; echo; echo c; } > in \
  || framework_failure_
returns_ 123 pmap echo < in > out 2> err || fail=1
printf 'a\nc\n' > exp
compare exp out || fail=1
{
  printf "pmap: cannot run 'echo' for item '"
  printf '%060d' 0 | tr 0 x
  echo "...': Argument list too long"
  printf "pmap: 1 of 3 tasks failed: '"
  printf '%060d' 0 | tr 0 x
  echo "...' (not run)"
} > exp
compare exp err || fail=1
# A long item is cut between characters: these have two bytes, or three.
characters=$(printf '\303\251 \343\201\202')
test "$(printf "$characters" | LC_ALL=C.UTF-8 wc -m)" -eq 3 || characters=
for c in $characters; do
  for before in '' a ab; do
    item=$before$(printf '%030d' 0 | sed "s/0/$c/g")
    returns_ 123 env LC_ALL=C.UTF-8 pmap false ::: $item 2> err || fail=1
    sed 's/\.\.\.//; s/[^0-9\\]//g' err > digits
    echo 111 > exp
    compare exp digits || { cat err; fail=1; }
  done
done
# One of half that size the kernel takes as an environment variable or as an
# argument at most; at 100 kB it is both.
{ head -c 100000 /dev/zero | tr '\0' x; echo; } > in || framework_failure_
pmap sh -c 'printf "%s\n" "$1" "$PMAP_ITEM"' _ < in > out || fail=1
cat in ./in > exp
cmp exp out || fail=1

# PATH is searched anew if the command is an item.
check_ 123 'x\n' "pmap: cannot run '{}' for item 'no-such': No such file or \
directory\npmap: 1 of 2 tasks failed: 'no-such' (not run)\n" \
  pmap {} x ::: no-such echo

# The suffix of a message is right where one task of many fails.
seq 1000 > in
returns_ 123 pmap -P4 sh -c 'test $1 != 500' _ < in > out 2> err || fail=1
echo "pmap: 1 of 1000 tasks failed: '500' (exit 1)" > exp
compare exp err || fail=1

Exit $fail
