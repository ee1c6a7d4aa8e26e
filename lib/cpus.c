/* How many CPUs a process may really use, and which limit decided it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "cpus.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "cgroup.h"
#include "memory.h"
#include "minmax.h"
#include "nproc.h"
#include "quota.h"
#include "slurmcpus.h"
#include "topology.h"

/* Append the set *SET of CPUs, got from SOURCE with result ERROR, to LIMITS
   as of KIND.  If it could not be got or is empty, *SET becomes empty.  */
static int
add_set (struct mp_limits *limits, enum mp_limit_kind kind,
         char const *source, int error, struct mp_cpulist *set)
{
  struct mp_limit l = { .kind = kind, .error = error,
                        .source = (char *) source };
  l.cpus = error ? 0 : mp_cpulist_count (set);
  l.state = (l.cpus > 0 ? MP_LIMIT_SET
             : error && error != EINVAL ? MP_LIMIT_UNREADABLE
             : MP_LIMIT_INVALID);
  int err = 0;
  if (l.state == MP_LIMIT_SET)
    err = mp_cpulist_format (set, &l.text);
  if (!err)
    err = mp_limits_add (limits, &l);
  free (l.text);
  return err;
}

/* Read the set of CPUs that ROOT/sys/devices/system/cpu/NAME has, append it
   to LIMITS as of KIND, and store it in *SET if it could be read.  */
static int
add_sys_set (struct mp_limits *limits, enum mp_limit_kind kind,
             char const *root, char const *name, struct mp_cpulist *set)
{
  char *file;
  if (asprintf (&file, "%s/sys/devices/system/cpu/%s", root, name) < 0)
    return ENOMEM;
  struct mp_cpulist new = { .words = NULL };
  int error = mp_cpulist_read (file, &new);
  int err = add_set (limits, kind, file, error, &new);
  free (file);
  if (!error && !err && mp_cpulist_count (&new))
    {
      mp_cpulist_free (set);
      *set = new;
    }
  else
    mp_cpulist_free (&new);
  return err;
}

/* Get the affinity that REQUEST is about into *SET and append it to LIMITS.
   Return 0, ESRCH or ENOMEM.  */
static int
add_affinity (struct mp_limits *limits, struct mp_cpus_request const *request,
              struct mp_cpulist *set)
{
  int error = (request->affinity
               ? mp_cpulist_copy (set, request->affinity)
               : mp_cpulist_affinity (request->pid, set));
  if (error == ESRCH || error == ENOMEM)
    return error;
  return add_set (limits, MP_LIMIT_AFFINITY, "sched_getaffinity", error, set);
}

/* Return ESRCH if there is no process PID, else 0.  */
static int
check_process (pid_t pid)
{
  return pid && kill (pid, 0) < 0 && errno == ESRCH ? ESRCH : 0;
}

/* Where neither the kernel nor its files said which CPUs there are, ask the C
   library how many.  */
static int
add_system (struct mp_cpus *cpus, enum mp_cpus_base base)
{
  unsigned long n = num_processors (base == MP_CPUS_INSTALLED
                                    ? NPROC_ALL : NPROC_CURRENT);
  struct mp_limit l = { .kind = MP_LIMIT_SYSTEM, .state = MP_LIMIT_SET,
                        .cpus = n, .source = (char *) "sysconf" };
  int err = mp_limits_add (&cpus->limits, &l);
  if (!err)
    err = mp_cpulist_add (&cpus->ids, 0, MIN (n, MP_CPULIST_LIMIT) - 1);
  return err;
}

/* Find the CPUs that REQUEST starts from.  */
static int
find_base (struct mp_cpus_request const *request, char const *root,
           struct mp_cpus *cpus)
{
  /* The numbers of CPUs online and in the affinity are compared, not the
     sets: a container may be shown an invented "online" (lxcfs).  */
  struct mp_cpulist online = { .words = NULL };
  int err = 0;
  if (request->base == MP_CPUS_INSTALLED)
    err = add_sys_set (&cpus->limits, MP_LIMIT_INSTALLED, root, "present",
                       &cpus->ids);
  else if (request->base == MP_CPUS_USABLE)
    err = add_affinity (&cpus->limits, request, &cpus->ids);
  if (!err && (request->base != MP_CPUS_INSTALLED
                || !mp_cpulist_count (&cpus->ids)))
    err = add_sys_set (&cpus->limits, MP_LIMIT_ONLINE, root, "online",
                       &online);
  if (!err && !mp_cpulist_count (&cpus->ids))
    {
      mp_cpulist_free (&cpus->ids);
      cpus->ids = online;
      online = (struct mp_cpulist) { .words = NULL };
    }
  mp_cpulist_free (&online);
  if (!err && !mp_cpulist_count (&cpus->ids))
    err = add_system (cpus, request->base);
  return err;
}

