/* The attempts at the tasks of a pool: their time, and what follows their
   end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "attempts.h"

#include <errno.h>
#include <unistd.h>

#include "minmax.h"

#include "lines.h"
#include "pool.h"

/* Let TASK's time run from now on.  */
static void
start_time (struct mp_pool *pool, struct mp_task *task, mp_time now)
{
  task->timed_from = now;
  task->prev_begun = pool->last_begun;
  if (pool->last_begun)
    pool->last_begun->next_begun = task;
  else
    pool->first_begun = task;
  pool->last_begun = task;
}

void
mp_pool_begun (struct mp_pool *pool, struct mp_task *task)
{
  bool timed = (pool->timeout || pool->timed) && !task->timed_from;
  if (!timed && !pool->clocked)
    return;
  mp_time now = mp_now ();
  if (!task->begun)
    task->begun = now;
  if (timed)
    start_time (pool, task, now);
}

void
mp_attempts_stop_time (struct mp_pool *pool, struct mp_task *task)
{
  if (!task->timed_from)
    return;
  if (task->prev_begun)
    task->prev_begun->next_begun = task->next_begun;
  else
    pool->first_begun = task->next_begun;
  if (task->next_begun)
    task->next_begun->prev_begun = task->prev_begun;
  else
    pool->last_begun = task->prev_begun;
  task->prev_begun = task->next_begun = NULL;
  task->timed_from = 0;
}

void
mp_pool_progress (struct mp_pool *pool, struct mp_task *task)
{
  mp_attempts_stop_time (pool, task);
  mp_pool_begun (pool, task);
}

void
mp_attempts_shift (struct mp_pool *pool, mp_time t)
{
  for (struct mp_task *task = pool->first_begun; task; task = task->next_begun)
    task->timed_from += t;
}

/* End the tasks whose time is over at NOW.  */
static void
end_overdue (struct mp_pool *pool, mp_time now)
{
  /* All have the same time: who has begun first is first.  */
  while (pool->timeout && pool->first_begun
         && pool->first_begun->timed_from + pool->timeout <= now)
    {
      struct mp_task *task = pool->first_begun;
      mp_attempts_stop_time (pool, task);
      /* We do not read what it writes, and so may not see that it has ended:
         it gets another chance.  */
      if (task->held)
        {
          start_time (pool, task, now);
          continue;
        }
      task->timed_out = true;
      pool->executor->ops->end (pool->executor, task, pool->signal,
                                pool->grace);
    }
}

void
mp_attempts_add_pending (struct mp_pool *pool, struct mp_task *task)
{
  struct mp_task **p = &pool->pending;
  while (*p && (*p)->index < task->index)
    p = &(*p)->next_held;
  task->next_held = *p;
  *p = task;
}

/* Let TASK be started at TASK->not_before.  */
static void
add_delayed (struct mp_pool *pool, struct mp_task *task)
{
  struct mp_task **p = &pool->delayed;
  while (*p && (*p)->not_before <= task->not_before)
    p = &(*p)->next_held;
  task->next_held = *p;
  *p = task;
}

void
mp_attempts_tick (struct mp_pool *pool, mp_time now)
{
  end_overdue (pool, now);
  while (pool->delayed && pool->delayed->not_before <= now)
    {
      struct mp_task *task = pool->delayed;
      pool->delayed = task->next_held;
      mp_attempts_add_pending (pool, task);
      pool->again = true;
    }
}

mp_time
mp_attempts_due (struct mp_pool const *pool)
{
  return mp_earlier (pool->timeout && pool->first_begun
                     ? pool->first_begun->timed_from + pool->timeout : 0,
                     pool->delayed && !pool->stopping
                     ? pool->delayed->not_before : 0);
}

void
mp_attempts_free (struct mp_pool *pool, struct mp_task *task)
{
  for (int i = 0; i < MP_STREAMS; i++)
    {
      pool->overflow -= task->overflow[i];
      mp_spool_clear (&task->spool[i], &pool->order.budget);
    }
  mp_task_free (task);
}

/* Drop TASK: it has no outcome.  */
static void
drop_task (struct mp_pool *pool, struct mp_task *task)
{
  mp_order_drop (&pool->order, &task->out);
  mp_attempts_free (pool, task);
  pool->again = true;
}

/* Take all tasks of *LIST that were attempted before out of it, and of the
   others, drop those if DROP.  */
