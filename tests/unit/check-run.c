/* Unit tests of what runs tasks: procspawn, watch, sigflags and the pool.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpulist.h"
#include "pool.h"
#include "procspawn.h"
#include "sigflags.h"
#include "unit.h"
#include "watch.h"

/* The ways of mp_spawn: the fastest, posix_spawn, fork.  */
enum { WAY_FAST, WAY_POSIX, WAY_FORK, WAYS };

/* A step in the child that sets the variable that ARG is in ENVP.  */
static int
set_variable (void *arg)
{
  strcpy (arg, "CHILD=yes");
  return 0;
}

/* A step in the child that fails.  */
static int
refuse (void *arg)
{
  (void) arg;
  return EDOM;
}

/* Run "sh -c SCRIPT" with its standard output going to a pipe, in the WAY
   given; append what it writes to OUT and return its status.  */
static int
run_script (char const *script, int way, struct bytes *out)
{
  int fd[2];
  sigset_t none, defaults;
  char sh[] = "sh", c[] = "-c";
  char *argv[] = { sh, c, (char *) script, NULL };
  open_pipe (fd);
  sigemptyset (&none);
  sigemptyset (&defaults);
  sigaddset (&defaults, SIGPIPE);
  struct mp_spawn s = {
    .file = "/bin/sh", .argv = argv, .envp = environ,
    .fd = { -1, fd[1], -1 }, .new_group = true,
    .mask = &none, .defaults = &defaults, .portable = way != WAY_FAST
  };
  char variable[] = "CHILD=not";
  char *envp[] = { variable, NULL };
  if (way == WAY_FORK)
    {
      s.envp = envp;
      s.in_child = set_variable;
      s.arg = variable;
    }
  pid_t pid;
  int status;
  ck_assert_int_eq (mp_spawn (&s, &pid), 0);
  close (fd[1]);
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  while (read_now (fd[0], out, 4096))
    continue;
  close (fd[0]);
  return status;
}

START_TEST (spawn_runs)
{
  struct bytes out = { 0 };
  int status = run_script ("echo hello; exit 7", _i, &out);
  ck_assert (WIFEXITED (status));
  ck_assert_int_eq (WEXITSTATUS (status), 7);
  bytes_expect (&out, BYTES ("hello\n"), "output");
  bytes_free (&out);
}
END_TEST

