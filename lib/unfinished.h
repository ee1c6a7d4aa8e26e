/* Starts in the middle of which the supervisor was killed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_UNFINISHED_H
#define MP_UNFINISHED_H

#include <stdbool.h>

#include "records.h"

/* The caller has claimed the name of REC, and the supervisor that was to start
   its process for PARENT (MPUTILS_PARENT, or null) is gone without an answer:
   at the end of the connection to it.  That end also tells that the process is
   either the program by now or gone, since it had the connection open until
   then.  If there is the process, end it with all that it has started, and
   store in *FOUND whether there was.
   Return 0; ENOSYS if /proc does not show processes; or another errno
   value.  */
int mp_unfinished_end (struct mp_records *r, struct mp_record const *rec,
                       char const *parent, bool *found);

#endif
