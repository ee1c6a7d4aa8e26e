/* The end of started processes, with all that they have started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_ENDING_H
#define MP_ENDING_H

#include <stdbool.h>

#include "monotime.h"
#include "record.h"
#include "records.h"
#include "treeset.h"

/* Processes that a supervisor ends together: their trees are sent a signal,
   and what is left of them later, SIGKILL until nothing is.  Many at once cost
   about as much as one: that is why it is a set.  */
struct mp_ending
{
  struct mp_ending *next;       /* the caller's */
  struct mp_treeset set;        /* whom it is about */
  int signal;
  mp_time kill_after;
  bool begun;                   /* the signal was sent */
  bool over;                    /* there is nothing more to do */
  mp_time kill_at, give_up_at;  /* 0: not */
  mp_time look_at;              /* when to see what is left; 0: not */
};

/* Make an ending, to be freed with mp_ending_free, by SIGNAL, and by SIGKILL
   KILL_AFTER later (-1: never), and store it in *E.  The records are R; LEAVE
   and ARG are as in struct mp_treeset.  Return 0; ENOSYS if /proc does not show
   processes; or another errno value.  */
int mp_ending_new (struct mp_records *r, int signal, mp_time kill_after,
                   bool (*leave) (struct mp_member const *, void *arg),
                   void *arg, struct mp_ending **e);

/* Add the process of REC, which may have ended, to E, which has not begun.
   Return 0 or an errno value.  */
int mp_ending_add (struct mp_ending *e, struct mp_record *rec);

/* Some process of E may have ended.  */
void mp_ending_changed (struct mp_ending *e);

/* Do what is due for E at NOW.  Return when something will be: 0 never.  */
mp_time mp_ending_tend (struct mp_ending *e, mp_time now);

void mp_ending_free (struct mp_ending *e);

/* Store in *LEFT whether anything that the process of REC, which has ended, has
   started still runs.  R, LEAVE and ARG are as above.  Return 0 or an errno
   value.  */
int mp_ending_left (struct mp_records *r, struct mp_record *rec,
                    bool (*leave) (struct mp_member const *, void *arg),
                    void *arg, bool *left);

#endif
