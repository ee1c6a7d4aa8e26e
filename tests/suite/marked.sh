#!/bin/sh
# No sentence that a user sees escapes translation: each string of the source
# that looks like one is marked, and with all that is marked translated,
# programs say nothing untranslated.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/tests/l10n"

for tool in xgettext msgen msgfilter msgfmt msgattrib; do
  $tool --version > /dev/null 2>&1 || skip_ "there is no $tool"
done

# Strings in the source

# extract_ OUTPUT [OPTION]...
# Write the strings of the programs to OUTPUT; the library says nothing.
extract_ ()
{
  local output_=$1
  shift
  (cd "$abs_srcdir" && find src -name '*.c' | sort) > files
  xgettext --from-code=UTF-8 --no-wrap --directory="$abs_srcdir" \
    --files-from=files --add-location --output="$output_" "$@" 2> log \
    || { cat log; framework_failure_; }
}
extract_ marked.po --keyword --keyword=_ --keyword=N_ --keyword=ngettext:1,2
extract_ others.po --extract-all --exclude-file="$PWD/marked.po"
test "$(grep -c '^msgid' marked.po)" -gt 300 || framework_failure_

# Those that have words with a blank between them, but for what other programs
# and browsers read: JSON, HTML, commands.
sed -n 's/^msgid_plural "\(.*\)"$/\1/p' marked.po > plurals
awk '
  NR == FNR { plural[$0]; next }
  function decide ()
  {
    if (!(id in plural) && id ~ /[A-Za-z][a-z][,;:]? [a-z]+/ \
        && id !~ /\\"|^[-.#]*[a-z]+[^a-z]*[ ,][^{]*\{|[;{}]\\n$|^(ssh|srun) / \
        && id !~ /^(salloc|scancel|scontrol) |^<|^(exit|signal|error) %/ \
        && id !~ /^Copyright %s 2026/ \
        && where !~ /pmap-html-page\.c/)
      print where, id
    id = where = ""
  }
  /^#: /      { where = where substr ($0, 3) }
  /^msgid "/  { reading = 1 }
  /^msgstr "/ { reading = 0; decide () }
  reading {
    sub (/^msgid /, "")
    sub (/^"/, "")
    sub (/"$/, "")
    id = id $0
  }
' plurals others.po > escaped
compare /dev/null escaped || fail=1

# Programs in a language whose words have no a, e or o

mkdir -p locale/xx/LC_MESSAGES || framework_failure_
sed 's/charset=CHARSET/charset=UTF-8/' marked.po > utf8.po
msgen --output-file=en.po utf8.po || framework_failure_
LC_ALL=C.UTF-8 msgfilter --keep-header --input=en.po --output-file=xx.po \
  sed 'y/aeoAEO/áéóÁÉÓ/' || framework_failure_
msgfmt --output-file=locale/xx/LC_MESSAGES/mputils.mo xx.po \
  || framework_failure_
LC_ALL=C.UTF-8 LANGUAGE=xx
export LC_ALL LANGUAGE
ncpu --help | grep '^Uságé: ' > /dev/null \
  || skip_ 'translations do not work here'

# translated_ FILE
# Succeed if FILE has no word that a program could have said in English; else
# show it.  Names of programs, options, files and variables, quoted text and the
# C library's errors are the same in all languages here.
translated_ ()
{
  ! sed -e "s/^[-a-z]*: //; s/'[^']*'//g; s/\`[^']*'//g; s/‘[^’]*’//g" \
    -e 's/--[-a-z]*\(=[a-zA-Z]*\)\{0,1\}//g' \
    -e 's/\(^\|[ (]\)\(ncpu\|pmap\|pjoin\|pspawn\)\($\|[ .:,]\)/ /g' \
    -e 's/pkill-tree//g' \
    -e 's/^\([* ] \)[a-z]* /\1/; s/ sched_[a-z]*//; s, /[^ ]*, ,g' \
    -e 's/[A-Z_]*_[A-Z_]*//g' \
    -e 's/: No such file or directory$//; s/: No such process$//' \
    -e 's/: Not a directory$//; s/: Invalid argument$//' "$1" \
    | grep -n '[aeo]'
}

# says_ COMMAND...
# Run COMMAND, which says something, and look at all of it.
says_ ()
{
  "$@" > out 2> err < /dev/null
  test -s out || test -s err || { warn_ "nothing was said: $*"; fail=1; }
  translated_ out || { warn_ "this was said by $*"; fail=1; }
  translated_ err || { warn_ "this was said by $*"; fail=1; }
}

# gnulib's texts, those of --version and wrong options, are not in this catalog.
for p in $PROGRAMS; do
  says_ $p --help

  # A value that no option with an argument takes.
  LANGUAGE= $p --help | sed -n 's/^ .*--\([^ =[]*\)=.*/\1/p' \
    | LC_ALL=C sort -u > options
  while read -r option; do
    case $p,$option in
      # These take any value, or begin to work.
      *,name | *,on-exit | *,std* | pmap,*callback | pmap,command) ;;
      pmap,arg-file | pmap,colsep | pmap,env | pmap,failed | pmap,hosts) ;;
      pmap,initializer | pmap,joblog | pmap,launcher | pmap,re[cmp]*) ;;
      pmap,results | pmap,shell | pmap,slurm | pmap,ta* | pmap,trace) ;;
      pmap,workdir | pmap,delimiter | pjoin,report) ;;
      *) says_ $p "--$option=%" ./x ;;
    esac
  done < options
done

says_ ncpu ./x
says_ ncpu --explain
says_ ncpu --round=x
says_ ncpu --pid=99999999
says_ pjoin
says_ pjoin ./x
says_ pjoin 99999999
says_ pjoin --poll --follow 1
says_ pkill-tree
says_ pkill-tree 99999999
says_ pkill-tree $$
says_ pkill-tree 1
says_ pspawn
says_ pspawn ./x
says_ pspawn --start-method=x ./x
says_ pspawn --owner=99999999 true
says_ pmap
says_ pmap ./x ::: 1 2
printf '#!/bin/sh\nexit 3\n' > fz
chmod +x fz || framework_failure_
says_ pmap -v ./fz ::: 1 2
says_ pmap --summary true ::: 1 2
says_ pmap --summary false ::: 1 2
says_ pmap --progress true ::: 1 2
says_ pmap -t .1 sh -c 'kill -STOP $$' ::: 1
says_ pmap --halt=now,fail=1 false ::: 1 2 3
says_ pmap --deadline=.1 sh -c 'kill -STOP $$' ::: 1
says_ pmap --initializer='exit 3' -c : ::: 1
says_ pmap -w true ::: 1
says_ pmap '{7}' --colsep=, ::: 1,2
says_ pmap -b ./x ::: 1
says_ pmap --isolate ./x ::: 1
says_ pmap --send ./x ::: 1
says_ pmap --json --ungrouped ./x ::: 1
says_ pmap --hosts=x --launcher=false true ::: 1
says_ pmap -a ./x true
says_ pmap 'x y' ::: 1
says_ pmap $$
says_ pmap --resume ./x ::: 1
echo x > y
says_ pmap --joblog=y --resume true ::: 1
says_ pmap --results=./y true ::: 1

Exit $fail
