/* pmap: jobs of Slurm.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_SLURM_H
#define PMAP_SLURM_H

#include "stdnoreturn.h"

struct mp_hostlist;
struct mp_words;
struct pmap_options;

/* A job that was made for a run.  Opaque to its users.  */
struct pmap_slurm_job;

/* Append the nodes of the job that this process is in to L, with how many CPUs
   the job has there.  Outside of a job, make one as O says, wait for it and
   be in it then; PROGRAM is the path of this program.  Make SRUN, which is
   empty, what starts a command on one node with all that the job has there, if
   --nodelist with its name is appended.  Afterwards the environment is as
   srun(1) should see it.  Return the job that was made, or null.  A failure is
   reported and ends the program.  */
struct pmap_slurm_job *pmap_slurm_open (struct pmap_options const *o,
                                        char const *program,
                                        struct mp_hostlist *l,
                                        struct mp_words *srun);

/* Free JOB, or nothing if it is null.  In the process that made it, end it and
   wait until it has ended.  */
void pmap_slurm_close (struct pmap_slurm_job *job);

/* Be the command that a job was made for: tell of it, and keep it until whoever
   reads that ends.  */
noreturn void pmap_slurm_hold (void);

#endif
