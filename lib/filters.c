/* The executor of warm filters: commands that live on and answer each line
   with one line.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "minmax.h"

#include "lines.h"

/* What all filters together may have and not have answered, in bytes, and what
   each may at least and at most.  Who writes its answers only when a larger
   buffer is full, is ended for them.  */
enum
{
  AHEAD_ALL = 2 * 1024 * 1024,
  AHEAD_MIN = 16 * 1024,
  AHEAD_MAX = 1024 * 1024
};

/* If a filter has read what it was given within SOON, it is given twice as much
   the next time; if it took longer than LATE, half of that.  */
static mp_time const soon = 2 * MP_MILLISECOND;
static mp_time const late = 10 * MP_MILLISECOND;

/* How often to look whether it has, at most.  */
static mp_time const look_last = 64 * MP_MILLISECOND;

/* How long a filter that has read everything and can be given no more may stay
   silent until its input is closed: if none has been seen to answer at once,
   and if some has.  */
static mp_time const silent_for = 10 * MP_MILLISECOND;
static mp_time const silent_long = 1000LL * MP_MILLISECOND;

/* How long a filter may live on whose standard output is closed, and how long
   its input stays open then: most have just ended, and what they have not read
   is only known as long as it is.  */
static mp_time const mute_for = 1000LL * MP_MILLISECOND;
static mp_time const mute_open = 100 * MP_MILLISECOND;

static void
source_ready (struct mp_source *source, int events)
{
  (void) events;
  mp_filter_check_ready (((struct mp_filter_ready *) source)->filter);
}

/* Start F with INPUT, a pipe, for its standard input and READY, one or -1, to
   tell when it is ready.  Return 0 or an errno value.  */
static int
spawn_filter (struct mp_filter *f, int const *input, int *ready)
{
  struct mp_filters *ex = f->ex;
  struct mp_filters_options const *o = ex->options;
  struct mp_spawn spawn = {
    .file = o->file, .argv = o->argv, .envp = ex->env.envp,
    .fd = { input[0], -1, -1 },
    .mask = o->mask, .defaults = o->defaults
  };
  int err = (o->initializer
             ? mp_initializer_wrap (&ex->initializer, &spawn, &ready[1]) : 0);
  /* Last, since only mp_worker_start gives it back.  */
  if (!err)
    err = mp_worker_take_slot (&ex->workers, &f->w);
  if (err)
    return err;
  mp_taskenv_set_slot (&ex->env, f->w.slot);
  spawn.affinity = mp_binding_place (o->binding, f->w.slot);
  return mp_worker_start (&f->w, &spawn, input[1]);
}

/* Close FD unless it is -1.  */
static void
close_fd (int fd)
{
  if (0 <= fd)
    close (fd);
}

/* Start a new filter and store it in *RESULT.  Return 0 or an errno value.  */
static int
start_filter (struct mp_filters *ex, struct mp_filter **result)
{
  int input[2] = { -1, -1 }, ready[2] = { -1, -1 };
  struct mp_filters_options const *o = ex->options;
  struct mp_filter *f = calloc (1, sizeof *f);
  if (!f)
    return ENOMEM;
  f->ex = ex;
  f->burst = o->chunk ? o->chunk : 1;
  f->ready.source = (struct mp_source) { .fd = -1, .ready = source_ready };
  f->ready.filter = f;
  ex->workers.pool = ex->base.pool;
  int err = pipe2 (input, O_CLOEXEC) == 0 ? 0 : errno;
  if (!err && fcntl (input[1], F_SETFL, O_NONBLOCK) != 0)
    err = errno;
  if (!err && o->initializer && pipe2 (ready, O_CLOEXEC | O_NONBLOCK) != 0)
    err = errno;
  if (!err)
    err = spawn_filter (f, input, ready);
  close_fd (input[0]);
  close_fd (ready[1]);
  if (err)
    {
      close_fd (input[1]);
      close_fd (ready[0]);
      free (f);
      return err;
    }
  f->starting = o->initializer != NULL;
  f->ready.source.fd = ready[0];
  if (f->starting)
    err = mp_watch_add (&ex->base.pool->watch, &f->ready.source, POLLIN);
  if (err)
    mp_pool_fail (ex->base.pool, err);
  if (o->started)
    o->started (o->arg, f->w.slot);
  *result = f;
  return 0;
}

/* See how much of what it was given F has read, at NOW.  */
static void
look (struct mp_filter *f, mp_time now)
{
  /* Not for each of a few tasks.  */
  mp_time const fresh = mp_filter_look / 4;
  int ahead;
  if (f->w.input.source.fd < 0 || now < f->looked_at + fresh)
    return;
  if (ioctl (f->w.input.source.fd, FIONREAD, &ahead) != 0)
    ahead = 0;
  f->looked_at = now;
  f->ahead = ahead;
  if (f->taken || f->last_bytes / 2 < f->ahead)
    return;
  f->taken = true;
  f->active_at = now;
  if (f->ex->options->chunk)
    return;
  mp_time took = now - f->given_at;
  if (late < took)
    f->burst = MAX (f->burst / 2, 1);
  else if (took < soon && f->burst / 2 < f->last_lines
           && f->last_bytes < MP_FILTER_BURST)
    f->burst *= 2;
}

