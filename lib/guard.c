/* A guard: a process that outlives its worker, and ends all that the worker
   leaves behind.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "minmax.h"
#include "proctree.h"
#include "subreaper.h"

int
mp_guard_split (struct mp_guard *g, bool new_session, char const *name,
                char *title, size_t size)
{
  int fd[2];
  *g = (struct mp_guard) { .role = MP_GUARD_NONE, .lifeline = -1 };
  /* A shell may have become this program by exec, and have children.  */
  g->others.flags = MP_TREE_NO_PIDFD;
  if (mp_tree_scan (&g->others, getpid ()) != 0)
    mp_tree_free (&g->others);
  mp_subreaper ();
  if (pipe2 (fd, O_CLOEXEC) != 0)
    {
      int err = errno;
      mp_tree_free (&g->others);
      return err;
    }
  pid_t pid = fork ();
  if (pid <= 0)
    mp_tree_free (&g->others);
  if (pid < 0)
    {
      int err = errno;
      close (fd[0]);
      close (fd[1]);
      return err;
    }
  if (pid > 0)
    {
      /* The other end stays open as long as this process lives.  */
      close (fd[0]);
      g->role = MP_GUARD_GUARD;
      g->worker = pid;
      /* Both do it, so that it is done whoever comes first.  */
      if (!new_session)
        setpgid (pid, pid);
      return 0;
    }
  close (fd[1]);
  g->role = MP_GUARD_WORKER;
  g->lifeline = fd[0];
  if (new_session)
    setsid ();
  else
    setpgid (0, 0);
  mp_subreaper ();
#if HAVE_PRCTL && defined PR_SET_PDEATHSIG
  /* The lifeline tells; this interrupts a write that waits.  */
  prctl (PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
#endif
#if HAVE_PRCTL && defined PR_SET_NAME
  prctl (PR_SET_NAME, name, 0, 0, 0);
#endif
  if (title)
    {
      memset (title, 0, size);
      memcpy (title, name, MIN (strlen (name) + 1, size));
    }
  return 0;
}

/* Reap every child that has ended.  If the worker is among them, store its
   status in *STATUS and set G->worker to 0.  Return whether there are
   children left.  */
static bool
reap (struct mp_guard *g, int *status)
{
  for (;;)
    {
      int st;
      pid_t pid = waitpid (-1, &st, WNOHANG);
      if (pid == g->worker && pid > 0)
        {
          g->worker = 0;
          *status = st;
        }
      else if (pid < 0 && errno != EINTR)
        {
          g->worker = 0;
          return false;
        }
      else if (pid == 0)
        return true;
    }
}

/* Whom kill_the_rest has found.  */
struct rest
{
  struct mp_tree const *others;
  size_t n;                     /* but the others */
};

/* Leave who was there before the worker, of which ARG, a rest, knows.  */
static enum mp_tree_choice
spare_others (struct mp_member const *m, void *arg)
{
  struct rest *rest = arg;
  for (size_t i = 0; i < rest->others->n; i++)
    if (rest->others->member[i]->pid == m->pid
        && rest->others->member[i]->start_time == m->start_time)
      return MP_TREE_PRUNE;
  rest->n++;
  return MP_TREE_TAKE;
}

/* Send SIGKILL to all descendants until none is left.  What cannot be killed
   (another user's, or one that the kernel holds) is left after some time.  */
static void
kill_the_rest (struct mp_guard *g)
{
  int status;
  enum
  {
    PAUSE = MP_KILL_AGAIN / MP_MILLISECOND,
    TRIES = MP_KILL_FOR / MP_KILL_AGAIN
  };
  for (mp_time end = mp_now () + g->grace;
       g->grace && reap (g, &status) && mp_now () < end;)
    poll (NULL, 0, PAUSE);
  for (int i = 0; i < TRIES && reap (g, &status); i++)
    {
      struct rest rest = { .others = &g->others };
      struct mp_tree tree = { .choose = spare_others, .choose_arg = &rest };
      int err = mp_tree_kill_descendants (getpid (), SIGKILL, &tree);
      mp_tree_free (&tree);
      if (!err && !rest.n)
        return;
      poll (NULL, 0, PAUSE);
    }
}

/* Pass SIGTSTP on, and stop, unless SIGCONT has come meanwhile: it is blocked,
   and stopping would discard it.  */
static void
stop (struct mp_guard *g)
{
  sigset_t cont;
  struct timespec const now = { 0 };
  sigemptyset (&cont);
  sigaddset (&cont, SIGCONT);
  kill (g->worker, SIGTSTP);
  if (g->stopping)
    g->stopping (g->arg);
  if (sigtimedwait (&cont, NULL, &now) == SIGCONT)
    kill (g->worker, SIGCONT);
  else
    raise (SIGSTOP);
}

/* Whether SIG ends a worker.  */
static bool
is_end (int sig)
{
  return sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGQUIT;
}

int
mp_guard_wait (struct mp_guard *g, sigset_t const *forward)
{
  int status = 0;
  sigset_t set = *forward;
  sigaddset (&set, SIGCHLD);
  while (g->worker)
    {
      siginfo_t info;
      int sig = sigwaitinfo (&set, &info);
      if (sig < 0)
        continue;
#ifdef SI_KERNEL
      if (sig == SIGINT && info.si_code == SI_KERNEL)
        g->interrupted = true;
#endif
      if (sig == SIGCHLD)
        reap (g, &status);
      else if (sig == SIGTSTP)
        stop (g);
      else
        {
          /* Somebody may have stopped it.  Afterwards it may be about to end,
             and whoever traces that (LeakSanitizer does) would lose it.  */
          if (is_end (sig))
            kill (g->worker, SIGCONT);
          kill (g->worker, sig);
        }
    }
  return status;
}

int
mp_guard_watch (struct mp_guard *g, sigset_t const *forward)
{
  int status = mp_guard_wait (g, forward);
  kill_the_rest (g);
  mp_tree_free (&g->others);
  return status;
}
