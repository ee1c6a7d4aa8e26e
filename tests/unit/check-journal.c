/* Unit tests of the journal.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "fixture.h"
#include "journal.h"
#include "nodes.h"
#include "shortage.h"
#include "unit.h"

/* How tasks end, as wait(2) tells: by an exit status or by a signal.  */
#define EXITED(status) ((status) << 8)
#define KILLED(sig) (sig)

#define PARALLEL_RECORD \
  "1\t:\t1795742206.712\t     0.007\t0\t0\t3\t0\tfalse\n"

/* A folder, the journal in it, and the digest of the command.  */
static char *root, *path;
static struct mp_key map;

/* What was found in it at last.  */
static struct mp_journal_found found;

/* How long to wait for a lock that will be free.  */
static mp_time const patience = NODES_PATIENCE * 1000LL * MP_MILLISECOND;

/* Store in *KEY the digest of the strings of ARGV, which ends with a null
   pointer.  */
static void
digest_strings (char *const *argv, struct mp_key *key)
{
  struct mp_digest d;
  mp_digest_init (&d);
  for (; *argv; argv++)
    mp_digest_add (&d, *argv, strlen (*argv));
  mp_digest_end (&d, key);
}

static void
setup (void)
{
  static struct fixture_file const none[] = { { NULL, NULL } };
  static char command[] = "echo";
  static char *argv[] = { command, NULL };
  nodes_setup ();
  root = fixture_make (none);
  ck_assert_int_gt (asprintf (&path, "%s/log", root), 0);
  digest_strings (argv, &map);
}

static void
teardown (void)
{
  nodes_teardown ();
  free (path);
  fixture_remove (root);
}

static struct mp_key
key_of (char const *s)
{
  struct mp_item item = { (char *) s, strlen (s) };
  struct mp_key key;
  mp_digest_items (&item, 1, &key);
  return key;
}

/* A record of ITEM that ended with STATUS.  */
static struct mp_jobline
record_of (char const *item, int status, bool again)
{
  struct mp_jobline r = {
    .seq = 1, .status = status, .attempt = 1, .command = "echo",
    .item = key_of (item), .again = again,
    .start = { .tv_sec = 1795742206, .tv_nsec = 712499999 },
    .runtime = 7 * MP_MILLISECOND
  };
  return r;
}

static void
add (struct mp_journal *j, char const *item, bool ok, bool again)
{
  struct mp_jobline r = record_of (item, EXITED (ok ? 0 : 1), again);
  /* Check itself writes a file, which may be limited, too.  */
  ENSURE (mp_journal_add (j, &r) == 0);
}

/* Make the file hold the LEN bytes at DATA.  */
static void
write_log (char const *data, size_t len)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (write (fd, data, len), (ssize_t) len);
  ck_assert_int_eq (close (fd), 0);
}

/* Check that the file holds the LEN bytes at DATA.  */
static void
expect_log (char const *data, size_t len)
{
  struct bytes b = { 0 };
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ck_assert_int_ge (fd, 0);
  read_file (fd, &b);
  close (fd);
  bytes_expect (&b, data, len, "log");
  bytes_free (&b);
}

/* Open and lock the file as both roles.  */
static void
open_log (struct mp_journal *j)
{
  ck_assert_int_eq (mp_journal_open (j, path, &map), 0);
  ck_assert_int_eq (mp_journal_lock (j, MP_JOURNAL_GUARD, patience), 0);
  ck_assert_int_eq (mp_journal_lock (j, MP_JOURNAL_POOL, patience), 0);
}

static void
open_new (struct mp_journal *j)
{
  open_log (j);
  ck_assert_int_eq (mp_journal_renew (j), 0);
}

/* The same, and read it; what was found is in FOUND.  */
static void
open_resumed (struct mp_journal *j)
{
  open_log (j);
  ck_assert_int_eq (mp_journal_resume (j, &found), 0);
  ck_assert_int_eq (found.format, MP_JOURNAL_OURS);
}

static void
close_log (struct mp_journal *j)
{
  ck_assert_int_eq (mp_journal_close (j), 0);
  ck_assert_int_eq (j->error, 0);
  ck_assert_uint_eq (j->lost, 0);
}

/* Check that J has, of ITEM, as many items that are done, and have failed, as
   said, and take them.  */
static void
expect_past (struct mp_journal *j, char const *item, int done, int failed)
{
  struct mp_key key = key_of (item);
  int n[] = { [MP_PAST_NONE] = 0, [MP_PAST_DONE] = 0, [MP_PAST_FAILED] = 0 };
  enum mp_past past;
  while ((past = mp_journal_take (j, &key)) != MP_PAST_NONE)
    {
      n[past]++;
      /* What is done comes first.  */
      ck_assert (past == MP_PAST_FAILED || n[MP_PAST_FAILED] == 0);
    }
  ck_assert_msg (n[MP_PAST_DONE] == done && n[MP_PAST_FAILED] == failed,
                 "%s: %d done and %d failed in place of %d and %d", item,
                 n[MP_PAST_DONE], n[MP_PAST_FAILED], done, failed);
}

static void
expect_key (struct mp_key const *key, char const *hex)
{
  char text[2 * MP_KEY_SIZE + 1];
  for (int i = 0; i < MP_KEY_SIZE; i++)
    sprintf (text + 2 * i, "%02x", key->byte[i]);
  ck_assert_str_eq (text, hex);
}

