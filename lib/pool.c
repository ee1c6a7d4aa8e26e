/* A pool: run tasks, so many at a time, and deliver their outputs.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "attempts.h"
#include "exit-status.h"
#include "calls.h"
#include "sigflags.h"

/* What outputs that wait for their turn may take, in bytes.  */
enum { HELD_MAX = 4 * 1024 * 1024 };

/* What outputs of tasks that are far may take besides, in files, and how much
   they put at once.  */
#define OVERFLOW_MAX ((uintmax_t) 1024 * 1024 * 1024)
enum { OVERFLOW_PIECE = 64 * 1024 };

/* How many tasks are started before the others get a look.  */
enum { STARTS_MAX = 32 };

/* How long output is gathered before it is sent on.  Nobody sees it, and a
   reader that shares the CPUs is woken less often.  */
static mp_time const flush_delay = 2 * MP_MILLISECOND;

/* When nothing runs and nothing can be started: the delay until the next
   try, and how long to try.  */
static mp_time const retry_delay = 10 * MP_MILLISECOND;
static mp_time const retry_for = 60 * 1000LL * MP_MILLISECOND;

static mp_time const memory_for = 1000LL * MP_MILLISECOND;

/* After how many tasks one more at a time is tried where resources were
   short.  */
enum { PATIENCE_MIN = 64, PATIENCE_MAX = 4096 };

/* How often SIGKILL is sent again to what has not ended, and how long.  */
static mp_time const kill_again = 10 * MP_MILLISECOND;
static mp_time const kill_for = 5 * 1000LL * MP_MILLISECOND;

struct mp_task *
mp_task_new (size_t n, size_t bytes, char **store)
{
  struct mp_task *task = malloc (sizeof *task + n * sizeof *task->item
                                 + bytes);
  if (!task)
    return NULL;
  *task = (struct mp_task) { .attempt = 1, .width = 1, .n_items = n,
                             .spool = { { .fd = -1 }, { .fd = -1 } } };
  *store = (char *) &task->item[n];
  return task;
}

struct mp_item const *
mp_task_item (struct mp_task const *task)
{
  if (!task->n_items || task->n_items != task->width)
    return NULL;
  return (task->n_items == 1 ? &task->item[0]
          : task->whole.data ? &task->whole : NULL);
}

void
mp_task_set_whole (struct mp_task *task, char *store)
{
  char *p = store;
  for (size_t i = 0; i < task->n_items; i++)
    {
      p = mempcpy (p, task->item[i].data, task->item[i].len);
      *p++ = i + 1 < task->n_items ? ' ' : '\0';
    }
  task->whole = (struct mp_item) { store, p - store - 1 };
}

void
mp_task_free (struct mp_task *task)
{
  mp_block_free (task->block);
  mp_lines_free (task->lines);
  free (task);
}

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
static void
raise_cap (struct mp_pool *pool)
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
static bool
can_fill (struct mp_pool const *pool)
{
  return (has_free_slot (pool)
          && (pool->pending
              || (!pool->input_ended && !pool->input.source.watched
                  && !pool->dry && mp_order_has_room (&pool->order))));
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
static void
fill (struct mp_pool *pool)
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

unsigned long long
mp_pool_next_index (struct mp_pool const *pool)
{
  return (pool->pending ? pool->pending->index
          : pool->ops->next_index ? pool->ops->next_index (pool->arg)
          : ULLONG_MAX);
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
  raise_cap (pool);
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
mp_pool_starved (struct mp_pool *pool, int err)
{
  tell_starved (pool, err);
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
static bool
has_gathered (struct mp_pool const *pool)
{
  return (pool->order.sink[MP_STREAM_OUT].length
          || pool->order.sink[MP_STREAM_ERR].length
          || pool->order.note.length);
}

/* Whether all tasks have ended and nothing of their output waits.  */
static bool
all_done (struct mp_pool const *pool)
{
  return (!pool->running && pool->input_ended && !pool->pending
          && !pool->order.first && !pool->calling);
}

/* Send on what the sinks have gathered, once it is old enough.  */
static void
flush (struct mp_pool *pool, mp_time now)
{
  if (!has_gathered (pool))
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
  if (now < pool->flush_at && !all_done (pool) && !pool->stopping)
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
static void
deliver (struct mp_pool *pool, mp_time now)
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
  if (can_fill (pool))
    pool->again = true;
}

void
mp_pool_kill (struct mp_pool *pool)
{
  pool->stopping = pool->killing = true;
  mp_time now = mp_now ();
  if (!pool->abandon_at)
    pool->abandon_at = now + kill_for;
  pool->kill_at = now + kill_again;
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
      : !ended || !all_done (pool) || has_gathered (pool))
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
      fill (pool);
      mp_time now = mp_now ();
      if (!pool->paused)
        mp_attempts_tick (pool, now);
      /* What will not begin must not keep back what comes behind it.  */
      if (pool->stopping && pool->pending)
        mp_attempts_give_up (pool, true);
      deliver (pool, now);
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
