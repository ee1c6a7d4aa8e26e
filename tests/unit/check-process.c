/* Unit tests of the modules of lib/ that identify processes and wait for
   them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nodes.h"
#include "pidfd.h"
#include "procid.h"
#include "procwait.h"
#include "unit.h"
#include "timespec.h"

static enum mp_procid_kind const kinds[] = {
  MP_PROCID_INODE, MP_PROCID_START, MP_PROCID_NONE
};

/* Return whether this machine has IDs of KIND.  */
static bool
have_kind (enum mp_procid_kind kind)
{
  struct mp_procid self;
  return mp_procid_get_kind (getpid (), kind, &self) == 0;
}

/* Return a pause of MS milliseconds.  */
static struct timespec
milliseconds (long ms)
{
  return make_timespec (ms / 1000, ms % 1000 * 1000000);
}

/* Start a child, wait until it is ready, and store its identity of KIND in
   *ID.  Return its PID.  */
static pid_t
start_child (enum mp_procid_kind kind, struct mp_procid *id)
{
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  ck_assert_int_eq (mp_procid_get_kind (pid, kind, id), 0);
  ck_assert_int_eq (id->pid, pid);
  return pid;
}

/* Identity.  */

START_TEST (identity)
{
  if (!have_kind (kinds[_i]))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procid a, again, b;
  pid_t pid = start_child (kinds[_i], &a);
  start_child (kinds[_i], &b);
  ck_assert_int_eq (mp_procid_get_kind (pid, kinds[_i], &again), 0);
  ck_assert (mp_procid_equal (&a, &again));
  ck_assert (!mp_procid_equal (&a, &b));
  ck_assert_int_eq (mp_procid_running (&a), 0);

  int fd;
  int err = mp_procid_open (&a, &fd);
  ck_assert (err == 0 || err == ENOSYS);
  if (!err)
    {
      struct pollfd p = { .fd = fd, .events = POLLIN };
      ck_assert_int_eq (poll (&p, 1, 0), 0);
      ck_assert_int_eq (mp_pidfd_signal (fd, SIGKILL), 0);
      ck_assert_int_eq (poll (&p, 1, NODES_PATIENCE * 1000), 1);
      close (fd);
    }
  else
    kill (pid, SIGKILL);

  /* A zombie has an identity, but does not run.  */
  node_await_state (pid, 'Z');
  if (kinds[_i] != MP_PROCID_NONE)
    ck_assert_int_eq (mp_procid_running (&a), ESRCH);
  ck_assert_int_eq (mp_procid_get_kind (pid, kinds[_i], &again), 0);
  ck_assert (mp_procid_equal (&a, &again));
  if (mp_procid_open (&a, &fd) == 0)
    close (fd);

  node_reap (pid);
  ck_assert_int_eq (mp_procid_running (&a), ESRCH);
  ck_assert_int_eq (mp_procid_get_kind (pid, kinds[_i], &again), ESRCH);
  err = mp_procid_open (&a, &fd);
  ck_assert (err == ESRCH || err == ENOSYS);
  ck_assert_int_eq (mp_procid_running (&b), 0);
}
END_TEST

START_TEST (identity_of_none)
{
  static pid_t const pids[] = { 0, -1, INT_MIN, INT_MAX };
  struct mp_procid id;
  for (int i = 0; i < N_ENTRIES (pids); i++)
    {
      ck_assert_int_eq (mp_procid_get (pids[i], &id), ESRCH);
      for (int j = 0; j < N_ENTRIES (kinds); j++)
        if (have_kind (kinds[j]))
          ck_assert_int_eq (mp_procid_get_kind (pids[i], kinds[j], &id),
                            ESRCH);
    }
}
END_TEST

/* The PID is right, the rest is not: as after reuse.  */
START_TEST (other_identity)
{
  if (kinds[_i] == MP_PROCID_NONE || !have_kind (kinds[_i]))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procid id;
  start_child (kinds[_i], &id);
  id.id++;
  int fd;
  struct mp_procwait w;
  ck_assert_int_eq (mp_procid_running (&id), ESRCH);
  int err = mp_procid_open (&id, &fd);
  ck_assert (err == ESRCH || err == ENOSYS);
  if (err != ENOSYS)
    ck_assert_int_eq (mp_procwait_open (&w, &id, 0), ESRCH);
}
END_TEST

