/* The delivery of what tasks of a pool put, as far as there is room for it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "delivery.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>

#include "minmax.h"

#include "attempts.h"
#include "calls.h"
#include "pool.h"
#include "starts.h"

/* What outputs of tasks that are far may take besides, in files, and how much
   they put at once.  */
#define OVERFLOW_MAX ((uintmax_t) 1024 * 1024 * 1024)
enum { OVERFLOW_PIECE = 64 * 1024 };

/* How long output is gathered before it is sent on.  Nobody sees it, and a
   reader that shares the CPUs is woken less often.  */
static mp_time const flush_delay = 2 * MP_MILLISECOND;

/* How many bytes TASK, which is far, may put now: what must wait while too much
   does already may overflow.  */
static size_t
far_wants (struct mp_pool const *pool, struct mp_task const *task)
{
  struct mp_order const *o = &pool->order;
  bool overflows = (task->overflow[MP_STREAM_OUT]
                    || task->overflow[MP_STREAM_ERR]);
  size_t n = mp_order_wants (o, &task->out);
  if (o->grouping == MP_GROUP_LINES || task->extra)
    return n;
  if (mp_order_is_live (o, &task->out))
    return overflows ? 0 : n;
  return (n || pool->overflow_failed || OVERFLOW_MAX <= pool->overflow
          ? n : OVERFLOW_PIECE);
}

struct mp_task *
mp_pool_urgent (struct mp_pool const *pool)
{
  return (pool->held
          ? (struct mp_task *) mp_order_live (&pool->order) : NULL);
}

size_t
mp_pool_wants (struct mp_pool *pool, struct mp_task *task)
{
  /* Those before it may wait for its slot, to be started again.  Its output has
     a file.  */
  if (pool->spooled && !task->extra)
    return SSIZE_MAX;
  size_t n = (pool->output_error ? SSIZE_MAX
              : pool->ops->wants ? pool->ops->wants (pool->arg, task)
              : pool->far ? far_wants (pool, task)
              : mp_order_wants (&pool->order, &task->out));
  if (n == 0 && !task->held)
    {
      task->held = true;
      task->next_held = pool->held;
      pool->held = task;
    }
  return n;
}

/* TASK, which is far, has written the LEN bytes at DATA to STREAM.  Return
   whether they are dealt with: they wait in its spool.  */
static bool
overflow (struct mp_pool *pool, struct mp_task *task, int stream,
          char const *data, size_t len)
{
  struct mp_order const *o = &pool->order;
  if (o->grouping == MP_GROUP_LINES
      || (!task->overflow[stream]
          && (mp_order_is_live (o, &task->out)
              || len <= mp_budget_left (&o->budget))))
    return false;
  struct mp_spool *s = &task->spool[stream];
  /* If there is no room for files, memory has to do, behind what the file has:
     it is no more than was allowed to come, and nothing more is.  */
  bool in_memory = 0 <= s->fd && s->memory.length;
  if (!in_memory && mp_spool_add (s, &pool->order.budget, data, len) != 0)
    pool->overflow_failed = in_memory = true;
  if (in_memory && !task->overflow[stream])
    {
      mp_spool_clear (s, &pool->order.budget);
      return false;
    }
  if (in_memory)
    {
      int err = mp_outbuf_add (&s->memory, &pool->order.budget, data, len);
      if (err)
        {
          pool->output_error = err;
          return true;
        }
    }
  task->overflow[stream] += len;
  pool->overflow += len;
  return true;
}

void
mp_pool_output (struct mp_pool *pool, struct mp_task *task, int stream,
                char const *data, size_t len)
{
  if (pool->output_error)
    return;
  if (pool->ops->wants)
    {
      task->bytes[stream] += len;
      pool->ops->output (pool->arg, task, stream, data, len);
      return;
    }
  if (!task->extra)
    {
      task->bytes[stream] += len;
      if (pool->ops->output)
        pool->ops->output (pool->arg, task, stream, data, len);
      if (pool->spooled || (pool->callbacks && stream == MP_STREAM_OUT))
        {
          if (!task->callback_error)
            task->callback_error = mp_spool_add (&task->spool[stream],
                                                 &pool->order.budget, data,
                                                 len);
          return;
        }
      if (pool->far)
        {
          /* On the other stream is what shells say of the signal, too.  */
          if (stream == MP_STREAM_OUT)
            len = mp_prefix_take (&task->prefix, &data, len);
          if (!len || overflow (pool, task, stream, data, len))
            return;
        }
    }
  int err = mp_order_put (&pool->order, &task->out, stream, data, len);
  if (err)
    pool->output_error = err;
}

