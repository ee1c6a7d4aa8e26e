/* Unit tests of the modules of lib/ on records of processes and what they
   have written.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleaning.h"
#include "fixture.h"
#include "handle.h"
#include "keep.h"
#include "nodes.h"
#include "notify.h"
#include "records.h"
#include "unit.h"

/* The directory of records of the running test, and its parent.  */
static char *top;
static char dir[1024];
static struct mp_records records;

static void
setup (void)
{
  static struct fixture_file const none[] = { { NULL, NULL } };
  nodes_setup ();
  top = fixture_make (none);
  snprintf (dir, sizeof dir, "%s/records", top);
  ck_assert_int_eq (setenv ("MPUTILS_DIR", dir, 1), 0);
  ck_assert_int_eq (mp_records_open (&records, true), 0);
}

static void
teardown (void)
{
  mp_records_close (&records);
  fixture_remove (top);
  nodes_teardown ();
}

/* Return what is written to the files of records.  */
static char *
copy (char const *s)
{
  char *p = strdup (s);
  ck_assert_ptr_nonnull (p);
  return p;
}

/* Make a record of the process PID, called NAME, and return it; its supervisor
   is SUPERVISOR.  */
static struct mp_record *
make_record (char const *name, pid_t pid, pid_t supervisor)
{
  struct mp_record *rec;
  ck_assert_int_eq (mp_record_create (&records, MP_NO_SCOPE, name, &rec), 0);
  ck_assert_int_eq (mp_procid_get (pid, &rec->id), 0);
  ck_assert_int_eq (mp_procid_get (supervisor, &rec->supervisor), 0);
  rec->start_time = mp_now ();
  rec->method = copy ("spawn");
  rec->command = copy ("command 'with blanks'");
  ck_assert_int_eq (mp_record_write_start (&records, rec), 0);
  return rec;
}

/* Write that REC has ended with STATUS.  */
static void
end_record (struct mp_record *rec, int status)
{
  rec->status = status;
  rec->status_known = true;
  rec->end_time = mp_now ();
  ck_assert_int_eq (mp_record_write_status (&records, rec), 0);
}

/* Write TEXT to the file NAME of REC, in place of what is there.  */
static void
spoil (struct mp_record const *rec, char const *name, char const *text,
       size_t len)
{
  char path[2048];
  snprintf (path, sizeof path, "%s/%s/%s", dir, rec->path, name);
  FILE *f = fopen (path, "w");
  ck_assert_ptr_nonnull (f);
  ck_assert_uint_eq (fwrite (text, 1, len, f), len);
  ck_assert_int_eq (fclose (f), 0);
}

/* Store in BUF what the file NAME of REC holds.  */
static void
read_text (struct mp_record const *rec, char const *name, char *buf,
           size_t size)
{
  char path[2048];
  snprintf (path, sizeof path, "%s/%s/%s", dir, rec->path, name);
  FILE *f = fopen (path, "r");
  ck_assert_ptr_nonnull (f);
  size_t n = fread (buf, 1, size - 1, f);
  buf[n] = '\0';
  fclose (f);
}

/* Whether there is a record called NAME.  */
static bool
exists (char const *name)
{
  struct mp_record *rec = NULL;
  int err = mp_record_open (&records, MP_NO_SCOPE, name, &rec);
  mp_record_free (rec);
  ck_assert (err == 0 || err == ENOENT);
  return !err;
}

/* The directory.  */

START_TEST (directory_trust)
{
  struct mp_records r;
  char other[1024];
  snprintf (other, sizeof other, "%s/other", top);
  ck_assert_int_eq (setenv ("MPUTILS_DIR", other, 1), 0);
  ck_assert_int_eq (mp_records_open (&r, false), ENOENT);
  ck_assert_str_eq (r.dir, other);
  mp_records_close (&r);

  ck_assert_int_eq (symlink (dir, other), 0);
  ck_assert_int_eq (mp_records_open (&r, true), EPERM);
  ck_assert_int_eq (r.fault, MP_RECORDS_LINK);
  mp_records_close (&r);
  ck_assert_int_eq (unlink (other), 0);

  int fd = open (other, O_WRONLY | O_CREAT, 0600);
  ck_assert_int_ge (fd, 0);
  close (fd);
  ck_assert_int_eq (mp_records_open (&r, true), EPERM);
  ck_assert_int_eq (r.fault, MP_RECORDS_NOT_DIRECTORY);
  mp_records_close (&r);
  ck_assert_int_eq (unlink (other), 0);

  ck_assert_int_eq (mkdir (other, 0700), 0);
  for (int bit = 1; bit < 0100; bit <<= 1)
    {
      ck_assert_int_eq (chmod (other, 0700 | bit), 0);
      ck_assert_int_eq (mp_records_open (&r, true), EPERM);
      ck_assert_int_eq (r.fault, MP_RECORDS_MODE);
      mp_records_close (&r);
    }
  ck_assert_int_eq (chmod (other, 0700), 0);
  ck_assert_int_eq (mp_records_open (&r, true), 0);
  mp_records_close (&r);

  if (geteuid () == 0 && chown (other, 65534, -1) == 0)
    {
      ck_assert_int_eq (mp_records_open (&r, true), EPERM);
      ck_assert_int_eq (r.fault, MP_RECORDS_OWNER);
      mp_records_close (&r);
    }
}
END_TEST

