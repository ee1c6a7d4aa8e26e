/* Note signals, to be looked at when it suits.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "sigflags.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#ifndef NSIG
# define NSIG 65
#endif

/* How many times each signal has come.  Signals are blocked while a count is
   taken, so none is lost.  */
static sig_atomic_t volatile count[NSIG];

/* As with pending signals, to stop undoes to continue and the other way
   round: the last one of them counts.  */
static void
note (int sig)
{
  if (sig == SIGCONT)
    count[SIGTSTP] = 0;
  else if (sig == SIGTSTP)
    count[SIGCONT] = 0;
  if (count[sig] < SIG_ATOMIC_MAX)
    count[sig]++;
}

bool
mp_sigflags_ignored (int sig)
{
  struct sigaction sa;
  return sigaction (sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

int
mp_sigflags_install (int sig)
{
  struct sigaction sa = { .sa_handler = note };
  sigfillset (&sa.sa_mask);
  return sigaction (sig, &sa, NULL) == 0 ? 0 : errno;
}

int
mp_sigflags_take (int sig)
{
  sigset_t block, old;
  if (!count[sig])
    return 0;
  sigemptyset (&block);
  sigaddset (&block, sig);
  sigprocmask (SIG_BLOCK, &block, &old);
  int n = count[sig];
  count[sig] = 0;
  sigprocmask (SIG_SETMASK, &old, NULL);
  return n;
}
