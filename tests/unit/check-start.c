/* Unit tests of what is handed to a started process: its environment, and the
   request that a fork server gets.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "minmax.h"
#include "request.h"
#include "shortage.h"
#include "startenv.h"
#include "unit.h"

/* Environments.  */

/* Check that ENVP is the strings WANT, which a null pointer ends.  */
static void
expect_env (char *const *envp, char const *const *want)
{
  int n = 0;
  for (; want[n]; n++)
    {
      ck_assert_msg (envp[n], "%s is lacking", want[n]);
      ck_assert_str_eq (envp[n], want[n]);
    }
  ck_assert_ptr_null (envp[n]);
}

static struct mp_procid const id = {
  .pid = 1234, .kind = MP_PROCID_START, .id = 5678
};

START_TEST (environment)
{
  char *base[] = {
    (char *) "A=1", (char *) "MPUTILS_HANDLE=old", (char *) "MPUTILS_DIR=/d",
    (char *) "MPUTILS_STATUS=3", (char *) "MPUTILS_NAME=old",
    (char *) "MPUTILS_SCOPE=1:1", (char *) "MPUTILS_PARENT=1:1",
    (char *) "MPUTILS_NAMES=x", (char *) "odd", (char *) "B=x\ny", NULL
  };
  struct mp_startenv e;
  ck_assert_int_eq (mp_startenv_init (&e, base, "n", "2:3", "4:5"), 0);
  mp_startenv_set_handle (&e, &id);
  expect_env (e.envp, (char const *[]) {
    "MPUTILS_HANDLE=1234:5678", "MPUTILS_NAME=n", "MPUTILS_PARENT=2:3",
    "MPUTILS_SCOPE=4:5", "A=1", "MPUTILS_DIR=/d", "MPUTILS_NAMES=x", "odd",
    "B=x\ny", NULL });
  /* 256 is what wait(2) makes of an exit with 1.  */
  expect_env (mp_startenv_status (&e, 256), (char const *[]) {
    "MPUTILS_HANDLE=1234:5678", "MPUTILS_NAME=n", "MPUTILS_PARENT=2:3",
    "MPUTILS_SCOPE=4:5", "A=1", "MPUTILS_DIR=/d", "MPUTILS_NAMES=x", "odd",
    "B=x\ny", "MPUTILS_STATUS=1", NULL });
  mp_startenv_free (&e);
}
END_TEST

/* What was started within others has them as its ancestors, the nearest last;
   of too many, the farthest are left out.  */
START_TEST (ancestors)
{
  char *base[] = {
    (char *) "MPUTILS_HANDLE=3:4", (char *) "MPUTILS_ANCESTORS=1:2", NULL
  };
  struct mp_startenv e;
  ck_assert_int_eq (mp_startenv_init (&e, base, "n", NULL, MP_NO_SCOPE), 0);
  expect_env (e.envp, (char const *[]) {
    "MPUTILS_HANDLE=", "MPUTILS_NAME=n", "MPUTILS_ANCESTORS=1:2 3:4", NULL });
  mp_startenv_free (&e);

  base[1] = NULL;
  ck_assert_int_eq (mp_startenv_init (&e, base, "n", NULL, MP_NO_SCOPE), 0);
  expect_env (e.envp, (char const *[]) {
    "MPUTILS_HANDLE=", "MPUTILS_NAME=n", "MPUTILS_ANCESTORS=3:4", NULL });
  mp_startenv_free (&e);

  char many[4 * MP_STARTENV_ANCESTORS_SIZE] = "MPUTILS_ANCESTORS=1:2";
  while (strlen (many) + sizeof " 1:2" < sizeof many)
    strcat (many, " 1:2");
  base[1] = many;
  ck_assert_int_eq (mp_startenv_init (&e, base, "n", NULL, MP_NO_SCOPE), 0);
  char const *value = strchr (e.envp[2], '=') + 1;
  size_t len = strlen (value);
  ck_assert_int_lt (len, MP_STARTENV_ANCESTORS_SIZE);
  ck_assert_int_gt (len, MP_STARTENV_ANCESTORS_SIZE - 10);
  ck_assert (strncmp (value, "1:2 1:2", 7) == 0);
  ck_assert_str_eq (value + len - 7, "1:2 3:4");
  mp_startenv_free (&e);
}
END_TEST