/* From sha256sum, of the lengths and the strings.  */
START_TEST (digests)
{
  static char ab[] = "ab", c[] = "c";
  static char *argv[] = { ab, c, NULL };
  static char *none[] = { NULL };
  struct mp_item const items[] = { { ab, 2 }, { c, 1 } };
  struct mp_item const other[] = { { ab, 1 }, { ab + 1, 1 }, { c, 1 } };
  struct mp_item const empty = { NULL, 0 };
  struct mp_key key;
  mp_digest_items (items, N_ENTRIES (items), &key);
  expect_key (&key, "43ee655579de01ca739b3f95c1c2d3f4");
  digest_strings (argv, &key);
  expect_key (&key, "43ee655579de01ca739b3f95c1c2d3f4");
  digest_strings (none, &key);
  expect_key (&key, "e3b0c44298fc1c149afbf4c8996fb924");
  mp_digest_items (&empty, 1, &key);
  expect_key (&key, "af5570f5a1810b7af78caf4bc70a660f");

  struct mp_key split;
  mp_digest_items (items, N_ENTRIES (items), &key);
  mp_digest_items (other, N_ENTRIES (other), &split);
  ck_assert_mem_ne (&key, &split, sizeof key);
}
END_TEST

/* What GNU parallel 20221122 has written for tasks that ended like this, and
   our words for it.  */
static struct
{
  int status;
  bool timed_out;
  int error;
  char const *exitval, *outcome;
} const ends[] = {
  { EXITED (0), false, 0, "0\t0", "ok" },
  { EXITED (3), false, 0, "3\t0", "exit" },
  { EXITED (200), false, 0, "200\t0", "exit" },
  { KILLED (SIGKILL), false, 0, "0\t9", "signal" },
  { KILLED (SIGSEGV) | 0x80, false, 0, "0\t11", "signal" },
  { KILLED (SIGTERM), true, 0, "-1\t15", "timeout" },
  { KILLED (SIGKILL), true, 0, "-1\t9", "timeout" },
  { EXITED (0), true, 0, "-1\t0", "timeout" },
  { EXITED (7), true, 0, "7\t0", "timeout" },
  { EXITED (0), false, ENOENT, "125\t0", "error" },
  { KILLED (SIGTERM), false, E2BIG, "125\t0", "error" },
  { KILLED (SIGTERM), true, ENOMEM, "-1\t15", "timeout" },
};

START_TEST (how_it_ended)
{
  char buf[1024];
  char *expected;
  struct mp_jobline_read read;
  struct mp_jobline r = record_of ("a", ends[_i].status, _i % 2);
  r.timed_out = ends[_i].timed_out;
  r.error = ends[_i].error;
  ck_assert_uint_le (mp_jobline_size (&r), sizeof buf);
  size_t len = mp_jobline_format (&r, &map, buf);
  ck_assert_int_gt (asprintf (&expected,
                              "1\t:\t1795742206.712\t     0.007\t0\t0"
                              "\t%s\techo\t1\t%s\t", ends[_i].exitval,
                              ends[_i].outcome), 0);
  ck_assert_mem_eq (buf, expected, strlen (expected));
  free (expected);
  ck_assert_int_eq (buf[len - 1], '\n');
  ck_assert (mp_jobline_parse (buf, len - 1, &map, &read));
  ck_assert_int_eq (read.ok, strcmp (ends[_i].outcome, "ok") == 0);
  ck_assert_int_eq (read.again, _i % 2);
  ck_assert (read.same_map);
  ck_assert_mem_eq (&read.item, &r.item, sizeof r.item);
}
END_TEST

/* All columns, with numbers as large as they can be.  */
START_TEST (all_columns)
{
  char buf[1024];
  static char const expected[]
    = "18446744073709551615\tho?st\t1795742207.000\t9223372036.855"
    "\t18446744073709551614\t18446744073709551613\t255\t0"
    "\ta?b?c\x80 ?d?\t4294967295\texit\t000102030405060a"
    "\tfff1f2f3f4f5f6f7f8f9fafbfcfdfe00\t1\n";
  struct mp_jobline r = {
    .seq = ULLONG_MAX, .host = "ho\x7fst",
    .start = { .tv_sec = 1795742206, .tv_nsec = 999500000 },
    .runtime = LLONG_MAX,
    .sent = ULLONG_MAX - 1, .received = ULLONG_MAX - 2,
    .status = EXITED (255), .attempt = UINT_MAX,
    .command = "a\tb\nc\x80 \x1b" "d\r",
    .item = { { 0xff, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
                0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0 } },
    .again = true
  };
  struct mp_key const m = { { 0, 1, 2, 3, 4, 5, 6, 10, 11 } };
  struct mp_jobline_read read;
  size_t len = mp_jobline_format (&r, &m, buf);
  ck_assert_uint_le (len, mp_jobline_size (&r));
  ck_assert_uint_eq (len, sizeof expected - 1);
  ck_assert_mem_eq (buf, expected, len);
  ck_assert (mp_jobline_parse (buf, len - 1, &m, &read));
  ck_assert (read.again && !read.ok && read.same_map);
  ck_assert_mem_eq (&read.item, &r.item, sizeof r.item);
}
END_TEST

static char const digests_of_a[] = "\tok\tf0e0d0c0b0a09080"
  "\t00112233445566778899aabbccddeeff\t0";

/* Lines that are no records, or are one after all.  */
static struct
{
  bool ok;
  char const *line;             /* up to Attempt */
} const lines[] = {
  { true, "1\t:\t1.000\t     0.007\t0\t0\t0\t0\tx\t1" },
  { true, "1\t:\t1.000\t0.007\t0\t0\t-1\t15\t\t1" },
  { false, "" },
  { false, "\t:\t1.000\t     0.007\t0\t0\t0\t0\tx\t1" },
  { false, "1\t\t1.000\t     0.007\t0\t0\t0\t0\tx\t1" },
  { false, "1a\t:\t1.000\t     0.007\t0\t0\t0\t0\tx\t1" },
  { false, "1\t:\t1000\t     0.007\t0\t0\t0\t0\tx\t1" },
  { false, "1\t:\t1.0\t     0.007\t0\t0\t0\t0\tx\t1" },
  { false, "1\t:\t.000\t     0.007\t0\t0\t0\t0\tx\t1" },
  { false, "1\t:\t1.000\t      \t0\t0\t0\t0\tx\t1" },
  { false, "1\t:\t1.000\t     0.007\t0\t0\t-\t0\tx\t1" },
  { false, "1\t:\t1.000\t     0.007\t0\t0\t0\t-1\tx\t1" },
  { false, "1\t:\t1.000\t     0.007\t0\t0\t0\t0\t1" },
  { false, "1\t:\t1.000\t     0.007\t0\t0\t0\t0\tx\ty\t1" },
  { false, "1\t:\t1.02\t:\t1.000\t     0.007\t0\t0\t0\t0\tx\t1" },
};

