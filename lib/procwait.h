/* Wait for processes, children or not, without using the CPU.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCWAIT_H
#define MP_PROCWAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "procid.h"

/* A process that is waited for.  */
struct mp_procwait
{
  struct mp_procid id;
  int pidfd;                    /* or -1: look now and then */
  bool child;                   /* of this process */
  bool ended;                   /* found to have ended */
};

/* Flags of mp_procwait_open.  */
enum
{
  MP_PROCWAIT_NO_PIDFD = 1      /* do as if there were no pidfds */
};

/* Prepare W for the process that ID identifies, which may have ended already
   if it is a zombie still.  mp_procwait_close ends it.  A pidfd is held as
   long; where there is none, or no descriptor is free, the process is looked
   at instead, at growing intervals of up to 50 ms.
   Return 0; ESRCH if the process is gone; another errno value.  */
int mp_procwait_open (struct mp_procwait *w, struct mp_procid const *id,
                      unsigned int flags);

/* Wait until one or more of the N processes of W end, whose ENDED is still
   false; TIMEOUT (NULL for any time) bounds how long, 0 only looks.  Set the
   ENDED of those that have ended, and *WHICH to the first of them.  To wait
   for all, call it again until it returns ECHILD.
   While it waits, SIGMASK is the signal mask if it is not NULL, as with
   pselect(2): a signal that is blocked otherwise cannot come in between.
   No child is reaped.  A process has ended when its last thread has.
   Return 0; ETIMEDOUT; EINTR if a signal handler was run; ECHILD if all have
   ended before; another errno value if waiting is impossible (ENOMEM).  */
int mp_procwait_any (struct mp_procwait *w, size_t n,
                     struct timespec const *timeout, sigset_t const *sigmask,
                     size_t *which);

/* Store in *STATUS how the process of W, which has ended, did so, as waitpid
   would.  It is told
   - of a child until it is reaped (waitid(2) with WNOWAIT);
   - of a zombie to whoever may look into it (field 52 of /proc/PID/stat,
     proc(5));
   - of one that was reaped to whoever has held a pidfd (PIDFD_GET_INFO, Linux
     6.15 and later).
   If only the last will tell, wait up to GRACE (NULL for not at all) until its
   parent reaps it.
   Return 0; EAGAIN if it has not been reaped yet, and will be told then;
   ENODATA if it never will.  */
int mp_procwait_status (struct mp_procwait const *w,
                        struct timespec const *grace, int *status);

/* Free what W holds.  */
void mp_procwait_close (struct mp_procwait *w);

#endif
