/* The parts of sets of processes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TREESETPARTS_H
#define MP_TREESETPARTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "procid.h"
#include "record.h"
#include "treeset.h"

struct mp_target
{
  struct mp_procid id;
  unsigned long long start_time;        /* 0 if it has ended */
  pid_t supervisor;             /* 0 if there is none that runs */
  unsigned long long supervisor_start;
  bool forkserver;              /* the supervisor is one */
  bool seeded;                  /* it has been added to the tree */
  bool met;                     /* something of it was found */
};

struct mp_supervisor
{
  struct mp_procid id;
  bool forkserver;
};

/* In treeset.c.  */

/* Return whether M, a member of S or about to be one, is the process that ID
   identifies.  */
bool mp_treeset_is_same (struct mp_treeset *s, struct mp_member const *m,
                         struct mp_procid const *id);

/* Return whether M is a target of S.  */
bool mp_treeset_is_target (struct mp_treeset const *s,
                           struct mp_member const *m);

/* Return whether PID is an ancestor of the caller, or 1.  */
bool mp_treeset_is_ancestor (struct mp_treeset const *s, pid_t pid);

/* Note the supervisor ID.  Return 0 or ENOMEM.  */
int mp_treeset_note_supervisor (struct mp_treeset *s,
                                struct mp_procid const *id, bool forkserver);

/* Return whether the supervisor in REC is a forkserver.  */
bool mp_treeset_has_forkserver (struct mp_record const *rec);

/* Read the supervisors in the records of S, unless this look has.  */
void mp_treeset_know_supervisors (struct mp_treeset *s);

/* In treesetwiden.c.  */

/* Begin to remember the leaders of S.  Return 0 or ENOMEM.  */
int mp_treeset_know_leaders (struct mp_treeset *s);

/* Add the members that are no descendants of others to the tree of the set ARG.
   Return 0, EAGAIN to be called again, or another errno value.  */
int mp_treeset_widen (struct mp_tree *t, void *arg);

#endif
