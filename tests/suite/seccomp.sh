#!/bin/sh
# All programs work in sandboxes and on kernels that lack system calls.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/essentials.cfg"

require_proc_
skip_if_sanitized_
use_records_
refuse=$abs_builddir/tests/helpers/refuse
$refuse ENOSYS fstatfs true 2> err || skip_ "$(cat err)"

# without_ ERROR CALLS
# Try everything where the CALLS fail with ERROR, unless no program starts
# there.
without_ ()
{
  if $refuse $1 $2 true 2> err; then
    on_="$refuse $1 $2"
    where_="$1 from $2"
    essentials_
  else
    warn_ "not tried: $(cat err)"
  fi
}

# Kernels before 5.3, as such and below a sandbox that knows no more calls
# either; and one that knows half of them.
without_ ENOSYS pidfd_open,pidfd_send_signal
without_ EPERM pidfd_open,pidfd_send_signal
without_ EPERM pidfd_send_signal

# What else came late, for the C library, too; that takes EPERM from some of it
# for an answer.
late=epoll_pwait2,inotify_init1,memfd_create,preadv2,pwritev2
without_ ENOSYS clone3,close_range,faccessat2,renameat2,splice,statx,$late
without_ EPERM close_range,$late
without_ EPERM epoll_create1

Exit $fail
