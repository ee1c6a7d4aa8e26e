/* Unit tests of the smallest modules of lib/.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "exit-status.h"
#include "intprops.h"
#include "parse.h"
#include "unit.h"

/* The statuses that the manual promises, and others' programs.  */
static struct
{
  enum mp_exit_status status;
  int number;
} const statuses_promised[] = {
  { MP_EXIT_SUCCESS, 0 },
  { MP_EXIT_NO, 1 },
  { MP_EXIT_UNKNOWN, 122 },
  { MP_EXIT_SOME_FAILED, 123 },
  { MP_EXIT_TIMEOUT, 124 },
  { MP_EXIT_FAILURE, 125 },
  { MP_EXIT_CANNOT_INVOKE, 126 },
  { MP_EXIT_NOT_FOUND, 127 },
  { MP_EXIT_SIGNAL, 128 },
};

START_TEST (statuses)
{
  ck_assert_int_eq (statuses_promised[_i].status,
                    statuses_promised[_i].number);
}
END_TEST

/* Durations and their nanoseconds, all exact in binary or rounded up by less
   than one.  */
static struct
{
  char const *text;
  time_t sec;
  long nsec;
} const durations[] = {
  { "0", 0, 0 },
  { "0.0", 0, 0 },
  { "0ms", 0, 0 },
  { "0e-5000", 0, 0 },
  { "1", 1, 0 },
  { "007", 7, 0 },
  { "0.5", 0, 500000000 },
  { ".5", 0, 500000000 },
  { "5.", 5, 0 },
  { "10s", 10, 0 },
  { "200ms", 0, 200000000 },
  { "1ms", 0, 1000000 },
  { "0.25ms", 0, 250000 },
  { "1500ms", 1, 500000000 },
  { "1.5m", 90, 0 },
  { "1.5h", 5400, 0 },
  { "2d", 172800, 0 },
  { "1e3", 1000, 0 },
  { "1e-9", 0, 1 },
  { "1e-300", 0, 1 },
  { "1e-5000", 0, 1 },
  { "5e-324ms", 0, 1 },
  { "1e-5000d", 0, 1 },
  { "1e300", TYPE_MAXIMUM (time_t), 999999999 },
  { "1e5000", TYPE_MAXIMUM (time_t), 999999999 },
  { "1e308d", TYPE_MAXIMUM (time_t), 999999999 },
  { "99999999999999999999999", TYPE_MAXIMUM (time_t), 999999999 },
};

START_TEST (duration)
{
  struct timespec d = { -1, -1 };
  ck_assert_msg (mp_parse_duration (durations[_i].text, &d) == 0,
                 "'%s' is a duration", durations[_i].text);
  ck_assert_msg (d.tv_sec == durations[_i].sec
                 && d.tv_nsec == durations[_i].nsec,
                 "'%s' is %jd s %ld ns", durations[_i].text,
                 (intmax_t) d.tv_sec, d.tv_nsec);
}
END_TEST

static char const *const not_durations[] = {
  "", " ", "s", ".", ".s", "-1", "-0", "+1", " 1", "1 ", "1 s", "1\n", "\t1",
  "1x", "1ss", "1sm", "1S", "1M", "1us", "1ns", "1w", "1msec", "inf", "INF",
  "infinity", "nan", "NaN", "nan(1)", "0x10", "0X1p3", "0x", "1.5.2", "1,5",
  "1..5", "1e", "1e+", "--1", "1_000", "1e5000x", "m", "e3",
};

START_TEST (no_duration)
{
  struct timespec d = { -1, -1 };
  ck_assert_msg (mp_parse_duration (not_durations[_i], &d) == EINVAL,
                 "'%s' is no duration", not_durations[_i]);
  ck_assert (d.tv_sec == -1 && d.tv_nsec == -1);
}
END_TEST

