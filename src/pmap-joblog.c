/* pmap: the job log.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-joblog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "journal.h"
#include "pmap-file.h"
#include "pmap.h"

/* A record that waits until the output of its task was written.  */
struct record
{
  struct record *next;
  size_t charge;                        /* on the account of the pool */
  unsigned long long mark[MP_STREAMS];  /* what sinks must have sent */
  char *command;
  struct mp_jobline line;               /* with the same command */
};

struct pmap_joblog
{
  struct pmap_options const *o;
  struct pmap_info const *info; /* null: nobody writes */
  struct mp_journal journal;
  struct record *first, **last;
  unsigned long long failed;    /* tasks that have failed and are not run
                                   again */
};

/* Store in *MAP the digest of what O does with items.  */
static void
digest_command (struct pmap_options const *o, struct mp_key *map)
{
  struct mp_digest d;
  char const *const words[] = {
    o->script ? "-c" : o->filter ? "-w" : o->blocks ? "-b" : "",
    o->initializer ? o->initializer : "",
    o->replacement ? o->replacement : ""
  };
  mp_digest_init (&d);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    mp_digest_add (&d, words[i], strlen (words[i]));
  if (o->column_separator || o->names)
    {
      mp_digest_add (&d, o->column_separator ? o->column_separator : "",
                     o->column_separator_len);
      mp_digest_add (&d, &o->names, sizeof o->names);
    }
  for (size_t i = 0; i < o->n_command; i++)
    mp_digest_add (&d, o->command[i], strlen (o->command[i]));
  mp_digest_end (&d, map);
}

/* Store in *KEY the digest of what TASK is about.  */
static void
digest_task (struct mp_task const *task, struct mp_key *key)
{
  uint64_t number = task->index;
  struct mp_item const block = { (char *) &number, sizeof number };
  if (task->n_items)
    mp_digest_items (task->item, task->n_items, key);
  else
    mp_digest_items (&block, 1, key);
}

/* Exit, for the job log of O cannot be used for the reason ERR.  */
static void
give_up (struct pmap_options const *o, int err)
{
  if (err == EBUSY)
    error (MP_EXIT_FAILURE, 0, _("another run uses the job log %s"),
           quote (o->joblog));
  if (err == ENOTSUP || err == EISDIR)
    error (MP_EXIT_FAILURE, 0, _("the job log %s is not a regular file"),
           quote (o->joblog));
  error (MP_EXIT_FAILURE, err, _("cannot use the job log %s"),
         quote (o->joblog));
}

/* Read what L holds, or exit.  */
static void
resume (struct pmap_joblog *l)
{
  struct pmap_options const *o = l->o;
  struct mp_journal_found found;
  int err = mp_journal_resume (&l->journal, &found);
  if (found.format == MP_JOURNAL_PARALLEL)
    error (MP_EXIT_FAILURE, 0,
           _("the job log %s is GNU parallel's, which does not tell items"),
           quote (o->joblog));
  if (found.format == MP_JOURNAL_OTHER)
    error (MP_EXIT_FAILURE, 0, _("%s is not a job log"), quote (o->joblog));
  if (err)
    give_up (o, err);
  if (found.other_map && !o->resume_any)
    {
      error (0, 0, _("the job log %s is of another command"),
             quote (o->joblog));
      error (MP_EXIT_FAILURE, 0,
             _("use --resume=any if its items need not be run again"));
    }
  if (found.damaged)
    error (0, 0, ngettext ("warning: %llu line of %s is not a record",
                           "warning: %llu lines of %s are not records",
                           found.damaged),
           found.damaged, quote (o->joblog));
}

struct pmap_joblog *
pmap_joblog_open (struct pmap_options const *o)
{
  struct mp_key map;
  if (!o->joblog || (o->dry_run && !o->resume))
    return NULL;
  struct pmap_joblog *l = xzalloc (sizeof *l);
  l->o = o;
  l->last = &l->first;
  digest_command (o, &map);
  pmap_file_check (o, o->joblog);
  int err = mp_journal_open (&l->journal, o->joblog, &map);
  if (!err)
    do
      err = mp_journal_lock (&l->journal, MP_JOURNAL_GUARD,
                             MP_JOURNAL_PATIENCE);
    while (err == EINTR);
  if (!err && !o->resume)
    err = mp_journal_renew (&l->journal);
  if (err)
    give_up (o, err);
  if (o->resume)
    resume (l);
  return l;
}

void
pmap_joblog_take_over (struct pmap_joblog *l)
{
  int err;
  do
    err = mp_journal_lock (&l->journal, MP_JOURNAL_POOL, MP_JOURNAL_PATIENCE);
  while (err == EINTR);
  /* If the guard is gone, there is nobody any more whom a message could
     concern.  */
  if (err)
    give_up (l->o, err);
}

