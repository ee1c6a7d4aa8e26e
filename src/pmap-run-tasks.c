/* pmap: what the pool of a run asks for.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-run-parts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"

#include "front.h"
#include "lines.h"
#include "pmap-brakes.h"
#include "pmap-joblog.h"
#include "pmap-tag.h"

/* How many tasks there are, or 0 if that is not known yet.  */
static unsigned long long
total (struct run const *run)
{
  unsigned long long left;
  bool about;
  unsigned long long seen = run->info.made + run->skipped;
  if (run->pool.input_ended)
    return seen;
  return (pmap_feed_left (run->feed, seen, &left, &about) && !about
          ? seen + left : 0);
}

/* Get the next task for RUN, as mp_pool_ops has it.  */
static int
get_task (struct run *run, struct mp_task **task)
{
  if (!run->o->filter)
    return pmap_feed_next (run->feed, task);
  size_t n, bytes;
  bool alone = run->o->per_item;
  if (run->o->remote)
    mp_remote_quota (run->pool.executor, &n, &bytes);
  else
    mp_filters_quota (run->pool.executor, &n, &bytes);
  return pmap_feed_lines (run->feed, alone ? 1 : n, bytes, alone, task);
}

static int
run_next (void *arg, struct mp_task **task)
{
  struct run *run = arg;
  int err;
  while ((err = get_task (run, task)) == 0 && *task
         && pmap_joblog_skips (run->log, *task))
    {
      run->skipped += pmap_task_count (*task);
      mp_task_free (*task);
    }
  if (*task)
    run->info.made += pmap_task_count (*task);
  return err;
}

static int
run_input_fd (void *arg)
{
  struct run *run = arg;
  return pmap_feed_fd (run->feed);
}

static void
run_push_back (void *arg, struct mp_task *task, size_t keep)
{
  struct run *run = arg;
  pmap_feed_push_back (run->feed, task, keep);
}

static void
run_started (void *arg, struct mp_task *task)
{
  struct run *run = arg;
  run->started = true;
  /* What comes back to be started again may have put output, tag and all.  */
  if (run->tag && pmap_tag_has_slot (run->tag) && !task->bytes[MP_STREAM_OUT]
      && !task->bytes[MP_STREAM_ERR])
    mp_order_retag (&run->pool.order, &task->out,
                    pmap_tag_text (run->tag, task));
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].started)
      run->observer[i].started (run->observer[i].self, task);
  if (!run->o->verbose || run->o->filter)
    return;
  char *text = pmap_task_command (&run->info, task);
  size_t len = strlen (text);
  if (len)
    {
      text[len] = '\n';
      mp_pool_note (&run->pool, text, len + 1);
    }
  free (text);
}

/* Let those who look at the run see what is written.  */
static void
run_output (void *arg, struct mp_task *task, int stream, char const *data,
            size_t len)
{
  struct run *run = arg;
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].output)
      run->observer[i].output (run->observer[i].self, task, stream, data, len);
}

static void
run_render (void *arg, struct mp_task *task, struct mp_budget *budget)
{
  struct run *run = arg;
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].render)
      run->observer[i].render (run->observer[i].self, task, budget);
}

bool
pmap_run_writing (void *arg, struct mp_sink const *sink)
{
  struct run *run = arg;
  bool may = true;
  int stream = sink - run->pool.order.sink;
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].writing)
      may &= run->observer[i].writing (run->observer[i].self, stream);
  return may;
}

static mp_time
run_ended (void *arg, struct mp_task *task)
{
  struct run *run = arg;
  mp_time delay;
  bool again = (!run->pool.stopping && !run->pool.draining
                && pmap_policy_retry (&run->policy, task, &delay));
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].ended)
      run->observer[i].ended (run->observer[i].self, task, again);
  if (again)
    {
      run->info.attempts_failed++;
      return delay;
    }
  run->info.done += pmap_task_count (task);
  run->info.failed += pmap_task_failures (task);
  pmap_policy_ended (&run->policy, task);
  if (run->o->halt.when != PMAP_HALT_NEVER)
    pmap_policy_check (&run->policy, run->o->halt.percent ? total (run) : 0);
  return -1;
}

/* Say that an attempt at TASK was lost.  */
static void
say_lost (struct run *run, struct mp_task const *task)
{
  char *item = pmap_task_quoted (task);
  pmap_say (run->messages, 0,
            run->pool.stopping || run->pool.draining
            ? _("%s: lost with %s") : _("%s: lost with %s, to be run again"),
            item, task->host);
  free (item);
}

static void
run_lost (void *arg, struct mp_task *task)
{
  struct run *run = arg;
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].lost)
      run->observer[i].lost (run->observer[i].self, task);
  if (run->o->verbose && task->host)
    say_lost (run, task);
}

