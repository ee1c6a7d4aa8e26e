/* Unit tests of the supervisor.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "subreaper.h"
#include "super.h"
#include "unit.h"

/* How long anything may take, on the slowest machine.  */
static mp_time const patience = 60000LL * MP_MILLISECOND;

/* The directory of records of the running test, and its parent.  */
static char *top;
static struct mp_records records;
static struct mp_super super;
static bool single;

static void
setup (void)
{
  static struct fixture_file const none[] = { { NULL, NULL } };
  char dir[1024];
  top = fixture_make (none);
  snprintf (dir, sizeof dir, "%s/records", top);
  ck_assert_int_eq (setenv ("MPUTILS_DIR", dir, 1), 0);
  ck_assert_int_eq (mp_records_open (&records, true), 0);
  ck_assert_int_eq (mp_super_init (&super, &records, single), 0);
}

static void
setup_single (void)
{
  single = true;
  setup ();
}

static void
teardown (void)
{
  mp_super_free (&super);
  mp_records_close (&records);
  fixture_remove (top);
}

/* What a test starts.  */
struct job
{
  struct mp_start start;
  int asker;                    /* our end of the connection */
  struct mp_start_reply reply;
};

/* Start the shell's COMMAND, called NAME, with the rest as JOB->start says.
   Return what the supervisor does.  */
static int
start (struct job *job, char const *name, char const *command)
{
  static sigset_t none;
  char *argv[] = { (char *) "sh", (char *) "-c", (char *) command, NULL };
  int pair[2];
  sigemptyset (&none);
  job->start.file = job->start.file ? job->start.file : "/bin/sh";
  job->start.argv = argv;
  job->start.envp = environ;
  job->start.fd[0] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  job->start.fd[1] = job->start.fd[2] = -1;
  job->start.cwd = -1;
  job->start.umask = 022;
  job->start.method = single ? "spawn" : "forkserver";
  job->start.command = command;
  job->start.signal = job->start.signal ? job->start.signal : SIGTERM;
  job->start.keep_max = 1000000;
  job->start.mask = job->start.defaults = &none;
  ck_assert_int_eq (mp_record_create (&records, MP_NO_SCOPE, name,
                                      &job->start.rec), 0);
  ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                    0);
  job->asker = pair[0];
  int err = mp_super_start (&super, &job->start, pair[1]);
  ck_assert_int_eq (read (pair[0], &job->reply, sizeof job->reply),
                    sizeof job->reply);
  ck_assert_int_eq (job->reply.error, err);
  return err;
}

/* Confirm that the answer about JOB was got.  */
static void
confirm (struct job *job)
{
  ck_assert_int_eq (write (job->asker, "", 1), 1);
  close (job->asker);
}

/* Let the supervisor work until it has nothing to do.  */
static void
work (void)
{
  mp_time deadline = mp_now () + patience;
  while (mp_super_busy (&super))
    {
      ck_assert_int_lt (mp_now (), deadline);
      ck_assert_int_eq (mp_super_step (&super, deadline), 0);
    }
  ck_assert_uint_eq (super.n_running, 0);
}

/* Return the record called NAME, null if there is none.  */
static struct mp_record *
find (char const *name)
{
  struct mp_record *rec = NULL;
  int err = mp_record_open (&records, MP_NO_SCOPE, name, &rec);
  ck_assert (err == 0 || err == ENOENT);
  return rec;
}

/* Check that NAME has ended with STATUS, as from wait(2).  */
static void
expect_end (char const *name, int status, bool timed_out)
{
  struct mp_record *rec = find (name);
  ck_assert_ptr_nonnull (rec);
  ck_assert (rec->started && rec->ended && rec->status_known);
  ck_assert_int_eq (rec->status, status);
  ck_assert_int_eq (rec->timed_out, timed_out);
  mp_record_free (rec);
}

