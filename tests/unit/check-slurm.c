/* Unit tests of what Slurm tells, of lists of hosts and of launchers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostlist.h"
#include "launch.h"
#include "shortage.h"
#include "slurm.h"
#include "unit.h"

enum { NODES_MAX = 6 };

static struct
{
  char const *text;
  int err;
  unsigned int cpus[NODES_MAX];
} const counts[] = {
  { "4", 0, { 4 } },
  { "72(x2),36", 0, { 72, 72, 36 } },
  { "24(x2),12,1(x1),8(x2)", 0, { 24, 24, 12, 1, 8, 8 } },
  { "1048576", 0, { 1048576 } },
  { "", EINVAL, { 0 } },
  { "0", EINVAL, { 0 } },
  { "4(x0)", EINVAL, { 0 } },
  { "4,", EINVAL, { 0 } },
  { ",4", EINVAL, { 0 } },
  { "4 ", EINVAL, { 0 } },
  { " 4", EINVAL, { 0 } },
  { "+4", EINVAL, { 0 } },
  { "-4", EINVAL, { 0 } },
  { "4(", EINVAL, { 0 } },
  { "4(x", EINVAL, { 0 } },
  { "4(x2", EINVAL, { 0 } },
  { "4(2)", EINVAL, { 0 } },
  { "4(x2)3", EINVAL, { 0 } },
  { "4(x2)(x2)", EINVAL, { 0 } },
  { "4(X2)", EINVAL, { 0 } },
  { "4;5", EINVAL, { 0 } },
  { "1048577", ERANGE, { 0 } },
  { "99999999999999999999", ERANGE, { 0 } },
  { "1(x1048577)", ERANGE, { 0 } },
  { "1(x1048576),1", ERANGE, { 0 } },
};

START_TEST (cpus)
{
  unsigned int *got = NULL;
  size_t n = 0, expected = 0;
  ck_assert_int_eq (mp_slurm_parse_cpus (counts[_i].text, &got, &n),
                    counts[_i].err);
  for (; expected < NODES_MAX && counts[_i].cpus[expected]; expected++)
    if (expected < n)
      ck_assert_uint_eq (got[expected], counts[_i].cpus[expected]);
  ck_assert_uint_eq (n, expected);
  ck_assert_int_eq (got != NULL, !counts[_i].err);
  free (got);
}
END_TEST

static struct
{
  char const *text, *name;      /* null: no host */
  unsigned int slots;
} const hosts[] = {
  { "a", "a", 0 },
  { "4/a.b", "a.b", 4 },
  { " \t2/user@host\r", "user@host", 2 },
  { "1/a/b", "a/b", 1 },
  { "2000000000/a", "a", 2000000000 },
  { "", NULL, 0 },
  { " ", NULL, 0 },
  { "4/", NULL, 0 },
  { "/a", NULL, 0 },
  { "0/a", NULL, 0 },
  { "x/a", NULL, 0 },
  { "-1/a", NULL, 0 },
  { "99999999999/a", NULL, 0 },
  { "-oProxyCommand=x", NULL, 0 },
  { "2/-x", NULL, 0 },
  { "a b", NULL, 0 },
  { "a\nb", NULL, 0 },
  { "a\033b", NULL, 0 },
  { "a\177", NULL, 0 },
};

START_TEST (host)
{
  struct mp_hostlist l = { .entry = NULL };
  char const *text = hosts[_i].text;
  int err = mp_hostlist_add (&l, text, strlen (text));
  ck_assert_int_eq (err, hosts[_i].name ? 0 : EINVAL);
  ck_assert_uint_eq (l.n, hosts[_i].name ? 1 : 0);
  if (l.n)
    {
      ck_assert_str_eq (l.entry[0].name, hosts[_i].name);
      ck_assert_uint_eq (l.entry[0].slots, hosts[_i].slots);
    }
  mp_hostlist_free (&l);
}
END_TEST

START_TEST (several_hosts)
{
  struct mp_hostlist l = { .entry = NULL };
  ck_assert_int_eq (mp_hostlist_add (&l, "a,b", 1), 0);
  ck_assert_int_eq (mp_hostlist_add (&l, "-", 1), EINVAL);
  ck_assert_int_eq (mp_hostlist_add (&l, "3/a", 3), 0);
  ck_assert_uint_eq (l.n, 2);
  ck_assert_str_eq (l.entry[0].name, "a");
  ck_assert_str_eq (l.entry[1].name, "a");
  ck_assert_uint_eq (l.entry[1].slots, 3);
  mp_hostlist_free (&l);
  ck_assert_uint_eq (l.n, 0);
}
END_TEST

