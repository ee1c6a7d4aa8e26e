/* Unit tests of the item reader.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "items.h"
#include "shortage.h"
#include "unit.h"

/* In what is expected, an item ends with this; no input here holds it.  */
#define END "\377"

/* Get the next item of R, which must be there now.  */
static struct mp_item
next (struct mp_items *r)
{
  struct mp_item item = { 0 };
  ck_assert_int_eq (mp_items_next (r, &item), 0);
  if (item.data)
    ck_assert_int_eq (item.data[item.len], '\0');
  return item;
}

/* Check that R gives the items that EXPECTED, LEN bytes, is made of, and then
   the end, as often as it is asked.  */
static void
expect_items (struct mp_items *r, char const *expected, size_t len)
{
  struct bytes b = { 0 };
  struct mp_item item;
  while ((item = next (r)).data)
    {
      bytes_add (&b, item.data, item.len);
      bytes_add (&b, BYTES (END));
    }
  bytes_expect (&b, expected, len, "items");
  bytes_free (&b);
  ck_assert_ptr_null (next (r).data);
}

/* Check that R has no item now.  */
static void
expect_wait (struct mp_items *r)
{
  struct mp_item item;
  ck_assert_int_eq (mp_items_next (r, &item), EAGAIN);
}

/* Check that R gives the item TEXT.  */
static void
expect_item (struct mp_items *r, char const *text)
{
  struct mp_item item = next (r);
  ck_assert_ptr_nonnull (item.data);
  ck_assert_str_eq (item.data, text);
  ck_assert_uint_eq (item.len, strlen (text));
}

static void
write_all (int fd, char const *data, size_t len)
{
  ck_assert_int_eq (write (fd, data, len), (ssize_t) len);
}

static struct
{
  char delimiter;
  char const *input;
  size_t len;
  char const *items;
  size_t items_len;
} const inputs[] = {
  { '\n', BYTES (""), BYTES ("") },
  { '\n', BYTES ("a"), BYTES ("a" END) },
  { '\n', BYTES ("a\n"), BYTES ("a" END) },
  { '\n', BYTES ("\n"), BYTES (END) },
  { '\n', BYTES ("\n\n"), BYTES (END END) },
  { '\n', BYTES ("\na"), BYTES (END "a" END) },
  { '\n', BYTES ("a\n\nb\n"), BYTES ("a" END END "b" END) },
  { '\n', BYTES ("a\nb"), BYTES ("a" END "b" END) },
  { '\n', BYTES ("a\r\nb\r\n"), BYTES ("a\r" END "b\r" END) },
  { '\n', BYTES ("\r\n\r"), BYTES ("\r" END "\r" END) },
  { '\n', BYTES (" a \t\n\\n'\"\n"), BYTES (" a \t" END "\\n'\"" END) },
  { '\n', BYTES ("a\0b\nc\n"), BYTES ("a\0b" END "c" END) },
  { '\n', BYTES ("\0\n\0"), BYTES ("\0" END "\0" END) },
  { '\n', BYTES ("\x80\xfe\n\xc3\xa4"),
    BYTES ("\x80\xfe" END "\xc3\xa4" END) },
  { '\0', BYTES ("a\nb\0c\0"), BYTES ("a\nb" END "c" END) },
  { '\0', BYTES ("a\0\0b"), BYTES ("a" END END "b" END) },
  { '\0', BYTES ("\0"), BYTES (END) },
  { ',', BYTES ("a,b\n"), BYTES ("a" END "b\n" END) },
  { ' ', BYTES ("a  b "), BYTES ("a" END END "b" END) },
};

START_TEST (from_file)
{
  struct mp_items r;
  int fd = open_file (inputs[_i].input, inputs[_i].len);
  ck_assert_int_eq (mp_items_init (&r, fd, inputs[_i].delimiter), 0);
  expect_items (&r, inputs[_i].items, inputs[_i].items_len);
  mp_items_free (&r);
  /* It is not the reader's.  */
  ck_assert_int_eq (close (fd), 0);
}
END_TEST

START_TEST (from_pipe)
{
  struct mp_items r;
  int fd[2];
  open_pipe (fd);
  write_all (fd[1], inputs[_i].input, inputs[_i].len);
  close (fd[1]);
  ck_assert_int_eq (mp_items_init (&r, fd[0], inputs[_i].delimiter), 0);
  expect_items (&r, inputs[_i].items, inputs[_i].items_len);
  mp_items_free (&r);
  close (fd[0]);
}
END_TEST

