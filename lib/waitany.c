/* Wait for any child, and learn what it has used.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "waitany.h"

#include <sys/resource.h>
#include <sys/wait.h>

#if HAVE_WAIT4
/* The CPU time T in nanoseconds.  */
static mp_time
cpu_time (struct timeval const *t)
{
  return t->tv_sec * 1000000000LL + t->tv_usec * 1000LL;
}
#endif

pid_t
mp_wait_any (int *status, int options, struct mp_usage *usage)
{
  *usage = (struct mp_usage) { .max_rss = 0 };
#if HAVE_WAIT4
  struct rusage r;
  pid_t pid = wait4 (-1, status, options, &r);
  if (0 < pid)
    *usage = (struct mp_usage) { .user = cpu_time (&r.ru_utime),
                                 .system = cpu_time (&r.ru_stime),
                                 .max_rss = r.ru_maxrss };
  return pid;
#else
  return waitpid (-1, status, options);
#endif
}
