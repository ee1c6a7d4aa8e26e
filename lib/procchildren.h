/* The children of processes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCCHILDREN_H
#define MP_PROCCHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A process and its parent.  */
struct mp_parentage
{
  pid_t parent;
  pid_t child;
};

/* A look at who is whose child: at /proc/PID/task/TID/children (proc(5)) when
   asked or, in kernels without CONFIG_PROC_CHILDREN, at all of /proc when it
   begins.  */
struct mp_children
{
  bool by_stat;                 /* the latter */
  struct mp_parentage *known;   /* then: all processes, sorted by parent */
  size_t n_known;
  pid_t *child;                 /* the result of the last mp_children_of */
  size_t n;
  size_t n_alloc;
};

/* Begin the look C, through all of /proc if BY_STAT or if there is no other
   way.  mp_children_end ends it, also after a failure.
   Return 0, or an errno value (ENOMEM, EMFILE...).  */
int mp_children_begin (struct mp_children *c, bool by_stat);

/* Store in C->child and C->n the children of PID, which has THREADS threads,
   as of now or when C began: all that PID has if it has stopped, perhaps too
   few otherwise.  None is no error, nor that PID has vanished.
   Return 0, or an errno value as above.  */
int mp_children_of (struct mp_children *c, pid_t pid, long threads);

/* Free what C holds.  */
void mp_children_end (struct mp_children *c);

#endif