/* Of what can be parsed, any other length and any other digit is no record.  */
START_TEST (parsing)
{
  char *line;
  struct mp_jobline_read r;
  struct mp_key const m = { { 0xf0, 0xe0, 0xd0, 0xc0, 0xb0, 0xa0, 0x90,
                              0x80 } };
  int len = asprintf (&line, "%s%s", lines[_i].line, digests_of_a);
  ck_assert_int_gt (len, 0);
  ck_assert_int_eq (mp_jobline_parse (line, len, &m, &r), lines[_i].ok);
  if (lines[_i].ok)
    {
      ck_assert (r.ok && r.same_map && !r.again);
      for (int i = 0; i < len; i++)
        ck_assert (!mp_jobline_parse (line, i, &m, &r));
      for (int i = strlen (lines[_i].line) + 1; i < len; i++)
        {
          char c = line[i];
          line[i] = 'A';
          ck_assert (!mp_jobline_parse (line, len, &m, &r));
          line[i] = c;
        }
      line[len - 3] = '0';
      ck_assert (mp_jobline_parse (line, len, &m, &r));
    }
  free (line);
}
END_TEST

/* A command that is too long is cut, and can be read.  */
START_TEST (long_command)
{
  struct mp_journal j;
  char *command = malloc (MP_JOBLINE_MAX + 2);
  ck_assert_ptr_nonnull (command);
  memset (command, 'c', MP_JOBLINE_MAX + 1);
  command[MP_JOBLINE_MAX + 1] = '\0';
  open_new (&j);
  struct mp_jobline r = record_of ("a", EXITED (0), false);
  r.command = command;
  ck_assert_int_eq (mp_journal_add (&j, &r), 0);
  add (&j, "b", true, false);
  close_log (&j);
  free (command);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, 2);
  ck_assert_uint_eq (found.damaged, 0);
  expect_past (&j, "a", 1, 0);
  expect_past (&j, "b", 1, 0);
  close_log (&j);
}
END_TEST

/* A line that no record has is passed over as one, however long.  */
START_TEST (long_line)
{
  struct mp_journal j;
  open_new (&j);
  add (&j, "a", true, false);
  ck_assert_int_eq (mp_journal_flush (&j), 0);
  static char junk[65536];
  memset (junk, 'x', sizeof junk);
  for (int i = 0; i < 3 * MP_JOBLINE_MAX / (int) sizeof junk; i++)
    ck_assert_int_eq (write (j.fd, junk, sizeof junk), sizeof junk);
  ck_assert_int_eq (write (j.fd, "\n", 1), 1);
  add (&j, "b", true, false);
  close_log (&j);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, 2);
  ck_assert_uint_eq (found.damaged, 1);
  expect_past (&j, "b", 1, 0);
  close_log (&j);
}
END_TEST

START_TEST (fresh)
{
  struct mp_journal j;
  char buf[1024];
  struct mp_jobline r = record_of ("a", EXITED (0), false);
  size_t len = mp_jobline_format (&r, &map, buf);
  write_log (BYTES ("something else\n"));
  open_new (&j);
  expect_log (BYTES (MP_JOBLINE_HEADER));
  ck_assert_int_eq (mp_journal_add (&j, &r), 0);
  ck_assert_int_eq (mp_journal_add (&j, &r), 0);
  expect_log (BYTES (MP_JOBLINE_HEADER));
  ck_assert_int_eq (mp_journal_flush (&j), 0);
  struct bytes b = { 0 };
  bytes_add (&b, BYTES (MP_JOBLINE_HEADER));
  bytes_add (&b, buf, len);
  bytes_add (&b, buf, len);
  expect_log (b.data, b.len);
  close_log (&j);
  expect_log (b.data, b.len);
  bytes_free (&b);
  open_new (&j);
  expect_log (BYTES (MP_JOBLINE_HEADER));
  close_log (&j);
}
END_TEST

/* Fill B with a log of several records, one of them damaged.  */
static void
sample (struct bytes *b)
{
  static char const *const items[] = { "a", "b", "a", "" };
  char buf[1024];
  bytes_add (b, BYTES (MP_JOBLINE_HEADER));
  for (int i = 0; i < N_ENTRIES (items); i++)
    {
      struct mp_jobline r = record_of (items[i], EXITED (i % 2), false);
      bytes_add (b, buf, mp_jobline_format (&r, &map, buf));
      if (i == 1)
        bytes_add (b, BYTES ("2\t:\t1795\n"));
    }
}

/* How many newlines the LEN bytes at DATA have.  */
static size_t
count_newlines (char const *data, size_t len)
{
  size_t n = 0;
  for (size_t i = 0; i < len; i++)
    n += data[i] == '\n';
  return n;
}

/* Wherever the log is cut off, its whole lines count, and it goes on after
   them.  */
