/* Unit tests of the modules of lib/ that find and end trees of processes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "nodes.h"
#include "procstat.h"
#include "proctree.h"
#include "unit.h"

/* Most tests are run with each of these: all ways to find and to signal.  */
static unsigned int const ways[] = {
  0, MP_TREE_BY_STAT, MP_TREE_NO_PIDFD, MP_TREE_BY_STAT | MP_TREE_NO_PIDFD
};

/* Stat lines, and what is in them.  */

static struct
{
  char const *text;
  int err;
  struct mp_procstat st;
} const stat_lines[] = {
  { "7 (cat) R 5 7 3 34816 7 4194304 90 0 0 0 1 2 3 4 20 0 1 0 9876 1 2", 0,
    { 'R', 5, 7, 3, false, 1, 9876, 0 } },
  { "7 (a b) S 5 7 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 12 0 18446744073709551615", 0,
    { 'S', 5, 7, 3, false, 12, 18446744073709551615ULL, 0 } },
  { "7 (a) R 1 (b) Z 5 7 3 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 9", 0,
    { 'Z', 5, 7, 3, true, 1, 9, 0 } },
  { "7 (\n)\n) T 2 (\n) t 5 7 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9", 0,
    { 't', 5, 7, 3, false, 1, 9, 0 } },
  { "7 () D 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 23 24 25 26 27 28 29 30 31"
    " 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 256", 0,
    { 'D', 0, 0, 0, false, 1, 9, 256 } },
  { "", EINVAL, { 0 } },
  { "7", EINVAL, { 0 } },
  { "7 (cat", EINVAL, { 0 } },
  { "7 (cat)", EINVAL, { 0 } },
  { "7 (cat) ", EINVAL, { 0 } },
  { "7 (cat) R", EINVAL, { 0 } },
  { "7 (cat) 5 7", EINVAL, { 0 } },
  { "7 (cat) R 5 7 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0", EINVAL, { 0 } },
};

START_TEST (stat_line)
{
  struct mp_procstat st;
  struct mp_procstat const *want = &stat_lines[_i].st;
  ck_assert_int_eq (mp_procstat_parse (stat_lines[_i].text, &st),
                    stat_lines[_i].err);
  if (stat_lines[_i].err)
    return;
  ck_assert_int_eq (st.state, want->state);
  ck_assert_int_eq (st.ppid, want->ppid);
  ck_assert_int_eq (st.pgrp, want->pgrp);
  ck_assert_int_eq (st.session, want->session);
  ck_assert_int_eq (st.kernel, want->kernel);
  ck_assert_int_eq (st.threads, want->threads);
  ck_assert_uint_eq (st.start_time, want->start_time);
  ck_assert_int_eq (st.exit_status, want->exit_status);
}
END_TEST

/* A node with a name made to deceive.  */
static int
hostile_name (void *arg)
{
#if HAVE_PRCTL && defined PR_SET_NAME
  prctl (PR_SET_NAME, ") R 1 1 1\n(a", 0, 0, 0);
#endif
  return node_pause (arg);
}

START_TEST (stat_read)
{
  pid_t pid = node_start (hostile_name, NULL);
  nodes_await (1);
  struct mp_procstat st;
  ck_assert_int_eq (mp_procstat_read (pid, &st), 0);
  ck_assert_int_eq (st.ppid, getpid ());
  ck_assert_int_eq (st.threads, 1);
  ck_assert_int_eq (st.pgrp, getpgrp ());
  ck_assert_uint_gt (st.start_time, 0);
  kill (pid, SIGKILL);
  node_reap (pid);
  ck_assert_int_eq (mp_procstat_read (pid, &st), ESRCH);
  ck_assert_int_eq (mp_procstat_usable (), 0);
}
END_TEST

/* Trees.  */

/* Check that T is sound: known parents come first, no PID twice.  */
static void
check_tree (struct mp_tree const *t)
{
  int twice = 0;
  int parentless = 0;
  for (size_t i = 0; i < t->n; i++)
    {
      bool parent_known = t->member[i]->ppid == getpid ();
      for (size_t j = 0; j < i; j++)
        {
          twice += t->member[i]->pid == t->member[j]->pid;
          parent_known |= t->member[i]->ppid == t->member[j]->pid;
        }
      parentless += !parent_known;
    }
  ck_assert_int_eq (twice, 0);
  ck_assert_int_eq (parentless, 0);
}