/* Let those held back go on for whom there is room now.  */
static void
resume_held (struct mp_pool *pool)
{
  struct mp_task *next;
  struct mp_task *held = pool->held;
  pool->held = NULL;
  for (struct mp_task *task = held; task; task = next)
    {
      next = task->next_held;
      task->held = false;
      /* This puts it back on the list if there is none.  */
      if (mp_pool_wants (pool, task) > 0)
        {
          pool->executor->ops->resume (pool->executor, task);
          pool->again = true;
        }
    }
}

/* A write failed with ERR: the run has lost its sense.  */
static void
output_failed (struct mp_pool *pool, int err)
{
  pool->output_error = err;
  pool->flush_at = 0;
  if (!pool->stopping)
    mp_pool_stop (pool, SIGTERM);
}

void
mp_pool_note (struct mp_pool *pool, char const *text, size_t len)
{
  if (pool->output_error)
    return;
  /* It may come when this turn's output was written.  */
  pool->again = true;
  int err = mp_order_note (&pool->order, text, len);
  if (err)
    pool->output_error = err;
}

/* Whether the sinks have gathered anything.  */
bool
mp_delivery_gathered (struct mp_pool const *pool)
{
  return (pool->order.sink[MP_STREAM_OUT].length
          || pool->order.sink[MP_STREAM_ERR].length
          || pool->order.note.length);
}

/* Whether all tasks have ended and nothing of their output waits.  */
bool
mp_delivery_complete (struct mp_pool const *pool)
{
  return (!pool->running && pool->input_ended && !pool->pending
          && !pool->order.first && !pool->calling);
}

/* Send on what the sinks have gathered, once it is old enough.  */
static void
flush (struct mp_pool *pool, mp_time now)
{
  if (!mp_delivery_gathered (pool))
    {
      pool->flush_at = 0;
      return;
    }
  /* A sink that must wait says itself when to go on.  */
  if (pool->out[MP_STREAM_OUT].source.watched
      || pool->out[MP_STREAM_ERR].source.watched)
    return;
  if (!pool->flush_at)
    pool->flush_at = MAX (now + flush_delay, pool->flush_after);
  if (now < pool->flush_at && !mp_delivery_complete (pool) && !pool->stopping)
    return;

  bool blocked = (pool->order.sink[MP_STREAM_OUT].blocked
                  || pool->order.sink[MP_STREAM_ERR].blocked);
  int err = mp_order_flush (&pool->order);
  pool->flush_at = 0;
  /* What a sink could not take before, it may take now.  */
  if (!err && blocked)
    pool->again = true;
  if (err && err != EAGAIN)
    output_failed (pool, err);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct mp_sink *sink = &pool->order.sink[i];
      if (!sink->length || !sink->blocked)
        continue;
      int watch_err = mp_watch_add (&pool->watch, &pool->out[i].source,
                                    POLLOUT);
      if (watch_err && !pool->failure)
        pool->failure = watch_err;
    }
}

/* If all that may wait does, and it waits for output that is no task's and may
   end late, let that be the last.  */
static void
let_pass (struct mp_pool *pool)
{
  struct mp_output *first = pool->order.first;
  if (pool->order.grouping == MP_GROUP_ORDERED && first && first->next
      && ((struct mp_task *) first)->extra && !first->ended
      && !mp_order_has_room (&pool->order))
    mp_order_postpone (&pool->order, first);
}

/* If the task that others wait for is to be started, let it be the next.  With
   outputs in order, it is.  */
static void
promote (struct mp_pool *pool)
{
  struct mp_task *urgent = pool->pending ? mp_pool_urgent (pool) : NULL;
  if (!urgent || pool->pending == urgent)
    return;
  struct mp_task **p = &pool->pending;
  while (*p && *p != urgent)
    p = &(*p)->next_held;
  if (!*p)
    return;
  *p = urgent->next_held;
  urgent->next_held = pool->pending;
  pool->pending = urgent;
}

/* Deliver what can be delivered at the time NOW.  */
void
mp_delivery_tend (struct mp_pool *pool, mp_time now)
{
  let_pass (pool);
  mp_attempts_replay (pool);
  if (!pool->output_error)
    {
      int err = mp_order_advance (&pool->order);
      if (!err)
        err = mp_calls_tend (pool);
      if (err)
        output_failed (pool, err);
    }
  else if (!pool->stopping)
    output_failed (pool, pool->output_error);
  if (!pool->output_error)
    flush (pool, now);
  resume_held (pool);
  if (pool->replaying)
    mp_attempts_replay (pool);
  promote (pool);
  /* What was delivered may have made room.  */
  if (mp_starts_possible (pool))
    pool->again = true;
}