START_TEST (cut_anywhere)
{
  struct bytes b = { 0 };
  sample (&b);
  size_t const header = sizeof MP_JOBLINE_HEADER - 1;
  for (size_t len = 0; len <= b.len; len++)
    {
      struct mp_journal j;
      char buf[1024];
      write_log (b.data, len);
      open_resumed (&j);
      size_t n = count_newlines (b.data, len);
      size_t damaged = 4 <= n;
      size_t records = n ? n - 1 - damaged : 0;
      size_t whole = len;
      while (header < whole && b.data[whole - 1] != '\n')
        whole--;
      ENSURE (found.records == records && found.damaged == damaged);
      ENSURE (found.torn == (whole != len || (0 < len && len < header)));
      struct bytes now = { 0 };
      bytes_add (&now, b.data, whole < header ? header : whole);
      expect_log (now.data, now.len);

      struct mp_jobline r = record_of ("new", EXITED (0), false);
      ENSURE (mp_journal_add (&j, &r) == 0);
      close_log (&j);
      bytes_add (&now, buf, mp_jobline_format (&r, &map, buf));
      expect_log (now.data, now.len);
      bytes_free (&now);
      open_resumed (&j);
      ENSURE (found.records == records + 1 && found.damaged == damaged
              && !found.torn);
      expect_past (&j, "a", (1 <= records) + (3 <= records), 0);
      expect_past (&j, "b", 0, 2 <= records);
      expect_past (&j, "", 0, 4 <= records);
      expect_past (&j, "new", 1, 0);
      close_log (&j);
    }
  bytes_free (&b);
}
END_TEST

/* Blocks of zeros, as a file has them that was not written before a crash.  */
START_TEST (zeros)
{
  struct mp_journal j;
  struct bytes b = { 0 };
  static char zero[5000];
  sample (&b);
  size_t whole = b.len;
  bytes_add (&b, zero, sizeof zero);
  write_log (b.data, b.len);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, 4);
  ck_assert (found.torn);
  close_log (&j);
  expect_log (b.data, whole);
  bytes_free (&b);
}
END_TEST

START_TEST (two_equal_items)
{
  struct mp_journal j;
  open_new (&j);
  add (&j, "a", false, false);
  add (&j, "a", true, false);
  add (&j, "b", false, false);
  close_log (&j);

  /* To resume with what failed, twice, and fail once more.  */
  struct mp_key a = key_of ("a");
  open_resumed (&j);
  ck_assert_int_eq (mp_journal_take (&j, &a), MP_PAST_DONE);
  ck_assert_int_eq (mp_journal_take (&j, &a), MP_PAST_FAILED);
  ck_assert_int_eq (mp_journal_take (&j, &a), MP_PAST_NONE);
  add (&j, "a", false, true);
  close_log (&j);

  open_resumed (&j);
  ck_assert_int_eq (mp_journal_take (&j, &a), MP_PAST_DONE);
  ck_assert_int_eq (mp_journal_take (&j, &a), MP_PAST_FAILED);
  ck_assert_int_eq (mp_journal_take (&j, &a), MP_PAST_NONE);
  /* One that is new in the list comes before that.  */
  add (&j, "a", false, false);
  add (&j, "a", true, true);
  close_log (&j);

  open_resumed (&j);
  expect_past (&j, "a", 2, 1);
  expect_past (&j, "b", 0, 1);
  expect_past (&j, "c", 0, 0);
  close_log (&j);
}
END_TEST

/* There is nothing that such a record could take the place of.  */
START_TEST (again_alone)
{
  struct mp_journal j;
  open_new (&j);
  add (&j, "a", true, true);
  add (&j, "b", false, true);
  add (&j, "b", true, false);
  close_log (&j);
  open_resumed (&j);
  expect_past (&j, "a", 1, 0);
  expect_past (&j, "b", 1, 1);
  mp_journal_forget (&j);
  expect_past (&j, "a", 0, 0);
  close_log (&j);
}
END_TEST

/* Runs over lists of items, of which some are equal, with and without what
   failed, cut off anywhere, also within a record: an item of which the log has
   an outcome is exactly one that has got one.  */
START_TEST (many_runs)
{
  enum { RUNS = 40, KEYS = 4, LIST = 24 };
  static char const *const name[KEYS] = { "a", "b", "c", "d" };
  int done[KEYS] = { 0 }, failed[KEYS] = { 0 };
  random_start (_i);
  for (int run = 0; run < RUNS; run++)
    {
      struct mp_journal j;
      struct mp_jobline todo[LIST];
      int key[LIST], n = 0;
      bool failed_too = random_below (2);
      open_log (&j);
      ck_assert_int_eq (mp_journal_resume (&j, &found), 0);
      int left_done[KEYS], left_failed[KEYS];
      memcpy (left_done, done, sizeof done);
      memcpy (left_failed, failed, sizeof failed);
      for (int i = random_below (LIST); 0 < i; i--)
        {
          int k = random_below (KEYS);
          struct mp_key item = key_of (name[k]);
          enum mp_past past = mp_journal_take (&j, &item);
          ck_assert_int_eq (past, (left_done[k] ? MP_PAST_DONE
                                   : left_failed[k] ? MP_PAST_FAILED
                                   : MP_PAST_NONE));
          left_done[k] -= past == MP_PAST_DONE;
          left_failed[k] -= past == MP_PAST_FAILED;
          if (past == MP_PAST_NONE || (past == MP_PAST_FAILED && failed_too))
            {
              todo[n] = record_of (name[k], EXITED (random_below (2)),
                                   past == MP_PAST_FAILED);
              key[n++] = k;
            }
        }
      /* They end in any order, and not all do.  */
      for (int end = n ? random_below (n + 1) : 0; 0 < end; end--)
        {
          int i = random_below (n);
          ck_assert_int_eq (mp_journal_add (&j, &todo[i]), 0);
          failed[key[i]] -= todo[i].again;
          *(todo[i].status ? &failed[key[i]] : &done[key[i]]) += 1;
          todo[i] = todo[--n];
          key[i] = key[n];
        }
      ck_assert_int_eq (mp_journal_flush (&j), 0);
      if (n && random_below (2))
        ck_assert_int_eq (write (j.fd, "1\t:\t1795742206", 14), 14);
      close_log (&j);
    }
}
END_TEST

