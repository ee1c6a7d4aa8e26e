/* The executor of warm filters: commands that live on and answer each line
   with one line.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_FILTERS_H
#define MP_FILTERS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "binding.h"
#include "pool.h"

/* What filters do wrong.  */
enum mp_filter_fault
{
  MP_FILTER_TOO_MUCH,           /* wrote what answers no line */
  MP_FILTER_TOO_LITTLE,         /* ended and left a line unanswered, twice */
  MP_FILTER_FAILED,             /* answered everything, but did not succeed */
  MP_FILTER_FAULTS
};

/* How to run tasks.  Everything stays the caller's and outlives the
   executor.  */
struct mp_filters_options
{
  char const *file;             /* the program, resolved */
  char *const *argv;            /* its arguments, NULL-terminated */
  char const *initializer;      /* what a shell evaluates before it becomes the
                                   program, or null */
  char const *shell;            /* that shell, resolved; or null */
  char end;                     /* what ends a line */
  size_t chunk;                 /* lines given at once; 0: as they fit */
  size_t max_lines;             /* of a filter before it is replaced; 0: any */
  bool tag;                     /* put its line and a tab before each answer */
  unsigned int processes;       /* how many filters there will be; 0: unknown */
  struct mp_binding const *binding;     /* by which slots have CPUs of their
                                           own, or null */
  sigset_t const *mask;         /* the signal mask of the filters */
  sigset_t const *defaults;     /* signals that they have at their default */

  /* Null, or called with ARG: a filter was started in SLOT; it has done FAULT
     and, but for MP_FILTER_TOO_MUCH, ended with STATUS, as wait(2) tells.  */
  void (*started) (void *arg, unsigned int slot);
  void (*fault) (void *arg, enum mp_filter_fault fault, int status);
  void *arg;
};

/* Store in *EX an executor for tasks that are lines (see lib/lines.h), whose
   end is that of OPTIONS.  Each line is written to the standard input of one of
   several filters, and the line that this writes for it is the line's output.
   Filters have PMAP_SLOT in their environment.

   Lines are given ahead of the answers: more as long as the filter has read
   what it was given, whether it answers at once or keeps its answers in a
   buffer.  If it does the latter and can be given no more, its input is
   closed, so that it writes them; another takes its place.  If the last answer
   lacks its end and the filter exits with status 0, it gets one.

   The lines that a filter had read and not answered when it ended are given
   to others again, each alone; those that are not answered then, either, have
   failed: see the failures of the task's lines.  The status of a task of one
   line is that of its failure, 1 if the filter had exited with status 0.  A
   line whose time is over fails, too, and the filter is ended; the others that
   it had are as good as new.

   What filters write to standard error belongs to the task with the first line
   that was not answered; what comes when there is none, has an output of its
   own.

   The time of a line runs from when it is the first one that the filter has not
   answered, but not before its initializer is done.

   If the initializer fails, so does the run with ECANCELED, and the shell's
   status is in (*EX)->failed_status; what it has written was noted.  Its
   standard output is standard error.

   Return 0 or an errno value.  */
int mp_filters_new (struct mp_filters_options const *options,
                    struct mp_executor **ex);

/* Free EX, which is not used by a running pool any more.  */
void mp_filters_free (struct mp_executor *ex);

/* Store in *LINES and *BYTES how many lines, of at most so many bytes unless
   there is just one, the next task of EX should have, which has room for
   it.  */
void mp_filters_quota (struct mp_executor *ex, size_t *lines, size_t *bytes);

#endif
