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
#include "quotearg.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "filters.h"
#include "front.h"
#include "guard.h"
#include "lines.h"
#include "local.h"
#include "procroom.h"
#include "shells.h"
#include "sigflags.h"

/* The signals that end a run.  */
static int const end_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* The others that mean something to a run: stop, go on, more, fewer.  */
static int const other_signals[] = { SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2 };

enum
{
  N_END_SIGNALS = sizeof end_signals / sizeof *end_signals,
  N_OTHER_SIGNALS = sizeof other_signals / sizeof *other_signals
};

/* The signal state of a run.  */
struct signals
{
  sigset_t handled;             /* those that we look at, but SIGCHLD */
  sigset_t before;              /* the mask that we were started with */
  sigset_t waiting;             /* the mask while the pool waits */
  sigset_t working;             /* the mask while it does not */
  sigset_t defaults;            /* what tasks have at their default */
  bool pipe_ignored;            /* we were started with SIGPIPE ignored */
};

/* A run.  */
struct run
{
  struct pmap_options const *o;
  struct pmap_feed *feed;
  struct mp_template const *command;
  struct pmap_messages *messages;
  struct mp_command shown;      /* for -v */
  struct signals sig;
  struct mp_pool pool;
  struct mp_pool_source lifeline;
  struct mp_pool_source reader; /* of the output that tasks write themselves */
  unsigned long long tasks, failures;
  bool fixed_program;           /* the same for all tasks */
  bool started;                 /* a task was started */
  bool cannot_run;              /* no task can be */
  bool faults[MP_FILTER_FAULTS];        /* filters have done that */
  int ended_by;                 /* the signal that ends the run, or 0 */
};