START_TEST (spawn_steps_in_child)
{
  /* By vfork the child shares our memory, by fork it does not.  */
  int fd[2];
  sigset_t none;
  char sh[] = "sh", c[] = "-c", script[] = "echo $CHILD";
  char *argv[] = { sh, c, script, NULL };
  char variable[] = "CHILD=not";
  char *envp[] = { variable, NULL };
  struct bytes out = { 0 };
  sigemptyset (&none);
  open_pipe (fd);
  struct mp_spawn s = {
    .file = "/bin/sh", .argv = argv, .envp = envp, .fd = { -1, fd[1], -1 },
    .mask = &none, .defaults = &none, .portable = _i,
    .in_child = set_variable, .arg = variable
  };
  pid_t pid;
  ck_assert_int_eq (mp_spawn (&s, &pid), 0);
  close (fd[1]);
  ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
  while (read_now (fd[0], &out, 4096))
    continue;
  bytes_expect (&out, BYTES ("yes\n"), "output");
  bytes_free (&out);
  close (fd[0]);

  /* Valgrind makes a vfork a fork, whose child cannot tell.  */
  char const *ck_fork = getenv ("CK_FORK");
  if (!_i && ck_fork && strcmp (ck_fork, "no") == 0)
    return;
  s.fd[1] = -1;
  s.in_child = refuse;
  ck_assert_int_eq (mp_spawn (&s, &pid), EDOM);
  ck_assert (waitpid (-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}
END_TEST

/* Start a process that is bound to SET; store in *BOUND what it may use.  */
static void
spawn_bound (int way, struct mp_cpulist const *set, struct mp_cpulist *bound)
{
  int fd[2];
  sigset_t none;
  char sh[] = "sh", c[] = "-c", script[] = "read x";
  char *argv[] = { sh, c, script, NULL };
  char variable[] = "CHILD=not";
  sigemptyset (&none);
  open_pipe (fd);
  struct mp_spawn s = {
    .file = "/bin/sh", .argv = argv, .envp = environ, .fd = { fd[0], -1, -1 },
    .affinity = set, .mask = &none, .defaults = &none,
    .in_child = way == WAY_FORK ? set_variable : NULL, .arg = variable,
    .portable = way != WAY_FAST
  };
  pid_t pid;
  ck_assert_int_eq (mp_spawn (&s, &pid), 0);
  ck_assert_int_eq (mp_cpulist_affinity (pid, bound), 0);
  close (fd[0]);
  close (fd[1]);
  ck_assert_int_eq (waitpid (pid, NULL, 0), pid);
}

START_TEST (spawn_binds)
{
  struct mp_cpulist own, one = { .words = NULL }, none = one, bound;
  size_t last = 0;
  /* Valgrind makes a vfork a fork, which is not waited for.  */
  char const *ck_fork = getenv ("CK_FORK");
  if (!_i && ck_fork && strcmp (ck_fork, "no") == 0)
    return;
  if (mp_cpulist_affinity (0, &own) != 0)
    {
      unit_skip ("there are no affinities here");
      return;
    }
  for (size_t id = 0; mp_cpulist_next (&own, &id); id++)
    last = id;
  ck_assert_int_eq (mp_cpulist_add (&one, last, last), 0);
  spawn_bound (_i, &one, &bound);
  ck_assert_uint_eq (mp_cpulist_count (&bound), 1);
  ck_assert (mp_cpulist_has (&bound, last));
  mp_cpulist_free (&bound);

  /* One that is not there, or not any more.  */
  ck_assert_int_eq (mp_cpulist_add (&none, MP_CPULIST_LIMIT - 1,
                                    MP_CPULIST_LIMIT - 1), 0);
  spawn_bound (_i, &none, &bound);
  ck_assert_uint_eq (mp_cpulist_count (&bound), mp_cpulist_count (&own));
  mp_cpulist_free (&bound);

  /* We ourselves are not bound.  */
  ck_assert_int_eq (mp_cpulist_affinity (0, &bound), 0);
  ck_assert_uint_eq (mp_cpulist_count (&bound), mp_cpulist_count (&own));
  mp_cpulist_free (&bound);
  mp_cpulist_free (&none);
  mp_cpulist_free (&one);
  mp_cpulist_free (&own);
}
END_TEST

START_TEST (spawn_leads_a_group)
{
  struct bytes out = { 0 };
  /* $$ is the leader of the group that kill -0 asks for.  */
  int status = run_script ("kill -0 -$$", _i, &out);
  ck_assert_int_eq (status, 0);
  bytes_free (&out);
}
END_TEST

START_TEST (spawn_resets_signals)
{
  struct bytes out = { 0 };
  sighandler_t old = signal (SIGPIPE, SIG_IGN);
  int status = run_script ("kill -PIPE $$; echo survived", _i, &out);
  signal (SIGPIPE, old);
  ck_assert (WIFSIGNALED (status));
  ck_assert_int_eq (WTERMSIG (status), SIGPIPE);
  bytes_free (&out);
}
END_TEST

/* A file of the mode MODE that holds TEXT; its name is written to NAME.  */
static void
make_file (char name[static 32], char const *text, mode_t mode)
{
  strcpy (name, "/tmp/check-run-XXXXXX");
  int fd = mkstemp (name);
  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, text, strlen (text)), (int) strlen (text));
  ck_assert_int_eq (fchmod (fd, mode), 0);
  ck_assert_int_eq (close (fd), 0);
}

START_TEST (spawn_reports_exec_errors)
{
  static struct
  {
    char const *text;           /* of the program; null: there is none */
    mode_t mode;
    int error;
  } const cases[] = {
    { NULL, 0, ENOENT },
    { "#!/bin/sh\n", 0600, EACCES },
    { "#!/nonexistent/interpreter\n", 0700, ENOENT },
    { "exit 5\n", 0700, 0 }     /* a script for the shell */
  };
  /* Valgrind makes a vfork a fork, whose child cannot tell.  */
  char const *ck_fork = getenv ("CK_FORK");
  if (ck_fork && strcmp (ck_fork, "no") == 0)
    {
      unit_skip ("the child of valgrind's vfork cannot tell");
      return;
    }
  for (int i = 0; i < N_ENTRIES (cases); i++)
    {
      char name[32] = "/nonexistent/program";
      if (cases[i].text)
        make_file (name, cases[i].text, cases[i].mode);
      sigset_t none;
      sigemptyset (&none);
      char *argv[] = { name, NULL };
      struct mp_spawn s = {
        .file = name, .argv = argv, .envp = environ, .fd = { -1, -1, -1 },
        .mask = &none, .defaults = &none, .portable = _i
      };
      pid_t pid;
      int status;
      int err = mp_spawn (&s, &pid);
      ck_assert_msg (err == cases[i].error, "case %d: %s", i, strerror (err));
      if (!err)
        {
          ck_assert_int_eq (waitpid (pid, &status, 0), pid);
          ck_assert_int_eq (WEXITSTATUS (status), 5);
        }
      else
        ck_assert (waitpid (-1, NULL, WNOHANG) == -1 && errno == ECHILD);
      if (cases[i].text)
        unlink (name);
    }
}
END_TEST

