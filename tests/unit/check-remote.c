/* Unit tests of what a pool and its agents tell each other, and of tasks that
   come back from where they were sent.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agentmsg.h"
#include "block.h"
#include "lines.h"
#include "minmax.h"
#include "pool.h"
#include "shortage.h"
#include "unit.h"
#include "wire.h"

/* What a frame's header has where.  */
enum { LENGTH_AT = 8, TYPE_AT = 12, ZEROS_AT = 13 };

/* Messages.  */

/* Let the LEN bytes at DATA have come to W, in pieces of at most PIECE.  */
static void
feed (struct mp_wire *w, char const *data, size_t len, size_t piece)
{
  int fd[2];
  open_pipe (fd);
  while (len)
    {
      size_t n = MIN (MIN (len, piece), 4096);
      ENSURE (write (fd[1], data, n) == (ssize_t) n);
      ENSURE (mp_wire_pull (w, fd[0]) == 0);
      ENSURE (!w->ended);
      data += n;
      len -= n;
    }
  close (fd[0]);
  close (fd[1]);
}

/* Put into B what W has to send.  */
static void
take_sent (struct mp_wire *w, struct bytes *b)
{
  int fd[2];
  size_t left = mp_wire_waiting (w);
  ENSURE (!w->failed);
  open_pipe (fd);
  ENSURE (fcntl (fd[1], F_SETFL, O_NONBLOCK) == 0);
  int err;
  do
    {
      err = mp_wire_push (w, fd[1]);
      ENSURE (err == 0 || err == EAGAIN);
      size_t n = left - mp_wire_waiting (w);
      size_t before = b->len;
      read_now (fd[0], b, n);
      ENSURE (b->len - before == n);
      left -= n;
    }
  while (err);
  ENSURE (!left);
  close (fd[0]);
  close (fd[1]);
}

/* Write to W a message with one of each kind.  */
static void
write_sample (struct mp_wire *w, int type)
{
  mp_wire_begin (w, type);
  mp_wire_put_u8 (w, 200);
  mp_wire_put_u32 (w, UINT32_C (4000000000));
  mp_wire_put_u64 (w, UINT64_C (0xfedcba9876543210));
  mp_wire_put_string (w, BYTES ("a\0b"));
  mp_wire_put_string (w, BYTES (""));
  mp_wire_put_bytes (w, BYTES ("rest"));
  mp_wire_end (w);
}

/* Check that W has that message next.  */
static void
expect_sample (struct mp_wire *w, int type)
{
  struct mp_message m;
  size_t len;
  ENSURE (mp_wire_next (w, &m) == 0);
  ENSURE (m.type == type);
  ENSURE (mp_message_u8 (&m) == 200);
  ENSURE (mp_message_u32 (&m) == UINT32_C (4000000000));
  ENSURE (mp_message_u64 (&m) == UINT64_C (0xfedcba9876543210));
  char const *s = mp_message_string (&m, &len);
  ENSURE (len == 3 && memcmp (s, "a\0b", 3) == 0);
  mp_message_string (&m, &len);
  ENSURE (len == 0);
  ENSURE (m.len == 4 && memcmp (m.data, "rest", 4) == 0);
  ENSURE (!m.bad);
}

/* Check that W has no message, and nothing but what is to be read.  */
static void
expect_none (struct mp_wire *w)
{
  struct mp_message m;
  ENSURE (mp_wire_next (w, &m) == EAGAIN);
}

/* A frame is what doc/agent-protocol.txt says: other versions of this program
   must understand it.  */
START_TEST (frame)
{
  struct mp_wire w = { .frame = 0 };
  struct bytes b = { 0 };
  mp_wire_begin (&w, 7);
  mp_wire_put_u32 (&w, 0x01020304);
  mp_wire_put_string (&w, BYTES ("xy"));
  mp_wire_end (&w);
  take_sent (&w, &b);
  /* The sums are of five words: 0xa, 7, 0x1020304, 2, and "xy" with two
     zeros.  */
  bytes_expect (&b, BYTES ("\x8f\x7c\x02\x01" "\xd6\x82\x06\x03"
                           "\x0a\0\0\0" "\x07\0\0\0"
                           "\4\3\2\1" "\2\0\0\0xy"), "a frame");
  bytes_free (&b);
  mp_wire_free (&w);
}
END_TEST

/* Messages that come in pieces of each size.  */
START_TEST (pieces)
{
  struct mp_wire w = { .frame = 0 };
  struct bytes b = { 0 };
  for (int i = 1; i <= 3; i++)
    write_sample (&w, i);
  take_sent (&w, &b);
  for (size_t piece = 1; piece <= b.len; piece++)
    {
      struct mp_wire r = { .frame = 0 };
      feed (&r, b.data, b.len, piece);
      for (int i = 1; i <= 3; i++)
        expect_sample (&r, i);
      expect_none (&r);
      mp_wire_free (&r);
    }
  /* One that is taken as soon as it is there, and not before.  */
  struct mp_wire r = { .frame = 0 };
  for (size_t i = 0; i < b.len; i++)
    {
      if (i % (b.len / 3) || !i)
        expect_none (&r);
      feed (&r, b.data + i, 1, 1);
      if ((i + 1) % (b.len / 3) == 0)
        expect_sample (&r, (i + 1) / (b.len / 3));
    }
  mp_wire_free (&r);
  bytes_free (&b);
  mp_wire_free (&w);
}
END_TEST