/* Bytes come one by one; items are given as soon as they are whole.  */
START_TEST (byte_by_byte)
{
  struct mp_items r;
  int fd[2];
  struct bytes b = { 0 };
  open_pipe (fd);
  ck_assert_int_eq (mp_items_init (&r, fd[0], inputs[_i].delimiter), 0);
  for (size_t i = 0; i < inputs[_i].len; i++)
    {
      write_all (fd[1], &inputs[_i].input[i], 1);
      if (inputs[_i].input[i] == inputs[_i].delimiter)
        {
          struct mp_item item = next (&r);
          ck_assert_ptr_nonnull (item.data);
          bytes_add (&b, item.data, item.len);
          bytes_add (&b, BYTES (END));
        }
      expect_wait (&r);
    }
  close (fd[1]);
  ck_assert_uint_le (b.len, inputs[_i].items_len);
  bytes_expect (&b, inputs[_i].items, b.len, "whole items");
  expect_items (&r, inputs[_i].items + b.len, inputs[_i].items_len - b.len);
  bytes_free (&b);
  mp_items_free (&r);
  close (fd[0]);
}
END_TEST

/* Any byte may be the delimiter, and all others are kept.  */
START_TEST (any_delimiter)
{
  char input[2 * UCHAR_MAX + 2];
  for (int i = 0; i <= UCHAR_MAX; i++)
    input[i] = input[UCHAR_MAX + 1 + i] = (char) i;
  size_t d = _i;
  int fd = open_file (input, sizeof input);
  struct mp_items r;
  ck_assert_int_eq (mp_items_init (&r, fd, (char) _i), 0);

  size_t const length[] = { d, UCHAR_MAX, UCHAR_MAX - d };
  size_t const start[] = { 0, d + 1, UCHAR_MAX + 1 + d + 1 };
  for (int i = 0; i < N_ENTRIES (length) && start[i] < sizeof input; i++)
    {
      struct mp_item item = next (&r);
      ck_assert_uint_eq (item.len, length[i]);
      ck_assert_mem_eq (item.data, input + start[i], length[i]);
    }
  ck_assert_ptr_null (next (&r).data);
  mp_items_free (&r);
  close (fd);
}
END_TEST

/* Lengths of items about the sizes that buffers may have.  */
enum { LENGTH_MAX = (3 << 20) + 1 };
static size_t const lengths[] = {
  4095, 4096, 65534, 65535, 65536, 65537, 131071, 131072, 131073, 1 << 20,
  LENGTH_MAX
};

/* Read one long item between short ones, last or not, from a file.  */
START_TEST (long_item)
{
  static char text[LENGTH_MAX];
  size_t len = lengths[_i];
  for (size_t i = 0; i < len; i++)
    text[i] = "0123456789abcde"[i % 15];
  for (int last = 0; last < 2; last++)
    {
      struct bytes b = { 0 };
      bytes_add (&b, BYTES ("x\n"));
      bytes_add (&b, text, len);
      if (!last)
        bytes_add (&b, BYTES ("\ny\n"));
      int fd = open_file (b.data, b.len);
      bytes_free (&b);
      struct mp_items r;
      ck_assert_int_eq (mp_items_init (&r, fd, '\n'), 0);
      expect_item (&r, "x");
      struct mp_item item = next (&r);
      ck_assert_uint_eq (item.len, len);
      ck_assert_mem_eq (item.data, text, len);
      if (!last)
        expect_item (&r, "y");
      ck_assert_ptr_null (next (&r).data);
      mp_items_free (&r);
      close (fd);
    }
}
END_TEST

/* Items of random bytes and sizes, written to a pipe in random pieces, come
   out as they went in.  */