/* Make PID the next to be used, if allowed.  Return whether it may be.  */
static bool
reuse (pid_t pid)
{
  FILE *f = fopen ("/proc/sys/kernel/ns_last_pid", "we");
  if (!f)
    return false;
  bool ok = 0 <= fprintf (f, "%d", (int) pid - 1);
  return fclose (f) == 0 && ok;
}

/* A PID is really reused.  Needs privileges, and that no one else is
   faster.  */
START_TEST (reused_pid)
{
  enum { TRIES = 200 };
  if (kinds[_i] == MP_PROCID_NONE || !have_kind (kinds[_i]))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procid old;
  pid_t pid = start_child (kinds[_i], &old);
  kill (pid, SIGKILL);
  node_reap (pid);
  /* Start times have a resolution.  */
  poll (NULL, 0, 50);
  for (int i = 0; i < TRIES && reuse (pid); i++)
    {
      struct mp_procid now;
      pid_t other = start_child (kinds[_i], &now);
      if (other == pid)
        {
          int fd;
          ck_assert (!mp_procid_equal (&old, &now));
          ck_assert_int_eq (mp_procid_running (&now), 0);
          ck_assert_int_eq (mp_procid_running (&old), ESRCH);
          ck_assert_int_ne (mp_procid_open (&old, &fd), 0);
          break;
        }
      kill (other, SIGKILL);
      node_reap (other);
    }
}
END_TEST

static void *
thread (void *arg)
{
  node_pause (arg);
  return NULL;
}

/* A node whose first thread ends before the second does.  */
static int
node_thread (void *arg)
{
  pthread_t id;
  if (pthread_create (&id, NULL, thread, arg) != 0)
    return EXIT_FAILURE;
  pthread_exit (NULL);
}

/* A process has ended when its last thread has.  */
START_TEST (zombie_leader)
{
  if (kinds[_i] == MP_PROCID_NONE || !have_kind (kinds[_i]))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  pid_t pid = node_start (node_thread, NULL);
  nodes_await (1);
  node_await_state (pid, 'Z');
  struct mp_procid id;
  ck_assert_int_eq (mp_procid_get_kind (pid, kinds[_i], &id), 0);
  ck_assert_int_eq (mp_procid_running (&id), 0);
}
END_TEST

START_TEST (text)
{
  struct mp_procid id, back;
  char buf[MP_PROCID_SIZE];
  ck_assert_int_eq (mp_procid_get (getpid (), &id), 0);
  mp_procid_format (&id, buf);
  ck_assert_int_eq (mp_procid_parse (buf, &back), 0);
  ck_assert (mp_procid_equal (&id, &back));

  id.pid = INT_MAX;
  id.id = ULLONG_MAX;
  mp_procid_format (&id, buf);
  ck_assert_int_eq (mp_procid_parse (buf, &back), 0);
  ck_assert (mp_procid_equal (&id, &back));
}
END_TEST

static char const *const not_ids[] = {
  "", ":", "1", "1:", ":1", "0:1", "-1:1", "1:-1", "+1:1", "1:+1", " 1:1",
  "1: 1", "1 :1", "1:1 ", "1:1\n", "1:1:1", "01:1", "1:01", "1:00", "a:1",
  "1:a", "0x1:1", "1:0x1", "2147483648:1", "99999999999999999999999:1",
  "1:18446744073709551616", "1.0:1", "1;1",
};

START_TEST (no_id)
{
  struct mp_procid id = { .pid = -7 };
  ck_assert_msg (mp_procid_parse (not_ids[_i], &id) == EINVAL,
                 "'%s' is no handle", not_ids[_i]);
  ck_assert_int_eq (id.pid, -7);
}
END_TEST

/* Waiting.  */

static struct
{
  enum mp_procid_kind kind;
  unsigned int flags;
} const modes[] = {
  { MP_PROCID_INODE, 0 },
  { MP_PROCID_START, 0 },
  { MP_PROCID_START, MP_PROCWAIT_NO_PIDFD },
  { MP_PROCID_NONE, MP_PROCWAIT_NO_PIDFD },
};

/* Return whether the test of mode I is to be left out.  */
static bool
no_mode (int i)
{
  return !have_kind (modes[i].kind);
}

static void
open_wait (int mode, struct mp_procwait *w, pid_t pid)
{
  struct mp_procid id;
  ck_assert_int_eq (mp_procid_get_kind (pid, modes[mode].kind, &id), 0);
  ck_assert_int_eq (mp_procwait_open (w, &id, modes[mode].flags), 0);
}

