/* pspawn: run a command as the main process of a scope.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "minmax.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "guard.h"
#include "pidfd.h"
#include "procspawn.h"
#include "proctree.h"
#include "sigflags.h"
#include "startenv.h"
#include "subreaper.h"
#include "watch.h"

/* The signals that end a scope.  */
static int const end_signals[] = { SIGINT, SIGTERM, SIGHUP };
enum { N_END_SIGNALS = sizeof end_signals / sizeof *end_signals };

/* How long to wait for what cannot be waited for.  */
static mp_time const short_while = 2 * MP_MILLISECOND;

struct scope;

/* A descriptor of a scope.  */
struct scope_source
{
  struct mp_source source;      /* must come first */
  struct scope *scope;
};

/* A scope, of which this process is the keeper: what descends from the main
   process and is orphaned becomes its child, the supervisors included.  Its
   guard, which is the process that the caller knows, sees to it that nothing
   is left if the keeper is killed.  */
struct scope
{
  struct pspawn_options const *o;
  struct mp_records *r;
  char name[MP_PROCID_SIZE];
  char parent[MP_PROCID_SIZE];
  pid_t group;                  /* the process group that the main process is
                                   in: 0 the keeper's */
  struct mp_startenv env;
  struct mp_watch watch;
  struct scope_source lifeline; /* tells when the guard is gone */
  sigset_t before;              /* the mask that we were started with */
  sigset_t waiting;             /* the mask while we wait */
  sigset_t handled;             /* the signals that end the scope */
  sigset_t defaults;            /* what the main process has as it was */
  pid_t main;                   /* 0: it has ended */
  int status;                   /* as from wait(2) */
  int ended_by;                 /* the signal that ends the scope, or 0 */
  bool timed_out;
  bool childless;
  mp_time deadline;             /* 0: none */
};

/* Note the signals that end a scope, and the end of children, from now on.  */
static void
prepare_signals (struct scope *s)
{
  sigset_t block;
  sigemptyset (&block);
  signal (SIGCHLD, SIG_DFL);
  for (int i = 0; i < N_END_SIGNALS; i++)
    {
      struct sigaction sa;
      /* nohup and the shell's & are respected.  */
      if (sigaction (end_signals[i], NULL, &sa) == 0
          && sa.sa_handler == SIG_IGN)
        continue;
      sigaddset (&block, end_signals[i]);
    }
  s->handled = block;
  sigaddset (&block, SIGCHLD);
  sigprocmask (SIG_BLOCK, &block, &s->before);
  s->waiting = s->before;
  s->defaults = block;
  for (int sig = 1; sig < NSIG; sig++)
    if (sigismember (&block, sig) == 1)
      {
        sigdelset (&s->waiting, sig);
        mp_sigflags_install (sig);
      }
}

/* Return the process group that the main process is to be in.  Where there is a
   terminal, that is the group that we were started in, whose the terminal is.
   Elsewhere it is that of its parent, the keeper: if it were the only one in
   the first group with a parent elsewhere, the kernel would send SIGHUP to all
   of that at its end if any of them had stopped (setpgid(2), orphaned process
   groups).  */
