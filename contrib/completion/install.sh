#!/bin/sh
# Install the completions, or take them away.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Usage: install.sh install|uninstall
# The makefile passes on, in the environment: bash_dir, zsh_dir and fish_dir,
# empty where a shell's completions are not wanted; names, the programs as
# "NAME=INSTALLED-NAME"; and DESTDIR, srcdir, MKDIR_P and INSTALL_DATA.

# installed_name NAME
installed_name ()
{
  for pair in $names; do
    test "${pair%%=*}" != "$1" || echo "${pair#*=}"
  done
}
pjoin=$(installed_name pjoin)
: "${pjoin:=pjoin}"

# rename OLD NEW < COMPLETION
# Let the completion of OLD be that of NEW.  Its lines that name programs are
# few: see write_bash and so on in generate.awk.
rename ()
{
  sed -e "s/^#compdef $1\$/#compdef $2/" \
    -e "s/^\\(# Completion of \\)$1 /\\1$2 /" \
    -e "s/^\\(complete -F [^ ]* \\)$1\$/\\1$2/" \
    -e "s/^\\(set -l command \\)$1\$/\\1$2/" \
    -e "s/^\\( *local pjoin=\\)pjoin\$/\\1$pjoin/" \
    -e "s/^\\(set -l pjoin \\)pjoin\$/\\1$pjoin/"
}

# install_one PROGRAM SHELL FOLDER FILE
# Install the completion of PROGRAM as FILE in FOLDER.
install_one ()
{
  from=contrib/completion/$1.$2
  test -f "$from" || from=$srcdir/$from
  echo " $INSTALL_DATA $from '$3/$4'"
  # No half of a file is ever there under its name.
  $MKDIR_P "$3" && $INSTALL_DATA "$from" "$3/$4-t" \
    && rename "$1" "$(installed_name "$1")" < "$from" > "$3/$4-t" \
    && mv -f "$3/$4-t" "$3/$4"
}

# each_file PROGRAM SHELL FOLDER FILE
each_file ()
{
  test -n "$3" || return 0
  case $action in
    install) install_one "$1" "$2" "$DESTDIR$3" "$4" ;;
    *) rm -f "$DESTDIR$3/$4" ;;
  esac
}

action=$1
for pair in $names; do
  program=${pair%%=*}
  new=${pair#*=}
  each_file "$program" bash "$bash_dir" "$new" \
    && each_file "$program" zsh "$zsh_dir" "_$new" \
    && each_file "$program" fish "$fish_dir" "$new.fish" \
    || exit 1
done
