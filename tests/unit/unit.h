/* What the unit tests share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include <check.h>

#define N_ENTRIES(array) ((int) (sizeof (array) / sizeof *(array)))

/* Two arguments or initializers: the bytes of the literal S, which may hold
   NULs, and how many they are.  */
#define BYTES(s) (s), sizeof (s) - 1

/* As ck_assert, which writes a record each time, but for long loops.  */
#define ENSURE(cond) ((cond) ? (void) 0 : ck_abort_msg ("%s", #cond))

/* Bytes that a test has collected.  All zero is none.  */
struct bytes
{
  char *data;
  size_t len;
  size_t allocated;
};

/* Append the LEN bytes at DATA to B.  */
void bytes_add (struct bytes *b, char const *data, size_t len);

/* Free what B holds and make it empty.  */
void bytes_free (struct bytes *b);

/* Check that B holds the LEN bytes at DATA; ABOUT tells what it is.  */
void bytes_expect (struct bytes const *b, char const *data, size_t len,
                   char const *about);

/* Return the next number, below N, of a sequence that starts anew with each
   SEED set by random_start.  The same on every machine.  */
void random_start (unsigned int seed);
unsigned int random_below (unsigned int n);

/* Make FD a pipe, both ends marked close-on-exec.  */
void open_pipe (int fd[2]);

/* Return a regular file, open for reading and writing, that has no name and
   holds the LEN bytes at DATA; the next byte read is its first.  */
int open_file (char const *data, size_t len);

/* Read what the pipe FD holds now, MAX bytes at most, into B, and close
   nothing.  Return whether there may be more later: false at the end.  */
bool read_now (int fd, struct bytes *b, size_t max);

/* Read the regular file FD from its start into B.  */
void read_file (int fd, struct bytes *b);

/* Say that the calling test cannot run here, and WHY: Check itself knows no
   skipped tests.  The test returns then.  */
#define unit_skip(why) unit_skip_test (__func__, why)
void unit_skip_test (char const *test, char const *why);

/* As tcase_create, but each test may take as long as it does on a slow and busy
   machine: Check's own limit is 4 s.  */
TCase *unit_tcase (char const *name);

/* Run SUITE and return main's exit status.  */
int run_suite (Suite *suite);

#endif
