/* The executor of warm shells: shells that live on and evaluate a script for
   each item.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long the task that a shell is at must have taken before those behind it
   are given to others that have none.  */
static mp_time const stuck_after = MP_MILLISECOND;

/* The descriptors at which a new shell finds its code, and what it waits for
   when it is ready.  */
enum { CODE_FD = 9, HOLD_FD = 6 };

/* Descriptors to be those of a new shell.  */
struct entrance
{
  int code, hold;
};

static int
enter (void *arg)
{
  struct entrance const *e = arg;
  if (0 <= e->code && dup2 (e->code, CODE_FD) < 0)
    return errno;
  if (0 <= e->hold && dup2 (e->hold, HOLD_FD) < 0)
    return errno;
  return 0;
}

/* Make FD a pipe, of which neither end is one of those that a shell has for
   special uses.  Return 0 or an errno value.  */
static int
open_high_pipe (int fd[2])
{
  enum { ABOVE = 10 };
  int low[2];
  fd[0] = fd[1] = -1;
  if (pipe2 (low, O_CLOEXEC) != 0)
    return errno;
  int err = 0;
  for (int i = 0; i < 2; i++)
    {
      fd[i] = low[i] < ABOVE ? fcntl (low[i], F_DUPFD_CLOEXEC, ABOVE)
              : low[i];
      /* Descriptors so high may not be allowed.  */
      if (fd[i] < 0)
        err = errno == EINVAL ? EMFILE : errno;
      if (fd[i] != low[i])
        close (low[i]);
    }
  for (int i = 0; err && i < 2; i++)
    {
      if (0 <= fd[i])
        close (fd[i]);
      fd[i] = -1;
    }
  return err;
}

/* Start S, which has a slot and whose code comes from the pipe CODE; HOLD, if
   it is a pipe, is what it waits for.  Return 0 or an errno value.  */
static int
spawn_shell (struct mp_shell *s, int const *code, int const *hold)
{
  struct mp_shells *ex = s->ex;
  struct mp_shells_options const *o = ex->options;
  char path[] = "/dev/fd/9";
  char dash_s[] = "-s";
  struct entrance entrance = { o->portable ? -1 : code[0], hold[0] };
  char *argv[] = { (char *) o->shell, o->portable ? dash_s : path, NULL };
  struct mp_spawn spawn = {
    .file = o->file, .argv = argv,
    .fd = { o->portable ? code[0] : -1, -1, -1 },
    .affinity = mp_binding_place (o->binding, s->w.slot),
    .mask = o->mask, .defaults = o->defaults,
    .in_child = enter, .arg = &entrance
  };
  ex->no_task->slot = s->w.slot;
  int err = mp_taskenv_set (&ex->env, ex->no_task, true);
  spawn.envp = ex->env.envp;
  if (err)
    {
      mp_slots_give (&ex->workers.slots, s->w.slot);
      return err;
    }
  return mp_worker_start (&s->w, &spawn, code[1]);
}

/* Make ready what a new shell of EX begins with, and the pipe CODE for it.
   Return 0 or an errno value.  */
static int
prepare (struct mp_shells *ex, int const *code, bool hold)
{
  int err = mp_shellcode_prologue (&ex->code, ex->options->script,
                                   ex->options->initializer, hold);
  if (err)
    return err;
  /* On its standard input the shell itself would not wait either.  */
  if ((!ex->options->portable && fcntl (code[0], F_SETFL, O_NONBLOCK) != 0)
      || fcntl (code[1], F_SETFL, O_NONBLOCK) != 0)
    return errno;
  return 0;
}

/* Start a new shell and store it in *RESULT.  Return 0 or an errno value.  */
static int
start_shell (struct mp_shells *ex, struct mp_shell **result)
{
  int code[2] = { -1, -1 }, hold[2] = { -1, -1 };
  struct mp_shell *s = calloc (1, sizeof *s);
  if (!s)
    return ENOMEM;
  s->ex = ex;
  s->early_budget.limit = SIZE_MAX;
  s->hold = s->reader = -1;
  s->window = s->attempt = 1;
  ex->workers.pool = ex->base.pool;
  int err = open_high_pipe (code);
  if (!err && ex->reading == MP_READS_UNKNOWN && !ex->options->portable)
    err = open_high_pipe (hold);
  if (!err)
    err = prepare (ex, code, 0 <= hold[0]);
  if (!err)
    err = mp_worker_take_slot (&ex->workers, &s->w);
  if (!err)
    err = spawn_shell (s, code, hold);
  if (0 <= hold[0])
    close (hold[0]);
  s->reader = code[0];
  s->hold = hold[1];
  if (!err)
    {
      s->queued = ex->code.length;
      err = mp_shell_send (s, ex->code.text, ex->code.length);
      if (err)
        mp_pool_fail (ex->base.pool, err);
      *result = s;
      return 0;
    }
  if (0 <= code[1])
    close (code[1]);
  mp_shell_free (&s->w);
  return err;
}

