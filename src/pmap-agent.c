/* pmap: the agent, which runs tasks on another host for a pool.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dirname.h"
#include "error.h"
#include "minmax.h"
#include "progname.h"
#include "quote.h"
#include "xalloc.h"

#include "agentmsg.h"
#include "exit-status.h"
#include "front.h"
#include "guard.h"
#include "pmap-brakes.h"
#include "pmap-observer.h"
#include "pmap-resources.h"
#include "pmap-signals.h"
#include "pmap-workers.h"
#include "procspawn.h"
#include "sigflags.h"

/* How much may wait to be sent before tasks are held back.  */
enum { WAITING_MAX = 1024 * 1024 };

/* How often something is sent, or more often if the pool has little
   patience.  */
static mp_time const alive_most = 1000LL * MP_MILLISECOND;

/* How long the end of a task by SIGTERM, which we have not sent, is kept, and
   no other begun: if the whole host is told to end, we may be the last to
   know.  */
static mp_time const doubt_for = 250 * MP_MILLISECOND;

/* How long others are begun nevertheless if a doubt was wrong: tasks may end so
   by themselves.  */
static mp_time const calm_for = 10 * 1000LL * MP_MILLISECOND;

/* A task that the pool has given us.  */
struct job
{
  uint64_t id;
  struct mp_task *task;
  uint64_t put, granted;        /* bytes of output */
  bool partly;                  /* parts of it have ended */
  unsigned int extra;           /* how many more may run because of it */
  struct mp_task *rest;         /* what did not fit on its command line, to be
                                   run behind it */
  int status, error;            /* of its parts before, the first that failed */
  struct job *prev, *next;      /* of all that there are */
};

/* The end of a task that is kept for some time.  */
struct doubt
{
  struct doubt *next;
  uint64_t id;
  mp_time until;
  struct mp_wire report;        /* that it has ended */
};

struct agent
{
  struct pmap_setup *setup;
  struct pmap_options o;
  struct pmap_signals sig;
  struct pmap_workers workers;
  struct pmap_messages messages;
  struct pmap_info info;
  struct pmap_brakes *brakes;   /* or null */
  struct pmap_observer braker;  /* theirs */
  struct mp_pool pool;
  struct mp_wire wire;
  struct mp_pool_source in, out, lifeline;
  struct job *first, *last;
  struct mp_task *queue, *last_queued;  /* not started yet, by their numbers;
                                           the last means nothing if there is
                                           none */
  unsigned int limit;           /* tasks at a time, as the pool has said; 0: any
                                   number; */
  unsigned int extra;           /* and how many more, as some are urgent */
  struct doubt *first_doubt, **last_doubt;
  mp_time calm_until;           /* when doubts may keep tasks from being begun
                                   again */
  mp_time heard_at, sent_at;
  mp_time ticked_at;            /* when we looked last, or 0 */
  bool finishing;               /* no more tasks will come */
  bool resting;                 /* none will for some time */
  bool draining;                /* nor are they wanted */
  bool stopping;                /* by the pool's order */
  bool cut;                     /* not by its order: we do not know how tasks
                                   would have ended */
  bool hungry;                  /* that was said */
  bool lost_way;                /* the pool's folder is not there */
};

static struct agent *
agent_of (struct mp_source *source)
{
  return ((struct mp_pool_source *) source)->pool->arg;
}

/* Send what waits to be sent.  */
static void
push (struct agent *a)
{
  struct mp_watch *watch = &a->pool.watch;
  int err = a->wire.failed ? ENOMEM : 0;
  if (!mp_wire_waiting (&a->wire))
    return;
  if (!err)
    err = mp_wire_push (&a->wire, STDOUT_FILENO);
  /* Those held back may go on.  */
  if (mp_wire_waiting (&a->wire) < WAITING_MAX && a->pool.held)
    a->pool.again = true;
  if (err == EAGAIN)
    err = (a->out.source.watched ? 0
           : mp_watch_add (watch, &a->out.source, POLLOUT));
  else
    mp_watch_remove (watch, &a->out.source);
  if (err)
    mp_pool_kill (&a->pool);
}

/* Standard output takes more.  */
static void
out_ready (struct mp_source *source, int events)
{
  (void) events;
  push (agent_of (source));
}

/* Write the message TYPE about the task ID.  */
static void
tell (struct agent *a, enum mp_agent_message type, uint64_t id, int detail)
{
  mp_wire_begin (&a->wire, type);
  mp_wire_put_u64 (&a->wire, id);
  mp_wire_put_u8 (&a->wire, detail);
  mp_wire_end (&a->wire);
}

