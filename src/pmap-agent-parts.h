/* pmap: the parts of the agent.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_AGENT_PARTS_H
#define PMAP_AGENT_PARTS_H

#include "agentmsg.h"
#include "pmap-agent.h"
#include "pmap-brakes.h"
#include "pmap-observer.h"
#include "pmap-signals.h"
#include "pmap-workers.h"

/* How much may wait to be sent before tasks are held back.  */
enum { PMAP_AGENT_WAITING_MAX = 1024 * 1024 };

/* A task that the pool has given us.  */
struct job
{
  uint64_t id;
  struct mp_task *task;
  uint64_t put, granted;        /* bytes of output */
  bool partly;                  /* parts of it have ended */
  unsigned int extra;           /* how many more may run because of it */
  struct mp_task *rest;         /* what did not fit on its command line, to be
                                   run behind it */
  int status, error;            /* of its parts before, the first that failed */
  struct job *prev, *next;      /* of all that there are */
};

/* The end of a task that is kept for some time.  */
struct doubt
{
  struct doubt *next;
  uint64_t id;
  mp_time until;
  struct mp_wire report;        /* that it has ended */
};

struct agent
{
  struct pmap_setup *setup;
  struct pmap_options o;
  struct pmap_signals sig;
  struct pmap_workers workers;
  struct pmap_messages messages;
  struct pmap_info info;
  struct pmap_brakes *brakes;   /* or null */
  struct pmap_observer braker;  /* theirs */
  struct mp_pool pool;
  struct mp_wire wire;
  struct mp_pool_source in, out, lifeline;
  struct job *first, *last;
  struct mp_task *queue, *last_queued;  /* not started yet, by their numbers;
                                           the last means nothing if there is
                                           none */
  unsigned int limit;           /* tasks at a time, as the pool has said; 0: any
                                   number; */
  unsigned int extra;           /* and how many more, as some are urgent */
  struct doubt *first_doubt, **last_doubt;
  mp_time calm_until;           /* when doubts may keep tasks from being begun
                                   again */
  mp_time heard_at, sent_at;
  mp_time ticked_at;            /* when we looked last, or 0 */
  bool finishing;               /* no more tasks will come */
  bool resting;                 /* none will for some time */
  bool draining;                /* nor are they wanted */
  bool stopping;                /* by the pool's order */
  bool cut;                     /* not by its order: we do not know how tasks
                                   would have ended */
  bool hungry;                  /* that was said */
  bool lost_way;                /* the pool's folder is not there */
};

/* In pmap-agent.c.  */

/* The agent that SOURCE, a struct mp_pool_source, is of.  */
struct agent *pmap_agent_of (struct mp_source *source);

/* Send what waits to be sent.  */
void pmap_agent_push (struct agent *a);

/* Write the message TYPE about the task ID.  */
void pmap_agent_tell (struct agent *a, enum mp_agent_message type, uint64_t id,
                      int detail);

/* Write the message TYPE, which has nothing in it.  */
void pmap_agent_tell_only (struct agent *a, enum mp_agent_message type);

/* The pool is gone, or might as well be: nobody wants to know how tasks
   end.  */
void pmap_agent_give_up (struct agent *a);

/* In pmap-agent-tasks.c.  Functions with ARG, the agent, are as struct
   mp_pool_ops has them.  */

/* Let as many tasks run at a time as may.  */
void pmap_agent_resize (struct agent *a);

/* JOB is over.  */
void pmap_agent_free_job (struct agent *a, struct job *job);

/* The job called ID, or null.  */
struct job *pmap_agent_find_job (struct agent const *a, uint64_t id);

/* Put TASK where it belongs among those not started yet.  */
void pmap_agent_enqueue (struct agent *a, struct mp_task *task);

/* Give TASK, which was not started, back.  */
void pmap_agent_give_back (struct agent *a, struct mp_task *task);

/* Learn which task is the last in the queue.  */
void pmap_agent_find_last_queued (struct agent *a);

/* Give N tasks back that were not started, the last ones, or all if there are
   fewer.  Parts of tasks that have begun are kept.  */
void pmap_agent_give_back_last (struct agent *a, size_t n);

int pmap_agent_next (void *arg, struct mp_task **task);
int pmap_agent_input_fd (void *arg);

/* Append REST to what is to be run behind the parts of JOB before.  */
void pmap_agent_push_back (void *arg, struct mp_task *task, size_t keep);

void pmap_agent_started (void *arg, struct mp_task *task);
size_t pmap_agent_wants (void *arg, struct mp_task *task);
void pmap_agent_output (void *arg, struct mp_task *task, int stream,
                        char const *data, size_t len);

/* Tell of the ends that were kept until NOW, or of all if ALL.  Return when
   there will be another, or -1.  */
mp_time pmap_agent_tell_doubts (struct agent *a, mp_time now, bool all);

void pmap_agent_delivered (void *arg, struct mp_task *task);

/* An urgent task has made room for itself, and not for others.  */
mp_time pmap_agent_ended (void *arg, struct mp_task *task);

/* If TASK, which waits to be started, is no part of one that has begun, tell
   the pool so.  Return whether.  */
bool pmap_agent_give_back_waiting (void *arg, struct mp_task *task);

mp_time pmap_agent_brake (void *arg, mp_time now);

/* In pmap-agent-messages.c.  */

/* Take all messages that were read.  */
void pmap_agent_take_messages (struct agent *a);

/* There are messages of the pool's, or it is gone.  */
void pmap_agent_in_ready (struct mp_source *source, int events);

#endif