/* Return the member of T that is PID, or NULL.  */
static struct mp_member *
find (struct mp_tree const *t, pid_t pid)
{
  for (size_t i = 0; i < t->n; i++)
    if (t->member[i]->pid == pid)
      return t->member[i];
  return NULL;
}

/* Return the member of T that is PID, which must be there.  */
static struct mp_member *
get (struct mp_tree const *t, pid_t pid)
{
  struct mp_member *m = find (t, pid);
  ck_assert_ptr_nonnull (m);
  return m;
}

/* Start a chain and a fan of SIZE nodes each and their roots, and wait until
   all are ready.  Return how many there are.  */
static size_t
start_nodes (int size)
{
  node_start (node_deep, &size);
  node_start (node_wide, &size);
  nodes_await (2 * (size + 1));
  return 2 * (size + 1);
}

START_TEST (scan)
{
  size_t n = start_nodes (nodes_scaled (60));
  int descriptors = open_descriptors ();
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_scan (&t, getpid ()), 0);
  ck_assert_uint_eq (t.n, n);
  ck_assert_uint_eq (t.n_fresh, n);
  check_tree (&t);

  /* Again: no one new, no one twice.  */
  ck_assert_int_eq (mp_tree_scan (&t, getpid ()), 0);
  ck_assert_uint_eq (t.n, n);
  ck_assert_uint_eq (t.n_fresh, 0);

  /* One more, and one less.  */
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  ck_assert_int_eq (mp_tree_scan (&t, getpid ()), 0);
  ck_assert_uint_eq (t.n, n + 1);
  ck_assert_uint_eq (t.n_fresh, 1);
  ck_assert (get (&t, pid)->fresh);
  kill (pid, SIGKILL);
  node_reap (pid);
  ck_assert_int_eq (mp_tree_scan (&t, getpid ()), 0);
  ck_assert_uint_eq (t.n, n);
  ck_assert_ptr_null (find (&t, pid));

  mp_tree_free (&t);
  ck_assert_int_eq (open_descriptors (), descriptors);
}
END_TEST

START_TEST (scan_root)
{
  int two = 2;
  pid_t root = node_start (node_wide, &two);
  nodes_await (3);
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_scan (&t, root), 0);
  ck_assert_uint_eq (t.n, 2);
  ck_assert_ptr_null (find (&t, root));
  mp_tree_free (&t);

  t.flags = ways[_i] | MP_TREE_ROOT;
  ck_assert_int_eq (mp_tree_scan (&t, root), 0);
  ck_assert_uint_eq (t.n, 3);
  ck_assert_int_eq (t.member[0]->pid, root);
  mp_tree_free (&t);

  t.flags = ways[_i] | MP_TREE_ROOT;
  ck_assert_int_eq (mp_tree_kill_descendants (root, SIGKILL, &t), 0);
  ck_assert_uint_eq (t.n_signalled, 3);
  nodes_expect_end ();
  mp_tree_free (&t);

  t.flags = ways[_i];
  ck_assert_int_eq (mp_tree_scan (&t, root), ESRCH);
  ck_assert_uint_eq (t.n, 0);
  t.flags = ways[_i] | MP_TREE_ROOT;
  ck_assert_int_eq (mp_tree_kill_descendants (root, SIGKILL, &t), ESRCH);
  mp_tree_free (&t);
}
END_TEST

/* SIGKILL, SIGTERM and one that the nodes do not expect end all of them, also
   if they had been stopped.  */
START_TEST (kill_all)
{
  static int const sigs[] = { SIGKILL, SIGTERM, SIGUSR1 };
  for (int i = 0; i < N_ENTRIES (sigs); i++)
    {
      size_t n = start_nodes (nodes_scaled (40));
      pid_t stopped = node_start (node_pause, NULL);
      nodes_await (1);
      kill (stopped, SIGSTOP);
      struct mp_tree t = { .flags = ways[_i] };
      ck_assert_int_eq (mp_tree_kill_descendants (getpid (), sigs[i], &t), 0);
      ck_assert_uint_eq (t.n_signalled, n + 1);
      ck_assert_uint_eq (t.n_refused, 0);
      ck_assert_uint_eq (t.n_running + t.n_held, 0);
      mp_tree_free (&t);
      int status = node_reap (stopped);
      ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == sigs[i]);
      nodes_expect_end ();
    }
}
END_TEST