START_TEST (other_command)
{
  struct mp_journal j;
  struct mp_key old = map;
  open_new (&j);
  add (&j, "a", true, false);
  add (&j, "b", true, false);
  close_log (&j);
  open_resumed (&j);
  ck_assert_uint_eq (found.other_map, 0);
  close_log (&j);
  map = key_of ("another command");
  open_resumed (&j);
  ck_assert_uint_eq (found.other_map, 2);
  /* Which matters only if the caller wants it to.  */
  expect_past (&j, "a", 1, 0);
  add (&j, "c", true, false);
  close_log (&j);
  open_resumed (&j);
  ck_assert_uint_eq (found.other_map, 2);
  close_log (&j);
  map = old;
  open_resumed (&j);
  ck_assert_uint_eq (found.other_map, 1);
  close_log (&j);
}
END_TEST

static struct
{
  enum mp_journal_format format;
  char const *text;
  size_t len;
} const foreign[] = {
  { MP_JOURNAL_PARALLEL, BYTES (MP_JOBLINE_PARALLEL_HEADER) },
  { MP_JOURNAL_PARALLEL, BYTES (MP_JOBLINE_PARALLEL_HEADER PARALLEL_RECORD) },
  { MP_JOURNAL_PARALLEL,
    BYTES (MP_JOBLINE_PARALLEL_HEADER PARALLEL_RECORD PARALLEL_RECORD
           PARALLEL_RECORD "4\t:") },
  { MP_JOURNAL_OTHER, BYTES ("\n") },
  { MP_JOURNAL_OTHER, BYTES ("\0") },
  { MP_JOURNAL_OTHER, BYTES ("Seq\n") },
  { MP_JOURNAL_OTHER, BYTES ("Seq Host") },
  { MP_JOURNAL_OTHER, BYTES (MP_JOBLINE_PARALLEL_COLUMNS "\r\n") },
  { MP_JOURNAL_OTHER, BYTES (MP_JOBLINE_PARALLEL_COLUMNS "\tAttempt\n") },
  { MP_JOURNAL_OTHER, BYTES ("\n" MP_JOBLINE_HEADER) },
  { MP_JOURNAL_OTHER, BYTES (PARALLEL_RECORD) },
  { MP_JOURNAL_OTHER, BYTES ("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\76\0") },
};

/* Such files stay as they are.  */
START_TEST (foreign_format)
{
  struct mp_journal j;
  write_log (foreign[_i].text, foreign[_i].len);
  open_log (&j);
  ck_assert_int_eq (mp_journal_resume (&j, &found), EBADMSG);
  ck_assert_int_eq (found.format, foreign[_i].format);
  close_log (&j);
  expect_log (foreign[_i].text, foreign[_i].len);
}
END_TEST

START_TEST (no_regular_file)
{
  struct mp_journal j;
  ck_assert_int_eq (mp_journal_open (&j, root, &map), EISDIR);
  ck_assert_int_eq (mp_journal_open (&j, "/dev/null", &map), ENOTSUP);
  ck_assert_int_eq (mkfifo (path, 0600), 0);
  ck_assert_int_eq (mp_journal_open (&j, path, &map), ENOTSUP);
  ck_assert_int_eq (unlink (path), 0);
  char *below;
  ck_assert_int_gt (asprintf (&below, "%s/none/log", root), 0);
  ck_assert_int_eq (mp_journal_open (&j, below, &map), ENOENT);
  free (below);
}
END_TEST

/* Nothing is read or changed without a lock.  */
START_TEST (without_lock)
{
  struct mp_journal j;
  write_log (BYTES ("Seq"));
  ck_assert_int_eq (mp_journal_open (&j, path, &map), 0);
  ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_POOL, 0), EOWNERDEAD);
  ck_assert_int_eq (mp_journal_renew (&j), EPERM);
  ck_assert_int_eq (mp_journal_resume (&j, &found), EPERM);
  close_log (&j);
  expect_log (BYTES ("Seq"));
}
END_TEST

/* What a node that is a guard does.  */
struct run
{
  bool pool;                    /* start a pool that locks the file... */
  bool hasty;                   /* ... and ends as soon as somebody else has the
                                   guard's lock */
  bool late;                    /* the pool locks the file when this process is
                                   gone, and says what came of it */
  int told[2];                  /* a pipe from the pool */
};

/* Wait, but not for ever, until the guard's lock is that of a process other
   than OLD: of none if NOBODY.  */
static void
await_guard (struct mp_journal *j, pid_t old, bool nobody)
{
  for (;;)
    {
      struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
                         .l_start = MP_JOURNAL_GUARD, .l_len = 1 };
      if (fcntl (j->fd, F_GETLK, &l) != 0)
        _exit (EXIT_FAILURE);
      if (nobody ? l.l_type == F_UNLCK
          : l.l_type != F_UNLCK && l.l_pid != old)
        return;
      /* The node's alarm bounds this.  */
      usleep (1000);
    }
}

/* The pool of the run ARG, whose guard has J.  */
static void
be_pool (struct run *run, struct mp_journal *j)
{
  pid_t guard = getppid ();
  alarm (2 * NODES_PATIENCE);
  /* This pool outlives its guard.  */
#if HAVE_PRCTL && defined PR_SET_PDEATHSIG
  prctl (PR_SET_PDEATHSIG, 0, 0, 0, 0);
#endif
  if (run->late)
    {
      node_ready ();
      await_guard (j, guard, true);
      int err = mp_journal_lock (j, MP_JOURNAL_POOL, 0);
      if (write (run->told[1], &err, sizeof err) != sizeof err)
        _exit (EXIT_FAILURE);
      _exit (EXIT_SUCCESS);
    }
  if (mp_journal_lock (j, MP_JOURNAL_POOL, 0) != 0)
    _exit (EXIT_FAILURE);
  struct mp_jobline r = record_of ("pool", EXITED (0), false);
  if (mp_journal_add (j, &r) != 0 || mp_journal_flush (j) != 0)
    _exit (EXIT_FAILURE);
  node_ready ();
  while (!run->hasty)
    pause ();
  await_guard (j, guard, false);
  _exit (EXIT_SUCCESS);
}