/* Where the decimal point is a comma, both are taken.  */
START_TEST (duration_locale)
{
  static char const *const locales[] = {
    "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"
  };
  for (int i = 0; i < N_ENTRIES (locales); i++)
    if (setlocale (LC_NUMERIC, locales[i]))
      {
        struct timespec d;
        ck_assert_int_eq (mp_parse_duration ("1,5", &d), 0);
        ck_assert (d.tv_sec == 1 && d.tv_nsec == 500000000);
        ck_assert_int_eq (mp_parse_duration ("2.5ms", &d), 0);
        ck_assert (d.tv_sec == 0 && d.tv_nsec == 2500000);
        ck_assert_int_eq (mp_parse_duration (".5", &d), 0);
        ck_assert (d.tv_sec == 0 && d.tv_nsec == 500000000);
        ck_assert_int_eq (mp_parse_duration ("1,5.5", &d), EINVAL);
        setlocale (LC_NUMERIC, "C");
        break;
      }
}
END_TEST

static struct
{
  char const *text;
  int sig;
} const signals[] = {
  { "TERM", SIGTERM },
  { "SIGTERM", SIGTERM },
  { "term", SIGTERM },
  { "sigTerm", SIGTERM },
  { "15", 15 },
  { "0", 0 },
  { "09", 9 },
  { "EXIT", 0 },
  { "HUP", SIGHUP },
  { "kill", SIGKILL },
  { "CHLD", SIGCHLD },
  { "SIGSYS", SIGSYS },
#ifdef SIGRTMIN
  { "RTMIN", -1 },
  { "RTMIN+1", -2 },
  { "sigrtmax-1", -3 },
#endif
};

/* Return the signal that SIG means in the table above: those from SIGRTMIN
   up are known at run time only.  */
static int
expected_signal (int sig)
{
#ifdef SIGRTMIN
  switch (sig)
    {
    case -1:
      return SIGRTMIN;
    case -2:
      return SIGRTMIN + 1;
    case -3:
      return SIGRTMAX - 1;
    }
#endif
  return sig;
}

START_TEST (signal_value)
{
  int sig = -9;
  ck_assert_int_eq (mp_parse_signal (signals[_i].text, &sig), 0);
  ck_assert_int_eq (sig, expected_signal (signals[_i].sig));
}
END_TEST

static char const *const not_signals[] = {
  "", "SIG", "TERMX", " TERM", "TERM ", "-1", "+1", "15x", "15 ", "SIG15",
  "SIGSIGTERM", "RTMIN+", "RTMIN+999", "RTMIN 1", "RTMIN-1", "RTMAX+1", "1.5",
  "65536", "99999999999999999999", "18446744073709551617", "T\303\204RM",
  "TERMTERMTERMTERMTERMTERMTERMTERMTERMTERMTERM",
};

START_TEST (no_signal)
{
  int sig = -9;
  ck_assert_msg (mp_parse_signal (not_signals[_i], &sig) == EINVAL,
                 "'%s' is no signal", not_signals[_i]);
  ck_assert_int_eq (sig, -9);
}
END_TEST

static struct
{
  char const *text;
  int err;
  uintmax_t size;
} const sizes[] = {
  { "0", 0, 0 },
  { "1", 0, 1 },
  { "010", 0, 10 },
  { "131072", 0, 131072 },
  { "1K", 0, 1024 },
  { "1k", 0, 1024 },
  { "1KiB", 0, 1024 },
  { "1KB", 0, 1000 },
  { "3M", 0, 3 << 20 },
  { "2G", 0, UINTMAX_C (2) << 30 },
  { "2TB", 0, UINTMAX_C (2000000000000) },
  { "1P", 0, UINTMAX_C (1) << 50 },
  { "1E", 0, UINTMAX_C (1) << 60 },
  { "0E", 0, 0 },
  { "18446744073709551615", 0, UINTMAX_C (18446744073709551615) },
  { "99999999999999999999999", ERANGE, 0 },
  { "9999999999999999E", ERANGE, 0 },
  { "", EINVAL, 0 },
  { "K", EINVAL, 0 },
  { "-1", EINVAL, 0 },
  { "+1", EINVAL, 0 },
  { " 1", EINVAL, 0 },
  { "1 ", EINVAL, 0 },
  { "1 K", EINVAL, 0 },
  { "1KK", EINVAL, 0 },
  { "1Ki", EINVAL, 0 },
  { "1b", EINVAL, 0 },
  { "1Z", EINVAL, 0 },
  { "1.5K", EINVAL, 0 },
  { "0x10", EINVAL, 0 },
  { "99999999999999999999999x", EINVAL, 0 },
};