/* A small message cut in all ways behind some bytes of each part of its header:
   bit I of CUTS says that there is a cut at place number I.  */
START_TEST (fragmentations)
{
  static int const places[] = { 1, 4, 7, 8, 9, 11, 12, 13, 15 };
  struct mp_wire w = { .frame = 0 }, r = { .frame = 0 };
  struct bytes b = { 0 };
  struct mp_message m;
  int fd[2];
  open_pipe (fd);
  mp_wire_begin (&w, 9);
  mp_wire_end (&w);
  take_sent (&w, &b);
  ENSURE (b.len == MP_WIRE_HEADER);
  for (unsigned int cuts = 0; cuts < 1U << N_ENTRIES (places); cuts++)
    {
      size_t from = 0;
      for (int i = 0; i <= N_ENTRIES (places); i++)
        if (i == N_ENTRIES (places) || cuts >> i & 1)
          {
            size_t to = i < N_ENTRIES (places) ? places[i] : b.len;
            expect_none (&r);
            ENSURE (write (fd[1], b.data + from, to - from)
                    == (ssize_t) (to - from));
            ENSURE (mp_wire_pull (&r, fd[0]) == 0);
            from = to;
          }
      ENSURE (mp_wire_next (&r, &m) == 0);
      ENSURE (m.type == 9 && m.len == 0);
    }
  expect_none (&r);
  close (fd[0]);
  close (fd[1]);
  bytes_free (&b);
  mp_wire_free (&w);
  mp_wire_free (&r);
}
END_TEST

/* Whatever bit was changed, that is seen.  */
START_TEST (flipped_bits)
{
  static char zeros[2 * MP_WIRE_PAYLOAD_MAX];
  struct mp_wire w = { .frame = 0 };
  struct bytes b = { 0 };
  write_sample (&w, 1);
  size_t first = mp_wire_waiting (&w);
  write_sample (&w, 2);
  take_sent (&w, &b);
  for (size_t i = 0; i < 8 * first; i++)
    {
      struct mp_wire r = { .frame = 0 };
      struct mp_message m;
      b.data[i / 8] = (char) (b.data[i / 8] ^ 1 << i % 8);
      feed (&r, b.data, b.len, SIZE_MAX);
      b.data[i / 8] = (char) (b.data[i / 8] ^ 1 << i % 8);
      int err = mp_wire_next (&r, &m);
      /* It may seem to be so long that there is more to come.  */
      if (err == EAGAIN)
        {
          ENSURE (LENGTH_AT <= i / 8 && i / 8 < TYPE_AT);
          feed (&r, zeros, sizeof zeros, SIZE_MAX);
          err = mp_wire_next (&r, &m);
        }
      ENSURE (err == EBADMSG);
      /* It does not go on with something else.  */
      ENSURE (mp_wire_next (&r, &m) == EBADMSG);
      mp_wire_free (&r);
    }
  bytes_free (&b);
  mp_wire_free (&w);
}
END_TEST

/* Messages that are longer than a frame, and of the lengths around that.  */
START_TEST (parts)
{
  static int const around[] = { -5, -4, -1, 0, 1, 4 };
  int const n = N_ENTRIES (around);
  size_t const max = 3 * (size_t) MP_WIRE_PAYLOAD_MAX;
  char *data = malloc (max);
  ENSURE (data);
  random_start (1);
  for (size_t i = 0; i < max; i++)
    data[i] = (char) random_below (256);
  for (int i = 0; i < 2 * n; i++)
    {
      struct mp_wire w = { .frame = 0 }, r = { .frame = 0 };
      struct bytes b = { 0 };
      struct mp_message m;
      size_t len, whole = (i / n + 1) * (size_t) MP_WIRE_PAYLOAD_MAX;
      size_t size = whole + around[i % n];
      write_sample (&w, 1);
      mp_wire_begin (&w, 2);
      mp_wire_put_string (&w, data, size);
      mp_wire_end (&w);
      mp_wire_begin (&w, 3);
      mp_wire_put_bytes (&w, data, size);
      mp_wire_end (&w);
      write_sample (&w, 4);
      take_sent (&w, &b);
      feed (&r, b.data, b.len, SIZE_MAX);
      expect_sample (&r, 1);
      ENSURE (mp_wire_next (&r, &m) == 0);
      char const *s = mp_message_string (&m, &len);
      ENSURE (m.type == 2 && !m.bad && m.len == 0 && len == size);
      ENSURE (memcmp (s, data, size) == 0);
      ENSURE (mp_wire_next (&r, &m) == 0);
      ENSURE (m.type == 3 && m.len == size);
      ENSURE (memcmp (m.data, data, size) == 0);
      expect_sample (&r, 4);
      expect_none (&r);
      bytes_free (&b);
      mp_wire_free (&w);
      mp_wire_free (&r);
    }
  free (data);
}
END_TEST