/* A node: the guard of the run ARG.  */
static int
guard_node (void *arg)
{
  struct run *run = arg;
  struct mp_journal j;
  if (mp_journal_open (&j, path, &map) != 0
      || mp_journal_lock (&j, MP_JOURNAL_GUARD, 0) != 0
      || mp_journal_renew (&j) != 0)
    return EXIT_FAILURE;
  if (run->pool)
    {
      pid_t pid = fork ();
      if (pid < 0)
        return EXIT_FAILURE;
      if (pid == 0)
        be_pool (run, &j);
    }
  return node_pause (NULL);
}

/* Start RUN and wait until its processes are ready.  Return the guard.  */
static pid_t
start_run (struct run *run)
{
  pid_t pid = node_start (guard_node, run);
  nodes_await (1 + run->pool);
  return pid;
}

static void
kill_node (pid_t pid)
{
  ck_assert_int_eq (kill (pid, SIGKILL), 0);
  node_reap (pid);
}

/* As long as there is a guard, another run is refused at once.  */
START_TEST (two_runs)
{
  struct mp_journal j;
  struct run run = { .pool = _i == 1 };
  pid_t pid = start_run (&run);
  ck_assert_int_eq (mp_journal_open (&j, path, &map), 0);
  mp_time begin = mp_now ();
  ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_GUARD, patience), EBUSY);
  ck_assert (mp_now () - begin < patience / 2);
  ck_assert_int_eq (mp_journal_renew (&j), EPERM);
  kill_node (pid);
  if (!run.pool)
    ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_GUARD, 0), 0);
  mp_journal_close (&j);
}
END_TEST

/* The pool of a guard that was killed is waited for, but not longer than said;
   and what it has written is there.  */
START_TEST (lone_pool)
{
  struct mp_journal j;
  struct run run = { .pool = true, .hasty = _i == 1 };
  kill_node (start_run (&run));
  ck_assert_int_eq (mp_journal_open (&j, path, &map), 0);
  if (run.hasty)
    {
      ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_GUARD, patience), 0);
      ck_assert_int_eq (mp_journal_resume (&j, &found), 0);
      ck_assert_uint_eq (found.records, 1);
      ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_POOL, 0), 0);
    }
  else
    {
      ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_GUARD,
                                         20 * MP_MILLISECOND), EBUSY);
      /* The guard's lock was given up.  */
      ck_assert_int_eq (mp_journal_resume (&j, &found), EPERM);
      struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
                         .l_start = MP_JOURNAL_GUARD, .l_len = 1 };
      pid_t pid = fork ();
      if (pid == 0)
        _exit (fcntl (j.fd, F_SETLK, &l) != 0);
      ck_assert_int_eq (node_reap (pid), 0);
    }
  mp_journal_close (&j);
}
END_TEST