START_TEST (random_pieces)
{
  struct bytes input = { 0 };
  struct bytes output = { 0 };
  random_start (_i);
  while (input.len < 600000)
    {
      unsigned int size = random_below (5) ? 20 : 100000;
      for (unsigned int n = random_below (size); n > 0; n--)
        bytes_add (&input, (char[]) { "ab\r\0"[random_below (4)] }, 1);
      bytes_add (&input, BYTES ("\n"));
    }
  int fd[2];
  struct mp_items r;
  open_pipe (fd);
  ck_assert_int_eq (mp_items_init (&r, fd[0], '\n'), 0);
  size_t written = 0;
  for (bool ended = false; !ended; )
    {
      struct mp_item item;
      int err = mp_items_next (&r, &item);
      if (err)
        {
          ck_assert_int_eq (err, EAGAIN);
          size_t n = 1 + random_below (65536);
          if (n > input.len - written)
            n = input.len - written;
          if (n)
            write_all (fd[1], input.data + written, n);
          else
            close (fd[1]);
          written += n;
          continue;
        }
      ended = !item.data;
      if (item.data)
        {
          bytes_add (&output, item.data, item.len);
          bytes_add (&output, BYTES ("\n"));
        }
    }
  bytes_expect (&output, input.data, input.len, "items");
  bytes_free (&input);
  bytes_free (&output);
  mp_items_free (&r);
  close (fd[0]);
}
END_TEST

/* With the descriptor blocking or not, the reader never waits.  */
START_TEST (never_waits)
{
  int fd[2];
  struct mp_items r;
  open_pipe (fd);
  if (_i)
    ck_assert_int_eq (fcntl (fd[0], F_SETFL, O_NONBLOCK), 0);
  ck_assert_int_eq (mp_items_init (&r, fd[0], '\n'), 0);
  expect_wait (&r);
  expect_wait (&r);
  write_all (fd[1], BYTES ("one\ntw"));
  expect_item (&r, "one");
  expect_wait (&r);
  write_all (fd[1], BYTES ("o\n"));
  expect_item (&r, "two");
  expect_wait (&r);
  write_all (fd[1], BYTES ("three"));
  expect_wait (&r);
  close (fd[1]);
  expect_item (&r, "three");
  ck_assert_ptr_null (next (&r).data);
  mp_items_free (&r);
  close (fd[0]);
}
END_TEST

START_TEST (not_open)
{
  struct mp_items r;
  int fd = open_file (BYTES (""));
  close (fd);
  ck_assert_int_eq (mp_items_init (&r, fd, '\n'), EBADF);
}
END_TEST

START_TEST (read_error_at_start)
{
  struct mp_items r;
  struct mp_item item;
  int fd = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (mp_items_init (&r, fd, '\n'), 0);
  ck_assert_int_eq (mp_items_next (&r, &item), EISDIR);
  ck_assert_ptr_null (next (&r).data);
  mp_items_free (&r);
  close (fd);
}
END_TEST

/* A read fails within an item.  Nobody knows how that goes on, so it is not
   given; the whole ones before are.  Here the file is our own memory, whose
   second page is not there: proc(5) on /proc/PID/mem.  */
START_TEST (read_error_within_item)
{
  struct mp_items r;
  struct mp_item item;
  size_t page = sysconf (_SC_PAGESIZE);
  int fd = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    {
      unit_skip ("there is no /proc/self/mem");
      return;
    }
  char *memory = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ck_assert (memory != MAP_FAILED);
  ck_assert_int_eq (munmap (memory + page, page), 0);
  static char const text[] = { 'a', '\n', 'b', '\n', 'c', 'u', 't' };
  memcpy (memory + page - sizeof text, text, sizeof text);
  ck_assert (lseek (fd, (off_t) (uintptr_t) memory + page - sizeof text,
                    SEEK_SET) >= 0);
  ck_assert_int_eq (mp_items_init (&r, fd, '\n'), 0);
  expect_item (&r, "a");
  expect_item (&r, "b");
  ck_assert_int_eq (mp_items_next (&r, &item), EIO);
  ck_assert_ptr_null (next (&r).data);
  mp_items_free (&r);
  close (fd);
  munmap (memory, page);
}
END_TEST

START_TEST (no_memory_at_start)
{
  struct mp_items r;
  int fd = open_file (BYTES ("a\n"));
  shortage_after (0);
  int err = mp_items_init (&r, fd, '\n');
  shortage_after (-1);
  ck_assert_int_eq (err, ENOMEM);
  close (fd);
}
END_TEST

/* Read the long item of R while memory is short: it is left out.  */
static void
expect_left_out (struct mp_items *r)
{
  struct mp_item item;
  shortage_after (0);
  int err = mp_items_next (r, &item);
  shortage_after (-1);
  ck_assert_int_eq (err, ENOMEM);
}

