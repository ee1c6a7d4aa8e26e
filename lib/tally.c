/* Count outcomes by key, many keys in little memory.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What to begin with.  */
enum { FIRST_SLOTS = 1024, FIRST_ENTRIES = 256 };

/* Return the slot of T where KEY is, or which it is to have.  At least one slot
   is free.  A key is as good as random numbers, so its first bytes are.  */
static uint32_t *
find_slot (struct mp_tally const *t, struct mp_key const *key)
{
  size_t i;
  memcpy (&i, key->byte, sizeof i);
  for (;; i++)
    {
      uint32_t *slot = &t->slot[i & (t->n_slots - 1)];
      if (!*slot || memcmp (&t->entry[*slot - 1].key, key, sizeof *key) == 0)
        return slot;
    }
}

/* Make T have N slots.  Return 0 or ENOMEM.  */
static int
set_slots (struct mp_tally *t, size_t n)
{
  uint32_t *slot = calloc (n, sizeof *slot);
  if (!slot)
    return ENOMEM;
  free (t->slot);
  t->slot = slot;
  t->n_slots = n;
  for (size_t i = 0; i < t->n; i++)
    *find_slot (t, &t->entry[i].key) = i + 1;
  return 0;
}

/* Make room in T for one more key.  Return 0, ENOMEM or EOVERFLOW.  */
static int
make_room (struct mp_tally *t)
{
  if (t->n == UINT32_MAX - 1)
    return EOVERFLOW;
  /* Half of the slots are free, so that a search is short.  */
  if (t->n_slots <= 2 * t->n)
    {
      int err = set_slots (t, t->n_slots ? 2 * t->n_slots : FIRST_SLOTS);
      if (err)
        return err;
    }
  if (t->n < t->allocated)
    return 0;
  /* By a quarter: what is not used yet counts, too.  */
  size_t n = t->allocated ? t->allocated + t->allocated / 4 : FIRST_ENTRIES;
  struct mp_tally_entry *entry = reallocarray (t->entry, n, sizeof *entry);
  if (!entry)
    return ENOMEM;
  t->entry = entry;
  t->allocated = n;
  return 0;
}

int
mp_tally_add (struct mp_tally *t, struct mp_key const *key, bool ok,
              bool again)
{
  int err = make_room (t);
  if (err)
    return err;
  uint32_t *slot = find_slot (t, key);
  if (!*slot)
    {
      t->entry[t->n] = (struct mp_tally_entry) { .key = *key };
      *slot = ++t->n;
    }
  struct mp_tally_entry *e = &t->entry[*slot - 1];
  if (e->done == UINT32_MAX || e->failed == UINT32_MAX)
    return EOVERFLOW;
  if (again && e->failed)
    e->failed--;
  if (ok)
    e->done++;
  else
    e->failed++;
  return 0;
}

enum mp_past
mp_tally_take (struct mp_tally *t, struct mp_key const *key)
{
  uint32_t const *slot = t->n_slots ? find_slot (t, key) : NULL;
  if (!slot || !*slot)
    return MP_PAST_NONE;
  struct mp_tally_entry *e = &t->entry[*slot - 1];
  if (e->done)
    {
      e->done--;
      return MP_PAST_DONE;
    }
  if (e->failed)
    {
      e->failed--;
      return MP_PAST_FAILED;
    }
  return MP_PAST_NONE;
}

void
mp_tally_free (struct mp_tally *t)
{
  free (t->entry);
  free (t->slot);
  *t = (struct mp_tally) { 0 };
}
