/* Start a program as a child process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCSPAWN_H
#define MP_PROCSPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct mp_cpulist;

/* What to start and how.  Everything stays the caller's.  */
struct mp_spawn
{
  char const *file;             /* the program, resolved: has a slash */
  char *const *argv;            /* its arguments, NULL-terminated */
  char *const *envp;            /* its environment, NULL-terminated */
  int fd[3];                    /* to be its 0, 1 and 2: each -1 (as the
                                   caller's), its own number, or above 2 */
  bool new_group;               /* lead a process group of its own */
  int death_signal;             /* signal that it gets when the caller dies,
                                   where the system can do that; or 0 */
  struct mp_cpulist const *affinity;    /* the CPUs that it may use; null: as
                                           the caller.  If none of them is there
                                           any more, it is as if null */
  sigset_t const *mask;         /* its signal mask */
  sigset_t const *defaults;     /* signals that it has at their default;
                                   must hold every signal with a handler */
  int (*in_child) (void *arg);  /* called in the child with ARG just before
                                   the program is executed, or null; returns
                                   0 or the errno value to fail with, makes
                                   nothing but system calls, and may write to
                                   what ARGV and ENVP point to */
  void *arg;
  bool portable;                /* use posix_spawn even where there is
                                   something faster (for tests) */
};

/* Find the program NAME as a shell would: along $PATH unless it has a slash.
   Store its path, to be freed by the caller, in *PATH.
   Return 0, ENOENT (not found), EACCES and the like (found, but not
   executable), or ENOMEM.  */
int mp_find_program (char const *name, char **path);

/* Start what S says and store the new process's ID in *PID.  A script
   without an interpreter line is run by /bin/sh, as execvp(3) does.
   Return 0 once the program runs, or an errno value: that of the system
   call that failed, the exec in the child included.  EAGAIN and ENOMEM
   say that there are too many processes; the child of a failed exec was
   waited for already.  No descriptor needs to be marked close-on-exec
   here: callers open all of theirs so.  */
int mp_spawn (struct mp_spawn const *s, pid_t *pid);

#endif
