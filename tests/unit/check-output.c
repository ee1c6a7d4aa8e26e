/* Unit tests of output buffers and sinks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "minmax.h"
#include "outbuf.h"
#include "shortage.h"
#include "sink.h"
#include "unit.h"

/* Pseudo-random text, in which every piece of some bytes is unlike others.  */
enum { TEXT_MAX = 1 << 20 };
static char text[TEXT_MAX];

static void
make_text (void)
{
  random_start (1);
  for (int i = 0; i < TEXT_MAX; i++)
    text[i] = (char) random_below (256);
  /* The tests of closed pipes want to see the errno value.  */
  signal (SIGPIPE, SIG_IGN);
}

/* Buffers.  What is put into one is a piece of the text above: from OUT, what
   was dropped so far, to IN, what was put.  */
struct model
{
  struct mp_outbuf buf;
  size_t out, in;
};

/* Check that M's buffer holds what it should, as far as one can see.  */
static void
expect_buffer (struct model const *m)
{
  char const *data;
  ENSURE (m->buf.length == m->in - m->out);
  size_t n = mp_outbuf_peek (&m->buf, &data);
  ENSURE (n <= m->buf.length);
  ENSURE (n > 0 || m->buf.length == 0);
  ENSURE (n == 0 || memcmp (data, text + m->out, n) == 0);
}

/* Put the next LEN bytes of the text into M's buffer.  */
static void
put (struct model *m, struct mp_budget *budget, size_t len)
{
  len = MIN (len, TEXT_MAX - m->in);
  ENSURE (mp_outbuf_add (&m->buf, budget, text + m->in, len) == 0);
  m->in += len;
}

/* Drop LEN bytes from M's buffer, or those that can be seen if they are
   fewer.  */
static void
drop (struct model *m, struct mp_budget *budget, size_t len)
{
  char const *data;
  len = MIN (len, mp_outbuf_peek (&m->buf, &data));
  if (!len)
    return;
  mp_outbuf_drop (&m->buf, budget, len);
  m->out += len;
}

/* Several buffers on one budget, in random order.  */
START_TEST (random_buffers)
{
  static unsigned int const sizes[] = { 2, 100, 5000, 200000 };
  enum { N = 3, STEPS = 1000 };
  struct model m[N] = { { .in = 0 } };
  struct mp_budget budget = { .limit = 1000 };
  random_start (_i);
  for (int step = 0; step < STEPS; step++)
    {
      struct model *b = &m[random_below (N)];
      unsigned int size = sizes[random_below (N_ENTRIES (sizes))];
      switch (random_below (b->in - b->out < TEXT_MAX / 4 ? 4 : 40))
        {
        case 0:
        case 1:
          put (b, &budget, random_below (size));
          break;
        case 2:
          if (random_below (100) == 0)
            {
              mp_outbuf_clear (&b->buf, &budget);
              b->out = b->in;
            }
          break;
        default:
          drop (b, &budget, random_below (size));
        }
      size_t held = 0;
      for (int i = 0; i < N; i++)
        {
          expect_buffer (&m[i]);
          held += m[i].buf.length;
        }
      ENSURE (budget.used >= held);
      ENSURE (held > 0 || budget.used == 0);
      if (!b->buf.length)
        b->in = b->out = 0;
    }
  for (int i = 0; i < N; i++)
    mp_outbuf_clear (&m[i].buf, &budget);
  ck_assert_uint_eq (budget.used, 0);
}
END_TEST

/* Small outputs and large ones waste little: at least so many of the bytes
   accounted, in percent, are used.  */
