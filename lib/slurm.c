/* What Slurm tells a job in its environment.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "slurm.h"

#include <errno.h>
#include <stdlib.h>

#include "c-ctype.h"

/* Most of them are what the allocation was asked for, and stay in the
   environment of its commands: GPUs of the whole job are more than a node
   has, and with --overcommit a step gets one CPU.  */
char const *const mp_slurm_misleading[] = {
  "SLURM_CPUS_PER_GPU",
  "SLURM_CPUS_PER_TASK",
  "SLURM_CPU_BIND",             /* a remark where nothing is bound */
  "SLURM_DEBUG",                /* srun would explain itself each time */
  "SLURM_DISTRIBUTION",
  "SLURM_EXACT",                /* one CPU is all that a task asks for */
  "SLURM_EXCLUSIVE",            /* an error together with --overlap */
  "SLURM_GPUS",
  "SLURM_GPUS_PER_NODE",
  "SLURM_GPUS_PER_SOCKET",
  "SLURM_GPUS_PER_TASK",
  "SLURM_GPU_BIND",
  "SLURM_GRES",
  "SLURM_HINT",
  "SLURM_HOSTFILE",
  "SLURM_LABELIO",              /* would put "0: " before each line */
  "SLURM_NTASKS_PER_CORE",
  "SLURM_NTASKS_PER_GPU",
  "SLURM_NTASKS_PER_NODE",
  "SLURM_NTASKS_PER_SOCKET",
  "SLURM_OVERCOMMIT",
  "SLURM_REMOTE_CWD",           /* tasks run where pmap does */
  "SLURM_SPREAD_JOB",
  "SLURM_STEP_GRES",
  "SLURM_THREADS_PER_CORE",
  "SLURM_USE_MIN_NODES",
  "SLURM_WORKING_DIR",
  "SRUN_CPUS_PER_TASK",
  NULL
};

/* Read a number from 1 to MAX at *S into *N, and step *S past it.  Return 0,
   EINVAL or ERANGE.  */
static int
parse_number (char const **s, unsigned int max, unsigned int *n)
{
  unsigned int value = 0;
  if (!c_isdigit (**s))
    return EINVAL;
  for (; c_isdigit (**s); ++*s)
    {
      value = value * 10 + (**s - '0');
      if (max < value)
        return ERANGE;
    }
  *n = value;
  return value ? 0 : EINVAL;
}

/* Read "36" or "72(x2)" at *S: a number of CPUs, into *CPUS, and of how many
   nodes, into *NODES.  Step *S past it.  Return 0, EINVAL or ERANGE.  */
static int
parse_group (char const **s, unsigned int *cpus, unsigned int *nodes)
{
  int err = parse_number (s, MP_SLURM_CPUS_MAX, cpus);
  *nodes = 1;
  if (err || **s != '(')
    return err;
  if ((*s)[1] != 'x')
    return EINVAL;
  *s += 2;
  err = parse_number (s, MP_SLURM_NODES_MAX, nodes);
  if (err)
    return err;
  return *(*s)++ == ')' ? 0 : EINVAL;
}

/* Read S; store how many nodes it tells of in *N, and their CPUs in CPUS
   unless that is null.  Return 0, EINVAL or ERANGE.  */
static int
parse_groups (char const *s, unsigned int *cpus, size_t *n)
{
  *n = 0;
  for (;; s++)
    {
      unsigned int count, nodes;
      int err = parse_group (&s, &count, &nodes);
      if (err)
        return err;
      if (MP_SLURM_NODES_MAX - *n < nodes)
        return ERANGE;
      for (unsigned int i = 0; cpus && i < nodes; i++)
        cpus[*n + i] = count;
      *n += nodes;
      if (*s != ',')
        return *s ? EINVAL : 0;
    }
}

int
mp_slurm_parse_cpus (char const *s, unsigned int **cpus, size_t *n)
{
  size_t count;
  int err = parse_groups (s, NULL, &count);
  if (err)
    return err;
  unsigned int *result = malloc (count * sizeof *result);
  if (!result)
    return ENOMEM;
  parse_groups (s, result, &count);
  *cpus = result;
  *n = count;
  return 0;
}
