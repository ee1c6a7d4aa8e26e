/* Numbers for those that run at the same time.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "slots.h"

#include <errno.h>
#include <stdlib.h>

/* Swap numbers I and K of S's heap.  */
static void
swap (struct mp_slots *s, size_t i, size_t k)
{
  unsigned int slot = s->returned[i];
  s->returned[i] = s->returned[k];
  s->returned[k] = slot;
}

int
mp_slots_take (struct mp_slots *s, unsigned int *slot)
{
  if (!s->n)
    {
      /* Have the room for its return now.  */
      if (s->used == s->allocated)
        {
          size_t n = 2 * s->allocated + 16;
          unsigned int *p = reallocarray (s->returned, n, sizeof *p);
          if (!p)
            return ENOMEM;
          s->returned = p;
          s->allocated = n;
        }
      *slot = ++s->used;
      return 0;
    }

  *slot = s->returned[0];
  s->returned[0] = s->returned[--s->n];
  for (size_t i = 0, child; (child = 2 * i + 1) < s->n; i = child)
    {
      if (child + 1 < s->n && s->returned[child + 1] < s->returned[child])
        child++;
      if (s->returned[i] < s->returned[child])
        break;
      swap (s, i, child);
    }
  return 0;
}

void
mp_slots_give (struct mp_slots *s, unsigned int slot)
{
  size_t i = s->n++;
  s->returned[i] = slot;
  for (size_t parent; i && s->returned[i] < s->returned[parent = (i - 1) / 2];
       i = parent)
    swap (s, i, parent);
}

void
mp_slots_free (struct mp_slots *s)
{
  free (s->returned);
  *s = (struct mp_slots) { .n = 0 };
}