START_TEST (thrift)
{
  static struct
  {
    size_t piece, total;
    unsigned int percent;
  } const outputs[] = {
    { 20, 20, 15 }, { 100, 1000, 30 }, { 10, TEXT_MAX, 90 },
    { 4096, TEXT_MAX, 90 }, { 65536, TEXT_MAX, 90 }, { TEXT_MAX, TEXT_MAX, 90 }
  };
  for (int i = 0; i < N_ENTRIES (outputs); i++)
    {
      struct model m = { .in = 0 };
      struct mp_budget budget = { .limit = 1000 };
      while (m.in < outputs[i].total)
        put (&m, &budget, outputs[i].piece);
      ck_assert_uint_ge (100 * m.in, outputs[i].percent * budget.used);
      expect_buffer (&m);
      mp_outbuf_clear (&m.buf, &budget);
      ck_assert_uint_eq (budget.used, 0);
    }
}
END_TEST

START_TEST (budget_left)
{
  struct mp_budget budget = { .limit = 10, .used = 4 };
  ck_assert_uint_eq (mp_budget_left (&budget), 6);
  budget.used = 10;
  ck_assert_uint_eq (mp_budget_left (&budget), 0);
  /* The limit is advice.  */
  budget.used = 11;
  ck_assert_uint_eq (mp_budget_left (&budget), 0);
}
END_TEST

/* Without memory a buffer stays what it was, empty or not.  */
START_TEST (buffer_no_memory)
{
  struct model m = { .in = 0 };
  struct mp_budget budget = { .limit = 0 };
  for (int before = 0; before < 300000; before += 100000)
    {
      put (&m, &budget, before);
      size_t used = budget.used;
      for (int allowed = 0; allowed < 3; allowed++)
        {
          shortage_after (allowed);
          int err = mp_outbuf_add (&m.buf, &budget, text + m.in, TEXT_MAX / 2);
          shortage_after (-1);
          ck_assert_int_eq (err, ENOMEM);
          ck_assert_uint_eq (budget.used, used);
          expect_buffer (&m);
        }
      put (&m, &budget, 1);
      expect_buffer (&m);
    }
  while (m.buf.length)
    {
      drop (&m, &budget, SIZE_MAX);
      expect_buffer (&m);
    }
  ck_assert_uint_eq (budget.used, 0);
}
END_TEST

/* Sinks.  Every test is run with RWF_NOWAIT, where there is that, and
   without.  */
enum { WAYS = 2 };

/* Make S write to FD in way WAY.  */
static void
init_sink (struct mp_sink *s, int fd, int way)
{
  ck_assert_int_eq (mp_sink_init (s, fd), 0);
  s->no_nowait = way;
}

/* Put the bytes of the text from *DONE to LEN into S until it is blocked or
   has them all.  */
static void
put_text (struct mp_sink *s, size_t *done, size_t len, size_t piece)
{
  while (*done < len)
    {
      size_t taken;
      size_t n = MIN (piece, len - *done);
      ENSURE (mp_sink_put (s, text + *done, n, &taken) == 0);
      ENSURE (taken <= n);
      *done += taken;
      if (taken < n)
        {
          ENSURE (s->blocked);
          return;
        }
    }
}

/* What the far end of a sink's descriptor may be.  */
enum far_end { PIPE, NONBLOCKING_PIPE, SOCKET, FAR_ENDS };

static void
open_far_end (enum far_end kind, int fd[2])
{
  if (kind == SOCKET)
    {
      int s[2];
      ck_assert_int_eq (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s),
                        0);
      fd[0] = s[0];
      fd[1] = s[1];
      return;
    }
  open_pipe (fd);
  if (kind == NONBLOCKING_PIPE)
    ck_assert_int_eq (fcntl (fd[1], F_SETFL, O_WRONLY | O_NONBLOCK), 0);
}

/* Nobody reads: the sink takes what fits and says that it is blocked, again
   and again, without waiting.  When somebody reads, nothing was lost.  */
