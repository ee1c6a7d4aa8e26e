/* Unit tests of what warm shells are told and tell, and of spools.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"
#include "shellcode.h"
#include "spool.h"
#include "unit.h"

/* Make the mark for the status WORD in TEXT.  */
static size_t
make_mark (struct mp_shellcode const *c, char const *word, char *text)
{
  return sprintf (text, "\036%s %s\n", c->secret, word);
}

START_TEST (marks)
{
  static struct { char const *word; int status; } const cases[] = {
    { "0", 0 }, { "7", 7 }, { "255", 255 }, { "r", -1 },
    /* As some shells tell of SIGKILL.  */
    { "265", 128 + 9 }
  };
  struct mp_shellcode c;
  ENSURE (mp_shellcode_init (&c) == 0);
  ENSURE (strlen (c.secret) == MP_SHELLCODE_SECRET);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char text[2 * MP_SHELLCODE_MARK_MAX];
      size_t used = 0;
      int status = 1000;
      size_t len = make_mark (&c, cases[i].word, text);
      ENSURE (len <= MP_SHELLCODE_MARK_MAX);
      for (size_t n = 1; n < len; n++)
        ENSURE (mp_shellcode_mark (&c, text, n, &used, &status)
                == MP_SHELLCODE_PART);
      strcpy (text + len, "more");
      for (size_t n = len; n <= len + 4; n++)
        {
          ENSURE (mp_shellcode_mark (&c, text, n, &used, &status)
                  == MP_SHELLCODE_MARK);
          ENSURE (used == len);
          ENSURE (status == cases[i].status);
        }
      /* With any other byte in it, it is none.  */
      for (size_t n = 0; n < len; n++)
        {
          char good = text[n];
          text[n] = '\001';
          ENSURE (mp_shellcode_mark (&c, text, len, &used, &status)
                  == MP_SHELLCODE_NO_MARK);
          text[n] = good;
        }
    }
  mp_shellcode_free (&c);
}
END_TEST

START_TEST (endless_mark)
{
  struct mp_shellcode c;
  char text[MP_SHELLCODE_MARK_MAX];
  size_t used;
  int status;
  ENSURE (mp_shellcode_init (&c) == 0);
  memset (text, '1', sizeof text);
  text[0] = '\036';
  memcpy (text + 1, c.secret, MP_SHELLCODE_SECRET);
  text[1 + MP_SHELLCODE_SECRET] = ' ';
  ENSURE (mp_shellcode_mark (&c, text, sizeof text, &used, &status)
          == MP_SHELLCODE_NO_MARK);
  mp_shellcode_free (&c);
}
END_TEST

START_TEST (secrets)
{
  struct mp_shellcode a, b;
  ENSURE (mp_shellcode_init (&a) == 0);
  ENSURE (mp_shellcode_init (&b) == 0);
  ENSURE (strcmp (a.secret, b.secret) != 0);
  mp_shellcode_free (&a);
  mp_shellcode_free (&b);
}
END_TEST

START_TEST (task_code)
{
  static char item[] = "it's '";
  struct mp_shellcode c;
  char *store;
  unsigned int attempt = 1;
  ENSURE (mp_shellcode_init (&c) == 0);
  struct mp_task *task = mp_task_new (1, sizeof item, &store);
  ENSURE (task);
  memcpy (store, item, sizeof item);
  task->item[0] = (struct mp_item) { store, sizeof item - 1 };
  task->index = 12;
  for (int i = 0; i < 3; i++)
    {
      char expected[200];
      /* The attempt is told when it changes.  */
      task->attempt = i ? 2 : 1;
      sprintf (expected, "PMAP_INDEX=12%s PMAP_ITEM='it'\\''s '\\''';"
               "__pmap_task 'it'\\''s '\\'''\n__pmap_end $?\n",
               i == 1 ? " PMAP_ATTEMPT=2" : "");
      ENSURE (mp_shellcode_task (&c, task, NULL, &attempt) == 0);
      ENSURE (c.length == strlen (expected));
      ENSURE (memcmp (c.text, expected, c.length) == 0);
    }
  free (task);
  mp_shellcode_free (&c);
}
END_TEST

/* Read all of FD, of which LEN bytes are to be there, all of them BYTE.  */
static void
expect_bytes (int fd, size_t len, char byte)
{
  char buf[4096];
  ssize_t n;
  size_t sum = 0;
  while ((n = read (fd, buf, sizeof buf)) > 0)
    {
      for (ssize_t i = 0; i < n; i++)
        ENSURE (buf[i] == byte);
      sum += n;
    }
  ENSURE (n == 0);
  ENSURE (sum == len);
}

START_TEST (spool)
{
  static size_t const limits[] = { 0, 100, 10000, SIZE_MAX };
  static char data[5000];
  memset (data, 'x', sizeof data);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    {
      struct mp_budget budget = { .limit = limits[i] };
      struct mp_spool s = { .fd = -1 };
      int fd;
      for (int k = 0; k < 4; k++)
        ENSURE (mp_spool_add (&s, &budget, data, sizeof data) == 0);
      /* What does not fit is in a file, with all that came before.  */
      ENSURE ((s.fd < 0) == (limits[i] == SIZE_MAX));
      if (0 <= s.fd)
        ENSURE (budget.used == 0);
      ENSURE (mp_spool_open (&s, &budget, &fd) == 0);
      ENSURE (budget.used == 0);
      expect_bytes (fd, 4 * sizeof data, 'x');
      mp_spool_clear (&s, &budget);
      ENSURE (s.fd < 0);
    }
}
END_TEST

START_TEST (empty_spool)
{
  struct mp_budget budget = { .limit = 100 };
  struct mp_spool s = { .fd = -1 };
  int fd;
  ENSURE (mp_spool_open (&s, &budget, &fd) == 0);
  expect_bytes (fd, 0, 'x');
  mp_spool_clear (&s, &budget);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("shells");
  TCase *t = unit_tcase ("code");
  tcase_add_test (t, marks);
  tcase_add_test (t, endless_mark);
  tcase_add_test (t, secrets);
  tcase_add_test (t, task_code);
  suite_add_tcase (s, t);

  t = unit_tcase ("spool");
  tcase_add_test (t, spool);
  tcase_add_test (t, empty_spool);
  suite_add_tcase (s, t);
  return run_suite (s);
}
