/* Count outcomes by key, many keys in little memory.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TALLY_H
#define MP_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

/* What is known of an item.  */
enum mp_past
{
  MP_PAST_NONE,                 /* it has not been done */
  MP_PAST_DONE,                 /* it was done, with success */
  MP_PAST_FAILED                /* it was done and failed */
};

struct mp_tally_entry
{
  struct mp_key key;
  uint32_t done, failed;        /* items whose last outcome is that */
};

/* How many items of each key were done, and how many failed.  All zero is none.

   Private.  gnulib's hash would do the same, but with a bucket, and an entry
   from malloc, for each key: a million took 58 MB when it was measured, and the
   whole of a program that resumes is to stay below 40.  So the entries stand in
   one array that is made longer in place, and only the table of their numbers,
   4 bytes each, is ever made anew: that took 33 MB.  */
struct mp_tally
{
  struct mp_tally_entry *entry;
  size_t n, allocated;
  uint32_t *slot;               /* N_SLOTS, a power of 2: 1 + the number of an
                                   entry, or 0 */
  size_t n_slots;
};

/* Count one more item of KEY: done if OK, else failed.  If AGAIN, it is no
   other item, but takes the place of one that failed, if there is one left.
   Return 0; ENOMEM; or EOVERFLOW if it cannot be counted; T is then as it
   was.  */
int mp_tally_add (struct mp_tally *t, struct mp_key const *key, bool ok,
                  bool again);

/* Take an item of KEY off the count, one that was done before those that
   failed, and return what it was; MP_PAST_NONE if none is left.  */
enum mp_past mp_tally_take (struct mp_tally *t, struct mp_key const *key);

/* Free what T holds and make it empty.  */
void mp_tally_free (struct mp_tally *t);

#endif
