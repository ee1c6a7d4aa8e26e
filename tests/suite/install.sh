#!/bin/sh
# make install: under DESTDIR, under another prefix, under other names; and
# make uninstall takes everything away.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# What the make that runs the tests has passed on is not for this one.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS

dest=$PWD/dest

# install_as_ TRANSFORM GOAL
# Make GOAL in the build folder, with the names put through the sed script
# TRANSFORM, which is what configure makes of --program-prefix and its like.
install_as_ ()
{
  local transform_
  # make takes a $ for its own.
  transform_=$(printf '%s\n' "$1" | sed 's/\$/$$/g')
  (
    cd "$abs_builddir" \
      && make -s "$2" DESTDIR="$dest" prefix=/opt/mp transform="$transform_"
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
    test -s "$dest/opt/mp/share/man/man1/$name.1" \
      || { warn_ "$name.1 is not installed"; fail=1; }

    page=$dest/opt/mp/share/man/man1/$name.1
    sed 's/\\-/-/g' "$page" > page
    grep -e "^$name - " page > /dev/null \
      || { warn_ "$name.1 does not say $name"; fail=1; }
    grep -i "^\.TH $name " page > /dev/null || fail=1

    # So do the completions; those of handles ask pjoin.
    check_completion_ "bash-completion/completions/$name" \
      "^complete -F [^ ]* $name\$" "^  local pjoin=$pjoin\$"
    check_completion_ "zsh/site-functions/_$name" \
      "^#compdef $name\$" "^local pjoin=$pjoin\$"
    check_completion_ "fish/vendor_completions.d/$name.fish" \
      "^set -l command $name\$" "^set -l pjoin $pjoin\$"

    # The program calls itself what the user does.
    (PATH=$dest/opt/mp/bin:$PATH; $name --help) > help || fail=1
    grep "^Usage: $name " help > /dev/null \
      || { warn_ "$name --help does not say $name"; fail=1; }
    (PATH=$dest/opt/mp/bin:$PATH; $name --no-such-option) 2> err
    printf '%s\n' "$name: unrecognized option '--no-such-option'" \
      "Try '$name --help' for more information." > expected
    compare expected err || fail=1
  done
  test -s "$dest/opt/mp/share/info/mputils.info" \
    || { warn_ 'the manual is not installed'; fail=1; }

  install_as_ "$1" uninstall || { fail=1; return; }
  # install-info's index of all manuals is not ours alone.
  find "$dest" ! -type d ! -name dir > left
  compare /dev/null left || fail=1
  rm -rf "$dest"
}

try_as_ 's,x,x,'
try_as_ 's,^,mp-,'
try_as_ 's,$,-mp,'
try_as_ 's,^pmap$,mpmap,'

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
