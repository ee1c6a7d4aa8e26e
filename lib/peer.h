/* A host and its agent, as the executor of remote tasks has them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PEER_H
#define MP_PEER_H

#include "overdue.h"
#include "remote.h"
#include "wire.h"

/* How far a peer is.  */
enum mp_peer_state
{
  MP_PEER_OFF,                  /* nothing runs; something will */
  MP_PEER_COPYING,              /* our program is copied to it */
  MP_PEER_PREPARING,            /* and made executable */
  MP_PEER_LAUNCHED,             /* no agent has answered yet */
  MP_PEER_READY,                /* it takes tasks */
  MP_PEER_DRAINING,             /* it does not, but has some */
  MP_PEER_LEAVING,              /* it is told to end */
  MP_PEER_GONE                  /* nothing runs, and nothing will */
};

/* A task that a peer has.  */
struct mp_remote_job
{
  uint64_t id;
  struct mp_task *task;
  struct mp_peer *peer;
  struct mp_remote_job *prev, *next;
  bool begun;                   /* a worker there has it */
  bool hurried;                 /* it is to begin even if as many run as may */
  uint64_t received, granted;   /* bytes of output */
  uint64_t window;              /* that it may be ahead */
};

/* A descriptor of a peer's.  */
struct mp_peer_source
{
  struct mp_source source;      /* must come first; fd -1: closed */
  struct mp_peer *peer;
};

struct mp_peer
{
  struct mp_remote *ex;
  struct mp_remote_host const *host;
  enum mp_peer_state state;
  pid_t pid;                    /* of the launcher; 0: none */
  struct mp_peer_source to, from, messages;
  struct mp_wire wire;
  bool greeted;                 /* the agent's greeting was seen */
  bool goodbye;                 /* and its end was announced */
  bool copied;                  /* the program is there */
  unsigned int faults;
  mp_time start_at;             /* when to start it */
  mp_time answer_by;            /* when it must have done so */
  mp_time tell_at;              /* when to tell that it has not; 0: never */
  mp_time heard_at, sent_at;
  mp_time offset;               /* from its clock to ours */
  mp_time recalled_at;

  unsigned int slots;           /* tasks at a time */
  unsigned int window;          /* tasks that it may have */
  unsigned int given, begun;    /* tasks that it has; those that began */
  bool resting;                 /* it knows that there is no more for it now */
  bool was_full;                /* it had as many as it may have */
  unsigned int lane, n_lanes;   /* the lanes of its slots, from LANE + 1 */
  mp_time timeout;              /* that it knows of */
  struct mp_remote_job *first, *last;

  char line[512];               /* the beginning of a message of its */
  size_t line_len;
};

/* The executor.  */
struct mp_remote
{
  struct mp_executor base;      /* must come first */
  struct mp_remote_options const *options;
  struct mp_peer *peer;         /* OPTIONS->n_hosts */
  size_t next;                  /* whom to ask first for the next task */
  size_t launching;             /* peers that are between off and ready */
  struct mp_remote_job **job;   /* by the low half of their IDs */
  size_t n_jobs, jobs_allocated;
  uint32_t *unused;             /* numbers of jobs that there are none of */
  size_t n_unused;
  uint32_t generation;
  unsigned int n_lanes;
  struct mp_overdue overdue;
  bool idle;                    /* there is no child */
  bool finishing;
  bool recalled_all;            /* what was not begun, for nothing will be */
  mp_time ticked_at;            /* when we looked last, or 0 */
  mp_time kill_at;              /* when launchers are to be killed, or 0 */
  mp_time line_time;            /* that a line takes, about; 0: not known */
  size_t quota;                 /* lines of the last task */
  size_t hunger;                /* that agents have shown to want */
};

/* Make P, all zero, the peer for HOST of EX.  */
void mp_peer_init (struct mp_peer *p, struct mp_remote *ex,
                   struct mp_remote_host const *host);

/* Start what comes next for P, which is off: a copy of the program, or the
   agent.  */
void mp_peer_start (struct mp_peer *p, mp_time now);

/* Send P what waits to be sent.  */
void mp_peer_push (struct mp_peer *p, mp_time now);

/* P's launcher has ended with STATUS, as wait(2) tells.  */
void mp_peer_exited (struct mp_peer *p, int status);

/* P is lost, as EVENT with DETAIL tells.  */
void mp_peer_lose (struct mp_peer *p, enum mp_remote_event event, int detail);

/* Let P end by itself, if it runs.  */
void mp_peer_finish (struct mp_peer *p);

/* Send P the signal SIG for its tasks, or end its launcher.  */
void mp_peer_signal (struct mp_peer *p, int sig);

/* Do what is due for P at NOW.  Return when to be called next, or -1.  */
mp_time mp_peer_tick (struct mp_peer *p, mp_time now);

/* The most lines that a task has.  */
enum { MP_REMOTE_LINES_MAX = 16 * 1024 };

/* JOB is over.  */
void mp_remote_free_job (struct mp_remote_job *job);

/* The job of P that M tells of, or null if it is over already.  */
struct mp_remote_job *mp_remote_find_job (struct mp_peer *p,
                                          struct mp_message *m);

/* How many tasks P may run at a time, at least.  */
unsigned int mp_remote_slots (struct mp_peer const *p);

/* Let JOB put more if it has used up half of what it may, and the pool wants
   it.  */
void mp_remote_grant (struct mp_remote_job *job);

/* For lib/peer.c: take M, which has come from P.  Return 0 or EBADMSG.  And all
   jobs of P are lost, or not begun.  */
int mp_remote_take (struct mp_peer *p, struct mp_message *m);
void mp_remote_abandon (struct mp_peer *p);

#endif
