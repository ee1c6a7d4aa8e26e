/* The start of tasks of a pool, as many at a time as resources allow.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "starts.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "minmax.h"

#include "attempts.h"
#include "pool.h"

/* How many tasks are started before the others get a look.  */
enum { STARTS_MAX = 32 };

/* When nothing runs and nothing can be started: the delay until the next
   try, and how long to try.  */
static mp_time const retry_delay = 10 * MP_MILLISECOND;
static mp_time const retry_for = 60 * 1000LL * MP_MILLISECOND;

static mp_time const memory_for = 1000LL * MP_MILLISECOND;

/* After how many tasks one more at a time is tried where resources were
   short.  */
enum { PATIENCE_MIN = 64, PATIENCE_MAX = 4096 };

/* Whether ERR says that something is short that may be there later.  */
static bool
is_shortage (int err)
{
  return (err == EAGAIN || err == ENOMEM || err == EMFILE || err == ENFILE);
}

/* Tell the user of POOL once that resources are short, as ERR says.  */
static void
tell_starved (struct mp_pool *pool, int err)
{
  if (!pool->starved_told)
    pool->ops->starved (pool->arg, err);
  pool->starved_told = true;
}

void
mp_pool_starved (struct mp_pool *pool, int err)
{
  tell_starved (pool, err);
}

void
mp_pool_set_cap (struct mp_pool *pool, unsigned int cap)
{
  pool->cap = MAX (cap, 1);
  pool->patience = PATIENCE_MIN;
}

/* Resources are short, as ERR says: run fewer tasks.  Where processes are
   short, tasks need some too.  */
static void
lower_cap (struct mp_pool *pool, int err)
{
  bool descriptors = err == EMFILE || err == ENFILE;
  pool->cap = MAX (descriptors ? pool->running : pool->running / 2, 1);
  pool->ended_at_cap = 0;
  pool->patience = MIN (MAX (PATIENCE_MIN, 2 * pool->patience), PATIENCE_MAX);
  tell_starved (pool, err);
}

/* A task has ended: if that has happened often enough, try one more at a
   time.  Each time that this was too much, it takes longer.  */
void
mp_starts_task_ended (struct mp_pool *pool)
{
  if (!pool->patience || ++pool->ended_at_cap < pool->patience)
    return;
  pool->cap++;
  pool->ended_at_cap = 0;
}

unsigned int
mp_pool_limit (struct mp_pool const *pool)
{
  return (!pool->cap ? pool->limit
          : !pool->limit ? pool->cap : MIN (pool->limit, pool->cap));
}

/* TASK cannot be started, for the reason ERR: that is its outcome.  */
static void
fail_task (struct mp_pool *pool, struct mp_task *task, int err)
{
  task->error = err;
  pool->give_up_at = 0;
  mp_attempts_end (pool, task);
}

/* Nothing can be started now, for the reason ERR.  TASK waits until a running
   one ends or, if there is none, for some time.  */
static void
wait_for_resources (struct mp_pool *pool, struct mp_task *task, int err)
{
  mp_attempts_add_pending (pool, task);
  pool->starved = true;
  /* One task at a time is all there is: nothing to say.  */
  bool alone = pool->order.first == &task->out && !task->out.next;
  if (pool->running || !alone)
    lower_cap (pool, err);
  if (pool->running)
    {
      pool->retry_at = pool->give_up_at = 0;
      return;
    }
  mp_time now = mp_now ();
  pool->retry_at = now + retry_delay;
  /* Others may wait to be attempted again, or to be delivered, and hold what is
     short.  */
  if (!alone)
    {
      pool->give_up_at = now + retry_for;
      return;
    }
  if (!pool->give_up_at)
    pool->give_up_at = now + (err == EMFILE ? 0
                              : err == ENOMEM ? memory_for : retry_for);
  if (now < pool->give_up_at)
    return;
  pool->pending = task->next_held;
  pool->give_up_at = 0;
  pool->starved = false;
  /* It may be this one alone that is too large.  */
  if (err == ENOMEM)
    fail_task (pool, task, err);
  else
    pool->failure = err;
}