/* Records.  */

START_TEST (name_rules)
{
  static char const *const good[] = {
    "a", "Process-1", "a b", "1a", "1:a", "\xc3\xa4", "a.b", "a-"
  };
  static char const *const bad[] = {
    "", ".", "..", ".a", "-a", "a/b", "/", "1", "12:34", ":", "a\nb", "a\tb",
    "a\177"
  };
  for (int i = 0; i < N_ENTRIES (good); i++)
    ck_assert_msg (mp_record_name_ok (good[i]), "'%s'", good[i]);
  for (int i = 0; i < N_ENTRIES (bad); i++)
    ck_assert_msg (!mp_record_name_ok (bad[i]), "'%s'", bad[i]);
  char name[202];
  memset (name, 'a', sizeof name - 1);
  name[201] = '\0';
  ck_assert (!mp_record_name_ok (name));
  name[200] = '\0';
  ck_assert (mp_record_name_ok (name));
  struct mp_record *rec = make_record (name, getpid (), getpid ());
  ck_assert_int_eq (mp_record_release (&records, rec), 0);
  ck_assert_int_eq (mp_record_remove (&records, rec), 0);
  mp_record_free (rec);
}
END_TEST

START_TEST (write_and_read)
{
  struct mp_record *rec, *again;
  rec = make_record ("a", getpid (), getppid ());
  rec->daemon = true;
  rec->owner = rec->supervisor;
  ck_assert_int_eq (mp_record_write_start (&records, rec), 0);
  ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &again), 0);
  ck_assert (again->started && !again->ended && !again->other_boot);
  ck_assert (mp_procid_equal (&rec->id, &again->id));
  ck_assert (mp_procid_equal (&rec->supervisor, &again->supervisor));
  ck_assert (again->daemon && mp_procid_equal (&rec->owner, &again->owner));
  ck_assert_int_eq (rec->start_time, again->start_time);
  ck_assert_str_eq (rec->command, again->command);
  ck_assert_str_eq (rec->method, again->method);

  rec->user = 1;
  rec->system = 2;
  rec->peak_kib = 3;
  rec->timed_out = true;
  rec->dropped[1] = 4;
  rec->keep_error[0] = ENOSPC;
  rec->script_error = EAGAIN;
  end_record (rec, 0x0300);
  ck_assert_int_eq (mp_record_refresh (&records, again), 0);
  ck_assert (again->ended && again->status_known && again->timed_out);
  ck_assert_int_eq (again->status, 0x0300);
  ck_assert_int_eq (again->end_time, rec->end_time);
  ck_assert_int_eq (again->user, 1);
  ck_assert_int_eq (again->system, 2);
  ck_assert_int_eq (again->peak_kib, 3);
  ck_assert_uint_eq (again->dropped[0], 0);
  ck_assert_uint_eq (again->dropped[1], 4);
  ck_assert_int_eq (again->keep_error[0], ENOSPC);
  ck_assert_int_eq (again->script_error, EAGAIN);
  mp_record_free (again);

  ck_assert_int_eq (mp_record_open_handle (&records, &rec->id, &again), 0);
  ck_assert_str_eq (again->name, "a");
  mp_record_free (again);
  struct mp_procid id = rec->id;
  id.id++;
  ck_assert_int_eq (mp_record_open_handle (&records, &id, &again), ENOENT);

  struct mp_record *second;
  ck_assert_int_eq (mp_record_create (&records, MP_NO_SCOPE, "a", &second),
                    EEXIST);
  ck_assert_int_eq (mp_record_create (&records, "1:1", "a", &second), 0);
  mp_record_free (second);
  mp_record_free (rec);
}
END_TEST

