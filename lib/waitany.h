/* Wait for any child, and learn what it has used.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_WAITANY_H
#define MP_WAITANY_H

#include <sys/types.h>

#include "monotime.h"

/* What a process has used.  */
struct mp_usage
{
  mp_time user, system;         /* CPU time */
  long int max_rss;             /* the most memory, in KiB; 0: not known */
};

/* As waitpid for any child, with OPTIONS; store what it has used, with its
   descendants that were waited for, in *USAGE: zeros where that cannot be
   known.  */
pid_t mp_wait_any (int *status, int options, struct mp_usage *usage);

#endif
