/* pmap: the workers of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_WORKERS_H
#define PMAP_WORKERS_H

#include "binding.h"

#include "filters.h"
#include "local.h"
#include "pmap.h"
#include "pmap-signals.h"
#include "shells.h"

/* An executor, and what it was told.  */
struct pmap_workers
{
  struct mp_executor *executor;
  struct mp_binding binding;

  /* Private, but for what filters report, which the owner sets before.  */
  struct pmap_options const *o;
  struct mp_local_options local;
  struct mp_shells_options shells;
  struct mp_filters_options filters;
  char **argv;
};

/* Make W, all zero but for what filters report, the workers that run COMMAND,
   whose program is FILE unless that is null, as O says, with the signals as S
   tells.  All of that and FEED outlive W.  Return 0 or an errno value.  */
int pmap_workers_new (struct pmap_workers *w, struct pmap_options const *o,
                      struct pmap_feed *feed,
                      struct mp_template const *command, char const *file,
                      struct pmap_signals const *s);

/* Let POOL start with fewer tasks at a time than asked for where the user may
   not have so many processes: tasks need some for themselves.  */
void pmap_respect_process_limit (struct mp_pool *pool);

void pmap_workers_free (struct pmap_workers *w);

#endif
