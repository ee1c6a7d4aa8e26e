/* Unit tests of the executor of fresh local processes, through a pool.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "local.h"
#include "pool.h"
#include "sigflags.h"
#include "template.h"
#include "unit.h"

/* An item, and what is to become of its task.  */
struct expected
{
  char const *item;
  size_t len;
  int error;
  int exit_status;              /* of the command, if it was run; -1: it is
                                   ended by signal KILL */
};

/* The most items of a pool.  */
enum { ITEMS_MAX = 8 };

/* A user of the pool: one task for each of N items.  */
struct user
{
  struct expected const *item;
  int n, next, delivered;
  int fd[ITEMS_MAX];            /* opened when a task was over */
};

static int
user_next (void *arg, struct mp_task **task)
{
  struct user *u = arg;
  char *store;
  *task = NULL;
  if (u->next == u->n)
    return 0;
  struct expected const *e = &u->item[u->next++];
  *task = mp_task_new (1, e->len + 1, &store);
  ENSURE (*task);
  (*task)->index = u->next;
  memcpy (store, e->item, e->len);
  store[e->len] = '\0';
  (*task)->item[0] = (struct mp_item) { store, e->len };
  return 0;
}

static int
user_input_fd (void *arg)
{
  (void) arg;
  return -1;
}

/* One item cannot be too many.  */
static void
user_push_back (void *arg, struct mp_task *task, size_t keep)
{
  (void) arg;
  (void) task;
  (void) keep;
  ck_abort ();
}

static void
user_started (void *arg, struct mp_task *task)
{
  (void) arg;
  (void) task;
}

/* Check how TASK has ended.  */
static void
user_delivered (void *arg, struct mp_task *task)
{
  struct user *u = arg;
  struct expected const *e = &u->item[u->delivered++];
  u->fd[u->delivered - 1] = dup (STDOUT_FILENO);
  ck_assert_int_ge (u->fd[u->delivered - 1], 0);
  ck_assert_int_eq (task->error, e->error);
  if (e->error)
    return;
  if (e->exit_status < 0)
    {
      ck_assert (WIFSIGNALED (task->status));
      ck_assert_int_eq (WTERMSIG (task->status), SIGKILL);
    }
  else
    {
      ck_assert (WIFEXITED (task->status));
      ck_assert_int_eq (WEXITSTATUS (task->status), e->exit_status);
    }
}

/* Resources may be short on a busy machine.  */
static void
user_starved (void *arg, int err)
{
  (void) arg;
  (void) err;
}

static void
user_woken (void *arg)
{
  (void) arg;
}

static struct mp_pool_ops const user_ops = {
  .next = user_next, .input_fd = user_input_fd, .push_back = user_push_back,
  .started = user_started, .delivered = user_delivered,
  .starved = user_starved, .woken = user_woken
};

/* Run the pool that has EX for the user U, with the signal mask MASK.  */
static void
run_pool (struct mp_executor *ex, struct user *u, sigset_t const *mask)
{
  struct mp_pool pool;
  ck_assert_int_eq (mp_pool_init (&pool, ex, &user_ops, u, MP_GROUP_ORDERED,
                                  3, 0, mask), 0);
  ck_assert_int_eq (mp_pool_run (&pool), 0);
  mp_local_free (ex);
  mp_pool_free (&pool);
  /* The executor has closed its own descriptors, each once.  */
  for (int i = 0; i < u->delivered; i++)
    ck_assert_int_eq (close (u->fd[i]), 0);
}

/* The program of a test: known, or to be found in PATH as "sh".  */
static char const *const files[] = { "/bin/sh", NULL };

/* Run "sh -c SCRIPT sh ITEM" for the N items ITEM, with the program FILE as
   above, and check what becomes of them and that they write OUT and ERR.  */