/* What is too long, and what is no frame, is not waited for.  */
START_TEST (no_frames)
{
  static unsigned char const headers[][MP_WIRE_HEADER] = {
    { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 16, 0, 1 },
    { 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1 },
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1 },
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1 },
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1 },
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
    "Last login: Sat"
  };
  for (int i = 0; i < N_ENTRIES (headers); i++)
    {
      struct mp_wire r = { .frame = 0 };
      struct mp_message m;
      feed (&r, (char const *) headers[i], MP_WIRE_HEADER, SIZE_MAX);
      ENSURE (mp_wire_next (&r, &m) == EBADMSG);
      mp_wire_free (&r);
    }
}
END_TEST

/* The other end is closed, within a message; or does not read.  */
START_TEST (closed)
{
  struct mp_wire w = { .frame = 0 }, r = { .frame = 0 };
  struct bytes b = { 0 };
  int fd[2];
  write_sample (&w, 1);
  take_sent (&w, &b);
  open_pipe (fd);
  ENSURE (fcntl (fd[0], F_SETFL, O_NONBLOCK) == 0);
  ENSURE (mp_wire_pull (&r, fd[0]) == EAGAIN && !r.ended);
  ENSURE (write (fd[1], b.data, b.len - 1) == (ssize_t) b.len - 1);
  close (fd[1]);
  ENSURE (mp_wire_pull (&r, fd[0]) == 0 && !r.ended);
  ENSURE (mp_wire_pull (&r, fd[0]) == 0 && r.ended);
  expect_none (&r);
  close (fd[0]);
  ENSURE (mp_wire_pull (&r, fd[0]) == EBADF);
  open_pipe (fd);
  close (fd[0]);
  write_sample (&w, 1);
  void (*before) (int) = signal (SIGPIPE, SIG_IGN);
  ENSURE (mp_wire_push (&w, fd[1]) == EPIPE);
  signal (SIGPIPE, before);
  ENSURE (mp_wire_waiting (&w) == b.len);
  close (fd[1]);
  bytes_free (&b);
  mp_wire_free (&w);
  mp_wire_free (&r);
}
END_TEST

/* Memory does not grow with what has gone through.  */
START_TEST (much)
{
  struct mp_wire w = { .frame = 0 }, r = { .frame = 0 };
  int fd[2];
  open_pipe (fd);
  for (int i = 0; i < 100000; i++)
    {
      write_sample (&w, i % 200);
      /* There is always a rest of something on both sides.  */
      if (i % 3 == 0)
        continue;
      ENSURE (mp_wire_push (&w, fd[1]) == 0);
      ENSURE (mp_wire_pull (&r, fd[0]) == 0);
      if (i % 3 == 1)
        expect_sample (&r, (i - 1) % 200);
      expect_sample (&r, i % 200);
    }
  ENSURE (w.out.allocated < 1024 * 1024 && r.in.allocated < 1024 * 1024);
  close (fd[0]);
  close (fd[1]);
  mp_wire_free (&w);
  mp_wire_free (&r);
}
END_TEST

/* Tasks.  */

/* The kinds of tasks.  */
enum { ONE_ITEM, ROW, ROWS, LINES, BLOCK, EMPTY_BLOCK, KINDS };

/* Return a task of KIND.  */
static struct mp_task *
make_task (int kind)
{
  static char const *const items[] = { "one", "", "3\n", "four\xff", "5", "6" };
  static int const n_items[KINDS] = { 1, 3, 6 };
  static int const width[KINDS] = { 1, 3, 2 };
  char *store;
  int n = n_items[kind];
  struct mp_task *task = mp_task_new (n, 100, &store);
  ENSURE (task);
  task->index = UINT64_C (1) << 40;
  task->attempt = 3;
  task->width = MAX (width[kind], 1);
  for (int i = 0; i < n; i++)
    {
      size_t len = strlen (items[i]);
      task->item[i] = (struct mp_item) { strcpy (store, items[i]), len };
      store += len + 1;
    }
  if (kind == ROW)
    mp_task_set_whole (task, store);
  if (kind == LINES)
    {
      static char const text[] = "a\n\nccc\n";
      char *copy = strdup (text);
      ENSURE (copy);
      task->lines = mp_lines_new (copy, sizeof text - 1, 3, '\n');
      ENSURE (task->lines);
    }
  if (kind == BLOCK || kind == EMPTY_BLOCK)
    {
      struct mp_block *b = calloc (1, sizeof *b);
      ENSURE (b);
      b->fd = -1;
      b->head = "head ";
      b->head_len = kind == BLOCK ? 5 : 0;
      b->memory = strdup ("block\0\n");
      ENSURE (b->memory);
      b->data = b->memory;
      b->data_len = kind == BLOCK ? 5 : 0;
      task->block = b;
    }
  return task;
}