static mp_time
run_brake (void *arg, mp_time now)
{
  struct run *run = arg;
  return pmap_brakes_ask (run->brakes, now);
}

/* Do what is due at NOW.  */
static mp_time
run_tick (void *arg, mp_time now)
{
  struct run *run = arg;
  mp_time due = -1;
  if (run->end_at && run->end_at <= now)
    {
      run->end_at = 0;
      run->overdue = !run->pool.stopping;
      if (run->overdue)
        mp_pool_stop (&run->pool, run->o->signal);
    }
  due = mp_earlier (due, run->end_at);
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].tick)
      due = mp_earlier (due, run->observer[i].tick (run->observer[i].self,
                                                    now));
  /* That there are no more may be what --halt has waited for.  */
  if (run->pool.input_ended)
    pmap_policy_check (&run->policy, total (run));
  return due;
}

/* Whether ERR, from a start, is the program's own fault and not an item's.  */
static bool
is_program_error (int err)
{
  switch (err)
    {
    case E2BIG: case EMSGSIZE: case EINVAL: case ENODATA: case ENOMEM:
    case ENOTTY: case EHOSTDOWN: case ESTALE:
      return false;
    default:
      return true;
    }
}

/* TASK has failed without being run: say so.  The others may fare the same.  */
static void
report_error (struct run *run, struct mp_task const *task)
{
  pmap_report_error (run->messages, run->o, task, task->error);
  if (run->fixed_program && !run->started && is_program_error (task->error))
    {
      run->cannot_run = true;
      mp_pool_stop (&run->pool, SIGTERM);
    }
}

static void
run_delivered (void *arg, struct mp_task *task)
{
  struct run *run = arg;
  enum pmap_outcome outcome = pmap_task_outcome (task);
  bool called = !task->callback_error && !task->callback_status;
  run->tasks += pmap_task_count (task);
  if (outcome != PMAP_ABORTED)
    {
      run->failures += pmap_task_failures (task);
      pmap_first_add (&run->first, task);
    }
  if (task->error && !run->pool.stopping)
    report_error (run, task);
  if (!called && !run->pool.stopping)
    pmap_report_callback (run->messages, task);
  if (run->o->verbose && !task->error && task->lines)
    pmap_report_lines (run->messages, task->lines);
  else if (run->o->verbose && !task->error
           && (task->status || task->timed_out))
    pmap_report_status (run->messages, task);
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].delivered)
      run->observer[i].delivered (run->observer[i].self, task);
}

/* The tag for the lines of TASK.  */
static char *
run_tag (void *arg, struct mp_task const *task)
{
  struct run *run = arg;
  return pmap_tag_text (run->tag, task);
}

static void
run_starved (void *arg, int err)
{
  struct run *run = arg;
  pmap_say (run->messages, err,
            ngettext ("warning: running only %u task at a time",
                      "warning: running only %u tasks at a time",
                      run->pool.cap), run->pool.cap);
}

static void
filter_started (void *arg, unsigned int slot)
{
  struct run *run = arg;
  (void) slot;
  if (!run->o->verbose)
    return;
  struct mp_command const c = { .argv = (char **) run->o->command,
                                .argc = run->o->n_command };
  char *text = pmap_command_text (&c);
  mp_pool_note (&run->pool, text, strlen (text));
  free (text);
}

/* A filter has done FAULT, which is told once.  */
static void
filter_fault (void *arg, enum mp_filter_fault fault, int status)
{
  struct run *run = arg;
  if (run->faults[fault])
    return;
  run->faults[fault] = true;
  char const *name = quote (run->o->command[0]);
  if (fault == MP_FILTER_TOO_MUCH)
    pmap_say (run->messages, 0,
              _("%s has written more lines than it was given"), name);
  else if (fault == MP_FILTER_TOO_LITTLE)
    pmap_say (run->messages, 0,
              _("%s has ended without a line for each item"), name);
  else
    pmap_say_status (run->messages, name, false, status);
}

struct mp_filters_options
pmap_run_filters (struct run *run)
{
  return (struct mp_filters_options) {
    .started = filter_started, .fault = filter_fault, .arg = run };
}

struct mp_pool_ops
pmap_run_ops (struct run const *run)
{
  return (struct mp_pool_ops) {
    .next = run_next,
    .input_fd = run_input_fd,
    .push_back = run_push_back,
    .started = run_started,
    .ended = run_ended,
    .lost = run_lost,
    .render = run_render,
    .output = run->n_observers ? run_output : NULL,
    .delivered = run_delivered,
    .starved = run_starved,
    .brake = run->brakes ? run_brake : NULL,
    .tick = run_tick,
    .tag = run->tag ? run_tag : NULL
  };
}