START_TEST (blocked_sink)
{
  static size_t const pieces[] = { 1, 100, 4096, 65536, 65537, TEXT_MAX };
  for (int kind = 0; kind < FAR_ENDS; kind++)
    for (int i = 0; i < N_ENTRIES (pieces); i++)
      {
        /* A socket's fallback is not exact: it may wait.  */
        if (kind == SOCKET && _i)
          continue;
        int fd[2];
        struct mp_sink s;
        struct bytes b = { 0 };
        size_t done = 0;
        open_far_end (kind, fd);
        int flags = fcntl (fd[1], F_GETFL);
        init_sink (&s, fd[1], _i);
        put_text (&s, &done, TEXT_MAX, pieces[i]);
        ck_assert_uint_lt (done, TEXT_MAX);
        ck_assert (s.blocked);
        ck_assert_int_eq (mp_sink_flush (&s), EAGAIN);
        ck_assert (s.blocked);
        size_t before = done;
        put_text (&s, &done, TEXT_MAX, pieces[i]);
        ck_assert_uint_eq (done, before);

        while (done < TEXT_MAX)
          {
            read_now (fd[0], &b, 10000);
            put_text (&s, &done, TEXT_MAX, pieces[i]);
          }
        while (mp_sink_flush (&s) == EAGAIN)
          read_now (fd[0], &b, 10000);
        ck_assert (!s.blocked);
        /* Others have the same open file.  */
        ck_assert_int_eq (fcntl (fd[1], F_GETFL), flags);
        mp_sink_free (&s);
        ck_assert_int_eq (close (fd[1]), 0);
        read_now (fd[0], &b, SIZE_MAX);
        bytes_expect (&b, text, TEXT_MAX, "a pipe");
        bytes_free (&b);
        close (fd[0]);
      }
}
END_TEST

/* Pieces of random sizes, and somebody reads at random times.  */
START_TEST (random_sink)
{
  int fd[2];
  struct mp_sink s;
  struct bytes b = { 0 };
  size_t done = 0;
  open_pipe (fd);
  init_sink (&s, fd[1], _i % WAYS);
  random_start (_i);
  while (done < TEXT_MAX)
    {
      size_t piece = 1 + random_below (random_below (4) ? 3000 : 150000);
      size_t taken;
      switch (random_below (4))
        {
        case 0:
          read_now (fd[0], &b, random_below (100000));
          break;
        case 1:
          mp_sink_flush (&s);
          ck_assert_int_eq (s.blocked, s.length > 0);
          break;
        default:
          piece = MIN (piece, TEXT_MAX - done);
          ck_assert_int_eq (mp_sink_put (&s, text + done, piece, &taken), 0);
          done += taken;
        }
    }
  while (mp_sink_flush (&s) == EAGAIN)
    read_now (fd[0], &b, SIZE_MAX);
  mp_sink_free (&s);
  close (fd[1]);
  read_now (fd[0], &b, SIZE_MAX);
  bytes_expect (&b, text, TEXT_MAX, "a pipe");
  bytes_free (&b);
  close (fd[0]);
}
END_TEST

/* Small pieces are gathered until there are many of them or a flush.  */
START_TEST (gathering)
{
  int fd[2];
  struct mp_sink s;
  struct bytes b = { 0 };
  size_t taken;
  open_pipe (fd);
  init_sink (&s, fd[1], _i);
  ck_assert_int_eq (mp_sink_flush (&s), 0);
  ck_assert_int_eq (mp_sink_put (&s, text, 5, &taken), 0);
  ck_assert_uint_eq (taken, 5);
  ck_assert_int_eq (mp_sink_put (&s, text + 5, 0, &taken), 0);
  ck_assert_uint_eq (taken, 0);
  ck_assert_int_eq (mp_sink_put (&s, text + 5, 5, &taken), 0);
  ck_assert (read_now (fd[0], &b, SIZE_MAX));
  ck_assert_uint_eq (b.len, 0);
  ck_assert_int_eq (mp_sink_flush (&s), 0);
  ck_assert (read_now (fd[0], &b, SIZE_MAX));
  bytes_expect (&b, text, 10, "after a flush");
  ck_assert_int_eq (mp_sink_flush (&s), 0);
  mp_sink_free (&s);
  bytes_free (&b);
  close (fd[0]);
  close (fd[1]);
}
END_TEST

