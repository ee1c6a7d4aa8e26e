/* Unit tests of the set of several processes and their descendants.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nodes.h"
#include "treeset.h"
#include "unit.h"

/* Most tests are run with each of these: all ways to find and to signal.  */
static unsigned int const ways[] = {
  0, MP_TREE_BY_STAT, MP_TREE_NO_PIDFD, MP_TREE_BY_STAT | MP_TREE_NO_PIDFD
};

/* Begin S with FLAGS.  */
static void
begin (struct mp_treeset *s, unsigned int flags)
{
  ck_assert_int_eq (mp_treeset_begin (s, flags, NULL), 0);
}

/* Try to make PID a target of S.  Return what mp_treeset_add does.  */
static int
try_add (struct mp_treeset *s, pid_t pid, enum mp_refusal *why)
{
  struct mp_handle h = { .running = true };
  int err = mp_procid_get (pid, &h.id);
  return err ? err : mp_treeset_add (s, &h, why);
}

/* Make PID a target of S.  */
static void
add (struct mp_treeset *s, pid_t pid)
{
  enum mp_refusal why;
  ck_assert_int_eq (try_add (s, pid, &why), 0);
  ck_assert_int_eq (why, MP_REFUSED_NOT);
}

/* Return how many members of S stand as STANDING.  */
static size_t
count (struct mp_treeset const *s, enum mp_standing standing)
{
  size_t n = 0;
  for (size_t i = 0; i < s->tree.n; i++)
    n += mp_treeset_standing (s, s->tree.member[i]) == standing;
  return n;
}

/* Freeze S and send all SIGKILL.  Check that N got it and end.  */
static void
kill_all (struct mp_treeset *s, size_t n)
{
  ck_assert_int_eq (mp_treeset_freeze (s), 0);
  mp_tree_deliver (&s->tree, SIGKILL);
  ck_assert_uint_eq (s->tree.n_signalled, n);
  ck_assert_uint_eq (s->tree.n_refused, 0);
  ck_assert_int_eq (mp_treeset_wait (s, mp_now () + NODES_PATIENCE * 1000LL
                                                    * MP_MILLISECOND), 0);
}

START_TEST (several)
{
  int three = 3;
  pid_t a = node_start (node_wide, &three);
  pid_t b = node_start (node_deep, &three);
  node_start (node_pause, NULL);
  nodes_await (9);
  int descriptors = open_descriptors ();

  struct mp_treeset s;
  begin (&s, ways[_i]);
  add (&s, a);
  add (&s, b);
  add (&s, a);
  ck_assert_int_eq (mp_treeset_scan (&s), 0);
  ck_assert_uint_eq (count (&s, MP_STANDING_TAKEN), 8);
  for (size_t i = 0; i < 3; i++)
    ck_assert (mp_treeset_met (&s, i));
  ck_assert_int_eq (mp_treeset_wait (&s, mp_now ()), ETIMEDOUT);
  kill_all (&s, 8);

  /* Nobody is left.  */
  ck_assert_int_eq (mp_treeset_freeze (&s), 0);
  mp_tree_deliver (&s.tree, SIGKILL);
  ck_assert_uint_eq (s.tree.n_signalled, 0);
  mp_treeset_end (&s);
  ck_assert_int_eq (open_descriptors (), descriptors);
}
END_TEST

START_TEST (descendants)
{
  int three = 3;
  pid_t a = node_start (node_wide, &three);
  nodes_await (4);
  struct mp_treeset s;
  begin (&s, ways[_i] | MP_TREESET_DESCENDANTS);
  add (&s, a);
  kill_all (&s, 3);
  ck_assert_uint_eq (count (&s, MP_STANDING_TARGET), 1);
  node_await_state (a, 'S');
  mp_treeset_end (&s);

  /* The caller's parent may be one.  */
  enum mp_refusal why;
  begin (&s, MP_TREESET_DESCENDANTS);
  if (1 < getppid ())
    ck_assert_int_eq (try_add (&s, getppid (), &why), 0);
  mp_treeset_end (&s);
}
END_TEST

/* In a node: ask for what is refused.  Return 42 if all are.  */
static int
ask_for_refused (void *arg)
{
  enum mp_refusal why[4];
  struct mp_treeset s;
  bool ok = (mp_treeset_begin (&s, 0, NULL) == 0
             && try_add (&s, getpid (), &why[0]) == EPERM
             && why[0] == MP_REFUSED_SELF
             && try_add (&s, getppid (), &why[1]) == EPERM
             && why[1] == MP_REFUSED_ANCESTOR
             && try_add (&s, 1, &why[2]) == EPERM
             && why[2] == MP_REFUSED_INIT);
  if (ok && geteuid () == 0 && setresuid (65534, 65534, 65534) == 0)
    {
      pid_t foreign = *(pid_t *) arg;
      ok = (try_add (&s, foreign, &why[3]) == EPERM
            && why[3] == MP_REFUSED_OWNER);
    }
  ok &= mp_treeset_scan (&s) == 0 && s.tree.n == 0;
  mp_treeset_end (&s);
  return ok ? 42 : EXIT_FAILURE;
}

