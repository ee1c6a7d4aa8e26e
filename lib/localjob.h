/* The parts of the executor of fresh local processes, of which each is a job.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LOCALJOB_H
#define MP_LOCALJOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "hash.h"

#include "groups.h"
#include "initializer.h"
#include "local.h"
#include "overdue.h"
#include "slots.h"
#include "taskenv.h"

/* The most that is read of a pipe at once: all that it holds, by pipe(7).  */
enum { MP_LOCAL_PIECE = 64 * 1024 };

struct local;
struct job;

/* A stream of a job.  */
struct job_stream
{
  struct mp_source source;      /* must come first; fd -1: closed */
  struct job *job;
};

/* A task that runs, or that has ended and whose output is not all read.  */
struct job
{
  struct local *ex;
  struct mp_task *task;
  pid_t pid;
  bool ended;
  int ready_fd;                 /* tells when the initializer is done; -1: it
                                   is, or there is none */
  struct job_stream stream[MP_STREAMS];
  struct job_stream input;      /* where its block goes; fd -1: closed */
  struct job *next_hungry;
  bool hungry;                  /* it waits for another block */
  int left[MP_STREAMS];         /* bytes to read after the end; -1: unknown */
  mp_time look_at;              /* when to watch the streams; 0: watched */
  struct job *prev, *next;      /* in the order of LOOK_AT; NEXT also links
                                   unused ones */
  struct job *next_made;        /* of all that were ever made */
};

struct local
{
  struct mp_executor base;      /* must come first */
  struct mp_local_options const *options;
  struct mp_command command;
  struct mp_taskenv env;
  struct mp_initializer initializer;    /* if there is one */
  size_t arg_max;               /* of arguments and environment, in bytes */
  Hash_table *jobs;             /* those whose process runs, by PID */
  struct job *first_new, *last_new;     /* not watched yet */
  struct job *unused, *made;
  struct job *hungry;           /* those that wait for blocks */
  struct more
  {
    struct mp_source source;    /* must come first; fd -1: not opened yet */
    struct local *ex;
  } more;                       /* where blocks come from */
  struct mp_groups groups;      /* left by jobs that have ended */
  int null_fd;
  bool idle;                    /* there is no child */
  struct mp_slots slots;
  unsigned int n_running;
  struct mp_overdue overdue;
  char buffer[MP_LOCAL_PIECE];
};

/* In local.c.  */

/* Put JOB, which was started, at the end of EX's list of those not watched
   yet.  */
void mp_local_add_new (struct local *ex, struct job *job);

/* In localstart.c.  */

/* As mp_executor_ops has it.  */
int mp_local_start (struct mp_executor *base, struct mp_task *task);

/* In localstreams.c.  */

/* See whether the initializer of JOB is done.  Return whether it runs, or has
   failed.  */
bool mp_local_is_starting (struct job *job);

/* It is of no more interest whether JOB's initializer is done.  */
void mp_local_close_ready (struct job *job);

/* Watch the open streams of JOB.  */
void mp_local_watch (struct job *job);

/* JOB has ended: read what its streams still hold.  Bytes that come later are
   of a descendant which has kept a stream; they are nobody's.  Return whether
   all is read; otherwise the pool resumes JOB's task.  */
bool mp_local_drain (struct job *job);

/* Write what JOB's input takes.  One that reads faster than we write is no
   reason to forget the others.  */
void mp_local_feed (struct job *job);

/* Close JOB's input and drop what was not read.  */
void mp_local_close_input (struct job *job);

/* Wait for input for the jobs of EX that are hungry.  */
void mp_local_watch_more (struct local *ex);

/* What is done when SOURCE, a stream of a job, its input or the struct more of
   an executor, is ready.  */
void mp_local_stream_ready (struct mp_source *source, int events);
void mp_local_input_ready (struct mp_source *source, int events);
void mp_local_more_ready (struct mp_source *source, int events);

#endif