/* Whether S may be given one task more, the one with INDEX.  */
static bool
takes_task (struct mp_shell const *s, unsigned long long index)
{
  struct mp_shells_options const *o = s->ex->options;
  if (s->w.ended || s->retiring || s->unsent || s->w.input.source.fd < 0)
    return false;
  /* Its extra output would end, and the pool still knows that it is held.  */
  if (s->extra && s->w.held)
    return false;
  /* Outputs wait for those before them: a task must not wait behind a later
     one, which may be held back for it.  */
  if (s->n && index < mp_shell_last (s)->index)
    return false;
  if (o->max_tasks && o->max_tasks <= s->served + s->n)
    return false;
  return o->chunk ? s->given < o->chunk : s->n < s->window;
}

/* Whether S should get the next task rather than BEST: a chunk is completed
   before another begins, and else who has fewer comes first.  */
static bool
is_better (struct mp_shell const *s, struct mp_shell const *best)
{
  bool chunks = s->ex->options->chunk != 0;
  if (chunks && (s->given != 0) != (best->given != 0))
    return s->given != 0;
  return s->n < best->n;
}

/* The shell of EX that should get the task with INDEX, or null if there is
   none.  */
static struct mp_shell *
choose_shell (struct mp_shells const *ex, unsigned long long index)
{
  struct mp_shell *best = NULL;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct mp_shell *s = (struct mp_shell *) w;
      if (takes_task (s, index) && (!best || is_better (s, best)))
        best = s;
    }
  return best;
}

static bool
shells_has_room (struct mp_executor *base, unsigned int limit)
{
  struct mp_shells const *ex = (struct mp_shells *) base;
  return (!limit || ex->workers.n < limit
          || choose_shell (ex, mp_pool_next_index (base->pool)));
}

static int
shells_start (struct mp_executor *base, struct mp_task *task)
{
  struct mp_shells *ex = (struct mp_shells *) base;
  for (size_t i = 0; i < task->n_items; i++)
    if (memchr (task->item[i].data, '\0', task->item[i].len))
      return EINVAL;
  struct mp_shell *s = choose_shell (ex, task->index);
  unsigned int limit = mp_pool_limit (base->pool);
  bool idle = s && (ex->options->chunk ? s->given != 0 || !s->n : !s->n);
  if (!idle && (!limit || ex->workers.n < limit))
    {
      struct mp_shell *new_one;
      int err = start_shell (ex, &new_one);
      if (!err)
        s = new_one;
      else if (!s)
        return err;
      else
        {
          mp_pool_set_cap (base->pool, ex->workers.n);
          mp_pool_starved (base->pool, err);
        }
    }
  return s ? mp_shell_give (s, task) : EAGAIN;
}

static void
shells_resume (struct mp_executor *base, struct mp_task *task)
{
  (void) base;
  if (task->job)
    mp_worker_resume (&((struct mp_shell *) task->job)->w);
}

/* If there is a shell of EX without tasks, or one could be started, take back
   those that wait behind one that takes long, at NOW.  Return when to look
   again, or -1.  */
static mp_time
balance (struct mp_shells *ex, mp_time now)
{
  unsigned int limit = mp_pool_limit (ex->base.pool);
  bool free_hand = !limit || ex->workers.n < limit;
  struct mp_shell *fullest = NULL;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct mp_shell *s = (struct mp_shell *) w;
      if (w->ended)
        continue;
      if (!s->n && takes_task (s, ULLONG_MAX))
        free_hand = true;
      if (1 < s->n && !s->kept && (!fullest || fullest->n < s->n))
        fullest = s;
    }
  if (!free_hand || !fullest || ex->options->chunk || ex->base.pool->again)
    return -1;
  mp_time due = mp_shell_since (fullest) + stuck_after;
  if (now < due)
    return due;
  size_t n = fullest->n;
  mp_shell_take_back (fullest, 1);
  if (fullest->n < n)
    fullest->window = MP_SHELL_WINDOW_MIN;
  return now + stuck_after;
}

