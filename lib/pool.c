/* A pool: run tasks, so many at a time, and deliver their outputs.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "attempts.h"
#include "calls.h"
#include "delivery.h"
#include "exit-status.h"
#include "proctree.h"
#include "sigflags.h"
#include "starts.h"

/* What outputs that wait for their turn may take, in bytes.  */
enum { HELD_MAX = 4 * 1024 * 1024 };

/* There is input.  It is looked at when a task may start, perhaps much later:
   do not be woken for it until then.  */
static void
input_ready (struct mp_source *source, int events)
{
  (void) events;
  struct mp_pool *pool = ((struct mp_pool_source *) source)->pool;
  mp_watch_remove (&pool->watch, source);
}

/* A sink that would have had to wait can be written to.  */
static void
output_ready (struct mp_source *source, int events)
{
  (void) events;
  struct mp_pool *pool = ((struct mp_pool_source *) source)->pool;
  mp_watch_remove (&pool->watch, source);
  pool->flush_at = 1;
}

int
mp_pool_init (struct mp_pool *pool, struct mp_executor *executor,
              struct mp_pool_ops const *ops, void *arg,
              enum mp_grouping grouping, unsigned int limit,
              mp_time grace, sigset_t const *mask)
{
  *pool = (struct mp_pool) { .executor = executor, .ops = ops, .arg = arg,
                             .limit = limit, .grace = grace, .mask = mask };
  executor->pool = pool;
  pool->input.source = (struct mp_source) { .fd = -1, .ready = input_ready };
  pool->input.pool = pool;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      pool->out[i].source = (struct mp_source) { .fd = STDOUT_FILENO + i,
                                                 .ready = output_ready };
      pool->out[i].pool = pool;
    }
  int err = mp_watch_init (&pool->watch, false);
  if (err)
    return err;
  err = mp_order_init (&pool->order, grouping, STDOUT_FILENO, STDERR_FILENO,
                       HELD_MAX, mp_calls_delivered, pool);
  if (err)
    mp_watch_free (&pool->watch);
  return err;
}

void
mp_pool_free (struct mp_pool *pool)
{
  while (pool->order.first)
    {
      struct mp_output *out = pool->order.first;
      mp_order_drop (&pool->order, out);
      mp_attempts_free (pool, (struct mp_task *) out);
    }
  if (pool->calling)
    mp_attempts_free (pool, pool->calling);
  mp_order_free (&pool->order);
  mp_watch_free (&pool->watch);
}

void
mp_pool_started (struct mp_pool *pool, struct mp_task *task)
{
  pool->ops->started (pool->arg, task);
}

void
mp_pool_more (struct mp_pool *pool)
{
  pool->dry = false;
  pool->again = true;
}

bool
mp_status_is_struck (int status)
{
  int sig = (WIFSIGNALED (status) ? WTERMSIG (status)
             : WEXITSTATUS (status) - MP_EXIT_SIGNAL);
  return sig == SIGTERM || sig == SIGKILL;
}

void
mp_pool_ended (struct mp_pool *pool, struct mp_task *task, int status)
{
  mp_attempts_stop_time (pool, task);
  if (pool->clocked)
    task->ended = mp_now ();
  /* Of several that a worker has ended since it was looked at, only the first
     was seen to begin.  */
  if (!task->begun)
    task->begun = task->ended;
  task->status = status;
  task->aborted = pool->stopping && status;
  if (mp_status_is_struck (status))
    pool->struck_at = mp_now ();
  pool->running--;
  pool->starved = false;
  pool->brake_until = 0;        /* this may be what it waits for */
  mp_starts_task_ended (pool);
}

struct mp_task *
mp_pool_extra (struct mp_pool *pool)
{
  char *store;
  struct mp_task *task = mp_task_new (0, 0, &store);
  if (!task)
    return NULL;
  task->extra = true;
  mp_order_open (&pool->order, &task->out, NULL, sizeof *task);
  return task;
}

void
mp_pool_fail (struct mp_pool *pool, int err)
{
  if (!pool->failure)
    pool->failure = err;
}

void
mp_pool_drained (struct mp_pool *pool, struct mp_task *task)
{
  pool->starved = false;
  /* If it has failed, it did so for a reason of its own.  */
  if (!task->error && !task->status && !task->timed_out && !task->aborted
      && !mp_prefix_end (&task->prefix))
    task->error = ESTALE;
  /* All of it may have come before the executor was told to hold it back.  */
  mp_attempts_forget_held (pool, task);
  mp_attempts_end (pool, task);
}

void
mp_pool_kill (struct mp_pool *pool)
{
  pool->stopping = pool->killing = true;
  mp_time now = mp_now ();
  if (!pool->abandon_at)
    pool->abandon_at = now + MP_KILL_FOR;
  pool->kill_at = now + MP_KILL_AGAIN;
  pool->executor->ops->signal (pool->executor, SIGKILL);
}

