/* Unit tests of rates.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "rate.h"
#include "unit.h"

#define SECOND (1000LL * MP_MILLISECOND)

/* Check that R, at the second NOW and with WIDTH pieces at a time, has a rate
   from LEAST to MOST.  */
static void
expect_rate (struct mp_rate const *r, double now, unsigned int width,
             double least, double most)
{
  double rate = mp_rate_get (r, now * SECOND, width);
  ck_assert_double_ge (rate, least);
  ck_assert_double_le (rate, most);
}

/* Check that REST more will take SECONDS, to a hundredth of a second; -1: there
   is no ground to tell.  */
static void
expect_left (struct mp_rate const *r, double now, unsigned int width,
             unsigned long long rest, double seconds)
{
  mp_time left = mp_rate_left (r, now * SECOND, width, rest);
  if (seconds < 0)
    ck_assert_int_eq (left, -1);
  else
    ck_assert_double_eq_tol (left / (double) SECOND, seconds, 0.01);
}

/* Thousands a second, and a change of speed, which is forgotten after half a
   minute.  */
START_TEST (fast)
{
  struct mp_rate r = { 0 };
  unsigned long long done = 0;
  mp_rate_start (&r, 0);
  for (int i = 1; i <= 6000; i++)
    mp_rate_note (&r, i * 10LL * MP_MILLISECOND, done += 50);
  expect_rate (&r, 60, 4, 4900, 5100);
  for (int i = 1; i <= 1500; i++)
    mp_rate_note (&r, 60 * SECOND + i * 10LL * MP_MILLISECOND, done += 10);
  expect_rate (&r, 75, 4, 2800, 3200);
  for (int i = 1501; i <= 3500; i++)
    mp_rate_note (&r, 60 * SECOND + i * 10LL * MP_MILLISECOND, done += 10);
  expect_rate (&r, 95, 4, 950, 1050);
}
END_TEST

/* Tasks of a minute, four of which end together.  */
START_TEST (slow)
{
  struct mp_rate r = { 0 };
  mp_rate_start (&r, 0);
  expect_left (&r, 59, 4, 20, -1);
  for (int i = 1; i <= 4; i++)
    mp_rate_note (&r, 60 * SECOND + i * 1LL * MP_MILLISECOND, i);
  expect_rate (&r, 60.1, 4, 4 / 60.1, 4 / 59.9);
  expect_rate (&r, 119, 4, 4 / 60.1, 4 / 59.9);
  expect_left (&r, 90, 4, 16, 210.02);
  for (int i = 5; i <= 8; i++)
    mp_rate_note (&r, 120 * SECOND, i);
  expect_rate (&r, 150, 4, 4 / 60.1, 4 / 59.9);
  /* One that is late makes it slower, and what is left longer.  */
  expect_rate (&r, 240, 4, 8 / 180.1, 8 / 179.9);
}
END_TEST

/* No ground: too early, or too few.  */
START_TEST (ground)
{
  struct mp_rate r = { 0 };
  expect_rate (&r, 1, 1, 0, 0);
  mp_rate_note (&r, SECOND, 1);
  expect_left (&r, 2, 1, 10, -1);
  mp_rate_start (&r, 0);
  mp_rate_note (&r, SECOND / 2, 5);
  expect_left (&r, .6, 4, 10, -1);
  expect_left (&r, 1, 4, 10, .5);
  expect_left (&r, 1, 8, 10, -1);
  expect_left (&r, 1, 8, 5, 0);
  /* What is late has no time left.  */
  expect_left (&r, 1, 4, 1, 0);
}
END_TEST

/* The time of a suspension does not count.  */
START_TEST (suspended)
{
  struct mp_rate r = { 0 };
  mp_rate_start (&r, 0);
  for (int i = 1; i <= 10; i++)
    mp_rate_note (&r, i * SECOND, i);
  mp_rate_shift (&r, 1000 * SECOND);
  expect_rate (&r, 1010, 1, .99, 1.01);
  expect_left (&r, 1010, 1, 7, 7);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("rate");
  TCase *t = unit_tcase ("rate");
  tcase_add_test (t, fast);
  tcase_add_test (t, slow);
  tcase_add_test (t, ground);
  tcase_add_test (t, suspended);
  suite_add_tcase (s, t);
  return run_suite (s);
}
