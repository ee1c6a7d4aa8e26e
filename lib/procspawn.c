/* Start a program as a child process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "findprog.h"

#include "cpulist.h"

#ifndef NSIG
# define NSIG 65
#endif

int
mp_find_program (char const *name, char **path)
{
  char *standard = NULL;
  char const *dirs = getenv ("PATH");
  if (!dirs)
    {
      /* POSIX leaves it open; execvp(3) takes the system's own path.  */
      size_t n = confstr (_CS_PATH, NULL, 0);
      standard = malloc (n + 1);
      if (!standard)
        return ENOMEM;
      standard[0] = '\0';
      confstr (_CS_PATH, standard, n);
      dirs = standard;
    }
  errno = 0;
  char const *found = *name ? find_in_given_path (name, dirs, NULL, false)
                      : NULL;
  int err = errno ? errno : ENOENT;
  if (found == name)
    {
      found = strdup (name);
      err = ENOMEM;
    }
  free (standard);
  *path = (char *) found;
  return found ? 0 : err;
}

/* Let the calling process run on the CPUs in SET only.  Return 0 or an errno
   value.  A set of which nothing is left, for CPUs can be taken away at any
   time, changes nothing: the kernel would do the same later.  Words are those
   of cpu_set_t.  */
static int
set_affinity (struct mp_cpulist const *set)
{
#if HAVE_SCHED_SETAFFINITY
  if (sched_setaffinity (0, set->nwords * sizeof *set->words,
                         (cpu_set_t const *) set->words) == 0
      || errno == EINVAL)
    return 0;
  return errno;
#else
  (void) set;
  return ENOSYS;
#endif
}

/* The child's part: arrange everything for S and become the program, if PARENT
   is still there.  It may share the parent's memory, so it only makes system
   calls, and leaves the reason of a failure in *ERR, and writes it to ERR_FD if
   that is not -1.  */
static _Noreturn void
become (struct mp_spawn const *s, pid_t parent, int volatile *err, int err_fd)
{
  struct sigaction sa = { .sa_handler = SIG_DFL };
  sigemptyset (&sa.sa_mask);

# if HAVE_PRCTL && defined PR_SET_PDEATHSIG
  if (s->death_signal)
    prctl (PR_SET_PDEATHSIG, s->death_signal);
  /* If it had died before, nothing else would tell.  */
  if (s->death_signal && getppid () != parent)
    _exit (127);
# endif
  /* A handler must not run here, on memory that is the parent's.  */
  for (int sig = 1; sig < NSIG; sig++)
    if (sigismember (s->defaults, sig) == 1)
      sigaction (sig, &sa, NULL);
  if (s->new_group && setpgid (0, 0) != 0)
    goto fail;
  for (int i = 0; i < 3; i++)
    if (s->fd[i] == i)
      {
        if (fcntl (i, F_SETFD, 0) != 0)
          goto fail;
      }
    else if (s->fd[i] >= 0 && dup2 (s->fd[i], i) < 0)
      goto fail;
  int step = s->affinity ? set_affinity (s->affinity) : 0;
  if (!step && s->in_child)
    step = s->in_child (s->arg);
  if (step)
    {
      errno = step;
      goto fail;
    }
  sigprocmask (SIG_SETMASK, s->mask, NULL);
  execve (s->file, s->argv, s->envp);
 fail:
  *err = errno;
  if (0 <= err_fd)
    {
      int e = *err;
      while (write (err_fd, &e, sizeof e) < 0 && errno == EINTR)
        continue;
    }
  _exit (127);
}

#if HAVE_WORKING_VFORK

/* mp_spawn by vfork(2): no page tables are copied, and unlike posix_spawn of
   the GNU C Library it needs no new stack and no look at every signal.  The
   parent sleeps until the child has its own memory, so *PID and ERR are
   safe.  */
