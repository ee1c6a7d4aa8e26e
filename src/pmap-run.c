/* pmap: run the tasks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "quote.h"

#include "exit-status.h"
#include "front.h"
#include "guard.h"
#include "lines.h"
#include "pmap-brakes.h"
#include "pmap-failed.h"
#include "pmap-hosts.h"
#include "pmap-html.h"
#include "pmap-joblog.h"
#include "pmap-json.h"
#include "pmap-observer.h"
#include "pmap-policy.h"
#include "pmap-progress.h"
#include "pmap-remote.h"
#include "pmap-resources.h"
#include "pmap-results.h"
#include "pmap-signals.h"
#include "pmap-summary.h"
#include "pmap-tag.h"
#include "pmap-trace.h"
#include "pmap-workers.h"
#include "sigflags.h"

/* How many may look at a run.  */
enum { OBSERVERS_MAX = 16 };

/* How long launchers have to end by themselves if the pool was killed.  */
static mp_time const launcher_grace = 1000LL * MP_MILLISECOND;

/* A run.  */
struct run
{
  struct pmap_options const *o;
  struct pmap_feed *feed;
  struct mp_template const *command;
  struct pmap_messages *messages;
  struct pmap_screen *screen;   /* or null */
  struct pmap_signals sig;
  struct pmap_workers workers;  /* here; */
  struct pmap_remote remote;    /* or elsewhere */
  struct mp_pool pool;
  struct pmap_info info;
  struct mp_callbacks callbacks;
  struct pmap_policy policy;
  struct pmap_joblog *log;      /* or null */
  struct pmap_first first;      /* the first failures */
  struct pmap_tag *tag;         /* of lines, or null */
  struct pmap_brakes *brakes;   /* or null */
  struct pmap_options brake_options;    /* theirs */
  struct pmap_info brake_info;
  struct pmap_observer observer[OBSERVERS_MAX];
  int n_observers;
  struct mp_pool_source lifeline;
  struct mp_pool_source reader; /* of the output that tasks write themselves */
  unsigned long long tasks, failures;
  unsigned long long skipped;   /* tasks that an earlier run has done */
  bool fixed_program;           /* the same for all tasks */
  bool started;                 /* a task was started */
  bool cannot_run;              /* no task can be */
  bool faults[MP_FILTER_FAULTS];        /* filters have done that */
  bool drained;                 /* SIGTERM has come, and tasks that run are the
                                   last */
  int ended_by;                 /* the signal that ends the run, or 0 */
  mp_time end_at;               /* when its time is over, or 0 */
  bool overdue;                 /* it was, and that has ended it */
};

/* Let OBSERVER look at RUN.  */
static void
add_observer (struct run *run, struct pmap_observer observer)
{
  run->observer[run->n_observers++] = observer;
}

/* Change by STEP how many tasks run at a time.  */
static void
resize (struct run *run, int step)
{
  struct mp_pool *pool = &run->pool;
  if (run->o->remote && step)
    mp_remote_resize (run->remote.executor, step);
  else if (pool->limit && (step > 0 || -step < (int) pool->limit))
    mp_pool_resize (pool, pool->limit + step);
}

/* Suspend RUN if PAUSE, else let it go on.  */
static void
suspend (struct run *run, bool pause)
{
  mp_pool_pause (&run->pool, pause);
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].paused)
      run->observer[i].paused (run->observer[i].self, pause);
}

/* Slurm announces the end of a job's time by SIGTERM to all that is in the job:
   if RUN is, let what runs end, and start no more.  Return whether that is so,
   and was not before.  */
static bool
drain (struct run *run)
{
  if (!run->o->slurm || run->o->remote->own_job || run->drained
      || run->ended_by)
    return false;
  run->drained = true;
  pmap_say (run->messages, 0,
            _("told to end: no more tasks are started"));
  mp_pool_drain (&run->pool);
  return true;
}

