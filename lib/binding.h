/* Which CPUs each slot of a pool is bound to.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_BINDING_H
#define MP_BINDING_H

#include <stddef.h>

#include "cpulist.h"

/* Places: sets of CPUs that have none in common.  All zero: none.  */
struct mp_binding
{
  struct mp_cpulist *place;
  size_t n;
};

/* Divide the CPUs in SET, not empty, into places of N > 0 CPUs each, as many
   as there are, and at least one.  Those of one core and of one socket come
   together as far as ROOT/sys tells (see mp_topology_order); what is left over
   belongs to no place.  Places that begin a core come first, so that a few
   slots do not share one.  Return 0 or ENOMEM.  */
int mp_binding_init (struct mp_binding *b, char const *root,
                     struct mp_cpulist const *set, size_t n);

/* The same for the CPUs that the caller may use.  ENOSYS if processes cannot
   be bound here.  */
int mp_binding_own (struct mp_binding *b, size_t n);

void mp_binding_free (struct mp_binding *b);

/* The place of SLOT, from 1: behind the last place, the first follows again.
   Null if B is null or has none.  */
struct mp_cpulist const *mp_binding_place (struct mp_binding const *b,
                                           unsigned int slot);

#endif