/* Signal 0 and SIGCONT leave all as it was.  */
START_TEST (kill_harmless)
{
  size_t n = start_nodes (5);
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), 0, &t), 0);
  ck_assert_uint_eq (t.n_signalled, n);
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGCONT, &t), 0);
  ck_assert_uint_eq (t.n_signalled, n);
  for (size_t i = 0; i < n; i++)
    node_await_state (t.member[i]->pid, 'S');

  /* No such signal: reported, and nothing is left frozen.  */
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), 10000, &t), 0);
  ck_assert_uint_eq (t.n_signalled, 0);
  ck_assert_uint_eq (t.n_refused, n);
  for (size_t i = 0; i < n; i++)
    {
      ck_assert_int_eq (t.member[i]->error, EINVAL);
      node_await_state (t.member[i]->pid, 'S');
    }

  /* The signals that stop do so, and can be undone.  */
  static int const stops[] = { SIGSTOP, SIGTSTP };
  for (int j = 0; j < N_ENTRIES (stops); j++)
    {
      ck_assert_int_eq (mp_tree_kill_descendants (getpid (), stops[j], &t), 0);
      ck_assert_uint_eq (t.n_signalled, n);
      for (size_t i = 0; i < n; i++)
        if (stops[j] == SIGSTOP)
          node_await_state (t.member[i]->pid, 'T');
      mp_tree_thaw (&t);
      for (size_t i = 0; i < n; i++)
        node_await_state (t.member[i]->pid, 'S');
    }
  mp_tree_free (&t);
}
END_TEST

START_TEST (freeze_and_thaw)
{
  size_t n = start_nodes (nodes_scaled (40));
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_freeze (&t, getpid ()), 0);
  ck_assert_uint_eq (t.n, n);
  for (size_t i = 0; i < n; i++)
    ck_assert_int_eq (node_state (t.member[i]->pid), 'T');
  mp_tree_thaw (&t);
  for (size_t i = 0; i < n; i++)
    node_await_state (t.member[i]->pid, 'S');
  mp_tree_free (&t);
}
END_TEST

/* A zombie is a member, but is not signalled.  */
START_TEST (zombie)
{
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  kill (pid, SIGKILL);
  node_await_state (pid, 'Z');
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGTERM, &t), 0);
  ck_assert_uint_eq (t.n, 1);
  ck_assert_int_eq (t.member[0]->state, 'Z');
  ck_assert_uint_eq (t.n_signalled, 0);
  ck_assert_uint_eq (t.n_refused, 0);
  mp_tree_free (&t);
}
END_TEST

/* In a thread of a node: start another node, which is then a child of this
   thread, and wait for a signal.  */
static void *
thread (void *arg)
{
  node_start (node_pause, NULL);
  node_pause (arg);
  return NULL;
}

/* A node whose second thread has a child.  If ARG, the first thread ends, so
   that the node is a zombie that lives.  */
static int
node_thread (void *arg)
{
  pthread_t id;
  if (pthread_create (&id, NULL, thread, NULL) != 0)
    return EXIT_FAILURE;
  if (arg)
    pthread_exit (NULL);
  return node_pause (NULL);
}

START_TEST (thread_child)
{
  pid_t pid = node_start (node_thread, NULL);
  nodes_await (3);
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_freeze (&t, getpid ()), 0);
  ck_assert_uint_eq (t.n, 2);
  ck_assert_int_eq (t.member[0]->pid, pid);
  ck_assert_int_eq (t.member[0]->threads, 2);
  mp_tree_free (&t);
  ck_assert_int_eq (mp_tree_kill_descendants (pid, SIGKILL, NULL), 0);
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGTERM, NULL), 0);
  nodes_expect_end ();
}
END_TEST

