#!/bin/sh
# --progress: a line on the terminal that is in nobody's way, or messages.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
script -qec true /dev/null > /dev/null 2>&1 < /dev/null \
  || skip_ 'there is no script(1) of util-linux to make a terminal'
TERM=xterm LC_ALL=C
export TERM LC_ALL
unset COLUMNS

# on_terminal_ COLUMNS COMMAND
# Run the shell COMMAND on a terminal so wide, at which standard input is typed.
# What it shows goes to the file shown.
on_terminal_ ()
{
  timeout 120 script -qec "stty cols $1; $2" /dev/null > shown
}

# frames_
# Print the lines that were drawn, one a line: each is erased from its end on.
frames_ ()
{
  awk 'BEGIN { RS = "\r" } { n = index ($0, "\033[J") }
    n > 1 && !/\n/ { print substr ($0, 1, n - 1) }' shown 2> /dev/null
}

# shows_ REGEXP
# Succeed if a line that matches REGEXP was drawn.
shows_ () { frames_ | grep -e "$1" > /dev/null; }

# shows_later_ REGEXP
# Wait until it is.
shows_later_ ()
{
  retry_until_ 60 shows_ "$1" || { warn_ "not shown: $1"; : > failed; }
}

# screen_
# Print what is on the terminal, however long it is, when all that was shown is
# there.
screen_ ()
{
  awk 'BEGIN { RS = "\n" }
    {
      line = ""
      at = 0
      for (i = 1; i <= length ($0); i++)
        {
          c = substr ($0, i, 1)
          if (c == "\r")
            at = 0
          else if (substr ($0, i, 3) == "\033[J")
            {
              line = substr (line, 1, at)
              i += 2
            }
          else
            {
              line = substr (line, 1, at) c substr (line, at + 2)
              at++
            }
        }
      print line
    }' shown
}

# check_screen_
# Check that the lines of the file exp are on the screen at the end, and that
# nothing was waited for in vain.
check_screen_ ()
{
  test ! -e failed || { rm failed; fail=1; }
  screen_ | sed '/^$/d' > screen
  compare exp screen || { od -c shown | tail -n 50; fail=1; }
}

cat > task <<'END'
echo "out $1"
case $1 in
  bad) exit 3 ;;
  wait*) until test -e go; do sleep .05; done ;;
esac
END

# The line fits, output and messages do not meet it, and nothing of it is left.
for columns in 20 40 80 200; do
  rm -f go shown
  what='2/4 1 failed'
  test $columns = 20 || what='\[####* *\] .*2/4  *1 failed .*ETA'
  {
    shows_later_ "$what"
    : > go
  } | on_terminal_ $columns \
      'pmap --progress -P4 sh task ::: a bad wait1 wait2; echo $? > status'
  printf '%s\n' 'out a' 'out bad' 'out wait1' 'out wait2' > exp
  echo "pmap: 1 of 4 tasks failed: 'bad' (exit 3)" >> exp
  check_screen_
  echo 123 > exp
  compare exp status || fail=1
  frames_ > frames
  awk -v n=$columns 'length ($0) >= n { exit 1 }' frames \
    || { warn_ "too wide for $columns:"; cat frames; fail=1; }
done
awk 'length ($0) > 100 { exit 1 }' frames \
  && { warn_ 'the terminal is wide, and the line is not'; cat frames; fail=1; }

# Without a size, the environment has it.
rm -f go shown
{
  shows_later_ '1/2'
  : > go
} | on_terminal_ 0 'COLUMNS=30 pmap --progress -P2 sh task ::: a wait'
frames_ > frames
awk 'length ($0) >= 30 { exit 1 }' frames || { cat frames; fail=1; }

# A terminal that becomes narrower.
rm -f go shown narrow
{
  shows_later_ '^.\{50\}'
  : > narrow
  shows_later_ '^.\{20,29\}$'
  : > go
} | on_terminal_ 80 'pmap --progress -P3 sh -c "
  case \$1 in
    1) until test -e narrow; do sleep .05; done; stty cols 30 < \$0 ;;
    2) until test -e go; do sleep .05; done ;;
  esac" "$(tty)" ::: 0 1 2'
: > exp
check_screen_

# There is no line while the cursor is within one.
rm -f go shown
{
  retry_until_ 60 grep abc shown > /dev/null || : > failed
  retry_until_ 1 test -e never
  : > go
  shows_later_ '2/3'
  : > gone
} | on_terminal_ 80 'pmap --progress -P2 sh -c "
  case \$1 in
    1) printf abc; until test -e go; do sleep .05; done; echo def ;;
    3) until test -e gone; do sleep .05; done ;;
  esac" _ ::: 1 2 3'
echo abcdef > exp
check_screen_

# Standard output that goes elsewhere does not matter.
rm -f go shown
{
  shows_later_ '1/2'
  : > go
} | on_terminal_ 80 'pmap --progress -P2 sh task ::: a wait > out'
: > exp
check_screen_
printf '%s\n' 'out a' 'out wait' > exp
compare exp out || fail=1

# Another program that draws on the terminal has it for itself.
rm -f shown
on_terminal_ 80 'stty -icanon
  pmap --progress sh -c "sleep 1.5" ::: a' < /dev/null
frames_ > frames
compare /dev/null frames || fail=1

