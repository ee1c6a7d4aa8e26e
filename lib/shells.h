/* The executor of warm shells: shells that live on and evaluate a script for
   each item.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SHELLS_H
#define MP_SHELLS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "binding.h"
#include "columns.h"
#include "pool.h"

/* How to run tasks.  Everything stays the caller's and outlives the
   executor.  */
struct mp_shells_options
{
  char const *shell;            /* its name, for itself */
  char const *file;             /* its program, resolved */
  char const *script;           /* what is evaluated for each item, with that
                                   as "$1" */
  char const *initializer;      /* what each shell evaluates first, or null */
  struct mp_columns const *columns;     /* what values the items have; null:
                                           each is one */
  bool isolate;                 /* evaluate the script in a subshell */
  size_t chunk;                 /* tasks that a shell is given at once; 0: as
                                   they fit */
  size_t max_tasks;             /* of a shell before it is replaced; 0: any */
  bool portable;                /* let the shell read what it evaluates from its
                                   standard input, as where there is no
                                   /dev/fd */
  struct mp_binding const *binding;     /* by which slots have CPUs of their
                                           own, or null */
  sigset_t const *mask;         /* the signal mask of the shells */
  sigset_t const *defaults;     /* signals that they have at their default */
};

/* Store in *EX an executor that evaluates the script for each task, whose items
   have one value or several ("$1", "$2"...), in one of several shells.  The
   items reach it as data, whatever bytes they hold, but a task whose item holds
   a NUL byte fails with EINVAL.  The script has an empty standard input, and
   PMAP_ITEM (if there is one row), PMAP_INDEX, PMAP_SLOT and PMAP_ATTEMPT in
   its environment; descriptors 7 and 8 may be taken.  What it changes, but for
   its standard output and error, stays for later tasks of the same shell.

   A task's status is that of the script.  If the shell ends with a task, its
   end is the task's; tasks that it has not begun are given to others.  What is
   written to its streams is of the task that runs; what comes when none does,
   has an output of its own.

   If a shell ends before its first task, because of the initializer or because
   the script cannot be parsed, the run fails with ECANCELED, and the shell's
   status is in (*EX)->failed_status; what it has said was noted.

   Return 0 or an errno value.  */
int mp_shells_new (struct mp_shells_options const *options,
                   struct mp_executor **ex);

/* Free EX, which is not used by a running pool any more.  */
void mp_shells_free (struct mp_executor *ex);

#endif
