/* pmap: the parts of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_RUN_PARTS_H
#define PMAP_RUN_PARTS_H

#include <stdbool.h>

#include "callback.h"
#include "filters.h"
#include "monotime.h"
#include "pmap-failed.h"
#include "pmap-observer.h"
#include "pmap-policy.h"
#include "pmap-remote.h"
#include "pmap-signals.h"
#include "pmap-workers.h"
#include "pmap.h"
#include "pool.h"

struct pmap_brakes;
struct pmap_screen;
struct pmap_tag;

/* How many may look at a run.  */
enum { PMAP_RUN_OBSERVERS_MAX = 16 };

/* A run.  */
struct run
{
  struct pmap_options const *o;
  struct pmap_feed *feed;
  struct mp_template const *command;
  struct pmap_messages *messages;
  struct pmap_screen *screen;   /* or null */
  struct pmap_signals sig;
  struct pmap_workers workers;  /* here; */
  struct pmap_remote remote;    /* or elsewhere */
  struct mp_pool pool;
  struct pmap_info info;
  struct mp_callbacks callbacks;
  struct pmap_policy policy;
  struct pmap_joblog *log;      /* or null */
  struct pmap_first first;      /* the first failures */
  struct pmap_tag *tag;         /* of lines, or null */
  struct pmap_brakes *brakes;   /* or null */
  struct pmap_options brake_options;    /* theirs */
  struct pmap_info brake_info;
  struct pmap_observer observer[PMAP_RUN_OBSERVERS_MAX];
  int n_observers;
  struct mp_pool_source lifeline;
  struct mp_pool_source reader; /* of the output that tasks write themselves */
  unsigned long long tasks, failures;
  unsigned long long skipped;   /* tasks that an earlier run has done */
  bool fixed_program;           /* the same for all tasks */
  bool started;                 /* a task was started */
  bool cannot_run;              /* no task can be */
  bool faults[MP_FILTER_FAULTS];        /* filters have done that */
  bool drained;                 /* SIGTERM has come, and tasks that run are the
                                   last */
  int ended_by;                 /* the signal that ends the run, or 0 */
  mp_time end_at;               /* when its time is over, or 0 */
  bool overdue;                 /* it was, and that has ended it */
};

/* In pmap-run-tasks.c.  */

/* What the pool of RUN, whose observers and tag are known, asks for; but for
   who wakes it.  */
struct mp_pool_ops pmap_run_ops (struct run const *run);

/* What filters of RUN tell of themselves.  */
struct mp_filters_options pmap_run_filters (struct run *run);

/* As struct mp_sink has it, with ARG the run.  */
bool pmap_run_writing (void *arg, struct mp_sink const *sink);

/* In pmap-run-report.c.  */

/* Report how RUN, of which mp_pool_run said ERR, has gone, with TROUBLE that
   was told already.  Return the exit status.  */
int pmap_run_report (struct run *run, int err, bool trouble);

#endif
