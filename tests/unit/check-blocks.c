/* Unit tests of the cutter of blocks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "minmax.h"
#include "shortage.h"
#include "unit.h"

/* In what is expected, a block ends with this; no input here holds it.  */
#define END "\377"

/* Ends and starts of records.  */
static struct { char const *end, *start; } const boundaries[] = {
  { "b", "" }, { "", "b" }, { "a", "b" }, { "ab", "" }, { "aa", "" },
  { "", "aa" }, { "aba", "" }, { "ab", "a" }, { "a", "ba" }, { "", "" }
};

/* The input is cut once as a file, once from a pipe that holds it all, and once
   from one that gets it byte by byte.  */
enum source { FROM_FILE, FROM_PIPE, FROM_SLOW_PIPE, SOURCES };

/* Whether the LEN bytes at DATA have a boundary of O at the place AT, for a
   record that begins at BEGINNING.  */
static bool
is_boundary (struct mp_blocks_options const *o, char const *data, size_t len,
             size_t beginning, size_t at)
{
  return (beginning < at && beginning + o->end_len <= at
          && at + o->start_len <= len
          && memcmp (data + at - o->end_len, o->end, o->end_len) == 0
          && memcmp (data + at, o->start, o->start_len) == 0);
}

/* Put into B the blocks that O makes of the LEN bytes at DATA, by looking at
   each place in turn.  */
static void
cut_slowly (struct mp_blocks_options const *o, char const *data, size_t len,
            struct bytes *b)
{
  size_t header = 0;
  for (size_t lines = 0; header < len && lines < o->header; header++)
    lines += data[header] == o->header_end;
  size_t block = header, record = header, records = 0;
  for (size_t at = header; at <= len; at++)
    {
      bool end = at == len && block < at;
      if (is_boundary (o, data, len, o->records ? record : block, at))
        {
          record = at;
          records++;
          end |= ((o->records && records == o->records)
                  || (o->size && block + o->size <= at));
        }
      if (!end)
        continue;
      bytes_add (b, data, header);
      bytes_add (b, data + block, at - block);
      bytes_add (b, BYTES (END));
      block = record = at;
      records = 0;
    }
}

/* Let BLOCK be pushed into a pipe, small or large as it comes, and put what
   comes out of it into B.  */
static void
take_block (struct mp_block *block, struct bytes *b)
{
  int fd[2];
  size_t len = mp_block_length (block), before = b->len;
  open_pipe (fd);
  ENSURE (fcntl (fd[1], F_SETFL, O_NONBLOCK) == 0);
  int err;
  do
    {
      err = mp_block_push (block, fd[1]);
      ENSURE (err == 0 || err == EAGAIN);
      if (err == 0)
        {
          close (fd[1]);
          fd[1] = -1;
        }
      while (read_now (fd[0], b, 65536) && fd[1] < 0)
        continue;
    }
  while (err);
  close (fd[0]);
  ENSURE (b->len - before == len);
  ENSURE (mp_block_length (block) == 0);
  mp_block_free (block);
  bytes_add (b, BYTES (END));
}

/* Write LEN bytes at DATA to FD, which has room.  */
static void
write_all (int fd, char const *data, size_t len)
{
  ENSURE (write (fd, data, len) == (ssize_t) len);
}

/* Put into B the blocks that O makes of the LEN bytes at DATA, which come from
   SOURCE.  HOLD says to take each block only when the next is there.  */