static void
give_up (struct mp_pool *pool, struct mp_task **list, bool drop)
{
  struct mp_task *task = *list;
  *list = NULL;
  while (task)
    {
      struct mp_task *next = task->next_held;
      if (1 < task->attempt)
        {
          task->aborted = true;
          mp_attempts_end (pool, task);
        }
      else if (drop)
        drop_task (pool, task);
      else
        mp_attempts_add_pending (pool, task);
      task = next;
    }
}

void
mp_attempts_give_up (struct mp_pool *pool, bool drop)
{
  give_up (pool, &pool->delayed, drop);
  give_up (pool, &pool->pending, drop);
}

void
mp_attempts_forget_held (struct mp_pool *pool, struct mp_task *task)
{
  struct mp_task **p = &pool->held;
  if (!task->held)
    return;
  while (*p != task)
    p = &(*p)->next_held;
  *p = task->next_held;
  task->held = false;
}

void
mp_pool_take_back (struct mp_pool *pool,
                   bool (*take) (void *arg, struct mp_task *task))
{
  struct mp_task *task = pool->pending;
  pool->pending = NULL;
  while (task)
    {
      struct mp_task *next = task->next_held;
      if (take (pool->arg, task))
        drop_task (pool, task);
      else
        mp_attempts_add_pending (pool, task);
      task = next;
    }
}

void
mp_pool_return (struct mp_pool *pool, struct mp_task *task)
{
  mp_attempts_stop_time (pool, task);
  mp_attempts_forget_held (pool, task);
  task->begun = 0;
  task->back = task->timed_out = false;
  pool->running--;
  pool->starved = false;
  pool->brake_until = 0;
  pool->again = true;
  if (pool->draining)
    drop_task (pool, task);
  else
    mp_attempts_add_pending (pool, task);
}

/* Let TASK be attempted again after DELAY, as if nothing had happened.  */
static void
attempt_again (struct mp_pool *pool, struct mp_task *task, mp_time delay)
{
  task->attempt += !task->back;
  task->back = task->timed_out = false;
  task->error = task->status = 0;
  /* What has overflown and could not be read will not come again.  */
  if (pool->spooled || pool->callbacks)
    task->callback_error = 0;
  task->begun = task->ended = 0;
  task->usage = (struct mp_usage) { .max_rss = 0 };
  mp_prefix_restart (&task->prefix);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      task->bytes[i] = 0;
      /* What overflows was passed on.  */
      if (!task->overflow[i])
        mp_spool_clear (&task->spool[i], &pool->order.budget);
    }
  if (task->lines)
    {
      pool->lines_done -= task->lines->done;
      mp_lines_restart (task->lines);
    }
  task->not_before = delay ? mp_now () + delay : 0;
  if (delay)
    add_delayed (pool, task);
  else
    mp_attempts_add_pending (pool, task);
  pool->again = true;
}

void
mp_pool_lost (struct mp_pool *pool, struct mp_task *task, mp_time delay)
{
  mp_attempts_stop_time (pool, task);
  mp_attempts_forget_held (pool, task);
  pool->running--;
  pool->starved = false;
  pool->brake_until = 0;
  pool->again = true;
  task->back = false;
  bool over = pool->draining || pool->stopping;
  if (!over && MP_POOL_FAULTS_MAX <= ++task->faults)
    {
      task->error = EHOSTDOWN;
      if (task->begun)
        task->ended = mp_now ();
      mp_attempts_end (pool, task);
      return;
    }
  if (pool->ops->lost)
    pool->ops->lost (pool->arg, task);
  if (over)
    drop_task (pool, task);
  else
    attempt_again (pool, task, delay);
}

/* Whether the next spooled bytes of TASK's output on STREAM are in a file.
   What overflows may be in memory behind that: see overflow in
   lib/delivery.c.  */
static bool
is_in_file (struct mp_task const *task, int stream)
{
  struct mp_spool const *spool = &task->spool[stream];
  return (0 <= spool->fd
          && (!task->overflow[stream]
              || spool->memory.length < task->overflow[stream]));
}

size_t
mp_attempts_peek (struct mp_task *task, int stream, char const **data)
{
  static char buffer[16 * 1024];
  struct mp_spool *spool = &task->spool[stream];
  if (!is_in_file (task, stream))
    return mp_outbuf_peek (&spool->memory, data);
  ssize_t got;
  do
    got = pread (spool->fd, buffer, sizeof buffer, task->passed[stream]);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    task->callback_error = errno;
  *data = buffer;
  return MAX (got, 0);
}

