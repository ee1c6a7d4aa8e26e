/* The executor of tasks on other hosts: by an agent on each.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "agentmsg.h"
#include "lines.h"
#include "peer.h"
#include "proctree.h"

/* How many agents are started at a time, so that what starts them is not
   overrun.  */
enum { LAUNCHES_MAX = 64 };

/* How many slots an agent counts for if it has any number.  */
enum { MANY_SLOTS = 256 };

/* How much may wait to be sent to an agent before it gets more.  */
enum { WAITING_MAX = 4 * 1024 * 1024 };

/* How far a task may be ahead in its output: as much as a fast line has on its
   way there and back.  */
enum { AHEAD_MAX = 4 * 1024 * 1024 };

/* How often tasks are taken back from others than those that have none.  */
static mp_time const recall_every = 20 * MP_MILLISECOND;

/* How long launchers have from SIGKILL for tasks to their own.  */
static mp_time const kill_after = 1000LL * MP_MILLISECOND;

/* How long a task of lines should take, or at most, if agents want more; and
   the most bytes that it has.  */
static mp_time const task_time = 20 * MP_MILLISECOND;
static mp_time const hunger_time = 1000LL * MP_MILLISECOND;
enum { LINE_BYTES_MAX = 256 * 1024 };

/* Make a job for TASK at P.  Return null if memory is exhausted.  */
static struct mp_remote_job *
new_job (struct mp_peer *p, struct mp_task *task)
{
  struct mp_remote *ex = p->ex;
  if (!ex->n_unused && ex->n_jobs == ex->jobs_allocated)
    {
      size_t n = ex->jobs_allocated ? 2 * ex->jobs_allocated : 64;
      void *jobs = reallocarray (ex->job, n, sizeof *ex->job);
      if (!jobs)
        return NULL;
      ex->job = jobs;
      void *unused = reallocarray (ex->unused, n, sizeof *ex->unused);
      if (!unused)
        return NULL;
      ex->unused = unused;
      ex->jobs_allocated = n;
    }
  struct mp_remote_job *job = malloc (sizeof *job);
  if (!job)
    return NULL;
  uint32_t place = ex->n_unused ? ex->unused[--ex->n_unused] : ex->n_jobs++;
  /* IDs do not come again soon: who is late is not taken for another.  */
  *job = (struct mp_remote_job) {
    .id = (uint64_t) ++ex->generation << 32 | place,
    .task = task, .peer = p, .prev = p->last,
    .granted = ex->options->credit, .window = ex->options->credit };
  ex->job[place] = job;
  if (p->last)
    p->last->next = job;
  else
    p->first = job;
  p->last = job;
  p->given++;
  task->job = job;
  return job;
}

void
mp_remote_free_job (struct mp_remote_job *job)
{
  struct mp_peer *p = job->peer;
  uint32_t place = job->id & UINT32_MAX;
  if (job->prev)
    job->prev->next = job->next;
  else
    p->first = job->next;
  if (job->next)
    job->next->prev = job->prev;
  else
    p->last = job->prev;
  p->given--;
  p->begun -= job->begun;
  p->ex->job[place] = NULL;
  p->ex->unused[p->ex->n_unused++] = place;
  job->task->job = NULL;
  free (job);
}

struct mp_remote_job *
mp_remote_find_job (struct mp_peer *p, struct mp_message *m)
{
  uint64_t id = mp_message_u64 (m);
  uint32_t place = id & UINT32_MAX;
  struct mp_remote_job *job = (place < p->ex->n_jobs ? p->ex->job[place]
                               : NULL);
  return job && job->id == id && job->peer == p ? job : NULL;
}

unsigned int
mp_remote_slots (struct mp_peer const *p)
{
  return p->slots ? p->slots : MANY_SLOTS;
}

/* Whether P takes another task: one that it can begin at once if FREE.  */
static bool
takes_task (struct mp_peer *p, bool free)
{
  if (p->state != MP_PEER_READY
      || WAITING_MAX <= mp_wire_waiting (&p->wire))
    return false;
  if (free)
    return p->given < mp_remote_slots (p);
  return p->given < p->window;
}

/* The peer that gets the next task, or null: whoever can begin it, in turn, and
   otherwise, whoever may have more.  OTHER, unless it is null, is the name of a
   host that has had it, and gets it only if it must be.  */
static struct mp_peer *
choose_peer (struct mp_remote *ex, char const *other)
{
  size_t n = ex->options->n_hosts;
  struct mp_peer *last = NULL;
  for (int free = 1; 0 <= free; free--)
    for (size_t i = 0; i < n; i++)
      {
        struct mp_peer *p = &ex->peer[(ex->next + i) % n];
        if (!takes_task (p, free))
          continue;
        if (p->host->name != other)
          return p;
        last = p;
      }
  return last;
}