/* Check that TASK is as make_task has made it, as far as that is told.  */
static void
expect_task (struct mp_task *task, int kind)
{
  struct mp_task *same = make_task (kind);
  char copy[10];
  ENSURE (task->index == same->index && task->attempt == same->attempt);
  ENSURE (task->n_items == same->n_items && task->width == same->width);
  for (size_t i = 0; i < same->n_items; i++)
    {
      ENSURE (task->item[i].len == same->item[i].len);
      ENSURE (memcmp (task->item[i].data, same->item[i].data,
                      same->item[i].len + 1) == 0);
    }
  struct mp_item const *whole = mp_task_item (task);
  ENSURE (!whole == !mp_task_item (same));
  if (whole)
    ENSURE (strcmp (whole->data, mp_task_item (same)->data) == 0);
  ENSURE (!task->lines == !same->lines && !task->block == !same->block);
  if (task->lines)
    {
      ENSURE (task->lines->n == 3 && task->lines->end == '\n');
      ENSURE (task->lines->len == same->lines->len);
      ENSURE (memcmp (task->lines->text, same->lines->text,
                      same->lines->len) == 0);
    }
  if (task->block)
    {
      size_t len = mp_block_length (task->block);
      ENSURE (len == (kind == BLOCK ? 10 : 0));
      ENSURE (mp_block_copy (task->block, copy) == 0);
      ENSURE (memcmp (copy, "head block", len) == 0);
    }
  mp_task_free (same);
}

/* Put into B the message that has a task of KIND.  */
static void
write_task (int kind, struct bytes *b)
{
  struct mp_wire w = { .frame = 0 };
  struct mp_task *task = make_task (kind);
  ENSURE (mp_agent_put_task (&w, 77, task) == 0);
  expect_task (task, kind);
  mp_task_free (task);
  take_sent (&w, b);
  mp_wire_free (&w);
}

START_TEST (tasks)
{
  struct bytes b = { 0 };
  struct mp_wire r = { .frame = 0 };
  for (int kind = 0; kind < KINDS; kind++)
    write_task (kind, &b);
  feed (&r, b.data, b.len, SIZE_MAX);
  for (int kind = 0; kind < KINDS; kind++)
    {
      struct mp_message m;
      uint64_t id = 0;
      struct mp_task *task;
      ENSURE (mp_wire_next (&r, &m) == 0);
      ENSURE (m.type == MP_MSG_TASK);
      ENSURE (mp_agent_get_task (&m, &id, &task) == 0);
      ENSURE (id == 77);
      expect_task (task, kind);
      mp_task_free (task);
    }
  expect_none (&r);
  mp_wire_free (&r);
  bytes_free (&b);
}
END_TEST

/* Try to make a task of the LEN bytes at DATA, which are in memory that ends
   where they do.  Return what that returns.  */
static int
try_task (char const *data, size_t len)
{
  char *copy = malloc (len + !len);
  ENSURE (copy);
  memcpy (copy, data, len);
  struct mp_message m = { .type = MP_MSG_TASK, .data = copy, .len = len };
  uint64_t id;
  struct mp_task *task;
  int err = mp_agent_get_task (&m, &id, &task);
  if (!err)
    mp_task_free (task);
  free (copy);
  return err;
}

/* Messages that say nothing sensible are refused.  */
START_TEST (bad_tasks)
{
  struct bytes b = { 0 };
  write_task (_i, &b);
  char *data = b.data + MP_WIRE_HEADER;
  size_t len = b.len - MP_WIRE_HEADER;
  ENSURE (try_task (data, len) == 0);
  for (size_t n = 0; n < len; n++)
    ENSURE (try_task (data, n) == EBADMSG);
  /* Any byte may be anything: that is refused, or makes another task.  */
  for (size_t i = 0; i < len; i++)
    for (int c = 0; c < 256; c++)
      {
        char good = data[i];
        data[i] = (char) c;
        int err = try_task (data, len);
        ENSURE (err == 0 || err == EBADMSG);
        data[i] = good;
      }
  /* And several.  */
  random_start (_i);
  for (int i = 0; i < 20000; i++)
    {
      char random[64];
      size_t n = random_below (sizeof random);
      for (size_t j = 0; j < n; j++)
        random[j] = (char) (random_below (4) ? random_below (6)
                            : random_below (256));
      int err = try_task (random, n);
      ENSURE (err == 0 || err == EBADMSG);
    }
  bytes_free (&b);
}
END_TEST

/* Let TASK have an end.  */
static void
end_task (struct mp_task *task)
{
  task->status = 7 << 8;
  task->error = EPERM;
  task->timed_out = true;
  task->slot = 12;
  task->begun = 1000;
  task->ended = 5000;
  task->usage = (struct mp_usage) { 10, 20, 30 };
  if (!task->lines)
    return;
  task->lines->done = 3;
  ENSURE (mp_lines_fail (task->lines, 0, 256, false) == 0);
  ENSURE (mp_lines_fail (task->lines, 2, SIGKILL, true) == 0);
}

