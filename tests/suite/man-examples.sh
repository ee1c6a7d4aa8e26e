#!/bin/sh
# The examples of the man pages work, with stand-ins for what is not ours.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_
cleanup_ () { kill_leftovers_; }

# What the examples run.  Each writes its name and arguments, some do more.
mkdir bin || framework_failure_
stand_in_ ()
{
  { echo '#!/bin/sh'; echo 'echo "${0##*/} $*"'; cat; } > "bin/$1" \
    && chmod +x "bin/$1" || framework_failure_
}
for name in analyse compute convert job mail python3 script; do
  stand_in_ $name < /dev/null
done
stand_in_ make <<'END'
case $* in *-j4) exec sleep 1000 ;; esac
END
stand_in_ taskset <<'END'
test "$1" = -c && shift 2 && exec "$@"
END
# Of services, there is this one.
printf '#!/bin/sh\ncat "$SERVER"\n' > bin/pidof
# As ssh -T -oBatchMode=yes HOST, whose shell reads the words.
printf '#!/bin/sh\nshift 3\neval "$*"\n' > bin/ssh
chmod +x bin/pidof bin/ssh || framework_failure_
path_prepend_ "$(pwd)/bin"
SERVER=$(pwd)/server.pid
export SERVER

# run_ EXAMPLE [SECONDS]
# Run the commands of the file EXAMPLE in a folder with what they need, and a
# service that ends after SECONDS.
run_ ()
{
  mkdir folder && cd folder || framework_failure_
  ln -s ../bin/analyse ../bin/compute ../bin/job ../bin/script .
  mkdir one two
  seq 9 > numbers; seq 9999 > log; cp log a.log; echo numbers > files
  echo 'int x;' > a.c; : > a.jpg; : > b.jpg
  MPUTILS_DIR=$(pwd)/records
  export MPUTILS_DIR
  (env "$mark_" sleep ${2-1000} > /dev/null 2>&1 & echo $! > "$SERVER")
  cp "$SERVER" .
  env "$mark_" timeout 60 sh ../$1 > ../out 2> ../err < /dev/null
  status=$?
  # Not every kernel tells how a process that is no child has ended.
  if test $status = 122 && grep 'cannot be known$' ../err > /dev/null; then
    status=0
    : > ../err
  fi
  cd .. || framework_failure_
  kill_leftovers_
  rm -rf folder
  return $status
}

n=0
for p in $PROGRAMS; do
  # Each example is between .nf and .fi.
  awk -v p=$p '
    /^\[/ { section = $0 }
    section != "[EXAMPLES]" { next }
    /^\.nf$/ { inside = 1; n++; next }
    /^\.fi$/ { inside = 0 }
    inside && /^\.\\" not run: / { inside = 0 }
    inside { sub (/^    /, ""); gsub (/\\-/, "-"); gsub (/\\e/, "\\")
             print > ("example-" p "-" n) }' "$abs_srcdir/doc/man/$p.x" \
    || framework_failure_
  for e in example-$p-*; do
    test -f $e || { warn_ "$p has no examples"; fail=1; continue; }
    n=$((n + 1))
    case $(cat $e) in
      # Who waits for the service sees it end, and not before: on a busy machine
      # it takes longer to begin.
      *'pjoin $(pidof'*) run_ $e 1 || run_ $e 5 || run_ $e 20 ;;
      *) run_ $e ;;
    esac || { warn_ "$e: status $?"; cat $e out err; fail=1; }
    compare /dev/null err || { cat $e; fail=1; }
  done
done
test $n -ge 15 || { warn_ "only $n examples"; fail=1; }

Exit $fail
