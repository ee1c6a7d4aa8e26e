/* What Slurm gives a process of a job to use.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SLURMCPUS_H
#define MP_SLURMCPUS_H

#include <sys/types.h>

#include "limit.h"

/* Append what Slurm says of the CPUs of the process PID, 0 for the caller, to
   LIMITS, by the variables in its environment: SLURM_CPUS_PER_TASK if it
   is of a task of a step and that is set, then SLURM_CPUS_ON_NODE.  A value
   that is no positive number is there as one that is not understood.

   These count on a node of a job only, in a step or a batch script, where
   SLURMD_NODENAME is set ("OUTPUT ENVIRONMENT VARIABLES" in srun(1) and
   sbatch(1)).  Under salloc they are about a job whose CPUs are elsewhere, and
   nothing is appended.  Slurm need not bind tasks to their CPUs
   (TaskPlugin=task/none), nor cgroups limit them: then it is only here that a
   process learns of its share.

   The environment of another process is that of its last exec; if it cannot
   be read, that is noted.  Return 0 or ENOMEM.  */
int mp_slurmcpus_limits (pid_t pid, struct mp_limits *limits);

#endif
