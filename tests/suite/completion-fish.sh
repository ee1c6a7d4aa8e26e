#!/bin/sh
# Completion in fish: the words that it offers.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
use_records_

HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data
export HOME XDG_CONFIG_HOME XDG_DATA_HOME
fish -c true > /dev/null 2>&1 || skip_ 'there is no fish that works'

mkdir vendor || framework_failure_
for p in $PROGRAMS; do
  file=$abs_builddir/contrib/completion/$p.fish
  test -f "$file" || file=$abs_srcdir/contrib/completion/$p.fish
  cp "$file" vendor || framework_failure_
  fish -n vendor/$p.fish || fail=1
done

cat > complete.script <<'END_OF_FISH'
set fish_complete_path $PWD/vendor
complete -C "$argv[1]"
END_OF_FISH

# offers_ LINE WORDS [DESCRIPTION]
# Is exactly this offered at the end of LINE, and the first with that?
offers_ ()
{
  fish complete.script "$1" > out 2> err || { cat err; fail=1; }
  compare /dev/null err || fail=1
  cut -f 1 out | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//' > actual
  printf %s "$2" > expected
  compare expected actual || { warn_ "not what '$1' wants"; fail=1; }
  test $# -lt 3 || test "$(cut -f 2 out | head -n 1)" = "$3" \
    || { warn_ "'$1' is not described as '$3'"; fail=1; }
}

mkdir folder || framework_failure_
touch fold-not || framework_failure_
PATH=$PWD/bin:$PATH
mkdir bin || framework_failure_
printf '#!/bin/sh\n' > bin/mputils-test-command
chmod +x bin/mputils-test-command || framework_failure_

help=$(pmap --help | sed -n 's/^ *--dry-run  *//p')
offers_ 'pmap --dr' '--dry-run' "$help"
offers_ 'pmap -P 4 --dr' '--dry-run' "$help"
offers_ 'pjoin --firs' '--first-failure'
offers_ 'pspawn --start-method=f' \
  '--start-method=fork --start-method=forkserver'
offers_ 'pspawn --start-method f' 'fork forkserver'
offers_ 'pmap -a fo' 'fold-not folder/'
offers_ 'pspawn --stdin=in' '--stdin=inherit'
offers_ 'pmap -t 5' '5d 5h 5m 5ms 5s'
offers_ 'pjoin -s TER' 'TERM'
offers_ 'pmap --resume=' '--resume=any'

offers_ 'pmap mputils-test-c' 'mputils-test-command'
offers_ 'pmap -P 4 -0 mputils-test-c' 'mputils-test-command'
offers_ 'pmap --timeout 3 mputils-test-c' 'mputils-test-command'
offers_ 'pmap -vP 4 mputils-test-c' 'mputils-test-command'
offers_ 'pmap -P4 --timeout=3 mputils-test-c' 'mputils-test-command'
offers_ 'pmap -P4 pjoin --firs' '--first-failure'
offers_ 'pmap --resume mputils-test-c' 'mputils-test-command'
offers_ 'pspawn -- mputils-test-c' 'mputils-test-command'
offers_ 'pmap mputils-test-command ::: a fo' 'fold-not folder/'
offers_ 'pmap -c script ' '::: ::::'
offers_ 'pmap -c script ::: fo' 'fold-not folder/'
offers_ 'ncpu fo' ''

pspawn_ -N first true > handle || fail=1
offers_ 'pjoin f' 'first'
offers_ 'pkill-tree -s KILL f' 'first'
offers_ 'pjoin --all f' ''
handle=$(cat handle)
offers_ "pjoin ${handle%?}" "$handle"
pjoin first || fail=1

Exit $fail
