/* Workers: processes that live on and serve many tasks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_WORKER_H
#define MP_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "groups.h"
#include "monotime.h"
#include "pool.h"
#include "procspawn.h"
#include "slots.h"
#include "watch.h"

/* A wait status, which POSIX has no name for: as all systems have it.  */
#ifndef W_EXITCODE
# define W_EXITCODE(status, sig) ((status) << 8 | (sig))
#endif

struct mp_worker;
struct mp_workers;

/* What the executor that has the workers does with them.  */
struct mp_worker_ops
{
  /* How many bytes of W's output may be read now: 0 says that it is to be left
     until mp_worker_resume.  */
  size_t (*wants) (struct mp_worker *w);

  /* W wrote the LEN bytes at DATA to STREAM.  */
  void (*output) (struct mp_worker *w, int stream, char const *data,
                  size_t len);

  /* All that W had written was read.  Null if that is of no interest.  */
  void (*drained) (struct mp_worker *w);

  /* W's input can take more.  */
  void (*writable) (struct mp_worker *w);

  /* W's process was stopped by SIG, a signal of the terminal.  */
  void (*stopped) (struct mp_worker *w, int sig);

  /* W's process has ended with STATUS, as wait(2) tells, and all its output
     was read.  W is forgotten, and freed by this function.  */
  void (*ended) (struct mp_worker *w, int status);
};

/* A stream of a worker.  */
struct mp_worker_stream
{
  struct mp_source source;      /* must come first; fd -1: closed */
  struct mp_worker *worker;
};

/* A worker.  The executor embeds it as the first member of its own.  */
struct mp_worker
{
  struct mp_workers *set;
  struct mp_worker *prev, *next;
  pid_t pid;
  unsigned int slot;
  struct mp_worker_stream stream[MP_STREAMS];
  struct mp_worker_stream input;        /* where it reads; fd -1: closed */
  int unread;                   /* once it has ended: bytes of its input that
                                   it had not read; -1: its input was closed
                                   before, or that is not known */

  /* Private.  */
  mp_time look_at;              /* when to read its streams; 0: watched */
  bool held;                    /* its streams are to be left */
  bool ended;
  int status;
  int left[MP_STREAMS];         /* bytes to read after the end; -1: unknown */
};

/* All workers of an executor.  */
struct mp_workers
{
  struct mp_worker_ops const *ops;
  struct mp_pool *pool;         /* known when the first is started */
  struct mp_worker *first;
  unsigned int n;               /* those that have not ended */
  struct mp_slots slots;
  struct mp_groups groups;      /* left by those that have ended */
  bool idle;                    /* there is no child */
  int null_fd;
  char *buffer;
};

/* Make S an empty set.  Return 0 or an errno value.  */
int mp_workers_init (struct mp_workers *s, struct mp_worker_ops const *ops);

/* Free what S holds.  Its workers must be gone, or are forgotten: FREE_ONE is
   called for each.  */
void mp_workers_free (struct mp_workers *s,
                      void (*free_one) (struct mp_worker *w));

/* Take a slot for W, all zero, which is to be one of S's.  Return 0 or an errno
   value.  */
int mp_worker_take_slot (struct mp_workers *s, struct mp_worker *w);

/* Start W, which has a slot, as SPAWN says, but with pipes for its output, in a
   process group of its own.  SPAWN->fd[0] is its standard input: -1 for
   /dev/null.  INPUT_FD, where W's input is written to, or -1, becomes W's if
   this succeeds; its end never waits.
   Return 0 or an errno value; the slot is given back then.  */
int mp_worker_start (struct mp_worker *w, struct mp_spawn *spawn,
                     int input_fd);

/* The output of W, which was held back, may be read on.  */
void mp_worker_resume (struct mp_worker *w);

/* Write as many of the LEN bytes at DATA to W's input as is possible without
   waiting, and store in *WRITTEN how many.  If not all, ops->writable is called
   when there is room.  Return 0 or an errno value.  */
int mp_worker_write (struct mp_worker *w, char const *data, size_t len,
                     size_t *written);

/* Close W's input.  */
void mp_worker_close_input (struct mp_worker *w);

/* Read the output that is due at NOW.  Return when the next will be, or -1.  */
mp_time mp_workers_tick (struct mp_workers *s, mp_time now);

/* Reap children of the calling process.  */
void mp_workers_reap (struct mp_workers *s);

/* Send SIG to all workers, with everything that they started.  */
void mp_workers_signal (struct mp_workers *s, int sig);

/* Whether there is no child.  */
bool mp_workers_idle (struct mp_workers *s);

#endif
