/* What the operands that name processes mean.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_HANDLE_H
#define MP_HANDLE_H

#include "procid.h"
#include "records.h"

/* A process that was named.  */
struct mp_handle
{
  struct mp_procid id;
  bool running;                 /* when it was looked for */
  struct mp_record *record;     /* of a process that pspawn has started;
                                   else null; owned */
};

/* Find the process that TEXT names and store it in *H, to be freed with
   mp_handle_free.  TEXT is a name of SCOPE (MP_NO_SCOPE or a PID:ID), a
   PID:ID, or a PID.  R are the user's records, null if there are none.
   A process that has ended is found if there is a record of it; of several
   with a PID, the one that runs, else the last one.
   Return 0; EINVAL if TEXT can name no process at all; ENOENT if nothing has
   that name; ESRCH if there is no such process (any more); or another errno
   value, such as EBADMSG for a damaged record.  */
int mp_handle_find (struct mp_records *r, char const *scope,
                    char const *text, struct mp_handle *h);

/* The scope that the caller runs in: $MPUTILS_SCOPE, or MP_NO_SCOPE if that
   is not set or no PID:ID.  Not to be freed.  */
char const *mp_handle_scope (void);

void mp_handle_free (struct mp_handle *h);

#endif