static void
cut (struct mp_blocks_options const *o, char const *data, size_t len,
     enum source source, bool hold, struct bytes *b)
{
  int fd[2] = { -1, -1 };
  size_t written = 0;
  struct mp_blocks cutter;
  struct mp_block *block, *held = NULL;
  if (source == FROM_FILE)
    fd[0] = open_file (data, len);
  else
    open_pipe (fd);
  ENSURE (mp_blocks_init (&cutter, fd[0], o) == 0);
  for (;;)
    {
      int err = mp_blocks_next (&cutter, &block);
      if (err == EAGAIN)
        {
          size_t n = MIN (len - written, source == FROM_PIPE ? 50000 : 1);
          ENSURE (0 <= fd[1]);
          write_all (fd[1], data + written, n);
          written += n;
          if (n == 0)
            {
              close (fd[1]);
              fd[1] = -1;
            }
          continue;
        }
      ENSURE (err == 0);
      if (hold && held)
        take_block (held, b);
      held = NULL;
      if (!block)
        break;
      if (hold)
        held = block;
      else
        take_block (block, b);
    }
  ENSURE (mp_blocks_next (&cutter, &block) == 0 && !block);
  if (source == FROM_FILE)
    ENSURE (lseek (fd[0], 0, SEEK_CUR) == (off_t) len);
  mp_blocks_free (&cutter);
  for (int i = 0; i < 2; i++)
    if (0 <= fd[i])
      close (fd[i]);
}

/* Check that O makes the right blocks of the LEN bytes at DATA.  */
static void
check_cut (struct mp_blocks_options const *o, char const *data, size_t len)
{
  struct bytes expected = { 0 };
  cut_slowly (o, data, len, &expected);
  for (int source = 0; source < SOURCES; source++)
    {
      struct bytes b = { 0 };
      cut (o, data, len, source, false, &b);
      if (b.len != expected.len
          || (b.len && memcmp (b.data, expected.data, b.len) != 0))
        bytes_expect (&b, expected.data, expected.len, data);
      bytes_free (&b);
    }
  bytes_free (&expected);
}

/* O for the boundary number I.  */
static struct mp_blocks_options
options (int i)
{
  return (struct mp_blocks_options) {
    .end = boundaries[i].end, .end_len = strlen (boundaries[i].end),
    .start = boundaries[i].start, .start_len = strlen (boundaries[i].start),
    .header_end = 'b' };
}

/* Whether the tests run in this process, as under valgrind: a part of what
   takes long has to do.  */
static bool
is_slow (void)
{
  char const *ck_fork = getenv ("CK_FORK");
  return ck_fork && strcmp (ck_fork, "no") == 0;
}

/* All inputs up to 5 bytes, with all small sizes and numbers of records.  */
START_TEST (small_inputs)
{
  enum { LEN = 5 };
  struct mp_blocks_options o = options (_i);
  bool any = o.end_len + o.start_len;
  for (size_t len = 0; len <= (is_slow () ? 2 : LEN); len++)
    for (unsigned int bits = 0; bits < 1U << len; bits++)
      {
        char data[LEN + 1] = "";
        for (size_t i = 0; i < len; i++)
          data[i] = bits >> i & 1 ? 'b' : 'a';
        for (o.size = 0; o.size <= 4; o.size++)
          for (o.records = 0; o.records <= (any ? 2 : 0); o.records++)
            for (o.header = 0; o.header <= 2; o.header++)
              if (o.size || o.records)
                check_cut (&o, data, len);
      }
}
END_TEST

/* A boundary at each place around those where one read ends and the next
   begins.  */
START_TEST (between_reads)
{
  enum { LEN = 50000 };
  static char data[LEN];
  struct mp_blocks_options o = {
    .end = "<<<", .end_len = 3, .start = ">>", .start_len = 2 };
  for (size_t k = 4096; k < (is_slow () ? 4097 : 40000); k += 4096)
    for (size_t place = k - 6; place < k + 2; place++)
      {
        memset (data, 'x', LEN);
        memcpy (data + place, "<<<>>", 5);
        for (int i = 0; i < 3; i++)
          {
            struct bytes b = { 0 }, expected = { 0 };
            o.size = (size_t[]) { 1, 20000, 0 }[i];
            o.records = i == 2;
            cut_slowly (&o, data, LEN, &expected);
            for (int source = 0; source <= FROM_PIPE; source++)
              {
                cut (&o, data, LEN, source, false, &b);
                bytes_expect (&b, expected.data, expected.len, "blocks");
                bytes_free (&b);
              }
            bytes_free (&expected);
          }
      }
}
END_TEST

