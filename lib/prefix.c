/* Output that was passed on, and comes again from the beginning.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "prefix.h"

#include "minmax.h"

/* Add the LEN bytes at DATA to S.  */
static void
add (struct mp_sums *s, char const *data, size_t len)
{
  uint64_t sum = s->sum, sums = s->sums;
  for (size_t i = 0; i < len; i++)
    {
      sum += (unsigned char) data[i];
      sums += sum;
    }
  s->sum = sum;
  s->sums = sums;
  s->len += len;
}

size_t
mp_prefix_take (struct mp_prefix *p, char const **data, size_t len)
{
  if (p->again)
    {
      size_t n = MIN (len, p->passed.len - p->seen.len);
      add (&p->seen, *data, n);
      *data += n;
      len -= n;
      if (p->seen.len < p->passed.len)
        return 0;
      p->differs |= (p->seen.sum != p->passed.sum
                     || p->seen.sums != p->passed.sums);
      p->again = false;
    }
  add (&p->passed, *data, len);
  return len;
}

void
mp_prefix_restart (struct mp_prefix *p)
{
  p->seen = (struct mp_sums) { 0 };
  p->again = p->passed.len != 0;
}

bool
mp_prefix_end (struct mp_prefix *p)
{
  return !p->differs && !p->again;
}