/* Write the message TYPE, which has nothing in it.  */
static void
tell_only (struct agent *a, enum mp_agent_message type)
{
  mp_wire_begin (&a->wire, type);
  mp_wire_end (&a->wire);
}

/* Let as many tasks run at a time as may.  */
static void
resize (struct agent *a)
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
  resize (a);
}

/* JOB is over.  */
static void
free_job (struct agent *a, struct job *job)
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

/* The job called ID, or null.  */
static struct job *
find_job (struct agent const *a, uint64_t id)
{
  struct job *job = a->first;
  while (job && job->id != id)
    job = job->next;
  return job;
}

/* Put TASK where it belongs among those not started yet.  */
static void
enqueue (struct agent *a, struct mp_task *task)
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

/* Give TASK, which was not started, back.  */
static void
give_back (struct agent *a, struct mp_task *task)
{
  struct job *job = task->user;
  tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_UNBEGUN);
  free_job (a, job);
  mp_task_free (task);
}

/* Learn which task is the last in the queue.  */
static void
find_last_queued (struct agent *a)
{
  a->last_queued = a->queue;
  while (a->last_queued && a->last_queued->next_held)
    a->last_queued = a->last_queued->next_held;
}

/* Give N tasks back that were not started, the last ones, or all if there are
   fewer.  Parts of tasks that have begun are kept.  */
static void
give_back_last (struct agent *a, size_t n)
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
          give_back (a, task);
        }
      else
        p = &task->next_held;
    }
  find_last_queued (a);
}

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
    give_back (a, task);
  else
    enqueue (a, task);
  return 0;
}

/* A task may put more.  */
static void
take_credit (struct agent *a, struct mp_message *m)
{
  uint64_t id = mp_message_u64 (m);
  struct job *job = find_job (a, id);
  if (job)
    job->granted = mp_message_u64 (m);
  a->pool.again = true;
}

/* A task is to be the next to be started, and one more to run until it has
   ended: all that run may wait for it.  */
static void
take_hurry (struct agent *a, struct mp_message *m)
{
  struct job *job = find_job (a, mp_message_u64 (m));
  struct mp_task **p = &a->queue;
  while (*p && (*p)->user != job)
    p = &(*p)->next_held;
  struct mp_task *task = *p;
  if (!job || !task || job->extra)
    return;
  *p = task->next_held;
  task->next_held = a->queue;
  a->queue = task;
  find_last_queued (a);
  /* More may run than should: the limit was lowered, or another urgent one has
     ended just now.  */
  unsigned int may = a->limit + a->extra;
  job->extra = MAX (may, a->pool.running) + 1 - may;
  a->extra += job->extra;
  resize (a);
}

/* A task is to end.  */
static void
take_end (struct agent *a, struct mp_message *m)
{
  uint64_t id = mp_message_u64 (m);
  int sig = mp_message_u32 (m);
  mp_time after = mp_message_u64 (m);
  struct job *job = find_job (a, id);
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
      give_back_last (a, SIZE_MAX);
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
      give_back_last (a, mp_message_u32 (m));
      break;
    case MP_MSG_RESIZE:
      a->limit = mp_message_u32 (m);
      resize (a);
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

/* The pool is gone, or might as well be: nobody wants to know how tasks
   end.  */
static void
give_up (struct agent *a)
{
  a->cut = a->finishing = true;
  mp_pool_kill (&a->pool);
}

/* Take all messages that were read.  */
static void
take_messages (struct agent *a)
{
  struct mp_message m;
  int err;
  while ((err = mp_wire_next (&a->wire, &m)) == 0)
    if ((err = take_message (a, &m)) != 0)
      break;
  if (err && err != EAGAIN)
    {
      pmap_say (&a->messages, err, _("cannot understand the pool"));
      give_up (a);
    }
}

/* There are messages of the pool's, or it is gone.  */
static void
in_ready (struct mp_source *source, int events)
{
  (void) events;
  struct agent *a = agent_of (source);
  int err = mp_wire_pull (&a->wire, STDIN_FILENO);
  if (err == EAGAIN)
    return;
  a->heard_at = mp_now ();
  if (err || a->wire.ended)
    {
      mp_watch_remove (&a->pool.watch, source);
      if (!a->finishing || a->pool.running)
        give_up (a);
    }
  else
    take_messages (a);
}

/* The guard is gone, by SIGKILL: so must everything be.  */
static void
guard_gone (struct mp_source *source, int events)
{
  (void) events;
  struct agent *a = agent_of (source);
  mp_watch_remove (&a->pool.watch, source);
  give_up (a);
}

static int
agent_next (void *arg, struct mp_task **task)
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
    tell_only (a, MP_MSG_HUNGRY);
  a->hungry = true;
  return EAGAIN;
}