/* Long inputs, which are spliced where they come from a pipe, in blocks from
   small to larger than a pipe.  */
START_TEST (random_lines)
{
  enum { LEN = 3000000 };
  static size_t const sizes[] = { 1000, 20000, 70000, 500000, 1100000, LEN };
  if (is_slow ())
    return;
  char *data = malloc (LEN);
  ck_assert_ptr_nonnull (data);
  struct mp_blocks_options o = { .end = "\n", .end_len = 1, .start = "",
                                 .header = _i, .header_end = '\n' };
  random_start (_i);
  for (size_t i = 0; i < LEN; )
    {
      /* Some lines are long.  */
      size_t n = random_below (random_below (100) ? 100 : 200000);
      for (n = MIN (n, LEN - 1 - i); n; n--)
        data[i++] = 'a' + random_below (26);
      data[i++] = '\n';
    }
  for (int i = 0; i < N_ENTRIES (sizes); i++)
    {
      struct bytes expected = { 0 };
      o.size = sizes[i];
      cut_slowly (&o, data, LEN, &expected);
      for (int source = 0; source <= FROM_PIPE; source++)
        for (int hold = 0; hold < 2; hold++)
          {
            struct bytes b = { 0 };
            cut (&o, data, LEN, source, hold, &b);
            bytes_expect (&b, expected.data, expected.len, "blocks");
            bytes_free (&b);
          }
      bytes_free (&expected);
    }
  free (data);
}
END_TEST

/* Where sizes may grow, they do, but not those of a file.  */
START_TEST (growing)
{
  enum { LEN = 100000 };
  char *data = malloc (LEN);
  struct mp_blocks_options const o = {
    .end = "", .start = "", .size = 10, .share = 2, .most = 3000 };
  ck_assert_ptr_nonnull (data);
  for (int i = 0; i < LEN; i++)
    data[i] = 'a' + i % 26;
  struct bytes b = { 0 }, expected = { 0 };
  for (size_t at = 0; at < LEN; )
    {
      size_t n = MIN (MAX (at / 2, 10), 3000);
      n = MIN (n, LEN - at);
      bytes_add (&expected, data + at, n);
      bytes_add (&expected, BYTES (END));
      at += n;
    }
  cut (&o, data, LEN, FROM_PIPE, false, &b);
  bytes_expect (&b, expected.data, expected.len, "blocks of a pipe");
  bytes_free (&b);
  cut (&o, data, LEN, FROM_FILE, false, &b);
  ck_assert_uint_eq (b.len, LEN + LEN / 10);
  bytes_free (&b);
  bytes_free (&expected);
  free (data);
}
END_TEST

/* A block that is not taken to its end leaves nothing to the next one.  */
START_TEST (half_taken)
{
  static char data[60000];
  int fd[2];
  struct mp_blocks cutter;
  struct mp_block *block;
  struct mp_blocks_options const o = { .end = "\n", .end_len = 1, .start = "",
                                       .size = 20000 };
  struct bytes b = { 0 };
  memset (data, 'x', sizeof data);
  for (int i = 1; i <= 3; i++)
    data[i * 20000 - 1] = '\n';
  data[50000] = 'y';
  open_pipe (fd);
  write_all (fd[1], data, sizeof data);
  close (fd[1]);
  ck_assert_int_eq (mp_blocks_init (&cutter, fd[0], &o), 0);
  for (int i = 0; i < 2; i++)
    {
      ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
      ck_assert_uint_eq (mp_block_length (block), 20000);
      mp_block_free (block);
    }
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  take_block (block, &b);
  ck_assert_uint_eq (b.len, 20001);
  ck_assert_mem_eq (b.data, data + 40000, 20000);
  bytes_free (&b);
  mp_blocks_free (&cutter);
  close (fd[0]);
}
END_TEST

