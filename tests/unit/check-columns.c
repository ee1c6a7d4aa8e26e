/* Unit tests of columns and of random orders.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "shortage.h"
#include "shuffle.h"
#include "unit.h"

enum { VALUES_MAX = 6 };

/* Items, a separator, and the values.  */
static struct
{
  char const *item[VALUES_MAX];
  char const *separator;
  char const *value[VALUES_MAX];
} const walks[] = {
  { { "a,b" }, ",", { "a", "b" } },
  { { "" }, ",", { "" } },
  { { "," }, ",", { "", "" } },
  { { ",a,,b," }, ",", { "", "a", "", "b", "" } },
  { { "a,b", "", "c,d" }, ",", { "a", "b", "", "c", "d" } },
  { { "a,b" }, "", { "a,b" } },
  { { "a,b", "c" }, "", { "a,b", "c" } },
  { { "aXXXb" }, "XX", { "a", "Xb" } },
  { { "XX" }, "XX", { "", "" } },
  { { "X" }, "XX", { "X" } },
  { { "\n\377a" }, "\377", { "\n", "a" } },
  { { NULL }, ",", { NULL } },
};

/* Make the texts TEXT, VALUES_MAX at most, ITEM; return how many.  */
static size_t
make_items (char const *const *text, struct mp_item *item)
{
  size_t n = 0;
  for (; n < VALUES_MAX && text[n]; n++)
    item[n] = (struct mp_item) { (char *) text[n], strlen (text[n]) };
  return n;
}

/* Whether A and B are the same.  */
static bool
same (struct mp_item const *a, struct mp_item const *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len) == 0;
}

START_TEST (walk)
{
  struct mp_item item[VALUES_MAX], expected[VALUES_MAX], value;
  size_t n = make_items (walks[_i].item, item);
  size_t n_values = make_items (walks[_i].value, expected);
  struct mp_columns const c = {
    .width = n, .separator = walks[_i].separator,
    .separator_len = strlen (walks[_i].separator) };
  struct mp_column_walk w = mp_columns_walk (&c, item, n);
  for (size_t i = 0; i < n_values; i++)
    {
      ck_assert (mp_columns_next (&w, &value));
      ck_assert (same (&value, &expected[i]));
      ck_assert (mp_columns_at (&c, item, n, i + 1, &value));
      ck_assert (same (&value, &expected[i]));
      ck_assert (mp_columns_at (&c, item, n, (long) i - (long) n_values,
                                &value));
      ck_assert (same (&value, &expected[i]));
    }
  ck_assert (!mp_columns_next (&w, &value));
  ck_assert (!mp_columns_at (&c, item, n, 0, &value));
  ck_assert (!mp_columns_at (&c, item, n, n_values + 1, &value));
  ck_assert (!mp_columns_at (&c, item, n, -1 - (long) n_values, &value));
  ck_assert (!mp_columns_at (&c, item, n, LONG_MAX, &value));
  ck_assert (!mp_columns_at (&c, item, n, LONG_MIN, &value));
}
END_TEST

START_TEST (no_columns)
{
  struct mp_item const item[] = { { (char *) "a,b", 3 }, { (char *) "", 0 } };
  struct mp_item value;
  struct mp_column_walk w = mp_columns_walk (NULL, item, 2);
  ck_assert (mp_columns_next (&w, &value) && same (&value, &item[0]));
  ck_assert (mp_columns_next (&w, &value) && same (&value, &item[1]));
  ck_assert (!mp_columns_next (&w, &value));
  ck_assert (mp_columns_at (NULL, item, 2, -2, &value)
             && same (&value, &item[0]));
  ck_assert (!mp_columns_at (NULL, item, 2, 3, &value));
}
END_TEST

/* The header TEXT.  */
static struct mp_item
header (char const *text)
{
  return (struct mp_item) { (char *) text, strlen (text) };
}

