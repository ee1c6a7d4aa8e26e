/* pmap: the tasks of an agent.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-agent-parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"
#include "xalloc.h"

/* How long the end of a task by SIGTERM or SIGKILL, which we have not sent, is
   kept, and no other begun: if the whole host is told to end, we may be the
   last to know.  Slurm takes its time on a node that is busy.  */
static mp_time const doubt_for = 250 * MP_MILLISECOND;
static mp_time const doubt_slurm_for = 1000LL * MP_MILLISECOND;

/* How long others are begun nevertheless if a doubt was wrong: tasks may end so
   by themselves.  */
static mp_time const calm_for = 10 * 1000LL * MP_MILLISECOND;

void
pmap_agent_resize (struct agent *a)
{
  mp_pool_resize (&a->pool, a->limit ? a->limit + a->extra : 0);
  a->pool.again = true;
}

/* JOB is not urgent any more.  */
static void
drop_extra (struct agent *a, struct job *job)
{
  if (!job->extra)
    return;
  a->extra -= job->extra;
  job->extra = 0;
  pmap_agent_resize (a);
}

void
pmap_agent_free_job (struct agent *a, struct job *job)
{
  if (job->prev)
    job->prev->next = job->next;
  else
    a->first = job->next;
  if (job->next)
    job->next->prev = job->prev;
  else
    a->last = job->prev;
  drop_extra (a, job);
  free (job);
}

struct job *
pmap_agent_find_job (struct agent const *a, uint64_t id)
{
  struct job *job = a->first;
  while (job && job->id != id)
    job = job->next;
  return job;
}

void
pmap_agent_enqueue (struct agent *a, struct mp_task *task)
{
  struct mp_task **p = &a->queue;
  /* Most come in their order.  */
  if (a->queue && a->last_queued->index <= task->index)
    p = &a->last_queued->next_held;
  while (*p && (*p)->index < task->index)
    p = &(*p)->next_held;
  task->next_held = *p;
  if (!*p)
    a->last_queued = task;
  *p = task;
  a->hungry = a->resting = false;
  mp_pool_more (&a->pool);
}

void
pmap_agent_give_back (struct agent *a, struct mp_task *task)
{
  struct job *job = task->user;
  pmap_agent_tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_UNBEGUN);
  pmap_agent_free_job (a, job);
  mp_task_free (task);
}

void
pmap_agent_find_last_queued (struct agent *a)
{
  a->last_queued = a->queue;
  while (a->last_queued && a->last_queued->next_held)
    a->last_queued = a->last_queued->next_held;
}

void
pmap_agent_give_back_last (struct agent *a, size_t n)
{
  size_t has = 0;
  struct mp_task **p = &a->queue;
  for (struct mp_task *task = a->queue; task; task = task->next_held)
    has++;
  for (size_t keep = has < n ? 0 : has - n; keep; keep--)
    p = &(*p)->next_held;
  while (*p)
    {
      struct mp_task *task = *p;
      struct job *job = task->user;
      if (!job->partly)
        {
          *p = task->next_held;
          pmap_agent_give_back (a, task);
        }
      else
        p = &task->next_held;
    }
  pmap_agent_find_last_queued (a);
}

int
pmap_agent_next (void *arg, struct mp_task **task)
{
  struct agent *a = arg;
  *task = a->queue;
  if (a->queue)
    {
      a->queue = a->queue->next_held;
      return 0;
    }
  if (a->finishing)
    return 0;
  if (!a->hungry)
    pmap_agent_tell_only (a, MP_MSG_HUNGRY);
  a->hungry = true;
  return EAGAIN;
}

int
pmap_agent_input_fd (void *arg)
{
  (void) arg;
  return -1;
}

/* Return a task of the items of TASK from number KEEP on.  */
static struct mp_task *
make_rest (struct mp_task const *task, size_t keep)
{
  size_t bytes = 0;
  char *store;
  for (size_t i = keep; i < task->n_items; i++)
    bytes += task->item[i].len + 1;
  struct mp_task *rest = mp_task_new (task->n_items - keep, bytes, &store);
  if (!rest)
    xalloc_die ();
  for (size_t i = keep; i < task->n_items; i++)
    {
      struct mp_item const *item = &task->item[i];
      memcpy (store, item->data, item->len + 1);
      rest->item[i - keep] = (struct mp_item) { store, item->len };
      store += item->len + 1;
    }
  rest->width = task->width;
  rest->index = task->index;
  rest->attempt = task->attempt;
  rest->user = task->user;
  return rest;
}

void
pmap_agent_push_back (void *arg, struct mp_task *task, size_t keep)
{
  (void) arg;
  struct job *job = task->user;
  struct mp_task *rest = make_rest (task, keep);
  rest->next_held = job->rest;
  job->rest = rest;
}

