/* One warm shell: what it has, and what it tells.  Part of the executor
   lib/shells.h.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SHELL_H
#define MP_SHELL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "monotime.h"
#include "outbuf.h"
#include "overdue.h"
#include "pool.h"
#include "shellcode.h"
#include "shells.h"
#include "taskenv.h"
#include "worker.h"

#ifndef PIPE_BUF
# define PIPE_BUF _POSIX_PIPE_BUF
#endif

/* How many tasks a shell is given ahead of time, at first and at most.  */
enum { MP_SHELL_WINDOW_MIN = 2, MP_SHELL_WINDOW_MAX = 256 };

/* How a shell reads what it evaluates.  */
enum mp_shell_reading
{
  MP_READS_UNKNOWN,
  MP_READS_ALONG,               /* a few bytes at a time: what is ahead of a
                                   task stays in the pipe */
  MP_READS_BLOCKS,              /* whatever is there */
  MP_READS_PACKETS              /* so, but its pipe gives one write at a
                                   time */
};

/* A task that a shell was given.  */
struct mp_shell_task
{
  struct mp_task *task;
  unsigned long long begin, end;        /* where its code is, among all that
                                           is sent */
  bool seen[MP_STREAMS];        /* its end was seen there */
  int status;
  mp_time since;                /* when it came to be the first, or the end on
                                   one stream was seen */
};

struct mp_shell
{
  struct mp_worker w;           /* must come first */
  struct mp_shells *ex;
  enum mp_shell_reading reading;
  bool ready;                   /* it has got to the tasks */
  bool retiring;                /* it gets no more tasks */
  bool kept;                    /* what it was given cannot be taken back */
  struct mp_shell_task *queue;  /* a ring */
  size_t first, n, allocated;
  size_t at[MP_STREAMS];        /* whose output comes next, from the first */
  char tail[MP_STREAMS][MP_SHELLCODE_MARK_MAX]; /* what may begin a mark */
  size_t tail_length[MP_STREAMS];
  struct mp_outbuf early[MP_STREAMS];   /* what came before it was ready */
  struct mp_budget early_budget;
  struct mp_task *extra;        /* the output of no task */
  int reader;                   /* our own end for reading its code */
  int hold;                     /* it waits for this to be closed, or -1 */
  unsigned long long sent;      /* bytes of code that went into the pipe */
  unsigned long long queued;    /* with those that are to go */
  char *unsent;                 /* these: the rest of the last task's */
  size_t unsent_length, unsent_start;
  size_t window;                /* tasks that it may be given ahead */
  bool ran_dry;                 /* it has done all that it was given */
  size_t given;                 /* tasks in this chunk */
  size_t served;                /* tasks in all */
  unsigned int attempt;         /* that it knows of */
};

struct mp_shells
{
  struct mp_executor base;      /* must come first */
  struct mp_shells_options const *options;
  struct mp_workers workers;
  struct mp_shellcode code;
  struct mp_taskenv env;
  struct mp_task *no_task;      /* for the environment */
  enum mp_shell_reading reading;
  int killed;                   /* shells in a row */
  int spare[2];                 /* a pipe, or -1 */
  struct mp_overdue overdue;
};

/* In shell.c.  */

/* What all shells do with their processes.  */
extern struct mp_worker_ops const mp_shell_worker_ops;

/* Free W, a shell whose set has forgotten it.  */
void mp_shell_free (struct mp_worker *w);

/* Give TASK to S.  Return 0 or an errno value.  */
int mp_shell_give (struct mp_shell *s, struct mp_task *task);

/* The last task of S, which has tasks.  */
struct mp_task const *mp_shell_last (struct mp_shell const *s);

/* Since when S, which has tasks, has been at the first of them.  */
mp_time mp_shell_since (struct mp_shell const *s);

/* Let S have more tasks ahead if it has had too few.  */
void mp_shell_adapt (struct mp_shell *s);

/* End S if its first task has ended on one stream long ago and not on the
   other: it has lost what it needs to go on.  Return when to look again, at
   NOW, or -1.  */
mp_time mp_shell_check_ends (struct mp_shell *s, mp_time now);

/* The task number I of S, from the first.  */
struct mp_shell_task *mp_shell_entry (struct mp_shell const *s, size_t i);

/* Give back the tasks of S from number KEEP on.  */
void mp_shell_return_tasks (struct mp_shell *s, size_t keep);

/* In shellpipe.c.  */

/* Find out how S, which is ready and waits, reads what it evaluates.  */
void mp_shell_learn_reading (struct mp_shell *s);

/* If S takes all that is there, let what is sent from now on be packets.  That
   is possible when nothing else is there: a read that gets both would cut the
   packet off.  */
void mp_shell_begin_packets (struct mp_shell *s);

/* Send S the LEN bytes of code at DATA, at once or later.  Return 0 or an errno
   value.  */
int mp_shell_send (struct mp_shell *s, char const *data, size_t len);

/* Send what the pipe of W, a shell, has not taken yet.  */
void mp_shell_writable (struct mp_worker *w);

/* Whether S, which has tasks, has begun to read the first.  */
bool mp_shell_has_begun (struct mp_shell const *s);

/* Take back from S the tasks that it has not begun to read, but keep the first
   KEEP.  If that is not possible, S->kept says so from then on.  */
void mp_shell_take_back (struct mp_shell *s, size_t keep);

#endif
