/* The descendants of a process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCTREE_H
#define MP_PROCTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "monotime.h"

/* How often what has not ended by SIGKILL is sent it again, and how long, in
   nanoseconds: the kernel may hold a process.  */
#define MP_KILL_AGAIN (10 * MP_MILLISECOND)
#define MP_KILL_FOR (5000LL * MP_MILLISECOND)

/* A process found.  It stays a member when its parent ends and another process
   becomes its parent, until it is gone itself.  */
struct mp_member
{
  pid_t pid;
  pid_t ppid;                   /* as of the last look, like */
  pid_t pgrp;
  pid_t session;
  unsigned long long start_time;        /* clock ticks since boot: with PID,
                                           what it is known by */
  char state;                   /* as mp_procstat_read tells */
  long threads;
  int pidfd;                    /* or -1 */
  int error;                    /* what the last signal to it met: 0, EPERM */
  bool signalled;               /* the last mp_tree_signal has sent it one */
  bool had_stopped;             /* before it was found */
  bool spared;                  /* never to be signalled */
  bool pruned;                  /* nor are its descendants looked for */
  bool fresh;                   /* found in the last look */
  bool gone;                    /* left out when the look ends */
  bool ended;                   /* its pidfd has told that it has ended */
};

/* What to do with a process found.  */
enum mp_tree_choice
{
  MP_TREE_TAKE,                 /* it is a member like the others */
  MP_TREE_SPARE,                /* it is never signalled */
  MP_TREE_PRUNE                 /* nor are its descendants looked for */
};

/* Flags of struct mp_tree.  */
enum
{
  MP_TREE_ROOT = 1,             /* the root is a member too, the first */
  MP_TREE_BY_STAT = 2,          /* look through all of /proc, as kernels
                                   without CONFIG_PROC_CHILDREN need */
  MP_TREE_NO_PIDFD = 4,         /* go without pidfds, as older kernels do */
  MP_TREE_KEEP_STOPPED = 8      /* mp_tree_thaw leaves those alone that had
                                   stopped before they were found */
};

/* A tree of processes.  Start with all zero and the fields of the first part
   as wished; mp_tree_free ends it.  */
struct mp_tree
{
  unsigned int flags;

  /* If not NULL, asked once about each process found; ARG is CHOOSE_ARG.  PID
     1 and the calling process are spared in any case.  */
  enum mp_tree_choice (*choose) (struct mp_member const *, void *arg);
  void *choose_arg;

  /* If not NULL, called with WIDEN_ARG in each look that has found no one new
     as a child: it may add others that belong to the tree with mp_tree_add.  It
     returns 0; EAGAIN if it has to be called again; or another errno value,
     with which the look ends.  */
  int (*widen) (struct mp_tree *, void *arg);
  void *widen_arg;

  /* Results.  A parent comes before those that were found as its
     children.  */
  struct mp_member **member;
  size_t n;
  size_t n_fresh;               /* members that the last look added */
  size_t n_running;             /* members to be stopped that the last look
                                   of mp_tree_freeze found still running, */
  size_t n_held;                /* and those that it found in the kernel */
  size_t n_signalled;           /* members that the last signal was sent to */
  size_t n_refused;             /* members whose ERROR is not 0 */

  /* Private.  */
  size_t n_alloc;
  struct hash_table *by_pid;
  pid_t root;
  unsigned long long root_start;
  bool no_pidfd;
  bool stop;                    /* this look stops whom it finds */
  bool settled;                 /* all members have just been looked at, and
                                   have stopped */
  bool moved;                   /* a child may have been missed */
};

/* A signal to a tree that lives would leave out whoever is born meanwhile.  So
   it is stopped first, and the functions here are the steps: freeze (scan and
   stop until nothing new appears), signal, thaw.  mp_tree_kill_descendants
   takes all of them.

   None signals PID 1, the caller, a zombie, or a process that is not known to
   be the one that was found: a pidfd is held for each or, where there is none
   or the descriptors are used up (four are given back, for others to use), the
   start time is compared immediately before.  A process that vanishes is no
   error.  Processes that do not descend from the root any more when the first
   look is taken are not found: let the root be a subreaper (prctl(2)).

   ROOT 0 is none: the members are those that T->widen adds, and their
   descendants.

   They return 0; ESRCH if the root does not exist; ENOSYS if there is no /proc
   here that tells (see mp_procstat_usable); ENOMEM, EMFILE or another errno
   value if the look could not be finished: the members found so far are there,
   and may be signalled.  */

/* Find all living descendants of ROOT, and zombies, that are not members of T
   yet; look what those that are do; forget those that are gone.
   While the tree lives, some may be missed (proc(5) on
   /proc/PID/task/TID/children); none that is found is false.  */
int mp_tree_scan (struct mp_tree *t, pid_t root);

/* Do so again and again, and stop (SIGSTOP) every member before its children
   are looked for, until nothing new appears and all have stopped.  Return also
   EAGAIN if new ones still appeared in the last of many looks: if the root is
   not a member, it is free to start them.  Members that the kernel holds
   (state D) are waited for only about a tenth of a second: who has called
   vfork stays there until its child, which may have stopped, goes on.  For
   others that do not stop it takes some seconds.  The caller sees to it that
   it is not interrupted before mp_tree_thaw.  */
int mp_tree_freeze (struct mp_tree *t, pid_t root);

/* For T->widen: add the process PID, unless it is a member.  If START_TIME is
   not 0 and PID has another, it is not the one that is meant.
   Return 0, also if there is no such process (any more), or an errno
   value.  */
int mp_tree_add (struct mp_tree *t, pid_t pid, unsigned long long start_time);

/* Return the member of T that has PID and is not known to be gone, or NULL.  */
struct mp_member *mp_tree_find (struct mp_tree *t, pid_t pid);

/* If ERR says that there was no free descriptor, give some of T's back for
   whoever needs them, and hold no more from now on.  Return whether it is worth
   trying again.  */
bool mp_tree_made_room (struct mp_tree *t, int err);

/* Send SIG to every member but the spared ones, the last found first; so with
   SIGKILL none of a frozen tree wakes up, which it could when its process
   group is orphaned.  Store how many it was sent to in T->n_signalled, and how
   many refused it in T->n_refused; their ERROR tells why.  */
void mp_tree_signal (struct mp_tree *t, int sig);

/* Let every member but the spared ones continue (SIGCONT); T->n_signalled and
   so on stay those of the signal before.  */
void mp_tree_thaw (struct mp_tree *t);

/* Send SIG to T, which is frozen unless SIG is 0, and thaw it if SIG is not
   SIGKILL or SIGSTOP.  (SIGTSTP, SIGTTIN and SIGTTOU come after that: SIGCONT
   would discard them.)  */
void mp_tree_deliver (struct mp_tree *t, int sig);

/* Freeze the descendants of ROOT, or only scan them if SIG is 0, and deliver
   SIG to them.  If T is not NULL, its first part says how, and its
   results are left for the caller to look at and free.
   If the look could not be finished, those found have been signalled
   nevertheless.  With SIGKILL, call again until T->n_signalled is 0 to be sure
   of what a root that is a subreaper has adopted meanwhile.  */
int mp_tree_kill_descendants (pid_t root, int sig, struct mp_tree *t);

/* Free what T holds, and zero it.  */
void mp_tree_free (struct mp_tree *t);

#endif