/* A record that memory does not hold is one failure, and the others are
   given.  */
START_TEST (too_long)
{
  int fd[2];
  static char data[60000];
  struct mp_blocks cutter;
  struct mp_block *block;
  struct mp_blocks_options const o = { .end = "\n", .end_len = 1, .start = "",
                                       .records = 1 };
  struct bytes b = { 0 };
  memset (data, 'x', sizeof data);
  open_pipe (fd);
  write_all (fd[1], BYTES ("one\n"));
  ck_assert_int_eq (mp_blocks_init (&cutter, fd[0], &o), 0);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  take_block (block, &b);
  int err = EAGAIN;
  for (int i = 0; i < 4; i++)
    {
      write_all (fd[1], data, sizeof data);
      shortage_after (i < 2 ? 0 : -1);
      err = mp_blocks_next (&cutter, &block);
      shortage_after (-1);
      ck_assert_int_eq (err, EAGAIN);
    }
  write_all (fd[1], BYTES ("x\nthree\n"));
  close (fd[1]);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), ENOMEM);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  take_block (block, &b);
  bytes_expect (&b, BYTES ("one\n" END "three\n" END), "blocks");
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  ck_assert_ptr_null (block);
  bytes_free (&b);
  mp_blocks_free (&cutter);
  close (fd[0]);
}
END_TEST

/* What cannot be read.  */
START_TEST (read_error)
{
  int fd = open ("/", O_RDONLY | O_CLOEXEC);
  struct mp_blocks cutter;
  struct mp_block *block;
  struct mp_blocks_options const o = { .end = "\n", .end_len = 1, .start = "",
                                       .size = 1 };
  ck_assert_int_eq (mp_blocks_init (&cutter, fd, &o), 0);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), EISDIR);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  ck_assert_ptr_null (block);
  mp_blocks_free (&cutter);
  close (fd);
  ck_assert_int_eq (mp_blocks_init (&cutter, fd, &o), EBADF);
}
END_TEST

/* A file begins at its offset, and may become shorter.  */
START_TEST (file_changes)
{
  int fd = open_file (BYTES ("zero\none\ntwo\nthree\n"));
  struct mp_blocks cutter;
  struct mp_block *block;
  struct bytes b = { 0 };
  struct mp_blocks_options const o = { .end = "\n", .end_len = 1, .start = "",
                                       .size = 1 };
  ck_assert_int_eq (lseek (fd, 5, SEEK_SET), 5);
  ck_assert_int_eq (mp_blocks_init (&cutter, fd, &o), 0);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  take_block (block, &b);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  ck_assert_int_eq (ftruncate (fd, 11), 0);
  int out[2];
  open_pipe (out);
  ck_assert_int_eq (mp_block_push (block, out[1]), 0);
  mp_block_free (block);
  close (out[1]);
  while (read_now (out[0], &b, 100))
    continue;
  close (out[0]);
  ck_assert_int_eq (mp_blocks_next (&cutter, &block), 0);
  ck_assert_ptr_null (block);
  bytes_expect (&b, BYTES ("one\n" END "tw"), "blocks");
  bytes_free (&b);
  mp_blocks_free (&cutter);
  close (fd);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("blocks");
  TCase *t = unit_tcase ("blocks");
  tcase_add_loop_test (t, small_inputs, 0, N_ENTRIES (boundaries));
  tcase_add_test (t, between_reads);
  tcase_add_loop_test (t, random_lines, 0, 3);
  tcase_add_test (t, growing);
  tcase_add_test (t, half_taken);
  tcase_add_test (t, too_long);
  tcase_add_test (t, read_error);
  tcase_add_test (t, file_changes);
  suite_add_tcase (s, t);
  return run_suite (s);
}
