/* A task of a pool: some items that a worker does something with.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TASK_H
#define MP_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "block.h"
#include "items.h"
#include "lines.h"
#include "monotime.h"
#include "order.h"
#include "prefix.h"
#include "spool.h"
#include "waitany.h"

/* A task: some items that a worker does something with.  */
struct mp_task
{
  struct mp_output out;         /* its output; must come first */
  unsigned long long index;     /* from 1 */
  unsigned int slot;            /* from 1, unique among those that run */
  unsigned int attempt;         /* from 1 */
  unsigned int faults;          /* attempts that were cut by what it has nothing
                                   to do with: see mp_pool_lost */
  unsigned int lane;            /* as SLOT, but unique among all hosts; 0: the
                                   slot is */
  char const *host;             /* where it runs, the executor's; null: here */
  int error;                    /* why it could not be run, although its
                                   command did not fail: an errno value, or
                                   0 */
  int status;                   /* how it ended, as wait(2) tells */
  bool held;                    /* its output waits for room */
  struct mp_spool spool[MP_STREAMS];    /* its output, as far as that waits
                                           for its end */
  off_t passed[MP_STREAMS];     /* bytes of their files that have gone on */
  uintmax_t overflow[MP_STREAMS];       /* of a task that is far: bytes there
                                           that have not gone on */
  struct mp_prefix prefix;      /* and what has, of its standard output */
  int callback_error;           /* why there was none, or output was lost */
  int callback_status;          /* how it ended, as wait(2) tells */
  bool timed_out;               /* its time was over, and it was ended */
  bool aborted;                 /* the run was ended before it, and it failed */
  bool redone;                  /* its user had it in an earlier run, when it
                                   has failed */
  bool back;                    /* it was ended to be started again later */
  mp_time begun, ended;         /* when this attempt has; 0: not yet, or nobody
                                   wants to know */
  struct mp_usage usage;        /* of this attempt, where that is known */
  unsigned long long bytes[MP_STREAMS]; /* that this attempt has written */
  mp_time timed_from;           /* since when its time runs; 0: it does not */
  struct mp_task *prev_begun, *next_begun;      /* whose time runs */
  mp_time not_before;           /* when it may be started again */
  struct mp_task *next_held;    /* also links tasks that are not started, and
                                   those that have ended and put output */
  void *user;                   /* of who uses the pool */
  bool extra;                   /* it stands for no items: see
                                   mp_pool_extra */
  void *job;                    /* the executor's */
  struct mp_block *block;       /* its standard input, owned; null: none */
  struct mp_lines *lines;       /* its items, if it has many, owned; or null */
  struct mp_item whole;         /* the items of its only row with blanks between
                                   them; null data: see mp_task_item */
  size_t width;                 /* items of a row, which belong together */
  size_t n_items;
  struct mp_item item[];        /* the bytes follow in the same block */
};

/* Make a task with room for N items of BYTES bytes in all, terminating NULs
   included.  *STORE is set to where the bytes go.  Return null if memory is
   exhausted.  */
struct mp_task *mp_task_new (size_t n, size_t bytes, char **store);

/* The one item that TASK is for, or all items of its only row in one; null if
   it has no items or more rows.  */
struct mp_item const *mp_task_item (struct mp_task const *task);

/* What tells the slot of TASK from all others, on any host.  */
static inline unsigned int
mp_task_lane (struct mp_task const *task)
{
  return task->lane ? task->lane : task->slot;
}

/* Let TASK, which is of one row, have at STORE, where there is room for all its
   items, what it is as a whole.  */
void mp_task_set_whole (struct mp_task *task, char *store);

/* Free TASK, with what it owns.  */
void mp_task_free (struct mp_task *task);

#endif
