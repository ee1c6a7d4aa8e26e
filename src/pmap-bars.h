/* pmap: the tasks of a run as bars in lanes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_BARS_H
#define PMAP_BARS_H

#include <stdbool.h>
#include <stddef.h>

#include "monotime.h"

struct mp_task;

/* How many bars there are at most; and how many lanes, of which there is one a
   slot: those of higher slots, or on other hosts, of slots that are seen later,
   are left out.  */
enum { PMAP_BARS_MAX = 16384, PMAP_LANES_MAX = 256 };

/* How an attempt has ended, or some of them in the same lane.  */
enum pmap_bar_kind
{
  PMAP_BAR_OK, PMAP_BAR_FAILED, PMAP_BAR_AGAIN, PMAP_BAR_CUT, PMAP_BAR_LOST
};

struct pmap_bar
{
  mp_time begin, end;
  mp_time busy;                 /* the part of that in which something ran */
  unsigned long long index;     /* of the first task */
  unsigned long long n, failed; /* attempts, and failed ones */
  unsigned int lane;            /* from 1 */
  enum pmap_bar_kind kind;      /* if N is 1 */
  char *label;                  /* likewise, owned, LEN bytes; or null */
  size_t len;
};

/* What a lane is: a slot of a host, or of none.  */
struct pmap_lane
{
  char const *host;
  unsigned int slot;
};

/* Bars: in each lane in the order of time.  Neighbours that are close together
   become one where there would be too many.  All zero: none.  */
struct pmap_bars
{
  struct pmap_bar *bar;
  size_t n;
  unsigned int lanes;           /* the highest that has one */
  struct pmap_lane lane[PMAP_LANES_MAX];        /* from number 1 */
  unsigned long long left_out;  /* attempts */
  bool merged;                  /* some bars are several attempts */

  /* Private.  */
  mp_time resolution;           /* what is not longer is one bar */
  size_t last[PMAP_LANES_MAX];  /* number of the last bar of each lane, from 1;
                                   0: none */
  unsigned short *lane_of;      /* by what mp_task_lane tells of tasks on hosts:
                                   0: none yet */
  unsigned int n_lane_of;
};

/* Add the attempt at TASK, which has ended and is of KIND.  */
void pmap_bars_add (struct pmap_bars *b, struct mp_task const *task,
                    enum pmap_bar_kind kind);

void pmap_bars_free (struct pmap_bars *b);

#endif
