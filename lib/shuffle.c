/* A random order.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shuffle.h"

uint64_t
mp_shuffle_random (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/* Return a number less than N, each with the same chance.  */
static uint64_t
random_below (uint64_t *state, uint64_t n)
{
  /* What is left over above the last multiple of N would favour some.  */
  uint64_t const limit = UINT64_MAX - UINT64_MAX % n;
  uint64_t r;
  do
    r = mp_shuffle_random (state);
  while (limit <= r);
  return r % n;
}

void
mp_shuffle (size_t *place, size_t n, uint64_t seed)
{
  for (size_t i = n; i > 1; i--)
    {
      size_t k = random_below (&seed, i);
      size_t last = place[i - 1];
      place[i - 1] = place[k];
      place[k] = last;
    }
}