static void
run_items (char const *script, char const *file, struct expected const *item,
           int n, char const *out, char const *err)
{
  char sh[] = "sh", c[] = "-c";
  char *argv[] = { sh, c, (char *) script, sh };
  char const *expected[MP_STREAMS] = { out, err };
  int fd[MP_STREAMS], saved[MP_STREAMS];
  sigset_t none, chld, old;
  struct mp_template_options const none_said = { .replacement = NULL };
  struct mp_template *command;
  struct mp_executor *ex;
  struct user u = { .item = item, .n = n };
  ck_assert_int_le (n, ITEMS_MAX);
  sigemptyset (&none);
  sigemptyset (&chld);
  sigaddset (&chld, SIGCHLD);
  ck_assert_int_eq (mp_sigflags_install (SIGCHLD), 0);
  sigprocmask (SIG_BLOCK, &chld, &old);
  ck_assert_int_eq (mp_template_parse (argv, N_ENTRIES (argv), &none_said,
                                       &command), 0);
  struct mp_local_options options = {
    .command = command, .file = file,
    .mask = &old, .defaults = &none
  };
  ck_assert_int_eq (mp_local_new (&options, &ex), 0);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      fd[i] = open_file (BYTES (""));
      saved[i] = dup (STDOUT_FILENO + i);
      ck_assert_int_ge (saved[i], 0);
      ck_assert_int_ge (dup2 (fd[i], STDOUT_FILENO + i), 0);
    }
  run_pool (ex, &u, &none);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct bytes seen = { 0 };
      dup2 (saved[i], STDOUT_FILENO + i);
      close (saved[i]);
      read_file (fd[i], &seen);
      bytes_expect (&seen, expected[i], strlen (expected[i]), script);
      bytes_free (&seen);
      close (fd[i]);
    }
  ck_assert_int_eq (u.delivered, n);
  mp_template_free (command);
  sigprocmask (SIG_SETMASK, &old, NULL);
  signal (SIGCHLD, SIG_DFL);
}

/* Both with a program that is known and with one that is to be found.  */
START_TEST (outcomes)
{
  static struct expected const items[] = {
    { BYTES ("0"), 0, 0 }, { BYTES ("7"), 0, 7 }, { BYTES ("kill"), 0, -1 },
    { BYTES ("255"), 0, 255 }
  };
  run_items ("echo out $1; echo err $1 >&2; test $1 != kill || kill -9 $$;"
             "exit $1", files[_i], items, N_ENTRIES (items),
             "out 0\nout 7\nout kill\nout 255\n",
             "err 0\nerr 7\nerr kill\nerr 255\n");
}
END_TEST

/* What the task finds around it.  */
START_TEST (surroundings)
{
  static struct expected const items[] = {
    { BYTES ("a b"), 0, 0 }, { BYTES (""), 0, 0 }, { BYTES ("'$x'"), 0, 0 }
  };
  run_items ("echo \"$PMAP_INDEX $PMAP_ATTEMPT <$PMAP_ITEM> <$1>\" $#;"
             "kill -0 -$$ && test \"$PMAP_SLOT\" -le 3 && ! read nothing",
             files[_i], items, N_ENTRIES (items),
             "1 1 <a b> <a b> 1\n2 1 <> <> 1\n3 1 <'$x'> <'$x'> 1\n", "");
}
END_TEST

/* Those that cannot be run are in nobody's way.  */
START_TEST (bad_items)
{
  size_t len = sysconf (_SC_ARG_MAX) + 1;
  char *huge = malloc (len);
  ck_assert_ptr_nonnull (huge);
  memset (huge, 'x', len);
  struct expected const items[] = {
    { BYTES ("first"), 0, 0 },
    { BYTES ("a\0b"), EINVAL, 0 },
    { huge, len, E2BIG, 0 },
    { huge, len - 1, E2BIG, 0 },
    { BYTES ("\0"), EINVAL, 0 },
    { BYTES ("last"), 0, 0 }
  };
  run_items ("echo $1", files[_i], items, N_ENTRIES (items), "first\nlast\n",
             "");
  free (huge);
}
END_TEST

/* What was opened for a task that could not be started is closed.  */
START_TEST (failed_start)
{
  static struct expected const items[] = {
    { BYTES ("a"), ENOENT, 0 }, { BYTES ("b"), ENOENT, 0 }
  };
  /* Valgrind makes a vfork a fork, whose child cannot tell.  */
  char const *ck_fork = getenv ("CK_FORK");
  if (ck_fork && strcmp (ck_fork, "no") == 0)
    {
      unit_skip ("the child of valgrind's vfork cannot tell");
      return;
    }
  run_items ("", "./no/such/program", items, N_ENTRIES (items), "", "");
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("local");
  TCase *t = unit_tcase ("local");
  tcase_add_loop_test (t, outcomes, 0, N_ENTRIES (files));
  tcase_add_loop_test (t, surroundings, 0, N_ENTRIES (files));
  tcase_add_loop_test (t, bad_items, 0, N_ENTRIES (files));
  tcase_add_test (t, failed_start);
  suite_add_tcase (s, t);
  return run_suite (s);
}