/* A pool whose guard is gone does not begin, also if another one has come.  */
START_TEST (late_pool)
{
  struct mp_journal j;
  struct run run = { .pool = true, .late = true };
  int err = -1;
  open_pipe (run.told);
  pid_t guard = start_run (&run);
  ck_assert_int_eq (mp_journal_open (&j, path, &map), 0);
  kill_node (guard);
  ck_assert_int_eq (read (run.told[0], &err, sizeof err), sizeof err);
  ck_assert_int_eq (err, EOWNERDEAD);
  ck_assert_int_eq (mp_journal_lock (&j, MP_JOURNAL_GUARD, patience), 0);

  /* This process is that other one.  */
  pid_t pid = fork ();
  if (pid == 0)
    {
      j.guard = guard;
      err = mp_journal_lock (&j, MP_JOURNAL_POOL, 0);
      _exit (err == EOWNERDEAD ? EXIT_SUCCESS : EXIT_FAILURE);
    }
  ck_assert_int_eq (node_reap (pid), EXIT_SUCCESS);
  pid = fork ();
  if (pid == 0)
    /* And this is its own pool, which has no lock of its guard's.  */
    _exit (mp_journal_renew (&j) == EPERM
           && mp_journal_lock (&j, MP_JOURNAL_POOL, 0) == 0
           && mp_journal_renew (&j) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
  ck_assert_int_eq (node_reap (pid), EXIT_SUCCESS);
  mp_journal_close (&j);
  close (run.told[0]);
  close (run.told[1]);
}
END_TEST

static void
on_alarm (int sig)
{
  (void) sig;
}

/* Waiting for a lock ends with a signal.  */
START_TEST (interrupted)
{
  struct mp_journal j;
  struct run run = { .pool = true };
  struct sigaction new = { .sa_handler = on_alarm }, old;
  struct itimerval soon = { .it_value.tv_usec = 20000,
                            .it_interval.tv_usec = 20000 };
  static struct itimerval const never;
  kill_node (start_run (&run));
  ck_assert_int_eq (mp_journal_open (&j, path, &map), 0);
  sigaction (SIGALRM, &new, &old);
  setitimer (ITIMER_REAL, &soon, NULL);
  int err = mp_journal_lock (&j, MP_JOURNAL_GUARD, patience);
  setitimer (ITIMER_REAL, &never, NULL);
  sigaction (SIGALRM, &old, NULL);
  ck_assert_int_eq (err, EINTR);
  ck_assert_int_eq (mp_journal_renew (&j), EPERM);
  mp_journal_close (&j);
}
END_TEST

/* Let files be SIZE bytes long at most; RLIM_INFINITY for no limit.  */
static void
limit_files (rlim_t size)
{
  struct rlimit l;
  ENSURE (getrlimit (RLIMIT_FSIZE, &l) == 0);
  l.rlim_cur = size < l.rlim_max ? size : l.rlim_max;
  ENSURE (setrlimit (RLIMIT_FSIZE, &l) == 0);
}

/* Wherever a write stops, whole lines are in the file, the error is told once,
   and when there is room again, nothing is lacking.  */
START_TEST (file_too_large)
{
  enum { RECORDS = 3 };
  struct bytes b = { 0 };
  char buf[1024];
  signal (SIGXFSZ, SIG_IGN);
  bytes_add (&b, BYTES (MP_JOBLINE_HEADER));
  size_t const header = b.len;
  for (int i = 0; i < RECORDS; i++)
    {
      struct mp_jobline r = record_of ("a", EXITED (0), false);
      bytes_add (&b, buf, mp_jobline_format (&r, &map, buf));
    }
  for (size_t size = header; size < b.len; size++)
    {
      struct mp_journal j;
      open_new (&j);
      limit_files (size);
      for (int i = 0; i < RECORDS - 1; i++)
        add (&j, "a", true, false);
      int first = mp_journal_flush (&j);
      add (&j, "a", true, false);
      int second = mp_journal_flush (&j);
      int third = mp_journal_flush (&j);
      limit_files (RLIM_INFINITY);
      ENSURE ((first == EFBIG) + (second == EFBIG) == 1 && third == 0);
      ENSURE (j.error == EFBIG);
      size_t whole = size;
      while (b.data[whole - 1] != '\n')
        whole--;
      expect_log (b.data, whole);
      ENSURE (mp_journal_close (&j) == 0);
      ENSURE (j.error == EFBIG && j.lost == 0);
      expect_log (b.data, b.len);
    }
  bytes_free (&b);
}
END_TEST

/* What cannot be written in the end is counted, and is not kept without
   bound.  */
START_TEST (never_room)
{
  enum { RECORDS = 20000 };
  struct mp_journal j;
  signal (SIGXFSZ, SIG_IGN);
  open_new (&j);
  limit_files (sizeof MP_JOBLINE_HEADER + 150);
  for (int i = 0; i < RECORDS; i++)
    {
      add (&j, "a", true, false);
      ENSURE (mp_journal_flush (&j) == (i == 1 ? EFBIG : 0));
    }
  limit_files (RLIM_INFINITY);
  ck_assert_uint_lt (j.allocated, 2 * 1024 * 1024);
  ck_assert_uint_gt (j.lost, 0);
  limit_files (sizeof MP_JOBLINE_HEADER + 150);
  int err = mp_journal_close (&j);
  limit_files (RLIM_INFINITY);
  ck_assert_int_eq (err, 0);
  ck_assert_int_eq (j.error, EFBIG);
  ck_assert_uint_eq (j.lost, RECORDS - 1);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, 1);
  close_log (&j);
}
END_TEST