# ^C: nothing is left.
rm -f shown status
{
  shows_later_ '1/2'
  printf '\003'
  retry_until_ 60 test -e status
} | on_terminal_ 80 "trap : INT; env '$mark_' pmap --progress -k .1 -P2 \
  sh -c 'test \$1 = 1 || exec sleep 1000' _ ::: 1 2; echo \$? > status"
: > exp
check_screen_
echo 130 > exp
compare exp status || fail=1
no_leftovers_ 0 || fail=1

# ^Z: the line is gone before the shell goes on, and back after fg.
if bash -c true; then
  rm -f shown status stopped go
  {
    echo 'pmap --progress -P2 sh task ::: a wait > out'
    shows_later_ '1/2'
    printf '\032'
    echo 'echo the"" shell; : > stopped'
    retry_until_ 60 test -e stopped || : > failed
    frames_ | wc -l > before
    echo fg
    more_ () { test $(frames_ | wc -l) -gt $(cat before); }
    retry_until_ 60 more_ || { warn_ 'no line after fg'; : > failed; }
    : > go
    echo 'echo $? > status; exit'
    retry_until_ 60 test -e status
  } | on_terminal_ 200 'PS1=ready, HISTFILE= exec bash --noprofile --norc -i'
  check_gone_ () { ! screen_ | grep -F '[#'; }
  check_gone_ || { od -c shown | tail -n 50; fail=1; }
  screen_ | grep '^the shell' > /dev/null || fail=1
  echo 0 > exp
  compare exp status || fail=1
  test ! -e failed || fail=1
fi

# The guard erases what a pool that was killed has left.
rm -f shown
{
  shows_later_ '0/1'
  kill -KILL $(cat pool)
} | on_terminal_ 80 "env '$mark_' pmap --progress \
  sh -c 'echo \$PPID > pool; exec sleep 1000' _ ::: 1"
echo 'pmap: the pool was ended by signal 9' > exp
check_screen_
no_leftovers_ 20 || fail=1

# How many there are is known when the input has ended.
rm -f shown go
mkfifo items || framework_failure_
{
  exec 7> items
  printf 'a\n' >&7
  shows_later_ ' 1 done'
  printf 'wait\n' >&7
  exec 7>&-
  shows_later_ ' 1/2'
  : > go
} | on_terminal_ 80 'pmap --progress -P1 sh task < items > out'
: > exp
check_screen_

# Of what a pipe holds that is complete, it is known, and of a file that is not
# read yet, estimated.
rm -f shown go
{
  shows_later_ ' 1/3'
  : > go
} | on_terminal_ 80 \
    'printf "%s\n" a wait b | pmap --progress -P1 sh task > out'
: > exp
check_screen_
rm -f shown go
seq 100000 199999 > many
{
  shows_later_ ' 2/~100000 '
  : > go
} | on_terminal_ 80 'pmap --progress -P1 -a many -d "\n" sh -c "
  test \$1 != 100002 || until test -e go; do sleep .05; done
  test \$1 != 100004 || kill -INT \$PPID" _ > out'

# An item that a filter has answered is done, whatever becomes of its chunk.
rm -f shown go
{
  shows_later_ ' 3/10 '
  : > go
} | on_terminal_ 80 'seq 10 | pmap --progress -P1 -n10 -w sh -c "
  while read -r i; do
    test \$i != 4 || until test -e go; do sleep .05; done
    echo \$i
  done" > out'
: > exp
check_screen_

# An attempt that is made again is neither done nor a failure.
rm -f shown go
{
  shows_later_ '1/2'
  : > go
} | on_terminal_ 80 'pmap --progress -P2 --retries=2 --retry-delay=.01 sh -c "
  test \$1 = 1 || test \$PMAP_ATTEMPT = 2 || exit 1
  test \$1 = 1 || until test -e go; do sleep .05; done" _ ::: 1 2'
shows_ failed && { frames_; fail=1; }
: > exp
check_screen_

# Where there is no terminal that can erase, or others write to it, there are
# messages.
cat > slow <<'END'
until cat err shown 2> /dev/null | grep ' 1/2'; do sleep .05; done > /dev/null
END
time_='[0-9]*:[0-9][0-9]'
check_messages_ ()
{
  tr -d '\r' < "$1" \
    | sed "s,1/2.*,1/2,; s/in $time_\$/in TIME/" | uniq > got
  printf 'pmap: %s\n' '1/2' '2/2, in TIME' > exp
  compare exp got || fail=1
}
rm -f shown
pmap --progress -P2 sh -c 'test $1 = 1 || . ./slow' _ ::: 1 2 2> err || fail=1
check_messages_ err
rm -f err
for how in 'TERM=dumb pmap' 'pmap --ungrouped' 'pmap --callback=:'; do
  rm -f shown
  on_terminal_ 80 "$how --progress -P2 \
    sh -c 'test \$1 = 1 || . ./slow' _ ::: 1 2" < /dev/null
  check_messages_ shown
done

# The last one comes however short the run, and counts failures.
pmap --progress sh -c 'exit $1' _ ::: 0 1 2> err
sed "s/in $time_\$/in TIME/" err > got
echo 'pmap: 2/2, 1 failed, in TIME' > exp
echo "pmap: 1 of 2 tasks failed: '1' (exit 1)" >> exp
compare exp got || fail=1

Exit $fail
