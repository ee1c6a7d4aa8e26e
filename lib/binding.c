/* Which CPUs each slot of a pool is bound to.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "binding.h"

#include <errno.h>
#include <stdlib.h>

#include "minmax.h"

#include "topology.h"

/* Make a place of B of the N CPUs at CPU.  Return 0 or an errno value.  */
static int
add_place (struct mp_binding *b, struct mp_topology_cpu const *cpu, size_t n)
{
  int err = 0;
  struct mp_cpulist *place = &b->place[b->n++];
  for (size_t i = 0; !err && i < n; i++)
    err = mp_cpulist_add (place, cpu[i].id, cpu[i].id);
  return err;
}

int
mp_binding_init (struct mp_binding *b, char const *root,
                 struct mp_cpulist const *set, size_t n)
{
  struct mp_topology_cpu *cpu;
  size_t all = mp_cpulist_count (set);
  n = MAX (MIN (n, all), 1);
  size_t places = all / n;
  *b = (struct mp_binding) { .n = 0 };
  int err = mp_topology_order (root, set, &cpu);
  if (err)
    return err;
  b->place = calloc (places, sizeof *b->place);
  if (!b->place)
    err = ENOMEM;
  for (size_t nth = 0; !err && b->n < places; nth++)
    for (size_t i = 0; !err && i < places; i++)
      if (cpu[i * n].nth == nth)
        err = add_place (b, &cpu[i * n], n);
  free (cpu);
  if (err)
    mp_binding_free (b);
  return err;
}

int
mp_binding_own (struct mp_binding *b, size_t n)
{
  *b = (struct mp_binding) { .n = 0 };
#if HAVE_SCHED_SETAFFINITY
  struct mp_cpulist set;
  int err = mp_cpulist_affinity (0, &set);
  if (err)
    return err;
  err = mp_binding_init (b, "", &set, n);
  mp_cpulist_free (&set);
  return err;
#else
  (void) n;
  return ENOSYS;
#endif
}

void
mp_binding_free (struct mp_binding *b)
{
  for (size_t i = 0; i < b->n; i++)
    mp_cpulist_free (&b->place[i]);
  free (b->place);
  *b = (struct mp_binding) { .n = 0 };
}

struct mp_cpulist const *
mp_binding_place (struct mp_binding const *b, unsigned int slot)
{
  return b && b->n ? &b->place[(slot - 1) % b->n] : NULL;
}
