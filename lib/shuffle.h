/* A random order that depends on a seed only.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SHUFFLE_H
#define MP_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

/* Return the next number of the generator SplitMix64 (Steele, Lea and Flood:
   Fast splittable pseudorandom number generators, OOPSLA 2014), whose state is
   *STATE.  It is no secret what comes next.  */
uint64_t mp_shuffle_random (uint64_t *state);

/* Put the N numbers at PLACE into an order that SEED decides, the same on every
   machine.  For each order there is the same chance.  */
void mp_shuffle (size_t *place, size_t n, uint64_t seed);

#endif