START_TEST (zombie_leader)
{
  int n = 0;
  pid_t pid = node_start (node_thread, &n);
  nodes_await (2);
  node_await_state (pid, 'Z');
  struct mp_procstat st;
  ck_assert_int_eq (mp_procstat_read (pid, &st), 0);
  ck_assert (!mp_procstat_ended (st.state));
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGTERM, &t), 0);
  ck_assert_uint_eq (t.n, 2);
  ck_assert_uint_eq (t.n_signalled, 2);
  mp_tree_free (&t);
  nodes_expect_end ();
}
END_TEST

/* Leave out the process that ARG points to, and in the second case its
   descendants.  */

static enum mp_tree_choice
spare (struct mp_member const *m, void *arg)
{
  return m->pid == *(pid_t *) arg ? MP_TREE_SPARE : MP_TREE_TAKE;
}

static enum mp_tree_choice
prune (struct mp_member const *m, void *arg)
{
  return m->pid == *(pid_t *) arg ? MP_TREE_PRUNE : MP_TREE_TAKE;
}

START_TEST (spared)
{
  int two = 2;
  pid_t pid = node_start (node_wide, &two);
  node_start (node_wide, &two);
  nodes_await (6);
  struct mp_tree t
    = { .flags = ways[_i], .choose = prune, .choose_arg = &pid };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGSTOP, &t), 0);
  ck_assert_uint_eq (t.n, 4);
  ck_assert_uint_eq (t.n_signalled, 3);
  ck_assert (get (&t, pid)->spared);
  node_await_state (pid, 'S');
  mp_tree_free (&t);

  t = (struct mp_tree) { .choose = spare, .choose_arg = &pid };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGKILL, &t), 0);
  ck_assert_uint_eq (t.n_signalled, 5);
  mp_tree_free (&t);
  node_await_state (pid, 'S');
}
END_TEST

/* In a node: kill all descendants of the parent.  Return whether there were
   three others.  */
static int
kill_siblings (void *arg)
{
  struct mp_tree t = { .flags = *(unsigned int *) arg };
  int err = mp_tree_kill_descendants (getppid (), SIGKILL, &t);
  bool ok = !err && t.n == 4 && t.n_signalled == 3;
  mp_tree_free (&t);
  return ok ? 42 : EXIT_FAILURE;
}

START_TEST (never_itself)
{
  int two = 2;
  unsigned int flags = ways[_i];
  node_start (node_wide, &two);
  nodes_await (3);
  pid_t pid = node_start (kill_siblings, &flags);
  int status = node_reap (pid);
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 42);
  nodes_expect_end ();
}
END_TEST

/* In a node: start children, one of which keeps the user; become another
   user; kill them.  */
static int
kill_foreign (void *arg)
{
  enum { NOBODY = 65534 };
  pid_t foreign = node_start (node_pause, NULL);
  if (setresuid (NOBODY, NOBODY, NOBODY) != 0)
    return EXIT_FAILURE;
  pid_t own = node_start (node_pause, NULL);
  nodes_await (2);
  struct mp_tree t = { .flags = *(unsigned int *) arg };
  int err = mp_tree_kill_descendants (getpid (), SIGKILL, &t);
  bool ok = (!err && t.n == 2 && t.n_signalled == 1 && t.n_refused == 1
             && get (&t, foreign)->error == EPERM
             && get (&t, own)->error == 0);
  mp_tree_free (&t);
  return ok ? 42 : EXIT_FAILURE;
}

/* Only a process that may change its user can test this.  */
START_TEST (refused)
{
  if (geteuid () != 0)
    {
      unit_skip ("only root can become another user");
      return;
    }
  unsigned int flags = ways[_i];
  int status = node_reap (node_start (kill_foreign, &flags));
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 42);
}
END_TEST

/* Few descriptors are left: all are found and killed, and the tree gives some
   back.  */
