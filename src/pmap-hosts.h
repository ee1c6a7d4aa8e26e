/* pmap: where tasks run, if not here.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_HOSTS_H
#define PMAP_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "remote.h"

struct pmap_options;

/* The hosts of a run.  */
struct pmap_hosts
{
  struct mp_remote_host *host;  /* N, at least 1 */
  size_t n;
  bool own_job;                 /* of a job that was made for the run */
  struct pmap_hosts_private *private;
};

/* Whether O wants tasks to run elsewhere.  */
bool pmap_hosts_wanted (struct pmap_options const *o);

/* Find where the tasks of O run, which wants that; with --slurm outside of a
   job, wait until there is one.  ARGV0 is what this program was started as.
   A failure is reported and ends the program.  Must be called before
   there is a guard, a thread or a signal that is blocked: the job ends when
   the calling process does, however that ends.  */
struct pmap_hosts *pmap_hosts_open (struct pmap_options const *o,
                                    char const *argv0);

/* Which of the hosts of H has NAME, which is that very pointer, as tasks have
   it.  */
size_t pmap_hosts_number (struct pmap_hosts const *h, char const *name);

/* Free H, or nothing if it is null.  In the process that opened it, which must
   outlive all that uses it, also end the job that was made for it, and wait
   until that is done.  */
void pmap_hosts_free (struct pmap_hosts *h);

#endif
