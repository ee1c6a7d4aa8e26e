#!/bin/sh
# make install: under DESTDIR, under another prefix, under other names, and then
# under the plain ones as well; and make uninstall takes everything away.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# What the make that runs the tests has passed on is not for this one.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS

dest=$PWD/dest
plain=/opt/mp/libexec/mputils/bin

# install_as_ TRANSFORM GOAL
# Make GOAL in the build folder, with the names put through the sed script
# TRANSFORM, which is what configure makes of --program-prefix and its like.
install_as_ ()
{
  local transform_
  # make takes a $ for its own.
  transform_=$(printf '%s\n' "$1" | sed 's/\$/$$/g')
  # Packages have configure set each folder.
  (
    cd "$abs_builddir" \
      && make -s "$2" DESTDIR="$dest" prefix=/opt/mp exec_prefix=/opt/mp \
        bindir=/opt/mp/bin libexecdir=/opt/mp/libexec \
        datarootdir=/opt/mp/share datadir=/opt/mp/share \
        mandir=/opt/mp/share/man infodir=/opt/mp/share/info \
        docdir=/opt/mp/share/doc/mputils localedir=/opt/mp/share/locale \
        bash_completion_dir=/opt/mp/share/bash-completion/completions \
        zsh_completion_dir=/opt/mp/share/zsh/site-functions \
        fish_completion_dir=/opt/mp/share/fish/vendor_completions.d \
        transform="$transform_" unprefixed_dir="$plain"
  ) > log 2>&1 || { cat log; return 1; }
}

# check_completion_ FILE PATTERN...
# Has FILE, under share, a line for each PATTERN?
check_completion_ ()
{
  local file_=$1
  shift
  for pattern; do
    grep -e "$pattern" "$dest/opt/mp/share/$file_" > /dev/null \
      || { warn_ "$file_ has no line $pattern"; fail=1; }
  done
}

# check_page_ PAGE NAME
# Is PAGE, under DEST, the man page of NAME?
check_page_ ()
{
  test -s "$dest/$1" || { warn_ "$1 is not installed"; fail=1; }
  sed 's/\\-/-/g' "$dest/$1" > page
  grep -e "^$2 - " page > /dev/null \
    || { warn_ "$1 does not say $2"; fail=1; }
  grep -i "^\.TH $2 " page > /dev/null || fail=1
}

# check_messages_ FOLDER NAME
# Does the program NAME in FOLDER, under DEST, call itself what the user does?
check_messages_ ()
{
  env PATH="$dest/$1:$PATH" $2 --help > help || fail=1
  grep "^Usage: $2 " help > /dev/null \
    || { warn_ "$2 --help does not say $2"; fail=1; }
  env PATH="$dest/$1:$PATH" $2 --no-such-option 2> err
  printf '%s\n' "$2: unrecognized option '--no-such-option'" \
    "Try '$2 --help' for more information." > expected
  compare expected err || fail=1
}

# check_plain_ PROGRAM NAME
# PROGRAM, installed as NAME: is its plain name where it should be?
check_plain_ ()
{
  local share_=libexec/mputils/share
  if test $1 = $2; then
    ! test -h "$dest$plain/$1" \
      || { warn_ "a link of $1 is not needed"; fail=1; }
    return
  fi
  echo "../../../bin/$2" > expected
  readlink "$dest$plain/$1" > actual
  compare expected actual || fail=1
  check_messages_ $plain $1
  check_page_ opt/mp/$share_/man/man1/$1.1 $1
  grep -i "^\.TH $2 " page && fail=1

  check_completion_ ../$share_/bash-completion/completions/$1 \
    "^complete -F [^ ]* $1\$" '^  local pjoin=pjoin$'
  check_completion_ ../$share_/zsh/site-functions/_$1 \
    "^#compdef $1\$" '^local pjoin=pjoin$'
  check_completion_ ../$share_/fish/vendor_completions.d/$1.fish \
    "^set -l command $1\$" '^set -l pjoin pjoin$'
}

# try_as_ TRANSFORM
# Install, try and uninstall.
try_as_ ()
{
  install_as_ "$1" install || { fail=1; return; }
  pjoin=$(echo pjoin | sed "$1")
  for p in $PROGRAMS; do
    name=$(echo $p | sed "$1")
    test -x "$dest/opt/mp/bin/$name" \
      || { warn_ "$name is not installed"; fail=1; }
    check_page_ "opt/mp/share/man/man1/$name.1" $name

    # So do the completions; those of handles ask pjoin.
    check_completion_ "bash-completion/completions/$name" \
      "^complete -F [^ ]* $name\$" "^  local pjoin=$pjoin\$"
    check_completion_ "zsh/site-functions/_$name" \
      "^#compdef $name\$" "^local pjoin=$pjoin\$"
    check_completion_ "fish/vendor_completions.d/$name.fish" \
      "^set -l command $name\$" "^set -l pjoin $pjoin\$"

    check_messages_ /opt/mp/bin $name
    check_plain_ $p $name
  done
  test -s "$dest/opt/mp/share/info/mputils.info" \
    || { warn_ 'the manual is not installed'; fail=1; }

  install_as_ "$1" uninstall || { fail=1; return; }
  # install-info's index of all manuals is not ours alone.
  find "$dest" ! -type d ! -name dir > left
  compare /dev/null left || fail=1
  ! test -d "$dest/opt/mp/libexec/mputils" \
    || { warn_ 'a folder of plain names is left'; fail=1; }
  rm -rf "$dest"
}

try_as_ 's,x,x,'
try_as_ 's,^,mp-,'
try_as_ 's,$,-mp,'
try_as_ 's,^pmap$,mpmap,'

# There is no other folder unless it is wanted.  It may be anywhere; a link that
# is there already is made anew.
plain=
install_as_ 's,^pmap$,mpmap,' install-unprefixed-links || fail=1
test ! -d "$dest" || { warn_ 'a folder was not wanted'; fail=1; }
plain=/opt/plain//bin/
for i in 1 2; do
  install_as_ 's,^pmap$,mpmap,' install-unprefixed-links || fail=1
  (cd "$dest" && ls -d opt/*/* opt/plain/bin/* && readlink opt/plain/bin/*) \
    > actual
  printf '%s\n' opt/plain/bin opt/plain/bin/pmap ../../mp/bin/mpmap > expected
  compare expected actual || fail=1
done
rm -rf "$dest"

# No completion goes where none is wanted.
(
  cd "$abs_builddir" \
    && make -s install-completions DESTDIR="$dest" bash_completion_dir= \
      zsh_completion_dir= fish_completion_dir=/fish
) > log 2>&1 || { cat log; fail=1; }
(cd "$dest" && find . -type f | sed 's,/[^/]*$,,' | uniq) > actual
echo ./fish > expected
compare expected actual || fail=1

Exit $fail
