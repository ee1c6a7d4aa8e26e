/* A pool: run tasks, so many at a time, and deliver their outputs.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_POOL_H
#define MP_POOL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "callback.h"
#include "monotime.h"
#include "order.h"
#include "task.h"
#include "watch.h"

struct mp_pool;
struct mp_executor;

/* How tasks are executed: by a fresh process each, by a worker that lives
   on, on another machine.  The pool knows no more of it than this.  An
   executor watches its descriptors in the pool's mp_watch and tells the pool
   by mp_pool_output, mp_pool_ended and mp_pool_drained.  */
struct mp_executor_ops
{
  /* Whether one more task may be started while LIMIT may run at a time (0: any
     number).  */
  bool (*has_room) (struct mp_executor *ex, unsigned int limit);

  /* Start TASK and set its slot.  Return 0; EAGAIN, ENOMEM, EMFILE or ENFILE
     if there are too few resources just now; E2BIG if it has too many items;
     or another errno value if TASK cannot be started at all.  */
  int (*start) (struct mp_executor *ex, struct mp_task *task);

  /* TASK's output, which mp_pool_wants held back, may go on.  */
  void (*resume) (struct mp_executor *ex, struct mp_task *task);

  /* Do what is due at the time NOW.  Return when to be called next, or -1
     if nothing is waited for.  */
  mp_time (*tick) (struct mp_executor *ex, mp_time now);

  /* A child process of the pool's has changed state.  */
  void (*children) (struct mp_executor *ex);

  /* End TASK, which has begun, with all that it has started: by SIG and, for
     what is left KILL_AFTER later, SIGKILL.  */
  void (*end) (struct mp_executor *ex, struct mp_task *task, int sig,
               mp_time kill_after);

  /* Send SIG to all tasks, with everything that they started.  */
  void (*signal) (struct mp_executor *ex, int sig);

  /* Null, or called whenever there are no more tasks to be started: let what
     has waited for tasks end by itself.  More may be started nevertheless if
     some come back by mp_pool_return.  Return whether all of that has
     ended.  */
  bool (*finish) (struct mp_executor *ex);

  /* Whether nothing that tasks started is left.  */
  bool (*idle) (struct mp_executor *ex);
};

struct mp_executor
{
  struct mp_executor_ops const *ops;
  struct mp_pool *pool;
  bool tells_start;             /* it calls mp_pool_started by itself */
  int failed_status;            /* of the worker that made it fail */
  int failed_exit;              /* or our exit status, because the command
                                   cannot be run; 0: no */
  bool deserted;                /* it has no host any more, and the run was
                                   drained */
};

/* Who uses the pool.  All get ARG.  */
struct mp_pool_ops
{
  /* Store the next task, made by mp_task_new, in *TASK: null at the end.  If
     its ERROR is set already, it fails without being started.
     Return 0, or EAGAIN if input_fd must become readable first; if that is -1,
     mp_pool_more tells.  */
  int (*next) (void *arg, struct mp_task **task);
  int (*input_fd) (void *arg);

  /* Null, or tells the index of the task that NEXT would give: it need not be
     higher than those before.  ULLONG_MAX if there is none.  */
  unsigned long long (*next_index) (void *arg);

  /* TASK has too many items: take those from number KEEP on back, which are
     whole rows, to give them again.  */
  void (*push_back) (void *arg, struct mp_task *task, size_t keep);

  /* TASK was started.  */
  void (*started) (void *arg, struct mp_task *task);

  /* Null, or called when an attempt at TASK is over and its output is
     complete, or when it could not be started (with TASK->error).  Return -1 if
     that was all; otherwise it is attempted again, so much later, and what it
     has written is forgotten: possible if the pool's SPOOLED is set.  That does
     not happen any more, whatever is returned, if the run is being ended.  */
  mp_time (*ended) (void *arg, struct mp_task *task);

  /* Null, or called when an attempt at TASK was cut, as mp_pool_lost has it,
     and another follows (or none, if the run is being ended): ENDED is not
     called for it.  TASK still tells where that was and when it began, and what
     it has put.  */
  void (*lost) (void *arg, struct mp_task *task);

  /* Null, or called when that was the last attempt, and all output of TASK is
     in its spools, on the account of BUDGET: it may be changed there before it
     goes on.  */
  void (*render) (void *arg, struct mp_task *task, struct mp_budget *budget);

  /* Null, or takes care of all output instead of the pool, by OUTPUT.  Return
     how many bytes TASK may put now; 0 says that it is to be held back.  */
  size_t (*wants) (void *arg, struct mp_task *task);

  /* Null, or called for all output of tasks before it goes anywhere else.  */
  void (*output) (void *arg, struct mp_task *task, int stream,
                  char const *data, size_t len);

  /* TASK's output was delivered to the sinks (mp_sink_taken tells how far that
     is), and TASK is about to be freed.  */
  void (*delivered) (void *arg, struct mp_task *task);