START_TEST (damage)
{
  static char const garbage[] = "version 1\nboot x\nhandle 1\n";
  struct mp_record *rec = make_record ("a", getpid (), getpid ());
  struct mp_record *again;
  char text[4096];
  end_record (rec, 0);
  for (int part = 0; part < 2; part++)
    {
      char const *name = part ? "status" : "start";
      read_text (rec, name, text, sizeof text);
      size_t len = strlen (text);
      /* Wherever it was torn.  */
      for (size_t n = 0; n < len; n++)
        {
          spoil (rec, name, text, n);
          ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a",
                                            &again), EBADMSG);
        }
      spoil (rec, name, garbage, sizeof garbage - 1);
      ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &again),
                        EBADMSG);
      /* A null byte is no end.  */
      text[len] = '\0';
      spoil (rec, name, text, len + 1);
      ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &again),
                        EBADMSG);
      spoil (rec, name, text, len);
      ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &again),
                        0);
      mp_record_free (again);
    }
  /* What is no file.  */
  char path[2048];
  snprintf (path, sizeof path, "%s/%s/status", dir, rec->path);
  ck_assert_int_eq (unlink (path), 0);
  ck_assert_int_eq (symlink ("start", path), 0);
  ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &again),
                    EBADMSG);
  ck_assert_int_eq (unlink (path), 0);
  ck_assert_int_eq (mkfifo (path, 0600), 0);
  ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &again),
                    EBADMSG);
  /* A file in place of the folder.  */
  snprintf (path, sizeof path, "%s/%s/file", dir, MP_NO_SCOPE);
  int fd = open (path, O_WRONLY | O_CREAT, 0600);
  ck_assert_int_ge (fd, 0);
  close (fd);
  ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "file", &again),
                    EBADMSG);
  mp_record_free (rec);
}
END_TEST

/* A node that makes ARG records, with automatic names, of a scope.  */
static int
make_many (void *arg)
{
  int *n = arg;
  for (int i = 0; i < *n; i++)
    {
      struct mp_record *rec;
      if (mp_record_create (&records, "1:1", NULL, &rec) != 0)
        return 1;
      mp_record_free (rec);
      /* The same name: one of all nodes gets it.  */
      int err = mp_record_create (&records, MP_NO_SCOPE, "one", &rec);
      if (!err)
        mp_record_free (rec);
      else if (err != EEXIST)
        return 2;
    }
  return 0;
}

/* A mp_records_each that counts.  */
static int
count (struct mp_record *rec, void *arg)
{
  int *n = arg;
  ++*n;
  mp_record_free (rec);
  return 0;
}

START_TEST (concurrent_names)
{
  enum { NODES = 8 };
  int each = nodes_scaled (25);
  pid_t pid[NODES];
  for (int i = 0; i < NODES; i++)
    pid[i] = node_start (make_many, &each);
  for (int i = 0; i < NODES; i++)
    ck_assert_int_eq (node_reap (pid[i]), 0);
  /* They are numbered from 1 without a gap.  */
  int n = 0;
  ck_assert_int_eq (mp_records_each (&records, "1:1", count, &n), 0);
  ck_assert_int_eq (n, NODES * each);
  for (int i = 1; i <= n; i++)
    {
      struct mp_record *rec;
      char name[32];
      snprintf (name, sizeof name, "Process-%d", i);
      ck_assert_int_eq (mp_record_open (&records, "1:1", name, &rec), 0);
      ck_assert (!rec->started);
      mp_record_free (rec);
    }
  n = 0;
  ck_assert_int_eq (mp_records_each (&records, NULL, count, &n), 0);
  ck_assert_int_eq (n, NODES * each + 1);
}
END_TEST

/* Make a record without a name of its own in no scope, which must be called
   Process-N; remove it again unless KEEP.  */
static void
expect_number (int n, bool keep)
{
  char name[32];
  struct mp_record *rec;
  snprintf (name, sizeof name, "Process-%d", n);
  ck_assert_int_eq (mp_record_create (&records, MP_NO_SCOPE, NULL, &rec), 0);
  ck_assert_str_eq (rec->name, name);
  if (!keep)
    ck_assert_int_eq (mp_record_remove (&records, rec), 0);
  mp_record_free (rec);
}