/* Try to take the LEN bytes at DATA for the end of a task of KIND.  Return what
   that returns; store the task in *RESULT unless that is null.  */
static int
try_ended (int kind, char const *data, size_t len, struct mp_task **result)
{
  char *copy = malloc (len + !len);
  ENSURE (copy);
  memcpy (copy, data, len);
  struct mp_message m = { .type = MP_MSG_ENDED, .data = copy, .len = len };
  struct mp_task *task = make_task (kind);
  int status = 0;
  mp_message_u64 (&m);
  int err = mp_agent_get_ended (&m, 100, task, &status);
  ENSURE (err || !task->lines || task->lines->done <= task->lines->n);
  if (result)
    {
      ENSURE (status == 7 << 8);
      *result = task;
    }
  else
    mp_task_free (task);
  free (copy);
  return err;
}

START_TEST (ends)
{
  struct mp_wire w = { .frame = 0 };
  struct bytes b = { 0 };
  struct mp_task *task = make_task (_i);
  end_task (task);
  mp_agent_put_ended (&w, 77, task);
  mp_task_free (task);
  take_sent (&w, &b);
  mp_wire_free (&w);
  char *data = b.data + MP_WIRE_HEADER;
  size_t len = b.len - MP_WIRE_HEADER;
  ENSURE (try_ended (_i, data, len, &task) == 0);
  ENSURE (task->error == EPERM && task->timed_out && task->slot == 12);
  ENSURE (task->begun == 1100 && task->ended == 5100);
  ENSURE (task->usage.user == 10 && task->usage.system == 20
          && task->usage.max_rss == 30);
  struct mp_lines *l = task->lines;
  if (l)
    {
      ENSURE (l->done == 3 && l->n_failures == 2);
      ENSURE (l->failure[0].line == 0 && l->failure[0].status == 256);
      ENSURE (!l->failure[0].timed_out);
      ENSURE (l->failure[1].line == 2 && l->failure[1].status == SIGKILL);
      ENSURE (l->failure[1].timed_out);
    }
  mp_task_free (task);
  for (size_t n = 8; n < len; n++)
    ENSURE (try_ended (_i, data, n, NULL) == EBADMSG);
  for (size_t i = 8; i < len; i++)
    for (int c = 0; c < 256; c++)
      {
        char good = data[i];
        data[i] = (char) c;
        int err = try_ended (_i, data, len, NULL);
        ENSURE (err == 0 || err == EBADMSG);
        data[i] = good;
      }
  /* An end of lines is none of another task, nor the other way round.  */
  int other = _i == LINES ? ONE_ITEM : LINES;
  ENSURE (try_ended (other, data, len, NULL) == (_i == LINES ? EBADMSG : 0));
  bytes_free (&b);
}
END_TEST

/* A task whose message is no longer than that of its task, or than memory.  */
START_TEST (large_task)
{
  enum { SIZE = 10 * 1000 * 1000 };
  char *store;
  struct mp_wire w = { .frame = 0 }, r = { .frame = 0 };
  struct bytes b = { 0 };
  struct mp_message m;
  uint64_t id;
  struct mp_task *got, *task = mp_task_new (1, SIZE + 1, &store);
  ENSURE (task);
  memset (store, 'x', SIZE);
  store[SIZE] = '\0';
  task->item[0] = (struct mp_item) { store, SIZE };
  ENSURE (mp_agent_put_task (&w, 1, task) == 0);
  take_sent (&w, &b);
  feed (&r, b.data, b.len, SIZE_MAX);
  ENSURE (mp_wire_next (&r, &m) == 0);
  ENSURE (mp_agent_get_task (&m, &id, &got) == 0);
  ENSURE (got->item[0].len == SIZE);
  ENSURE (memcmp (got->item[0].data, store, SIZE + 1) == 0);
  mp_task_free (got);
  mp_task_free (task);
  mp_wire_free (&w);
  mp_wire_free (&r);
  bytes_free (&b);
}
END_TEST

/* What no message can have is refused before it is looked at.  */
START_TEST (too_large_task)
{
  static size_t const sizes[] = { MP_WIRE_MESSAGE_MAX, UINT32_MAX,
                                  SIZE_MAX / 2 };
  for (int i = 0; i < N_ENTRIES (sizes); i++)
    for (int kind = 0; kind < KINDS; kind++)
      {
        struct mp_task *task = make_task (kind);
        struct mp_wire w = { .frame = 0 };
        if (task->n_items)
          task->item[task->n_items - 1].len = sizes[i];
        if (task->lines)
          task->lines->len = sizes[i];
        if (task->block)
          task->block->head_len = sizes[i];
        ENSURE (mp_agent_put_task (&w, 1, task) == EFBIG);
        ENSURE (!w.failed && mp_wire_waiting (&w) == 0);
        mp_task_free (task);
        mp_wire_free (&w);
      }
}
END_TEST

/* Memory is exhausted at each place in turn: that is told, and nothing is
   lost.  */
