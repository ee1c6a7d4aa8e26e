/* pmap: the workers of a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-workers.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xalloc.h"

#include "pmap-resources.h"
#include "procroom.h"

int
pmap_workers_new (struct pmap_workers *w, struct pmap_options const *o,
                  struct pmap_feed *feed, struct mp_template const *command,
                  char const *file, struct pmap_signals const *s)
{
  w->argv = xnmalloc (o->n_command + 1, sizeof *w->argv);
  memcpy (w->argv, o->command, o->n_command * sizeof *w->argv);
  w->argv[o->n_command] = NULL;
  w->o = o;
  if (o->bind)
    pmap_resources_bind (o, &w->binding);
  if (o->script)
    {
      w->shells = (struct mp_shells_options) {
        .shell = o->shell,
        .file = file,
        .script = o->script,
        .initializer = o->initializer,
        .columns = o->columns,
        .isolate = o->isolate,
        .chunk = o->warm_chunk,
        .max_tasks = o->max_tasks,
        .binding = &w->binding,
        .portable = access ("/dev/fd/0", F_OK) != 0,
        .mask = &s->before,
        .defaults = &s->defaults
      };
      return mp_shells_new (&w->shells, &w->executor);
    }
  if (o->filter)
    {
      w->filters.file = file;
      w->filters.argv = w->argv;
      w->filters.initializer = o->initializer;
      w->filters.shell = o->init_shell;
      w->filters.end = o->line_end;
      w->filters.chunk = o->warm_chunk;
      w->filters.max_lines = o->max_tasks;
      w->filters.tag = o->tag && !o->tag_string;
      w->filters.processes = o->processes;
      w->filters.binding = &w->binding;
      w->filters.mask = &s->before;
      w->filters.defaults = &s->defaults;
      return mp_filters_new (&w->filters, &w->executor);
    }
  w->local = (struct mp_local_options) {
    .command = command,
    .file = file,
    .ungrouped = o->ungrouped,
    .initializer = o->initializer,
    .shell = o->init_shell,
    .more = o->round_robin ? pmap_feed_more : NULL,
    .more_fd = pmap_feed_more_fd,
    .arg = feed,
    .binding = &w->binding,
    .mask = &s->before,
    .defaults = &s->defaults
  };
  return mp_local_new (&w->local, &w->executor);
}

void
pmap_respect_process_limit (struct mp_pool *pool)
{
  unsigned long int need = pool->limit ? 2UL * pool->limit : ULONG_MAX / 2;
  unsigned long int room;
  if (mp_process_room (need, &room) == 0 && room < need)
    mp_pool_set_cap (pool, room / 2);
}

void
pmap_workers_free (struct pmap_workers *w)
{
  if (w->o->script)
    mp_shells_free (w->executor);
  else if (w->o->filter)
    mp_filters_free (w->executor);
  else
    mp_local_free (w->executor);
  mp_binding_free (&w->binding);
  free (w->argv);
}