/* Wait for W alone, as long as anything may take.  */
static int
wait_for (struct mp_procwait *w)
{
  struct timespec patience = milliseconds (NODES_PATIENCE * 1000);
  size_t which;
  return mp_procwait_any (w, 1, &patience, NULL, &which);
}

START_TEST (wait_child)
{
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procwait w;
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  open_wait (_i, &w, pid);
  ck_assert (w.child);

  /* It runs: no time, some time.  */
  size_t which = 7;
  struct timespec zero = { 0 };
  struct timespec some = milliseconds (200);
  struct timespec begin, end;
  ck_assert_int_eq (mp_procwait_any (&w, 1, &zero, NULL, &which), ETIMEDOUT);
  clock_gettime (CLOCK_MONOTONIC, &begin);
  ck_assert_int_eq (mp_procwait_any (&w, 1, &some, NULL, &which), ETIMEDOUT);
  clock_gettime (CLOCK_MONOTONIC, &end);
  ck_assert_int_le (timespec_cmp (some, timespec_sub (end, begin)), 0);
  ck_assert (!w.ended);
  ck_assert_uint_eq (which, 7);

  kill (pid, SIGTERM);
  ck_assert_int_eq (mp_procwait_any (&w, 1, NULL, NULL, &which), 0);
  ck_assert (w.ended);
  ck_assert_uint_eq (which, 0);
  ck_assert_int_eq (mp_procwait_any (&w, 1, NULL, NULL, &which), ECHILD);

  int status;
  ck_assert_int_eq (mp_procwait_status (&w, NULL, &status), 0);
  ck_assert_int_eq (status, node_reap (pid));
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM);
  mp_procwait_close (&w);
}
END_TEST

/* Exit with the status that ARG points to.  */
static int
node_exit (void *arg)
{
  return *(int *) arg;
}

/* A zombie can be waited for, by its number and by its status.  */
START_TEST (wait_zombie)
{
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  static int statuses[] = { 0, 1, 123, 255 };
  for (int i = 0; i < N_ENTRIES (statuses); i++)
    {
      struct mp_procwait w;
      pid_t pid = node_start (node_exit, &statuses[i]);
      node_await_state (pid, 'Z');
      open_wait (_i, &w, pid);
      ck_assert_int_eq (wait_for (&w), 0);
      int status = -1;
      ck_assert_int_eq (mp_procwait_status (&w, NULL, &status), 0);
      ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == statuses[i]);
      ck_assert_int_eq (status, node_reap (pid));
      mp_procwait_close (&w);
    }
}
END_TEST

/* What a node that has a child shares with the test.  */
struct family
{
  int (*body) (void *);
  pid_t child;
};

/* Start a child, and reap it when SIGUSR1 comes.  */
static int
node_parent (void *arg)
{
  struct family *f = arg;
  sigset_t set;
  int sig;
  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, NULL);
  f->child = node_start (f->body, NULL);
  node_ready ();
  if (sigwait (&set, &sig) != 0 || waitpid (f->child, NULL, 0) != f->child)
    return EXIT_FAILURE;
  return node_pause (NULL);
}

/* Start a node with a child that calls BODY and says ready.  Return its PID
   and store the child's in *CHILD.  */
static pid_t
start_family (int (*body) (void *), pid_t *child)
{
  struct family *f = mmap (NULL, sizeof *f, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert (f != MAP_FAILED);
  f->body = body;
  pid_t pid = node_start (node_parent, f);
  nodes_await (2);
  *child = f->child;
  munmap (f, sizeof *f);
  return pid;
}

/* Whose parent is another, and does not reap it: then when it does.  */
START_TEST (wait_stranger)
{
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procwait w;
  pid_t pid;
  pid_t parent = start_family (node_pause, &pid);
  open_wait (_i, &w, pid);
  ck_assert (!w.child);
  struct timespec zero = { 0 };
  size_t which;
  ck_assert_int_eq (mp_procwait_any (&w, 1, &zero, NULL, &which), ETIMEDOUT);

  kill (pid, SIGTERM);
  node_await_state (pid, 'Z');
  bool sees_zombies = modes[_i].kind != MP_PROCID_NONE;
  int status = -1;
  if (sees_zombies)
    {
      ck_assert_int_eq (wait_for (&w), 0);
      ck_assert_int_eq (mp_procwait_status (&w, NULL, &status), 0);
      ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM);
    }

  kill (parent, SIGUSR1);
  nodes_await (1);
  if (!sees_zombies)
    ck_assert_int_eq (wait_for (&w), 0);

  /* Now only the kernel can tell, and not every kernel can.  */
  int unused;
  bool told = (0 <= w.pidfd
               && mp_pidfd_exit_status (w.pidfd, &unused) != ENOSYS);
  status = -1;
  ck_assert_int_eq (mp_procwait_status (&w, NULL, &status),
                    told ? 0 : ENODATA);
  if (told)
    ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM);
  ck_assert_int_eq (mp_procwait_open (&w, &w.id, modes[_i].flags), ESRCH);
  mp_procwait_close (&w);
}
END_TEST