/* A regular file takes everything, at its offset.  */
START_TEST (file_sink)
{
  struct mp_sink s;
  struct bytes b = { 0 };
  size_t done = 3;
  int fd = open_file (text, 3);
  ck_assert_int_eq (lseek (fd, 3, SEEK_SET), 3);
  init_sink (&s, fd, _i);
  put_text (&s, &done, 70000, 7);
  put_text (&s, &done, TEXT_MAX, TEXT_MAX);
  ck_assert_uint_eq (done, TEXT_MAX);
  ck_assert_int_eq (mp_sink_flush (&s), 0);
  ck_assert (!s.blocked);
  mp_sink_free (&s);
  read_file (fd, &b);
  bytes_expect (&b, text, TEXT_MAX, "a file");
  bytes_free (&b);
  close (fd);
}
END_TEST

/* Return a descriptor that no write succeeds to, with the errno value ERR; or
   -1 if there is none here.  */
static int
open_failing (int err)
{
  int fd[2];
  if (err == ENOSPC)
    return open ("/dev/full", O_WRONLY | O_CLOEXEC);
  open_pipe (fd);
  if (err == EPIPE)
    {
      close (fd[0]);
      return fd[1];
    }
  /* EBADF: it is for reading.  */
  close (fd[1]);
  return fd[0];
}

/* A failed write is told by the flush and by the put of a large piece.  */
START_TEST (failing_sink)
{
  static int const errors[] = { EPIPE, ENOSPC, EBADF };
  for (int i = 0; i < N_ENTRIES (errors); i++)
    {
      int fd = open_failing (errors[i]);
      if (fd < 0)
        continue;
      struct mp_sink s;
      size_t taken;
      init_sink (&s, fd, _i);
      ck_assert_int_eq (mp_sink_put (&s, text, 10, &taken), 0);
      ck_assert_int_eq (mp_sink_flush (&s), errors[i]);
      mp_sink_free (&s);
      init_sink (&s, fd, _i);
      ck_assert_int_eq (mp_sink_put (&s, text, TEXT_MAX, &taken), errors[i]);
      mp_sink_free (&s);
      close (fd);
    }
}
END_TEST

START_TEST (closed_sink)
{
  struct mp_sink s;
  size_t taken;
  int fd = open_file (BYTES (""));
  close (fd);
  init_sink (&s, fd, _i);
  ck_assert_int_eq (mp_sink_flush (&s), 0);
  ck_assert_int_eq (mp_sink_put (&s, text, 10, &taken), 0);
  ck_assert_int_eq (mp_sink_flush (&s), EBADF);
  mp_sink_free (&s);
}
END_TEST

START_TEST (sink_no_memory)
{
  struct mp_sink s;
  shortage_after (0);
  int err = mp_sink_init (&s, STDOUT_FILENO);
  shortage_after (-1);
  ck_assert_int_eq (err, ENOMEM);
  mp_sink_free (&s);
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("output");
  TCase *t = unit_tcase ("outbuf");
  tcase_add_unchecked_fixture (t, make_text, NULL);
  tcase_add_loop_test (t, random_buffers, 0, 4);
  tcase_add_test (t, thrift);
  tcase_add_test (t, budget_left);
  tcase_add_test (t, buffer_no_memory);
  suite_add_tcase (s, t);

  t = unit_tcase ("sink");
  tcase_add_unchecked_fixture (t, make_text, NULL);
  tcase_add_loop_test (t, blocked_sink, 0, WAYS);
  tcase_add_loop_test (t, random_sink, 0, 6);
  tcase_add_loop_test (t, gathering, 0, WAYS);
  tcase_add_loop_test (t, file_sink, 0, WAYS);
  tcase_add_loop_test (t, failing_sink, 0, WAYS);
  tcase_add_loop_test (t, closed_sink, 0, WAYS);
  tcase_add_test (t, sink_no_memory);
  suite_add_tcase (s, t);
  return run_suite (s);
}
