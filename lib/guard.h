/* A guard: a process that outlives its worker, and ends all that the worker
   leaves behind.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_GUARD_H
#define MP_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "monotime.h"
#include "proctree.h"

/* How mp_guard_split came back.  */
enum mp_guard_role
{
  MP_GUARD_WORKER,              /* in the new process: do the work */
  MP_GUARD_GUARD,               /* in the old one: call mp_guard_watch */
  MP_GUARD_NONE                 /* there is no new process: do the work,
                                   unguarded */
};

struct mp_guard
{
  enum mp_guard_role role;
  pid_t worker;
  bool interrupted;             /* in the guard: SIGINT came from the terminal,
                                   not from a process (sigaction(2), SI_KERNEL)
                                   */
  struct mp_tree others;        /* descendants from before: not to be killed */
  int lifeline;                 /* in the worker: at end of file when the
                                   guard is gone, which sends it SIGTERM,
                                   too; otherwise -1 */

  mp_time grace;                /* in the guard: how long what the worker leaves
                                   may take to end by itself; 0 unless the
                                   owner says more */

  /* Null, or called with ARG in the guard, about to stop: to whoever waits for
     it, the terminal is free then.  */
  void (*stopping) (void *arg);
  void *arg;
};

/* Split the calling process, which has a single thread, into a guard and a
   worker.  Children that it has already are left alone.  The guard keeps the
   process ID that the caller's parent knows; both adopt orphans of their
   descendants where the system has that (prctl(2), PR_SET_CHILD_SUBREAPER), so
   that however the worker ends, the guard finds what it left, and however the
   guard ends, the worker learns it from the lifeline.  Neither is in the
   other's process group, and both their names and their command lines differ,
   so that one SIGKILL does not hit both; with NEW_SESSION, nor is the worker in
   the guard's session.  NAME is the worker's new name, and also written over
   its command line, the SIZE bytes at TITLE (proc(5), /proc/PID/cmdline),
   unless that is null.
   Return 0, or the errno value of what failed; G->role is then
   MP_GUARD_NONE.  */
int mp_guard_split (struct mp_guard *g, bool new_session, char const *name,
                    char *title, size_t size);

/* In the guard: pass on to the worker every signal of FORWARD that comes
   (SIGTSTP stops also the guard itself, after it was passed on and G->stopping
   has returned), until the worker has ended.  SIGCHLD and FORWARD must be
   blocked.  Return the worker's status, as wait(2) tells.  */
int mp_guard_wait (struct mp_guard *g, sigset_t const *forward);

/* In the guard: mp_guard_wait, and then send SIGKILL to every descendant that
   is left.  */
int mp_guard_watch (struct mp_guard *g, sigset_t const *forward);

#endif