static void
run_woken (void *arg)
{
  struct run *run = arg;
  for (int i = 0; pmap_end_signals[i]; i++)
    {
      int n = mp_sigflags_take (pmap_end_signals[i]);
      if (n && pmap_end_signals[i] == SIGTERM && drain (run))
        n--;
      if (n && !run->ended_by)
        {
          run->ended_by = pmap_end_signals[i];
          mp_pool_stop (&run->pool, SIGTERM);
          n--;
        }
      /* A second ^C ends it at once.  The others may well come twice without
         anyone's being impatient: from timeout(1), from a closing terminal.  */
      if (n > 0 && (pmap_end_signals[i] == SIGINT
                    || pmap_end_signals[i] == SIGQUIT))
        mp_pool_kill (&run->pool);
    }
  if (mp_sigflags_take (SIGTSTP))
    suspend (run, true);
  if (mp_sigflags_take (SIGCONT))
    suspend (run, false);
  resize (run, mp_sigflags_take (SIGUSR1));
  for (int n = mp_sigflags_take (SIGUSR2); n > 0; n--)
    resize (run, -1);
}

/* The guard is gone, by SIGKILL: so must everything be.  */
static void
guard_gone (struct mp_source *source, int events)
{
  (void) events;
  struct mp_pool *pool = ((struct mp_pool_source *) source)->pool;
  mp_watch_remove (&pool->watch, source);
  mp_pool_kill (pool);
}

/* Whoever read what tasks write to our output themselves is gone, perhaps.  */
static void
reader_gone (struct mp_source *source, int events)
{
  struct mp_pool *pool = ((struct mp_pool_source *) source)->pool;
  mp_watch_remove (&pool->watch, source);
  if (events & POLLERR)
    pool->output_error = EPIPE;
}

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

static bool
run_writing (void *arg, struct mp_sink const *sink)
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

/* Report that a worker of RUN was not ready for its first item.  */
static void
report_failed_start (struct run const *run)
{
  int status = run->pool.executor->failed_status;
  char const *what = (!run->o->script ? _("cannot prepare the initializer")
                      : run->o->initializer
                      ? _("cannot prepare the initializer or the script")
                      : _("cannot prepare the script"));
  pmap_say_status (run->messages, what, false, status);
}

/* Report how the run, of which mp_pool_run said ERR, has gone, with TROUBLE
   that was told already.  Return the exit status.  */
static int
report (struct run *run, int err, bool trouble)
{
  if (run->pool.output_error == EPIPE && !run->sig.pipe_ignored)
    return MP_EXIT_SIGNAL + SIGPIPE;
  if (run->pool.output_error)
    {
      error (0, run->pool.output_error, _("write error"));
      return MP_EXIT_FAILURE;
    }
  if (err == ETIMEDOUT)
    error (0, 0, _("some processes did not end"));
  else if (run->pool.executor->failed_exit)
    return run->pool.executor->failed_exit;
  else if (err == ECANCELED)
    report_failed_start (run);
  else if (err)
    error (0, err, _("cannot go on"));
  if (run->cannot_run && !run->ended_by)
    return MP_EXIT_CANNOT_INVOKE;
  if (run->failures && !run->ended_by)
    pmap_first_report (&run->first, run->failures, run->tasks);
  if (run->ended_by || run->drained)
    return MP_EXIT_SIGNAL + (run->ended_by ? run->ended_by : SIGTERM);
  if (run->pool.executor->deserted)
    {
      error (0, 0, _("no host is left to run tasks"));
      return MP_EXIT_FAILURE;
    }
  if (err || pmap_feed_failed (run->feed) || trouble)
    return MP_EXIT_FAILURE;
  if (run->overdue)
    {
      error (0, 0, _("the time of the run was over"));
      return MP_EXIT_TIMEOUT;
    }
  if (pmap_policy_succeeded (&run->policy))
    return MP_EXIT_SUCCESS;
  bool faults = (run->faults[MP_FILTER_TOO_MUCH]
                 || run->faults[MP_FILTER_FAILED]);
  return run->failures || faults ? MP_EXIT_SOME_FAILED : MP_EXIT_SUCCESS;
}

/* Begin to watch, for RUN, what ends it: its guard G, and whoever reads what
   tasks write to our output themselves.  Return 0 or an errno value.  */
