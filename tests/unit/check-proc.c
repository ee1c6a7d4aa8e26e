/* Unit tests of what reads /proc: procfile, procchildren and procroom.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "nodes.h"
#include "procchildren.h"
#include "procfile.h"
#include "procroom.h"
#include "procspawn.h"
#include "proctext.h"
#include "unit.h"

/* Store in NAME, of SIZE bytes, a name of the file that is open as FD.  */
static void
name_of (int fd, char *name, size_t size)
{
  snprintf (name, size, "/proc/self/fd/%d", fd);
}

/* Around the sizes that are read at once, and much longer.  */
static int const lengths[] = {
  0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 100000, 1000000
};

START_TEST (read_whole)
{
  size_t len = lengths[_i];
  char name[64];
  char *text;
  char *data = malloc (len + 1);
  ck_assert_ptr_nonnull (data);
  for (size_t i = 0; i < len; i++)
    data[i] = (char) ('a' + i % 23);
  int fd = open_file (data, len);
  name_of (fd, name, sizeof name);
  ck_assert_int_eq (mp_procfile_read (name, &text), 0);
  ck_assert_uint_eq (strlen (text), len);
  ck_assert (memcmp (text, data, len) == 0);
  free (text);
  free (data);
  close (fd);
}
END_TEST

static struct
{
  char const *data;
  size_t size;                  /* of the buffer */
  int err;
  char const *line;
} const lines[] = {
  { "", 8, 0, "" },
  { "\n", 8, 0, "" },
  { "12", 8, 0, "12" },
  { "12\n", 8, 0, "12" },
  { "12\n\n", 8, 0, "12\n" },
  { "123456\n", 8, 0, "123456" },
  { "1234567", 8, 0, "1234567" },
  { "12345678", 8, E2BIG, NULL },
  { "123456789012345678901234567890\n", 8, E2BIG, NULL },
};

START_TEST (read_line)
{
  char name[64];
  char buf[16];
  int fd = open_file (lines[_i].data, strlen (lines[_i].data));
  name_of (fd, name, sizeof name);
  memset (buf, 'z', sizeof buf);
  ck_assert_int_eq (mp_procfile_line (name, buf, lines[_i].size),
                    lines[_i].err);
  if (!lines[_i].err)
    ck_assert_str_eq (buf, lines[_i].line);
  /* No byte after its end is touched.  */
  ck_assert_int_eq (buf[lines[_i].size], 'z');
  close (fd);
}
END_TEST

START_TEST (read_errors)
{
  char buf[8];
  char untouched;
  char *text = &untouched;
  int before = open_descriptors ();
  ck_assert_int_eq (mp_procfile_read ("/", &text), EISDIR);
  ck_assert_int_eq (mp_procfile_read ("/nonexistent", &text), ENOENT);
  ck_assert_ptr_eq (text, &untouched);
  ck_assert_int_eq (mp_procfile_line ("/", buf, sizeof buf), EISDIR);
  ck_assert_int_eq (mp_procfile_line ("/nonexistent", buf, sizeof buf),
                    ENOENT);
  ck_assert_int_eq (open_descriptors (), before);
}
END_TEST

static int
compare_pids (void const *a, void const *b)
{
  pid_t const *p = a, *q = b;
  return (*p > *q) - (*p < *q);
}

/* Both ways to look find the same children.  */
START_TEST (both_ways)
{
  int n = 5;
  pid_t pid = node_start (node_wide, &n);
  pid_t found[2][5];
  nodes_await (n + 1);
  for (int by_stat = 0; by_stat < 2; by_stat++)
    {
      struct mp_children c;
      ck_assert_int_eq (mp_children_begin (&c, by_stat), 0);
      /* The test has the one child.  */
      ck_assert_int_eq (mp_children_of (&c, getpid (), 1), 0);
      ck_assert_uint_eq (c.n, 1);
      ck_assert_int_eq (c.child[0], pid);
      /* The number of threads may be wrong, but not too small.  */
      for (long threads = 1; threads <= 2; threads++)
        {
          ck_assert_int_eq (mp_children_of (&c, pid, threads), 0);
          ck_assert_uint_eq (c.n, n);
          memcpy (found[by_stat], c.child, sizeof found[by_stat]);
          qsort (found[by_stat], n, sizeof (pid_t), compare_pids);
          ck_assert_mem_eq (found[by_stat], found[0], sizeof found[0]);
        }
      ck_assert_int_eq (mp_children_of (&c, found[0][0], 1), 0);
      ck_assert_uint_eq (c.n, 0);
      mp_children_end (&c);
    }
  /* One that has vanished has none.  */
  kill (pid, SIGKILL);
  node_reap (pid);
  nodes_expect_end ();
  for (int by_stat = 0; by_stat < 2; by_stat++)
    {
      struct mp_children c;
      ck_assert_int_eq (mp_children_begin (&c, by_stat), 0);
      for (long threads = 1; threads <= 2; threads++)
        {
          ck_assert_int_eq (mp_children_of (&c, pid, threads), 0);
          ck_assert_uint_eq (c.n, 0);
        }
      mp_children_end (&c);
    }
}
END_TEST

/* Become a user that has no process yet, not even from the same test that runs
   elsewhere, with at most LIMIT of them.  Return 0 on success.  */
