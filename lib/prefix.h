/* Output that was passed on, and comes again from the beginning.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PREFIX_H
#define MP_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of the bytes that have gone on: how many, and the sum of all
   of them, and of these sums after each.  That is no proof that others are
   equal, but bytes that differ by chance have other sums.  */
struct mp_sums
{
  uint64_t len, sum, sums;
};

/* A stream that begins anew when its writer is lost.  All zero: nothing was
   written.  */
struct mp_prefix
{
  struct mp_sums passed;        /* what has gone on, in all attempts */
  struct mp_sums seen;          /* what this attempt has written; means nothing
                                   if PASSED is all of that */
  bool again;                   /* PASSED is not all of that yet */
  bool differs;                 /* it was not written again as it was */
};

/* The LEN bytes at *DATA were written to P.  Return how many of them are to go
   on, and store where these are in *DATA.  */
size_t mp_prefix_take (struct mp_prefix *p, char const **data, size_t len);

/* The writer of P begins anew.  */
void mp_prefix_restart (struct mp_prefix *p);

/* The writer of P has written everything.  Return whether that is what has gone
   on.  */
bool mp_prefix_end (struct mp_prefix *p);

#endif
