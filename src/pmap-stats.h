/* pmap: figures of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_STATS_H
#define PMAP_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "monotime.h"
#include "pmap-observer.h"

/* A task that is told of by name.  */
struct pmap_named
{
  unsigned long long index;
  unsigned int attempt;
  mp_time time;                 /* that it took */
  enum pmap_outcome outcome;
  char *label;                  /* owned, LEN bytes */
  size_t len;
  char *how;                    /* the outcome in words, owned; or null */
};

/* What has run on a host.  */
struct pmap_host_stats
{
  char const *name;
  unsigned long long attempts;  /* that were started there; of these, */
  unsigned long long failed;    /* by themselves */
  unsigned long long lost;      /* with the host */
  mp_time busy;                 /* the time of all attempts, added up */
  mp_time cpu;                  /* CPU time of those of which it is known */
  unsigned int slots;           /* the highest */
};

struct pmap_stats
{
  struct pmap_info const *info;
  unsigned long long tasks;     /* that are over */
  unsigned long long failed;    /* of those */
  unsigned long long aborted;   /* of those, were ended with the run */
  unsigned long long not_run;   /* of those that failed, were never started */
  unsigned long long attempts;  /* of all tasks, that were started */
  unsigned long long attempts_failed;   /* that were not the last */
  unsigned long long lost;      /* attempts that were lost with their hosts */
  unsigned long long retried;   /* tasks of which there were several */
  mp_time busy;                 /* the time of all attempts, added up */

  struct pmap_host_stats *host; /* N_HOSTS, in their order */
  size_t n_hosts;

  /* The attempts that took longest, longest first.  */
  struct pmap_named *slowest;
  size_t n_slowest, max_slowest;

  /* Whose output has waited longest, after its end, to be delivered.  */
  struct pmap_named waited;

  /* Known when the run is over.  */
  mp_time wall;
  bool cpu_known;               /* if there are hosts, it may not be */
  mp_time user, system;         /* CPU time of all children; with hosts, of all
                                   attempts */
  double processes;             /* tasks at a time, on average, that were asked
                                   for */

  /* Private.  */
  unsigned int slots;           /* the highest */
  double limit_time;            /* the limit, added up over the time */
  unsigned int limit;           /* on all hosts, when last looked at */
  bool unlimited;               /* some have none */
  mp_time looked_at;
};

/* Make S ready for the run INFO, to know its MAX_SLOWEST slowest attempts.  */
void pmap_stats_init (struct pmap_stats *s, struct pmap_info const *info,
                      size_t max_slowest);

/* As pmap_observer has them.  */
void pmap_stats_ended (struct pmap_stats *s, struct mp_task const *task,
                       bool again);
void pmap_stats_lost (struct pmap_stats *s, struct mp_task const *task);
void pmap_stats_delivered (struct pmap_stats *s, struct mp_task const *task);
void pmap_stats_tick (struct pmap_stats *s, mp_time now);

/* The run is over: complete S.  */
void pmap_stats_close (struct pmap_stats *s);

void pmap_stats_free (struct pmap_stats *s);

/* How many tasks ran at the same time on average: that much faster was the run
   than one after the other; and as a part of how many might have.  */
double pmap_stats_speedup (struct pmap_stats const *s);
double pmap_stats_efficiency (struct pmap_stats const *s);

/* Whether the last attempt at TASK was begun; when; and how long it took.
   Where several ends are seen at once, from warm workers, all but the first of
   these tasks have taken no time.  */
bool pmap_task_ran (struct mp_task const *task);
mp_time pmap_task_begin (struct mp_task const *task);
mp_time pmap_task_time (struct mp_task const *task);

/* Note in *N what is to be known of TASK.  What *N had is freed.  */
void pmap_named_set (struct pmap_named *n, struct mp_task const *task,
                     mp_time time);
void pmap_named_free (struct pmap_named *n);

/* Call TELL with ARG for each task of the run INFO, which is over, that was
   begun and whose end nobody was told: what it has written was not read to its
   end.  */
void pmap_each_untold (struct pmap_info const *info,
                       void (*tell) (void *arg, struct mp_task *task),
                       void *arg);

#endif