/* Round X in the way HOW; at least 1.  */
static uintmax_t
round_cpus (double x, enum mp_cpus_round how)
{
  /* In billionths, which hold every quota, so that 2.9999999999 that is 3
     but for a division is no surprise.  */
  uintmax_t const one = 1000000000;
  if (x >= (double) (UINTMAX_MAX / one - 1))
    return UINTMAX_MAX / one - 1;
  uintmax_t n = x * one + 0.5;
  switch (how)
    {
    case MP_CPUS_UP:
      n += one - 1;
      break;
    case MP_CPUS_NEAREST:
      n += one / 2;
      break;
    case MP_CPUS_DOWN:
    case MP_CPUS_EXACT:
      break;
    }
  return MAX (n / one, 1);
}

/* Reduce the CPUs of the base to the units that REQUEST asks for.  */
static int
find_units (struct mp_cpus_request const *request, char const *root,
            struct mp_cpus *cpus)
{
  static enum mp_limit_kind const kinds[] =
    {
      [MP_CPUS_CORE] = MP_LIMIT_CORES,
      [MP_CPUS_SOCKET] = MP_LIMIT_SOCKETS,
      [MP_CPUS_NODE] = MP_LIMIT_NODES
    };
  if (request->unit == MP_CPUS_CPU)
    return 0;
  return mp_topology_reduce (root, kinds[request->unit], &cpus->ids,
                             &cpus->limits);
}

/* Apply OpenMP's variable KIND, named NAME, with the VALUE that REQUEST has,
   null if none: a list of positive numbers, whose first counts.  Another
   value is noted and does not count, as in OpenMP.  */
static int
add_omp (struct mp_cpus *cpus, enum mp_limit_kind kind, char const *name,
         char const *value)
{
  if (!value)
    return 0;
  struct mp_limit l = { .kind = kind, .state = MP_LIMIT_INVALID,
                        .source = (char *) name, .text = (char *) value };
  char const *s = value + strspn (value, " \t\n\v\f\r");
  char *end;
  l.cpus = c_isdigit (*s) ? strtoumax (s, &end, 10) : 0;
  if (l.cpus > 0)
    {
      end += strspn (end, " \t\n\v\f\r");
      if (!*end || *end == ',')
        l.state = MP_LIMIT_SET;
    }
  /* The number asked for takes the place of what the system offers, be it
     more; the limit only lowers.  */
  if (l.state == MP_LIMIT_SET && kind == MP_LIMIT_OMP_NUM_THREADS)
    cpus->exact = HUGE_VAL;
  size_t from = cpus->limits.n;
  int err = mp_limits_add (&cpus->limits, &l);
  mp_limits_apply (&cpus->limits, from, &cpus->exact);
  return err;
}

char *
mp_cpus_format (double x, char *buf)
{
  /* More would not be exact in a double anyway.  */
  double const most = 1e15;
  uintmax_t n = MIN (x, most) * 1000 + 0.5;
  int len = snprintf (buf, MP_CPUS_FORMAT_SIZE, "%" PRIuMAX ".%03" PRIuMAX,
                      n / 1000, n % 1000);
  while (buf[len - 1] == '0')
    len--;
  if (buf[len - 1] == '.')
    len--;
  buf[len] = '\0';
  return buf;
}

/* Make the result X, but not negative, and append that as of KIND, because of
   the option SOURCE with the value TEXT, to the limits.  */
static int
change (struct mp_cpus *cpus, enum mp_limit_kind kind, char const *source,
        char *text, double x)
{
  cpus->exact = MAX (x, 0);
  struct mp_limit l = { .kind = kind, .state = MP_LIMIT_SET,
                        .cpus = cpus->exact, .source = (char *) source,
                        .text = text };
  return mp_limits_add (&cpus->limits, &l);
}