/* Whether SIG is ignored.  */
static bool
is_ignored (int sig)
{
  struct sigaction sa;
  return sigaction (sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

/* Block the signals that a run looks at, and note in S what tasks are to get.
   SIGHUP stays ignored if it was, as nohup wants it; the others count even if
   a shell has started us in the background.  */
static void
prepare_signals (struct signals *s)
{
  sigset_t block;
  sigemptyset (&s->handled);
  for (int i = 0; i < N_END_SIGNALS; i++)
    if (end_signals[i] != SIGHUP || !is_ignored (SIGHUP))
      sigaddset (&s->handled, end_signals[i]);
  for (int i = 0; i < N_OTHER_SIGNALS; i++)
    sigaddset (&s->handled, other_signals[i]);
  s->defaults = s->handled;
  sigaddset (&s->defaults, SIGCHLD);

  s->pipe_ignored = is_ignored (SIGPIPE);
  if (!s->pipe_ignored)
    sigaddset (&s->defaults, SIGPIPE);
  signal (SIGPIPE, SIG_IGN);
#ifdef SIGXFSZ
  /* To write too much to a file is an error like others.  */
  if (!is_ignored (SIGXFSZ))
    sigaddset (&s->defaults, SIGXFSZ);
  signal (SIGXFSZ, SIG_IGN);
#endif
  signal (SIGCHLD, SIG_DFL);

  block = s->handled;
  sigaddset (&block, SIGCHLD);
  /* In the terminal's background, a write must not stop us.  */
  sigaddset (&block, SIGTTOU);
  sigprocmask (SIG_BLOCK, &block, &s->before);
  sigprocmask (SIG_BLOCK, NULL, &s->working);
  s->waiting = s->before;
  sigaddset (&s->waiting, SIGTTOU);
  sigdelset (&s->waiting, SIGCHLD);
  for (int i = 0; i < N_END_SIGNALS; i++)
    sigdelset (&s->waiting, end_signals[i]);
  for (int i = 0; i < N_OTHER_SIGNALS; i++)
    sigdelset (&s->waiting, other_signals[i]);
}

/* Note from now on the signals that a run looks at.  */
static void
install_signals (struct signals const *s)
{
  mp_sigflags_install (SIGCHLD);
  for (int i = 0; i < N_END_SIGNALS; i++)
    if (sigismember (&s->handled, end_signals[i]) == 1)
      mp_sigflags_install (end_signals[i]);
  for (int i = 0; i < N_OTHER_SIGNALS; i++)
    mp_sigflags_install (other_signals[i]);
}

/* Nothing is left that could be left behind: from now on, the signals S that
   end a run end this process, which might wait for ever until somebody reads
   its last messages.  */
static void
admit_end (struct signals const *s)
{
  sigset_t set;
  sigemptyset (&set);
  for (int i = 0; i < N_END_SIGNALS; i++)
    if (sigismember (&s->handled, end_signals[i]) == 1)
      {
        signal (end_signals[i], SIG_DFL);
        sigaddset (&set, end_signals[i]);
      }
  sigprocmask (SIG_UNBLOCK, &set, NULL);
}

/* Change by STEP how many tasks run at a time.  */
static void
resize (struct mp_pool *pool, int step)
{
  if (pool->limit && (step > 0 || -step < (int) pool->limit))
    mp_pool_resize (pool, pool->limit + step);
}

static void
run_woken (void *arg)
{
  struct run *run = arg;
  for (int i = 0; i < N_END_SIGNALS; i++)
    {
      int n = mp_sigflags_take (end_signals[i]);
      if (n && !run->ended_by)
        {
          run->ended_by = end_signals[i];
          mp_pool_stop (&run->pool, SIGTERM);
          n--;
        }
      /* A second ^C ends it at once.  The others may well come twice without
         anyone's being impatient: from timeout(1), from a closing terminal.  */
      if (n > 0 && (end_signals[i] == SIGINT || end_signals[i] == SIGQUIT))
        mp_pool_kill (&run->pool);
    }
  if (mp_sigflags_take (SIGTSTP))
    mp_pool_pause (&run->pool, true);
  if (mp_sigflags_take (SIGCONT))
    mp_pool_pause (&run->pool, false);
  resize (&run->pool, mp_sigflags_take (SIGUSR1));
  for (int n = mp_sigflags_take (SIGUSR2); n > 0; n--)
    resize (&run->pool, -1);
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

static int
run_next (void *arg, struct mp_task **task)
{
  struct run *run = arg;
  if (!run->o->filter)
    return pmap_feed_next (run->feed, task);
  size_t n, bytes;
  mp_filters_quota (run->pool.executor, &n, &bytes);
  bool alone = run->pool.callbacks != NULL;
  return pmap_feed_lines (run->feed, alone ? 1 : n, bytes, alone, task);
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

/* Return the command C in a form that a shell reads back, and a newline; the
   caller frees it.  */
static char *
command_text (struct mp_command const *c)
{
  size_t len = 1;
  for (size_t i = 0; i < c->argc; i++)
    len += strlen (quotearg_style (shell_escape_quoting_style, c->argv[i]))
           + 1;
  char *text = xmalloc (len);
  char *p = text;
  for (size_t i = 0; i < c->argc; i++)
    {
      p = stpcpy (p, quotearg_style (shell_escape_quoting_style,
                                     c->argv[i]));
      *p++ = i + 1 < c->argc ? ' ' : '\n';
    }
  *p = '\0';
  return text;
}

/* Expand COMMAND for TASK into *C.  Return 0 or an errno value.  */
static int
expand (struct mp_template const *command, struct mp_task const *task,
        struct mp_command *c)
{
  struct mp_expansion e = { .item = task->item, .n_items = task->n_items,
                            .index = task->index, .slot = task->slot };
  return mp_template_expand (command, &e, c);
}

static void
run_started (void *arg, struct mp_task *task)
{
  struct run *run = arg;
  run->started = true;
  if (!run->o->verbose || run->o->filter
      || expand (run->command, task, &run->shown) != 0)
    return;
  char *text = command_text (&run->shown);
  mp_pool_note (&run->pool, text, strlen (text));
  free (text);
}

/* Whether ERR, from a start, is the program's own fault and not an item's.  */
static bool
is_program_error (int err)
{
  switch (err)
    {
    case E2BIG: case EMSGSIZE: case EINVAL: case ENOMEM: case ENOTTY:
      return false;
    default:
      return true;
    }
}

static void
run_delivered (void *arg, struct mp_task *task)
{
  struct run *run = arg;
  struct mp_lines *l = task->lines;
  run->tasks += l ? l->n : 1;
  if (task->error && !run->pool.stopping)
    {
      pmap_report_error (run->messages, run->o, task, task->error);
      /* The others would fare the same.  */
      if (run->fixed_program && !run->started
          && is_program_error (task->error))
        {
          run->cannot_run = true;
          mp_pool_stop (&run->pool, SIGTERM);
        }
    }
  bool failed = task->error || task->status != 0 || task->timed_out;
  if (l && !task->error && l->n_failures)
    {
      if (run->o->verbose)
        pmap_report_lines (run->messages, l);
      run->failures += l->n_failures - failed;
    }
  if (task->callback_error || task->callback_status)
    {
      failed = true;
      if (!run->pool.stopping)
        pmap_report_callback (run->messages, task);
    }
  if (failed)
    run->failures += task->error && l ? l->n : 1;
  if (run->o->verbose && !task->error && !l && failed)
    pmap_report_status (run->messages, task);
}

/* The tag of TASK's lines: its items, or the number of its block, and a
   tab.  */
static char *
run_tag (void *arg, struct mp_task const *task)
{
  (void) arg;
  if (!task->n_items)
    return xasprintf ("%llu\t", task->index);
  size_t len = 1;
  for (size_t i = 0; i < task->n_items; i++)
    len += task->item[i].len + 1;
  char *tag = xmalloc (len);
  char *p = tag;
  for (size_t i = 0; i < task->n_items; i++)
    {
      p = mempcpy (p, task->item[i].data, task->item[i].len);
      *p++ = i + 1 < task->n_items ? ' ' : '\t';
    }
  *p = '\0';
  return tag;
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
  char *text = command_text (&c);
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
  char const *what = (!run->o->script ? _("the initializer")
                      : run->o->initializer
                      ? _("the initializer or the script") : _("the script"));
  if (WIFEXITED (status))
    error (0, 0, _("cannot prepare %s: exit status %d"), what,
           WEXITSTATUS (status));
  else
    error (0, 0, _("cannot prepare %s: ended by signal %d"), what,
           WTERMSIG (status));
}

/* Report how the run, of which mp_pool_run said ERR, has gone.  Return the
   exit status.  */
static int
report (struct run *run, int err)
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
  else if (err == ECANCELED)
    report_failed_start (run);
  else if (err)
    error (0, err, _("cannot go on"));
  if (run->cannot_run && !run->ended_by)
    return MP_EXIT_CANNOT_INVOKE;
  if (run->failures && !run->ended_by)
    error (0, 0, ngettext ("%llu of %llu task failed",
                           "%llu of %llu tasks failed", run->tasks),
           run->failures, run->tasks);
  if (run->ended_by)
    return MP_EXIT_SIGNAL + run->ended_by;
  if (err || pmap_feed_failed (run->feed))
    return MP_EXIT_FAILURE;
  bool faults = (run->faults[MP_FILTER_TOO_MUCH]
                 || run->faults[MP_FILTER_FAILED]);
  return run->failures || faults ? MP_EXIT_SOME_FAILED : MP_EXIT_SUCCESS;
}

/* Start with fewer tasks at a time than asked for where the user may not have
   so many processes: tasks need some for themselves.  */
static void
respect_process_limit (struct mp_pool *pool)
{
  unsigned long int need = pool->limit ? 2UL * pool->limit : ULONG_MAX / 2;
  unsigned long int room;
  if (mp_process_room (need, &room) == 0 && room < need)
    mp_pool_set_cap (pool, room / 2);
}

/* Do the work of RUN in the worker, whose guard is G.  Return the exit
   status.  */
static int
work (struct run *run, struct mp_guard const *g, char const *file)
{
  struct pmap_options const *o = run->o;
  struct mp_pool_ops const ops = {
    .next = run_next,
    .input_fd = run_input_fd,
    .push_back = run_push_back,
    .started = run_started,
    .delivered = run_delivered,
    .starved = run_starved,
    .woken = run_woken,
    .tag = o->tag && !o->filter ? run_tag : NULL
  };
  struct mp_local_options const local = {
    .command = run->command,
    .file = file,
    .ungrouped = o->ungrouped,
    .initializer = o->initializer,
    .shell = o->init_shell,
    .more = o->round_robin ? pmap_feed_more : NULL,
    .more_fd = pmap_feed_more_fd,
    .arg = run->feed,
    .mask = &run->sig.before,
    .defaults = &run->sig.defaults
  };
  struct mp_shells_options const shells = {
    .shell = o->shell,
    .file = file,
    .script = o->script,
    .initializer = o->initializer,
    .isolate = o->isolate,
    .chunk = o->warm_chunk,
    .max_tasks = o->max_tasks,
    .portable = access ("/dev/fd/0", F_OK) != 0,
    .mask = &run->sig.before,
    .defaults = &run->sig.defaults
  };
  char **argv = xnmalloc (o->n_command + 1, sizeof *argv);
  memcpy (argv, o->command, o->n_command * sizeof *argv);
  argv[o->n_command] = NULL;
  struct mp_filters_options const filters = {
    .file = file,
    .argv = argv,
    .initializer = o->initializer,
    .shell = o->init_shell,
    .end = o->line_end,
    .chunk = o->warm_chunk,
    .max_lines = o->max_tasks,
    .tag = o->tag,
    .processes = o->processes,
    .mask = &run->sig.before,
    .defaults = &run->sig.defaults,
    .started = filter_started,
    .fault = filter_fault,
    .arg = run
  };
  struct mp_callbacks const callbacks = {
    .success = o->callback,
    .failure = o->error_callback,
    .mask = &run->sig.before,
    .defaults = &run->sig.defaults
  };
  struct mp_executor *executor;
  int err = (o->script ? mp_shells_new (&shells, &executor)
             : o->filter ? mp_filters_new (&filters, &executor)
             : mp_local_new (&local, &executor));
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot start"));
  err = mp_pool_init (&run->pool, executor, &ops, run, o->grouping,
                      o->processes, o->kill_after, &run->sig.waiting);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot start"));
  run->pool.timeout = o->timeout;
  run->pool.signal = o->signal;
  if (o->callback || o->error_callback)
    run->pool.callbacks = &callbacks;
  if (o->filter)
    run->pool.order.line_end[MP_STREAM_OUT] = o->line_end;
  run->messages->pool = &run->pool;
  install_signals (&run->sig);
  respect_process_limit (&run->pool);
  run->lifeline = (struct mp_pool_source) {
    .source = { .fd = g->lifeline, .ready = guard_gone }, .pool = &run->pool };
  if (g->lifeline >= 0)
    err = mp_watch_add (&run->pool.watch, &run->lifeline.source, POLLIN);
  run->reader = (struct mp_pool_source) {
    .source = { .fd = STDOUT_FILENO, .ready = reader_gone },
    .pool = &run->pool };
  /* Files have no reader that could go, and cannot be watched.  */
  if (o->ungrouped)
    mp_watch_add (&run->pool.watch, &run->reader.source, 0);
  if (!err)
    err = mp_pool_run (&run->pool);
  run->messages->pool = NULL;
  admit_end (&run->sig);
  int status = report (run, err);
  if (o->script)
    mp_shells_free (executor);
  else if (o->filter)
    mp_filters_free (executor);
  else
    mp_local_free (executor);
  mp_pool_free (&run->pool);
  mp_command_free (&run->shown);
  free (argv);
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

/* Be the guard G until the worker ends.  Return the exit status.  */
static int
stand_guard (struct mp_guard *g, struct signals const *s)
{
  int status = mp_guard_watch (g, &s->handled);
  if (g->interrupted && WIFEXITED (status)
      && WEXITSTATUS (status) == MP_EXIT_SIGNAL + SIGINT)
    die_interrupted ();
  if (WIFEXITED (status))
    return WEXITSTATUS (status);
  admit_end (s);
  if (sigismember (&s->handled, WTERMSIG (status)) != 1)
    error (0, 0, _("the pool was ended by signal %d"), WTERMSIG (status));
  return MP_EXIT_SIGNAL + WTERMSIG (status);
}

int
pmap_run (struct pmap_options const *o, struct pmap_feed *feed,
          struct mp_template const *command, char const *file,
          struct pmap_messages *messages)
{
  struct run run = { .o = o, .feed = feed, .command = command,
                     .messages = messages,
                     .fixed_program = file != NULL };
  struct mp_guard guard;
  prepare_signals (&run.sig);

  int fd = pmap_relay_terminal (pmap_feed_fd (feed));
  if (fd < 0 && pmap_feed_fd (feed) >= 0)
    error (MP_EXIT_FAILURE, errno, _("cannot read the terminal"));
  pmap_feed_redirect (feed, fd);

  int err = mp_guard_split (&guard, "mp-pool", o->title, o->title_size);
  if (err)
    error (0, err, _("warning: running without a guard"));
  if (guard.role == MP_GUARD_GUARD)
    return stand_guard (&guard, &run.sig);
  return work (&run, &guard, file);
}

/* Return a command for a shell that does with the item of TASK what a filter
   does as O says, and a newline; the caller frees it.  */
static char *
filter_text (struct pmap_options const *o, struct mp_task const *task)
{
  struct mp_command const c = { .argv = (char **) o->command,
                                .argc = o->n_command };
  char *text = command_text (&c);
  char *result = xasprintf ("printf '%%s\\%c' %s | %s",
                            o->line_end ? 'n' : '0',
                            quotearg_style (shell_escape_quoting_style,
                                            task->item[0].data), text);
  free (text);
  if (!result)
    xalloc_die ();
  return result;
}

int
pmap_dry_run (struct pmap_options const *o, struct pmap_feed *feed,
              struct mp_template const *command)
{
  struct pmap_messages const messages = { NULL };
  struct mp_command c = { 0 };
  struct mp_task *task;
  bool failures = false;
  int err;
  while ((err = (o->filter ? pmap_feed_lines (feed, 1, 1, true, &task)
                 : pmap_feed_next (feed, &task))) == EAGAIN || task)
    {
      struct pollfd p = { .fd = pmap_feed_fd (feed), .events = POLLIN };
      if (err == EAGAIN)
        {
          /* Let it be seen meanwhile.  */
          fflush (stdout);
          if (poll (&p, 1, -1) < 0 && errno != EINTR)
            error (MP_EXIT_FAILURE, errno, _("cannot wait for items"));
          continue;
        }
      task->slot = 1;
      err = task->error ? task->error : expand (command, task, &c);
      if (err)
        pmap_report_error (&messages, o, task, err);
      else
        {
          char *text = o->filter ? filter_text (o, task) : command_text (&c);
          fputs (text, stdout);
          free (text);
        }
      failures |= err != 0;
      mp_task_free (task);
      /* close_stdout tells why.  */
      if (ferror (stdout))
        break;
    }
  mp_command_free (&c);
  if (pmap_feed_failed (feed))
    return MP_EXIT_FAILURE;
  return failures ? MP_EXIT_SOME_FAILED : MP_EXIT_SUCCESS;
}
