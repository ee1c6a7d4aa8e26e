/* pmap: the agent, which runs tasks on another host for a pool.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-agent-parts.h"

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

/* How often something is sent, or more often if the pool has little
   patience.  */
static mp_time const alive_most = 1000LL * MP_MILLISECOND;

struct agent *
pmap_agent_of (struct mp_source *source)
{
  return ((struct mp_pool_source *) source)->pool->arg;
}

void
pmap_agent_push (struct agent *a)
{
  struct mp_watch *watch = &a->pool.watch;
  int err = a->wire.failed ? ENOMEM : 0;
  if (!mp_wire_waiting (&a->wire))
    return;
  if (!err)
    err = mp_wire_push (&a->wire, STDOUT_FILENO);
  /* Those held back may go on.  */
  if (mp_wire_waiting (&a->wire) < PMAP_AGENT_WAITING_MAX && a->pool.held)
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
  pmap_agent_push (pmap_agent_of (source));
}

void
pmap_agent_tell (struct agent *a, enum mp_agent_message type, uint64_t id,
                 int detail)
{
  mp_wire_begin (&a->wire, type);
  mp_wire_put_u64 (&a->wire, id);
  mp_wire_put_u8 (&a->wire, detail);
  mp_wire_end (&a->wire);
}

void
pmap_agent_tell_only (struct agent *a, enum mp_agent_message type)
{
  mp_wire_begin (&a->wire, type);
  mp_wire_end (&a->wire);
}

void
pmap_agent_give_up (struct agent *a)
{
  a->cut = a->finishing = true;
  mp_pool_kill (&a->pool);
}

/* The guard is gone, by SIGKILL: so must everything be.  */
static void
guard_gone (struct mp_source *source, int events)
{
  (void) events;
  struct agent *a = pmap_agent_of (source);
  mp_watch_remove (&a->pool.watch, source);
  pmap_agent_give_up (a);
}

static unsigned long long
agent_next_index (void *arg)
{
  struct agent const *a = arg;
  return a->queue ? a->queue->index : ULLONG_MAX;
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

/* This host is to do no more: begin nothing, and let what runs end.  */
static void
drain (struct agent *a)
{
  if (a->draining)
    return;
  a->draining = a->finishing = true;
  pmap_agent_tell_only (a, MP_MSG_DRAINING);
  pmap_agent_give_back_last (a, SIZE_MAX);
  mp_pool_take_back (&a->pool, pmap_agent_give_back_waiting);
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
        pmap_agent_give_up (a);
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
agent_tick (void *arg, mp_time now)
{
  struct agent *a = arg;
  mp_time due = pmap_agent_tell_doubts (a, now, false);
  mp_time alive_every = MIN (alive_most, a->setup->patience / 4);
  /* If we did not run for long, that does not mean that nobody has talked.  */
  if (a->ticked_at && a->ticked_at + a->setup->patience / 2 < now)
    a->heard_at = now;
  a->ticked_at = now;
  if (a->draining)
    mp_pool_take_back (&a->pool, pmap_agent_give_back_waiting);
  if (a->heard_at + a->setup->patience <= now && !a->cut)
    pmap_agent_give_up (a);
  if (a->sent_at + alive_every <= now)
    pmap_agent_tell_only (a, MP_MSG_ALIVE);
  if (mp_wire_waiting (&a->wire))
    a->sent_at = now;
  pmap_agent_push (a);
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
  pmap_agent_tell_only (a, MP_MSG_GOODBYE);
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
    .source = { .fd = STDIN_FILENO, .ready = pmap_agent_in_ready },
    .pool = &a->pool };
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
  .next = pmap_agent_next,
  .input_fd = pmap_agent_input_fd,
  .next_index = agent_next_index,
  .push_back = pmap_agent_push_back,
  .started = pmap_agent_started,
  .wants = pmap_agent_wants,
  .output = pmap_agent_output,
  .ended = pmap_agent_ended,
  .delivered = pmap_agent_delivered,
  .starved = agent_starved,
  .woken = agent_woken,
  .brake = pmap_agent_brake,
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
  pmap_agent_tell_doubts (a, 0, true);
  for (struct job const *job = a->first; job; job = job->next)
    pmap_agent_tell (a, MP_MSG_RETURNED, job->id, MP_RETURN_UNBEGUN);
  int failed = a->workers.executor->failed_status;
  if (err == ECANCELED)
    tell_failure (a, err, failed, 0);
  else if (err && !a->cut)
    error (0, err, _("cannot go on"));
  bool good = !a->cut && (!err || err == ECANCELED);
  if (good)
    pmap_agent_tell_only (a, MP_MSG_GOODBYE);
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
  pmap_agent_take_messages (a);
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
    pmap_agent_free_job (a, a->first);
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
  int err = mp_guard_split (&guard, false, "mp-agent", title, size);
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
