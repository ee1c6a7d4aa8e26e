/* How fast work goes on, and how long it will take.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "rate.h"

#include <stdbool.h>
#include <string.h>

#include "minmax.h"

static mp_time const second = 1000LL * MP_MILLISECOND;

/* What comes so soon after a new point moves it.  */
static mp_time const spacing = 500LL * MP_MILLISECOND;

/* Of which time the rate is, and the least number of pieces.  */
static mp_time const window = 30 * 1000LL * MP_MILLISECOND;
enum { LEAST = 8 };

/* More at a time than this make no difference.  */
enum { WIDTH_MAX = 1000 };

void
mp_rate_start (struct mp_rate *r, mp_time now)
{
  *r = (struct mp_rate) { .n = 1, .point[0].time = now };
}

void
mp_rate_note (struct mp_rate *r, mp_time now, unsigned long long done)
{
  if (!r->n || done <= r->point[r->n - 1].done)
    return;
  struct mp_rate_point *last = &r->point[r->n - 1];
  if (r->n == 1 || spacing <= now - r->added_at)
    {
      if (r->n == MP_RATE_POINTS)
        memmove (r->point, r->point + 1, --r->n * sizeof *r->point);
      last = &r->point[r->n++];
      r->added_at = now;
    }
  *last = (struct mp_rate_point) { now, done };
}

void
mp_rate_shift (struct mp_rate *r, mp_time by)
{
  for (int i = 0; i < r->n; i++)
    r->point[i].time += by;
  r->added_at += by;
}

/* The point of R from which the rate is counted, at NOW.  There are two or
   more.  */
static int
first_point (struct mp_rate const *r, mp_time now, unsigned int width)
{
  struct mp_rate_point const *last = &r->point[r->n - 1];
  unsigned long long want = MAX (2ULL * MIN (width, WIDTH_MAX), LEAST);
  int i = r->n - 2;
  while (i > 0 && (now - r->point[i].time < window
                   || last->done - r->point[i].done < want))
    i--;
  return i;
}

/* The longest time from the point number FIRST of R on in which nothing was
   done.  */
static mp_time
longest_gap (struct mp_rate const *r, int first)
{
  mp_time gap = 0;
  for (int i = first + 1; i < r->n; i++)
    gap = MAX (gap, r->point[i].time - r->point[i - 1].time);
  return gap;
}

double
mp_rate_get (struct mp_rate const *r, mp_time now, unsigned int width)
{
  if (r->n < 2)
    return 0;
  struct mp_rate_point const *last = &r->point[r->n - 1];
  int first = first_point (r, now, width);
  /* What is under way counts for the next point, unless that is late.  */
  mp_time end = MAX (last->time, now - longest_gap (r, first));
  mp_time time = end - r->point[first].time;
  if (time <= 0)
    return 0;
  return (last->done - r->point[first].done) * (double) second / time;
}

mp_time
mp_rate_left (struct mp_rate const *r, mp_time now, unsigned int width,
              unsigned long long rest)
{
  double rate = mp_rate_get (r, now, width);
  if (rate <= 0)
    return -1;
  struct mp_rate_point const *last = &r->point[r->n - 1];
  unsigned long long ground = MIN (width, (last->done + rest) / 2);
  if (last->done < ground || now - r->point[0].time < second)
    return -1;
  int first = first_point (r, now, width);
  mp_time gone = MIN (now - last->time, longest_gap (r, first));
  double left = rest / rate * second - gone;
  mp_time const most = 100LL * 365 * 24 * 60 * 60 * second;
  return left <= 0 ? 0 : left < most ? left : most;
}