/* Whether F may be given another task, the one with INDEX, at NOW.  */
static bool
takes_task (struct mp_filter *f, unsigned long long index, mp_time now)
{
  if (f->w.ended || f->retiring || f->w.input.source.fd < 0 || f->mute_at)
    return false;
  /* Its extra output would end, and the pool still knows that it is held.  */
  if (!f->first)
    return !(f->extra && f->w.held);
  /* Outputs wait for those before them: a task must not wait behind a later
     one, which may be held back for it.  */
  if (index < f->last->index
      || f->w.held || f->unsent
      || f->last->lines->given < f->last->lines->n
      || f->ex->ahead_max <= f->bytes)
    return false;
  look (f, now);
  if (!f->taken)
    return false;
  /* One that answers at once and is slow has enough with one line.  */
  return (1 < f->burst || !f->ex->prompt || !f->unanswered
          || f->active_at + silent_long <= now);
}

/* The filter of EX that should get the task with INDEX, or null if there is
   none: who has fewest lines.  */
static struct mp_filter *
choose_filter (struct mp_filters const *ex, unsigned long long index)
{
  mp_time now = mp_now ();
  struct mp_filter *best = NULL;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct mp_filter *f = (struct mp_filter *) w;
      if ((!best || f->unanswered < best->unanswered)
          && takes_task (f, index, now))
        best = f;
    }
  return best;
}

static bool
may_grow (struct mp_filters const *ex, unsigned int limit)
{
  return !limit || ex->workers.n < limit;
}

static bool
filters_has_room (struct mp_executor *base, unsigned int limit)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  return (may_grow (ex, limit)
          || choose_filter (ex, mp_pool_next_index (base->pool)));
}

void
mp_filters_quota (struct mp_executor *base, size_t *lines, size_t *bytes)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  size_t max = ex->options->max_lines;
  struct mp_filter *f = choose_filter (ex, ULLONG_MAX);
  if (f && f->first && may_grow (ex, mp_pool_limit (base->pool)))
    f = NULL;
  *lines = f ? f->burst : ex->options->chunk ? ex->options->chunk : 1;
  if (max)
    *lines = MIN (*lines, max - (f ? f->given : 0));
  *bytes = MIN (MP_FILTER_BURST, ex->ahead_max);
}

static int
filters_start (struct mp_executor *base, struct mp_task *task)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  struct mp_filter *f = choose_filter (ex, task->index);
  if ((!f || f->first) && may_grow (ex, mp_pool_limit (base->pool)))
    {
      struct mp_filter *new_one;
      int err = start_filter (ex, &new_one);
      if (!err)
        f = new_one;
      else if (!f)
        return err;
      else
        {
          mp_pool_set_cap (base->pool, ex->workers.n);
          mp_pool_starved (base->pool, err);
        }
    }
  if (!f)
    return EAGAIN;
  mp_filter_give (f, task);
  return 0;
}

static void
filters_resume (struct mp_executor *base, struct mp_task *task)
{
  (void) base;
  if (task->job)
    mp_worker_resume (&((struct mp_filter *) task->job)->w);
}

/* Whether there is a task for POOL to start now.  */
static bool
has_task (struct mp_pool const *pool)
{
  return (!pool->stopping && !pool->paused && !pool->starved
          && !pool->brake_until
          && (pool->pending
              || (!pool->input_ended && !pool->input.source.watched
                  && !pool->dry && mp_order_has_room (&pool->order))));
}

/* Whether F, which was given something, cannot be given more, whatever it
   does.  */
static bool
is_full (struct mp_filter const *f)
{
  struct mp_pool const *pool = f->ex->base.pool;
  return (f->ex->ahead_max <= f->bytes || pool->pending
          || f->last->lines->given < f->last->lines->n
          || (pool->brake_until && pool->waits_for_end)
          || !mp_order_has_room (&pool->order));
}

/* If F, at NOW, keeps back answers that it will never write as things are,
   close its input.  Return when to see again, or -1.  */
static mp_time
check_silence (struct mp_filter *f, mp_time now)
{
  if (!f->unanswered || f->retiring || f->unsent || f->w.held || !is_full (f))
    return -1;
  look (f, now);
  mp_time due = f->active_at + (f->ex->prompt ? silent_long : silent_for);
  if (now < due)
    return due;
  if (f->ahead)
    return now + silent_for;
  /* If it keeps back its answer to one line, do not wait so long for each of
     the others that are given alone.  */
  if (f->first->lines->done < f->first->lines->suspects)
    f->ex->prompt = false;
  f->retiring = true;
  return -1;
}

/* If the standard output of F is closed, it cannot answer any more.  Return
   when to see again, at NOW, or -1.  */
static mp_time
check_mute (struct mp_filter *f, mp_time now)
{
  if (0 <= f->w.stream[MP_STREAM_OUT].source.fd)
    return -1;
  if (!f->mute_at)
    f->mute_at = now + mute_for;
  mp_time close_at = f->mute_at - mute_for + mute_open;
  if (now < close_at)
    return close_at;
  f->retiring = true;
  mp_worker_close_input (&f->w);
  if (now < f->mute_at)
    return f->mute_at;
  kill (-f->w.pid, SIGKILL);
  return -1;
}

