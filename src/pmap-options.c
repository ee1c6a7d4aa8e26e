/* pmap: the options.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-options-parts.h"

#include <signal.h>

#include "xalloc.h"

#include "pmap-brakes.h"

void
pmap_add_input (struct pmap_options *o, struct pmap_input const *input)
{
  o->input = xrealloc (o->input, (o->n_inputs + 1) * sizeof *o->input);
  o->input[o->n_inputs++] = *input;
}

/* Put the -n of O where its meaning with or without -c wants it.  */
static void
place_chunk (struct pmap_options *o)
{
  if (o->script || o->filter)
    {
      o->warm_chunk = o->chunk;
      o->chunk = 1;
    }
  else if (!o->chunk && !o->blocks)
    o->chunk = 1;
}

int
pmap_parse_options (int argc, char **argv, struct pmap_options *o)
{
  struct parsing p = { .o = o };
  *o = (struct pmap_options) {
    .delimiter = '\n', .kill_after = 5000LL * MP_MILLISECOND,
    .signal = SIGTERM, .retries = 1, .retry_delay = -1,
    .heartbeat = 10 * 1000LL * MP_MILLISECOND
  };
  int first = pmap_options_read (argc, argv, &p);
  o->names = p.header && !o->header && !o->blocks;
  pmap_check_combinations (o, p.env, p.heartbeat);
  place_chunk (o);
  if (o->blocks && p.header && !o->header)
    o->header = 1;
  if (o->retry_delay < 0)
    o->retry_delay = 100 * MP_MILLISECOND;
  o->read_all = o->shuffle || o->halt.percent;
  o->per_item = (o->callback || o->error_callback || o->retries != 1
                 || o->failed_file || o->joblog
                 || o->halt.when != PMAP_HALT_NEVER
                 || o->timeout_percent || o->results || o->json
                 || o->tag_string || o->trace_file || o->report_file
                 || o->summary || pmap_brakes_wanted (o));
  /* What a warm shell has been given ahead would begin without being asked
     for.  */
  if (o->script && !o->warm_chunk && pmap_brakes_wanted (o))
    o->warm_chunk = 1;
  o->line_end = o->delimiter ? '\n' : '\0';
  /* A line is all that an item has for output.  */
  if (o->filter && o->grouping == MP_GROUP_UNORDERED && !o->callback
      && !o->error_callback && !o->json)
    o->grouping = MP_GROUP_LINES;
  o->processes_text = p.processes;
  o->processes = pmap_options_processes (p.processes, o->cpus_per_task);
  return first;
}
