/* pmap: the tasks of a run as bars in lanes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-bars.h"

#include <stdlib.h>
#include <string.h>

#include "minmax.h"
#include "xalloc.h"

#include "pmap-stats.h"
#include "pmap-text.h"
#include "pool.h"

/* The first resolution, as a part of the time so far: finer than a screen.  */
enum { FINENESS = 8192 };

/* Make BAR a part of LAST, the one before it in its lane.  */
static void
merge (struct pmap_bar *last, struct pmap_bar *bar)
{
  free (last->label);
  free (bar->label);
  last->label = NULL;
  last->end = MAX (last->end, bar->end);
  last->busy += bar->busy;
  last->n += bar->n;
  last->failed += bar->failed;
}

/* Append BAR to B, or make it a part of the last one of its lane.  */
static void
append (struct pmap_bars *b, struct pmap_bar *bar)
{
  size_t *last = &b->last[bar->lane - 1];
  if (*last && b->resolution
      && bar->end - b->bar[*last - 1].begin <= b->resolution)
    {
      merge (&b->bar[*last - 1], bar);
      b->merged = true;
      return;
    }
  b->bar[b->n++] = *bar;
  *last = b->n;
}

/* Make the bars of B, the last of which ends at NOW, fewer.  */
static void
coarsen (struct pmap_bars *b, mp_time now)
{
  if (!b->resolution)
    b->resolution = MAX ((now - b->bar[0].begin) / FINENESS, 1);
  while (PMAP_BARS_MAX / 2 < b->n)
    {
      size_t n = b->n;
      b->resolution *= 2;
      b->n = 0;
      memset (b->last, 0, sizeof b->last);
      /* None is appended behind the place where it was.  */
      for (size_t i = 0; i < n; i++)
        {
          struct pmap_bar bar = b->bar[i];
          append (b, &bar);
        }
    }
}

/* The lane of B for TASK, or 0 if there are too many.  Here, it is the slot; on
   hosts, where agents have made room for many, one that was not used yet.  */
static unsigned int
lane_for (struct pmap_bars *b, struct mp_task const *task)
{
  unsigned int lane = mp_task_lane (task);
  if (!task->host)
    return lane <= PMAP_LANES_MAX ? lane : 0;
  if (b->n_lane_of <= lane)
    {
      unsigned int n = MAX (lane + 1, 2 * b->n_lane_of);
      b->lane_of = xreallocarray (b->lane_of, n, sizeof *b->lane_of);
      memset (b->lane_of + b->n_lane_of, 0,
              (n - b->n_lane_of) * sizeof *b->lane_of);
      b->n_lane_of = n;
    }
  if (!b->lane_of[lane] && b->lanes < PMAP_LANES_MAX)
    b->lane_of[lane] = b->lanes + 1;
  return b->lane_of[lane];
}

void
pmap_bars_add (struct pmap_bars *b, struct mp_task const *task,
               enum pmap_bar_kind kind)
{
  char label[PMAP_LABEL_MAX + 1];
  if (!pmap_task_ran (task) || !task->slot)
    return;
  unsigned int lane = lane_for (b, task);
  if (!lane)
    {
      b->left_out++;
      return;
    }
  mp_time begin = pmap_task_begin (task), time = pmap_task_time (task);
  struct pmap_bar bar = {
    .begin = begin, .end = begin + time, .busy = time,
    .index = task->index, .n = 1,
    .failed = kind == PMAP_BAR_FAILED || kind == PMAP_BAR_AGAIN,
    .lane = lane, .kind = kind,
    .len = pmap_task_label (task, label)
  };
  if (!b->bar)
    b->bar = xnmalloc (PMAP_BARS_MAX, sizeof *b->bar);
  bar.label = xmemdup (label, bar.len);
  b->lanes = MAX (b->lanes, lane);
  b->lane[lane - 1] = (struct pmap_lane) { task->host, task->slot };
  append (b, &bar);
  if (b->n == PMAP_BARS_MAX)
    coarsen (b, bar.end);
}

void
pmap_bars_free (struct pmap_bars *b)
{
  for (size_t i = 0; i < b->n; i++)
    free (b->bar[i].label);
  free (b->bar);
  free (b->lane_of);
}
