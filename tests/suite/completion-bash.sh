#!/bin/sh
# Completion in bash: the words that it offers.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
use_records_

bash -c 'test "${BASH_VERSINFO[0]}" -ge 4' 2> /dev/null \
  || skip_ 'there is no bash, or an old one'

for p in $PROGRAMS; do
  file=$abs_builddir/contrib/completion/$p.bash
  test -f "$file" || file=$abs_srcdir/contrib/completion/$p.bash
  cp "$file" . || framework_failure_
  bash -n $p.bash || fail=1
done

# complete_ LINE: print, sorted and on one line, what is offered at the end of
# LINE.  Readline cuts its words at = and :, and gives these, in runs, as words.
cat > complete.bash <<'END_OF_BASH'
. "./${1%% *}.bash"
complete_ ()
{
  local line=$1 rest=$1 cur function
  COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=()
  while [[ -n $rest ]]; do
    if [[ $rest =~ ^' '+ ]]; then
      rest=${rest:${#BASH_REMATCH}}
      [[ -n $rest ]] || COMP_WORDS+=('')
    else
      [[ $rest =~ ^[=:]+ || $rest =~ ^[^=:' ']+ ]]
      COMP_WORDS+=("$BASH_REMATCH")
      rest=${rest:${#BASH_REMATCH}}
    fi
  done
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  cur=${COMP_WORDS[-1]}
  [[ $cur != [=:]* ]] || cur=
  function=$(complete -p "${COMP_WORDS[0]}") || return
  function=${function#*-F }
  COMPREPLY=()
  ${function%% *} "${COMP_WORDS[0]}" "$cur" "${COMP_WORDS[-2]}"
  printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u | tr '\n' ' ' \
    | sed 's/ $//'
}
complete_ "$1"
END_OF_BASH

# offers_ LINE WORDS
# Is exactly this offered?
offers_ ()
{
  bash --norc complete.bash "$1" > actual 2> err || { cat err; fail=1; }
  printf %s "$2" > expected
  compare expected actual || { warn_ "not what '$1' wants"; fail=1; }
  compare /dev/null err || fail=1
}

mkdir folder || framework_failure_
touch fold-not 'two words' || framework_failure_
PATH=$PWD/bin:$PATH
mkdir bin || framework_failure_
printf '#!/bin/sh\n' > bin/mputils-test-command
chmod +x bin/mputils-test-command || framework_failure_

# Names of options.
offers_ 'pmap --dr' '--dry-run'
offers_ 'pjoin --firs' '--first-failure'
offers_ 'pmap -P 4 --dr' '--dry-run'
offers_ 'ncpu --me' '--mem-per-job='
offers_ 'pspawn --no-such' ''

# Their arguments.
offers_ 'pspawn --start-method=f' 'fork forkserver'
offers_ 'pspawn --start-method f' 'fork forkserver'
offers_ 'pspawn --start-method=' 'fork forkserver spawn'
offers_ 'ncpu --round=n' 'nearest'
offers_ 'pmap --arg-file=fo' 'fold-not folder'
offers_ 'pmap -a fo' 'fold-not folder'
offers_ 'pmap -0a fo' 'fold-not folder'
offers_ 'pmap -afo' '-afold-not -afolder'
offers_ 'pmap -a tw' 'two words'
offers_ 'pspawn --stdin=in' 'inherit'
offers_ 'pspawn -i fo' 'fold-not folder'
offers_ 'pmap --timeout=5' '5d 5h 5m 5ms 5s'
offers_ 'pmap -t x' ''
offers_ 'pjoin -s TER' 'TERM'
offers_ 'pjoin -s SIGTER' 'SIGTERM'
offers_ 'pmap --halt=now,f' 'now,fail='
offers_ 'pmap --halt=now,fail=1' ''
offers_ 'pmap --resume=' 'any'
offers_ 'pmap -b5' '-b5G -b5K -b5M -b5T'

# Commands and items.
offers_ 'pmap mputils-test-c' 'mputils-test-command'
offers_ 'pmap -P 4 -0 mputils-test-c' 'mputils-test-command'
offers_ 'pmap -P4 --timeout=3 mputils-test-c' 'mputils-test-command'
offers_ 'pmap --timeout 3 mputils-test-c' 'mputils-test-command'
offers_ 'pmap --resume mputils-test-c' 'mputils-test-command'
offers_ 'pspawn -- mputils-test-c' 'mputils-test-command'
offers_ 'pmap mputils-test-command ::: fo' 'fold-not folder'
offers_ 'pmap mputils-test-command --x ::: a fo' 'fold-not folder'
offers_ 'pmap -c script ' '::: ::::'
offers_ 'pmap -c script ::: fo' 'fold-not folder'
offers_ 'ncpu fo' ''

# Handles.
pspawn_ -N first true > handle || fail=1
pspawn_ -q -N second true || fail=1
handle=$(cat handle)
offers_ 'pjoin f' 'first'
offers_ 'pjoin -v first s' 'second'
offers_ 'pkill-tree -s KILL s' 'second'
offers_ "pjoin ${handle%%:*}:" "${handle#*:}"
offers_ 'pjoin --all f' ''
pjoin first second || fail=1
offers_ 'pjoin f' ''

# With bash-completion, or what stands for it here, the arguments of COMMAND are
# its own.
cat >> pmap.bash <<'END_OF_BASH'
_command_offset () { COMPREPLY=("from-${COMP_WORDS[$1]}"); }
END_OF_BASH
offers_ 'pmap -P 4 -v mputils-test-command --x' 'from-mputils-test-command'
offers_ 'pmap --arg-file=x true ' 'from-true'

Exit $fail