/* Store what STREAM of NAME has kept in the SIZE bytes at BUF.  */
static void
get_kept (char const *name, int stream, char *buf, size_t size)
{
  struct mp_record *rec = find (name);
  struct mp_kept kept;
  size_t n;
  bool gap;
  mp_kept_init (&kept, &records, rec, stream);
  ck_assert_int_eq (mp_kept_read (&kept, buf, size - 1, &n, &gap), 0);
  buf[n] = '\0';
  mp_kept_close (&kept);
  mp_record_free (rec);
}

/* Check that STREAM of NAME has kept TEXT.  */
static void
expect_kept (char const *name, int stream, char const *text)
{
  char buf[1000];
  get_kept (name, stream, buf, sizeof buf);
  ck_assert_str_eq (buf, text);
}

/* It starts, keeps both streams, and writes how it ended.  */
START_TEST (start_and_keep)
{
  struct job job = { .start.kill_after = -1 };
  ck_assert_int_eq (start (&job, "x", "echo out; echo err >&2; exit 7"), 0);
  struct mp_record *rec = find ("x");
  ck_assert (rec->started && !rec->ended
             && mp_procid_equal (&rec->id, &job.reply.id));
  mp_record_free (rec);
  confirm (&job);
  work ();
  expect_end ("x", 7 << 8, false);
  expect_kept ("x", MP_KEEP_OUT, "out\n");
  expect_kept ("x", MP_KEEP_ERR, "err\n");
}
END_TEST

/* What ended by a signal is told so.  */
START_TEST (ended_by_signal)
{
  struct job job = { .start.kill_after = -1 };
  ck_assert_int_eq (start (&job, "x", "kill -USR1 $$"), 0);
  confirm (&job);
  work ();
  expect_end ("x", SIGUSR1, false);
}
END_TEST

/* What cannot be started leaves nothing.  */
START_TEST (not_started)
{
  struct job job = { .start.file = "/nonexistent" };
  ck_assert_int_eq (start (&job, "x", ""), ENOENT);
  close (job.asker);
  ck_assert (!mp_super_busy (&super) && super.n_running == 0);
  ck_assert_ptr_null (find ("x"));
}
END_TEST

/* Its time is over: the whole tree gets the signal, and SIGKILL.  */
START_TEST (time_limit)
{
  /* Until it has had the time to become deaf.  */
  char name[] = "x0";
  char kept[100] = "";
  for (mp_time limit = MP_MILLISECOND; !*kept; limit *= 8)
    {
      struct job job = { .start.timeout = limit,
                         .start.kill_after = 20 * MP_MILLISECOND };
      ck_assert_int_lt (limit, patience);
      name[1]++;
      ck_assert_int_eq (start (&job, name, "trap '' TERM; (trap '' TERM;"
                               " while :; do sleep 1; done) & echo deaf;"
                               " while :; do sleep 1; done"), 0);
      confirm (&job);
      work ();
      ck_assert (super.childless);
      get_kept (name, MP_KEEP_OUT, kept, sizeof kept);
    }
  ck_assert_str_eq (kept, "deaf\n");
  expect_end (name, SIGKILL, true);
}
END_TEST

/* The signal is the one that was asked for, and there may be no other.  */
START_TEST (time_limit_signal)
{
  struct job job = { .start.timeout = MP_MILLISECOND, .start.signal = SIGINT,
                     .start.kill_after = -1 };
  ck_assert_int_eq (start (&job, "x", "exec sleep 1000"), 0);
  confirm (&job);
  work ();
  expect_end ("x", SIGINT, true);
}
END_TEST