void
mp_pool_stop (struct mp_pool *pool, int sig)
{
  if (pool->stopping)
    {
      mp_pool_kill (pool);
      return;
    }
  pool->stopping = true;
  pool->kill_at = mp_now () + pool->grace;
  pool->executor->ops->signal (pool->executor, sig);
  mp_attempts_give_up (pool, false);
}

void
mp_pool_drain (struct mp_pool *pool)
{
  pool->draining = pool->input_ended = pool->again = true;
  mp_watch_remove (&pool->watch, &pool->input.source);
  mp_attempts_give_up (pool, true);
}

bool
mp_pool_send_back (struct mp_pool *pool, int sig)
{
  struct mp_task *task = pool->last_begun;
  if (!task || task == pool->first_begun)
    return false;
  mp_attempts_stop_time (pool, task);
  task->back = true;
  pool->executor->ops->end (pool->executor, task, sig, pool->grace);
  return true;
}

void
mp_pool_pause (struct mp_pool *pool, bool pause)
{
  if (pool->paused == pause)
    return;
  pool->paused = pause;
  mp_time now = mp_now ();
  if (pause)
    pool->paused_at = now;
  else
    mp_attempts_shift (pool, now - pool->paused_at);
  pool->executor->ops->signal (pool->executor, pause ? SIGSTOP : SIGCONT);
}

void
mp_pool_resize (struct mp_pool *pool, unsigned int limit)
{
  pool->limit = limit;
}

/* Whether the run is over.  What tasks left running at its end is ended.  */
static bool
finished (struct mp_pool *pool, mp_time now)
{
  if (pool->killing && pool->abandon_at <= now)
    return true;
  struct mp_executor *ex = pool->executor;
  bool finish = (ex->ops->finish && !pool->stopping && pool->input_ended
                 && !pool->pending && !pool->delayed);
  bool ended = !finish || ex->ops->finish (ex);
  if (pool->stopping ? pool->running > 0
      : !ended || !mp_delivery_complete (pool) || mp_delivery_gathered (pool))
    return false;
  if (ex->ops->idle (ex))
    /* A slow reader has the grace, too.  */
    return (!pool->stopping || pool->killing || pool->output_error
            || !mp_order_has_more (&pool->order));
  if (!pool->stopping)
    mp_pool_stop (pool, SIGTERM);
  return false;
}

/* Wait until something happens, the first of POOL's times or DUE, the
   executor's.  */
static void
wait_for_events (struct mp_pool *pool, mp_time due)
{
  due = mp_earlier (due, pool->stopping ? pool->kill_at : 0);
  due = mp_earlier (due, pool->flush_at);
  if (!pool->paused)
    due = mp_earlier (due, mp_attempts_due (pool));
  due = mp_earlier (due, pool->brake_until);
  due = mp_earlier (due, pool->user_due);
  if (pool->starved && pool->give_up_at)
    due = mp_earlier (due, pool->retry_at);
  mp_time timeout = -1;
  if (pool->again)
    timeout = 0;
  else if (due > 0)
    {
      mp_time left = due - mp_now ();
      timeout = left <= 0 ? 0 : MIN (left, 1000000LL * MP_MILLISECOND);
    }
  int err = mp_watch_wait_fine (&pool->watch, timeout, pool->mask);
  if (err && !pool->failure)
    pool->failure = err;
}

int
mp_pool_run (struct mp_pool *pool)
{
  struct mp_executor *ex = pool->executor;
  for (;;)
    {
      pool->again = false;
      mp_starts_fill (pool);
      mp_time now = mp_now ();
      if (!pool->paused)
        mp_attempts_tick (pool, now);
      /* What will not begin must not keep back what comes behind it.  */
      if (pool->stopping && pool->pending)
        mp_attempts_give_up (pool, true);
      mp_delivery_tend (pool, now);
      if (pool->ops->tick)
        pool->user_due = pool->ops->tick (pool->arg, now);
      if (pool->failure && !pool->stopping)
        mp_pool_stop (pool, SIGTERM);
      if (pool->stopping && pool->kill_at <= now)
        mp_pool_kill (pool);
      if (finished (pool, now))
        break;
      wait_for_events (pool, ex->ops->tick (ex, now));
      if (mp_sigflags_take (SIGCHLD))
        ex->ops->children (ex);
      if (pool->give_up_at || pool->brake_until)
        {
          now = mp_now ();
          if (pool->give_up_at && pool->retry_at <= now)
            pool->starved = false;
          if (pool->brake_until <= now)
            pool->brake_until = 0;
        }
      pool->ops->woken (pool->arg);
    }
  if (!pool->output_error)
    {
      int err = mp_order_advance (&pool->order);
      if (!err)
        err = mp_order_flush (&pool->order);
      pool->output_error = err == EAGAIN ? 0 : err;
    }
  if (!pool->failure && !ex->ops->idle (ex))
    pool->failure = ETIMEDOUT;
  return pool->failure ? pool->failure : pool->output_error;
}
