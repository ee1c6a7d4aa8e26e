/* Several processes and all that they have started, as one set.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TREESET_H
#define MP_TREESET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "handle.h"
#include "monotime.h"
#include "proctree.h"
#include "records.h"

/* Flags of mp_treeset_begin, besides those of struct mp_tree but
   MP_TREE_ROOT.  */
enum
{
  MP_TREESET_DESCENDANTS = 256, /* the targets themselves are spared */
  MP_TREESET_STRICT = 512       /* do not widen */
};

/* Why a process was refused as a target.  */
enum mp_refusal
{
  MP_REFUSED_NOT,
  MP_REFUSED_SELF,              /* it is the caller, */
  MP_REFUSED_ANCESTOR,          /* or an ancestor of the caller */
  MP_REFUSED_INIT,              /* it is PID 1 */
  MP_REFUSED_KERNEL,            /* it is a thread of the kernel */
  MP_REFUSED_THREAD,            /* it is a thread of another process */
  MP_REFUSED_SUPERVISOR,        /* it is the supervisor of a started process */
  MP_REFUSED_OWNER              /* it is another user's, and we may not signal
                                   it */
};

/* What a member is in the set.  */
enum mp_standing
{
  MP_STANDING_TAKEN,            /* it is to be signalled */
  MP_STANDING_ENDED,            /* it is a zombie */
  MP_STANDING_TARGET,           /* spared: a target, and only the descendants
                                   are wanted; */
  MP_STANDING_SUPERVISOR,       /* the supervisor of a started process; */
  MP_STANDING_SELF,             /* the caller; */
  MP_STANDING_ANCESTOR,         /* an ancestor of the caller, or PID 1 */
};

/* A set.  Its members are

   - the targets, and all descendants of members;
   - of a target that was started with a record: all descendants of its
     supervisor, which has adopted the orphans.  A forkserver supervises many
     processes: of the children of all that the records name, those which are
     in a session or a process group whose leader is a member, or was one, or
     which have in their environment a target's or member's handle: as
     MPUTILS_HANDLE, or among MPUTILS_ANCESTORS;
   - unless MP_TREESET_STRICT: any other processes for which that holds.

   Never signalled are the caller, its ancestors, PID 1, and the supervisors
   that the user's records name.  */
struct mp_treeset
{
  /* The members.  */
  struct mp_tree tree;

  /* If not null, to be set after mp_treeset_begin: asked once about each
     process found, with LEAVE_ARG, whether to leave it and its descendants
     alone.  */
  bool (*leave) (struct mp_member const *, void *arg);
  void *leave_arg;

  /* Private.  */
  unsigned int flags;
  pid_t self;
  struct mp_records *records;
  struct mp_target *target;
  size_t n_targets;
  pid_t *ancestor;
  size_t n_ancestors;
  struct mp_supervisor *supervisor;
  size_t n_supervisors;
  size_t n_own;                 /* of them, those of the targets */
  bool supervisors_known;       /* in this look */
  struct hash_table *leaders;
};

/* Begin the set S with FLAGS and the user's records R, null if there are none;
   they must outlive it.  mp_treeset_end ends it, also after a failure.
   Return 0; ENOSYS if there is no /proc that tells (see mp_procstat_usable);
   or another errno value.  */
int mp_treeset_begin (struct mp_treeset *s, unsigned int flags,
                      struct mp_records *r);

/* Make the process that H names a target.  One that has ended is a target for
   what it has left.  If it is refused, store why in *WHY.
   Return 0; EPERM if it is refused; ESRCH if there is no such process (any
   more); or another errno value.  */
int mp_treeset_add (struct mp_treeset *s, struct mp_handle const *h,
                    enum mp_refusal *why);

/* Find the members while they live on: some may be missed.  Return 0 or an
   errno value.  */
int mp_treeset_scan (struct mp_treeset *s);

/* Stop and find all members, or after the first time, those that have come
   since, as mp_tree_freeze does; it returns the same.  The caller must not be
   interrupted before mp_tree_deliver on S->tree.  */
int mp_treeset_freeze (struct mp_treeset *s);

/* Freeze the members (only find them if SIG is 0), send them SIG and let them
   go on, with all signals blocked meanwhile.  Return as mp_treeset_freeze does;
   those that were found have been signalled in any case.  */
int mp_treeset_strike (struct mp_treeset *s, int sig);

/* Strike the members with SIGKILL again and again until none is left, for some
   seconds.  Return 0; ETIMEDOUT if some do not end; or another errno value.  */
int mp_treeset_kill (struct mp_treeset *s);

/* Whether the target of S that was the I-th to be added, from 0 on, was there
   when it was looked for, or if it had ended, anything that it has left.  */
bool mp_treeset_met (struct mp_treeset const *s, size_t i);

/* What M, a member of S, is in it.  */
enum mp_standing mp_treeset_standing (struct mp_treeset const *s,
                                      struct mp_member const *m);

/* Wait until all members have ended that are not spared and did not refuse the
   last signal, but not longer than DEADLINE, by mp_now.
   Return 0, ETIMEDOUT, or another errno value.  */
int mp_treeset_wait (struct mp_treeset *s, mp_time deadline);

/* Free what S holds.  */
void mp_treeset_end (struct mp_treeset *s);

#endif