static mp_time
shells_tick (struct mp_executor *base, mp_time now)
{
  struct mp_shells *ex = (struct mp_shells *) base;
  unsigned int limit = mp_pool_limit (base->pool);
  mp_time next = mp_earlier (mp_workers_tick (&ex->workers, now),
                             mp_overdue_tick (&ex->overdue, now));
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct mp_shell *s = (struct mp_shell *) w;
      mp_shell_adapt (s);
      next = mp_earlier (next, mp_shell_check_ends (s, now));
      /* There are more than there should be.  */
      if (limit && limit < s->w.slot && !s->retiring)
        s->retiring = true;
      if (s->retiring && !s->n)
        mp_worker_close_input (w);
    }
  return base->pool->stopping ? next : mp_earlier (next, balance (ex, now));
}

static void
shells_children (struct mp_executor *base)
{
  mp_workers_reap (&((struct mp_shells *) base)->workers);
}

static void
shells_end (struct mp_executor *base, struct mp_task *task, int sig,
            mp_time kill_after)
{
  struct mp_shells *ex = (struct mp_shells *) base;
  struct mp_shell *s = task->job;
  s->retiring = true;
  /* Its PID may be another one's by now.  */
  if (s->w.ended)
    return;
  mp_overdue_end (&ex->overdue, s->w.pid, sig, kill_after);
}

static void
shells_signal (struct mp_executor *base, int sig)
{
  mp_workers_signal (&((struct mp_shells *) base)->workers, sig);
}

static bool
shells_finish (struct mp_executor *base)
{
  struct mp_shells *ex = (struct mp_shells *) base;
  if (base->pool->running)
    return false;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      ((struct mp_shell *) w)->retiring = true;
      mp_worker_close_input (w);
    }
  return !ex->workers.first;
}

static bool
shells_idle (struct mp_executor *base)
{
  return mp_workers_idle (&((struct mp_shells *) base)->workers);
}

static struct mp_executor_ops const shells_ops = {
  .has_room = shells_has_room,
  .start = shells_start,
  .resume = shells_resume,
  .tick = shells_tick,
  .children = shells_children,
  .end = shells_end,
  .signal = shells_signal,
  .finish = shells_finish,
  .idle = shells_idle
};

int
mp_shells_new (struct mp_shells_options const *options,
               struct mp_executor **result)
{
  char *store;
  struct mp_shells *ex = calloc (1, sizeof *ex);
  if (!ex)
    return ENOMEM;
  ex->base.ops = &shells_ops;
  ex->options = options;
  ex->spare[0] = ex->spare[1] = -1;
  ex->reading = options->portable ? MP_READS_BLOCKS : MP_READS_UNKNOWN;
  ex->no_task = mp_task_new (1, 1, &store);
  int err = ex->no_task ? mp_shellcode_init (&ex->code) : ENOMEM;
  if (!err)
    {
      *store = '\0';
      ex->no_task->item[0] = (struct mp_item) { store, 0 };
      ex->code.isolate = options->isolate;
      ex->code.by_stdin = options->portable;
      err = mp_taskenv_init (&ex->env, environ);
    }
  if (!err)
    {
      err = mp_workers_init (&ex->workers, &mp_shell_worker_ops);
      if (err)
        mp_taskenv_free (&ex->env);
    }
  if (err)
    {
      mp_shellcode_free (&ex->code);
      free (ex->no_task);
      free (ex);
      return err;
    }
  *result = &ex->base;
  return 0;
}

void
mp_shells_free (struct mp_executor *base)
{
  struct mp_shells *ex = (struct mp_shells *) base;
  mp_workers_free (&ex->workers, mp_shell_free);
  mp_overdue_free (&ex->overdue);
  for (int i = 0; i < 2; i++)
    if (0 <= ex->spare[i])
      close (ex->spare[i]);
  mp_taskenv_free (&ex->env);
  mp_shellcode_free (&ex->code);
  free (ex->no_task);
  free (ex);
}