/* The peer that has fewest tasks, or null if none takes any.  */
static struct mp_peer *
choose_any (struct mp_remote *ex)
{
  struct mp_peer *best = NULL;
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      if (p->state == MP_PEER_READY && (!best || p->given < best->given))
        best = p;
    }
  return best;
}

/* Let JOB begin, although as many run there as may.  */
static void
hurry (struct mp_remote_job *job)
{
  struct mp_wire *w = &job->peer->wire;
  job->hurried = true;
  mp_wire_begin (w, MP_MSG_HURRY);
  mp_wire_put_u64 (w, job->id);
  mp_wire_end (w);
}

/* If others wait for a task that does not begin because these others run where
   it is, let it.  */
static void
hurry_urgent (struct mp_remote *ex)
{
  struct mp_task *task = mp_pool_urgent (ex->base.pool);
  struct mp_remote_job *job = task ? task->job : NULL;
  if (job && !job->begun && !job->hurried && job->peer->slots
      && job->peer->slots <= job->peer->begun)
    hurry (job);
}

/* Whether TASK, or null, is to be started in any case: those that run may wait
   for room for their output, which there is none of until TASK has put its.  */
static bool
is_urgent (struct mp_remote const *ex, struct mp_task const *task)
{
  return task && task == mp_pool_urgent (ex->base.pool);
}

static bool
remote_has_room (struct mp_executor *base, unsigned int limit)
{
  (void) limit;
  struct mp_remote *ex = (struct mp_remote *) base;
  return (choose_peer (ex, NULL)
          || (is_urgent (ex, base->pool->pending) && choose_any (ex)));
}

static int
remote_start (struct mp_executor *base, struct mp_task *task)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  struct mp_peer *p = choose_peer (ex, 1 < task->attempt ? task->host : NULL);
  if (!p && is_urgent (ex, task))
    p = choose_any (ex);
  if (!p)
    return EAGAIN;
  struct mp_remote_job *job = new_job (p, task);
  if (!job)
    return ENOMEM;
  int err = mp_agent_put_task (&p->wire, job->id, task);
  if (err == EFBIG)
    {
      mp_remote_free_job (job);
      return err;
    }
  /* What was begun to be sent cannot be taken back.  */
  if (p->wire.failed)
    mp_pool_fail (base->pool, ENOMEM);
  task->slot = task->lane = 0;
  task->host = p->host->name;
  p->resting = false;
  p->was_full |= p->window <= p->given;
  ex->next = (p - ex->peer + 1) % ex->options->n_hosts;
  if (err)
    mp_pool_fail (base->pool, err);
  return 0;
}

void
mp_remote_grant (struct mp_remote_job *job)
{
  struct mp_remote *ex = job->peer->ex;
  struct mp_wire *w = &job->peer->wire;
  if ((job->received < job->granted
       && job->window / 2 < job->granted - job->received)
      || !mp_pool_wants (ex->base.pool, job->task))
    return;
  /* It may be the way that is long.  */
  job->window = MIN (2 * job->window, AHEAD_MAX);
  job->granted = job->received + job->window;
  mp_wire_begin (w, MP_MSG_CREDIT);
  mp_wire_put_u64 (w, job->id);
  mp_wire_put_u64 (w, job->granted);
  mp_wire_end (w);
}

static void
remote_resume (struct mp_executor *base, struct mp_task *task)
{
  (void) base;
  if (task->job)
    mp_remote_grant (task->job);
}

static void
remote_end (struct mp_executor *base, struct mp_task *task, int sig,
            mp_time after)
{
  (void) base;
  struct mp_remote_job *job = task->job;
  struct mp_wire *w = job ? &job->peer->wire : NULL;
  if (!job)
    return;
  mp_wire_begin (w, MP_MSG_END);
  mp_wire_put_u64 (w, job->id);
  mp_wire_put_u32 (w, sig);
  mp_wire_put_u64 (w, after);
  mp_wire_end (w);
}

/* If a peer has nothing to begin, and there is nothing to give it, take back at
   NOW half of what another has not begun.  Return when to look again, or
   -1.  */