enum { WORDS_MAX = 5 };

static struct
{
  char const *text, *host;
  char const *word[WORDS_MAX];
} const splits[] = {
  { "", "h", { NULL } },
  { " \t\n", "h", { NULL } },
  { "ssh -T {host}", "h", { "ssh", "-T", "h" } },
  { "  a\t b\n", "h", { "a", "b" } },
  { "x{host}y{host}", "hh", { "xhhyhh" } },
  { "{host}", "", { "" } },
  { "{host} z", "a b {host}", { "a b {host}", "z" } },
  { "{host", "h", { "{host" } },
  { "{{host}}", "h", { "{h}" } },
  { "{ho st}", "h", { "{ho", "st}" } },
  { "{host}", NULL, { "{host}" } },
  { "'a b' \"$c\" *", "h", { "'a", "b'", "\"$c\"", "*" } },
};

START_TEST (split)
{
  struct mp_words w = { .word = NULL };
  size_t n = 0;
  ck_assert_int_eq (mp_words_split (&w, splits[_i].text, splits[_i].host), 0);
  for (; n < WORDS_MAX && splits[_i].word[n]; n++)
    {
      ck_assert_uint_lt (n, w.n);
      ck_assert_str_eq (w.word[n], splits[_i].word[n]);
    }
  ck_assert_uint_eq (w.n, n);
  if (n)
    ck_assert_ptr_null (w.word[n]);
  mp_words_free (&w);
}
END_TEST

START_TEST (join)
{
  struct mp_words w = { .word = NULL }, all = { .word = NULL };
  ck_assert_int_eq (mp_words_split (&w, "a {host}", "b c"), 0);
  ck_assert_int_eq (mp_words_add (&all, "{host} d"), 0);
  ck_assert_int_eq (mp_words_add_all (&all, &w), 0);
  ck_assert_uint_eq (all.n, 3);
  ck_assert_str_eq (all.word[0], "{host} d");
  ck_assert_str_eq (all.word[2], "b c");
  ck_assert_ptr_null (all.word[3]);
  mp_words_free (&w);
  mp_words_free (&all);
}
END_TEST

START_TEST (for_shell)
{
  static struct { char const *launcher; bool shell; } const cases[] = {
    { "ssh h", true }, { "/usr/bin/ssh h", true }, { "rsh h", true },
    { "docker exec -i h", false }, { "ssh/x", false }, { "xssh", false },
    { "", false }
  };
  for (int i = 0; i < N_ENTRIES (cases); i++)
    {
      struct mp_words w = { .word = NULL };
      ck_assert_int_eq (mp_words_split (&w, cases[i].launcher, NULL), 0);
      ck_assert_int_eq (mp_words_for_shell (&w), cases[i].shell);
      mp_words_free (&w);
    }
}
END_TEST

START_TEST (no_memory)
{
  struct mp_words w = { .word = NULL };
  struct mp_hostlist l = { .entry = NULL };
  unsigned int *got = NULL;
  size_t count;
  shortage_after (0);
  int cpus_err = mp_slurm_parse_cpus ("4", &got, &count);
  int host_err = mp_hostlist_add (&l, "a", 1);
  int split_err = mp_words_split (&w, "a", NULL);
  int add_err = mp_words_add (&w, "a");
  shortage_after (-1);
  ck_assert_int_eq (cpus_err, ENOMEM);
  ck_assert_ptr_null (got);
  ck_assert_int_eq (host_err, ENOMEM);
  ck_assert_int_eq (split_err, ENOMEM);
  ck_assert_int_eq (add_err, ENOMEM);
  ck_assert_uint_eq (w.n, 0);
  ck_assert_uint_eq (l.n, 0);
  mp_words_free (&w);
  mp_hostlist_free (&l);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("slurm");
  TCase *t = unit_tcase ("slurm");
  tcase_add_loop_test (t, cpus, 0, N_ENTRIES (counts));
  tcase_add_loop_test (t, host, 0, N_ENTRIES (hosts));
  tcase_add_test (t, several_hosts);
  tcase_add_loop_test (t, split, 0, N_ENTRIES (splits));
  tcase_add_test (t, join);
  tcase_add_test (t, for_shell);
  tcase_add_test (t, no_memory);
  suite_add_tcase (s, t);
  return run_suite (s);
}
