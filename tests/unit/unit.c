/* What the unit tests share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minmax.h"

void
bytes_add (struct bytes *b, char const *data, size_t len)
{
  if (b->allocated - b->len < len)
    {
      b->allocated = MAX (2 * b->allocated, b->len + len);
      b->data = realloc (b->data, b->allocated);
      ENSURE (b->data);
    }
  if (len)
    memcpy (b->data + b->len, data, len);
  b->len += len;
}

void
bytes_free (struct bytes *b)
{
  free (b->data);
  *b = (struct bytes) { 0 };
}

void
bytes_expect (struct bytes const *b, char const *data, size_t len,
              char const *about)
{
  size_t i = 0;
  while (i < MIN (b->len, len) && b->data[i] == data[i])
    i++;
  ck_assert_msg (i == len && i == b->len,
                 "%s: %zu bytes in place of %zu, different from byte %zu on:"
                 " '%.*s'", about, b->len, len, i,
                 (int) MIN (b->len - i, 40), b->data ? b->data + i : "");
}

static uint32_t random_state;

void
random_start (unsigned int seed)
{
  random_state = seed;
}

unsigned int
random_below (unsigned int n)
{
  /* A linear congruential generator; its upper bits are random enough.  */
  random_state = random_state * UINT32_C (1664525) + UINT32_C (1013904223);
  return (unsigned int) (((uint64_t) random_state * n) >> 32);
}

void
open_pipe (int fd[2])
{
  ck_assert_int_eq (pipe2 (fd, O_CLOEXEC), 0);
}

int
open_file (char const *data, size_t len)
{
  FILE *f = tmpfile ();
  ck_assert_ptr_nonnull (f);
  ck_assert_uint_eq (fwrite (data, 1, len, f), len);
  ck_assert_int_eq (fflush (f), 0);
  int fd = fcntl (fileno (f), F_DUPFD_CLOEXEC, 3);
  ck_assert_int_ge (fd, 3);
  ck_assert_int_eq (fclose (f), 0);
  ck_assert_int_eq (lseek (fd, 0, SEEK_SET), 0);
  return fd;
}

bool
read_now (int fd, struct bytes *b, size_t max)
{
  while (max > 0)
    {
      char buffer[4096];
      struct pollfd p = { .fd = fd, .events = POLLIN };
      if (poll (&p, 1, 0) == 0)
        return true;
      ssize_t n = read (fd, buffer, MIN (max, sizeof buffer));
      ENSURE (n >= 0);
      if (n == 0)
        return false;
      bytes_add (b, buffer, n);
      max -= n;
    }
  return true;
}

void
read_file (int fd, struct bytes *b)
{
  char buffer[4096];
  ssize_t n;
  for (off_t at = b->len; (n = pread (fd, buffer, sizeof buffer, at)) > 0; )
    {
      bytes_add (b, buffer, n);
      at += n;
    }
  ck_assert_int_eq (n, 0);
}

void
unit_skip_test (char const *test, char const *why)
{
  printf ("%s: skipped: %s\n", test, why);
  fflush (stdout);
}

TCase *
unit_tcase (char const *name)
{
  enum { SECONDS = 300 };
  TCase *t = tcase_create (name);
  tcase_set_timeout (t, SECONDS);
  return t;
}

int
run_suite (Suite *suite)
{
  SRunner *r = srunner_create (suite);
  srunner_run_all (r, CK_NORMAL);
  int failed = srunner_ntests_failed (r);
  srunner_free (r);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
