/* Unit tests of items as lines, which warm filters get.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filters.h"
#include "items.h"
#include "lines.h"
#include "pool.h"
#include "shortage.h"
#include "unit.h"

/* Make N lines of TEXT, LEN bytes, whose lines end with END.  */
static struct mp_lines *
make_lines (char const *text, size_t len, size_t n, char end)
{
  char *copy = malloc (len);
  ENSURE (copy);
  memcpy (copy, text, len);
  struct mp_lines *l = mp_lines_new (copy, len, n, end);
  ENSURE (l);
  return l;
}

START_TEST (count)
{
  static struct { char const *text; size_t max, n, used; } const cases[] = {
    { "", 9, 0, 0 }, { "abc", 9, 0, 0 }, { "\n", 9, 1, 1 },
    { "a\nbc\nd", 9, 2, 5 }, { "a\nbc\nd", 2, 2, 5 },
    { "a\nbc\nd", 1, 1, 2 }, { "a\nbc\nd", 0, 0, 0 }, { "\n\n\n", 2, 2, 2 }
  };
  for (int i = 0; i < N_ENTRIES (cases); i++)
    {
      size_t used = 99;
      ENSURE (mp_lines_count (cases[i].text, strlen (cases[i].text), '\n',
                              cases[i].max, &used) == cases[i].n);
      ENSURE (used == cases[i].used);
    }
}
END_TEST

START_TEST (places)
{
  static char const *const line[] = { "one", "", "three", "4" };
  static size_t const place[] = { 0, 4, 5, 11, 13 };
  static char const ends[] = { '\n', '\0' };
  for (int e = 0; e < N_ENTRIES (ends); e++)
    {
      char text[] = "one_" "_" "three_" "4_";
      for (char *p = text; *p; p++)
        if (*p == '_')
          *p = '\1';
      size_t len = strlen (text);
      for (size_t i = 0; i < len; i++)
        if (text[i] == '\1')
          text[i] = ends[e];
      struct mp_lines *l = make_lines (text, len, 4, ends[e]);
      /* In any order.  */
      for (unsigned int i = 0; i < 100; i++)
        {
          size_t n = random_below (5);
          ENSURE (mp_lines_place (l, n) == place[n]);
          n = random_below (4);
          char const *data;
          ENSURE (mp_lines_get (l, n, &data) == strlen (line[n]));
          ENSURE (memcmp (data, line[n], strlen (line[n])) == 0);
        }
      for (size_t n = 0; n <= 4; n++)
        ENSURE (mp_lines_at (l, place[n]) == n);
      ENSURE (mp_lines_at (l, 3) == 0);
      ENSURE (mp_lines_at (l, 10) == 2);
      mp_lines_free (l);
    }
}
END_TEST

START_TEST (failures)
{
  struct mp_lines *l = make_lines (BYTES ("a\nb\nc\n"), 3, '\n');
  ENSURE (mp_lines_fail (l, 0, 7 << 8, false) == 0);
  shortage_after (0);
  ENSURE (mp_lines_fail (l, 1, 0, true) == ENOMEM);
  ENSURE (l->n_failures == 1);
  shortage_after (-1);
  ENSURE (mp_lines_fail (l, 2, 0, true) == 0);
  ENSURE (l->n_failures == 2);
  ENSURE (l->failure[0].line == 0 && l->failure[0].status == 7 << 8
          && !l->failure[0].timed_out);
  ENSURE (l->failure[1].line == 2 && l->failure[1].status == 0
          && l->failure[1].timed_out);
  mp_lines_free (l);
  mp_lines_free (NULL);

  char text[] = "a\n";
  shortage_after (0);
  ENSURE (!mp_lines_new (text, 2, 1, '\n'));
  shortage_after (-1);
}
END_TEST

/* What was read already is given in one piece, and the rest one by one.  */
START_TEST (more_items)
{
  struct mp_items r;
  struct mp_item item;
  char const *data;
  size_t len;
  int fd = open_file (BYTES ("one\ntwo\n\nfour\nfive"));
  ENSURE (mp_items_init (&r, fd, '\n') == 0);
  ENSURE (mp_items_more (&r, 9, 99, &data, &len) == 0 && len == 0);
  ENSURE (mp_items_next (&r, &item) == 0 && strcmp (item.data, "one") == 0);
  ENSURE (mp_items_more (&r, 9, 3, &data, &len) == 0 && len == 0);
  ENSURE (mp_items_more (&r, 1, 99, &data, &len) == 1);
  ENSURE (len == 4 && memcmp (data, "two\n", len) == 0);
  ENSURE (mp_items_more (&r, 9, 5, &data, &len) == 1);
  ENSURE (len == 1 && *data == '\n');
  ENSURE (mp_items_more (&r, 9, 99, &data, &len) == 1);
  ENSURE (len == 5 && memcmp (data, "four\n", len) == 0);
  ENSURE (mp_items_more (&r, 9, 99, &data, &len) == 0 && len == 0);
  ENSURE (mp_items_next (&r, &item) == 0 && strcmp (item.data, "five") == 0);
  ENSURE (mp_items_more (&r, 9, 99, &data, &len) == 0 && len == 0);
  ENSURE (mp_items_next (&r, &item) == 0 && !item.data);
  mp_items_free (&r);
  close (fd);
}
END_TEST

/* However short memory is, an executor is made or not, and nothing is lost.  */
START_TEST (shortage)
{
  static char name[] = "cat";
  char *argv[] = { name, NULL };
  sigset_t none;
  sigemptyset (&none);
  struct mp_filters_options const o = {
    .file = "/bin/cat", .argv = argv, .end = '\n', .initializer = ":",
    .shell = "/bin/sh", .mask = &none, .defaults = &none
  };
  int n = 0;
  for (;; n++)
    {
      struct mp_executor *ex;
      shortage_after (n);
      int err = mp_filters_new (&o, &ex);
      shortage_after (-1);
      if (!err)
        {
          mp_filters_free (ex);
          break;
        }
      ENSURE (err == ENOMEM);
    }
  ENSURE (3 <= n && n < 20);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("filters");
  TCase *t = tcase_create ("lines");
  tcase_add_test (t, count);
  tcase_add_test (t, places);
  tcase_add_test (t, failures);
  tcase_add_test (t, more_items);
  suite_add_tcase (s, t);

  t = tcase_create ("executor");
  tcase_add_test (t, shortage);
  suite_add_tcase (s, t);
  return run_suite (s);
}