START_TEST (find_program)
{
  char *path;
  /* The user's own may have folders that the user cannot enter.  */
  char const *old = getenv ("PATH");
  char *saved = old ? strdup (old) : NULL;
  ck_assert_int_eq (setenv ("PATH", "/usr/bin:/bin", 1), 0);
  ck_assert_int_eq (mp_find_program ("sh", &path), 0);
  ck_assert_ptr_nonnull (strchr (path, '/'));
  free (path);
  ck_assert_int_eq (mp_find_program ("/bin/sh", &path), 0);
  ck_assert_str_eq (path, "/bin/sh");
  free (path);
  ck_assert_int_eq (mp_find_program ("", &path), ENOENT);
  ck_assert_int_eq (mp_find_program ("no-such-program-here", &path), ENOENT);
  ck_assert_int_eq (mp_find_program ("/", &path), EACCES);
  if (saved)
    setenv ("PATH", saved, 1);
  free (saved);
}
END_TEST

/* A source that counts how often it was ready.  */
struct counter
{
  struct mp_source source;
  int ready;
};

static void
count (struct mp_source *source, int events)
{
  (void) events;
  ((struct counter *) source)->ready++;
}

START_TEST (watch_tells)
{
  int fd[2];
  sigset_t none;
  struct mp_watch w;
  sigemptyset (&none);
  open_pipe (fd);
  struct counter in = { .source = { .fd = fd[0], .ready = count } };
  struct counter out = { .source = { .fd = fd[1], .ready = count } };
  ck_assert_int_eq (mp_watch_init (&w, _i), 0);
  ck_assert_int_eq (mp_watch_add (&w, &in.source, POLLIN), 0);
  ck_assert_int_eq (mp_watch_add (&w, &out.source, POLLOUT), 0);
  ck_assert_int_eq (mp_watch_wait (&w, 10000, &none), 0);
  ck_assert_int_eq (in.ready, 0);
  ck_assert_int_eq (out.ready, 1);

  mp_watch_remove (&w, &out.source);
  ck_assert_int_eq (mp_watch_wait (&w, 0, &none), 0);
  ck_assert_int_eq (in.ready + out.ready, 1);
  ck_assert_int_eq (write (fd[1], "x", 1), 1);
  ck_assert_int_eq (mp_watch_wait (&w, 10000, &none), 0);
  ck_assert_int_eq (in.ready, 1);

  mp_watch_close (&w, &in.source);
  ck_assert_int_eq (in.source.fd, -1);
  ck_assert_int_eq (mp_watch_wait (&w, 0, &none), 0);
  ck_assert_int_eq (in.ready, 1);
  mp_watch_free (&w);
  close (fd[1]);
}
END_TEST

START_TEST (watch_closes_for_good)
{
  /* A copy of a closed descriptor, as a child that has not executed its
     program yet holds one, is not heard of, and not taken for what the source
     has next.  */
  int old[2], new[2];
  sigset_t none;
  struct mp_watch w;
  sigemptyset (&none);
  open_pipe (old);
  open_pipe (new);
  struct counter in = { .source = { .fd = old[0], .ready = count } };
  ck_assert_int_eq (mp_watch_init (&w, _i), 0);
  ck_assert_int_eq (mp_watch_add (&w, &in.source, POLLIN), 0);
  int copy = dup (old[0]);
  mp_watch_close (&w, &in.source);
  in.source.fd = new[0];
  ck_assert_int_eq (mp_watch_add (&w, &in.source, POLLIN), 0);
  ck_assert_int_eq (write (old[1], "x", 1), 1);
  ck_assert_int_eq (mp_watch_wait (&w, 0, &none), 0);
  ck_assert_int_eq (in.ready, 0);
  mp_watch_close (&w, &in.source);
  mp_watch_free (&w);
  close (copy);
  close (old[1]);
  close (new[1]);
}
END_TEST