static unsigned long long
agent_next_index (void *arg)
{
  struct agent const *a = arg;
  return a->queue ? a->queue->index : ULLONG_MAX;
}

static int
agent_input_fd (void *arg)
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

/* Append REST to what is to be run behind the parts of JOB before.  */
static void
agent_push_back (void *arg, struct mp_task *task, size_t keep)
{
  (void) arg;
  struct job *job = task->user;
  struct mp_task *rest = make_rest (task, keep);
  rest->next_held = job->rest;
  job->rest = rest;
}

static void
agent_started (void *arg, struct mp_task *task)
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

static size_t
agent_wants (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->extra ? NULL : task->user;
  uint64_t left = (!job ? WAITING_MAX
                   : job->put < job->granted ? job->granted - job->put : 0);
  if (WAITING_MAX <= mp_wire_waiting (&a->wire))
    return 0;
  return MIN (left, WAITING_MAX);
}

static void
agent_output (void *arg, struct mp_task *task, int stream, char const *data,
              size_t len)
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
  if (WAITING_MAX <= mp_wire_waiting (&a->wire))
    push (a);
}

/* Whether TASK seems to have ended by a signal that we have not sent, and that
   ends all of a host.  */
static bool
is_doubtful (struct agent const *a, struct mp_task const *task)
{
  return (!task->error && !task->timed_out && !a->stopping
          && mp_status_is_struck (task->status));
}

/* Keep for some time that TASK, which is ID, has ended.  */
static void
doubt (struct agent *a, uint64_t id, struct mp_task const *task)
{
  struct doubt *d = xzalloc (sizeof *d);
  d->id = id;
  d->until = mp_now () + doubt_for;
  mp_agent_put_ended (&d->report, id, task);
  *a->last_doubt = d;
  a->last_doubt = &d->next;
}

/* Tell of the ends that were kept until NOW, or of all if ALL.  Return when
   there will be another, or -1.  */
static mp_time
tell_doubts (struct agent *a, mp_time now, bool all)
{
  struct doubt *d = a->first_doubt;
  if (!d)
    return -1;
  while ((d = a->first_doubt) && (all || d->until <= now || a->draining))
    {
      struct mp_bytes const *report = &d->report.out;
      if (a->draining || a->cut)
        tell (a, MP_MSG_RETURNED, d->id, MP_RETURN_CUT);
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

static void
agent_delivered (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  if (begin_rest (a, job, task))
    return;
  task->status = job->status;
  task->error = job->error;
  if (a->cut && !a->stopping)
    tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_CUT);
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
  free_job (a, job);
}

/* An urgent task has made room for itself, and not for others.  */
static mp_time
agent_ended (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  if (!job->rest)
    drop_extra (a, job);
  return -1;
}

static void
agent_starved (void *arg, int err)
{
  struct agent *a = arg;
  pmap_say (&a->messages, err,
            ngettext ("warning: running only %u task at a time",
                      "warning: running only %u tasks at a time",
                      a->pool.cap), a->pool.cap);
}

/* If TASK, which waits to be started, is no part of one that has begun, tell
   the pool so.  Return whether.  */
static bool
give_back_waiting (void *arg, struct mp_task *task)
{
  struct agent *a = arg;
  struct job *job = task->user;
  if (job->partly)
    return false;
  tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_UNBEGUN);
  free_job (a, job);
  return true;
}

/* This host is to do no more: begin nothing, and let what runs end.  */
static void
drain (struct agent *a)
{
  if (a->draining)
    return;
  a->draining = a->finishing = true;
  tell_only (a, MP_MSG_DRAINING);
  give_back_last (a, SIZE_MAX);
  mp_pool_take_back (&a->pool, give_back_waiting);
  mp_pool_more (&a->pool);
}

/* Whether the guard is gone: then it was that which has sent us SIGTERM.  */
static bool
is_alone (struct agent const *a)
{
  struct pollfd fd = { .fd = a->lifeline.source.fd, .events = POLLIN };
  return poll (&fd, 1, 0) > 0;
}

