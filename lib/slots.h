/* Numbers for those that run at the same time.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SLOTS_H
#define MP_SLOTS_H

#include <stddef.h>

/* Which numbers are free.  All zero: all are.  */
struct mp_slots
{
  unsigned int *returned;       /* a heap of those given back, the lowest
                                   first */
  size_t n, allocated;
  unsigned int used;            /* the highest number so far */
};

/* Store the lowest free number, from 1, in *SLOT.  Return 0 or ENOMEM.  */
int mp_slots_take (struct mp_slots *s, unsigned int *slot);

/* Give SLOT back.  This cannot fail.  */
void mp_slots_give (struct mp_slots *s, unsigned int slot);

void mp_slots_free (struct mp_slots *s);

#endif