/* If a part of a line cannot be cut off, it is the only damage.  */
START_TEST (no_truncation)
{
#if defined F_SEAL_SHRINK && defined MFD_ALLOW_SEALING
  char *name;
  int sealed = 0;
  char buf[1024];
  struct mp_jobline r = record_of ("a", EXITED (0), false);
  signal (SIGXFSZ, SIG_IGN);
  for (int over = 0; over < 250; over++)
    {
      struct mp_journal j;
      int fd = memfd_create ("log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
      ENSURE (0 <= fd);
      ENSURE (asprintf (&name, "/proc/self/fd/%d", fd) > 0);
      free (path);
      path = name;
      open_new (&j);
      ENSURE (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
      limit_files (sizeof MP_JOBLINE_HEADER - 1 + over);
      for (int i = 0; i < 2; i++)
        add (&j, "a", true, false);
      mp_journal_flush (&j);
      bool torn = j.torn;
      /* Next, there is room for what ends that line, and one more.  */
      if (torn)
        limit_files (sizeof MP_JOBLINE_HEADER - 1 + over + strlen ("\t\n")
                     + mp_jobline_format (&r, &map, buf));
      mp_journal_flush (&j);
      mp_journal_flush (&j);
      sealed += torn;
      limit_files (RLIM_INFINITY);
      add (&j, "b", true, false);
      ENSURE (mp_journal_close (&j) == 0 && j.lost == 0);

      open_resumed (&j);
      ENSURE (found.records == 3 && !found.torn && found.damaged == torn);
      expect_past (&j, "a", 2, 0);
      expect_past (&j, "b", 1, 0);
      ENSURE (write (j.fd, "torn", 4) == 4);
      close_log (&j);

      /* Nor is the last line of an old log.  */
      open_resumed (&j);
      ENSURE (found.records == 3 && found.torn);
      add (&j, "c", true, false);
      close_log (&j);
      open_resumed (&j);
      ENSURE (found.records == 4 && found.damaged == torn + 1U);
      close_log (&j);
      close (fd);
    }
  ck_assert_int_gt (sealed, 0);
#else
  unit_skip ("no sealed files here");
#endif
}
END_TEST

/* A disk that is full, and then is not.  */
START_TEST (disk_full)
{
  struct mp_journal j;
  char *filler;
  unsigned long long n = 0;
  if (unshare (CLONE_NEWNS) != 0
      || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0
      || mount ("none", root, "tmpfs", 0, "size=64k") != 0)
    {
      unit_skip ("no file system can be mounted");
      return;
    }
  ck_assert_int_gt (asprintf (&filler, "%s/filler", root), 0);
  open_new (&j);
  int fd = open (filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  ck_assert_int_ge (fd, 0);
  static char zero[1024];
  while (write (fd, zero, sizeof zero) > 0)
    continue;
  ck_assert_int_eq (errno, ENOSPC);
  int err = 0;
  for (; !err; n++)
    {
      add (&j, "a", true, false);
      err = mp_journal_flush (&j);
    }
  ck_assert_int_eq (err, ENOSPC);
  ck_assert_uint_gt (n, 1);
  close (fd);
  ck_assert_int_eq (unlink (filler), 0);
  free (filler);
  add (&j, "a", true, false);
  ck_assert_int_eq (mp_journal_close (&j), 0);
  ck_assert_int_eq (j.error, ENOSPC);
  ck_assert_uint_eq (j.lost, 0);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, n + 1);
  ck_assert_uint_eq (found.damaged, 0);
  close_log (&j);
  ck_assert_int_eq (umount (root), 0);
}
END_TEST

START_TEST (no_memory)
{
  enum { MANY = 1000 };
  struct mp_journal j;
  struct bytes b = { 0 };
  sample (&b);
  /* So many that more memory is asked for when some are counted.  */
  for (int i = 0; i < MANY; i++)
    {
      char name[32], buf[1024];
      sprintf (name, "%d", i);
      struct mp_jobline other = record_of (name, EXITED (0), false);
      bytes_add (&b, buf, mp_jobline_format (&other, &map, buf));
    }
  bytes_add (&b, BYTES ("torn"));
  write_log (b.data, b.len);
  open_log (&j);
  int err = ENOMEM;
  for (int n = 0; err == ENOMEM; n++)
    {
      expect_log (b.data, b.len);
      shortage_after (n);
      err = mp_journal_resume (&j, &found);
      shortage_after (-1);
    }
  ck_assert_int_eq (err, 0);
  ck_assert_uint_eq (found.records, 4 + MANY);
  expect_past (&j, "a", 2, 0);
  struct mp_jobline r = record_of ("c", EXITED (0), false);
  shortage_after (0);
  err = mp_journal_add (&j, &r);
  int second = mp_journal_add (&j, &r);
  shortage_after (-1);
  ck_assert_int_eq (err, ENOMEM);
  ck_assert_int_eq (second, 0);
  ck_assert_uint_eq (j.lost, 2);
  ck_assert_int_eq (mp_journal_add (&j, &r), 0);
  ck_assert_int_eq (mp_journal_close (&j), 0);
  ck_assert_int_eq (j.error, ENOMEM);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, 5 + MANY);
  close_log (&j);
  bytes_free (&b);
}
END_TEST

/* A large log is read in little memory.  */
START_TEST (million)
{
  enum { MOST = 40 * 1000 * 1000 };
  int const n = nodes_scaled (1000000);
  struct mp_journal j;
  char name[32];
  open_new (&j);
  for (int i = 0; i < n; i++)
    {
      sprintf (name, "%d", i);
      struct mp_jobline r = record_of (name, EXITED (i % 3 == 0), false);
      ENSURE (mp_journal_add (&j, &r) == 0);
      if (i % 1024 == 0)
        ENSURE (mp_journal_flush (&j) == 0);
    }
  close_log (&j);
  open_resumed (&j);
  ck_assert_uint_eq (found.records, n);
  ck_assert_uint_eq (found.damaged, 0);
  ck_assert_uint_lt (j.tally.allocated * sizeof *j.tally.entry
                     + j.tally.n_slots * sizeof *j.tally.slot, MOST);
  for (int i = 0; i < n; i++)
    {
      sprintf (name, "%d", i);
      struct mp_key key = key_of (name);
      ENSURE (mp_journal_take (&j, &key)
              == (i % 3 == 0 ? MP_PAST_FAILED : MP_PAST_DONE));
      ENSURE (mp_journal_take (&j, &key) == MP_PAST_NONE);
    }
  close_log (&j);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("journal");
  TCase *t = unit_tcase ("lines");
  tcase_add_checked_fixture (t, setup, teardown);
  tcase_add_test (t, digests);
  tcase_add_loop_test (t, how_it_ended, 0, N_ENTRIES (ends));
  tcase_add_test (t, all_columns);
  tcase_add_loop_test (t, parsing, 0, N_ENTRIES (lines));
  tcase_add_test (t, long_command);
  tcase_add_test (t, long_line);
  suite_add_tcase (s, t);

  t = unit_tcase ("files");
  tcase_add_checked_fixture (t, setup, teardown);
  tcase_add_test (t, fresh);
  tcase_add_test (t, cut_anywhere);
  tcase_add_test (t, zeros);
  tcase_add_loop_test (t, foreign_format, 0, N_ENTRIES (foreign));
  tcase_add_test (t, no_regular_file);
  tcase_add_test (t, million);
  suite_add_tcase (s, t);

  t = unit_tcase ("resuming");
  tcase_add_checked_fixture (t, setup, teardown);
  tcase_add_test (t, two_equal_items);
  tcase_add_test (t, again_alone);
  tcase_add_loop_test (t, many_runs, 0, 8);
  tcase_add_test (t, other_command);
  suite_add_tcase (s, t);

  t = unit_tcase ("locks");
  tcase_add_checked_fixture (t, setup, teardown);
  tcase_add_test (t, without_lock);
  tcase_add_loop_test (t, two_runs, 0, 2);
  tcase_add_loop_test (t, lone_pool, 0, 2);
  tcase_add_test (t, late_pool);
  tcase_add_test (t, interrupted);
  suite_add_tcase (s, t);

  t = unit_tcase ("failures");
  tcase_add_checked_fixture (t, setup, teardown);
  tcase_add_test (t, file_too_large);
  tcase_add_test (t, never_room);
  tcase_add_test (t, no_truncation);
  tcase_add_test (t, disk_full);
  tcase_add_test (t, no_memory);
  suite_add_tcase (s, t);
  return run_suite (s);
}
