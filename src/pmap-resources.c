/* pmap: what CPUs tasks have.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-resources.h"

#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "intprops.h"
#include "minmax.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "pmap.h"

/* What says how many threads to start, in libraries and run times that start
   one for each CPU by themselves.  */
static char const omp[] = "OMP_NUM_THREADS";
static char const *const thread_variables[] = {
  omp, "GOMAXPROCS", "RAYON_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"
};

/* And those that take OpenMP's variable if they do not have their own: if that
   was set, it is meant for them, too.  */
static char const *const omp_variables[] = {
  "BLIS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
  "OPENBLAS_NUM_THREADS"
};

/* Set the N variables NAMES to VALUE unless they are set.  */
static void
set_variables (char const *const *names, size_t n, char const *value)
{
  for (size_t i = 0; i < n; i++)
    if (setenv (names[i], value, 0) != 0)
      xalloc_die ();
}

void
pmap_resources_export (struct pmap_options const *o)
{
  char value[INT_BUFSIZE_BOUND (size_t)];
  bool omp_set = getenv (omp) != NULL;
  if (!o->cpus_per_task)
    return;
  sprintf (value, "%zu", o->cpus_per_task);
  set_variables (thread_variables,
                 sizeof thread_variables / sizeof *thread_variables, value);
  if (!omp_set)
    set_variables (omp_variables,
                   sizeof omp_variables / sizeof *omp_variables, value);
}

void
pmap_resources_bind (struct pmap_options const *o, struct mp_binding *b)
{
  int err = mp_binding_own (b, MAX (o->cpus_per_task, 1));
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot bind tasks to CPUs"));
}

/* Who looks whether CPUs are shared.  */
struct sharing
{
  struct pmap_info const *info;
  struct mp_binding const *binding;
  bool told;
};

static void
sharing_started (void *self, struct mp_task const *task)
{
  struct sharing *s = self;
  if (s->told || task->slot <= s->binding->n)
    return;
  s->told = true;
  pmap_say (s->info->messages, 0,
            ngettext ("warning: tasks share CPUs: they are enough for %zu"
                      " at a time",
                      "warning: tasks share CPUs: they are enough for %zu"
                      " at a time", s->binding->n), s->binding->n);
}

static bool
sharing_close (void *self)
{
  free (self);
  return true;
}

struct pmap_observer
pmap_resources_observer (struct pmap_info const *info,
                         struct mp_binding const *b)
{
  struct sharing *s = xmalloc (sizeof *s);
  *s = (struct sharing) { .info = info, .binding = b };
  return (struct pmap_observer) { .self = s, .started = sharing_started,
                                  .close = sharing_close };
}