/* What memory does not hold is left out, not the others; last or not.  */
START_TEST (too_long)
{
  struct bytes b = { 0 };
  static char text[LENGTH_MAX];
  memset (text, 'l', lengths[_i]);
  for (int last = 0; last < 2; last++)
    {
      b.len = 0;
      bytes_add (&b, BYTES ("before\n"));
      for (int i = 0; i < 3; i++)
        bytes_add (&b, text, lengths[_i]);
      if (!last)
        bytes_add (&b, BYTES ("\n\nafter\nlast"));
      int fd = open_file (b.data, b.len);
      struct mp_items r;
      ck_assert_int_eq (mp_items_init (&r, fd, '\n'), 0);
      expect_item (&r, "before");
      if (b.len > 2 * 65536)
        expect_left_out (&r);
      else
        ck_assert_uint_eq (next (&r).len, 3 * lengths[_i]);
      if (last)
        expect_items (&r, BYTES (""));
      else
        expect_items (&r, BYTES (END "after" END "last" END));
      mp_items_free (&r);
      close (fd);
    }
  bytes_free (&b);
}
END_TEST

/* The same while the input comes slowly: it is left out as a whole although
   there is memory again before it ends.  */
START_TEST (too_long_and_slow)
{
  int fd[2];
  struct mp_items r;
  static char piece[65536];
  memset (piece, 'l', sizeof piece);
  open_pipe (fd);
  ck_assert_int_eq (mp_items_init (&r, fd[0], '\n'), 0);
  for (int i = 0; i < 4; i++)
    {
      write_all (fd[1], piece, sizeof piece);
      if (i == 1)
        shortage_after (0);
      struct mp_item item;
      int err = mp_items_next (&r, &item);
      shortage_after (-1);
      ck_assert_int_eq (err, EAGAIN);
    }
  write_all (fd[1], BYTES ("end\nnext\n"));
  close (fd[1]);
  struct mp_item item;
  ck_assert_int_eq (mp_items_next (&r, &item), ENOMEM);
  expect_items (&r, BYTES ("next" END));
  mp_items_free (&r);
  close (fd[0]);
}
END_TEST

/* What is left is known of a file, and of a pipe without a writer: in bytes,
   and in items if all were read.  */
START_TEST (what_is_left)
{
  int fd[2];
  struct mp_items r;
  unsigned long long given, left, n;
  open_pipe (fd);
  ck_assert_int_eq (mp_items_init (&r, fd[0], '\n'), 0);
  write_all (fd[1], BYTES ("one\ntwo\nthree"));
  ck_assert (!mp_items_left (&r, &given, &left));
  ck_assert_str_eq (next (&r).data, "one");
  ck_assert (!mp_items_left (&r, &given, &left));
  ck_assert (!mp_items_rest (&r, &n));
  write_all (fd[1], BYTES ("\nfour"));
  close (fd[1]);
  ck_assert (!mp_items_rest (&r, &n));
  ck_assert (mp_items_left (&r, &given, &left));
  ck_assert_uint_eq (given, strlen ("one\n"));
  ck_assert_uint_eq (left, strlen ("two\nthree\nfour"));
  next (&r);
  next (&r);
  ck_assert (mp_items_rest (&r, &n));
  ck_assert_uint_eq (n, 1);
  expect_items (&r, BYTES ("four" END));
  ck_assert (mp_items_rest (&r, &n));
  ck_assert_uint_eq (n, 0);
  mp_items_free (&r);
  close (fd[0]);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("items");
  TCase *t = unit_tcase ("items");
  tcase_add_loop_test (t, from_file, 0, N_ENTRIES (inputs));
  tcase_add_loop_test (t, from_pipe, 0, N_ENTRIES (inputs));
  tcase_add_loop_test (t, byte_by_byte, 0, N_ENTRIES (inputs));
  tcase_add_loop_test (t, any_delimiter, 0, UCHAR_MAX + 1);
  tcase_add_loop_test (t, long_item, 0, N_ENTRIES (lengths));
  tcase_add_loop_test (t, random_pieces, 0, 4);
  tcase_add_loop_test (t, never_waits, 0, 2);
  tcase_add_test (t, what_is_left);
  suite_add_tcase (s, t);

  t = unit_tcase ("failures");
  tcase_add_test (t, not_open);
  tcase_add_test (t, read_error_at_start);
  tcase_add_test (t, read_error_within_item);
  tcase_add_test (t, no_memory_at_start);
  tcase_add_loop_test (t, too_long, 0, N_ENTRIES (lengths));
  tcase_add_test (t, too_long_and_slow);
  suite_add_tcase (s, t);
  return run_suite (s);
}
