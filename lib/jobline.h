/* The lines of a job log.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_JOBLINE_H
#define MP_JOBLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "digest.h"
#include "monotime.h"

/* A job log is text: a header, and then a line a record, of columns with a tab
   between any two.  The first nine, and what is in them, are those of GNU
   parallel's --joblog (parallel(1); version 20221122 was looked at), for the
   programs that read such logs:

   Seq         the number of the task, from 1
   Host        where it ran; ":" is this machine
   Starttime   when it began: seconds since the epoch, with three decimals
   JobRuntime  how long it took: seconds, with three decimals, in ten columns
   Send        bytes that were sent there
   Receive     bytes that came back
   Exitval     its exit status; 0 if a signal has ended it; -1 if its time was
               over, unless it has exited then with a status other than 0
   Signal      the signal that has ended it, or 0
   Command     what was run

   The rest is ours:

   Attempt     how often it was run, from 1
   Outcome     ok; exit: its exit status was not 0; signal; timeout: its time
               was over; error: it could not be run, and then Exitval is 125.
               This alone says whether the task has failed
   Map         digest of the command, without the items: 16 hexadecimal digits
   Item        digest of the task's items: 32 hexadecimal digits
   Again       1: an earlier record of the same Item told that it had failed,
               and this one takes its place; else 0

   No column holds a control character.  */

/* How long these can be, in bytes: a line with its newline; the text of
   Command, which is more than any command that can be run has (execve(2)), and
   of a longer one the rest is left out; and that of Host.  */
enum
{
  MP_JOBLINE_MAX = 8 * 1024 * 1024,
  MP_JOBLINE_COMMAND_MAX = MP_JOBLINE_MAX - 1024,
  MP_JOBLINE_HOST_MAX = 255
};

/* A record to be written.  Nothing is owned.  */
struct mp_jobline
{
  unsigned long long seq;       /* from 1 */
  char const *host;             /* null or "": this machine */
  struct timespec start;        /* when it began, by the real-time clock; zero
                                   if it did not */
  mp_time runtime;              /* how long it took, in nanoseconds */
  unsigned long long sent, received;    /* bytes */
  int status;                   /* how it ended, as wait(2) tells */
  bool timed_out;               /* its time was over, and it was ended */
  int error;                    /* why it could not be run: an errno value, or
                                   0 */
  unsigned int attempt;         /* from 1 */
  char const *command;          /* quoted as it is to be read; any control
                                   character is written as '?' */
  struct mp_key item;
  bool again;
};

/* What resuming needs of a record that was read.  */
struct mp_jobline_read
{
  bool ok;
  bool again;
  bool same_map;                /* Map is that which was asked for */
  struct mp_key item;
};

/* The header of GNU parallel's logs, and of ours, with their newlines.  */
#define MP_JOBLINE_PARALLEL_COLUMNS \
  "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"
#define MP_JOBLINE_PARALLEL_HEADER MP_JOBLINE_PARALLEL_COLUMNS "\n"
#define MP_JOBLINE_HEADER \
  MP_JOBLINE_PARALLEL_COLUMNS "\tAttempt\tOutcome\tMap\tItem\tAgain\n"

/* How many bytes the line of R takes at most.  */
size_t mp_jobline_size (struct mp_jobline const *r);

/* Write the line of R, with its newline and without a NUL byte, with MAP for
   Map, to BUF.  Return how many bytes that is.  */
size_t mp_jobline_format (struct mp_jobline const *r, struct mp_key const *map,
                          char *buf);

/* Read the LEN bytes at LINE, a line without its newline, into *R; MAP is what
   its Map is compared with.  Return whether it is a record.  */
bool mp_jobline_parse (char const *line, size_t len, struct mp_key const *map,
                       struct mp_jobline_read *r);

#endif
