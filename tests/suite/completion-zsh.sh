#!/bin/sh
# Completion in zsh, on a terminal: the words that it offers.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
use_records_

zsh -fc 'autoload -U compinit; zmodload zsh/zpty && whence -w _main_complete ||
  print -l $^fpath/_main_complete(N) | grep .' > /dev/null 2>&1 \
  || skip_ 'there is no zsh with completion and zpty'
timeout 10 true > /dev/null 2>&1 || skip_ 'there is no timeout'

mkdir functions || framework_failure_
for p in $PROGRAMS; do
  file=$abs_builddir/contrib/completion/$p.zsh
  test -f "$file" || file=$abs_srcdir/contrib/completion/$p.zsh
  cp "$file" functions/_$p || framework_failure_
  zsh -n functions/_$p || fail=1
done

# Type lines and a tab, each with what must come then, at a shell on a terminal.
# What comes before that is kept for the one who asks why it did not.
cat > type.zsh <<'END_OF_ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; unset zle_bracketed_paste; setopt no_beep'
zpty -w shell "fpath=($PWD/functions \$fpath); LISTMAX=1000; COLUMNS=200"
zpty -w shell 'autoload -U compinit && compinit -u -D'
zpty -w shell "bindkey '^I' list-choices; bindkey '^U' kill-buffer"
zpty -w shell 'print REA""DY'
zpty -r -m shell seen '*READY*'
while (( $# )); do
  print -r -- "'$1' does not offer '$2'" > failed
  zpty -w -n shell "$1"$'\t'
  zpty -r -m shell seen "*${(b)2}*"
  print -r -- "$seen" >> seen
  # The line goes, and what is still to come of the list.
  zpty -w -n shell $'\x15'
  zpty -w shell 'print NE""XT'
  zpty -r -m shell seen '*NEXT*'
  shift 2
done
rm failed
zpty -d shell
END_OF_ZSH

mkdir folder || framework_failure_
touch fold-not || framework_failure_
PATH=$PWD/bin:$PATH
mkdir bin || framework_failure_
printf '#!/bin/sh\n' > bin/mputils-test-command
chmod +x bin/mputils-test-command || framework_failure_

pspawn_ -N first true > handle || fail=1
handle=$(cat handle)
help=$(pmap --help | sed -n 's/^ *--dry-run  *//p')

TERM=dumb timeout 120 env "$mark_" zsh -f type.zsh \
  'pmap --dr' "--dry-run  -- $help" \
  'pmap -P 4 --dr' '--dry-run' \
  'pjoin --firs' '--first-failure' \
  'pspawn --start-method=fo' 'forkserver' \
  'pspawn --start-method fo' 'forkserver' \
  'ncpu --round=n' 'nearest' \
  'pmap -a fol' 'folder' \
  'pspawn --stdin=inh' 'inherit' \
  'pmap -t 5' '5ms' \
  'pjoin -s TER' 'TERM' \
  'pmap --halt=now,f' 'now,fail=' \
  'pmap --resume=' 'any' \
  'pmap mputils-test-c' 'mputils-test-command' \
  'pmap -P 4 -0 mputils-test-c' 'mputils-test-command' \
  'pmap --resume mputils-test-c' 'mputils-test-command' \
  'pmap -P4 pjoin --firs' '--first-failure' \
  'pmap true ::: a fol' 'folder' \
  'pmap -c script ' ':::' \
  'pjoin f' 'first' \
  "pjoin ${handle%?}" "$handle" \
  'pkill-tree -s KILL f' 'first' \
  > out 2>&1 < /dev/null \
  || { cat out failed; fail=1; }

Exit $fail
