/* pmap: run the tasks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-run-parts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

#include "exit-status.h"
#include "front.h"
#include "guard.h"
#include "pmap-brakes.h"
#include "pmap-hosts.h"
#include "pmap-html.h"
#include "pmap-joblog.h"
#include "pmap-json.h"
#include "pmap-progress.h"
#include "pmap-resources.h"
#include "pmap-results.h"
#include "pmap-summary.h"
#include "pmap-tag.h"
#include "pmap-trace.h"
#include "sigflags.h"

/* How long launchers have to end by themselves if the pool was killed.  */
static mp_time const launcher_grace = 1000LL * MP_MILLISECOND;

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
  run->workers.filters = pmap_run_filters (run);
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
      pool->order.sink[i].writing = pmap_run_writing;
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
  struct mp_pool_ops ops = pmap_run_ops (run);
  ops.woken = run_woken;
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
  int status = pmap_run_report (run, err, trouble);
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
  int err = mp_guard_split (&guard, false, "mp-pool", o->title, o->title_size);
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
