/* Callbacks: scripts that get what tasks have written, one after the other.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CALLBACK_H
#define MP_CALLBACK_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct mp_task;

/* What is to be called.  Everything stays the caller's.  */
struct mp_callbacks
{
  char const *success;          /* a script, or null */
  char const *failure;          /* likewise */
  sigset_t const *mask;         /* the signal mask of the scripts */
  sigset_t const *defaults;     /* signals that they have at their default */
};

/* The exit status that TASK, which has ended, comes to: as a shell tells of it,
   but 124 if its time was over and 125 if it could not be run.  */
int mp_callback_status (struct mp_task const *task);

/* The script of C for TASK, which has ended, or null.  */
char const *mp_callback_script (struct mp_callbacks const *c,
                                struct mp_task const *task);

/* Start SCRIPT for TASK, with its item, or its number if it has none, and its
   status as "$1" and "$2" and the descriptor INPUT as its standard input, and
   store its process in *PID.
   Return 0 or an errno value.  */
int mp_callback_start (struct mp_callbacks const *c, char const *script,
                       struct mp_task const *task, int input, pid_t *pid);

#endif
