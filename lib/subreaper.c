/* Adopt orphans.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "subreaper.h"

#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

void
mp_subreaper (void)
{
#if HAVE_PRCTL && defined PR_SET_CHILD_SUBREAPER
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}
