/* The clock that never steps.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_MONOTIME_H
#define MP_MONOTIME_H

#include <sys/time.h>
#include <time.h>

/* Nanoseconds.  292 years of them fit.  */
typedef long long mp_time;

enum
{
  MP_MILLISECOND = 1000000
};

/* The time by the clock that only goes forward, in nanoseconds.  */
static inline mp_time
mp_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The earlier of the times A and B, of which 0 and less are never.  */
static inline mp_time
mp_earlier (mp_time a, mp_time b)
{
  return a <= 0 ? b : b <= 0 || a < b ? a : b;
}

/* The duration T in nanoseconds, at most a hundred years.  */
static inline mp_time
mp_time_of (struct timespec const *t)
{
  mp_time const most = 100LL * 365 * 24 * 60 * 60;
  mp_time seconds = t->tv_sec < most ? t->tv_sec : most;
  return seconds * 1000000000LL + t->tv_nsec;
}

/* The CPU time T, as struct rusage has it, in nanoseconds.  */
static inline mp_time
mp_cpu_time (struct timeval const *t)
{
  return t->tv_sec * 1000000000LL + t->tv_usec * 1000LL;
}

#endif