static pid_t
main_group (void)
{
  int terminal = open ("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0)
    return 0;
  close (terminal);
  return getpgrp ();
}

/* In the new process: make it known as the main one of the scope ARG.  */
static int
enter_scope (void *arg)
{
  struct scope *s = arg;
  struct mp_procid self;
  if (s->group && setpgid (0, s->group) != 0)
    return errno;
  int err = mp_procid_get (getpid (), &self);
  if (err)
    return err;
  mp_startenv_set_handle (&s->env, &self);
  umask (s->o->umask);
  return mp_records_set_main (s->r, s->name, &self);
}

/* Start the main process of S, whose program is FILE.  Return 0 or the exit
   status after a failure.  */
static int
start_main (struct scope *s, char const *file)
{
  struct mp_spawn spawn = {
    .file = file, .argv = s->o->command, .envp = s->env.envp,
    /* It must not outlive us if we are killed.  */
    .death_signal = SIGKILL,
    .mask = &s->before, .defaults = &s->defaults,
    .in_child = enter_scope, .arg = s
  };
  for (int i = 0; i < 3; i++)
    spawn.fd[i] = pspawn_open_stream (s->o, i);
  int err = mp_spawn (&spawn, &s->main);
  for (int i = 0; i < 3; i++)
    close (spawn.fd[i]);
  return err ? pspawn_cannot_run (s->o->command[0], err) : 0;
}

/* Reap all children that have ended.  */
static void
reap (struct scope *s)
{
  for (;;)
    {
      int status;
      pid_t pid = waitpid (-1, &status, WNOHANG);
      if (pid < 0 && errno == EINTR)
        continue;
      s->childless = pid < 0;
      if (pid <= 0)
        return;
      if (pid == s->main)
        {
          s->main = 0;
          s->status = status;
        }
    }
}

/* Wait until something happens, at the most until the time UNTIL (0: any).  */
static void
wait_for_events (struct scope *s, mp_time until)
{
  int timeout = -1;
  if (s->deadline && !s->ended_by && (!until || s->deadline < until))
    until = s->deadline;
  if (until)
    {
      mp_time left = (until - mp_now () + MP_MILLISECOND - 1)
                     / MP_MILLISECOND;
      timeout = left <= 0 ? 0 : MIN (left, 1000000);
    }
  int err = mp_watch_wait (&s->watch, timeout, &s->waiting);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot wait"));
  for (int i = 0; i < N_END_SIGNALS; i++)
    if (mp_sigflags_take (end_signals[i]) && !s->ended_by)
      s->ended_by = end_signals[i];
  if (s->deadline && s->deadline <= mp_now () && !s->ended_by)
    {
      s->timed_out = true;
      s->ended_by = SIGTERM;
    }
  if (mp_sigflags_take (SIGCHLD))
    reap (s);
}

/* Keep in *ARG one record of a plain process that has not ended.  */
static int
find_plain (struct mp_record *rec, void *arg)
{
  struct mp_record **found = arg;
  if (rec->started && !rec->ended && !rec->daemon && !rec->other_boot
      && (mp_procid_running (&rec->id) != ESRCH
          || mp_procid_running (&rec->supervisor) != ESRCH))
    {
      *found = rec;
      return -1;
    }
  mp_record_free (rec);
  return 0;
}

static void
ignore (struct mp_source *source, int events)
{
  (void) source;
  (void) events;
}

/* Wait until the process of REC may have ended.  */
static void
wait_for_process (struct scope *s, struct mp_record const *rec)
{
  struct mp_source end = { .fd = -1, .ready = ignore };
  int err = mp_procid_open (&rec->id, &end.fd);
  if (!err)
    err = mp_watch_add (&s->watch, &end, POLLIN);
  /* Its supervisor is about to say so, or there is no way to wait.  */
  if (!err && mp_procid_running (&rec->id) == 0)
    wait_for_events (s, 0);
  else
    wait_for_events (s, mp_now () + short_while);
  mp_watch_close (&s->watch, &end);
}

/* Wait for the plain processes of S, unless it is being ended.  */
static void
join_plain (struct scope *s)
{
  while (!s->ended_by)
    {
      struct mp_record *rec = NULL;
      int err = mp_records_each (s->r, s->name, find_plain, &rec);
      if (!rec)
        {
          if (err)
            error (0, err, _("cannot read the records in %s"), s->r->dir);
          return;
        }
      wait_for_process (s, rec);
      mp_record_free (rec);
    }
}

/* The supervisors of a scope, and their guards.  */
struct supervisors
{
  struct mp_procid *id;
  size_t n, allocated;
};

/* Add ID to LIST.  */
static void
add_to_list (struct supervisors *list, struct mp_procid const *id)
{
  if (list->n == list->allocated)
    list->id = x2nrealloc (list->id, &list->allocated, sizeof *list->id);
  list->id[list->n++] = *id;
}

/* Add the supervisor of REC, and its guard, to ARG.  */
static int
add_supervisor (struct mp_record *rec, void *arg)
{
  struct supervisors *list = arg;
  if (rec->started && !rec->other_boot)
    {
      if (rec->guard.pid)
        add_to_list (list, &rec->guard);
      add_to_list (list, &rec->supervisor);
    }
  mp_record_free (rec);
  return 0;
}

/* Send SIG to the process that ID identifies, and to no other.  */
static void
signal_process (struct mp_procid const *id, int sig)
{
  int fd;
  int err = mp_procid_open (id, &fd);
  if (!err)
    {
      mp_pidfd_signal (fd, sig);
      close (fd);
    }
  else if (err != ESRCH && mp_procid_running (id) == 0)
    kill (id->pid, sig);
}

/* Leave what supervisors, which ARG has, end by themselves.  */
static enum mp_tree_choice
spare_supervisors (struct mp_member const *m, void *arg)
{
  struct supervisors const *list = arg;
  for (size_t i = 0; i < list->n; i++)
    if (list->id[i].pid == m->pid)
      return MP_TREE_PRUNE;
  return MP_TREE_TAKE;
}

/* End everything in the scope: what pspawn has started by its supervisors, as
   they were told to; the rest by SIGTERM; in the end all by SIGKILL.  */
static void
end_all (struct scope *s)
{
  struct supervisors list = { NULL, 0, 0 };
  mp_records_each (s->r, s->name, add_supervisor, &list);
  for (size_t i = 0; i < list.n; i++)
    signal_process (&list.id[i], SIGTERM);
  struct mp_tree tree = { .choose = spare_supervisors, .choose_arg = &list };
  reap (s);
  if (!s->childless)
    mp_tree_kill_descendants (getpid (), s->o->signal, &tree);
  mp_tree_free (&tree);
  free (list.id);

  mp_time kill_at = mp_now () + s->o->kill_after;
  mp_time give_up_at = kill_at + MP_KILL_FOR;
  for (reap (s); !s->childless && mp_now () < give_up_at; )
    if (mp_now () < kill_at)
      wait_for_events (s, kill_at);
    else
      {
        mp_tree_kill_descendants (getpid (), SIGKILL, NULL);
        wait_for_events (s, mp_now () + MP_KILL_AGAIN);
      }
  if (!s->childless)
    error (0, 0, _("some processes did not end"));
}

/* Remove REC, one of ARG's.  */
static int
remove_record (struct mp_record *rec, void *arg)
{
  mp_record_remove (arg, rec);
  mp_record_free (rec);
  return 0;
}

/* The guard is gone, by SIGKILL: so must everything be.  */
static void
guard_gone (struct mp_source *source, int events)
{
  (void) events;
  struct scope *s = ((struct scope_source *) source)->scope;
  mp_watch_close (&s->watch, source);
  if (!s->ended_by)
    s->ended_by = SIGTERM;
}

/* Make the scope S, whose guard is G.  A failure is reported and ends the
   program.  */
static void
begin (struct scope *s, struct mp_guard const *g)
{
  struct mp_procid self;
  mp_subreaper ();
  int err = mp_procid_get (getpid (), &self);
  if (!err)
    {
      mp_procid_format (&self, s->name);
      err = mp_records_begin_scope (s->r, s->name);
    }
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot make a scope in %s"), s->r->dir);
  err = mp_watch_init (&s->watch, false);
  s->lifeline = (struct scope_source) {
    .source = { .fd = g->lifeline, .ready = guard_gone }, .scope = s };
  if (!err && 0 <= g->lifeline)
    err = mp_watch_add (&s->watch, &s->lifeline.source, POLLIN);
  if (!err)
    err = mp_startenv_init (&s->env, environ, "MainProcess", s->parent,
                            s->name);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot start"));
}

/* The exit status of S, which has ended.  */
static int
exit_status (struct scope const *s)
{
  if (s->timed_out)
    return MP_EXIT_TIMEOUT;
  if (s->ended_by)
    return MP_EXIT_SIGNAL + s->ended_by;
  return (WIFSIGNALED (s->status) ? MP_EXIT_SIGNAL + WTERMSIG (s->status)
          : WEXITSTATUS (s->status));
}

/* Run the command of S, whose program is FILE, as the main process, with the
   guard G.  Return the exit status.  */
static int
keep_scope (struct scope *s, char const *file, struct mp_guard const *g)
{
  begin (s, g);
  int status = start_main (s, file);
  if (!status)
    {
      if (s->o->timeout)
        s->deadline = mp_now () + s->o->timeout;
      while (s->main && !s->ended_by)
        wait_for_events (s, 0);
      if (!s->o->terminate)
        join_plain (s);
      end_all (s);
      status = exit_status (s);
      mp_records_each (s->r, s->name, remove_record, s->r);
    }
  mp_records_end_scope (s->r, s->name);
  mp_startenv_free (&s->env);
  mp_watch_close (&s->watch, &s->lifeline.source);
  mp_watch_free (&s->watch);
  return status;
}

/* Be the guard G of S until the keeper ends.  Return the exit status.  */
static int
stand_guard (struct scope const *s, struct mp_guard *g)
{
  int status = mp_guard_watch (g, &s->handled);
  if (WIFEXITED (status))
    return WEXITSTATUS (status);
  error (0, 0, _("the scope was ended by signal %d"), WTERMSIG (status));
  return MP_EXIT_SIGNAL + WTERMSIG (status);
}

int
pspawn_scope (struct pspawn_options const *o, struct mp_records *r,
              char const *file)
{
  struct scope s = { .o = o, .r = r, .group = main_group () };
  struct mp_guard guard;
  prepare_signals (&s);
  pspawn_parent (s.parent);
  int err = mp_guard_split (&guard, false, "mp-scope", NULL, 0);
  if (err)
    error (0, err, _("warning: running without a guard"));
  if (guard.role == MP_GUARD_GUARD)
    return stand_guard (&s, &guard);
  return keep_scope (&s, file, &guard);
}
