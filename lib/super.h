/* The supervisor: the parent of started processes, which keeps their output,
   their time and their end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SUPER_H
#define MP_SUPER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ending.h"
#include "job.h"
#include "monotime.h"
#include "records.h"
#include "watch.h"

/* What the supervisor tells who asked for a start, through a descriptor.  */
struct mp_start_reply
{
  int error;                    /* why it has not been started, or 0 */
  struct mp_procid id;
};

/* A supervisor.  Its users look at the first part only.  */
struct mp_super
{
  struct mp_watch watch;
  bool stopping;                /* SIGTERM: all are being ended */
  unsigned int n_running;       /* processes that have not ended */
  bool childless;               /* not even orphans are left */

  struct mp_records *records;
  struct mp_job *jobs;
  struct mp_ending *endings;
  struct mp_procid self;
  struct mp_procid guard;       /* for the records, to be set after
                                   mp_super_init; pid 0: none */
  bool single;                  /* all descendants belong to the one job */
  sigset_t mask;                /* while it waits */
};

/* Make the calling process, which has a single thread, the supervisor S of
   processes with records in R, which outlives it.  It adopts the orphans among
   its descendants and looks at SIGCHLD and SIGTERM from now on, while it
   waits; SIGHUP, SIGPIPE and SIGXFSZ are ignored.  SINGLE says that it starts
   one process only.  Return 0 or an errno value.  */
int mp_super_init (struct mp_super *s, struct mp_records *r, bool single);

void mp_super_free (struct mp_super *s);

/* Start what START says and write its record.  Tell how it went through the
   socket or pipe REPLY_FD, as a struct mp_start_reply; the process stays only
   if a byte is answered there: who was killed before has told nobody of it.
   REPLY_FD, START->rec and the descriptors in START, which are above 2, become
   S's in any case, and if the start fails the record is removed.
   Return 0 or an errno value, the one that was told.  */
int mp_super_start (struct mp_super *s, struct mp_start const *start,
                    int reply_fd);

/* Whether S has anything to do yet.  */
bool mp_super_busy (struct mp_super const *s);

/* Do what is due, and wait until something happens, but not after the time
   UNTIL (0: any time).  Return 0 or an errno value.  */
int mp_super_step (struct mp_super *s, mp_time until);

#endif
