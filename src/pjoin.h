/* The parts of pjoin.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PJOIN_H
#define PJOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "handle.h"
#include "keep.h"
#include "monotime.h"
#include "notify.h"
#include "procwait.h"
#include "sink.h"
#include "watch.h"

/* What the command line asks for.  */
struct pjoin_options
{
  /* Which.  */
  char *const *operand;
  size_t n_operands;
  char delimiter;               /* of the handles on standard input */
  bool all;

  /* How long.  */
  mp_time timeout;              /* -1: as long as it takes */
  int signal;                   /* to laggards then; 0: none */
  mp_time kill_after;           /* until SIGKILL to them; -1: never */
  size_t count;                 /* how many; 0: all */
  bool first_failure;
  bool poll;

  /* What to do with them.  */
  bool list;
  bool follow;
  bool keep;
  bool quiet;
  bool any_status;
  bool verbose;

  /* The report.  */
  char const *format;           /* of a line, or null */
  bool json;
  char terminator;              /* of a line */
};

/* How far a process is.  */
enum pjoin_state
{
  PJOIN_RUNNING,
  PJOIN_ENDING,                 /* it has ended, and its supervisor has not
                                   said how yet */
  PJOIN_ASKING,                 /* nobody will say how but the kernel */
  PJOIN_ENDED,
  PJOIN_TAKEN                   /* it was joined by somebody else */
};

struct pjoin;

/* A process to be joined.  */
struct pjoin_job
{
  struct mp_source source;      /* its pidfd; must be the first */
  struct pjoin *join;
  char *name;                   /* as the user calls it; owned */
  bool named;                   /* as an operand */
  struct mp_handle handle;
  struct mp_procwait wait;
  bool waitable;                /* WAIT was opened */
  enum pjoin_state state;
  mp_time next_look;            /* if not for an event; 0: none */
  mp_time delay;                /* between looks */
  mp_time asked_since;
  bool lost;                    /* its supervisor was killed */
  bool status_known;
  int status;                   /* as from wait(2) */
  int damage;                   /* why its record is unreadable, or 0 */
  bool left_out;                /* it cannot be ended: not waited for */
  bool chosen;                  /* among those that are joined */

  struct mp_kept kept[MP_KEEP_STREAMS];
  bool gap[MP_KEEP_STREAMS];    /* something in the middle is lacking */
  bool notified;                /* we are told when its record changes */
  bool unread;                  /* there may be output */
  mp_time held_until[MP_KEEP_STREAMS]; /* when the beginning of a line that is
                                   held back is written; 0: there is none */
};

/* What is told of changes in records.  */
struct pjoin_changes
{
  struct mp_source source;      /* must be the first */
  struct mp_notify notify;
  bool tried;                   /* NOTIFY was initialized */
};

/* A run of pjoin.  */
struct pjoin
{
  struct pjoin_options const *o;
  struct mp_records *store;     /* where they are opened */
  struct mp_records *records;   /* that, or null: there are none yet */
  struct pjoin_job **job;
  size_t n, allocated;
  size_t n_ended, n_failed, n_taken, n_left_out;

  struct mp_watch watch;
  struct pjoin_changes changes;
  struct pjoin_output *output;
  bool frugal;                  /* descriptors are scarce */
  bool damage;                  /* --all or --list has passed over a record */
  bool cut;                     /* output could not be written; it was said */
  bool timed_out;
};

/* Find what the operands name, or with --all and --list all that there is,
   and put it into J, each process once.  What does not exist is reported.
   Return 0 or the exit status.  */
int pjoin_find (struct pjoin *j);

/* Free the jobs of J.  */
void pjoin_forget (struct pjoin *j);

/* Wait as J->o says, and choose the jobs to be joined.  Return 0 or the errno
   value of what has made that impossible: of output, or of waiting.  */
int pjoin_wait (struct pjoin *j);

/* The state of JOB now, in one look.  JOB->lost tells whether its supervisor
   was killed.  */
enum pjoin_state pjoin_look (struct pjoin_job *job);

/* The exit status that JOB, which has ended, comes to.  */
int pjoin_job_status (struct pjoin_job const *job);

/* Get ready to write to standard output and error without waiting for them.
   A failure is reported and ends the program.  */
void pjoin_output_open (struct pjoin *j);

/* Write what JOB has kept since the last time, as much as is possible without
   waiting.  JOB->unread then tells whether there is more to be written at
   once.  Return 0 or the errno value of a failed write.  */
int pjoin_output_pass (struct pjoin_job *job);

/* Wait as mp_watch_wait does with J->watch.  Return 0; EINTR if a signal has
   come that ends pjoin_deliver; or another errno value.  */
int pjoin_output_wait (struct pjoin *j, int timeout);

/* Write all that the chosen jobs of J have kept, and release them, one after
   the other: whatever comes in between, no output is lost.  Return 0 or an
   errno value.  */
int pjoin_deliver (struct pjoin *j);

/* Report ERR, what one of the last three has returned, and end what
   pjoin_output_open has begun.  If a signal has come, end by it.  Return the
   exit status after a failure, else 0.  */
int pjoin_output_close (struct pjoin *j, int err);

/* The format of a line that --report and --list have by default.  */
extern char const pjoin_default_format[];

/* If FORMAT, of --report, has an unknown directive, say so and exit.  */
void pjoin_check_format (char const *format);

/* Write what J->o asks for about the chosen jobs of J.  */
void pjoin_report (struct pjoin const *j);

/* Write a line on how JOB has ended, or that it runs, to standard error.  */
void pjoin_tell (struct pjoin_job const *job);

#endif