void
pmap_agent_started (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  mp_wire_begin (&a->wire, MP_MSG_BEGUN);
  mp_wire_put_u64 (&a->wire, job->id);
  mp_wire_put_u32 (&a->wire, task->slot);
  mp_wire_end (&a->wire);
  if (a->braker.started)
    a->braker.started (a->braker.self, task);
}

size_t
pmap_agent_wants (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->extra ? NULL : task->user;
  uint64_t left = (!job ? PMAP_AGENT_WAITING_MAX
                   : job->put < job->granted ? job->granted - job->put : 0);
  if (PMAP_AGENT_WAITING_MAX <= mp_wire_waiting (&a->wire))
    return 0;
  return MIN (left, PMAP_AGENT_WAITING_MAX);
}

void
pmap_agent_output (void *arg, struct mp_task *task, int stream,
                   char const *data, size_t len)
{
  struct agent *a = arg;
  struct job *job = task->extra ? NULL : task->user;
  if (job)
    job->put += len;
  mp_wire_begin (&a->wire, MP_MSG_OUTPUT);
  mp_wire_put_u64 (&a->wire, job ? job->id : 0);
  mp_wire_put_u8 (&a->wire, stream);
  mp_wire_put_bytes (&a->wire, data, len);
  mp_wire_end (&a->wire);
  if (PMAP_AGENT_WAITING_MAX <= mp_wire_waiting (&a->wire))
    pmap_agent_push (a);
}

/* Whether TASK seems to have ended by a signal that we have not sent, and that
   ends all of a host.  */
static bool
is_doubtful (struct agent const *a, struct mp_task const *task)
{
  return (!task->error && !task->timed_out && !a->stopping
          && mp_status_is_struck (task->status));
}

/* How long to doubt here.  */
static mp_time
doubt_time (void)
{
  return getenv ("SLURM_JOB_ID") ? doubt_slurm_for : doubt_for;
}

/* Keep for some time that TASK, which is ID, has ended.  */
static void
doubt (struct agent *a, uint64_t id, struct mp_task const *task)
{
  struct doubt *d = xzalloc (sizeof *d);
  d->id = id;
  d->until = mp_now () + doubt_time ();
  mp_agent_put_ended (&d->report, id, task);
  *a->last_doubt = d;
  a->last_doubt = &d->next;
}

mp_time
pmap_agent_tell_doubts (struct agent *a, mp_time now, bool all)
{
  struct doubt *d = a->first_doubt;
  if (!d)
    return -1;
  while ((d = a->first_doubt) && (all || d->until <= now || a->draining))
    {
      struct mp_bytes const *report = &d->report.out;
      if (a->draining || a->cut)
        pmap_agent_tell (a, MP_MSG_RETURNED, d->id, MP_RETURN_CUT);
      else
        {
          mp_wire_put_raw (&a->wire, report->data + report->start,
                           report->end - report->start);
          a->calm_until = now + calm_for;
        }
      a->first_doubt = d->next;
      if (!d->next)
        a->last_doubt = &a->first_doubt;
      mp_wire_free (&d->report);
      free (d);
    }
  if (d)
    return d->until;
  mp_pool_more (&a->pool);
  return -1;
}

/* The part TASK of JOB has ended: begin the next, if there is one.  Return
   whether.  */
static bool
begin_rest (struct agent *a, struct job *job, struct mp_task *task)
{
  struct mp_task *rest = job->rest;
  if (!job->status && !job->error)
    {
      job->status = task->status;
      job->error = task->error;
    }
  if (!rest || a->pool.stopping)
    return false;
  job->rest = rest->next_held;
  job->task = rest;
  job->partly = true;
  rest->next_held = a->queue;
  if (!a->queue)
    a->last_queued = rest;
  a->queue = rest;
  mp_pool_more (&a->pool);
  return true;
}

void
pmap_agent_delivered (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  if (begin_rest (a, job, task))
    return;
  task->status = job->status;
  task->error = job->error;
  if (a->cut && !a->stopping)
    pmap_agent_tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_CUT);
  else if (is_doubtful (a, task))
    doubt (a, job->id, task);
  else
    mp_agent_put_ended (&a->wire, job->id, task);
  while (job->rest)
    {
      struct mp_task *rest = job->rest;
      job->rest = rest->next_held;
      mp_task_free (rest);
    }
  pmap_agent_free_job (a, job);
}

mp_time
pmap_agent_ended (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  if (!job->rest)
    drop_extra (a, job);
  return -1;
}

bool
pmap_agent_give_back_waiting (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  if (job->partly)
    return false;
  pmap_agent_tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_UNBEGUN);
  pmap_agent_free_job (a, job);
  return true;
}

mp_time
pmap_agent_brake (void *arg, mp_time now)
{
  struct agent *a = arg;
  mp_time until = a->pool.struck_at ? a->pool.struck_at + doubt_time () : 0;
  if (now < until && a->calm_until <= now && !a->draining)
    return until;
  return a->brakes ? pmap_brakes_ask (a->brakes, now) : 0;
}