static void
agent_woken (void *arg)
{
  struct agent *a = arg;
  for (int i = 0; pmap_end_signals[i]; i++)
    {
      int sig = pmap_end_signals[i];
      int n = mp_sigflags_take (sig);
      if (n && sig == SIGTERM && is_alone (a))
        give_up (a);
      else if (n && sig == SIGTERM)
        drain (a);
      else if (n && !a->cut)
        {
          a->cut = a->finishing = true;
          if (!a->pool.stopping)
            mp_pool_stop (&a->pool, SIGTERM);
        }
    }
  mp_sigflags_take (SIGTSTP);
  mp_sigflags_take (SIGCONT);
  mp_sigflags_take (SIGUSR1);
  mp_sigflags_take (SIGUSR2);
}

static mp_time
agent_brake (void *arg, mp_time now)
{
  struct agent *a = arg;
  mp_time until = a->pool.struck_at ? a->pool.struck_at + doubt_for : 0;
  if (now < until && a->calm_until <= now && !a->draining)
    return until;
  return a->brakes ? pmap_brakes_ask (a->brakes, now) : 0;
}

static mp_time
agent_tick (void *arg, mp_time now)
{
  struct agent *a = arg;
  mp_time due = tell_doubts (a, now, false);
  mp_time alive_every = MIN (alive_most, a->setup->patience / 4);
  /* If we did not run for long, that does not mean that nobody has talked.  */
  if (a->ticked_at && a->ticked_at + a->setup->patience / 2 < now)
    a->heard_at = now;
  a->ticked_at = now;
  if (a->draining)
    mp_pool_take_back (&a->pool, give_back_waiting);
  if (a->heard_at + a->setup->patience <= now && !a->cut)
    give_up (a);
  if (a->sent_at + alive_every <= now)
    tell_only (a, MP_MSG_ALIVE);
  if (mp_wire_waiting (&a->wire))
    a->sent_at = now;
  push (a);
  /* What waits for more tasks may end; more may come nevertheless.  */
  struct mp_executor *ex = a->pool.executor;
  if (a->resting && !a->queue && !a->pool.pending && ex->ops->finish)
    ex->ops->finish (ex);
  if (a->braker.tick)
    due = mp_earlier (due, a->braker.tick (a->braker.self, now));
  return mp_earlier (due, MIN (a->sent_at + alive_every,
                               a->heard_at + a->setup->patience));
}

/* Tell the pool that a filter has done FAULT.  */
static void
agent_fault (void *arg, enum mp_filter_fault fault, int status)
{
  struct agent *a = arg;
  mp_wire_begin (&a->wire, MP_MSG_FAULT);
  mp_wire_put_u8 (&a->wire, fault);
  mp_wire_put_u32 (&a->wire, status);
  mp_wire_end (&a->wire);
}

/* Say who we are.  */
static void
say_hello (struct agent *a)
{
  mp_wire_put_raw (&a->wire, MP_AGENT_GREETING, sizeof MP_AGENT_GREETING - 1);
  mp_wire_begin (&a->wire, MP_MSG_HELLO);
  mp_wire_put_u32 (&a->wire, MP_AGENT_VERSION);
  mp_wire_put_u64 (&a->wire, mp_now ());
  mp_wire_put_u32 (&a->wire, a->o.processes);
  mp_wire_end (&a->wire);
}

/* Send what is left, as long as somebody takes it.  */
static void
flush (struct agent *a)
{
  struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };
  mp_time end = mp_now () + a->setup->patience;
  while (!a->wire.failed
         && mp_wire_push (&a->wire, STDOUT_FILENO) == EAGAIN
         && mp_now () < end)
    poll (&fd, 1, alive_most / MP_MILLISECOND);
}

/* Tell the pool that no task can be run here, for the reason ERR, an errno
   value; because a worker has failed with STATUS; or with the exit status
   EXIT.  */
static void
tell_failure (struct agent *a, int err, int status, int exit_status)
{
  mp_wire_begin (&a->wire, MP_MSG_FAILED);
  mp_wire_put_u32 (&a->wire, err);
  mp_wire_put_u32 (&a->wire, status);
  mp_wire_put_u32 (&a->wire, exit_status);
  mp_wire_end (&a->wire);
}

/* Find the program NAME.  If that is not possible, tell the pool and exit.
   Return its path.  */