  /* Resources are short, as ERR says, and fewer tasks than asked for run;
     told once.  */
  void (*starved) (void *arg, int err);

  /* Called after each wait, to look at signals.  */
  void (*woken) (void *arg);

  /* Null, or called before a task is started, at NOW: return 0 if one may be,
     or when to ask again.  */
  mp_time (*brake) (void *arg, mp_time now);

  /* Null, or called each time after output was written, at NOW: do what is due.
     Return when to be called next, or -1.  */
  mp_time (*tick) (void *arg, mp_time now);

  /* The tag for the lines of TASK's output, from malloc, or null.  */
  char *(*tag) (void *arg, struct mp_task const *task);
};

/* A descriptor that the pool itself waits for.  */
struct mp_pool_source
{
  struct mp_source source;      /* must come first */
  struct mp_pool *pool;
};

struct mp_pool
{
  struct mp_executor *executor;
  struct mp_pool_ops const *ops;
  void *arg;
  struct mp_watch watch;
  struct mp_order order;
  sigset_t const *mask;         /* while waiting */
  unsigned int limit;           /* tasks at a time; 0: no limit */
  unsigned int cap;             /* tasks at a time that resources allow; 0:
                                   no bound is known; changes */
  unsigned int running;         /* tasks that were started */
  mp_time grace;                /* from the first signal to SIGKILL */
  mp_time timeout;              /* that a task may take; 0: any; changes */
  bool timed;                   /* it is to be known when tasks begin, even if
                                   there is no timeout */
  bool clocked;                 /* and when they end */
  bool spooled;                 /* output of a task goes on when it has ended
                                   for good */
  bool far;                     /* tasks run elsewhere and may be lost: what
                                   they have put is not put twice; and what
                                   waits for others may do so in files */
  bool waits_for_end;           /* the brake may hold until a task ends */
  int signal;                   /* to one that has taken more */
  mp_time flush_after;          /* output may be gathered until then; changes */
  struct mp_callbacks const *callbacks; /* or null; not for MP_GROUP_LINES */

  /* Below is the pool's own.  */
  unsigned long long lines_done;        /* lines of tasks that have an
                                           outcome, in any attempt */
  struct mp_task *pending;      /* made, and to be started before others, in
                                   their order */
  struct mp_task *delayed;      /* to be started later, in the order of time */
  struct mp_task *replaying;    /* whose spooled output goes on */
  uintmax_t overflow;           /* bytes of tasks that are far and overflow */
  bool overflow_failed;         /* there was no room for their files */
  mp_time struck_at;            /* when a task was last seen to have ended by
                                   SIGTERM or SIGKILL, or 0 */
  mp_time brake_until;          /* no start before; 0: none is braked */
  bool draining;                /* no more tasks are started */
  unsigned int ended_at_cap;    /* tasks that have ended since CAP changed */
  unsigned int patience;        /* how many must have, to raise it */
  mp_time retry_at, give_up_at;
  bool starved, starved_told;   /* no start makes sense now; it was said */
  bool again;                   /* there is more to do before waiting */
  bool dry;                     /* no input until mp_pool_more */
  struct mp_task *calling;      /* whose callback it is the turn of */
  pid_t callback;               /* its process, or 0 */
  struct mp_task *held;
  struct mp_task *first_begun, *last_begun;     /* whose time runs */
  struct mp_pool_source input, out[MP_STREAMS];
  bool input_ended, paused, stopping, killing;
  mp_time kill_at, abandon_at, flush_at, paused_at, user_due;
  int output_error;             /* of the first failed write */
  int failure;                  /* another reason to end */
};

/* Make POOL ready; OPS, ARG, EXECUTOR and MASK outlive it.  It runs LIMIT
   tasks at a time (0: no limit) and delivers to standard output and standard
   error as GROUPING says.  Return 0 or an errno value.  */
int mp_pool_init (struct mp_pool *pool, struct mp_executor *executor,
                  struct mp_pool_ops const *ops, void *arg,
                  enum mp_grouping grouping, unsigned int limit,
                  mp_time grace, sigset_t const *mask);

void mp_pool_free (struct mp_pool *pool);

/* Run all tasks, end what they left behind, and return when all is
   delivered.  Every signal with a handler is blocked but while the pool
   waits.  Return 0, or an errno value: that of a failed write (also in
   POOL->output_error), or why the pool could not go on.  ETIMEDOUT says that
   something did not end even by SIGKILL.  */
int mp_pool_run (struct mp_pool *pool);

/* End the run: start no more tasks and send SIG to those that run, with their
   descendants; SIGKILL when the grace is over, or if this is the second
   call.  */
void mp_pool_stop (struct mp_pool *pool, int sig);

/* Start no more tasks: those that run are the last.  What comes back to be
   started again is dropped; its outcome is never told.  */
void mp_pool_drain (struct mp_pool *pool);

/* There may be input again.  */
void mp_pool_more (struct mp_pool *pool);

