/* Wait for any child, and learn what it has used.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "waitany.h"

#include <sys/resource.h>
#include <sys/wait.h>

pid_t
mp_wait_any (int *status, int options, struct mp_usage *usage)
{
  *usage = (struct mp_usage) { .max_rss = 0 };
#if HAVE_WAIT4
  struct rusage r;
  pid_t pid = wait4 (-1, status, options, &r);
  if (0 < pid)
    *usage = (struct mp_usage) { .user = mp_cpu_time (&r.ru_utime),
                                 .system = mp_cpu_time (&r.ru_stime),
                                 .max_rss = r.ru_maxrss };
  return pid;
#else
  return waitpid (-1, status, options);
#endif
}