static int
spawn_by_vfork (struct mp_spawn const *s, pid_t *pid)
{
  int volatile err = 0;
  sigset_t all, old;
  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, &old);
  pid_t parent = getpid ();
  pid_t child = vfork ();
  if (child == 0)
    become (s, parent, &err, -1);
  int fork_errno = errno;
  sigprocmask (SIG_SETMASK, &old, NULL);
  if (child < 0)
    return fork_errno;
  if (err)
    {
      while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
        continue;
      return err;
    }
  *pid = child;
  return 0;
}

#endif

/* mp_spawn by posix_spawn, for systems without vfork.  The death signal is
   not to be had there.  */
static int
spawn_by_posix (struct mp_spawn const *s, pid_t *pid)
{
  posix_spawnattr_t attr;
  posix_spawn_file_actions_t actions;
  int err = posix_spawnattr_init (&attr);
  if (err)
    return err;
  err = posix_spawn_file_actions_init (&actions);
  if (err)
    {
      posix_spawnattr_destroy (&attr);
      return err;
    }
  for (int i = 0; !err && i < 3; i++)
    if (s->fd[i] >= 0)
      err = posix_spawn_file_actions_adddup2 (&actions, s->fd[i], i);
  short int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (s->new_group)
    flags |= POSIX_SPAWN_SETPGROUP;
  if (!err)
    err = posix_spawnattr_setflags (&attr, flags);
  if (!err)
    err = posix_spawnattr_setpgroup (&attr, 0);
  if (!err)
    err = posix_spawnattr_setsigmask (&attr, s->mask);
  if (!err)
    err = posix_spawnattr_setsigdefault (&attr, s->defaults);
  if (!err)
    err = posix_spawn (pid, s->file, &actions, &attr, s->argv, s->envp);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attr);
  return err;
}

/* mp_spawn by fork(2), for what posix_spawn cannot do.  */
static int
spawn_by_fork (struct mp_spawn const *s, pid_t *pid)
{
  int volatile unused;
  int fd[2];
  int err = 0;
  if (pipe2 (fd, O_CLOEXEC) != 0)
    return errno;
  pid_t parent = getpid ();
  pid_t child = fork ();
  if (child == 0)
    become (s, parent, &unused, fd[1]);
  int fork_errno = errno;
  close (fd[1]);
  if (child < 0)
    {
      close (fd[0]);
      return fork_errno;
    }
  /* At the end of the file, the program runs.  */
  ssize_t n;
  do
    n = read (fd[0], &err, sizeof err);
  while (n < 0 && errno == EINTR);
  close (fd[0]);
  if (n > 0)
    {
      while (waitpid (child, NULL, 0) < 0 && errno == EINTR)
        continue;
      return err;
    }
  *pid = child;
  return 0;
}

/* Start S itself, with no regard to ENOEXEC.  */
static int
spawn_program (struct mp_spawn const *s, pid_t *pid)
{
#if HAVE_WORKING_VFORK
  if (!s->portable)
    return spawn_by_vfork (s, pid);
#endif
  return (s->in_child || s->affinity ? spawn_by_fork (s, pid)
          : spawn_by_posix (s, pid));
}

/* Start the script S->file by the shell.  */
static int
spawn_script (struct mp_spawn const *s, pid_t *pid)
{
  static char shell[] = "/bin/sh";
  size_t n = 0;
  while (s->argv[n])
    n++;
  char **argv = calloc (n + 3, sizeof *argv);
  char *script = strdup (s->file);
  int err = ENOMEM;
  if (argv && script)
    {
      argv[0] = shell;
      argv[1] = script;
      for (size_t i = 1; i < n; i++)
        argv[i + 1] = s->argv[i];
      struct mp_spawn by_shell = *s;
      by_shell.file = shell;
      by_shell.argv = argv;
      err = spawn_program (&by_shell, pid);
    }
  free (script);
  free (argv);
  return err;
}

int
mp_spawn (struct mp_spawn const *s, pid_t *pid)
{
  int err = spawn_program (s, pid);
  return err == ENOEXEC ? spawn_script (s, pid) : err;
}