START_TEST (shortages)
{
  struct bytes b = { 0 };
  write_task (_i, &b);
  int err = ENOMEM;
  for (int n = 0; err; n++)
    {
      struct mp_task *task = make_task (_i);
      struct mp_wire w = { .frame = 0 };
      shortage_after (n);
      err = mp_agent_put_task (&w, 77, task);
      shortage_after (-1);
      ENSURE (err == 0 || err == ENOMEM);
      if (w.failed)
        err = ENOMEM;
      if (!err)
        {
          struct bytes same = { 0 };
          take_sent (&w, &same);
          bytes_expect (&same, b.data, b.len, "task");
          bytes_free (&same);
        }
      mp_task_free (task);
      mp_wire_free (&w);
    }
  err = ENOMEM;
  for (int n = 0; err; n++)
    {
      shortage_after (n);
      struct mp_message m = { .data = b.data + MP_WIRE_HEADER,
                              .len = b.len - MP_WIRE_HEADER };
      uint64_t id;
      struct mp_task *task;
      err = mp_agent_get_task (&m, &id, &task);
      shortage_after (-1);
      ENSURE (err == 0 || err == ENOMEM);
      if (!err)
        {
          expect_task (task, _i);
          mp_task_free (task);
        }
    }
  bytes_free (&b);
}
END_TEST

START_TEST (wire_shortages)
{
  size_t const size = 2 * (size_t) MP_WIRE_PAYLOAD_MAX + 10;
  char *data = calloc (1, size);
  struct bytes b = { 0 };
  bool failed = true;
  ENSURE (data);
  for (int n = 0; failed; n++)
    {
      struct mp_wire w = { .frame = 0 };
      shortage_after (n);
      mp_wire_begin (&w, 1);
      mp_wire_put_string (&w, data, size);
      mp_wire_end (&w);
      write_sample (&w, 2);
      shortage_after (-1);
      failed = w.failed;
      if (!failed)
        take_sent (&w, &b);
      mp_wire_free (&w);
    }
  struct mp_wire r = { .frame = 0 };
  int fd[2];
  open_pipe (fd);
  ENSURE (write (fd[1], b.data, 100) == 100);
  shortage_after (0);
  ENSURE (mp_wire_pull (&r, fd[0]) == ENOMEM);
  shortage_after (-1);
  ENSURE (!r.ended);
  close (fd[0]);
  close (fd[1]);
  feed (&r, b.data, b.len, SIZE_MAX);
  struct mp_message m;
  shortage_after (0);
  ENSURE (mp_wire_next (&r, &m) == ENOMEM);
  shortage_after (-1);
  mp_wire_free (&r);
  bytes_free (&b);
  free (data);
}
END_TEST

/* Tasks that come back.  */

/* A pool whose tasks wait for the test to say what becomes of them.  */
struct play
{
  struct mp_pool pool;
  struct mp_executor ex;
  unsigned long long made, most;        /* tasks */
  struct mp_task *given[8];     /* that were started, by number */
  int n_given;
  void (*act) (struct play *play, int turn);
  int turn;
  bool dry;                     /* there is no input before MORE turns */
  int more;
  int outcomes[8];              /* errors or statuses of tasks, by number */
  unsigned int attempts[8];
  int n_outcomes, n_started, n_resumed;
};

static struct play *
play_of (struct mp_executor *ex)
{
  return ex->pool->arg;
}

static bool
play_room (struct mp_executor *ex, unsigned int limit)
{
  return play_of (ex)->n_given < (int) MIN (limit, 8);
}

static int
play_start (struct mp_executor *ex, struct mp_task *task)
{
  struct play *play = play_of (ex);
  play->given[play->n_given++] = task;
  return 0;
}

static void
play_resume (struct mp_executor *ex, struct mp_task *task)
{
  (void) task;
  play_of (ex)->n_resumed++;
}

static mp_time
play_tick (struct mp_executor *ex, mp_time now)
{
  struct play *play = play_of (ex);
  ENSURE (play->turn < 1000);
  play->act (play, play->turn++);
  return now + MP_MILLISECOND;
}

static void
play_children (struct mp_executor *ex)
{
  (void) ex;
}

static void
play_end (struct mp_executor *ex, struct mp_task *task, int sig, mp_time after)
{
  (void) ex; (void) task; (void) sig; (void) after;
}

static void
play_signal (struct mp_executor *ex, int sig)
{
  (void) ex; (void) sig;
}

static bool
play_idle (struct mp_executor *ex)
{
  (void) ex;
  return true;
}

static struct mp_executor_ops const play_executor = {
  .has_room = play_room, .start = play_start, .resume = play_resume,
  .tick = play_tick, .children = play_children, .end = play_end,
  .signal = play_signal, .idle = play_idle
};