START_TEST (few_descriptors)
{
  enum { SPARE = 8 };
  size_t n = start_nodes (nodes_scaled (30));
  struct rlimit old;
  getrlimit (RLIMIT_NOFILE, &old);
  int lowest_free = dup (0);
  close (lowest_free);
  struct rlimit few = { .rlim_cur = lowest_free + SPARE,
                        .rlim_max = old.rlim_max };
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &few), 0);

  struct mp_tree t = { .flags = ways[_i] };
  int err = mp_tree_freeze (&t, getpid ());
  int fd = dup (0);
  mp_tree_signal (&t, SIGKILL);
  setrlimit (RLIMIT_NOFILE, &old);
  ck_assert_int_eq (err, 0);
  ck_assert_int_ge (fd, 0);
  close (fd);
  size_t held = 0;
  for (size_t i = 0; i < t.n; i++)
    held += 0 <= t.member[i]->pidfd;
  ck_assert_uint_le (held, SPARE);
  ck_assert_uint_eq (t.n_signalled, n);
  mp_tree_free (&t);
  nodes_expect_end ();
}
END_TEST

/* A bomb: processes that double until the number that ARG, which all share,
   points to is used up; every third then leaves, so that its children have
   another parent.  */
static int
bomb (void *arg)
{
  int *budget = arg;
  bool said = false;
  while (0 < __atomic_fetch_sub (budget, 1, __ATOMIC_SEQ_CST))
    {
      pid_t pid = fork ();
      if (pid == 0)
        alarm (NODES_PATIENCE);
      else if (!said)
        {
          said = true;
          node_ready ();
        }
      else if (0 < pid && pid % 3 == 0)
        return EXIT_SUCCESS;
    }
  for (;;)
    pause ();
}

START_TEST (fork_bomb)
{
  int *budget = mmap (NULL, sizeof *budget, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert (budget != MAP_FAILED);
  *budget = nodes_scaled (3000);
  node_start (bomb, budget);
  nodes_await (1);
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGKILL, &t), 0);
  ck_assert_uint_gt (t.n_signalled, 0);
  mp_tree_free (&t);
  nodes_expect_end ();
  munmap (budget, sizeof *budget);
}
END_TEST

/* A node that has short-lived children all the time.  */
static int
churn (void *arg)
{
  (void) arg;
  node_ready ();
  for (;;)
    {
      pid_t pid = fork ();
      if (pid == 0)
        _exit (EXIT_SUCCESS);
      waitpid (pid, NULL, 0);
    }
}

/* Processes that vanish during a look are no error.  */
START_TEST (vanishing)
{
  pid_t pid = node_start (churn, NULL);
  node_start (churn, NULL);
  nodes_await (2);
  for (int i = 0; i < 100; i++)
    {
      struct mp_tree t = { .flags = ways[_i] };
      ck_assert_int_eq (mp_tree_scan (&t, getpid ()), 0);
      ck_assert_ptr_nonnull (find (&t, pid));
      mp_tree_free (&t);
    }
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGKILL, NULL), 0);
  nodes_expect_end ();
}
END_TEST

static int
leave_orphan (void *arg)
{
  if (fork () == 0)
    {
      alarm (NODES_PATIENCE);
      node_pause (arg);
    }
  return EXIT_SUCCESS;
}

/* What a root that is a subreaper has adopted is found below it.  */
START_TEST (orphan)
{
  node_reap (node_start (leave_orphan, NULL));
  nodes_await (1);
  struct mp_tree t = { .flags = ways[_i] };
  ck_assert_int_eq (mp_tree_kill_descendants (getpid (), SIGTERM, &t), 0);
  ck_assert_uint_eq (t.n_signalled, 1);
  mp_tree_free (&t);
  nodes_expect_end ();
}
END_TEST

static Suite *
tree_suite (void)
{
  Suite *s = suite_create ("tree");
  TCase *t = unit_tcase ("stat");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_loop_test (t, stat_line, 0, N_ENTRIES (stat_lines));
  tcase_add_test (t, stat_read);
  suite_add_tcase (s, t);

  t = unit_tcase ("tree");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_loop_test (t, scan, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, scan_root, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, kill_all, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, kill_harmless, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, freeze_and_thaw, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, zombie, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, thread_child, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, zombie_leader, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, spared, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, never_itself, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, refused, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, few_descriptors, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, fork_bomb, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, vanishing, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, orphan, 0, N_ENTRIES (ways));
  suite_add_tcase (s, t);
  return s;
}

int
main (void)
{
  return run_suite (tree_suite ());
}