static int
watch_ends (struct run *run, struct mp_guard const *g)
{
  int err = 0;
  run->lifeline = (struct mp_pool_source) {
    .source = { .fd = g->lifeline, .ready = guard_gone }, .pool = &run->pool };
  if (g->lifeline >= 0)
    err = mp_watch_add (&run->pool.watch, &run->lifeline.source, POLLIN);
  run->reader = (struct mp_pool_source) {
    .source = { .fd = STDOUT_FILENO, .ready = reader_gone },
    .pool = &run->pool };
  /* Files have no reader that could go, and cannot be watched.  */
  if (run->o->ungrouped)
    mp_watch_add (&run->pool.watch, &run->reader.source, 0);
  return err;
}

/* Let those look at RUN whom its options ask for.  */
static void
add_observers (struct run *run)
{
  struct pmap_options const *o = run->o;
  run->info.origin = mp_now ();
  clock_gettime (CLOCK_REALTIME, &run->info.wall_origin);
  /* The first: it is to be out of the way before the others say something.  */
  if (o->progress)
    add_observer (run, pmap_progress_open (&run->info, run->screen));
  if (run->log)
    add_observer (run, pmap_joblog_observer (run->log, &run->info));
  if (o->failed_file)
    add_observer (run, pmap_failed_open (&run->info));
  /* Hosts look at themselves, but do not know when others begin tasks.  */
  run->brake_options = *o;
  run->brake_info = run->info;
  run->brake_info.o = &run->brake_options;
  if (o->remote)
    pmap_brakes_only_delay (&run->brake_options);
  if (pmap_brakes_wanted (&run->brake_options))
    {
      run->brakes = pmap_brakes_open (&run->brake_info, &run->pool);
      add_observer (run, pmap_brakes_observer (run->brakes));
    }
  if (o->bind && !o->remote)
    add_observer (run, pmap_resources_observer (&run->info,
                                                &run->workers.binding));
  if (o->results)
    add_observer (run, pmap_results_open (&run->info));
  if (o->json)
    add_observer (run, pmap_json_open (&run->info));
  if (o->trace_file)
    add_observer (run, pmap_trace_open (&run->info));
  if (o->report_file)
    add_observer (run, pmap_html_open (&run->info));
  /* What it writes is to be the last.  */
  if (o->summary)
    add_observer (run, pmap_summary_open (&run->info));
}

/* Make the pool of RUN, with the program FILE, or null.  */
static void
prepare_pool (struct run *run, char const *file, struct mp_pool_ops const *ops)
{
  struct pmap_options const *o = run->o;
  struct mp_pool *pool = &run->pool;
  run->workers.filters = (struct mp_filters_options) {
    .started = filter_started, .fault = filter_fault, .arg = run };
  int err = (o->remote
             ? pmap_remote_new (&run->remote, o, o->remote, run->messages,
                                &run->workers.filters, &run->sig)
             : pmap_workers_new (&run->workers, o, run->feed, run->command,
                                 file, &run->sig));
  struct mp_executor *ex = (o->remote ? run->remote.executor
                            : run->workers.executor);
  if (!err)
    err = mp_pool_init (pool, ex, ops, run, o->grouping,
                        o->remote ? 0 : o->processes, o->kill_after,
                        &run->sig.waiting);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot start"));
  if (o->remote)
    pmap_remote_adapt (pool);
  pool->signal = o->signal;
  pool->clocked = o->joblog != NULL;
  pmap_policy_init (&run->policy, o, pool);
  pool->clocked |= o->results || o->json;
  pool->spooled |= o->json;
  pool->clocked |= o->trace_file || o->summary || o->report_file;
  run->callbacks = (struct mp_callbacks) {
    .success = o->callback, .failure = o->error_callback,
    .mask = &run->sig.before, .defaults = &run->sig.defaults };
  if (o->callback || o->error_callback)
    pool->callbacks = &run->callbacks;
  if (o->filter)
    pool->order.line_end[MP_STREAM_OUT] = o->line_end;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      pool->order.sink[i].writing = run_writing;
      pool->order.sink[i].arg = run;
    }
  run->messages->pool = pool;
  if (o->deadline)
    run->end_at = run->info.origin + o->deadline;
}