bool
pmap_joblog_skips (struct pmap_joblog *l, struct mp_task *task)
{
  struct mp_key key;
  if (!l || !l->o->resume)
    return false;
  digest_task (task, &key);
  switch (mp_journal_take (&l->journal, &key))
    {
    case MP_PAST_NONE:
      return false;
    case MP_PAST_DONE:
      return true;
    case MP_PAST_FAILED:
      task->redone = l->o->resume_failed;
      l->failed += !task->redone;
      return !task->redone;
    }
  return false;
}

static void
joblog_delivered (void *self, struct mp_task *task)
{
  struct pmap_joblog *l = self;
  struct mp_pool *pool = l->info->pool;
  enum pmap_outcome outcome = pmap_task_outcome (task);
  /* What was ended with the run is to be done again, and so is what could not
     be run just as nothing can.  */
  if (outcome == PMAP_ABORTED || (outcome == PMAP_ERROR && pool->stopping))
    return;
  struct record *r = xzalloc (sizeof *r);
  for (int i = 0; i < MP_STREAMS; i++)
    r->mark[i] = mp_sink_taken (&pool->order.sink[i]);
  r->command = pmap_task_command (l->info, task);
  r->line = (struct mp_jobline) {
    .seq = task->index, .host = task->host,
    .received = task->bytes[MP_STREAM_OUT],
    .status = task->status ? task->status : task->callback_status,
    .timed_out = task->timed_out,
    .error = task->error ? task->error : task->callback_error,
    .attempt = task->attempt, .again = task->redone,
    .command = r->command
  };
  if (task->begun)
    {
      r->line.start = pmap_wall_time (l->info, task->begun);
      r->line.runtime = task->ended - task->begun;
    }
  digest_task (task, &r->line.item);
  /* Who reads the output may take long: then no more tasks are started.  */
  r->charge = sizeof *r + strlen (r->command);
  pool->order.budget.used += r->charge;
  *l->last = r;
  l->last = &r->next;
}

/* Drop the first record that waits.  */
static void
drop_first (struct pmap_joblog *l)
{
  struct record *r = l->first;
  l->first = r->next;
  if (!l->first)
    l->last = &l->first;
  l->info->pool->order.budget.used -= r->charge;
  free (r->command);
  free (r);
}

/* Write what is to be written.  */
static void
advance (struct pmap_joblog *l)
{
  struct mp_sink const *sink = l->info->pool->order.sink;
  bool some = false;
  int err = 0;
  while (l->first && l->first->mark[MP_STREAM_OUT] <= sink[MP_STREAM_OUT].sent
         && l->first->mark[MP_STREAM_ERR] <= sink[MP_STREAM_ERR].sent)
    {
      int add_err = mp_journal_add (&l->journal, &l->first->line);
      err = err ? err : add_err;
      drop_first (l);
      some = true;
    }
  if (some)
    {
      int flush_err = mp_journal_flush (&l->journal);
      err = err ? err : flush_err;
    }
  if (err)
    pmap_say (l->info->messages, err, _("cannot write the job log %s"),
              quote (l->o->joblog));
}

static mp_time
joblog_tick (void *self, mp_time now)
{
  (void) now;
  advance (self);
  return -1;
}

static bool
joblog_close (void *self)
{
  struct pmap_joblog *l = self;
  advance (l);
  int err = mp_journal_close (&l->journal);
  if (err)
    error (0, err, _("cannot write the job log %s"), quote (l->o->joblog));
  bool good = !err && !l->journal.lost;
  if (!good)
    error (0, 0, ngettext ("the job log lacks %llu record",
                           "the job log lacks %llu records", l->journal.lost),
           l->journal.lost);
  if (l->failed)
    error (0, 0, ngettext ("%llu task that has failed before was not run again:"
                           " see --resume-failed",
                           "%llu tasks that have failed before were not run"
                           " again: see --resume-failed", l->failed),
           l->failed);
  while (l->first)
    drop_first (l);
  free (l);
  return good;
}

struct pmap_observer
pmap_joblog_observer (struct pmap_joblog *l, struct pmap_info const *info)
{
  l->info = info;
  return (struct pmap_observer) {
    .self = l, .delivered = joblog_delivered, .tick = joblog_tick,
    .close = joblog_close
  };
}

void
pmap_joblog_forget (struct pmap_joblog *l)
{
  if (l)
    mp_journal_forget (&l->journal);
}

void
pmap_joblog_free (struct pmap_joblog *l)
{
  if (!l)
    return;
  mp_journal_close (&l->journal);
  free (l);
}