START_TEST (names)
{
  struct mp_columns c = { .width = 2, .separator = ",", .separator_len = 1 };
  struct mp_item twice;
  struct mp_item h = header ("one,two words");
  ck_assert_int_eq (mp_columns_name (&c, 0, &h, &twice), 0);
  h = header ("x");
  ck_assert_int_eq (mp_columns_name (&c, 1, &h, &twice), 0);
  struct mp_column_name const *name = mp_columns_find (&c, "two words,", 9);
  ck_assert_ptr_nonnull (name);
  ck_assert_uint_eq (name->item, 0);
  ck_assert_uint_eq (name->column, 1);
  name = mp_columns_find (&c, "x", 1);
  ck_assert_ptr_nonnull (name);
  ck_assert_uint_eq (name->item, 1);
  ck_assert_uint_eq (name->column, 0);
  ck_assert_ptr_null (mp_columns_find (&c, "on", 2));
  ck_assert_ptr_null (mp_columns_find (&c, "", 0));
  h = header ("y,one,z");
  ck_assert_int_eq (mp_columns_name (&c, 1, &h, &twice), EEXIST);
  ck_assert_uint_eq (twice.len, 3);
  ck_assert_mem_eq (twice.data, "one", 3);
  char const *const empty[] = { "", "p,", ",q", "r,,s" };
  for (int i = 0; i < N_ENTRIES (empty); i++)
    {
      h = header (empty[i]);
      ck_assert_int_eq (mp_columns_name (&c, 1, &h, &twice), EINVAL);
    }
  mp_columns_free (&c);
  ck_assert_ptr_null (mp_columns_find (&c, "x", 1));
}
END_TEST

/* Whichever allocation fails: ENOMEM, and nothing is lost.  */
START_TEST (names_no_memory)
{
  int err = ENOMEM;
  for (int n = 0; err; n++)
    {
      struct mp_columns c = { .width = 1, .separator = ",",
                              .separator_len = 1 };
      struct mp_item twice;
      struct mp_item const h = header ("a,b,c");
      shortage_after (n);
      err = mp_columns_name (&c, 0, &h, &twice);
      shortage_after (-1);
      ck_assert (err == 0 || err == ENOMEM);
      ck_assert_int_eq (err == 0, c.n_names == 3);
      ck_assert_int_le (n, 6);
      mp_columns_free (&c);
    }
}
END_TEST

/* The first numbers for two seeds, as published with the generator's code in
   many languages.  */
START_TEST (generator)
{
  static uint64_t const first[] = {
    6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
    4593380528125082431U, 16408922859458223821U };
  uint64_t state = 1234567;
  for (int i = 0; i < N_ENTRIES (first); i++)
    ck_assert (mp_shuffle_random (&state) == first[i]);
  state = 0;
  ck_assert (mp_shuffle_random (&state) == 0xe220a8397b1dcdafU);
}
END_TEST

/* Every number stays, and all orders of three come about as often.  */
START_TEST (orders)
{
  enum { ROUNDS = 60000 };
  int count[27] = { 0 };
  for (int seed = 0; seed < ROUNDS; seed++)
    {
      size_t place[] = { 0, 1, 2 };
      mp_shuffle (place, 3, seed);
      ck_assert_uint_eq ((1 << place[0]) | (1 << place[1]) | (1 << place[2]),
                         7);
      count[9 * place[0] + 3 * place[1] + place[2]]++;
    }
  int seen = 0;
  for (int i = 0; i < N_ENTRIES (count); i++)
    if (count[i])
      {
        seen++;
        ck_assert_int_gt (count[i], ROUNDS / 6 * 95 / 100);
        ck_assert_int_lt (count[i], ROUNDS / 6 * 105 / 100);
      }
  ck_assert_int_eq (seen, 6);
  mp_shuffle (NULL, 0, 1);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("columns");
  TCase *t = unit_tcase ("columns");
  tcase_add_loop_test (t, walk, 0, N_ENTRIES (walks));
  tcase_add_test (t, no_columns);
  tcase_add_test (t, names);
  tcase_add_test (t, names_no_memory);
  suite_add_tcase (s, t);

  t = unit_tcase ("shuffle");
  tcase_add_test (t, generator);
  tcase_add_test (t, orders);
  suite_add_tcase (s, t);
  return run_suite (s);
}
