/* What Slurm tells a job in its environment.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SLURM_H
#define MP_SLURM_H

#include <stddef.h>

/* Allocations of more nodes, and nodes of more CPUs, are refused (ERANGE): far
   above what there is, and a bound for what a damaged string can take.  */
enum { MP_SLURM_NODES_MAX = 1 << 20, MP_SLURM_CPUS_MAX = 1 << 20 };

/* Read S, such as "72(x2),36", into *CPUS, an array of *N numbers, at least 1
   each: how many CPUs the job has on each node, in the order of its nodes
   (sbatch(1), SLURM_JOB_CPUS_PER_NODE).  The caller frees *CPUS.
   Return 0, EINVAL if S is nothing of this form, ERANGE or ENOMEM; on failure
   nothing is stored.  */
int mp_slurm_parse_cpus (char const *s, unsigned int **cpus, size_t *n);

/* Names of variables by which srun(1) would be given options ("Input
   environment variables") that are not for the step that one of our agents is,
   and that no option on its command line could take back.  The last is null.
   */
extern char const *const mp_slurm_misleading[];

#endif
