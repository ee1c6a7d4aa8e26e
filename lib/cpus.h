/* How many CPUs a process may really use, and which limit decided it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CPUS_H
#define MP_CPUS_H

#include <stdint.h>
#include <sys/types.h>

#include "cpulist.h"
#include "limit.h"

/* Which CPUs to start from.  */
enum mp_cpus_base
{
  MP_CPUS_USABLE,               /* those the process may use */
  MP_CPUS_ONLINE,               /* all that are online; no other limit */
  MP_CPUS_INSTALLED             /* all that are there; no other limit */
};

/* What to count of them: those units that have at least one of the CPUs.  */
enum mp_cpus_unit
{
  MP_CPUS_CPU,
  MP_CPUS_CORE,
  MP_CPUS_SOCKET,
  MP_CPUS_NODE                  /* of memory, NUMA */
};

/* How to make a whole number of the result.  */
enum mp_cpus_round
{
  MP_CPUS_UP,
  MP_CPUS_DOWN,
  MP_CPUS_NEAREST,              /* a half goes up */
  MP_CPUS_EXACT                 /* not at all */
};

/* What is asked for.  All zero asks for the usable CPUs of the caller.  */
struct mp_cpus_request
{
  char const *root;             /* prefix of every file name; null: none */
  struct mp_cpulist const *affinity; /* instead of the kernel's answer, for
                                   tests; null: ask */
  pid_t pid;                    /* the process; 0: the caller */
  enum mp_cpus_base base;
  enum mp_cpus_unit unit;
  enum mp_cpus_round round;
  bool details;                 /* also look at what cannot decide */
  char const *omp_num_threads;  /* the value of OMP_NUM_THREADS, or null */
  char const *omp_thread_limit; /* likewise OMP_THREAD_LIMIT */
  double scale;                 /* percent; 0: no change */
  uintmax_t ignore;             /* CPUs to leave alone */
  uintmax_t mem_per_job;        /* bytes that each CPU's job needs; 0: any */
  uintmax_t max;                /* at most so many; 0: no maximum */
};

/* The answer; to be freed with mp_cpus_free.  */
struct mp_cpus
{
  struct mp_cpulist ids;        /* the CPUs, or the first of each unit */
  struct mp_limits limits;      /* in the order in which they count */
  double exact;                 /* the number before it was rounded */
  uintmax_t whole;              /* rounded (if EXACT: down); at least 1 */
};

/* The least exact result: the smallest quota that Linux takes, 1 ms a
   second (max_cfs_quota_period and min_cfs_quota_period in kernel/sched).  */
#define MP_CPUS_LEAST 0.001

/* Answer REQUEST in *CPUS.  The steps, in this order: the base and the unit,
   each cgroup quota, the share of a step or job of Slurm, OpenMP, scale,
   ignore, memory, max, round; the result is at least 1, or MP_CPUS_LEAST if
   exact.  What cannot be read does not limit and is noted in the limits.
   Return 0, ESRCH if the process does not exist, or ENOMEM.  */
int mp_cpus_count (struct mp_cpus_request const *request,
                   struct mp_cpus *cpus);
void mp_cpus_free (struct mp_cpus *cpus);

/* Room for what mp_cpus_format writes.  */
enum { MP_CPUS_FORMAT_SIZE = 32 };

/* Write X >= 0 to BUF, of MP_CPUS_FORMAT_SIZE bytes, with at most three
   decimals and no trailing zeros: "3", "2.5".  The point is '.' in every
   locale; what is above 10^15 is written as that.  Return BUF.  */
char *mp_cpus_format (double x, char *buf);

/* Store in *N how many CPUs the caller may use, rounded up, at least 1: what
   ncpu prints.  Return 0; or ENOMEM, and then *N is 1.  */
int mp_cpus_usable (unsigned long *n);

#endif