static int
become_someone (rlim_t limit)
{
  struct rlimit l = { limit, limit };
  uid_t someone = 20000 + getpid () % 40000;
  if (setrlimit (RLIMIT_NPROC, &l) != 0 || setgid (someone) != 0
      || setuid (someone) != 0)
    return -1;
#if HAVE_PRCTL && defined PR_SET_DUMPABLE
  /* Else its folder in /proc is root's, as long as it executes nothing.  */
  prctl (PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
  return 0;
}

/* Bodies of nodes: count the room; return 0 if it is right, and CANNOT if we
   may not raise the limit so far.  */
enum { CANNOT = 77, FAR_LIMIT = 4096 };

static int
count_room (void *arg)
{
  (void) arg;
  enum { LIMIT = 100, MORE = 3 };
  unsigned long int room = 77;
  if (become_someone (LIMIT) != 0)
    return 1;
  if (mp_process_room (10, &room) != 0 || room != LIMIT - 1)
    return 2;
  for (int i = 0; i < MORE; i++)
    {
      pid_t pid = fork ();
      if (pid < 0)
        return 3;
      if (pid == 0)
        return node_pause (NULL);
    }
  return (mp_process_room (10, &room) != 0 ? 4
          : room != LIMIT - 1 - MORE ? 5 : 0);
}

static int
far_limit (void *arg)
{
  (void) arg;
  unsigned long int room = 77;
  if (become_someone (FAR_LIMIT) != 0)
    return CANNOT;
  return mp_process_room (10, &room) != ENOENT ? 2 : room != 77 ? 3 : 0;
}

static int
no_limit (void *arg)
{
  (void) arg;
  unsigned long int room = 77;
  if (become_someone (RLIM_INFINITY) != 0)
    return CANNOT;
  return mp_process_room (10, &room) != ENOENT ? 2 : room != 77 ? 3 : 0;
}

/* Fewer are there than are used already: there is no room.  */
static int
low_limit (void *arg)
{
  (void) arg;
  unsigned long int room = 77;
  if (become_someone (1) != 0)
    return 1;
  return mp_process_room (10, &room) != 0 ? 2 : room != 0 ? 3 : 0;
}

START_TEST (room)
{
  static int (*const bodies[]) (void *) = {
    count_room, far_limit, no_limit, low_limit
  };
  if (geteuid () != 0)
    {
      unit_skip ("needs another user, whose processes nobody else starts");
      return;
    }
  unsigned long int n = 77;
  ck_assert_int_eq (mp_process_room (10, &n), ENOENT);
  ck_assert_uint_eq (n, 77);
  for (int i = 0; i < N_ENTRIES (bodies); i++)
    {
      int st = node_reap (node_start (bodies[i], NULL));
      if (WIFEXITED (st) && WEXITSTATUS (st) == CANNOT)
        unit_skip ("the limit cannot be raised");
      else
        ck_assert_msg (WIFEXITED (st) && WEXITSTATUS (st) == 0,
                       "body %d has status %#x", i, (unsigned int) st);
    }
}
END_TEST

/* Environments, and what A is in them.  */
static struct
{
  char const *envp[3];
  int err;
  char const *value;
} environments[] = {
  { { NULL }, ENOENT, "" },
  { { "AB=1", NULL }, ENOENT, "" },
  { { "AB=1", "A=23", NULL }, 0, "23" },
  { { "A=does not fit", NULL }, ENOENT, "" }
};

/* Wait until the program of the process PID is called NAME.  */
static void
await_name (pid_t pid, char const *name)
{
  char file[64], line[32] = "";
  snprintf (file, sizeof file, "/proc/%ld/comm", (long int) pid);
  for (int i = 0; i < 60 * 1000 && strcmp (line, name) != 0; i++)
    {
      poll (NULL, 0, 1);
      ck_assert_int_eq (mp_procfile_line (file, line, sizeof line), 0);
    }
  ck_assert_str_eq (line, name);
}

START_TEST (environment)
{
  static char const *argv[] = { "sleep", "1000", NULL };
  char value[4] = "";
  sigset_t none;
  pid_t pid;
  if (access ("/proc/self/environ", R_OK) != 0)
    {
      unit_skip ("no environment can be seen here");
      return;
    }
  sigemptyset (&none);
  struct mp_spawn s = {
    .file = "/bin/sleep", .argv = (char **) argv,
    .envp = (char **) environments[_i].envp,
    .fd = { -1, -1, -1 }, .death_signal = SIGKILL, .mask = &none,
    .defaults = &none
  };
  ck_assert_int_eq (mp_spawn (&s, &pid), 0);
  /* Until the exec, it shows ours; in the midst of it, none.  */
  await_name (pid, "sleep");
  int err;
  for (int i = 0; i < 60 * 1000; i++)
    {
      err = mp_proctext_variable (pid, "A", value, sizeof value);
      if (err != EAGAIN)
        break;
      poll (NULL, 0, 1);
    }
  kill (pid, SIGKILL);
  ck_assert_int_eq (err, environments[_i].err);
  ck_assert_str_eq (value, environments[_i].value);
  waitpid (pid, NULL, 0);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("proc");
  TCase *t = unit_tcase ("proc");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_loop_test (t, read_whole, 0, N_ENTRIES (lengths));
  tcase_add_loop_test (t, read_line, 0, N_ENTRIES (lines));
  tcase_add_test (t, read_errors);
  tcase_add_test (t, both_ways);
  tcase_add_test (t, room);
  tcase_add_loop_test (t, environment, 0, N_ENTRIES (environments));
  suite_add_tcase (s, t);
  return run_suite (s);
}
