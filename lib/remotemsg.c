/* The executor of tasks on other hosts: what agents tell.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "peer.h"

#include <errno.h>
#include <string.h>

#include "minmax.h"

#include "agentmsg.h"
#include "lines.h"

/* The most tasks that an agent is given ahead, and by how much that grows each
   time that it has begun all while others were on their way: what is too much
   is taken back.  */
enum { WINDOW_MAX = 8192, WINDOW_GROWTH = 4 };

/* The most slots that an agent can have.  */
enum { SLOTS_MAX = 1024 * 1024 };

/* How long a task waits whose host was told to end: others may be told so, too,
   in a moment.  */
static mp_time const cut_delay = 500 * MP_MILLISECOND;

/* An agent has said who it is.  */
static int
take_hello (struct mp_peer *p, struct mp_message *m)
{
  struct mp_remote *ex = p->ex;
  uint32_t version = mp_message_u32 (m);
  if (version != MP_AGENT_VERSION)
    {
      mp_peer_lose (p, MP_REMOTE_VERSION, version);
      return 0;
    }
  mp_time now = mp_agent_get_time (m);
  unsigned int slots = mp_message_u32 (m);
  if (m->bad || p->state != MP_PEER_LAUNCHED || SLOTS_MAX < slots)
    return EBADMSG;
  p->offset = mp_now () - now;
  p->slots = slots;
  p->window = 2 * mp_remote_slots (p);
  p->given = p->begun = 0;
  p->was_full = p->resting = false;
  if (p->n_lanes < mp_remote_slots (p))
    {
      p->lane = ex->n_lanes;
      p->n_lanes = mp_remote_slots (p);
      ex->n_lanes += p->n_lanes;
    }
  p->state = MP_PEER_READY;
  p->answer_by = p->tell_at = 0;
  ex->launching--;
  ex->options->told (ex->options->arg, MP_REMOTE_READY, p->host->name, slots);
  ex->base.pool->again = true;
  if (ex->finishing)
    mp_peer_finish (p);
  return 0;
}

/* Let JOB's task be in SLOT there.  */
static void
set_slot (struct mp_remote_job *job, unsigned int slot)
{
  job->task->slot = slot <= SLOTS_MAX ? slot : 0;
  job->task->lane = job->peer->lane + job->task->slot;
}

/* JOB's task was given to a worker in SLOT.  */
static void
start_job (struct mp_remote_job *job, unsigned int slot)
{
  set_slot (job, slot);
  job->peer->begun += !job->begun;
  job->begun = true;
  mp_pool_started (job->peer->ex->base.pool, job->task);
}

static int
take_begun (struct mp_peer *p, struct mp_message *m)
{
  struct mp_remote_job *job = mp_remote_find_job (p, m);
  unsigned int slot = mp_message_u32 (m);
  if (!job || m->bad)
    return 0;
  /* For those who look at it meanwhile: its end tells better.  It may begin
     again.  */
  if (p->ex->base.pool->clocked)
    job->task->begun = mp_now ();
  start_job (job, slot);
  return 0;
}

/* Output of a task, or of none if the ID is 0.  */
static int
take_output (struct mp_peer *p, struct mp_message *m)
{
  struct mp_pool *pool = p->ex->base.pool;
  char const *id = m->data;
  static char const none[8];
  bool stray = 8 <= m->len && memcmp (id, none, sizeof none) == 0;
  struct mp_remote_job *job = mp_remote_find_job (p, m);
  int stream = mp_message_u8 (m);
  if (m->bad || MP_STREAMS <= stream)
    return EBADMSG;
  if (job)
    {
      job->received += m->len;
      mp_pool_output (pool, job->task, stream, m->data, m->len);
      mp_remote_grant (job);
    }
  else if (stray)
    {
      struct mp_task *extra = mp_pool_extra (pool);
      if (!extra)
        {
          mp_pool_fail (pool, ENOMEM);
          return 0;
        }
      mp_pool_output (pool, extra, stream, m->data, m->len);
      mp_pool_drained (pool, extra);
    }
  return 0;
}

/* Learn from TASK, which had lines, how long they take.  */
static void
learn_line_time (struct mp_remote *ex, struct mp_task const *task)
{
  struct mp_lines const *l = task->lines;
  if (!l || !l->done || !task->begun || task->ended <= task->begun)
    return;
  mp_time each = (task->ended - task->begun) / l->done + 1;
  ex->line_time = ex->line_time ? (3 * ex->line_time + each) / 4 : each;
}

