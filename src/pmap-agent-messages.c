/* pmap: what a pool tells its agent.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-agent-parts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "minmax.h"

#include "front.h"

/* The pool gives us a task.  */
static int
take_task (struct agent *a, struct mp_message *m)
{
  uint64_t id;
  struct mp_task *task;
  int err = mp_agent_get_task (m, &id, &task);
  struct job *job = err ? NULL : malloc (sizeof *job);
  if (!err && !job)
    {
      mp_task_free (task);
      err = ENOMEM;
    }
  if (err)
    return err;
  *job = (struct job) { .id = id, .task = task, .prev = a->last,
                        .granted = a->setup->credit };
  if (a->last)
    a->last->next = job;
  else
    a->first = job;
  a->last = job;
  task->user = job;
  if (a->draining || a->stopping || a->cut)
    pmap_agent_give_back (a, task);
  else
    pmap_agent_enqueue (a, task);
  return 0;
}

/* A task may put more.  */
static void
take_credit (struct agent *a, struct mp_message *m)
{
  uint64_t id = mp_message_u64 (m);
  struct job *job = pmap_agent_find_job (a, id);
  if (job)
    job->granted = mp_message_u64 (m);
  a->pool.again = true;
}

/* A task is to be the next to be started, and one more to run until it has
   ended: all that run may wait for it.  */
static void
take_hurry (struct agent *a, struct mp_message *m)
{
  struct job *job = pmap_agent_find_job (a, mp_message_u64 (m));
  struct mp_task **p = &a->queue;
  while (*p && (*p)->user != job)
    p = &(*p)->next_held;
  struct mp_task *task = *p;
  if (!job || !task || job->extra)
    return;
  *p = task->next_held;
  task->next_held = a->queue;
  a->queue = task;
  pmap_agent_find_last_queued (a);
  /* More may run than should: the limit was lowered, or another urgent one has
     ended just now.  */
  unsigned int may = a->limit + a->extra;
  job->extra = MAX (may, a->pool.running) + 1 - may;
  a->extra += job->extra;
  pmap_agent_resize (a);
}

/* A task is to end.  */
static void
take_end (struct agent *a, struct mp_message *m)
{
  uint64_t id = mp_message_u64 (m);
  int sig = mp_message_u32 (m);
  mp_time after = mp_message_u64 (m);
  struct job *job = pmap_agent_find_job (a, id);
  if (job && job->task->job)
    a->pool.executor->ops->end (a->pool.executor, job->task, sig, after);
}

/* All tasks are to get a signal.  */
static void
take_signal (struct agent *a, struct mp_message *m)
{
  int sig = mp_message_u32 (m);
  if (sig == SIGSTOP || sig == SIGCONT)
    mp_pool_pause (&a->pool, sig == SIGSTOP);
  else
    {
      a->stopping = a->finishing = true;
      pmap_agent_give_back_last (a, SIZE_MAX);
      mp_pool_more (&a->pool);
      if (sig == SIGKILL)
        mp_pool_kill (&a->pool);
      else if (!a->pool.stopping)
        mp_pool_stop (&a->pool, sig);
    }
}

/* Do what M asks for.  Return 0, EBADMSG or ENOMEM.  */
static int
take_message (struct agent *a, struct mp_message *m)
{
  switch (m->type)
    {
    case MP_MSG_TASK:
      return take_task (a, m);
    case MP_MSG_CREDIT:
      take_credit (a, m);
      break;
    case MP_MSG_END:
      take_end (a, m);
      break;
    case MP_MSG_SIGNAL:
      take_signal (a, m);
      break;
    case MP_MSG_RECALL:
      pmap_agent_give_back_last (a, mp_message_u32 (m));
      break;
    case MP_MSG_RESIZE:
      a->limit = mp_message_u32 (m);
      pmap_agent_resize (a);
      break;
    case MP_MSG_TIMEOUT:
      a->pool.timeout = mp_message_u64 (m);
      break;
    case MP_MSG_FINISH:
      a->finishing = true;
      mp_pool_more (&a->pool);
      break;
    case MP_MSG_PING:
      break;
    case MP_MSG_REST:
      a->resting = true;
      break;
    case MP_MSG_HURRY:
      take_hurry (a, m);
      break;
    default:
      return EBADMSG;
    }
  return m->bad ? EBADMSG : 0;
}

void
pmap_agent_take_messages (struct agent *a)
{
  struct mp_message m;
  int err;
  while ((err = mp_wire_next (&a->wire, &m)) == 0)
    if ((err = take_message (a, &m)) != 0)
      break;
  if (err && err != EAGAIN)
    {
      pmap_say (&a->messages, err, _("cannot understand the pool"));
      pmap_agent_give_up (a);
    }
}

void
pmap_agent_in_ready (struct mp_source *source, int events)
{
  (void) events;
  struct agent *a = pmap_agent_of (source);
  int err = mp_wire_pull (&a->wire, STDIN_FILENO);
  if (err == EAGAIN)
    return;
  a->heard_at = mp_now ();
  if (err || a->wire.ended)
    {
      mp_watch_remove (&a->pool.watch, source);
      if (!a->finishing || a->pool.running)
        pmap_agent_give_up (a);
    }
  else
    pmap_agent_take_messages (a);
}
