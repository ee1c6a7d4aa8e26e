/* pmap: which options go together.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-options-parts.h"

#include "error.h"

#include "front.h"
#include "pmap-hosts.h"

/* Whether O asks for workers that live on.  */
static bool
are_warm (struct pmap_options const *o)
{
  return o->script || o->filter;
}

/* Exit if two options of O exclude each other.  */
static void
check_pairs (struct pmap_options const *o)
{
  bool lines = o->grouping == MP_GROUP_LINES;
  bool remote = pmap_hosts_wanted (o);
  bool several = 1 < o->chunk && !are_warm (o) && !o->blocks;
  struct { bool wrong; char const *a, *b; } const pairs[] = {
    { o->ungrouped && o->tag, "--tag", "--ungrouped" },
    { o->ungrouped && o->tag_string, "--tagstring", "--ungrouped" },
    { o->script && o->ungrouped, "--command", "--ungrouped" },
    { o->callback && o->ungrouped, "--callback", "--ungrouped" },
    { o->error_callback && o->ungrouped, "--error-callback", "--ungrouped" },
    { o->callback && o->tag, "--callback", "--tag" },
    { o->error_callback && o->tag, "--error-callback", "--tag" },
    { o->callback && o->tag_string, "--callback", "--tagstring" },
    { o->error_callback && o->tag_string, "--error-callback", "--tagstring" },
    { o->callback && lines, "--callback", "--line-buffered" },
    { o->error_callback && lines, "--error-callback", "--line-buffered" },
    { o->callback && several, "--callback", "--chunksize" },
    { o->error_callback && several, "--error-callback", "--chunksize" },
    { o->retries != 1 && o->ungrouped, "--retries", "--ungrouped" },
    { o->retries != 1 && o->blocks, "--retries", "--blocks" },
    { o->resume && o->blocks, "--resume", "--blocks" },
    { o->failed_file && o->blocks, "--failed", "--blocks" },
    { o->results && o->ungrouped, "--results", "--ungrouped" },
    { o->json && o->callback, "--json", "--callback" },
    { o->json && o->error_callback, "--json", "--error-callback" },
    { o->json && lines, "--json", "--line-buffered" },
    { o->json && o->tag, "--json", "--tag" },
    { o->json && o->tag_string, "--json", "--tagstring" },
    { o->json && o->ungrouped, "--json", "--ungrouped" },
    { o->memfree_kill && o->ungrouped, "--memfree=kill", "--ungrouped" },
    { o->memfree_kill && o->blocks, "--memfree=kill", "--blocks" },
    { o->script && o->replacement, "--command", "--replace" },
    { o->script && o->max_chars, "--command", "--max-chars" },
    { o->script && o->chunk == PMAP_CHUNK_MAX, "--command",
      "--chunksize=max" },
    { o->filter && o->script, "--filter", "--command" },
    { o->filter && o->blocks, "--filter", "--blocks" },
    { o->filter && o->column_separator, "--filter", "--colsep" },
    { o->filter && o->names, "--filter", "--header" },
    { o->filter && o->ungrouped, "--filter", "--ungrouped" },
    { o->filter && o->replacement, "--filter", "--replace" },
    { o->filter && o->max_chars, "--filter", "--max-chars" },
    { o->filter && o->chunk == PMAP_CHUNK_MAX, "--filter",
      "--chunksize=max" },
    { o->blocks && o->script, "--blocks", "--command" },
    { o->blocks && o->column_separator, "--blocks", "--colsep" },
    { o->blocks && o->shuffle, "--blocks", "--shuffle" },
    { o->blocks && o->replacement, "--blocks", "--replace" },
    { o->blocks && o->max_chars, "--blocks", "--max-chars" },
    { o->blocks && o->chunk == PMAP_CHUNK_MAX, "--blocks",
      "--chunksize=max" },
    { o->blocks && o->chunk && o->record_end && !o->record_end_len
      && !o->record_start_len, "--chunksize", "--recend=''" },
    { o->slurm && o->n_hosts, "--slurm", "--hosts" },
    { o->slurm && o->launcher, "--slurm", "--launcher" },
    { o->slurm && o->ungrouped, "--slurm", "--ungrouped" },
    { o->slurm && o->round_robin, "--slurm", "--round-robin" },
    { remote && o->memfree_kill, o->slurm ? "--slurm" : "--hosts",
      "--memfree=kill" },
    { o->n_hosts && o->ungrouped, "--hosts", "--ungrouped" },
    { o->n_hosts && o->round_robin, "--hosts", "--round-robin" },
    { o->send && o->remote_program, "--send", "--remote-program" }
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (pairs[i].wrong)
      {
        error (0, 0, _("%s and %s exclude each other"), pairs[i].a,
               pairs[i].b);
        front_try_help ();
      }
}

/* Exit if an option of O lacks one that it makes sense with; ENV and HEARTBEAT
   are as pmap_check_combinations has them.  */
static void
check_lonely (struct pmap_options const *o, bool env, bool heartbeat)
{
  bool remote = pmap_hosts_wanted (o);
  struct { bool wrong; char const *option, *needed; } const lonely[] = {
    { o->resume && !o->joblog, (o->resume_failed ? "--resume-failed"
                                : "--resume"), "--joblog" },
    { 0 <= o->retry_delay && o->retries == 1, "--retry-delay", "--retries" },
    { o->isolate && !o->script, "--isolate", "--command" },
    { o->max_tasks && !are_warm (o), "--max-tasks-per-child",
      N_("--command or --filter") },
    { o->shell && !o->script, "--shell", "--command" },
    { o->header && !o->blocks, "--header=N", "--blocks" },
    { o->record_end && !o->blocks, "--recend", "--blocks" },
    { o->record_start && !o->blocks, "--recstart", "--blocks" },
    { o->round_robin && !o->blocks, "--round-robin", "--blocks" },
    { o->launcher && !o->n_hosts, "--launcher", "--hosts" },
    { o->send && !remote, "--send", N_("--slurm or --hosts") },
    { o->remote_program && !remote, "--remote-program",
      N_("--slurm or --hosts") },
    { o->workdir && !remote, "--workdir", N_("--slurm or --hosts") },
    { env && !remote, "--env", N_("--slurm or --hosts") },
    { heartbeat && !remote, "--heartbeat", N_("--slurm or --hosts") }
  };
  for (size_t i = 0; i < sizeof lonely / sizeof *lonely; i++)
    if (lonely[i].wrong)
      {
        error (0, 0, _("%s makes sense only with %s"), lonely[i].option,
               _(lonely[i].needed));
        front_try_help ();
      }
}

void
pmap_check_combinations (struct pmap_options const *o, bool env,
                         bool heartbeat)
{
  check_pairs (o);
  check_lonely (o, env, heartbeat);
}