/* Who asked is gone without having told of it: no process, no record.  */
START_TEST (asker_gone)
{
  struct job job = { .start.kill_after = -1 };
  ck_assert_int_eq (start (&job, "x", "sleep 1000 & sleep 1000"), 0);
  struct mp_record *rec = find ("x");
  ck_assert_ptr_nonnull (rec);
  mp_record_free (rec);
  close (job.asker);
  work ();
  ck_assert_ptr_null (find ("x"));
  ck_assert (waitpid (-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}
END_TEST

/* The same when it has ended before that is seen.  */
START_TEST (asker_gone_after_end)
{
  struct job job = { .start.kill_after = -1 };
  ck_assert_int_eq (start (&job, "x", "exit 3"), 0);
  siginfo_t info;
  ck_assert_int_eq (waitid (P_PID, job.reply.id.pid, &info,
                            WEXITED | WNOWAIT), 0);
  mp_time deadline = mp_now () + patience;
  while (super.n_running && mp_now () < deadline)
    ck_assert_int_eq (mp_super_step (&super, deadline), 0);
  /* It is kept for who asked.  */
  expect_end ("x", 3 << 8, false);
  ck_assert (mp_super_busy (&super));
  close (job.asker);
  work ();
  ck_assert_ptr_null (find ("x"));
}
END_TEST

/* The owner ends, and so does what is its.  */
START_TEST (owner_ends)
{
  struct job job = { .start.daemon = true, .start.kill_after = -1 };
  int lifeline[2];
  ck_assert_int_eq (pipe2 (lifeline, O_CLOEXEC), 0);
  pid_t owner = fork ();
  ck_assert_int_ge (owner, 0);
  if (owner == 0)
    {
      char byte;
      close (lifeline[1]);
      _exit (read (lifeline[0], &byte, 1) < 0);
    }
  ck_assert_int_eq (mp_procid_get (owner, &job.start.owner), 0);
  ck_assert_int_eq (start (&job, "x", "exec sleep 1000"), 0);
  confirm (&job);
  ck_assert_int_eq (mp_super_step (&super, mp_now () + MP_MILLISECOND), 0);
  struct mp_record *rec = find ("x");
  ck_assert (!rec->ended);
  mp_record_free (rec);
  close (lifeline[1]);
  work ();
  expect_end ("x", SIGTERM, false);

  /* There is none any more.  */
  ck_assert_int_eq (start (&job, "y", "exec sleep 1000"), ESRCH);
  close (job.asker);
  ck_assert_ptr_null (find ("y"));
}
END_TEST

/* Many at once, each with its own status; SIGTERM ends what is left.  */
START_TEST (several)
{
  enum { N = 10 };
  struct job job[N + 1];
  char name[20], command[40];
  for (int i = 0; i <= N; i++)
    {
      job[i] = (struct job) { .start.kill_after = -1 };
      sprintf (name, "j%d", i);
      sprintf (command, i < N ? "echo %d; exit %d" : "exec sleep 1000", i, i);
      ck_assert_int_eq (start (&job[i], name, command), 0);
      confirm (&job[i]);
    }
  mp_time deadline = mp_now () + patience;
  while (1 < super.n_running)
    {
      ck_assert_int_lt (mp_now (), deadline);
      ck_assert_int_eq (mp_super_step (&super, deadline), 0);
    }
  ck_assert_int_eq (kill (getpid (), SIGTERM), 0);
  work ();
  ck_assert (super.stopping);
  for (int i = 0; i < N; i++)
    {
      sprintf (name, "j%d", i);
      sprintf (command, "%d\n", i);
      expect_end (name, i << 8, false);
      expect_kept (name, MP_KEEP_OUT, command);
    }
  sprintf (name, "j%d", N);
  expect_end (name, SIGTERM, false);
}
END_TEST

/* Add to S a case called NAME, with SETUP, of the tests that hold for each
   supervisor.  Return it.  */
static TCase *
add_case (Suite *s, char const *name, void (*set_up) (void))
{
  TCase *t = unit_tcase (name);
  tcase_add_checked_fixture (t, set_up, teardown);
  tcase_add_test (t, start_and_keep);
  tcase_add_test (t, ended_by_signal);
  tcase_add_test (t, not_started);
  tcase_add_test (t, time_limit);
  tcase_add_test (t, time_limit_signal);
  tcase_add_test (t, asker_gone);
  tcase_add_test (t, asker_gone_after_end);
  tcase_add_test (t, owner_ends);
  suite_add_tcase (s, t);
  return t;
}

int
main (void)
{
  Suite *s = suite_create ("super");
  add_case (s, "of one", setup_single);
  tcase_add_test (add_case (s, "of many", setup), several);
  return run_suite (s);
}