START_TEST (numbers_go_on_after_the_highest)
{
  static char const last[] = MP_NO_SCOPE "/.last";
  struct mp_record *rec;
  expect_number (1, true);
  expect_number (2, true);
  ck_assert_int_eq (mp_record_create (&records, MP_NO_SCOPE, "Process-70",
                                      &rec), 0);
  expect_number (71, false);
  expect_number (71, true);
  /* One that is released keeps its number until it is removed.  */
  ck_assert_int_eq (mp_record_release (&records, rec), 0);
  expect_number (72, false);
  ck_assert_int_eq (mp_record_restore (&records, rec), 0);
  expect_number (72, true);
  mp_record_free (rec);

  /* Where the last one is not known, or cannot be.  */
  int fd = openat (records.fd, last, O_RDWR);
  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (pwrite (fd, "7", 1, 0), 1);
  ck_assert_int_eq (pwrite (fd, "x", 1, 1), 1);
  expect_number (73, true);
  ck_assert_int_eq (flock (fd, LOCK_EX), 0);
  expect_number (74, true);
  ck_assert_int_ne (faccessat (records.fd, last, F_OK, 0), 0);
  expect_number (75, true);
  ck_assert_int_eq (close (fd), 0);
  expect_number (76, true);

  /* Who is faster without having told.  */
  ck_assert_int_eq (mkdirat (records.fd, MP_NO_SCOPE "/Process-77", 0700), 0);
  ck_assert_int_eq (mkdirat (records.fd, MP_NO_SCOPE "/Process-77/x", 0700),
                    0);
  expect_number (78, true);
}
END_TEST

/* A node that tries to release the record ARG: 0 if it got it.  */
static int
release (void *arg)
{
  struct mp_record *rec = arg;
  int err = mp_record_release (&records, rec);
  if (!err)
    err = mp_record_remove (&records, rec);
  mp_record_free (rec);
  return !err ? 0 : err == ENOENT ? 1 : 2;
}

START_TEST (released_once)
{
  enum { NODES = 8 };
  pid_t pid[NODES];
  struct mp_record *rec = make_record ("a", getpid (), getpid ());
  for (int i = 0; i < NODES; i++)
    pid[i] = node_start (release, rec);
  int n = 0;
  for (int i = 0; i < NODES; i++)
    {
      int status = node_reap (pid[i]);
      ck_assert (status == 0 || status == 0x0100);
      n += status == 0;
    }
  ck_assert_int_eq (n, 1);
  ck_assert (!exists ("a"));
  struct mp_record *again;
  ck_assert_int_eq (mp_record_open_handle (&records, &rec->id, &again),
                    ENOENT);
  ck_assert_int_eq (mp_record_refresh (&records, rec), ENOENT);
  mp_record_free (rec);
}
END_TEST

START_TEST (name_has_passed_on)
{
  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  struct mp_record *old = make_record ("a", getpid (), getpid ());
  struct mp_record *mine;
  ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "a", &mine), 0);
  ck_assert_int_eq (mp_record_release (&records, mine), 0);
  ck_assert_int_eq (mp_record_remove (&records, mine), 0);
  struct mp_record *new = make_record ("a", pid, getpid ());
  end_record (new, 0x0700);

  /* Who knows the old one gets nothing of the new one, and does it no
     harm.  */
  struct mp_kept kept;
  char buf[16];
  size_t n;
  bool gap;
  mp_kept_init (&kept, &records, old, MP_KEEP_OUT);
  ck_assert_int_eq (mp_kept_read (&kept, buf, sizeof buf, &n, &gap), ENOENT);
  ck_assert_int_eq (mp_record_refresh (&records, old), ENOENT);
  ck_assert (!old->ended);
  ck_assert_int_eq (mp_record_release (&records, old), ENOENT);
  ck_assert_int_eq (mp_record_refresh (&records, new), 0);
  ck_assert (exists ("a"));

  /* Its name, taken meanwhile, is not given back to a released one.  */
  ck_assert_int_eq (mp_record_release (&records, new), 0);
  ck_assert (!exists ("a"));
  struct mp_record *third = make_record ("a", getpid (), getpid ());
  ck_assert_int_eq (mp_record_restore (&records, new), 0);
  ck_assert_str_eq (new->name, "Process-1");
  ck_assert (exists ("Process-1"));
  struct mp_record *found;
  ck_assert_int_eq (mp_record_open_handle (&records, &new->id, &found), 0);
  ck_assert_str_eq (found->name, "Process-1");
  mp_record_free (found);
  ck_assert_int_eq (mp_record_release (&records, third), 0);
  ck_assert_int_eq (mp_record_restore (&records, third), 0);
  ck_assert_str_eq (third->name, "a");
  ck_assert (exists ("a"));
  mp_record_free (old);
  mp_record_free (mine);
  mp_record_free (new);
  mp_record_free (third);
}
END_TEST

