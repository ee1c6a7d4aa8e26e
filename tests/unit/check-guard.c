/* Unit tests of the guard.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "nodes.h"
#include "unit.h"

/* What a guarded worker does: its status is that of the worker.  */
struct guarded
{
  int (*work) (struct mp_guard const *g, int fd);
  int told[2];                  /* a pipe from the worker to the test */
};

/* Send STATUS to FD.  */
static void
tell (int fd, int status)
{
  if (write (fd, &status, sizeof status) != sizeof status)
    _exit (EXIT_FAILURE);
}

/* The next int that comes from the pipe FD, or -1 at its end.  */
static int
heard (int fd)
{
  int n;
  struct pollfd p = { .fd = fd, .events = POLLIN };
  ck_assert_int_eq (poll (&p, 1, NODES_PATIENCE * 1000), 1);
  ssize_t got = read (fd, &n, sizeof n);
  ck_assert (got == 0 || got == sizeof n);
  return got ? n : -1;
}

/* The body of a node: the guard of the worker ARG, whose wait status it
   tells.  */
static int
guard_node (void *arg)
{
  struct guarded *what = arg;
  struct mp_guard g;
  sigset_t forward, block;
  sigemptyset (&forward);
  sigaddset (&forward, SIGUSR1);
  sigaddset (&forward, SIGTERM);
  block = forward;
  sigaddset (&block, SIGCHLD);
  sigprocmask (SIG_BLOCK, &block, NULL);
  close (what->told[0]);
  if (mp_guard_split (&g, false, "a-worker", NULL, 0) != 0)
    return EXIT_FAILURE;
  if (g.role == MP_GUARD_WORKER)
    _exit (what->work (&g, what->told[1]));
  if (g.role != MP_GUARD_GUARD)
    return EXIT_FAILURE;
  int status = mp_guard_watch (&g, &forward);
  tell (what->told[1], status);
  return EXIT_SUCCESS;
}

/* Start a guard of WORK, of which FD is to hear, and return its PID.  */
static pid_t
start_guard (int (*work) (struct mp_guard const *, int), int *fd)
{
  struct guarded what = { .work = work };
  open_pipe (what.told);
  pid_t pid = node_start (guard_node, &what);
  close (what.told[1]);
  *fd = what.told[0];
  return pid;
}

/* Check that the guard PID ends well, that FD hears of no more, since nobody
   is left who could tell, and that nothing is left.  */
static void
expect_end (pid_t pid, int fd)
{
  ck_assert_int_eq (node_reap (pid), 0);
  ck_assert_int_eq (heard (fd), -1);
  close (fd);
  nodes_expect_end ();
}

static int
work_exit (struct mp_guard const *g, int fd)
{
  (void) g;
  (void) fd;
  return 42;
}

static int
work_die (struct mp_guard const *g, int fd)
{
  (void) g;
  (void) fd;
  raise (SIGKILL);
  return 0;
}

START_TEST (status)
{
  int fd;
  pid_t pid = start_guard (work_exit, &fd);
  int st = heard (fd);
  ck_assert (WIFEXITED (st));
  ck_assert_int_eq (WEXITSTATUS (st), 42);
  expect_end (pid, fd);

  pid = start_guard (work_die, &fd);
  st = heard (fd);
  ck_assert (WIFSIGNALED (st));
  ck_assert_int_eq (WTERMSIG (st), SIGKILL);
  expect_end (pid, fd);
}
END_TEST

/* Wait for signals and tell them, until SIGTERM.  */
static int
work_signals (struct mp_guard const *g, int fd)
{
  (void) g;
  sigset_t set;
  int sig;
  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigaddset (&set, SIGTERM);
  tell (fd, 0);
  do
    {
      sigwait (&set, &sig);
      tell (fd, sig);
    }
  while (sig != SIGTERM);
  return 3;
}

START_TEST (signals)
{
  int fd;
  pid_t pid = start_guard (work_signals, &fd);
  ck_assert_int_eq (heard (fd), 0);
  for (int i = 0; i < 3; i++)
    {
      int sig = i < 2 ? SIGUSR1 : SIGTERM;
      ck_assert_int_eq (kill (pid, sig), 0);
      ck_assert_int_eq (heard (fd), sig);
    }
  int st = heard (fd);
  ck_assert_int_eq (WEXITSTATUS (st), 3);
  expect_end (pid, fd);
}
END_TEST

/* Leave descendants that are hard to end: children, orphans, in sessions of
   their own.  They keep the pipe to the test.  */
static int
work_leave (struct mp_guard const *g, int fd)
{
  (void) g;
  int ready[2];
  char c;
  if (pipe (ready) != 0)
    return EXIT_FAILURE;
  for (int i = 0; i < 6; i++)
    {
      pid_t pid = fork ();
      if (pid < 0)
        return EXIT_FAILURE;
      if (pid == 0)
        {
          if (i % 2 && fork () != 0)
            _exit (0);
          if (i % 3)
            setsid ();
          signal (SIGTERM, SIG_IGN);
          alarm (2 * NODES_PATIENCE);
          if (write (ready[1], "", 1) != 1)
            _exit (EXIT_FAILURE);
          for (;;)
            pause ();
        }
    }
  for (int i = 0; i < 6; i++)
    if (read (ready[0], &c, 1) != 1)
      return EXIT_FAILURE;
  tell (fd, getpid ());
  return 4;
}

START_TEST (leftovers)
{
  int fd;
  pid_t pid = start_guard (work_leave, &fd);
  ck_assert_int_gt (heard (fd), 0);
  int st = heard (fd);
  ck_assert (WIFEXITED (st));
  ck_assert_int_eq (WEXITSTATUS (st), 4);
  expect_end (pid, fd);
}
END_TEST

/* Tell whether the lifeline is quiet, and then its end.  */
static int
work_on_lifeline (struct mp_guard const *g, int fd)
{
  char c;
  struct pollfd p = { .fd = g->lifeline, .events = POLLIN };
  tell (fd, poll (&p, 1, 0));
  ssize_t n;
  do
    n = read (g->lifeline, &c, 1);
  while (n < 0 && errno == EINTR);
  tell (fd, (int) n + 10);
  return 5;
}

START_TEST (lifeline)
{
  int fd;
  pid_t pid = start_guard (work_on_lifeline, &fd);
  ck_assert_int_eq (heard (fd), 0);
  ck_assert_int_eq (kill (pid, SIGKILL), 0);
  ck_assert_int_eq (heard (fd), 10);
  ck_assert_int_eq (heard (fd), -1);
  int st = node_reap (pid);
  ck_assert (WIFSIGNALED (st));
  close (fd);
  nodes_expect_end ();
}
END_TEST

/* Neither is in the other's process group, and SIGKILL to one of them by name
   does not hit the other.  */
static int
work_tell_group (struct mp_guard const *g, int fd)
{
  (void) g;
  tell (fd, getpgrp () == getpid ());
  return 0;
}

START_TEST (group)
{
  int fd;
  pid_t pid = start_guard (work_tell_group, &fd);
  ck_assert_int_eq (heard (fd), 1);
  ck_assert_int_eq (heard (fd), 0);
  expect_end (pid, fd);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("guard");
  TCase *t = unit_tcase ("guard");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_test (t, status);
  tcase_add_test (t, signals);
  tcase_add_test (t, leftovers);
  tcase_add_test (t, lifeline);
  tcase_add_test (t, group);
  suite_add_tcase (s, t);
  return run_suite (s);
}