static int
play_next (void *arg, struct mp_task **task)
{
  struct play *play = arg;
  char *store;
  *task = NULL;
  if (play->dry && play->turn < play->more)
    return EAGAIN;
  if (play->made == play->most)
    return 0;
  *task = mp_task_new (1, 2, &store);
  ENSURE (*task);
  (*task)->index = ++play->made;
  (*task)->item[0] = (struct mp_item) { strcpy (store, "i"), 1 };
  return 0;
}

static int
play_input_fd (void *arg)
{
  (void) arg;
  return -1;
}

static void
play_push_back (void *arg, struct mp_task *task, size_t keep)
{
  (void) arg; (void) task; (void) keep;
}

static void
play_started (void *arg, struct mp_task *task)
{
  struct play *play = arg;
  (void) task;
  play->n_started++;
}

static void
play_delivered (void *arg, struct mp_task *task)
{
  struct play *play = arg;
  ENSURE (!play->attempts[task->index]);
  play->outcomes[task->index] = task->error ? task->error : task->status;
  play->attempts[task->index] = task->attempt;
  play->n_outcomes++;
}

static void
play_starved (void *arg, int err)
{
  (void) arg; (void) err;
}

static void
play_woken (void *arg)
{
  (void) arg;
}

static struct mp_pool_ops const play_ops = {
  .next = play_next, .input_fd = play_input_fd, .push_back = play_push_back,
  .started = play_started, .delivered = play_delivered,
  .starved = play_starved, .woken = play_woken
};

/* Take the task number I of those that PLAY's executor has from it.  */
static struct mp_task *
take_given (struct play *play, int i)
{
  ENSURE (i < play->n_given);
  struct mp_task *task = play->given[i];
  play->n_given--;
  memmove (play->given + i, play->given + i + 1,
           (play->n_given - i) * sizeof *play->given);
  return task;
}

/* Let the task number I of those that PLAY's executor has write TEXT.  */
static void
write_given (struct play *play, int i, char const *text)
{
  mp_pool_output (&play->pool, play->given[i], MP_STREAM_OUT, text,
                  strlen (text));
}

/* Let it end.  */
static void
end_given (struct play *play, int i, int status)
{
  struct mp_task *task = take_given (play, i);
  mp_pool_ended (&play->pool, task, status);
  mp_pool_drained (&play->pool, task);
}

/* Run PLAY, as GROUPING and SPOOLED say, and check that this writes EXPECTED to
   standard output; or if that is null, let OUT be standard output.  */
static void
run_play (struct play *play, enum mp_grouping grouping, bool spooled, int out,
          char const *expected)
{
  struct bytes b = { 0 };
  sigset_t mask;
  sigemptyset (&mask);
  int file = expected ? open_file ("", 0) : out;
  int before = dup (STDOUT_FILENO);
  ENSURE (0 <= before && dup2 (file, STDOUT_FILENO) == STDOUT_FILENO);
  play->ex.ops = &play_executor;
  ENSURE (mp_pool_init (&play->pool, &play->ex, &play_ops, play, grouping, 2,
                        MP_MILLISECOND, &mask) == 0);
  play->pool.spooled = spooled;
  int err = mp_pool_run (&play->pool);
  mp_pool_free (&play->pool);
  ENSURE (dup2 (before, STDOUT_FILENO) == STDOUT_FILENO);
  close (before);
  ENSURE (err == 0);
  ENSURE (play->n_given == 0);
  if (expected)
    {
      read_file (file, &b);
      bytes_expect (&b, expected, strlen (expected), "output");
      close (file);
    }
  bytes_free (&b);
}

/* The first of two is lost once, with what it has written; the second one goes
   back without having begun.  */
static void
act_lost (struct play *play, int turn)
{
  if (turn == 0)
    {
      ENSURE (play->n_given == 2);
      write_given (play, 0, "lost\n");
      mp_pool_lost (&play->pool, take_given (play, 0), 0);
      mp_pool_return (&play->pool, take_given (play, 0));
      ENSURE (play->pool.running == 0);
    }
  if (turn == 1)
    {
      ENSURE (play->n_given == 2);
      ENSURE (play->given[0]->index == 1 && play->given[0]->attempt == 2);
      ENSURE (play->given[1]->index == 2 && play->given[1]->attempt == 1);
      write_given (play, 1, "two\n");
      end_given (play, 1, 0);
      write_given (play, 0, "one\n");
      end_given (play, 0, 256);
    }
}

START_TEST (lost)
{
  struct play play = { .most = 2, .act = act_lost };
  run_play (&play, MP_GROUP_ORDERED, true, -1, "one\ntwo\n");
  ENSURE (play.n_outcomes == 2);
  ENSURE (play.outcomes[1] == 256 && play.attempts[1] == 2);
  ENSURE (play.outcomes[2] == 0 && play.attempts[2] == 1);
}
END_TEST

/* The only task is lost whenever it is started.  */
static void
act_lost_always (struct play *play, int turn)
{
  (void) turn;
  if (play->n_given)
    {
      write_given (play, 0, "lost\n");
      mp_pool_lost (&play->pool, take_given (play, 0), 0);
    }
}