static int
exit_zero (void *arg)
{
  (void) arg;
  node_ready ();
  return 0;
}

/* In a node of another user: watch the zombie that ARG points to, whose status
   is hidden until it is reaped.  */
static int
watch_foreign (void *arg)
{
  enum { NOBODY = 65534 };
  struct mp_procid *id = arg;
  struct mp_procwait w;
  int status = -1;
  if (setresuid (NOBODY, NOBODY, NOBODY) != 0
      || mp_procwait_open (&w, id, 0) != 0 || wait_for (&w) != 0)
    return EXIT_FAILURE;
  int unused;
  bool told = (0 <= w.pidfd
               && mp_pidfd_exit_status (w.pidfd, &unused) != ENOSYS);
  struct timespec grace = milliseconds (100);
  if (mp_procwait_status (&w, NULL, &status) != (told ? EAGAIN : ENODATA)
      || (mp_procwait_status (&w, &grace, &status)
          != (told ? EAGAIN : ENODATA))
      || status != -1)
    return EXIT_FAILURE;

  node_ready ();
  grace = milliseconds (NODES_PATIENCE * 1000);
  int err = mp_procwait_status (&w, &grace, &status);
  return (told ? err == 0 && status == 0 : err == ENODATA) ? 42
    : EXIT_FAILURE;
}

/* Only a process that may change its user can test this.  */
START_TEST (status_foreign)
{
  if (no_mode (_i) || geteuid () != 0)
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  pid_t pid;
  pid_t parent = start_family (exit_zero, &pid);
  node_await_state (pid, 'Z');
  struct mp_procid id;
  ck_assert_int_eq (mp_procid_get_kind (pid, modes[_i].kind, &id), 0);
  if (id.kind == MP_PROCID_NONE)
    return;
  pid_t watcher = node_start (watch_foreign, &id);
  nodes_await (1);
  kill (parent, SIGUSR1);
  int status = node_reap (watcher);
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 42);
}
END_TEST

/* Open a wait in *W for each of N children that pause, and store their PIDs in
   *PIDS.  */
static void
open_many (int mode, struct mp_procwait *w, pid_t *pids, int n)
{
  for (int i = 0; i < n; i++)
    pids[i] = node_start (node_pause, NULL);
  nodes_await (n);
  for (int i = 0; i < n; i++)
    open_wait (mode, &w[i], pids[i]);
}

START_TEST (wait_many)
{
  enum { N = 10 };
  struct mp_procwait w[N];
  pid_t pids[N];
  size_t which;
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  open_many (_i, w, pids, N);
  kill (pids[6], SIGKILL);
  ck_assert_int_eq (mp_procwait_any (w, N, NULL, NULL, &which), 0);
  ck_assert_uint_eq (which, 6);

  for (int i = 0; i < N; i++)
    kill (pids[i], SIGKILL);
  int err;
  for (int calls = 0; (err = mp_procwait_any (w, N, NULL, NULL, &which)) == 0;
       calls++)
    ck_assert_int_lt (calls, N);
  ck_assert_int_eq (err, ECHILD);
  for (int i = 0; i < N; i++)
    {
      ck_assert (w[i].ended);
      mp_procwait_close (&w[i]);
    }
  ck_assert_int_eq (mp_procwait_any (w, 0, NULL, NULL, &which), ECHILD);
}
END_TEST