/* A node that makes a record, begins another one and is killed.  */
static int
make_and_die (void *arg)
{
  struct mp_record *rec;
  char path[2048];
  (void) arg;
  if (mp_record_create (&records, MP_NO_SCOPE, "claimed", &rec) != 0)
    return 1;
  mp_record_free (rec);
  rec = make_record ("released", getpid (), getpid ());
  if (mp_record_release (&records, rec) != 0)
    return 1;
  snprintf (path, sizeof path, "%s/%s/.new-%s", dir, MP_NO_SCOPE,
            strchr (rec->path, '-') + 1);
  if (mkdir (path, 0700) != 0)
    return 1;
  mp_record_free (rec);
  node_ready ();
  raise (SIGKILL);
  return 1;
}

/* How many files there are in the folder of no scope.  */
static int
n_files (void)
{
  char command[2048];
  int n = -1;
  snprintf (command, sizeof command, "ls -A '%s/%s' | wc -l", dir,
            MP_NO_SCOPE);
  FILE *f = popen (command, "r");
  ck_assert_ptr_nonnull (f);
  ck_assert_int_eq (fscanf (f, "%d", &n), 1);
  pclose (f);
  return n;
}

START_TEST (cleaning)
{
  mp_time const hour = 3600LL * 1000 * MP_MILLISECOND;
  struct mp_record *rec;
  pid_t pid = node_start (make_and_die, NULL);
  nodes_await (1);
  ck_assert_int_eq (node_reap (pid), SIGKILL);
  ck_assert_int_eq (n_files (), 3);
  ck_assert_int_eq (mp_records_clean (&records, hour), 0);
  /* Not even the scope is left.  */
  ck_assert_int_ne (faccessat (records.fd, MP_NO_SCOPE, F_OK, 0), 0);

  /* What somebody is about to start, runs or has just ended, stays.  */
  ck_assert_int_eq (mp_record_create (&records, MP_NO_SCOPE, "new", &rec), 0);
  mp_record_free (rec);
  mp_record_free (make_record ("running", getpid (), getpid ()));
  rec = make_record ("ended", getpid (), getpid ());
  end_record (rec, 0);
  ck_assert_int_eq (mp_records_clean (&records, hour), 0);
  ck_assert (exists ("new") && exists ("running") && exists ("ended"));
  ck_assert_int_eq (mp_records_clean (&records, 0), 0);
  ck_assert (exists ("new") && exists ("running") && !exists ("ended"));
  mp_record_free (rec);

  /* Of a killed supervisor: its time begins when it is seen.  */
  pid = node_start (node_pause, NULL);
  nodes_await (1);
  rec = make_record ("lost", pid, pid);
  kill (pid, SIGKILL);
  node_reap (pid);
  ck_assert_int_eq (mp_records_clean (&records, hour), 0);
  ck_assert_int_eq (mp_record_refresh (&records, rec), 0);
  ck_assert (rec->ended && !rec->status_known);
  ck_assert_int_eq (mp_records_clean (&records, 0), 0);
  ck_assert (!exists ("lost"));
  mp_record_free (rec);
}
END_TEST

START_TEST (other_boot)
{
  char text[4096];
  struct mp_record *old = make_record ("old", getpid (), getpid ());
  struct mp_record *new;
  read_text (old, "start", text, sizeof text);
  memcpy (strstr (text, "boot ") + 5, "x", 1);
  spoil (old, "start", text, strlen (text));
  /* The same handle is another process's now.  */
  new = make_record ("new", getpid (), getpid ());
  struct mp_record *found;
  ck_assert_int_eq (mp_record_open_handle (&records, &new->id, &found), 0);
  ck_assert_str_eq (found->name, "new");
  mp_record_free (found);
  mp_record_free (old);
  ck_assert_int_eq (mp_record_open (&records, MP_NO_SCOPE, "old", &old), 0);
  ck_assert (old->other_boot);
  ck_assert_int_eq (mp_records_clean (&records, MP_MILLISECOND * 100000LL),
                    0);
  ck_assert (!exists ("old") && exists ("new"));
  ck_assert_int_eq (mp_record_open_handle (&records, &new->id, &found), 0);
  mp_record_free (found);
  mp_record_free (old);
  mp_record_free (new);
}
END_TEST

