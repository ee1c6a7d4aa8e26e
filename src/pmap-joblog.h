/* pmap: the job log.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_JOBLOG_H
#define PMAP_JOBLOG_H

#include "pmap-observer.h"

/* A job log.  Opaque to its users.  */
struct pmap_joblog;

/* Open the job log that O asks for, for the run of its command, and lock it as
   the guard of the run; read it if the run resumes, or make it empty, but never
   do that for --dry-run.  Exit if that fails, or if it is of another command.
   Return null if O asks for none.  */
struct pmap_joblog *pmap_joblog_open (struct pmap_options const *o);

/* In the process that is to write L: lock it.  Exit if that fails.  */
void pmap_joblog_take_over (struct pmap_joblog *l);

/* Whether TASK, whose items are the next of the list, need not be run, for L
   says that it was.  L may be null.  */
bool pmap_joblog_skips (struct pmap_joblog *l, struct mp_task *task);

/* Return who writes L, of the run INFO.  It frees L in the end.  */
struct pmap_observer pmap_joblog_observer (struct pmap_joblog *l,
                                           struct pmap_info const *info);

/* In the guard: its worker knows what L holds, which may be null.  */
void pmap_joblog_forget (struct pmap_joblog *l);

/* Free L, which may be null, in a process that does not write it.  */
void pmap_joblog_free (struct pmap_joblog *l);

#endif
