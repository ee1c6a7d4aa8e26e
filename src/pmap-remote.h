/* pmap: tasks on other hosts.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_REMOTE_H
#define PMAP_REMOTE_H

#include "pmap.h"
#include "pmap-signals.h"
#include "remote.h"

struct pmap_hosts;

/* The hosts that a run uses, and what agents there are told.  */
struct pmap_remote
{
  struct mp_executor *executor;

  /* Private.  */
  char **args;
  char *cwd;
  struct mp_remote_options options;
  struct pmap_options const *o;
  struct pmap_messages const *messages;
  struct mp_filters_options const *filters;
};

/* Make R run tasks on HOSTS as O says, with the signals as S tells.  What
   happens to hosts goes to MESSAGES, and what filters do, to where FILTERS
   tells.  All of that outlives R.  Return 0 or an errno value.  */
int pmap_remote_new (struct pmap_remote *r, struct pmap_options const *o,
                     struct pmap_hosts const *hosts,
                     struct pmap_messages const *messages,
                     struct mp_filters_options const *filters,
                     struct pmap_signals const *s);

/* Let POOL be as it has to be for tasks elsewhere.  */
void pmap_remote_adapt (struct mp_pool *pool);

void pmap_remote_free (struct pmap_remote *r);

#endif
