/* Collect the limits that a process's cgroup and its ancestors set.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "cglimit.h"

#include <errno.h>
#include <stdlib.h>

int
mp_cglimit_add (struct mp_limits *limits, struct mp_limit const *limit,
                struct mp_cgroup const *cg, char const *name)
{
  struct mp_limit l = *limit;
  int err = mp_cgroup_file (cg, name, &l.source);
  if (err)
    return err;
  err = mp_limits_add (limits, &l);
  free (l.source);
  return err;
}

/* Append that the file NAME, which ERROR keeps from being read, could not be,
   to LIMITS; nothing if ERROR is 0.  */
static int
add_unreadable (struct mp_limits *limits, enum mp_limit_kind kind,
                char *name, int error)
{
  struct mp_limit l = { .kind = kind, .state = MP_LIMIT_UNREADABLE,
                        .error = error, .source = name };
  return error ? mp_limits_add (limits, &l) : 0;
}

/* Append to LIMITS why CG was not found as it should be, and what of C could
   not be read.  */
static int
add_doubts (struct mp_cgroups *c, struct mp_cgroup const *cg,
            enum mp_limit_kind kind, struct mp_limits *limits)
{
  static enum mp_limit_state const states[] =
    {
      [MP_CGROUP_TOP_ONLY] = MP_LIMIT_HIDDEN,
      [MP_CGROUP_OUTSIDE] = MP_LIMIT_OUTSIDE,
      [MP_CGROUP_NOT_MOUNTED] = MP_LIMIT_NOT_MOUNTED,
      [MP_CGROUP_NONE] = MP_LIMIT_NO_CONTROLLER
    };
  int err = add_unreadable (limits, kind, c->membership_file,
                            c->membership_error);
  if (!err)
    err = add_unreadable (limits, kind, c->mounts.file, c->mounts.error);
  if (!err && cg->state != MP_CGROUP_FOUND)
    {
      struct mp_limit l = { .kind = kind, .state = states[cg->state] };
      l.source = (cg->state == MP_CGROUP_NONE
                  ? c->membership_file : c->mounts.file);
      err = mp_limits_add (limits, &l);
    }
  return err;
}

/* Append the limits of CG and its ancestors to LIMITS.  */
static int
add_levels (struct mp_cgroup *cg, struct mp_cglimit const *what,
            void const *arg, struct mp_limits *limits)
{
  char *own = NULL;
  int err = mp_cgroup_file (cg, what->file[cg->version], &own);
  if (err)
    return err;
  bool seen = false;
  do
    err = what->add (cg, limits, arg, &seen);
  while (!err && !(seen && what->nearest) && mp_cgroup_up (cg));
  if (!err && !seen)
    {
      /* The topmost one is there unless something else was mounted on it.  */
      struct mp_limit l = { .kind = what->kind, .source = own };
      l.state = (mp_cgroup_visible (cg)
                 ? MP_LIMIT_ABSENT : MP_LIMIT_NOT_MOUNTED);
      err = mp_limits_add (limits, &l);
    }
  free (own);
  return err;
}

int
mp_cglimit_collect (struct mp_cgroups *c, struct mp_cglimit const *what,
                    void const *arg, struct mp_limits *limits)
{
  struct mp_cgroup cg;
  int err = mp_cgroup_find (c, what->controller, &cg);
  if (err)
    return err;
  err = add_doubts (c, &cg, what->kind, limits);
  if (!err && cg.dir)
    err = add_levels (&cg, what, arg, limits);
  mp_cgroup_free (&cg);
  return err;
}