static char *
find_program (struct agent *a, char const *name)
{
  char *path;
  int err = mp_find_program (name, &path);
  if (!err)
    return path;
  int status = err == ENOENT ? MP_EXIT_NOT_FOUND : MP_EXIT_CANNOT_INVOKE;
  /* It may be there on other hosts, which have the folder.  */
  if (a->lost_way && *name != '/' && strchr (name, '/'))
    status = MP_EXIT_FAILURE;
  error (status == MP_EXIT_FAILURE ? status : 0, err, _("cannot run %s"),
         quote (name));
  say_hello (a);
  tell_failure (a, err, 0, status);
  tell_only (a, MP_MSG_GOODBYE);
  flush (a);
  exit (status);
}

/* Go where, and into the environment that, the pool wants.  */
static void
settle (struct agent *a)
{
  struct pmap_setup const *s = a->setup;
  a->lost_way = *s->cwd && chdir (s->cwd) != 0;
  if (a->lost_way)
    error (s->cwd_needed ? MP_EXIT_FAILURE : 0, errno,
           (s->cwd_needed ? _("cannot change to %s")
            : _("warning: cannot change to %s")), quote (s->cwd));
  if (setenv ("PMAP_HOST", s->name, 1) != 0)
    xalloc_die ();
  for (char **e = s->env; *e; e++)
    if (putenv (*e) != 0)
      xalloc_die ();
}

/* Take what A is to do from what the pool has said, and store in *FILE the
   program of its command, or null.  Return the command, parsed.  */
static struct mp_template *
prepare (struct agent *a, char **file)
{
  static char dash_c[] = "-c";
  struct pmap_options *o = &a->o;
  struct pmap_setup *s = a->setup;
  struct mp_template *command;
  optind = 0;
  int first = pmap_parse_options (s->n_args, s->args, o);
  o->command = s->args + first;
  o->n_command = s->n_args - first;
  o->columns = s->columns;
  if (s->slots)
    o->processes = s->slots;
  pmap_resources_export (o);
  if (o->script)
    {
      char **shell = xnmalloc (5, sizeof *shell);
      o->shell = o->shell ? o->shell : "sh";
      shell[0] = shell[3] = (char *) o->shell;
      shell[1] = dash_c;
      shell[2] = (char *) o->script;
      shell[4] = NULL;
      o->command = shell;
      o->n_command = 4;
    }
  command = pmap_parse_command (o);
  o->template = command;
  *file = (o->filter || mp_template_fixed_program (command)
           ? find_program (a, o->command[0]) : NULL);
  if (!o->script && o->initializer)
    o->init_shell = find_program (a, "sh");
  return command;
}

/* Watch what A reads and whom it depends on: the guard G.  Return 0 or an errno
   value.  */
static int
watch (struct agent *a, struct mp_guard const *g)
{
  a->in = (struct mp_pool_source) {
    .source = { .fd = STDIN_FILENO, .ready = in_ready }, .pool = &a->pool };
  a->out = (struct mp_pool_source) {
    .source = { .fd = STDOUT_FILENO, .ready = out_ready }, .pool = &a->pool };
  a->lifeline = (struct mp_pool_source) {
    .source = { .fd = g->lifeline, .ready = guard_gone }, .pool = &a->pool };
  int err = mp_watch_add (&a->pool.watch, &a->in.source, POLLIN);
  if (!err && 0 <= g->lifeline)
    err = mp_watch_add (&a->pool.watch, &a->lifeline.source, POLLIN);
  return err;
}

static struct mp_pool_ops const agent_ops = {
  .next = agent_next,
  .input_fd = agent_input_fd,
  .next_index = agent_next_index,
  .push_back = agent_push_back,
  .started = agent_started,
  .wants = agent_wants,
  .output = agent_output,
  .ended = agent_ended,
  .delivered = agent_delivered,
  .starved = agent_starved,
  .woken = agent_woken,
  .brake = agent_brake,
  .tick = agent_tick
};

/* Make A's pool, for COMMAND and its program FILE.  Return 0 or an errno
   value.  */
