/* One warm filter: what it has, and what it answers.  Part of the executor
   lib/filters.h.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_FILTER_H
#define MP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "filters.h"
#include "initializer.h"
#include "monotime.h"
#include "overdue.h"
#include "pool.h"
#include "taskenv.h"
#include "watch.h"
#include "worker.h"

/* The most bytes that a filter is given at once.  */
enum { MP_FILTER_BURST = 64 * 1024 };

/* How soon to look whether it has read them, at first.  */
static mp_time const mp_filter_look = MP_MILLISECOND / 4;

/* Bytes that wait for more.  */
struct mp_part
{
  char *data;
  size_t length, allocated;
};

struct mp_filter;

/* Where a filter tells that its initializer is done.  */
struct mp_filter_ready
{
  struct mp_source source;      /* must come first */
  struct mp_filter *filter;
};

struct mp_filter
{
  struct mp_worker w;           /* must come first */
  struct mp_filters *ex;
  struct mp_task *first, *last; /* what it has and has not answered */
  size_t unanswered;            /* lines given of them */
  size_t bytes;                 /* of these tasks, about */
  size_t given;                 /* lines in all */
  size_t done;                  /* lines in all with an outcome */
  struct mp_part part[MP_STREAMS]; /* a line that is not whole yet */
  struct mp_task *extra;        /* the output of no task */

  /* What is being sent: the task, and the bytes of its text that went.  */
  struct mp_task *sending;
  size_t sent;
  bool unsent;                  /* there is more that it was given */

  /* How much it takes.  */
  size_t burst;                 /* lines to be given at once */
  size_t last_lines, last_bytes;        /* what was given last */
  mp_time given_at;
  bool taken;                   /* it was seen to have read the last one */
  bool large;                   /* its pipes are */
  size_t ahead;                 /* bytes that it has not read */
  mp_time looked_at, look_at, look_again;
  mp_time active_at;            /* when it last took or answered something */

  struct mp_filter_ready ready;    /* with an initializer, tells when that is
                                   done; else closed */
  bool starting;                /* it is not */
  bool retiring;                /* it gets no more lines */
  bool excessive;               /* it has written too much */
  bool overdue;                 /* it is being ended for a line */
  size_t overdue_line;          /* this one, of all */
  mp_time mute_at;              /* when to end it for its closed output; 0: it
                                   is open */
  mp_time end_by;               /* when it must have ended; 0: not known yet */
  bool expired;                 /* it is being ended for that */
};

struct mp_filters
{
  struct mp_executor base;      /* must come first */
  struct mp_filters_options const *options;
  struct mp_workers workers;
  struct mp_taskenv env;
  size_t ahead_max;             /* bytes a filter */
  bool prompt;                  /* one was seen to have answered all that it
                                   was given, its input being open */
  int killed;                   /* filters in a row */
  struct mp_part tagged;           /* lines with their tags */
  struct mp_initializer initializer;    /* if there is one */
  struct mp_overdue overdue;
};

/* What all filters do with their processes.  */
extern struct mp_worker_ops const mp_filter_worker_ops;

/* Free W, a filter whose set has forgotten it.  */
void mp_filter_free (struct mp_worker *w);

/* Give TASK, which is one of lines, to F: it is sent as far as F may have it
   now, the rest as it answers.  */
void mp_filter_give (struct mp_filter *f, struct mp_task *task);

/* Close the input of F if it is to get nothing more.  */
void mp_filter_close_if_done (struct mp_filter *f);

/* See whether the initializer of F is done.  */
void mp_filter_check_ready (struct mp_filter *f);

/* The time of the first line that F has not answered is over: it has failed,
   and F is about to be ended.  */
void mp_filter_time_out (struct mp_filter *f);

#endif
