/* pmap: the signals of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-signals.h"

#include <stddef.h>

#include "sigflags.h"

int const pmap_end_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };

/* The others that mean something to a run: stop, go on, more, fewer.  */
static int const other_signals[] = { SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2 };

enum { N_OTHER_SIGNALS = sizeof other_signals / sizeof *other_signals };

void
pmap_signals_prepare (struct pmap_signals *s)
{
  sigset_t block;
  sigemptyset (&s->handled);
  for (int i = 0; pmap_end_signals[i]; i++)
    if (pmap_end_signals[i] != SIGHUP || !mp_sigflags_ignored (SIGHUP))
      sigaddset (&s->handled, pmap_end_signals[i]);
  for (int i = 0; i < N_OTHER_SIGNALS; i++)
    sigaddset (&s->handled, other_signals[i]);
  s->defaults = s->handled;
  sigaddset (&s->defaults, SIGCHLD);

  s->pipe_ignored = mp_sigflags_ignored (SIGPIPE);
  if (!s->pipe_ignored)
    sigaddset (&s->defaults, SIGPIPE);
  signal (SIGPIPE, SIG_IGN);
#ifdef SIGXFSZ
  /* To write too much to a file is an error like others.  */
  if (!mp_sigflags_ignored (SIGXFSZ))
    sigaddset (&s->defaults, SIGXFSZ);
  signal (SIGXFSZ, SIG_IGN);
#endif
  signal (SIGCHLD, SIG_DFL);

  block = s->handled;
  sigaddset (&block, SIGCHLD);
  /* In the terminal's background, a write must not stop us.  */
  sigaddset (&block, SIGTTOU);
  sigprocmask (SIG_BLOCK, &block, &s->before);
  sigprocmask (SIG_BLOCK, NULL, &s->working);
  s->waiting = s->before;
  sigaddset (&s->waiting, SIGTTOU);
  sigdelset (&s->waiting, SIGCHLD);
  for (int i = 0; pmap_end_signals[i]; i++)
    sigdelset (&s->waiting, pmap_end_signals[i]);
  for (int i = 0; i < N_OTHER_SIGNALS; i++)
    sigdelset (&s->waiting, other_signals[i]);
}

void
pmap_signals_install (struct pmap_signals const *s)
{
  mp_sigflags_install (SIGCHLD);
  for (int i = 0; pmap_end_signals[i]; i++)
    if (sigismember (&s->handled, pmap_end_signals[i]) == 1)
      mp_sigflags_install (pmap_end_signals[i]);
  for (int i = 0; i < N_OTHER_SIGNALS; i++)
    mp_sigflags_install (other_signals[i]);
}

void
pmap_signals_admit_end (struct pmap_signals const *s)
{
  sigset_t set;
  sigemptyset (&set);
  for (int i = 0; pmap_end_signals[i]; i++)
    if (sigismember (&s->handled, pmap_end_signals[i]) == 1)
      {
        signal (pmap_end_signals[i], SIG_DFL);
        sigaddset (&set, pmap_end_signals[i]);
      }
  sigprocmask (SIG_UNBLOCK, &set, NULL);
}