START_TEST (lost_too_often)
{
  struct play play = { .most = 1, .act = act_lost_always };
  run_play (&play, MP_GROUP_ORDERED, true, -1, "lost\n");
  ENSURE (play.n_outcomes == 1);
  ENSURE (play.outcomes[1] == EHOSTDOWN);
  ENSURE (play.attempts[1] == MP_POOL_FAULTS_MAX);
}
END_TEST

/* Tasks that come back when no more are started have no outcome.  */
static void
act_drain (struct play *play, int turn)
{
  if (turn == 0)
    {
      mp_pool_drain (&play->pool);
      mp_pool_return (&play->pool, take_given (play, 0));
      mp_pool_lost (&play->pool, take_given (play, 0), 0);
    }
}

START_TEST (drained)
{
  struct play play = { .most = 5, .act = act_drain };
  run_play (&play, MP_GROUP_ORDERED, true, -1, "");
  ENSURE (play.n_outcomes == 0 && play.made == 2);
}
END_TEST

/* A task has failed, which ends the run; the one before it, which has not
   begun, comes back then, or before.  The failure is told nevertheless.  */
static void
act_stop (struct play *play, int turn)
{
  if (turn != 0)
    return;
  end_given (play, 1, 256);
  if (play->more)
    mp_pool_stop (&play->pool, SIGTERM);
  mp_pool_return (&play->pool, take_given (play, 0));
  if (!play->more)
    mp_pool_stop (&play->pool, SIGTERM);
}

START_TEST (stopped)
{
  struct play play = { .most = 2, .act = act_stop, .more = _i };
  run_play (&play, MP_GROUP_ORDERED, true, -1, "");
  ENSURE (play.n_outcomes == 1 && play.outcomes[2] == 256);
}
END_TEST

/* There is no input until that is said.  */
static void
act_more (struct play *play, int turn)
{
  ENSURE (turn < play->more || play->made);
  if (turn + 1 == play->more)
    mp_pool_more (&play->pool);
  while (play->n_given)
    end_given (play, 0, 0);
}

START_TEST (more)
{
  struct play play = { .most = 2, .act = act_more, .dry = true, .more = 3 };
  /* The turn in which it is said is over when it is asked for.  */
  run_play (&play, MP_GROUP_ORDERED, false, -1, "");
  ENSURE (play.n_outcomes == 2);
}
END_TEST

/* A task whose output is held back because nobody reads comes back, or ends: it
   is not resumed any more.  */
static int reader;
static char line[1000];

static void
act_held (struct play *play, int turn)
{
  struct bytes b = { 0 };
  if (turn == 0)
    {
      while (mp_pool_wants (&play->pool, play->given[0]))
        mp_pool_output (&play->pool, play->given[0], MP_STREAM_OUT, line,
                        sizeof line);
      ENSURE (play->given[0]->held);
      if (play->more == 0)
        mp_pool_lost (&play->pool, take_given (play, 0), 0);
      else if (play->more == 1)
        mp_pool_return (&play->pool, take_given (play, 0));
      else
        end_given (play, 0, 0);
      return;
    }
  ENSURE (!play->n_resumed);
  /* Now somebody does.  */
  read_now (reader, &b, SIZE_MAX);
  bytes_free (&b);
  if (turn < 50)
    return;
  while (play->n_given)
    end_given (play, 0, 0);
}

START_TEST (lost_while_held)
{
  struct play play = { .most = 2, .act = act_held, .more = _i };
  int fd[2];
  memset (line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  open_pipe (fd);
  ENSURE (fcntl (fd[1], F_SETFL, O_NONBLOCK) == 0);
  reader = fd[0];
  run_play (&play, MP_GROUP_LINES, false, fd[1], NULL);
  close (fd[0]);
  close (fd[1]);
  ENSURE (play.n_outcomes == 2);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("remote");
  TCase *t = unit_tcase ("wire");
  tcase_add_test (t, frame);
  tcase_add_test (t, pieces);
  tcase_add_test (t, fragmentations);
  tcase_add_test (t, flipped_bits);
  tcase_add_test (t, parts);
  tcase_add_test (t, no_frames);
  tcase_add_test (t, closed);
  tcase_add_test (t, much);
  tcase_add_test (t, wire_shortages);
  suite_add_tcase (s, t);
  t = unit_tcase ("messages");
  tcase_add_test (t, tasks);
  tcase_add_loop_test (t, bad_tasks, 0, KINDS);
  tcase_add_loop_test (t, ends, 0, KINDS);
  tcase_add_test (t, large_task);
  tcase_add_test (t, too_large_task);
  tcase_add_loop_test (t, shortages, 0, KINDS);
  suite_add_tcase (s, t);
  t = unit_tcase ("pool");
  tcase_add_test (t, lost);
  tcase_add_test (t, lost_too_often);
  tcase_add_test (t, drained);
  tcase_add_loop_test (t, stopped, 0, 2);
  tcase_add_test (t, more);
  tcase_add_loop_test (t, lost_while_held, 0, 3);
  suite_add_tcase (s, t);
  return run_suite (s);
}
