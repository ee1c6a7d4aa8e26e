/* pmap: who looks at a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_OBSERVER_H
#define PMAP_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "monotime.h"

struct mp_budget;
struct mp_pool;
struct mp_task;
struct mp_template;
struct pmap_feed;
struct pmap_messages;
struct pmap_options;

/* What is known of a run.  */
struct pmap_info
{
  struct pmap_options const *o;
  struct pmap_messages const *messages;
  struct mp_template const *command;
  struct pmap_feed const *feed;
  struct mp_pool *pool;
  mp_time origin;               /* when the run began */
  struct timespec wall_origin;  /* the same by the clock on the wall */

  /* Items of -w, and tasks.  */
  unsigned long long made;      /* were read */
  unsigned long long done;      /* are over, whether delivered or not */
  unsigned long long failed;    /* of those, have failed */
  unsigned long long attempts_failed;   /* attempts that were not the last */
};

/* How a task, or an attempt at it, came out.  */
enum pmap_outcome
{
  PMAP_OK,
  PMAP_EXIT,                    /* with a status that is not 0 */
  PMAP_SIGNAL,                  /* ended by a signal */
  PMAP_TIMEOUT,                 /* its time was over */
  PMAP_ERROR,                   /* could not be run, or its output was lost */
  PMAP_ABORTED                  /* was ended because the run was */
};

/* Somebody who looks at a run.  All functions may be null, and get SELF.  */
struct pmap_observer
{
  void *self;

  /* TASK was given to a worker.  */
  void (*started) (void *self, struct mp_task const *task);

  /* TASK has written the LEN bytes at DATA to STREAM.  */
  void (*output) (void *self, struct mp_task *task, int stream,
                  char const *data, size_t len);

  /* An attempt at TASK is over, and all its output was told; there will be
     another if AGAIN.  */
  void (*ended) (void *self, struct mp_task *task, bool again);

  /* An attempt at TASK was lost with its host, and nobody is told of its end:
     what it has written is forgotten, and unless the run is being ended, there
     will be another.  TASK still tells where that was, and when it began.  */
  void (*lost) (void *self, struct mp_task *task);

  /* TASK's output, which is in its spools on the account of BUDGET, is to be
     changed.  */
  void (*render) (void *self, struct mp_task *task, struct mp_budget *budget);

  /* TASK's output was delivered to the sinks of the pool, but perhaps not
     written yet; it is about to be freed.  */
  void (*delivered) (void *self, struct mp_task *task);

  /* Something is about to be written to the pool's sink for STREAM.  Return
     whether it may be: otherwise, that must become writable first.  */
  bool (*writing) (void *self, int stream);

  /* The run was suspended if PAUSED, and otherwise, goes on.  */
  void (*paused) (void *self, bool paused);

  /* Called often, after output was written, at NOW.  Return when to be called
     next, or -1.  */
  mp_time (*tick) (void *self, mp_time now);

  /* The run is over, and its output is written.  Tell and free everything.
     Return whether all went well: if not, that was said, and the exit status
     will tell.  */
  bool (*close) (void *self);
};

/* How TASK, or its last attempt, came out.  */
enum pmap_outcome pmap_task_outcome (struct mp_task const *task);

/* How many items of -w TASK has, or 1; and how many of them have failed.  */
size_t pmap_task_count (struct mp_task const *task);
size_t pmap_task_failures (struct mp_task const *task);

/* Return OUTCOME of TASK in a few words, translated, for a list: in a buffer
   that lasts until the next call.  */
char const *pmap_outcome_text (struct mp_task const *task,
                               enum pmap_outcome outcome);

/* The text of ERR, for which a task could not be run: an errno value.  The
   first is translated, for people; the second is the same in every locale, for
   programs.  */
char const *pmap_error_text (int err);
char const *pmap_plain_error (int err);

/* Return the command that is run for TASK, in a form that a shell reads back,
   without tabs and newlines.  The caller frees it.  */
char *pmap_task_command (struct pmap_info const *info,
                         struct mp_task const *task);

/* The time T, of the clock that only goes forward, by the clock on the wall, as
   it was at the beginning of the run INFO.  */
struct timespec pmap_wall_time (struct pmap_info const *info, mp_time t);

#endif
