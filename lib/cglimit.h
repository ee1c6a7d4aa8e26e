/* Collect the limits that a process's cgroup and its ancestors set.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CGLIMIT_H
#define MP_CGLIMIT_H

#include "cgroup.h"
#include "limit.h"

/* A kind of limit, and how to get it from the cgroup CG alone.  */
struct mp_cglimit
{
  enum mp_limit_kind kind;
  char const *controller;
  bool nearest;                 /* stop at the first cgroup that has one */

  /* The file with the limit, by version.  */
  char const *file[3];

  /* Append the limits of CG, if it has any, to LIMITS and set *SEEN if so.
     ARG is that of mp_cglimit_collect.  Return 0 or ENOMEM.  */
  int (*add) (struct mp_cgroup *cg, struct mp_limits *limits, void const *arg,
              bool *seen);
};

/* Append the limits described by WHAT of the process that C is about to
   LIMITS: its own cgroup's first, then each ancestor's that can be seen.  A
   cgroup may have none: it is the root, its controller is off, or it was
   removed; its ancestors' limits count all the same.  What keeps a limit from
   being known is appended too.  ARG is passed on.  Return 0 or ENOMEM.  */
int mp_cglimit_collect (struct mp_cgroups *c,
                        struct mp_cglimit const *what, void const *arg,
                        struct mp_limits *limits);

/* Append LIMIT, whose source is CG's file NAME, to LIMITS.
   Return 0 or ENOMEM.  */
int mp_cglimit_add (struct mp_limits *limits, struct mp_limit const *limit,
                    struct mp_cgroup const *cg, char const *name);

#endif
