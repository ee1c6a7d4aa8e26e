/* How fast work goes on, and how long it will take.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_RATE_H
#define MP_RATE_H

#include "monotime.h"

/* How many points are kept: one in half a second at most, so that they reach
   back half a minute.  */
enum { MP_RATE_POINTS = 64 };

/* How much was done, and since when.  */
struct mp_rate_point
{
  mp_time time;
  unsigned long long done;
};

/* Work that is watched.  All zero: it has not begun.  */
struct mp_rate
{
  struct mp_rate_point point[MP_RATE_POINTS];   /* the oldest first */
  int n;
  mp_time added_at;             /* when the last point was new */
};

/* The work of R begins at NOW.  */
void mp_rate_start (struct mp_rate *r, mp_time now);

/* Note that at NOW, DONE pieces of the work of R are done.  Cheap if there were
   as many before.  */
void mp_rate_note (struct mp_rate *r, mp_time now, unsigned long long done);

/* Forget that the work of R was suspended for the time BY, until now.  */
void mp_rate_shift (struct mp_rate *r, mp_time by);

/* How many pieces a second, of which WIDTH are worked on at a time, were done
   at last, seen at NOW: in the last 30 seconds, or longer if there were few,
   for those that are worked on together may be done together.  When nothing is
   done for longer than has happened before, the rate sinks.  0: not known.  */
double mp_rate_get (struct mp_rate const *r, mp_time now, unsigned int width);

/* How long REST more pieces will take from NOW on, or -1 if there is no ground
   yet to tell: after a second and the first WIDTH pieces, or half of all.  */
mp_time mp_rate_left (struct mp_rate const *r, mp_time now, unsigned int width,
                      unsigned long long rest);

#endif
