/* The executor of fresh local processes: one a task.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LOCAL_H
#define MP_LOCAL_H

#include <signal.h>
#include <stdbool.h>

#include "binding.h"
#include "pool.h"
#include "template.h"

/* How to run tasks.  Everything stays the caller's and outlives the
   executor.  */
struct mp_local_options
{
  struct mp_template const *command;
  char const *file;             /* the program, resolved; or null: find the
                                   first word of each task's command */
  bool ungrouped;               /* tasks write to our own output */
  char const *initializer;      /* what a shell evaluates before it becomes the
                                   program, or null */
  char const *shell;            /* that shell, resolved; or null */

  /* Null, or gives a process whose block was read another one, with ARG: 0 and
     null if there is none any more, EAGAIN if the descriptor that MORE_FD
     returns must become readable first, or another errno value.  */
  int (*more) (void *arg, struct mp_block **block);
  int (*more_fd) (void *arg);
  void *arg;

  struct mp_binding const *binding;     /* by which slots have CPUs of their
                                           own, or null */
  sigset_t const *mask;         /* the signal mask of tasks */
  sigset_t const *defaults;     /* signals that tasks have at their default */
};

/* Store in *EX an executor that runs a new process for each task, with its
   standard input empty or its block, in a process group of its own, and with
   PMAP_ITEM (if it has one item), PMAP_INDEX, PMAP_SLOT and PMAP_ATTEMPT in
   its environment.  What it does not read of its block is dropped.  A task
   whose item holds a NUL byte fails with EINVAL.  One that wants to use the
   terminal is killed, and its error is ENOTTY.

   If the initializer of a task fails, so does the run with ECANCELED, and the
   shell's status is in (*EX)->failed_status; what it has written was noted.
   Its standard output is standard error.
   Return 0 or an errno value.  */
int mp_local_new (struct mp_local_options const *options,
                  struct mp_executor **ex);

/* Free EX, which is not used by a running pool any more.  */
void mp_local_free (struct mp_executor *ex);

#endif
