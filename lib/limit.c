/* The limits found on the way to a number of CPUs, and where each is from.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
mp_limits_add (struct mp_limits *limits, struct mp_limit const *limit)
{
  /* The list is short; growing it by steps saves most of the calls.  */
  enum { STEP = 16 };
  if (limits->n % STEP == 0)
    {
      struct mp_limit *p = realloc (limits->list,
                                    (limits->n + STEP) * sizeof *p);
      if (!p)
        return ENOMEM;
      limits->list = p;
    }
  struct mp_limit copy = *limit;
  copy.source = limit->source ? strdup (limit->source) : NULL;
  copy.text = limit->text ? strdup (limit->text) : NULL;
  if ((limit->source && !copy.source) || (limit->text && !copy.text))
    {
      free (copy.source);
      free (copy.text);
      return ENOMEM;
    }
  limits->list[limits->n++] = copy;
  return 0;
}

void
mp_limits_apply (struct mp_limits *limits, size_t from, double *cpus)
{
  struct mp_limit *winner = NULL;
  for (size_t i = from; i < limits->n; i++)
    {
      struct mp_limit *l = &limits->list[i];
      if (l->state == MP_LIMIT_SET && l->cpus < *cpus)
        {
          winner = l;
          *cpus = l->cpus;
        }
    }
  if (winner)
    for (size_t i = 0; i < limits->n; i++)
      limits->list[i].won = &limits->list[i] == winner;
}

void
mp_limits_free (struct mp_limits *limits)
{
  for (size_t i = 0; i < limits->n; i++)
    {
      free (limits->list[i].source);
      free (limits->list[i].text);
    }
  free (limits->list);
  *limits = (struct mp_limits) { .list = NULL };
}
