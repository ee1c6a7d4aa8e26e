/* Processes for unit tests to look at, wait for and end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "nodes.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

/* Nodes write a byte each when they are ready.  */
static int ready[2];

/* A time from which to measure patience.  */
static time_t
seconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec;
}

/* Let some time pass before what is waited for is looked at again.  Return
   whether it is worth it after BEGIN.  */
static bool
patient (time_t begin)
{
  poll (NULL, 0, 1);
  return seconds () - begin < NODES_PATIENCE;
}

void
nodes_setup (void)
{
#if HAVE_PRCTL && defined PR_SET_CHILD_SUBREAPER
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
  ck_assert_int_eq (pipe2 (ready, O_CLOEXEC), 0);
}

/* Kill the children that this process has now.  */
static void
kill_children (void)
{
  char name[64];
  int pid;
  snprintf (name, sizeof name, "/proc/self/task/%d/children",
            (int) getpid ());
  FILE *f = fopen (name, "re");
  if (!f)
    return;
  while (fscanf (f, "%d", &pid) == 1)
    kill (pid, SIGKILL);
  fclose (f);
}

void
nodes_teardown (void)
{
  time_t begin = seconds ();
  do
    {
      kill_children ();
      while (0 < waitpid (-1, NULL, WNOHANG))
        continue;
    }
  while (errno != ECHILD && patient (begin));
  close (ready[0]);
  close (ready[1]);
}

int
nodes_scaled (int n)
{
  char const *ck_fork = getenv ("CK_FORK");
  return ck_fork && strcmp (ck_fork, "no") == 0 && 10 < n ? 10 : n;
}

pid_t
node_start (int (*body) (void *), void *arg)
{
  pid_t parent = getpid ();
  pid_t pid = fork ();
  ck_assert_int_ge (pid, 0);
  if (pid)
    return pid;

  /* Check's handlers would signal the whole test.  */
  static int const handled[] = { SIGALRM, SIGINT, SIGTERM };
  for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
    signal (handled[i], SIG_DFL);
  alarm (2 * NODES_PATIENCE);
#if HAVE_PRCTL && defined PR_SET_PDEATHSIG
  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
  _exit (getppid () == parent ? body (arg) : EXIT_FAILURE);
}

void
node_ready (void)
{
  if (write (ready[1], "", 1) != 1)
    _exit (EXIT_FAILURE);
}

int
node_pause (void *arg)
{
  (void) arg;
  node_ready ();
  while (pause () != 0)
    continue;
  return EXIT_FAILURE;
}

int
node_wide (void *arg)
{
  for (int i = *(int *) arg; 0 < i; i--)
    node_start (node_pause, NULL);
  return node_pause (NULL);
}

int
node_deep (void *arg)
{
  int n = *(int *) arg - 1;
  if (0 <= n)
    node_start (node_deep, &n);
  return node_pause (NULL);
}

void
nodes_await (int n)
{
  while (0 < n)
    {
      char buf[4096];
      struct pollfd p = { .fd = ready[0], .events = POLLIN };
      ck_assert_int_eq (poll (&p, 1, NODES_PATIENCE * 1000), 1);
      int most = n < (int) sizeof buf ? n : (int) sizeof buf;
      ssize_t got = read (ready[0], buf, most);
      ck_assert_int_gt (got, 0);
      n -= got;
    }
}

char
node_state (pid_t pid)
{
  /* The name of a node is that of the test program, without spaces.  */
  char name[64];
  char state = '-';
  snprintf (name, sizeof name, "/proc/%d/stat", (int) pid);
  FILE *f = fopen (name, "re");
  if (f)
    {
      if (fscanf (f, "%*d %*s %c", &state) != 1)
        state = '-';
      fclose (f);
    }
  return state;
}

void
node_await_state (pid_t pid, char state)
{
  time_t begin = seconds ();
  while (node_state (pid) != state)
    ck_assert_msg (patient (begin), "process %d is in state %c, not %c",
                   (int) pid, node_state (pid), state);
}

int
node_reap (pid_t pid)
{
  time_t begin = seconds ();
  int status;
  pid_t got;
  while ((got = waitpid (pid, &status, WNOHANG)) == 0)
    ck_assert_msg (patient (begin), "process %d goes on", (int) pid);
  ck_assert_int_eq (got, pid);
  return status;
}

void
nodes_expect_end (void)
{
  time_t begin = seconds ();
  pid_t got;
  while (0 <= (got = waitpid (-1, NULL, WNOHANG)))
    if (got == 0)
      ck_assert_msg (patient (begin), "there are processes left");
  ck_assert_int_eq (errno, ECHILD);
}

int
open_descriptors (void)
{
  int n = 0;
  DIR *dir = opendir ("/proc/self/fd");
  ck_assert_ptr_nonnull (dir);
  while (readdir (dir))
    n++;
  closedir (dir);
  return n;
}