START_TEST (watch_admits_signals)
{
  /* Also while something is ready all the time.  */
  int fd[2];
  sigset_t none, usr1, old;
  struct mp_watch w;
  sigemptyset (&none);
  sigemptyset (&usr1);
  sigaddset (&usr1, SIGUSR1);
  open_pipe (fd);
  ck_assert_int_eq (mp_sigflags_install (SIGUSR1), 0);
  sigprocmask (SIG_BLOCK, &usr1, &old);
  struct counter out = { .source = { .fd = fd[1], .ready = count } };
  ck_assert_int_eq (mp_watch_init (&w, _i), 0);
  ck_assert_int_eq (mp_watch_add (&w, &out.source, POLLOUT), 0);
  raise (SIGUSR1);
  ck_assert_int_eq (mp_sigflags_take (SIGUSR1), 0);
  ck_assert_int_eq (mp_watch_wait (&w, 0, &none), 0);
  ck_assert_int_eq (mp_sigflags_take (SIGUSR1), 1);
  ck_assert_int_eq (mp_sigflags_take (SIGUSR1), 0);
  sigprocmask (SIG_SETMASK, &old, NULL);
  signal (SIGUSR1, SIG_DFL);
  mp_watch_free (&w);
  close (fd[0]);
  close (fd[1]);
}
END_TEST

/* An executor without processes: tasks end in the order LAST first, when as
   many run as may, which proves that the pool knows nothing of processes.  */
struct fake
{
  struct mp_executor base;
  struct mp_task *running[8];
  int n, most;
  int refuse;                   /* starts to refuse for want of resources */
  bool talks;                   /* output that is no task's opens early, and
                                   ends at the very end */
  struct mp_task *extra;
};

static bool
fake_has_room (struct mp_executor *ex, unsigned int limit)
{
  struct fake const *f = (struct fake *) ex;
  return !limit || (unsigned int) f->n < limit;
}

static int
fake_start (struct mp_executor *ex, struct mp_task *task)
{
  struct fake *f = (struct fake *) ex;
  if (f->n && f->refuse > 0)
    {
      f->refuse--;
      return EAGAIN;
    }
  if (task->n_items > 2)
    return E2BIG;
  if (f->talks && !f->extra)
    {
      f->extra = mp_pool_extra (ex->pool);
      ENSURE (f->extra);
    }
  f->running[f->n++] = task;
  task->slot = f->n;
  if (f->most < f->n)
    f->most = f->n;
  return 0;
}

static void
fake_resume (struct mp_executor *ex, struct mp_task *task)
{
  (void) ex;
  (void) task;
}

static mp_time
fake_tick (struct mp_executor *ex, mp_time now)
{
  struct fake *f = (struct fake *) ex;
  if (f->n)
    {
      struct mp_task *task = f->running[--f->n];
      for (size_t i = 0; i < task->n_items; i++)
        {
          mp_pool_output (ex->pool, task, MP_STREAM_OUT, task->item[i].data,
                          task->item[i].len);
          mp_pool_output (ex->pool, task, MP_STREAM_OUT, "\n", 1);
        }
      mp_pool_ended (ex->pool, task, 0);
      mp_pool_drained (ex->pool, task);
    }
  if (f->extra && !f->n && ex->pool->input_ended)
    {
      mp_pool_drained (ex->pool, f->extra);
      f->extra = NULL;
      f->talks = false;
    }
  /* When the last one has ended, only the pool knows that there is more to
     do.  */
  return f->n ? now : -1;
}

static void
fake_children (struct mp_executor *ex)
{
  (void) ex;
}

static void
fake_signal (struct mp_executor *ex, int sig)
{
  (void) ex;
  (void) sig;
}

static bool
fake_idle (struct mp_executor *ex)
{
  return ((struct fake *) ex)->n == 0;
}

static struct mp_executor_ops const fake_ops = {
  .has_room = fake_has_room, .start = fake_start, .resume = fake_resume,
  .tick = fake_tick, .children = fake_children, .signal = fake_signal,
  .idle = fake_idle
};

/* A user of the pool: N items, CHUNK a task.  */
struct user
{
  int next, n, chunk;
  struct mp_task *back[4];
  int n_back;
  unsigned long long index;
  int delivered, starved;
};

static struct mp_task *
user_task (int first, int n)
{
  char *store;
  struct mp_task *task = mp_task_new (n, n * 12, &store);
  ck_assert_ptr_nonnull (task);
  for (int i = 0; i < n; i++, store += 12)
    task->item[i] = (struct mp_item) {
      store, snprintf (store, 12, "%d", first + i) };
  return task;
}

static int
user_next (void *arg, struct mp_task **task)
{
  struct user *u = arg;
  *task = NULL;
  if (u->n_back)
    *task = u->back[--u->n_back];
  else if (u->next < u->n)
    {
      int n = u->n - u->next < u->chunk ? u->n - u->next : u->chunk;
      *task = user_task (u->next, n);
      u->next += n;
    }
  if (*task)
    (*task)->index = ++u->index;
  return 0;
}