/* Nothing but what must be there.  The longest handle has room.  */
START_TEST (empty_environment)
{
  struct mp_procid const longest = {
    .pid = 2147483647, .kind = MP_PROCID_INODE, .id = ~0ULL
  };
  char *base[] = { NULL };
  struct mp_startenv e;
  ck_assert_int_eq (mp_startenv_init (&e, base, "n", NULL, MP_NO_SCOPE), 0);
  mp_startenv_set_handle (&e, &longest);
  expect_env (e.envp, (char const *[]) {
    "MPUTILS_HANDLE=2147483647:18446744073709551615", "MPUTILS_NAME=n",
    NULL });
  expect_env (mp_startenv_status (&e, SIGKILL), (char const *[]) {
    "MPUTILS_HANDLE=2147483647:18446744073709551615", "MPUTILS_NAME=n",
    "MPUTILS_STATUS=137", NULL });
  mp_startenv_free (&e);
}
END_TEST

START_TEST (environment_no_memory)
{
  char *base[] = { (char *) "A=1", NULL };
  struct mp_startenv e;
  int err = ENOMEM;
  for (int i = 0; err; i++)
    {
      ck_assert_int_lt (i, 10);
      shortage_after (i);
      err = mp_startenv_init (&e, base, "n", NULL, MP_NO_SCOPE);
      shortage_after (-1);
      ck_assert (err == 0 || err == ENOMEM);
    }
  mp_startenv_free (&e);
}
END_TEST

/* Requests.  */

static char *const some_argv[] = {
  (char *) "sh", (char *) "-c", (char *) "", (char *) "a\n b", NULL
};
static char *const some_envp[] = { (char *) "A=1", (char *) "", NULL };

/* Make *TEXT, of *LEN bytes, a request with everything in it.  */
static void
make_request (char **text, size_t *len)
{
  sigset_t mask;
  sigemptyset (&mask);
  sigaddset (&mask, SIGUSR1);
  sigaddset (&mask, SIGTERM);
  struct mp_start const start = {
    .file = "/bin/sh", .argv = some_argv, .envp = some_envp, .parent = "2:3",
    .method = "forkserver", .command = "sh -c '' 'a b'", .umask = 027,
    .daemon = true, .timeout = 12345678901LL, .signal = SIGINT,
    .kill_after = 5, .on_exit = "echo", .keep_max = UINTMAX_MAX,
    .mask = &mask, .cwd = 9, .fd = { 8, 7, 6 }
  };
  struct mp_start with_owner = start;
  ck_assert_int_eq (mp_procid_get (getpid (), &with_owner.owner), 0);
  signal (SIGUSR2, SIG_IGN);
  ck_assert_int_eq (mp_request_format (&with_owner, text, len), 0);
  signal (SIGUSR2, SIG_DFL);
}

/* Check that GOT is WANT.  */
static void
expect_list (char *const *got, char *const *want)
{
  int i = 0;
  for (; want[i]; i++)
    ck_assert_str_eq (got[i], want[i]);
  ck_assert_ptr_null (got[i]);
}