/* Handles.  */

START_TEST (handles)
{
  struct mp_handle h;
  char text[MP_PROCID_SIZE];
  static char const *const nonsense[] = { "", "0", "-1", "a/b", ".a", "1:" };
  for (int i = 0; i < N_ENTRIES (nonsense); i++)
    ck_assert_int_eq (mp_handle_find (&records, MP_NO_SCOPE, nonsense[i], &h),
                      EINVAL);
  ck_assert_int_eq (mp_handle_find (&records, MP_NO_SCOPE, "a", &h), ENOENT);
  ck_assert_int_eq (mp_handle_find (NULL, MP_NO_SCOPE, "a", &h), ENOENT);
  ck_assert_int_eq (mp_handle_find (&records, MP_NO_SCOPE,
                                    "99999999999999999999", &h), ESRCH);

  pid_t pid = node_start (node_pause, NULL);
  nodes_await (1);
  struct mp_record *rec = make_record ("a", pid, getpid ());
  mp_procid_format (&rec->id, text);
  char number[32];
  snprintf (number, sizeof number, "%ld", (long int) pid);
  char const *const names[] = { "a", text, number };
  for (int round = 0; round < 3; round++)
    {
      for (int i = 0; i < N_ENTRIES (names); i++)
        {
          ck_assert_int_eq (mp_handle_find (&records, MP_NO_SCOPE, names[i],
                                            &h), 0);
          ck_assert (h.running == (round == 0));
          ck_assert (mp_procid_equal (&h.id, &rec->id));
          ck_assert_str_eq (h.record->name, "a");
          mp_handle_free (&h);
        }
      /* In the second round it is a zombie, in the third it is gone.  */
      if (round == 0)
        {
          ck_assert_int_eq (mp_handle_find (NULL, MP_NO_SCOPE, text, &h), 0);
          ck_assert (h.running && !h.record);
          kill (pid, SIGKILL);
          node_await_state (pid, 'Z');
        }
      else if (round == 1)
        {
          ck_assert_int_eq (mp_handle_find (NULL, MP_NO_SCOPE, text, &h), 0);
          ck_assert (!h.running && !h.record);
          node_reap (pid);
        }
    }
  ck_assert_int_eq (mp_handle_find (NULL, MP_NO_SCOPE, text, &h), ESRCH);
  ck_assert_int_eq (mp_handle_find (NULL, MP_NO_SCOPE, number, &h), ESRCH);
  mp_record_free (rec);
}
END_TEST

/* Kept output.  */

/* Write the bytes of a sequence from number FROM on, but not TO, to K.  */
static void
keep_bytes (struct mp_keep *k, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    {
      char c = i * 7 + i / 251;
      mp_keep_add (k, &c, 1);
    }
}

/* Read all that K has; check that it continues the sequence, from number AT on,
   without a gap.  Return where it has got to.  */
static size_t
read_bytes (struct mp_kept *k, size_t at)
{
  char buf[100];
  size_t n;
  bool gap;
  do
    {
      ck_assert_int_eq (mp_kept_read (k, buf, sizeof buf, &n, &gap), 0);
      ck_assert (!gap);
      for (size_t i = 0; i < n; i++)
        ENSURE (buf[i] == (char) ((at + i) * 7 + (at + i) / 251));
      at += n;
    }
  while (n);
  return at;
}

