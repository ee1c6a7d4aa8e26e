/* Items as lines of one text, and how far they were dealt with.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LINES_H
#define MP_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* A line that failed.  */
struct mp_line_failure
{
  size_t line;                  /* its number, from 0 */
  int status;                   /* how its worker ended, as wait(2) tells */
  bool timed_out;               /* its time was over, and that ended it */
};

/* Lines.  Their numbers count from 0.  */
struct mp_lines
{
  char *text;                   /* owned; each line with the byte END */
  size_t len;
  size_t n;
  char end;

  /* Kept by whoever deals with them.  */
  size_t done;                  /* that many have an outcome */
  size_t given, given_len;      /* that many, and so many bytes of the text,
                                   a worker has got or is to get */
  size_t suspects;              /* those before this number, but for the ones
                                   that are done, have had a first attempt */
  struct mp_task *next;         /* in its worker's queue */
  struct mp_line_failure *failure;      /* in the order of lines, owned */
  size_t n_failures;

  /* Private.  */
  size_t place_line, place;     /* a line, and where it begins */
};

/* Make lines of the LEN bytes at TEXT, from malloc, which become theirs: N
   lines, at least one, each ended by END.  Return null if memory is
   exhausted; TEXT stays the caller's then.  */
struct mp_lines *mp_lines_new (char *text, size_t len, size_t n, char end);

/* Forget what was dealt with: no line of L has an outcome, nor was given to
   anyone.  */
void mp_lines_restart (struct mp_lines *l);

/* Free L, which may be null.  */
void mp_lines_free (struct mp_lines *l);

/* Where the line number LINE of L begins in its text; for the number of lines,
   where it ends.  Cheap if LINE is not less than that of the last call.  */
size_t mp_lines_place (struct mp_lines *l, size_t line);

/* The number of the line of L in which the byte at PLACE of its text is.  */
size_t mp_lines_at (struct mp_lines *l, size_t place);

/* Find the line number LINE of L: store where it is in *DATA and return its
   length without END.  */
size_t mp_lines_get (struct mp_lines *l, size_t line, char const **data);

/* Note that the line number LINE of L, none before the last one noted, has
   failed.  Return 0 or ENOMEM.  */
int mp_lines_fail (struct mp_lines *l, size_t line, int status,
                   bool timed_out);

/* Find the end of as many lines as there are in the LEN bytes at DATA, MAX at
   most, each ended by END: return how many, and store in *USED how many bytes
   they have.  */
size_t mp_lines_count (char const *data, size_t len, char end, size_t max,
                       size_t *used);

#endif
