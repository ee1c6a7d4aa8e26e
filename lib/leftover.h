/* What the daemonic processes of a supervisor that is gone have left.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LEFTOVER_H
#define MP_LEFTOVER_H

#include "procid.h"
#include "records.h"

/* End by SIGKILL the daemonic processes that, by the records of SCOPE in R,
   SUPERVISOR has started, with all that they have started.  It has ended:
   what it had adopted for them is found by their handles in the environment,
   their sessions and their process groups.  What does not end within some
   seconds is left.  Return 0; ENOSYS if /proc does not show processes; or
   another errno value.  */
int mp_leftover_end (struct mp_records *r, char const *scope,
                     struct mp_procid const *supervisor);

#endif
