/* pmap: figures of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "minmax.h"
#include "xalloc.h"

#include "pmap.h"
#include "pmap-hosts.h"
#include "pmap-text.h"
#include "pool.h"

void
pmap_stats_init (struct pmap_stats *s, struct pmap_info const *info,
                 size_t max_slowest)
{
  *s = (struct pmap_stats) { .info = info, .max_slowest = max_slowest,
                             .looked_at = info->origin };
  s->slowest = xcalloc (max_slowest, sizeof *s->slowest);
  struct pmap_hosts const *hosts = info->o->remote;
  if (!hosts)
    return;
  s->n_hosts = hosts->n;
  s->host = xcalloc (hosts->n, sizeof *s->host);
  for (size_t i = 0; i < hosts->n; i++)
    s->host[i].name = hosts->host[i].name;
}

bool
pmap_task_ran (struct mp_task const *task)
{
  return task->begun || task->ended;
}

mp_time
pmap_task_begin (struct mp_task const *task)
{
  return task->begun ? task->begun : task->ended;
}

mp_time
pmap_task_time (struct mp_task const *task)
{
  mp_time end = task->ended ? task->ended : mp_now ();
  return pmap_task_ran (task) ? MAX (end - pmap_task_begin (task), 0) : 0;
}

void
pmap_named_set (struct pmap_named *n, struct mp_task const *task, mp_time time)
{
  char label[PMAP_LABEL_MAX + 1];
  enum pmap_outcome outcome = pmap_task_outcome (task);
  pmap_named_free (n);
  *n = (struct pmap_named) {
    .index = task->index, .attempt = task->attempt, .time = time,
    .outcome = outcome, .len = pmap_task_label (task, label) };
  n->label = xmemdup (label, n->len + 1);
  if (outcome != PMAP_OK)
    n->how = xstrdup (pmap_outcome_text (task, outcome));
}

void
pmap_named_free (struct pmap_named *n)
{
  free (n->label);
  free (n->how);
  n->label = n->how = NULL;
}

/* TASK has taken TIME: note it in S if that is long.  */
static void
add_slow (struct pmap_stats *s, struct mp_task const *task, mp_time time)
{
  bool full = s->n_slowest == s->max_slowest;
  if (full && time <= s->slowest[s->n_slowest - 1].time)
    return;
  if (full)
    pmap_named_free (&s->slowest[--s->n_slowest]);
  size_t i = s->n_slowest++;
  for (; i && s->slowest[i - 1].time < time; i--)
    s->slowest[i] = s->slowest[i - 1];
  s->slowest[i] = (struct pmap_named) { .label = NULL };
  pmap_named_set (&s->slowest[i], task, time);
}

/* Whether TASK has failed by itself, whatever its callback says, which may not
   have been called yet.  */
static bool
has_failed (struct mp_task const *task)
{
  return task->timed_out || task->error || task->status;
}

/* Count in S the attempt at TASK, which has run for TIME: it was LOST with its
   host, or has ended.  */
static void
add_attempt (struct pmap_stats *s, struct mp_task const *task, mp_time time,
             bool lost)
{
  struct mp_usage const *u = &task->usage;
  s->attempts++;
  s->busy += time;
  s->lost += lost;
  if (!s->host || !task->host)
    return;
  s->user += u->user;
  s->system += u->system;
  s->cpu_known |= 0 < u->max_rss;
  struct pmap_host_stats *h
    = &s->host[pmap_hosts_number (s->info->o->remote, task->host)];
  h->attempts++;
  h->failed += !lost && !task->aborted && has_failed (task);
  h->lost += lost;
  h->busy += time;
  h->cpu += u->user + u->system;
  h->slots = MAX (h->slots, task->slot);
}

void
pmap_stats_lost (struct pmap_stats *s, struct mp_task const *task)
{
  if (pmap_task_ran (task))
    add_attempt (s, task, pmap_task_time (task), true);
}

