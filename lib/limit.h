/* The limits found on the way to a number of CPUs, and where each is from.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LIMIT_H
#define MP_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

/* What limits.  */
enum mp_limit_kind
{
  MP_LIMIT_AFFINITY,            /* the CPUs the scheduler may choose */
  MP_LIMIT_CPUSET,              /* the cgroup's; the affinity heeds it */
  MP_LIMIT_ONLINE,              /* the CPUs that are online */
  MP_LIMIT_INSTALLED,           /* the CPUs that are there, online or not */
  MP_LIMIT_SYSTEM,              /* what the C library says, failing these */
  MP_LIMIT_CORES,               /* units made of these CPUs */
  MP_LIMIT_SOCKETS,
  MP_LIMIT_NODES,
  MP_LIMIT_QUOTA,               /* a cgroup's CPU time a period */
  MP_LIMIT_SLURM_TASK,          /* Slurm's variables: CPUs of a task */
  MP_LIMIT_SLURM_NODE,          /* and of a step or job on this node */
  MP_LIMIT_OMP_NUM_THREADS,     /* OpenMP's variables */
  MP_LIMIT_OMP_THREAD_LIMIT,
  MP_LIMIT_SCALE,               /* asked for; these two only change what */
  MP_LIMIT_IGNORE,              /* the limits above gave */
  MP_LIMIT_MEMORY,              /* the jobs that fit in memory */
  MP_LIMIT_MAX                  /* asked for */
};

/* What became of it.  */
enum mp_limit_state
{
  MP_LIMIT_SET,                 /* it allows so many CPUs */
  MP_LIMIT_UNLIMITED,           /* it says that there is no limit */
  MP_LIMIT_ABSENT,              /* its file does not exist, so no limit */
  MP_LIMIT_UNREADABLE,          /* for a reason: an errno value */
  MP_LIMIT_INVALID,             /* the text is not understood */
  MP_LIMIT_NO_CONTROLLER,       /* no cgroup hierarchy has this controller */
  MP_LIMIT_NOT_MOUNTED,         /* it has one, but not mounted here */
  MP_LIMIT_OUTSIDE,             /* the cgroup is not below what is mounted */
  MP_LIMIT_HIDDEN               /* only the topmost cgroup is known */
};

struct mp_limit
{
  enum mp_limit_kind kind;
  enum mp_limit_state state;
  bool won;                     /* this one decided */
  int error;                    /* if UNREADABLE */
  double cpus;                  /* if SET */
  char *source;                 /* file, function or variable; or null */
  char *text;                   /* what that says; or null */
};

/* A list of limits in the order in which they count.  All zero is the empty
   list; it goes with mp_limits_free.  */
struct mp_limits
{
  struct mp_limit *list;
  size_t n;
};

/* Append a copy of LIMIT, its strings included, to LIMITS.
   Return 0 or ENOMEM.  */
int mp_limits_add (struct mp_limits *limits, struct mp_limit const *limit);

/* Let the lowest of the limits that are set, from number FROM on, that is
   below *CPUS win and be the new *CPUS; the earlier wins among equals.  The
   win of any other limit ends with that.  */
void mp_limits_apply (struct mp_limits *limits, size_t from, double *cpus);

/* Free what LIMITS holds and make it empty.  */
void mp_limits_free (struct mp_limits *limits);

#endif