START_TEST (size)
{
  uintmax_t n = 77;
  ck_assert_msg (mp_parse_size (sizes[_i].text, &n) == sizes[_i].err,
                 "the size '%s'", sizes[_i].text);
  ck_assert_uint_eq (n, sizes[_i].err ? 77 : sizes[_i].size);
}
END_TEST

static struct
{
  char const *text;
  unsigned long ncpu;
  int err;
  unsigned long n;
} const processes[] = {
  { "4", 2, 0, 4 },
  { "0", 2, 0, 0 },
  { "1", 2, 0, 1 },
  { "08", 2, 0, 8 },
  { "50%", 8, 0, 4 },
  { "50%", 3, 0, 1 },
  { "50%", 1, 0, 1 },
  { "0%", 8, 0, 1 },
  { "99%", 8, 0, 7 },
  { "100%", 8, 0, 8 },
  { "250%", 2, 0, 5 },
  { "+1", 8, 0, 9 },
  { "+0", 8, 0, 8 },
  { "-1", 8, 0, 7 },
  { "-0", 8, 0, 8 },
  { "-8", 8, 0, 1 },
  { "-100", 8, 0, 1 },
  { "99999999999999999999999", 2, ERANGE, 0 },
  { "99999999999999999999999%", 2, ERANGE, 0 },
  { "18446744073709551615%", 2, ERANGE, 0 },
  { "+18446744073709551615", 2, ERANGE, 0 },
  { "", 2, EINVAL, 0 },
  { "x", 2, EINVAL, 0 },
  { "4x", 2, EINVAL, 0 },
  { "%", 2, EINVAL, 0 },
  { "+", 2, EINVAL, 0 },
  { "-", 2, EINVAL, 0 },
  { "+-1", 2, EINVAL, 0 },
  { "--1", 2, EINVAL, 0 },
  { "+50%", 2, EINVAL, 0 },
  { "50%%", 2, EINVAL, 0 },
  { "50% ", 2, EINVAL, 0 },
  { " 4", 2, EINVAL, 0 },
  { "4 ", 2, EINVAL, 0 },
  { "1.5", 2, EINVAL, 0 },
  { "4K", 2, EINVAL, 0 },
  { "0x4", 2, EINVAL, 0 },
  { "99999999999999999999999x", 2, EINVAL, 0 },
};

START_TEST (process_count)
{
  unsigned long n = 77;
  ck_assert_msg (mp_parse_processes (processes[_i].text, processes[_i].ncpu,
                                     &n) == processes[_i].err,
                 "the process count '%s'", processes[_i].text);
  ck_assert_uint_eq (n, processes[_i].err ? 77 : processes[_i].n);
}
END_TEST

/* Return the tests of parse.h.  */
static TCase *
parse_case (void)
{
  TCase *t = unit_tcase ("parse");
  tcase_add_loop_test (t, duration, 0, N_ENTRIES (durations));
  tcase_add_loop_test (t, no_duration, 0, N_ENTRIES (not_durations));
  tcase_add_test (t, duration_locale);
  tcase_add_loop_test (t, signal_value, 0, N_ENTRIES (signals));
  tcase_add_loop_test (t, no_signal, 0, N_ENTRIES (not_signals));
  tcase_add_loop_test (t, size, 0, N_ENTRIES (sizes));
  tcase_add_loop_test (t, process_count, 0, N_ENTRIES (processes));
  return t;
}

int
main (void)
{
  Suite *s = suite_create ("lib");
  TCase *t = unit_tcase ("status");
  tcase_add_loop_test (t, statuses, 0, N_ENTRIES (statuses_promised));
  suite_add_tcase (s, t);
  suite_add_tcase (s, parse_case ());
  return run_suite (s);
}
