#!/bin/sh
# Install the plain names of programs that are installed under others, for
# configure's --with-unprefixed-dir; or take them away.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: unprefixed.sh links|data|uninstall
# "links" makes the links to programs, "data" the man pages and completions.
# The makefile passes on, in the environment: unprefixed_dir; bindir; names, all
# programs as "NAME=INSTALLED-NAME"; bash, zsh and fish, each empty where
# completions of that shell are not wanted; and DESTDIR, srcdir, SHELL, MKDIR_P
# and INSTALL_DATA.

# squeeze FOLDER
# Print its name without a slash that says nothing.
squeeze () { printf '%s\n' "$1" | sed 's,///*,/,g; s,\(.\)/$,\1,'; }

# A folder "bin" has its man pages in "share/man" beside it: so man finds those
# of the programs that PATH finds there.
unprefixed_dir=$(squeeze "$unprefixed_dir")
share=${unprefixed_dir%/*}/share
man_dir=$DESTDIR$share/man/man1
link_dir=$DESTDIR$unprefixed_dir

# relative FROM TO
# Print what leads from the folder FROM to the folder TO, with a slash at its
# end.  Both are absolute.
relative ()
{
  from=$1/
  to=$(squeeze "$2")/
  while test -n "$from" && test "${from%%/*}" = "${to%%/*}"; do
    from=${from#*/}
    to=${to#*/}
  done
  up=
  while test -n "$from"; do
    up=../$up
    from=${from#*/}
  done
  printf '%s\n' "$up$to"
}

# install_links PAIR...
install_links ()
{
  way=$(relative "$unprefixed_dir" "$bindir")
  $MKDIR_P "$link_dir" || return
  for pair; do
    echo " ln -s $way${pair#*=} '$link_dir/${pair%%=*}'"
    # No moment is without the name.
    rm -f "$link_dir/${pair%%=*}-t" \
      && ln -s "$way${pair#*=}" "$link_dir/${pair%%=*}-t" \
      && mv -f "$link_dir/${pair%%=*}-t" "$link_dir/${pair%%=*}" || return
  done
}

# install_pages PAIR...
install_pages ()
{
  $MKDIR_P "$man_dir" || return
  for pair; do
    page=doc/man/${pair%%=*}.1
    test -f "$page" || page=$srcdir/$page
    echo " $INSTALL_DATA $page '$man_dir'"
    $INSTALL_DATA "$page" "$man_dir" || return
  done
}

# completions install|uninstall PAIR...
completions ()
{
  goal=$1
  shift
  plain=
  for pair; do
    plain="$plain ${pair%%=*}=${pair%%=*}"
  done
  # They ask pjoin for handles, which is a plain name here, too.
  names=$plain bash_dir=${bash:+$share/bash-completion/completions} \
    zsh_dir=${zsh:+$share/zsh/site-functions} \
    fish_dir=${fish:+$share/fish/vendor_completions.d} \
    $SHELL "$srcdir/contrib/completion/install.sh" "$goal"
}

# remove_folders FOLDER...
# Remove those that are empty, and what is empty then above them.
remove_folders ()
{
  for folder; do
    while test -n "$folder" && test "$folder" != "${unprefixed_dir%/*/*}" \
          && rmdir "$DESTDIR$folder" 2> /dev/null; do
      folder=${folder%/*}
    done
  done
}

# uninstall PAIR...
uninstall ()
{
  for pair; do
    rm -f "$link_dir/${pair%%=*}" "$man_dir/${pair%%=*}.1" || return
  done
  completions uninstall "$@" || return
  remove_folders "$share/man/man1" "$share/bash-completion/completions" \
    "$share/zsh/site-functions" "$share/fish/vendor_completions.d" \
    "$unprefixed_dir"
}

export DESTDIR srcdir MKDIR_P INSTALL_DATA
action=$1
set --
for pair in $names; do
  test "${pair%%=*}" = "${pair#*=}" || set -- "$@" "$pair"
done
# Without a folder, or another name, there is nothing to do.
test -n "$unprefixed_dir" && test $# -gt 0 || exit 0
case $action in
  links)     install_links "$@" ;;
  data)      install_pages "$@" && completions install "$@" ;;
  uninstall) uninstall "$@" ;;
esac