/* Let all who look at RUN finish.  Return whether all went well with
   them.  */
static bool
close_observers (struct run *run)
{
  bool good = true;
  for (int i = 0; i < run->n_observers; i++)
    if (run->observer[i].close)
      good &= run->observer[i].close (run->observer[i].self);
  return good;
}

/* Do the work of RUN in the worker, whose guard is G.  Return the exit
   status.  */
static int
work (struct run *run, struct mp_guard const *g, char const *file)
{
  if (run->log)
    pmap_joblog_take_over (run->log);
  add_observers (run);
  run->tag = pmap_tag_new (run->o);
  struct mp_pool_ops const ops = {
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
    .woken = run_woken,
    .brake = run->brakes ? run_brake : NULL,
    .tick = run_tick,
    .tag = run->tag ? run_tag : NULL
  };
  prepare_pool (run, file, &ops);
  pmap_signals_install (&run->sig);
  if (!run->o->remote)
    pmap_respect_process_limit (&run->pool);
  int err = watch_ends (run, g);
  if (!err)
    err = mp_pool_run (&run->pool);
  run->messages->pool = NULL;
  pmap_signals_admit_end (&run->sig);
  bool trouble = !close_observers (run);
  int status = report (run, err, trouble);
  if (run->o->remote)
    pmap_remote_free (&run->remote);
  else
    pmap_workers_free (&run->workers);
  mp_pool_free (&run->pool);
  pmap_tag_free (run->tag);
  pmap_first_free (&run->first);
  return status;
}

/* End by SIGINT, as who typed ^C expects: a shell goes on with its loop or its
   script unless it sees that its child was ended by the signal.  Return if
   that is not possible.  */
static void
die_interrupted (void)
{
  sigset_t set;
  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  signal (SIGINT, SIG_DFL);
  raise (SIGINT);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
}

/* Be the guard G, with SCREEN or null, until the worker ends.  Return the exit
   status.  */
static int
stand_guard (struct mp_guard *g, struct pmap_signals const *s,
             struct pmap_screen *screen)
{
  int status = mp_guard_watch (g, &s->handled);
  if (g->interrupted && WIFEXITED (status)
      && WEXITSTATUS (status) == MP_EXIT_SIGNAL + SIGINT)
    die_interrupted ();
  if (WIFEXITED (status))
    return WEXITSTATUS (status);
  pmap_signals_admit_end (s);
  if (screen)
    pmap_screen_clear (screen);
  if (sigismember (&s->handled, WTERMSIG (status)) != 1)
    error (0, 0, _("the pool was ended by signal %d"), WTERMSIG (status));
  return MP_EXIT_SIGNAL + WTERMSIG (status);
}

int
pmap_run (struct pmap_options const *o, struct pmap_feed *feed,
          struct mp_template const *command, char const *file,
          struct pmap_messages *messages, struct pmap_joblog *log)
{
  struct run run = { .o = o, .feed = feed, .command = command,
                     .messages = messages, .log = log,
                     .fixed_program = file != NULL };
  run.info = (struct pmap_info) { .o = o, .messages = messages,
                                  .command = command, .feed = feed,
                                  .pool = &run.pool };
  struct mp_guard guard;
  pmap_signals_prepare (&run.sig);

  int fd = pmap_relay_terminal (pmap_feed_fd (feed));
  if (fd < 0 && pmap_feed_fd (feed) >= 0)
    error (MP_EXIT_FAILURE, errno, _("cannot read the terminal"));
  pmap_feed_redirect (feed, fd);

  run.screen = o->progress ? pmap_screen_new (o) : NULL;
  int err = mp_guard_split (&guard, "mp-pool", o->title, o->title_size);
  if (err)
    error (0, err, _("warning: running without a guard"));
  guard.stopping = run.screen ? pmap_screen_wait : NULL;
  guard.grace = o->remote ? launcher_grace : 0;
  guard.arg = run.screen;
  if (guard.role == MP_GUARD_GUARD)
    {
      pmap_joblog_forget (log);
      int status = stand_guard (&guard, &run.sig, run.screen);
      pmap_joblog_free (log);
      return status;
    }
  return work (&run, &guard, file);
}