static int
take_ended (struct mp_peer *p, struct mp_message *m)
{
  struct mp_remote *ex = p->ex;
  struct mp_pool *pool = ex->base.pool;
  struct mp_remote_job *job = mp_remote_find_job (p, m);
  int status;
  if (!job)
    return 0;
  struct mp_task *task = job->task;
  int err = mp_agent_get_ended (m, p->offset, task, &status);
  if (err)
    {
      /* It has a part of an end, which is forgotten if it was begun.  */
      p->begun += !job->begun;
      job->begun = true;
      return err;
    }
  mp_time begun = task->begun, ended = task->ended;
  /* It may have been so short that its agent told all at once.  */
  if (!job->begun && !task->error)
    start_job (job, task->slot);
  set_slot (job, task->slot);
  mp_remote_free_job (job);
  if (task->lines)
    pool->lines_done += task->lines->done;
  mp_pool_ended (pool, task, status);
  if (ended)
    {
      task->begun = begun;
      task->ended = ended;
    }
  learn_line_time (ex, task);
  mp_pool_drained (pool, task);
  return 0;
}

static int
take_returned (struct mp_peer *p, struct mp_message *m)
{
  struct mp_remote_job *job = mp_remote_find_job (p, m);
  int why = mp_message_u8 (m);
  if (!job || m->bad)
    return 0;
  struct mp_task *task = job->task;
  bool again = job->received;
  mp_remote_free_job (job);
  if (why == MP_RETURN_UNBEGUN && !again)
    mp_pool_return (p->ex->base.pool, task);
  else
    mp_pool_lost (p->ex->base.pool, task, cut_delay);
  return 0;
}

/* P could begin more than it has: let it have more, if that is why.  */
static int
take_hungry (struct mp_peer *p)
{
  if (p->was_full && !p->ex->options->frugal)
    p->window = MIN (WINDOW_GROWTH * p->window,
                     MAX (WINDOW_MAX, 2 * mp_remote_slots (p)));
  /* Filters that keep lines until they have many want more than their time
     tells.  */
  if (p->was_full)
    p->ex->hunger = MIN (2 * p->ex->hunger, MP_REMOTE_LINES_MAX);
  p->was_full = false;
  p->ex->base.pool->again = true;
  return 0;
}

static int
take_fault (struct mp_peer *p, struct mp_message *m)
{
  struct mp_remote_options const *o = p->ex->options;
  unsigned int fault = mp_message_u8 (m);
  int status = mp_message_u32 (m);
  if (m->bad || MP_FILTER_FAULTS <= fault)
    return EBADMSG;
  o->fault (o->arg, fault, status);
  return 0;
}

/* P's agent cannot work, and nor will the others.  */
static int
take_failed (struct mp_peer *p, struct mp_message *m)
{
  struct mp_executor *base = &p->ex->base;
  int err = mp_message_u32 (m);
  base->failed_status = mp_message_u32 (m);
  base->failed_exit = mp_message_u32 (m);
  mp_pool_fail (base->pool, err ? err : ECANCELED);
  return 0;
}

static int
take_draining (struct mp_peer *p)
{
  struct mp_remote_options const *o = p->ex->options;
  if (p->state == MP_PEER_READY)
    {
      p->state = MP_PEER_DRAINING;
      o->told (o->arg, MP_REMOTE_DRAINING, p->host->name, 0);
    }
  return 0;
}

int
mp_remote_take (struct mp_peer *p, struct mp_message *m)
{
  if (p->state < MP_PEER_READY && m->type != MP_MSG_HELLO
      && m->type != MP_MSG_FAILED && m->type != MP_MSG_GOODBYE)
    return EBADMSG;
  switch (m->type)
    {
    case MP_MSG_HELLO:
      return take_hello (p, m);
    case MP_MSG_BEGUN:
      return take_begun (p, m);
    case MP_MSG_OUTPUT:
      return take_output (p, m);
    case MP_MSG_ENDED:
      return take_ended (p, m);
    case MP_MSG_RETURNED:
      return take_returned (p, m);
    case MP_MSG_HUNGRY:
      return take_hungry (p);
    case MP_MSG_FAULT:
      return take_fault (p, m);
    case MP_MSG_DRAINING:
      return take_draining (p);
    case MP_MSG_FAILED:
      return take_failed (p, m);
    case MP_MSG_GOODBYE:
      p->goodbye = true;
      return 0;
    case MP_MSG_ALIVE:
      return 0;
    default:
      return EBADMSG;
    }
}

void
mp_remote_abandon (struct mp_peer *p)
{
  struct mp_pool *pool = p->ex->base.pool;
  while (p->first)
    {
      struct mp_remote_job *job = p->first;
      struct mp_task *task = job->task;
      bool begun = job->begun || job->received;
      mp_remote_free_job (job);
      if (begun)
        mp_pool_lost (pool, task, 0);
      else
        mp_pool_return (pool, task);
    }
}