static mp_time
recall (struct mp_remote *ex, mp_time now)
{
  struct mp_pool const *pool = ex->base.pool;
  struct mp_peer *most = NULL;
  bool hungry = false;
  if (pool->pending || pool->again || pool->paused
      || (!pool->input_ended && !pool->input.source.watched))
    return -1;
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      if (p->state != MP_PEER_READY)
        continue;
      hungry |= p->given < mp_remote_slots (p);
      if (p->begun < p->given
          && (!most || most->given - most->begun < p->given - p->begun))
        most = p;
    }
  /* It can begin as many as it has slots.  */
  if (!hungry || !most || most->given <= mp_remote_slots (most))
    return -1;
  if (now < most->recalled_at + recall_every)
    return most->recalled_at + recall_every;
  most->recalled_at = now;
  mp_wire_begin (&most->wire, MP_MSG_RECALL);
  mp_wire_put_u32 (&most->wire, (most->given - most->begun + 1) / 2);
  mp_wire_end (&most->wire);
  return now + recall_every;
}

/* Whether no peer of EX runs, or will.  */
static bool
all_gone (struct mp_remote const *ex)
{
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    if (ex->peer[i].state != MP_PEER_GONE)
      return false;
  return true;
}

/* Start what is due at NOW.  Return when something will be, or -1.  */
static mp_time
start_peers (struct mp_remote *ex, mp_time now)
{
  mp_time due = -1;
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      if (p->state == MP_PEER_OFF && p->start_at <= now
          && ex->launching < LAUNCHES_MAX)
        mp_peer_start (p, now);
      if (p->state == MP_PEER_OFF)
        due = mp_earlier (due, p->start_at);
    }
  if (all_gone (ex) && !ex->base.deserted)
    {
      ex->base.deserted = true;
      mp_pool_drain (ex->base.pool);
    }
  return due;
}

/* No more tasks are to be begun: take all back that were not.  */
static void
recall_all (struct mp_remote *ex)
{
  ex->recalled_all = true;
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      if (p->state != MP_PEER_READY)
        continue;
      mp_wire_begin (&p->wire, MP_MSG_RECALL);
      mp_wire_put_u32 (&p->wire, UINT32_MAX);
      mp_wire_end (&p->wire);
    }
}

static mp_time
remote_tick (struct mp_executor *base, mp_time now)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  mp_time due = mp_overdue_tick (&ex->overdue, now);
  /* If we did not run for long, that does not mean that nobody has talked.  */
  bool late = (ex->ticked_at
               && ex->ticked_at + ex->options->patience / 2 < now);
  ex->ticked_at = now;
  if (base->pool->draining && !ex->recalled_all)
    recall_all (ex);
  if (!base->pool->stopping && !ex->finishing)
    {
      hurry_urgent (ex);
      due = mp_earlier (due, start_peers (ex, now));
      due = mp_earlier (due, recall (ex, now));
    }
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      if (late)
        ex->peer[i].heard_at = now;
      due = mp_earlier (due, mp_peer_tick (&ex->peer[i], now));
    }
  return due;
}

/* The launcher of P was stopped by SIG.  If that is because it wants the
   terminal, it would wait for ever.  */
static void
launcher_stopped (struct mp_peer *p, int sig)
{
  if (sig == SIGTTIN || sig == SIGTTOU)
    mp_peer_lose (p, MP_REMOTE_TERMINAL, 0);
}

static void
remote_children (struct mp_executor *base)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  for (;;)
    {
      int status;
      pid_t pid = waitpid (-1, &status, WNOHANG | WUNTRACED);
      if (pid < 0 && errno == EINTR)
        continue;
      if (pid <= 0)
        {
          ex->idle = pid < 0;
          return;
        }
      struct mp_peer *p = NULL;
      for (size_t i = 0; !p && i < ex->options->n_hosts; i++)
        if (ex->peer[i].pid == pid)
          p = &ex->peer[i];
      if (p && WIFSTOPPED (status))
        launcher_stopped (p, WSTOPSIG (status));
      else if (p)
        mp_peer_exited (p, status);
      else
        mp_pool_child (base->pool, pid, status);
    }
}

static void
remote_signal (struct mp_executor *base, int sig)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  mp_time now = mp_now ();
  /* What is there still was left by launchers that were lost.  */
  if (ex->finishing && all_gone (ex))
    {
      mp_tree_kill_descendants (getpid (), sig, NULL);
      return;
    }
  if (sig == SIGKILL && ex->kill_at && ex->kill_at <= now)
    {
      mp_tree_kill_descendants (getpid (), SIGKILL, NULL);
      return;
    }
  if (sig == SIGKILL && ex->kill_at)
    return;
  if (sig == SIGKILL)
    ex->kill_at = now + kill_after;
  if (base->pool->callback)
    kill (base->pool->callback, sig);
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    mp_peer_signal (&ex->peer[i], sig);
}