void
pmap_stats_ended (struct pmap_stats *s, struct mp_task const *task, bool again)
{
  if (pmap_task_ran (task))
    {
      mp_time time = pmap_task_time (task);
      /* It was lost too often.  */
      add_attempt (s, task, time, task->error == EHOSTDOWN);
      add_slow (s, task, time);
    }
  s->slots = MAX (s->slots, task->slot);
  s->attempts_failed += again;
  if (again)
    return;
  s->tasks++;
  s->retried += 1 < task->attempt;
  if (task->aborted)
    s->aborted++;
  else if (has_failed (task))
    {
      s->failed++;
      s->not_run += !pmap_task_ran (task);
    }
}

void
pmap_stats_delivered (struct pmap_stats *s, struct mp_task const *task)
{
  if (!task->aborted && !has_failed (task))
    s->failed += task->callback_error || task->callback_status;
  if (!task->ended || task->aborted)
    return;
  mp_time wait = mp_now () - task->ended;
  if (s->waited.time < wait)
    pmap_named_set (&s->waited, task, wait);
}

void
pmap_stats_tick (struct pmap_stats *s, mp_time now)
{
  unsigned int limit = s->info->pool->limit;
  if (s->host)
    {
      /* Those that have just become ready were not before.  */
      struct mp_remote_figures f;
      limit = s->limit;
      mp_remote_look (s->info->pool->executor, &f);
      s->limit = f.slots;
      s->unlimited |= f.ready && !f.slots;
    }
  s->limit_time += (double) limit * (now - s->looked_at);
  s->looked_at = now;
}

void
pmap_stats_close (struct pmap_stats *s)
{
  struct rusage r;
  mp_time now = mp_now ();
  pmap_stats_tick (s, now);
  s->wall = now - s->info->origin;
  /* On other hosts, our children are what reaches them.  */
  if (!s->host && getrusage (RUSAGE_CHILDREN, &r) == 0)
    {
      s->cpu_known = true;
      s->user = mp_cpu_time (&r.ru_utime);
      s->system = mp_cpu_time (&r.ru_stime);
    }
  s->processes = s->wall ? s->limit_time / s->wall : 0;
  /* Without a limit, as many as there were.  */
  if (!s->host && !s->info->pool->limit)
    s->processes = s->slots;
  if (s->unlimited)
    {
      s->processes = 0;
      for (size_t i = 0; i < s->n_hosts; i++)
        s->processes += s->host[i].slots;
    }
}

void
pmap_stats_free (struct pmap_stats *s)
{
  for (size_t i = 0; i < s->n_slowest; i++)
    pmap_named_free (&s->slowest[i]);
  free (s->slowest);
  free (s->host);
  pmap_named_free (&s->waited);
}

double
pmap_stats_speedup (struct pmap_stats const *s)
{
  return s->wall ? (double) s->busy / s->wall : 0;
}

double
pmap_stats_efficiency (struct pmap_stats const *s)
{
  return s->processes ? pmap_stats_speedup (s) / s->processes : 0;
}

/* Whether what TASK has written goes on only now: its end was told.  */
static bool
is_replaying (struct mp_pool const *pool, struct mp_task const *task)
{
  struct mp_task const *p = pool->replaying;
  while (p && p != task)
    p = p->next_held;
  return p;
}

void
pmap_each_untold (struct pmap_info const *info,
                  void (*tell) (void *arg, struct mp_task *task), void *arg)
{
  struct mp_pool const *pool = info->pool;
  struct mp_output *out = pool->order.first;
  for (; out; out = out->next)
    {
      struct mp_task *task = (struct mp_task *) out;
      if (task->extra || !pmap_task_ran (task) || out->ended
          || is_replaying (pool, task))
        continue;
      /* It runs on: nothing could end it.  */
      task->aborted |= !task->ended;
      tell (arg, task);
    }
}