START_TEST (round_trip)
{
  char *text;
  size_t len;
  make_request (&text, &len);
  struct mp_request req = { .start = { .cwd = 4, .fd = { 5, -1, 6 } } };
  ck_assert_int_eq (mp_request_parse (text, len, &req), 0);
  struct mp_start const *s = &req.start;
  ck_assert_str_eq (s->file, "/bin/sh");
  expect_list (s->argv, some_argv);
  expect_list (s->envp, some_envp);
  ck_assert_str_eq (s->parent, "2:3");
  ck_assert_str_eq (s->method, "forkserver");
  ck_assert_str_eq (s->command, "sh -c '' 'a b'");
  ck_assert_str_eq (s->on_exit, "echo");
  ck_assert_int_eq (s->umask, 027);
  ck_assert (s->daemon && s->timeout == 12345678901LL);
  ck_assert (s->signal == SIGINT && s->kill_after == 5);
  ck_assert (s->keep_max == UINTMAX_MAX);
  struct mp_procid self;
  ck_assert_int_eq (mp_procid_get (getpid (), &self), 0);
  ck_assert (mp_procid_equal (&self, &s->owner));
  for (int sig = 1; sig < NSIG; sig++)
    {
      ck_assert ((sigismember (s->mask, sig) == 1)
                 == (sig == SIGUSR1 || sig == SIGTERM));
      if (sig == SIGUSR2)
        ck_assert (sigismember (&req.ignored, sig) == 1);
    }
  struct rlimit l;
  ck_assert (getrlimit (RLIMIT_NOFILE, &l) == 0);
  ck_assert (req.limited[RLIMIT_NOFILE]);
  ck_assert (req.limit[RLIMIT_NOFILE].rlim_cur == l.rlim_cur);
  ck_assert (req.limit[RLIMIT_NOFILE].rlim_max == l.rlim_max);
  /* The descriptors are the reader's own.  */
  ck_assert (s->cwd == 4 && s->fd[0] == 5 && s->fd[1] == -1 && s->fd[2] == 6);
  mp_request_free (&req);
  free (text);
}
END_TEST

/* Parse a copy of the LEN bytes at TEXT that has no byte more, so that
   reading beyond its end is noticed.  Return the result.  */
static int
parse_copy (char const *text, size_t len)
{
  char *copy = malloc (MAX (len, 1));
  struct mp_request req = { .start = { .cwd = -1 } };
  ck_assert_ptr_nonnull (copy);
  memcpy (copy, text, len);
  int err = mp_request_parse (copy, len, &req);
  if (!err)
    mp_request_free (&req);
  free (copy);
  return err;
}

START_TEST (torn)
{
  char *text;
  size_t len;
  make_request (&text, &len);
  for (size_t i = 0; i < len; i++)
    ENSURE (parse_copy (text, i) == EBADMSG);
  ENSURE (parse_copy (text, len) == 0);
  free (text);
}
END_TEST

/* Any byte may be any other: a request is refused or read, and nothing
   worse.  */
START_TEST (garbage)
{
  static char const some[] = { '\0', '-', '9', 'x', '\377' };
  char *text;
  size_t len;
  make_request (&text, &len);
  for (size_t i = 0; i < len; i++)
    for (int j = 0; j < N_ENTRIES (some); j++)
      {
        char old = text[i];
        text[i] = some[j];
        int err = parse_copy (text, len);
        ENSURE (err == 0 || err == EBADMSG || err == ENOMEM);
        text[i] = old;
      }
  random_start (_i);
  for (int n = 0; n < 2000; n++)
    {
      char noise[300];
      size_t size = random_below (sizeof noise);
      for (size_t i = 0; i < size; i++)
        noise[i] = (char) (random_below (3) ? random_below (256) : 0);
      ENSURE (parse_copy (noise, size) == EBADMSG);
    }
  free (text);
}
END_TEST

START_TEST (request_no_memory)
{
  char *text;
  size_t len;
  make_request (&text, &len);
  struct mp_request req = { .start = { .cwd = -1 } };
  int err = ENOMEM;
  for (int i = 0; err; i++)
    {
      ck_assert_int_lt (i, 10);
      shortage_after (i);
      err = mp_request_parse (text, len, &req);
      shortage_after (-1);
      ck_assert (err == 0 || err == ENOMEM);
    }
  mp_request_free (&req);
  free (text);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("start");
  TCase *t = unit_tcase ("startenv");
  tcase_add_test (t, environment);
  tcase_add_test (t, ancestors);
  tcase_add_test (t, empty_environment);
  tcase_add_test (t, environment_no_memory);
  suite_add_tcase (s, t);

  t = unit_tcase ("request");
  tcase_add_test (t, round_trip);
  tcase_add_test (t, torn);
  tcase_add_loop_test (t, garbage, 0, 3);
  tcase_add_test (t, request_no_memory);
  suite_add_tcase (s, t);
  return run_suite (s);
}