/* Start TASK, whose output is open.  */
static void
start_task (struct mp_pool *pool, struct mp_task *task)
{
  if (task->error)
    {
      fail_task (pool, task, task->error);
      return;
    }
  int err;
  while ((err = pool->executor->ops->start (pool->executor, task)) == E2BIG
         && task->n_items > task->width)
    {
      size_t keep = task->n_items / task->width / 2 * task->width;
      pool->ops->push_back (pool->arg, task, keep);
      task->n_items = keep;
      if (pool->ops->tag)
        mp_order_retag (&pool->order, &task->out,
                        pool->ops->tag (pool->arg, task));
    }
  if (!err)
    {
      pool->running++;
      pool->give_up_at = 0;
      if (!pool->executor->tells_start)
        pool->ops->started (pool->arg, task);
      return;
    }
  if (is_shortage (err))
    wait_for_resources (pool, task, err);
  else
    fail_task (pool, task, err);
}

/* Get the next task from the user of POOL, or null if there is none now.  */
static struct mp_task *
next_task (struct mp_pool *pool)
{
  struct mp_task *task = NULL;
  mp_watch_remove (&pool->watch, &pool->input.source);
  int err = pool->ops->next (pool->arg, &task);
  if (err == EAGAIN)
    {
      pool->input.source.fd = pool->ops->input_fd (pool->arg);
      pool->dry = pool->input.source.fd < 0;
      err = (pool->dry ? 0
             : mp_watch_add (&pool->watch, &pool->input.source, POLLIN));
      if (err)
        pool->failure = err;
      return NULL;
    }
  if (!task)
    {
      pool->input_ended = true;
      return NULL;
    }
  size_t charge = sizeof *task;
  if (task->lines)
    charge += sizeof *task->lines + task->lines->len;
  for (size_t i = 0; i < task->n_items; i++)
    charge += sizeof *task->item + task->item[i].len + 1;
  mp_order_open (&pool->order, &task->out,
                 pool->ops->tag ? pool->ops->tag (pool->arg, task) : NULL,
                 charge);
  return task;
}

/* Whether one task more may run now.  */
static bool
has_free_slot (struct mp_pool const *pool)
{
  return (!pool->stopping && !pool->paused && !pool->starved
          && !pool->failure && !pool->brake_until
          && pool->executor->ops->has_room (pool->executor,
                                            mp_pool_limit (pool)));
}

/* Whether there is a task to start, or may be one.  */
static bool
has_start (struct mp_pool const *pool)
{
  return (pool->pending
          || (!pool->input_ended && mp_order_has_room (&pool->order)));
}

bool
mp_pool_may_start (struct mp_pool const *pool)
{
  return has_free_slot (pool) && has_start (pool);
}

/* Whether fill could start a task now, for all that is known.  */
bool
mp_starts_possible (struct mp_pool const *pool)
{
  return (has_free_slot (pool)
          && (pool->pending
              || (!pool->input_ended && !pool->input.source.watched
                  && !pool->dry && mp_order_has_room (&pool->order))));
}

unsigned long long
mp_pool_next_index (struct mp_pool const *pool)
{
  return (pool->pending ? pool->pending->index
          : pool->ops->next_index ? pool->ops->next_index (pool->arg)
          : ULLONG_MAX);
}

/* Whether POOL's user wants no task to be started now.  */
static bool
is_braked (struct mp_pool *pool)
{
  if (pool->ops->brake)
    pool->brake_until = pool->ops->brake (pool->arg, mp_now ());
  return pool->brake_until;
}

/* Start as many tasks as may run now.  */
void
mp_starts_fill (struct mp_pool *pool)
{
  int starts = 0;
  while (has_free_slot (pool))
    {
      struct mp_task *task = pool->pending;
      if (task)
        pool->pending = task->next_held;
      else if (!pool->input_ended && !pool->dry
               && mp_order_has_room (&pool->order))
        task = next_task (pool);
      if (!task)
        return;
      if (is_braked (pool))
        {
          mp_attempts_add_pending (pool, task);
          return;
        }
      if (pool->cap && pool->running + 1 == pool->cap
          && (!pool->limit || pool->cap < pool->limit))
        tell_starved (pool, EAGAIN);
      start_task (pool, task);
      if (++starts == STARTS_MAX)
        {
          pool->again = true;
          return;
        }
    }
}