/* More processes than descriptors.  */
START_TEST (wait_few_descriptors)
{
  enum { N = 20, SPARE = 5 };
  struct mp_procwait w[N];
  pid_t pids[N];
  struct mp_procid ids[N];
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  for (int i = 0; i < N; i++)
    pids[i] = start_child (modes[_i].kind, &ids[i]);
  struct rlimit old;
  getrlimit (RLIMIT_NOFILE, &old);
  int lowest_free = dup (0);
  close (lowest_free);
  struct rlimit few = { .rlim_cur = lowest_free + SPARE,
                        .rlim_max = old.rlim_max };
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &few), 0);
  int opened = 0;
  for (int i = 0; i < N; i++)
    opened += mp_procwait_open (&w[i], &ids[i], modes[_i].flags) == 0;
  size_t which;
  struct timespec some = milliseconds (100);
  int err = mp_procwait_any (w, N, &some, NULL, &which);
  for (int i = 0; i < N; i++)
    kill (pids[i], SIGKILL);
  int err2;
  while ((err2 = mp_procwait_any (w, N, NULL, NULL, &which)) == 0)
    continue;
  setrlimit (RLIMIT_NOFILE, &old);
  ck_assert_int_eq (opened, N);
  ck_assert_int_eq (err, ETIMEDOUT);
  ck_assert_int_eq (err2, ECHILD);
  for (int i = 0; i < N; i++)
    mp_procwait_close (&w[i]);
}
END_TEST

static volatile sig_atomic_t handled;

static void
handle (int sig)
{
  handled = sig;
}

/* A signal that came before is not lost if it was blocked.  */
START_TEST (wait_interrupted)
{
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  sigset_t set, old;
  struct mp_procwait w;
  size_t which;
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  open_wait (_i, &w, pid);
  signal (SIGUSR1, handle);
  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, &old);
  raise (SIGUSR1);
  handled = 0;
  ck_assert_int_eq (mp_procwait_any (&w, 1, NULL, &old, &which), EINTR);
  ck_assert_int_eq (handled, SIGUSR1);
  sigprocmask (SIG_SETMASK, &old, NULL);
  mp_procwait_close (&w);
}
END_TEST

/* Waiting takes far less CPU time than other time.  */
START_TEST (wait_idly)
{
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procwait w;
  struct timespec some = milliseconds (500);
  struct timespec begin, end;
  size_t which;
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  open_wait (_i, &w, pid);
  w.child = false;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &begin);
  ck_assert_int_eq (mp_procwait_any (&w, 1, &some, NULL, &which), ETIMEDOUT);
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &end);
  ck_assert_int_lt (timespec_cmp (timespec_sub (end, begin),
                                  milliseconds (200)), 0);
  mp_procwait_close (&w);
}
END_TEST

/* A child that someone else has reaped has ended, unknown how.  */
START_TEST (wait_reaped)
{
  if (no_mode (_i))
    {
      unit_skip ("this way to do it does not exist here");
      return;
    }
  struct mp_procwait w;
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  open_wait (_i, &w, pid);
  kill (pid, SIGKILL);
  node_reap (pid);
  ck_assert_int_eq (wait_for (&w), 0);
  int status;
  int err = mp_procwait_status (&w, NULL, &status);
  ck_assert (err == 0 ? WTERMSIG (status) == SIGKILL : err == ENODATA);
  mp_procwait_close (&w);
}
END_TEST

static Suite *
process_suite (void)
{
  Suite *s = suite_create ("process");
  TCase *t = unit_tcase ("identity");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_loop_test (t, identity, 0, N_ENTRIES (kinds));
  tcase_add_test (t, identity_of_none);
  tcase_add_loop_test (t, other_identity, 0, N_ENTRIES (kinds));
  tcase_add_loop_test (t, reused_pid, 0, N_ENTRIES (kinds));
  tcase_add_loop_test (t, zombie_leader, 0, N_ENTRIES (kinds));
  tcase_add_test (t, text);
  tcase_add_loop_test (t, no_id, 0, N_ENTRIES (not_ids));
  suite_add_tcase (s, t);

  t = unit_tcase ("wait");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_loop_test (t, wait_child, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_zombie, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_stranger, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, status_foreign, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_many, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_few_descriptors, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_interrupted, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_idly, 0, N_ENTRIES (modes));
  tcase_add_loop_test (t, wait_reaped, 0, N_ENTRIES (modes));
  suite_add_tcase (s, t);
  return s;
}

int
main (void)
{
  return run_suite (process_suite ());
}