/* What has overflown of TASK's STREAM was passed on, or cannot be.  */
static void
clear_overflow (struct mp_pool *pool, struct mp_task *task, int stream)
{
  pool->overflow -= task->overflow[stream];
  task->overflow[stream] = 0;
  mp_spool_clear (&task->spool[stream], &pool->order.budget);
  task->passed[stream] = 0;
}

void
mp_attempts_consume (struct mp_pool *pool, struct mp_task *task, int stream,
                     size_t n)
{
  struct mp_spool *spool = &task->spool[stream];
  if (is_in_file (task, stream))
    task->passed[stream] += n;
  else if (n)
    mp_outbuf_drop (&spool->memory, &pool->order.budget, n);
  if (!task->overflow[stream])
    return;
  task->overflow[stream] -= n;
  pool->overflow -= n;
  if (!task->overflow[stream])
    clear_overflow (pool, task, stream);
}

/* Let what is spooled of TASK go on as far as there is room.  Return whether
   that was all.  */
static bool
replay_task (struct mp_pool *pool, struct mp_task *task)
{
  /* A file is as good as memory until it is its turn.  */
  if (pool->far && !pool->spooled
      && pool->order.grouping == MP_GROUP_ORDERED
      && !mp_order_is_live (&pool->order, &task->out))
    return false;
  /* Its standard output may be for a callback.  */
  int first = pool->callbacks ? MP_STREAM_ERR : MP_STREAM_OUT;
  for (int i = first; i < MP_STREAMS && !pool->output_error; i++)
    {
      char const *data;
      size_t n;
      while ((n = mp_attempts_peek (task, i, &data)) != 0)
        {
          size_t room = mp_order_wants (&pool->order, &task->out);
          if (!room)
            return false;
          n = MIN (n, room);
          int err = mp_order_put (&pool->order, &task->out, i, data, n);
          if (err)
            {
              pool->output_error = err;
              return true;
            }
          mp_attempts_consume (pool, task, i, n);
          pool->again = true;
        }
      /* It cannot be read.  */
      if (task->overflow[i])
        clear_overflow (pool, task, i);
    }
  return true;
}

/* Whether output of TASK has overflown, and waits.  */
static bool
overflows (struct mp_task const *task)
{
  return task->overflow[MP_STREAM_OUT] || task->overflow[MP_STREAM_ERR];
}

void
mp_attempts_replay (struct mp_pool *pool)
{
  struct mp_task **p = &pool->replaying;
  struct mp_output *live = mp_order_live (&pool->order);
  if (live && overflows ((struct mp_task *) live))
    replay_task (pool, (struct mp_task *) live);
  while (*p)
    {
      struct mp_task *task = *p;
      if (replay_task (pool, task))
        {
          *p = task->next_held;
          mp_order_end (&pool->order, &task->out);
          pool->again = true;
        }
      else
        p = &task->next_held;
    }
}

/* Let the spooled output of TASK, which has ended for good, go on.  */
static void
begin_replay (struct mp_pool *pool, struct mp_task *task)
{
  if (pool->ops->render && pool->spooled)
    pool->ops->render (pool->arg, task, &pool->order.budget);
  if (replay_task (pool, task))
    {
      mp_order_end (&pool->order, &task->out);
      return;
    }
  task->next_held = pool->replaying;
  pool->replaying = task;
}

void
mp_attempts_end (struct mp_pool *pool, struct mp_task *task)
{
  mp_time delay = -1;
  /* It may have been faster.  */
  task->back &= task->status || task->error || task->timed_out;
  if (task->back)
    delay = 0;
  if (!task->extra && !task->back && pool->ops->ended)
    delay = pool->ops->ended (pool->arg, task);
  if (0 <= delay && !pool->stopping && !pool->draining)
    attempt_again (pool, task, delay);
  else if (task->back && !pool->stopping)
    drop_task (pool, task);
  else if ((pool->spooled && !task->extra) || overflows (task))
    begin_replay (pool, task);
  else
    mp_order_end (&pool->order, &task->out);
  /* What can be delivered now must be before anybody waits: others may be held
     back until it is.  */
  pool->again = true;
}
