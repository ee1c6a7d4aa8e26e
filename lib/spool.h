/* Output that is kept until somebody reads it as a file.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SPOOL_H
#define MP_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "outbuf.h"

/* Bytes in memory, or if that is short, in a file without a name.  All zero but
   FD, which is -1, is an empty one.  */
struct mp_spool
{
  struct mp_outbuf memory;
  int fd;                       /* all bytes are there unless it is -1; but see
                                   lib/delivery.c of tasks that are far */
};

/* Append the LEN bytes at DATA to S.  They are in memory as long as BUDGET has
   room for them, and some for others, and in a file in $TMPDIR otherwise.
   Return 0, or an errno value with nothing appended.  */
int mp_spool_add (struct mp_spool *s, struct mp_budget *budget,
                  char const *data, size_t len);

/* Store in *FD a descriptor from which all of S can be read, from the
   beginning; it stays S's.  Return 0 or an errno value.  */
int mp_spool_open (struct mp_spool *s, struct mp_budget *budget, int *fd);

/* Free what S holds.  */
void mp_spool_clear (struct mp_spool *s, struct mp_budget *budget);

#endif