START_TEST (kept_whole)
{
  struct mp_record *rec = make_record ("a", getpid (), getpid ());
  struct mp_keep w;
  struct mp_kept r;
  bool gap;
  size_t at = 0;
  mp_keep_init (&w, &records, rec->path, MP_KEEP_OUT, 1600);
  mp_kept_init (&r, &records, rec, MP_KEEP_OUT);
  ck_assert_uint_eq (read_bytes (&r, 0), 0);
  /* Read while it is written, as it comes.  */
  static size_t const ends[] = { 1, 99, 100, 101, 450, 800, 1599, 1600 };
  for (int i = 0; i < N_ENTRIES (ends); i++)
    {
      keep_bytes (&w, at, ends[i]);
      at = read_bytes (&r, at);
      ck_assert_uint_eq (at, ends[i]);
      if (i % 2)
        mp_kept_close (&r);
    }
  ck_assert_uint_eq (w.dropped, 0);
  ck_assert_int_eq (w.error, 0);
  mp_keep_close (&w);

  /* What is given back comes again.  */
  char buf[50];
  size_t n;
  mp_kept_close (&r);
  mp_kept_init (&r, &records, rec, MP_KEEP_OUT);
  ck_assert_int_eq (mp_kept_read (&r, buf, sizeof buf, &n, &gap), 0);
  ck_assert_uint_eq (n, sizeof buf);
  mp_kept_unread (&r, 40);
  ck_assert_uint_eq (read_bytes (&r, 10), 1600);
  mp_kept_close (&r);

  /* It may be released meanwhile.  */
  mp_kept_init (&r, &records, rec, MP_KEEP_OUT);
  ck_assert_int_eq (mp_kept_read (&r, buf, sizeof buf, &n, &gap), 0);
  ck_assert_int_eq (mp_record_release (&records, rec), 0);
  ck_assert_uint_eq (read_bytes (&r, n), 1600);
  mp_kept_close (&r);
  ck_assert_int_eq (mp_record_remove (&records, rec), 0);
  mp_record_free (rec);
}
END_TEST

START_TEST (kept_in_part)
{
  static size_t const totals[] = { 1601, 1700, 2399, 2400, 2401, 5000, 20000 };
  for (int i = 0; i < N_ENTRIES (totals); i++)
    {
      struct mp_record *rec = make_record ("a", getpid (), getpid ());
      struct mp_keep w;
      struct mp_kept r;
      char buf[30000];
      size_t total = totals[i];
      size_t len = 0, n;
      bool gap, any = false;
      mp_keep_init (&w, &records, rec->path, MP_KEEP_ERR, 1600);
      keep_bytes (&w, 0, total);
      mp_keep_close (&w);
      mp_kept_init (&r, &records, rec, MP_KEEP_ERR);
      size_t before_gap = 0;
      do
        {
          ck_assert_int_eq (mp_kept_read (&r, buf + len, sizeof buf - len,
                                          &n, &gap), 0);
          if (gap)
            {
              ck_assert (!any);
              any = true;
              before_gap = len;
            }
          len += n;
        }
      while (n);
      mp_kept_close (&r);
      /* It fits: beginning, what was dropped, end.  */
      ck_assert (any);
      ck_assert_uint_eq (before_gap, 800);
      ck_assert_uint_le (len, 1600);
      ck_assert_uint_gt (len, 1400);
      ck_assert_uint_eq (len + w.dropped, total);
      for (size_t k = 0; k < len; k++)
        {
          size_t at = k < 800 ? k : k + w.dropped;
          ENSURE (buf[k] == (char) (at * 7 + at / 251));
        }
      ck_assert_int_eq (mp_record_remove (&records, rec), 0);
      mp_record_free (rec);
    }
}
END_TEST

START_TEST (kept_slow_reader)
{
  struct mp_record *rec = make_record ("a", getpid (), getpid ());
  struct mp_keep w;
  struct mp_kept r;
  char buf[150];
  size_t n;
  bool gap;
  mp_keep_init (&w, &records, rec->path, MP_KEEP_OUT, 1600);
  mp_kept_init (&r, &records, rec, MP_KEEP_OUT);
  keep_bytes (&w, 0, 850);
  ck_assert_uint_eq (read_bytes (&r, 0), 850);
  /* The file that it reads from is dropped: it has the rest of it in hand, if
     it has not let go of it.  */
  keep_bytes (&w, 850, 5000);
  ck_assert_int_eq (mp_kept_read (&r, buf, sizeof buf, &n, &gap), 0);
  ck_assert_uint_eq (n, 50);
  ck_assert (!gap);
  ck_assert_int_eq (buf[0], (char) (850 * 7 + 850 / 251));
  ck_assert_int_eq (mp_kept_read (&r, buf, sizeof buf, &n, &gap), 0);
  ck_assert (gap && n == 100);
  mp_kept_close (&r);
  keep_bytes (&w, 5000, 9000);
  ck_assert_int_eq (mp_kept_read (&r, buf, sizeof buf, &n, &gap), 0);
  ck_assert (gap && n == 100);
  /* Nothing of the end is skipped: half of all files.  */
  ck_assert_int_eq (buf[0], (char) (8200 * 7 + 8200 / 251));
  mp_kept_close (&r);
  mp_keep_close (&w);
  mp_record_free (rec);
}
END_TEST

