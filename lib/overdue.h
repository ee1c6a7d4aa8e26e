/* Processes whose time is over.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_OVERDUE_H
#define MP_OVERDUE_H

#include <sys/types.h>

#include "monotime.h"

/* Children of the calling process that are ended, with all that they have
   started.  All zero: none.  */
struct mp_overdue
{
  struct mp_overdue_tree *first;
};

/* Begin to end the child PID, which leads a process group, and its descendants:
   send SIG now, and SIGKILL to what is left KILL_AFTER later.  This cannot
   fail, but where /proc does not show processes or memory is exhausted, only
   the process group is ended.  */
void mp_overdue_end (struct mp_overdue *o, pid_t pid, int sig,
                     mp_time kill_after);

/* Do what is due at NOW.  Return when something will be, or -1.  */
mp_time mp_overdue_tick (struct mp_overdue *o, mp_time now);

void mp_overdue_free (struct mp_overdue *o);

#endif
