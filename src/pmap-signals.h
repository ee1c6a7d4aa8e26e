/* pmap: the signals of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_SIGNALS_H
#define PMAP_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* The signal state of a run.  */
struct pmap_signals
{
  sigset_t handled;             /* those that we look at, but SIGCHLD */
  sigset_t before;              /* the mask that we were started with */
  sigset_t waiting;             /* the mask while the pool waits */
  sigset_t working;             /* the mask while it does not */
  sigset_t defaults;            /* what tasks have at their default */
  bool pipe_ignored;            /* we were started with SIGPIPE ignored */
};

/* The signals that end a run; 0 is behind the last.  */
extern int const pmap_end_signals[];

/* Block the signals that a run looks at, and note in S what tasks are to get.
   SIGHUP stays ignored if it was, as nohup wants it; the others count even if
   a shell has started us in the background.  */
void pmap_signals_prepare (struct pmap_signals *s);

/* Note from now on, for mp_sigflags_take, the signals that a run looks at.  */
void pmap_signals_install (struct pmap_signals const *s);

/* Nothing is left that could be left behind: from now on, the signals S that
   end a run end this process, which might wait for ever until somebody reads
   its last messages.  */
void pmap_signals_admit_end (struct pmap_signals const *s);

#endif