static int
prepare_pool (struct agent *a, struct mp_template const *command,
              char const *file)
{
  struct pmap_options const *o = &a->o;
  a->workers.filters = (struct mp_filters_options) {
    .fault = agent_fault, .arg = a };
  int err = pmap_workers_new (&a->workers, o, NULL, command, file, &a->sig);
  if (!err)
    err = mp_pool_init (&a->pool, a->workers.executor, &agent_ops, a,
                        MP_GROUP_UNORDERED, o->processes, o->kill_after,
                        &a->sig.waiting);
  a->limit = o->processes;
  a->pool.signal = o->signal;
  a->pool.clocked = true;
  /* The pool may tell only later how long a task may take.  */
  a->pool.timed = !o->memfree_kill;
  a->messages.pool = &a->pool;
  a->info = (struct pmap_info) { .o = o, .messages = &a->messages,
                                 .command = command, .pool = &a->pool,
                                 .origin = mp_now () };
  if (!err && pmap_brakes_wanted (o))
    {
      a->brakes = pmap_brakes_open (&a->info, &a->pool);
      a->braker = pmap_brakes_observer (a->brakes);
    }
  return err;
}

/* Tell the pool how it has ended: mp_pool_run has returned ERR.  Return the
   exit status.  */
static int
finish (struct agent *a, int err)
{
  a->messages.pool = NULL;
  pmap_signals_admit_end (&a->sig);
  tell_doubts (a, 0, true);
  for (struct job const *job = a->first; job; job = job->next)
    tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_UNBEGUN);
  int failed = a->workers.executor->failed_status;
  if (err == ECANCELED)
    tell_failure (a, err, failed, 0);
  else if (err && !a->cut)
    error (0, err, _("cannot go on"));
  bool good = !a->cut && (!err || err == ECANCELED);
  if (good)
    tell_only (a, MP_MSG_GOODBYE);
  if (good || !a->pool.killing)
    flush (a);
  return good ? MP_EXIT_SUCCESS : MP_EXIT_FAILURE;
}

/* Do the work of A, for COMMAND and its program FILE, with the guard G.  Return
   the exit status.  */
static int
work (struct agent *a, struct mp_guard const *g,
      struct mp_template const *command, char const *file)
{
  int err = prepare_pool (a, command, file);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot start"));
  pmap_signals_install (&a->sig);
  pmap_respect_process_limit (&a->pool);
  a->heard_at = a->sent_at = mp_now ();
  say_hello (a);
  err = watch (a, g);
  /* Some messages may have come with the first one.  */
  take_messages (a);
  if (!err)
    err = mp_pool_run (&a->pool);
  int status = finish (a, err);
  if (a->braker.close)
    a->braker.close (a->braker.self);
  while (a->queue)
    {
      struct mp_task *task = a->queue;
      a->queue = task->next_held;
      mp_task_free (task);
    }
  while (a->first)
    free_job (a, a->first);
  pmap_workers_free (&a->workers);
  mp_pool_free (&a->pool);
  mp_wire_free (&a->wire);
  return status;
}

/* Let FD never wait.  */
static void
set_nonblocking (int fd)
{
  int flags = fcntl (fd, F_GETFL);
  if (flags < 0 || fcntl (fd, F_SETFL, flags | O_NONBLOCK) != 0)
    error (MP_EXIT_FAILURE, errno, _("cannot use standard input and output"));
}

int
pmap_agent (char *title, size_t size, char const *remove)
{
  /* What the pool has told lasts as long as the process.  */
  static struct agent a;
  struct mp_guard guard;
  char *file;
  static char text[BUFSIZ];
  a.last_doubt = &a.first_doubt;
  /* Messages go through others' hands, who mix them with their own: each is
     whole, and the name of the host is before it.  */
  setvbuf (stderr, text, _IOLBF, sizeof text);
  set_program_name (last_component (program_name));
  if (remove)
    unlink (remove);
  signal (SIGPIPE, SIG_IGN);
  set_nonblocking (STDIN_FILENO);
  set_nonblocking (STDOUT_FILENO);
  a.setup = pmap_setup_read ();
  a.wire = a.setup->wire;
  if (!a.setup->args)
    {
      say_hello (&a);
      a.setup->patience = alive_most;
      flush (&a);
      return MP_EXIT_FAILURE;
    }
  settle (&a);
  struct mp_template *command = prepare (&a, &file);
  pmap_signals_prepare (&a.sig);
  int err = mp_guard_split (&guard, "mp-agent", title, size);
  if (err)
    error (0, err, _("warning: running without a guard"));
  guard.stopping = NULL;
  if (guard.role == MP_GUARD_GUARD)
    {
      int status = mp_guard_watch (&guard, &a.sig.handled);
      mp_template_free (command);
      free (file);
      return (WIFEXITED (status) ? WEXITSTATUS (status)
              : MP_EXIT_SIGNAL + WTERMSIG (status));
    }
  int status = work (&a, &guard, command, file);
  mp_template_free (command);
  free (file);
  return status;
}