/* If F has answered everything and its input has ended, it should end, too.
   Where items have a time limit, see that it does so in that time.  Return when
   to see again, at NOW, or -1.  */
static mp_time
check_lingering (struct mp_filter *f, mp_time now)
{
  struct mp_pool const *pool = f->ex->base.pool;
  if (!pool->timeout || f->unanswered || 0 <= f->w.input.source.fd
      || f->w.held || f->overdue || f->expired)
    return -1;
  if (!f->end_by)
    f->end_by = now + pool->timeout;
  if (now < f->end_by)
    return f->end_by;
  f->expired = true;
  mp_overdue_end (&f->ex->overdue, f->w.pid, pool->signal, pool->grace);
  return -1;
}

/* See to F at NOW.  Return when to do so again, or -1.  */
static mp_time
tend (struct mp_filter *f, mp_time now)
{
  unsigned int limit = mp_pool_limit (f->ex->base.pool);
  mp_time next = mp_earlier (check_mute (f, now), check_silence (f, now));
  /* There are more than there should be.  */
  if (limit && limit < f->w.slot)
    f->retiring = true;
  mp_filter_close_if_done (f);
  next = mp_earlier (next, check_lingering (f, now));
  if (!f->unanswered || f->retiring || f->unsent
      || !has_task (f->ex->base.pool))
    return next;
  if (f->look_at <= now)
    {
      f->look_again = MIN (2 * f->look_again, look_last);
      f->look_at = now + f->look_again;
    }
  return mp_earlier (next, f->look_at);
}

static mp_time
filters_tick (struct mp_executor *base, mp_time now)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  mp_time next = mp_workers_tick (&ex->workers, now);
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    if (!w->ended && !base->pool->paused)
      next = mp_earlier (next, tend ((struct mp_filter *) w, now));
  next = mp_earlier (next, mp_overdue_tick (&ex->overdue, now));
  if (has_task (base->pool)
      && filters_has_room (base, mp_pool_limit (base->pool)))
    base->pool->again = true;
  return next;
}

static void
filters_children (struct mp_executor *base)
{
  mp_workers_reap (&((struct mp_filters *) base)->workers);
}

static void
filters_end (struct mp_executor *base, struct mp_task *task, int sig,
             mp_time kill_after)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  struct mp_filter *f = task->job;
  /* It is about a line of its.  */
  task->timed_out = false;
  if (f->overdue || f->first != task || !f->unanswered)
    return;
  mp_filter_time_out (f);
  /* Its PID may be another one's by now.  */
  if (!f->w.ended)
    mp_overdue_end (&ex->overdue, f->w.pid, sig, kill_after);
}

static void
filters_signal (struct mp_executor *base, int sig)
{
  mp_workers_signal (&((struct mp_filters *) base)->workers, sig);
}

static bool
filters_finish (struct mp_executor *base)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct mp_filter *f = (struct mp_filter *) w;
      if (!f->last || f->last->lines->given == f->last->lines->n)
        f->retiring = true;
      mp_filter_close_if_done (f);
    }
  return !ex->workers.first;
}

static bool
filters_idle (struct mp_executor *base)
{
  return mp_workers_idle (&((struct mp_filters *) base)->workers);
}

static struct mp_executor_ops const filters_ops = {
  .has_room = filters_has_room,
  .start = filters_start,
  .resume = filters_resume,
  .tick = filters_tick,
  .children = filters_children,
  .end = filters_end,
  .signal = filters_signal,
  .finish = filters_finish,
  .idle = filters_idle
};

int
mp_filters_new (struct mp_filters_options const *options,
                struct mp_executor **result)
{
  struct mp_filters *ex = calloc (1, sizeof *ex);
  if (!ex)
    return ENOMEM;
  ex->base.ops = &filters_ops;
  ex->options = options;
  ex->ahead_max = AHEAD_ALL / MAX (options->processes, 1);
  ex->ahead_max = MAX (MIN (ex->ahead_max, AHEAD_MAX), AHEAD_MIN);
  int err = (options->initializer
             ? mp_initializer_init (&ex->initializer, options->shell,
                                    options->initializer) : 0);
  if (!err)
    err = mp_taskenv_init (&ex->env, environ);
  if (!err)
    {
      err = mp_workers_init (&ex->workers, &mp_filter_worker_ops);
      if (err)
        mp_taskenv_free (&ex->env);
    }
  if (err)
    {
      mp_initializer_free (&ex->initializer);
      free (ex);
      return err;
    }
  *result = &ex->base;
  return 0;
}

void
mp_filters_free (struct mp_executor *base)
{
  struct mp_filters *ex = (struct mp_filters *) base;
  mp_workers_free (&ex->workers, mp_filter_free);
  mp_overdue_free (&ex->overdue);
  mp_taskenv_free (&ex->env);
  free (ex->tagged.data);
  mp_initializer_free (&ex->initializer);
  free (ex);
}