START_TEST (refusals)
{
  pid_t other = node_start (node_pause, NULL);
  nodes_await (1);
  int status = node_reap (node_start (ask_for_refused, &other));
  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 42);

  struct mp_treeset s;
  enum mp_refusal why;
  begin (&s, 0);
  kill (other, SIGKILL);
  node_await_state (other, 'Z');
  /* A zombie is a target that has nothing.  */
  ck_assert_int_eq (try_add (&s, other, &why), 0);
  ck_assert_int_eq (mp_treeset_scan (&s), 0);
  ck_assert (!mp_treeset_met (&s, 0));
  ck_assert_uint_eq (count (&s, MP_STANDING_TAKEN), 0);
  ck_assert_uint_eq (count (&s, MP_STANDING_ENDED), 1);
  mp_treeset_end (&s);
  node_reap (other);
}
END_TEST

/* Leave an orphan, which stays in the session and group of the caller.  */
static void
leave_orphan (void)
{
  pid_t pid = fork ();
  if (pid == 0)
    {
      if (fork () == 0)
        {
          alarm (NODES_PATIENCE);
          node_pause (NULL);
        }
      _exit (EXIT_SUCCESS);
    }
  waitpid (pid, NULL, 0);
}

/* A node that leads a session or, if ARG points to 0, a group, of an orphan
   and itself.  */
static int
lead (void *arg)
{
  if (*(int *) arg ? setsid () < 0 : setpgid (0, 0) != 0)
    return EXIT_FAILURE;
  leave_orphan ();
  return node_pause (NULL);
}

/* The orphans of a leader's session or group belong to it, unless that is not
   wanted, or the leader is not a member.  */
START_TEST (widened)
{
  for (int session = 0; session < 2; session++)
    {
      struct mp_treeset s;
      pid_t leader = node_start (lead, &session);
      pid_t other = node_start (node_pause, NULL);
      nodes_await (3);

      begin (&s, ways[_i] | MP_TREESET_STRICT);
      add (&s, leader);
      ck_assert_int_eq (mp_treeset_scan (&s), 0);
      ck_assert_uint_eq (s.tree.n, 1);
      mp_treeset_end (&s);

      begin (&s, ways[_i]);
      add (&s, other);
      kill_all (&s, 1);
      mp_treeset_end (&s);

      /* Only a session is of a leader that is spared.  */
      begin (&s, ways[_i] | MP_TREESET_DESCENDANTS);
      add (&s, leader);
      ck_assert_int_eq (mp_treeset_scan (&s), 0);
      ck_assert_uint_eq (count (&s, MP_STANDING_TAKEN), session);
      mp_treeset_end (&s);

      begin (&s, ways[_i]);
      add (&s, leader);
      kill_all (&s, 2);
      mp_treeset_end (&s);
      nodes_expect_end ();
    }
}
END_TEST

/* A node that, told by SIGUSR1, leaves another in its place, of the same
   session.  */
static int
replace (void *arg)
{
  sigset_t set;
  int sig;
  (void) arg;
  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, NULL);
  node_ready ();
  sigwait (&set, &sig);
  leave_orphan ();
  return EXIT_SUCCESS;
}

static int
lead_replaced (void *arg)
{
  (void) arg;
  setsid ();
  node_start (replace, NULL);
  return node_pause (NULL);
}

/* The session of a leader that has been a member stays in the set when the
   leader and all others whom the set knows are gone.  */
START_TEST (leader_gone)
{
  pid_t leader = node_start (lead_replaced, NULL);
  nodes_await (2);
  struct mp_treeset s;
  begin (&s, ways[_i]);
  add (&s, leader);
  ck_assert_int_eq (mp_treeset_scan (&s), 0);
  ck_assert_uint_eq (s.tree.n, 2);
  pid_t second = s.tree.member[1]->pid;
  kill (second, SIGUSR1);
  nodes_await (1);
  /* It ends with its parent: not before it has done its part.  */
  node_await_state (second, 'Z');
  kill (leader, SIGKILL);
  node_reap (leader);
  node_reap (second);
  kill_all (&s, 1);
  mp_treeset_end (&s);
  nodes_expect_end ();
}
END_TEST

/* What had stopped stays so if that is wanted.  */
START_TEST (keep_stopped)
{
  pid_t stopped = node_start (node_pause, NULL);
  pid_t other = node_start (node_pause, NULL);
  nodes_await (2);
  kill (stopped, SIGSTOP);
  node_await_state (stopped, 'T');
  struct mp_treeset s;
  begin (&s, ways[_i] | MP_TREE_KEEP_STOPPED);
  add (&s, stopped);
  add (&s, other);
  ck_assert_int_eq (mp_treeset_freeze (&s), 0);
  mp_tree_deliver (&s.tree, SIGWINCH);
  ck_assert_uint_eq (s.tree.n_signalled, 2);
  node_await_state (other, 'S');
  ck_assert_int_eq (node_state (stopped), 'T');
  kill_all (&s, 2);
  mp_treeset_end (&s);
}
END_TEST

static Suite *
treeset_suite (void)
{
  Suite *s = suite_create ("treeset");
  TCase *t = unit_tcase ("treeset");
  tcase_add_checked_fixture (t, nodes_setup, nodes_teardown);
  tcase_add_loop_test (t, several, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, descendants, 0, N_ENTRIES (ways));
  tcase_add_test (t, refusals);
  tcase_add_loop_test (t, widened, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, leader_gone, 0, N_ENTRIES (ways));
  tcase_add_loop_test (t, keep_stopped, 0, N_ENTRIES (ways));
  suite_add_tcase (s, t);
  return s;
}

int
main (void)
{
  return run_suite (treeset_suite ());
}
