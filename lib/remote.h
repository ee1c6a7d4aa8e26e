/* The executor of tasks on other hosts: by an agent on each.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_REMOTE_H
#define MP_REMOTE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "filters.h"
#include "pool.h"

/* A host where tasks can run, and how an agent is started there.  All argument
   lists end with a null pointer, and their first word is found along $PATH.  */
struct mp_remote_host
{
  char const *name;             /* for messages and records */
  char *const *argv;            /* the launcher with the agent's command: its
                                   standard input and output are the agent's */
  unsigned int slots;           /* tasks at a time there; 0: the agent
                                   decides */
  char *const *copy;            /* null, or what first stores its standard
                                   input, which is this program, there */
  char *const *prepare;         /* null, or what makes that executable */
};

/* What becomes of hosts, for messages.  */
enum mp_remote_event
{
  MP_REMOTE_READY,              /* its agent takes tasks */
  MP_REMOTE_NOT_STARTED,        /* its launcher has ended, with the wait(2)
                                   status DETAIL, or could not be started, for
                                   the reason -DETAIL, before an agent
                                   answered */
  MP_REMOTE_WAITING,            /* its agent has not answered yet, for some
                                   seconds */
  MP_REMOTE_TERMINAL,           /* its launcher wants to use the terminal, as to
                                   ask for a password, and is ended */
  MP_REMOTE_NO_ANSWER,          /* its agent has not answered in time */
  MP_REMOTE_ENDED,              /* its launcher has ended, with DETAIL, before
                                   the agent had said goodbye */
  MP_REMOTE_SILENT,             /* nothing was heard of its agent for long */
  MP_REMOTE_GARBLED,            /* what came was no message */
  MP_REMOTE_VERSION,            /* its agent speaks the version DETAIL of the
                                   protocol, and not ours */
  MP_REMOTE_DRAINING,           /* it is to do no more */
  MP_REMOTE_LEFT_OUT            /* it has failed too often */
};

/* How to run tasks.  Everything stays the caller's and outlives the
   executor.  */
struct mp_remote_options
{
  struct mp_remote_host const *hosts;
  size_t n_hosts;
  char *const *args;            /* what agents are told to do: the arguments of
                                   the command line, NULL-terminated */
  char const *cwd;              /* where, or null: where the launcher has put
                                   the agent */
  bool cwd_needed;              /* it is an error if that is not there */
  char *const *env;             /* NAME=VALUE for their environment, in front of
                                   a null pointer */
  struct mp_columns const *columns;     /* what rows are, or null */
  size_t credit;                /* how many bytes each task may be ahead of
                                   what we have dealt with */
  bool frugal;                  /* tasks are large: do not hand out many */
  size_t chunk;                 /* lines of a task; 0: as they fit */
  mp_time patience;             /* how long nothing may be heard of an agent */
  sigset_t const *mask;         /* the signal mask of launchers */
  sigset_t const *defaults;     /* signals that they have at their default */

  /* Called with ARG: EVENT has happened to HOST.  A filter somewhere has done
     FAULT: see lib/filters.h.  */
  void (*told) (void *arg, enum mp_remote_event event, char const *host,
                int detail);
  void (*fault) (void *arg, enum mp_filter_fault fault, int status);
  void *arg;
};

/* Store in *EX an executor that gives tasks to agents, each of which runs them
   in a pool of its own.  It tells starts by itself (see mp_pool_started), and
   the time of tasks runs at their agents.

   Agents are given more tasks than they can run at a time, and those that they
   have not begun are taken back when others have none.  An agent that is lost
   is started again after some time, but after three losses in all, its host
   is left out; what it had begun was lost (see mp_pool_lost).  If no host is
   left, the pool is drained, and (*EX)->deserted set.  A host that is to do no
   more (because its agent has got SIGTERM) finishes what it has begun, if it
   can.

   Agents whose standard input is closed, or who hear nothing for PATIENCE, end
   with all their tasks.  Launchers are not killed until a second later.

   Return 0 or an errno value.  */
int mp_remote_new (struct mp_remote_options const *options,
                   struct mp_executor **ex);

/* Free EX, which is not used by a running pool any more.  */
void mp_remote_free (struct mp_executor *ex);

/* Let each host run STEP tasks more, or fewer, at a time.  */
void mp_remote_resize (struct mp_executor *ex, int step);

/* What there is of hosts at a moment.  */
struct mp_remote_figures
{
  size_t ready;                 /* hosts that take tasks */
  size_t left_out;              /* that never will again */
  unsigned int slots;           /* tasks at a time at those that are ready;
                                   0: any number, or there are none */
  unsigned int running;         /* tasks that have begun */
};

/* Store in *F how it is with the hosts of EX now.  */
void mp_remote_look (struct mp_executor const *ex,
                     struct mp_remote_figures *f);

/* As mp_filters_quota.  */
void mp_remote_quota (struct mp_executor *ex, size_t *lines, size_t *bytes);

#endif