static int
user_input_fd (void *arg)
{
  (void) arg;
  return -1;
}

static void
user_push_back (void *arg, struct mp_task *task, size_t keep)
{
  struct user *u = arg;
  ENSURE (u->n_back < N_ENTRIES (u->back));
  u->back[u->n_back++] = user_task (atoi (task->item[keep].data),
                                    task->n_items - keep);
}

static void
user_started (void *arg, struct mp_task *task)
{
  (void) arg;
  ENSURE (task->slot > 0);
}

static void
user_delivered (void *arg, struct mp_task *task)
{
  struct user *u = arg;
  ENSURE (task->error == 0);
  u->delivered += task->n_items;
}

static void
user_starved (void *arg, int err)
{
  struct user *u = arg;
  ENSURE (err == EAGAIN);
  u->starved++;
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

/* Run N items, CHUNK a task, P at a time, with the first REFUSE starts beside
   others refused, and if TALKS, with output that is no task's; check that the
   output has all of them in order.  */
static void
run_pool (int n, int chunk, unsigned int p, int refuse, bool talks)
{
  struct fake fake = { .base.ops = &fake_ops, .refuse = refuse,
                       .talks = talks };
  struct user user = { .n = n, .chunk = chunk };
  struct mp_pool pool;
  struct bytes out = { 0 }, exp = { 0 };
  sigset_t none;
  sigemptyset (&none);
  int fd = open_file ("", 0);
  int saved = dup (STDOUT_FILENO);
  ck_assert_int_ge (saved, 0);
  ck_assert_int_eq (dup2 (fd, STDOUT_FILENO), STDOUT_FILENO);
  int err = mp_pool_init (&pool, &fake.base, &user_ops, &user,
                          MP_GROUP_ORDERED, p, 0, &none);
  if (!err)
    {
      err = mp_pool_run (&pool);
      mp_pool_free (&pool);
    }
  dup2 (saved, STDOUT_FILENO);
  close (saved);
  ck_assert_int_eq (err, 0);
  ck_assert_int_eq (user.delivered, n);
  ck_assert_int_le (fake.most, (int) p);
  ck_assert_int_eq (user.starved, refuse > 0);
  read_file (fd, &out);
  for (int i = 0; i < n; i++)
    {
      char line[16];
      bytes_add (&exp, line, snprintf (line, sizeof line, "%d\n", i));
    }
  bytes_expect (&out, exp.data, exp.len, "output");
  bytes_free (&out);
  bytes_free (&exp);
  close (fd);
}

START_TEST (pool_orders)
{
  run_pool (1, 1, 1, 0, false);
  run_pool (100, 1, 8, 0, false);
  run_pool (101, 2, 3, 0, false);
}
END_TEST

START_TEST (pool_splits)
{
  /* 16 items must be halved three times, and none is lost.  */
  run_pool (50, 16, 4, 0, false);
}
END_TEST

START_TEST (pool_degrades)
{
  run_pool (200, 1, 8, 3, false);
}
END_TEST

/* What is no task's output and does not end keeps nobody waiting for ever, even
   if all that may be held is held.  */
START_TEST (pool_lets_pass)
{
  run_pool (30000, 1, 3, 0, true);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("run");
  TCase *t = unit_tcase ("spawn");
  tcase_add_loop_test (t, spawn_runs, 0, WAYS);
  tcase_add_loop_test (t, spawn_steps_in_child, 0, 2);
  tcase_add_loop_test (t, spawn_binds, 0, WAYS);
  tcase_add_loop_test (t, spawn_leads_a_group, 0, WAYS);
  tcase_add_loop_test (t, spawn_resets_signals, 0, WAYS);
  tcase_add_loop_test (t, spawn_reports_exec_errors, 0, 2);
  tcase_add_test (t, find_program);
  suite_add_tcase (suite, t);

  t = unit_tcase ("watch");
  tcase_add_loop_test (t, watch_tells, 0, 2);
  tcase_add_loop_test (t, watch_closes_for_good, 0, 2);
  tcase_add_loop_test (t, watch_admits_signals, 0, 2);
  suite_add_tcase (suite, t);

  t = unit_tcase ("pool");
  tcase_add_test (t, pool_orders);
  tcase_add_test (t, pool_splits);
  tcase_add_test (t, pool_degrades);
  tcase_add_test (t, pool_lets_pass);
  suite_add_tcase (suite, t);
  return run_suite (suite);
}
