/* pspawn: be the supervisor of what is started, or a fork server.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "error.h"
#include "full-write.h"

#include "descriptors.h"
#include "exit-status.h"
#include "forkserver.h"
#include "front.h"
#include "guard.h"
#include "leftover.h"
#include "super.h"

/* The name of a supervisor's process.  */
static char const supervisor_name[] = "mp-supervisor";

/* Be in a session of our own, and called NAME.  */
static void
detach (char const *name)
{
  setsid ();
#if HAVE_PRCTL && defined PR_SET_NAME
  prctl (PR_SET_NAME, name, 0, 0, 0);
#else
  (void) name;
#endif
}

/* Let go of all that is the caller's: INHERITED, the descriptors that we were
   started with, the standard streams, and the folder.  */
static void
let_go (struct descriptors *inherited)
{
  descriptors_close (inherited);
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (0 <= null)
      dup2 (null, fd);
  if (null < 0 || chdir ("/") != 0)
    _exit (MP_EXIT_FAILURE);
  close (null);
}

/* A supervisor with its guard.  */
struct guarded
{
  struct mp_source lifeline;    /* must come first: tells when the guard is
                                   gone; fd -1: there is none */
  struct mp_procid guard;       /* pid 0: there is none */
  struct mp_super *super;
};

/* Be the guard G of a supervisor with records in R until it ends, and then end
   what it leaves behind: if it serves SERVED, a scope, what its daemonic
   processes have left; else all.  OPEN is what the supervisor has open,
   but R.  */
static noreturn void
stand_guard (struct mp_guard *g, struct mp_records *r, char const *served,
             struct descriptors *open)
{
  sigset_t forward;
  struct mp_procid supervisor;
  let_go (open);
  sigemptyset (&forward);
  sigaddset (&forward, SIGTERM);
  if (!served)
    {
      mp_guard_watch (g, &forward);
      _exit (MP_EXIT_SUCCESS);
    }
  /* It is our child, and still there, be it as a zombie.  */
  int err = mp_procid_get (g->worker, &supervisor);
  mp_guard_wait (g, &forward);
  if (!err)
    err = mp_leftover_end (r, served, &supervisor);
  _exit (err ? MP_EXIT_FAILURE : MP_EXIT_SUCCESS);
}

/* Split the calling process, which is about to be a supervisor with records in
   R, into a guard, where this does not return, and the supervisor.  SERVED is
   the scope that it serves, or null.  Store in *S what the supervisor has of
   the guard.  */
static void
split_guard (struct guarded *s, struct mp_records *r, char const *served)
{
  struct mp_guard g = { .role = MP_GUARD_NONE, .lifeline = -1 };
  struct descriptors open;
  struct mp_procid self = { 0 };
  sigset_t all, old;
  *s = (struct guarded) { .lifeline = { .fd = -1 } };
  detach ("mp-guard");
  /* Ignored, our children would be gone without a word.  */
  signal (SIGCHLD, SIG_DFL);
  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &old);
  int err = descriptors_note (&open, r->fd, -1);
  if (!err)
    err = mp_procid_get (getpid (), &self);
  if (!err)
    err = mp_guard_split (&g, true, supervisor_name, NULL, 0);
  if (g.role == MP_GUARD_GUARD)
    stand_guard (&g, r, served, &open);
  descriptors_free (&open);
  sigprocmask (SIG_SETMASK, &old, NULL);
  if (g.role == MP_GUARD_NONE)
    {
      error (0, err, _("warning: running without a guard"));
      detach (supervisor_name);
      return;
    }
  s->guard = self;
  s->lifeline.fd = g.lifeline;
}

/* The guard of the supervisor that SOURCE is a part of is gone, by SIGKILL: so
   must its process be.  */
static void
guard_gone (struct mp_source *source, int events)
{
  (void) events;
  struct mp_super *super = ((struct guarded *) source)->super;
  mp_watch_close (&super->watch, source);
  super->stopping = true;
}

/* Look from SUPER at the guard of G, if there is one.  Return 0 or an errno
   value.  */
static int
watch_guard (struct guarded *g, struct mp_super *super)
{
  super->guard = g->guard;
  g->super = super;
  g->lifeline.ready = guard_gone;
  return (g->lifeline.fd < 0 ? 0
          : mp_watch_add (&super->watch, &g->lifeline, POLLIN));
}

void
pspawn_supervise (struct mp_records *r, struct mp_start const *start,
                  int reply_fd, struct descriptors *inherited)
{
  struct mp_super super;
  struct guarded guarded = { .lifeline = { .fd = -1 } };
  /* Only a daemonic process must not leave anything behind.  */
  if (start->daemon)
    split_guard (&guarded, r, NULL);
  else
    detach (supervisor_name);
  int err = mp_super_init (&super, r, true);
  if (!err)
    err = watch_guard (&guarded, &super);
  if (err)
    {
      struct mp_start_reply reply = { .error = err };
      mp_record_remove (r, start->rec);
      full_write (reply_fd, &reply, sizeof reply);
      _exit (MP_EXIT_FAILURE);
    }
  err = mp_super_start (&super, start, reply_fd);
  let_go (inherited);
  while (mp_super_busy (&super))
    if (mp_super_step (&super, 0) != 0)
      _exit (MP_EXIT_FAILURE);
  _exit (err ? MP_EXIT_FAILURE : MP_EXIT_SUCCESS);
}

void
pspawn_serve (struct mp_records *r, char const *scope, int listen_fd)
{
  struct descriptors others;
  struct guarded guarded;
  int err = descriptors_note (&others, r->fd, listen_fd);
  if (err)
    _exit (MP_EXIT_FAILURE);
  let_go (&others);
  split_guard (&guarded, r, scope);
#if HAVE_PRCTL && defined PR_SET_PDEATHSIG
  /* It has plain processes, too, which do not end because the guard does.  */
  prctl (PR_SET_PDEATHSIG, 0, 0, 0, 0);
#endif
  if (0 <= guarded.lifeline.fd)
    close (guarded.lifeline.fd);
  err = mp_forkserver_serve (r, scope, listen_fd, &guarded.guard);
  _exit (err ? MP_EXIT_FAILURE : MP_EXIT_SUCCESS);
}
