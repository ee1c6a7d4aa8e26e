/* A started process, as its supervisor has it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_JOB_H
#define MP_JOB_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "keep.h"
#include "monotime.h"
#include "records.h"
#include "startenv.h"
#include "watch.h"

/* How often an owner is looked at where there are no pidfds.  */
enum { MP_JOB_LOOK_AGAIN = 100 * MP_MILLISECOND };

/* What to start.  Everything stays the caller's but REC and the descriptors,
   and is not needed after the start.  */
struct mp_start
{
  struct mp_record *rec;        /* created, and not written yet */
  char const *file;             /* the program, resolved: has a slash */
  char *const *argv;
  char *const *envp;            /* less the variables that are set here */
  char const *parent;           /* MPUTILS_PARENT, or null */
  int fd[3];                    /* its 0, 1, 2: above 2; -1 for an output
                                   that is to be kept */
  int cwd;                      /* descriptor of its folder, or -1: ours */
  mode_t umask;
  int (*in_child) (void *arg);  /* see struct mp_spawn; or null */
  void *arg;
  char const *method;           /* for the record */
  char const *command;          /* for the record: quoted for a shell */
  bool daemon;                  /* end it when OWNER ends */
  struct mp_procid owner;
  mp_time timeout;              /* end it after that; 0: never */
  int signal;                   /* by this signal, and */
  mp_time kill_after;           /* by SIGKILL so much later; -1: never */
  char const *on_exit;          /* a script to run at its end, or null */
  uintmax_t keep_max;           /* bytes of each stream to be kept */
  sigset_t const *mask;         /* its signal mask */
  sigset_t const *defaults;     /* the signals that it has at their default */
};

/* A stream of a job.  */
struct mp_job_stream
{
  struct mp_source source;      /* must come first; fd -1: closed */
  struct mp_job *job;
  struct mp_keep keep;
  bool kept;                    /* this stream is to be kept */
};

/* What became of a job.  */
enum mp_job_state
{
  MP_JOB_RUNS,
  MP_JOB_CALLS_BACK,               /* it has ended, and its script runs */
  MP_JOB_ENDED
};

/* A descriptor of a job.  */
struct mp_job_source
{
  struct mp_source source;      /* must come first */
  struct mp_job *job;
};

struct mp_super;

/* A process that was started, or is about to be.  */
struct mp_job
{
  struct mp_job *next;          /* the caller's, like */
  struct mp_super *super;
  struct mp_watch *watch;
  struct mp_records *records;
  struct mp_record *rec;
  enum mp_job_state state;
  pid_t pid;                    /* of the process, then of the script */
  struct mp_job_stream stream[MP_KEEP_STREAMS];
  struct mp_job_source asker;   /* who asked for it: a byte or the end */
  struct mp_job_source owner;
  mp_time look_at;              /* when to look at the owner; 0: not at all */
  int signal;
  mp_time kill_after;
  mp_time deadline;             /* 0: none */
  bool terminating;             /* it was sent SIGNAL */
  bool abandoned;               /* nobody knows of it: leave no trace */
  mp_time kill_at;              /* without an ending: when to send SIGKILL;
                                   0: not */
  bool has_left;                /* it has ended, and its orphans may have to
                                   end with its owner */
  char *on_exit;
  int cwd;                      /* for ON_EXIT, or -1, like */
  mode_t umask;
  struct mp_startenv env;
};

/* Prepare a job for START, whose asker is at REPLY_FD; it is watched by W, and
   its record is one of R.  The caller sets what is done when asker or owner is
   ready, and the supervisor in the record.  Return null if there is no
   memory.  */
struct mp_job *mp_job_new (struct mp_watch *w, struct mp_records *r,
                           struct mp_start const *start, int reply_fd);

/* Start JOB as START, which it was prepared for, says.  Return 0 or an errno
   value; if its process runs then, JOB->pid is not 0.  */
int mp_job_start (struct mp_job *job, struct mp_start const *start);

/* Keep what JOB, whose process has ended, has left in its pipes.  */
void mp_job_drain (struct mp_job *job);

/* Start the script that JOB has for its end.  Return whether it runs; if it
   cannot be started, JOB's record has the reason.  */
bool mp_job_call_back (struct mp_job *job);

/* Write how JOB has ended, or if nobody knows of it, remove its record.  */
void mp_job_write_status (struct mp_job *job);

void mp_job_free (struct mp_job *job);

#endif