/* If POOL->timed, end the task that has begun last, by SIG and, if necessary,
   SIGKILL, and let it be started again when there is occasion, as if it had
   not been.  POOL->spooled should be set.  Return whether there was one that is
   not the only one.  */
bool mp_pool_send_back (struct mp_pool *pool, int sig);

/* Suspend all tasks, or let them go on.  */
void mp_pool_pause (struct mp_pool *pool, bool pause);

/* Begin with CAP tasks at a time, at least 1, for resources may allow no more;
   the pool tries more by and by.  */
void mp_pool_set_cap (struct mp_pool *pool, unsigned int cap);

/* Change how many tasks run at a time.  */
void mp_pool_resize (struct mp_pool *pool, unsigned int limit);

/* Write the LEN bytes at TEXT to standard error, behind all that was delivered
   so far, without waiting.  */
void mp_pool_note (struct mp_pool *pool, char const *text, size_t len);

/* Send SIGKILL to everything, now.  */
void mp_pool_kill (struct mp_pool *pool);

/* How many tasks may run at a time now; 0: any number.  */
unsigned int mp_pool_limit (struct mp_pool const *pool);

/* For executors.  Whether another task is started as soon as there is
   input.  */
bool mp_pool_may_start (struct mp_pool const *pool);

/* For executors.  How many bytes TASK may put now; 0 says that it is to be
   held back until the executor is told to resume it.  */
size_t mp_pool_wants (struct mp_pool *pool, struct mp_task *task);

/* Whether STATUS, as wait(2) tells it, is that of a process which SIGTERM or
   SIGKILL has ended, or of a shell that says so.  */
bool mp_status_is_struck (int status);

/* For executors.  A child process PID that is not theirs has ended or was
   stopped, as STATUS from wait(2) tells.  */
void mp_pool_child (struct mp_pool *pool, pid_t pid, int status);

/* For executors that tell starts.  TASK, which was given away, was started, in
   its slot.  */
void mp_pool_started (struct mp_pool *pool, struct mp_task *task);

/* For executors.  TASK, which was started, begins now: its time runs.  */
void mp_pool_begun (struct mp_pool *pool, struct mp_task *task);

/* For executors.  TASK, which has begun, has come to another of its lines: its
   time begins anew.  */
void mp_pool_progress (struct mp_pool *pool, struct mp_task *task);

/* For executors.  TASK wrote the LEN bytes at DATA to STREAM.  */
void mp_pool_output (struct mp_pool *pool, struct mp_task *task, int stream,
                     char const *data, size_t len);

/* For executors.  TASK has ended with STATUS, as wait(2) tells.  What it has
   used should be in TASK->usage.  */
void mp_pool_ended (struct mp_pool *pool, struct mp_task *task, int status);

/* For executors.  All of TASK's output was put; TASK must not be used any
   more.  */
void mp_pool_drained (struct mp_pool *pool, struct mp_task *task);

/* For executors.  The index of the task that is started next, or ULLONG_MAX: it
   is higher than all before.  */
unsigned long long mp_pool_next_index (struct mp_pool const *pool);

/* For executors.  The task that others wait for, with their output held back:
   if it has not begun, it must even if as many run as may.  Null if there is
   none.  */
struct mp_task *mp_pool_urgent (struct mp_pool const *pool);

/* Drop those tasks that wait to be started, because workers ended before they
   came to them, for which TAKE returns true; it is called with POOL's arg.  */
void mp_pool_take_back (struct mp_pool *pool,
                        bool (*take) (void *arg, struct mp_task *task));

/* For executors.  TASK was given to a worker, but has not begun: start it
   again, perhaps elsewhere.  It may have put output already.  */
void mp_pool_return (struct mp_pool *pool, struct mp_task *task);

/* How often an attempt at a task may be cut.  */
enum { MP_POOL_FAULTS_MAX = 5 };

/* For executors.  The attempt at TASK, which was started, was cut by what TASK
   has nothing to do with, as when its host is lost: start it again after DELAY,
   as another attempt.  What it has put is forgotten if POOL->spooled is set;
   otherwise its standard output is not put again, and if that of the next
   attempt does not begin with the same, TASK fails, with the error ESTALE.
   After MP_POOL_FAULTS_MAX of these it fails, with the error EHOSTDOWN.  */
void mp_pool_lost (struct mp_pool *pool, struct mp_task *task,
                   mp_time delay);

/* For executors.  Open the output of something that is no task, behind those
   that are open now.  It takes mp_pool_output and mp_pool_drained, and
   mp_pool_wants tells for it, too.  Return null if memory is exhausted.  */
struct mp_task *mp_pool_extra (struct mp_pool *pool);

/* For executors.  Resources are short, as ERR says: fewer workers run than
   might, but tasks go on.  */
void mp_pool_starved (struct mp_pool *pool, int err);

/* For executors.  The pool cannot go on, for the reason ERR, an errno
   value.  */
void mp_pool_fail (struct mp_pool *pool, int err);

#endif