/* Tell the agents of EX, once each, that there are no more tasks for them: what
   waits for more need not wait.  */
static void
let_rest (struct mp_remote *ex)
{
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      if (p->state != MP_PEER_READY || p->resting)
        continue;
      p->resting = true;
      mp_wire_begin (&p->wire, MP_MSG_REST);
      mp_wire_end (&p->wire);
      mp_peer_push (p, mp_now ());
    }
}

static bool
remote_finish (struct mp_executor *base)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  if (base->pool->running)
    {
      let_rest (ex);
      return false;
    }
  for (size_t i = 0; !ex->finishing && i < ex->options->n_hosts; i++)
    mp_peer_finish (&ex->peer[i]);
  ex->finishing = true;
  return all_gone (ex);
}

static bool
remote_idle (struct mp_executor *base)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  if (!ex->idle)
    remote_children (base);
  return ex->idle;
}

void
mp_remote_resize (struct mp_executor *base, int step)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      if (p->state != MP_PEER_READY || !p->slots
          || (int) p->slots + step < 1)
        continue;
      p->slots += step;
      p->window = MAX (p->window, 2 * p->slots);
      mp_wire_begin (&p->wire, MP_MSG_RESIZE);
      mp_wire_put_u32 (&p->wire, p->slots);
      mp_wire_end (&p->wire);
    }
}

void
mp_remote_look (struct mp_executor const *base, struct mp_remote_figures *f)
{
  struct mp_remote const *ex = (struct mp_remote const *) base;
  bool unlimited = false;
  *f = (struct mp_remote_figures) { .ready = 0 };
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer const *p = &ex->peer[i];
      f->left_out += p->state == MP_PEER_GONE;
      if (p->state != MP_PEER_READY && p->state != MP_PEER_DRAINING)
        continue;
      f->ready += p->state == MP_PEER_READY;
      /* That one has begun may be told before the end of the one before.  */
      f->running += p->slots ? MIN (p->begun, p->slots) : p->begun;
      f->slots += p->slots;
      unlimited |= !p->slots;
    }
  if (unlimited)
    f->slots = 0;
}

void
mp_remote_quota (struct mp_executor *base, size_t *lines, size_t *bytes)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  size_t chunk = ex->options->chunk;
  *bytes = LINE_BYTES_MAX;
  if (!chunk)
    {
      size_t fit = 1;
      if (ex->line_time)
        {
          fit = MAX (task_time / ex->line_time, 1);
          ex->hunger = MIN (ex->hunger, MAX (hunger_time / ex->line_time, 1));
        }
      fit = MAX (fit, ex->hunger);
      ex->quota = MIN (MIN (fit, 2 * ex->quota), MP_REMOTE_LINES_MAX);
    }
  *lines = chunk ? chunk : ex->quota;
}

static struct mp_executor_ops const remote_ops = {
  .has_room = remote_has_room,
  .start = remote_start,
  .resume = remote_resume,
  .tick = remote_tick,
  .children = remote_children,
  .end = remote_end,
  .signal = remote_signal,
  .finish = remote_finish,
  .idle = remote_idle
};

int
mp_remote_new (struct mp_remote_options const *options,
               struct mp_executor **result)
{
  struct mp_remote *ex = calloc (1, sizeof *ex);
  if (!ex)
    return ENOMEM;
  ex->peer = calloc (options->n_hosts, sizeof *ex->peer);
  if (!ex->peer)
    {
      free (ex);
      return ENOMEM;
    }
  ex->base.ops = &remote_ops;
  ex->base.tells_start = true;
  ex->options = options;
  ex->idle = true;
  ex->quota = ex->hunger = 1;
  for (size_t i = 0; i < options->n_hosts; i++)
    mp_peer_init (&ex->peer[i], ex, &options->hosts[i]);
  *result = &ex->base;
  return 0;
}

void
mp_remote_free (struct mp_executor *base)
{
  struct mp_remote *ex = (struct mp_remote *) base;
  for (size_t i = 0; i < ex->options->n_hosts; i++)
    {
      struct mp_peer *p = &ex->peer[i];
      mp_watch_close (&base->pool->watch, &p->to.source);
      mp_watch_close (&base->pool->watch, &p->from.source);
      mp_watch_close (&base->pool->watch, &p->messages.source);
      mp_wire_free (&p->wire);
      while (p->first)
        mp_remote_free_job (p->first);
    }
  mp_overdue_free (&ex->overdue);
  free (ex->peer);
  free (ex->job);
  free (ex->unused);
  free (ex);
}