/* Change the result as REQUEST asks.  */
static int
change_result (struct mp_cpus_request const *request, struct mp_cpus *cpus)
{
  char buf[MP_CPUS_FORMAT_SIZE + 1];
  int err = 0;
  if (request->scale > 0)
    err = change (cpus, MP_LIMIT_SCALE, "--scale",
                  strcat (mp_cpus_format (request->scale, buf), "%"),
                  cpus->exact * request->scale / 100);
  if (!err && request->ignore)
    {
      snprintf (buf, sizeof buf, "%" PRIuMAX, request->ignore);
      err = change (cpus, MP_LIMIT_IGNORE, "--ignore", buf,
                    cpus->exact - request->ignore);
    }
  return err;
}

/* Lower the result to the maximum that REQUEST has.  */
static int
apply_max (struct mp_cpus_request const *request, struct mp_cpus *cpus)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  struct mp_limit l = { .kind = MP_LIMIT_MAX, .state = MP_LIMIT_SET,
                        .cpus = request->max, .source = (char *) "--max",
                        .text = buf };
  if (!request->max)
    return 0;
  snprintf (buf, sizeof buf, "%" PRIuMAX, request->max);
  size_t from = cpus->limits.n;
  int err = mp_limits_add (&cpus->limits, &l);
  mp_limits_apply (&cpus->limits, from, &cpus->exact);
  return err;
}

/* Do the steps of mp_cpus_count up to OpenMP.  C is about the cgroups of the
   process.  */
static int
find_limits (struct mp_cpus_request const *request, struct mp_cgroups *c,
             struct mp_cpus *cpus)
{
  int err = find_base (request, c->root, cpus);
  if (!err)
    err = find_units (request, c->root, cpus);
  if (!err && request->base == MP_CPUS_USABLE)
    {
      if (request->details)
        err = mp_quota_cpuset (c, &cpus->limits);
      if (!err)
        err = mp_quota_limits (c, &cpus->limits);
      if (!err)
        err = mp_slurmcpus_limits (request->pid, &cpus->limits);
    }
  mp_limits_apply (&cpus->limits, 0, &cpus->exact);
  if (!err)
    err = add_omp (cpus, MP_LIMIT_OMP_NUM_THREADS, "OMP_NUM_THREADS",
                   request->omp_num_threads);
  if (!err)
    err = add_omp (cpus, MP_LIMIT_OMP_THREAD_LIMIT, "OMP_THREAD_LIMIT",
                   request->omp_thread_limit);
  return err;
}

/* Lower the result to the jobs that fit in memory.  */
static int
apply_memory (struct mp_cpus_request const *request,
              struct mp_cgroups *c, struct mp_cpus *cpus)
{
  if (!request->mem_per_job)
    return 0;
  size_t from = cpus->limits.n;
  int err = mp_memory_limits (c, request->mem_per_job, &cpus->limits);
  mp_limits_apply (&cpus->limits, from, &cpus->exact);
  return err;
}

int
mp_cpus_count (struct mp_cpus_request const *request, struct mp_cpus *cpus)
{
  *cpus = (struct mp_cpus) { .exact = HUGE_VAL };
  struct mp_cgroups cgroups = { .root = request->root ? request->root : "" };
  int err = check_process (request->pid);
  /* The cgroups limit only what the process may use.  */
  if (!err && (request->base == MP_CPUS_USABLE || request->mem_per_job))
    err = mp_cgroups_read (cgroups.root, request->pid, &cgroups);
  if (err)
    return err;
  err = find_limits (request, &cgroups, cpus);
  if (!err)
    err = change_result (request, cpus);
  if (!err)
    err = apply_memory (request, &cgroups, cpus);
  if (!err)
    err = apply_max (request, cpus);
  mp_cgroups_free (&cgroups);
  if (err)
    {
      mp_cpus_free (cpus);
      return err;
    }
  if (request->round == MP_CPUS_EXACT)
    cpus->exact = MAX (cpus->exact, MP_CPUS_LEAST);
  cpus->whole = round_cpus (cpus->exact, request->round);
  return 0;
}

void
mp_cpus_free (struct mp_cpus *cpus)
{
  mp_cpulist_free (&cpus->ids);
  mp_limits_free (&cpus->limits);
}

int
mp_cpus_usable (unsigned long *n)
{
  static struct mp_cpus_request const usable = { .root = NULL };
  struct mp_cpus cpus;
  *n = 1;
  int err = mp_cpus_count (&usable, &cpus);
  if (err)
    return err;
  *n = MIN (cpus.whole, ULONG_MAX);
  mp_cpus_free (&cpus);
  return 0;
}