START_TEST (kept_nothing)
{
  struct mp_record *rec = make_record ("a", getpid (), getpid ());
  struct mp_keep w;
  struct mp_kept r;
  char buf[10];
  size_t n;
  bool gap;
  mp_keep_init (&w, &records, rec->path, MP_KEEP_OUT, 0);
  mp_keep_add (&w, "abc", 3);
  ck_assert_uint_eq (w.dropped, 3);
  ck_assert_int_eq (w.error, 0);
  mp_kept_init (&r, &records, rec, MP_KEEP_OUT);
  ck_assert_int_eq (mp_kept_read (&r, buf, sizeof buf, &n, &gap), 0);
  ck_assert (n == 0 && !gap);
  mp_kept_close (&r);

  /* What cannot be kept is counted, and why is told.  */
  ck_assert_int_eq (mp_record_remove (&records, rec), 0);
  mp_keep_init (&w, &records, rec->path, MP_KEEP_OUT, 100);
  mp_keep_add (&w, "abc", 3);
  mp_keep_add (&w, "de", 2);
  ck_assert_uint_eq (w.dropped, 5);
  ck_assert_int_eq (w.error, ENOENT);
  mp_keep_close (&w);
  mp_record_free (rec);
}
END_TEST

/* Changes.  */

static int n_changed[2];

static void
changed (void *owner)
{
  ++*(int *) owner;
}

START_TEST (changes)
{
  struct mp_notify n;
  struct mp_record *rec[2];
  int err = mp_notify_init (&n);
  ck_assert (err == 0 || err == ENOSYS);
  for (int i = 0; i < 2; i++)
    {
      char path[2048];
      rec[i] = make_record (i ? "a" : "b", getpid (), getpid ());
      snprintf (path, sizeof path, "%s/%s", dir, rec[i]->path);
      ck_assert_int_eq (mp_notify_add (&n, path, &n_changed[i]), err);
      n_changed[i] = 0;
    }
  ck_assert_int_ne (mp_notify_add (&n, "/nonexistent/folder", NULL), 0);
  if (!err)
    {
      struct pollfd p = { .fd = n.fd, .events = POLLIN };
      ck_assert_int_eq (poll (&p, 1, 0), 0);
      struct mp_keep w;
      mp_keep_init (&w, &records, rec[0]->path, MP_KEEP_OUT, 100);
      mp_keep_add (&w, "a", 1);
      ck_assert_int_eq (poll (&p, 1, 0), 1);
      mp_notify_read (&n, changed);
      ck_assert (n_changed[0] > 0 && n_changed[1] == 0);
      ck_assert_int_eq (poll (&p, 1, 0), 0);
      mp_keep_add (&w, "a", 1);
      ck_assert_int_eq (poll (&p, 1, 0), 1);
      mp_notify_read (&n, changed);
      mp_keep_close (&w);
      n_changed[0] = 0;
      end_record (rec[1], 0);
      mp_notify_read (&n, changed);
      ck_assert (n_changed[0] == 0 && n_changed[1] > 0);
    }
  mp_notify_free (&n);
  mp_record_free (rec[0]);
  mp_record_free (rec[1]);
}
END_TEST

/* Add the test FN to SUITE in a case of its own.  */
static void
add_case (Suite *suite, char const *name, TTest const *fn)
{
  TCase *tc = unit_tcase (name);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, fn);
  suite_add_tcase (suite, tc);
}

int
main (void)
{
  Suite *suite = suite_create ("records");
  add_case (suite, "directory", directory_trust);
  add_case (suite, "names", name_rules);
  add_case (suite, "files", write_and_read);
  add_case (suite, "damage", damage);
  add_case (suite, "claims", concurrent_names);
  add_case (suite, "numbers", numbers_go_on_after_the_highest);
  add_case (suite, "release", released_once);
  add_case (suite, "reuse", name_has_passed_on);
  add_case (suite, "cleaning", cleaning);
  add_case (suite, "boot", other_boot);
  add_case (suite, "handles", handles);
  add_case (suite, "whole", kept_whole);
  add_case (suite, "part", kept_in_part);
  add_case (suite, "slow", kept_slow_reader);
  add_case (suite, "nothing", kept_nothing);
  add_case (suite, "changes", changes);
  return run_suite (suite);
}
