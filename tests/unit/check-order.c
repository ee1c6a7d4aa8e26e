/* Unit tests of the delivery of many tasks' outputs.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minmax.h"
#include "order.h"
#include "shortage.h"
#include "unit.h"

/* What a task may put at once, and what a live one may have waiting.  */
enum { PIECE = 64 * 1024 };

enum { GROUPINGS = MP_GROUP_LINES + 1 };

/* How many outputs a test has at most, and a budget that none fills.  */
enum { OUTPUTS = 14, PLENTY = 1 << 24 };

/* A delivery to two pipes or two files, and what has come there.  */
struct bench
{
  struct mp_order order;
  struct mp_output output[OUTPUTS];
  bool files;
  int far[MP_STREAMS];          /* where to read */
  int near[MP_STREAMS];         /* where it is written to */
  struct bytes seen[MP_STREAMS];
  char gone[OUTPUTS + 1];       /* the delivered ones, '0' + index each */
};

/* Note that OUT was delivered to the bench ARG.  */
static void
note_delivered (void *arg, struct mp_output *out)
{
  struct bench *b = arg;
  size_t n = strlen (b->gone);
  ENSURE (n < OUTPUTS);
  b->gone[n] = (char) ('0' + (out - b->output));
}

static void
bench_start (struct bench *b, enum mp_grouping grouping, size_t limit,
             bool files)
{
  *b = (struct bench) { .files = files };
  for (int i = 0; i < MP_STREAMS; i++)
    {
      int fd[2];
      if (files)
        fd[0] = fd[1] = open_file (BYTES (""));
      else
        open_pipe (fd);
      b->far[i] = fd[0];
      b->near[i] = fd[1];
    }
  ck_assert_int_eq (mp_order_init (&b->order, grouping, b->near[0],
                                   b->near[1], limit, note_delivered, b), 0);
}

static void
bench_end (struct bench *b)
{
  mp_order_free (&b->order);
  ck_assert_uint_eq (b->order.budget.used, 0);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      close (b->far[i]);
      if (!b->files)
        close (b->near[i]);
      bytes_free (&b->seen[i]);
    }
}

/* Open output K, with TAG if that is not null.  */
static void
open_output (struct bench *b, int k, char const *tag)
{
  char *copy = tag ? strdup (tag) : NULL;
  ENSURE (!tag || copy);
  mp_order_open (&b->order, &b->output[k], copy, 0);
}

/* Put the LEN bytes at DATA on STREAM of output K.  */
static void
put (struct bench *b, int k, int stream, char const *data, size_t len)
{
  ENSURE (mp_order_put (&b->order, &b->output[k], stream, data, len) == 0);
}

/* See what has come on both streams, MAX bytes at most of each pipe.  */
static void
look (struct bench *b, size_t max)
{
  for (int i = 0; i < MP_STREAMS; i++)
    if (b->files)
      read_file (b->far[i], &b->seen[i]);
    else
      read_now (b->far[i], &b->seen[i], max);
}

/* Deliver and send on what can be, and see it.  */
static void
deliver (struct bench *b)
{
  ENSURE (mp_order_advance (&b->order) == 0);
  ENSURE (mp_order_flush (&b->order) == 0);
  look (b, SIZE_MAX);
}

/* Deliver everything to a reader that takes MAX bytes at a time.  */
static void
deliver_all (struct bench *b, size_t max)
{
  int err = EAGAIN;
  /* Each turn moves MAX bytes, but where somebody else's are in the way.  */
  for (int i = 0; b->order.first || err; i++)
    {
      ENSURE (i < 100000);
      ENSURE (mp_order_advance (&b->order) == 0);
      err = mp_order_flush (&b->order);
      ENSURE (err == 0 || err == EAGAIN);
      look (b, max);
    }
  look (b, SIZE_MAX);
}

/* Scripts: what happens to outputs, and what has been delivered then.  */
enum action
{
  DO_OPEN = 1, DO_PUT, DO_END, DO_DROP, DO_SEE
};

struct step
{
  enum action action;
  int k;                        /* which output */
  int stream;
  char const *text;
  char const *err, *gone;
};

/* Open output N, the latter with a tag.  */
#define OPEN(n) { .action = DO_OPEN, .k = (n) }
#define OPEN_TAGGED(n, tag) { .action = DO_OPEN, .k = (n), .text = (tag) }
/* Put STR on a stream of output N.  */
#define OUT(n, str) { .action = DO_PUT, .k = (n), .text = (str) }
#define ERR(n, str) \
  { .action = DO_PUT, .k = (n), .stream = MP_STREAM_ERR, .text = (str) }
#define END(n) { .action = DO_END, .k = (n) }
#define DROP(n) { .action = DO_DROP, .k = (n) }
/* Deliver.  OUTS and ERRS are all that has come until now on standard output
   and standard error, and GONES the outputs that were delivered.  */
#define SEE(outs, errs, gones) \
  { .action = DO_SEE, .text = (outs), .err = (errs), .gone = (gones) }

#define STEPS_MAX 24

static struct script
{
  char const *name;
  enum mp_grouping grouping;
  struct step step[STEPS_MAX];
} const scripts[] = {
  { "the oldest one's output comes as it is put", MP_GROUP_ORDERED,
    { OPEN (1), OPEN (2),
      OUT (1, "a"), ERR (1, "b"), SEE ("a", "b", ""),
      OUT (2, "later"), OUT (1, "c\n"), SEE ("ac\n", "b", ""),
      END (1), SEE ("ac\nlater", "b", "1"),
      OUT (2, "!"), SEE ("ac\nlater!", "b", "1"),
      END (2), SEE ("ac\nlater!", "b", "12") } },
  { "the order of opening, not of ending", MP_GROUP_ORDERED,
    { OPEN (3), OPEN (1), OPEN (2),
      OUT (2, "two"), ERR (2, "2"), END (2), SEE ("", "", ""),
      OUT (1, "one"), ERR (1, "1"), END (1), SEE ("", "", ""),
      OUT (3, "three"), END (3),
      SEE ("threeonetwo", "12", "312") } },
  { "outputs of nothing", MP_GROUP_ORDERED,
    { OPEN (1), OPEN (2), OPEN (3), END (2), END (3),
      SEE ("", "", ""), END (1), SEE ("", "", "123") } },
  { "the oldest one is dropped", MP_GROUP_ORDERED,
    { OPEN (1), OPEN (2), OUT (2, "b"), SEE ("", "", ""),
      DROP (1), SEE ("b", "", ""), END (2), SEE ("b", "", "2") } },
  { "one in the middle and the last one are dropped", MP_GROUP_ORDERED,
    { OPEN (1), OPEN (2), OPEN (3), OPEN (4),
      OUT (2, "b"), OUT (3, "c"), OUT (4, "d"), END (3),
      DROP (2), DROP (4), OPEN (5), OUT (5, "e"), END (5),
      SEE ("", "", ""), END (1), SEE ("ce", "", "135") } },

  { "whole, in the order of ending", MP_GROUP_UNORDERED,
    { OPEN (1), OPEN (2), OPEN (3),
      OUT (1, "a"), OUT (2, "b"), OUT (3, "c"), ERR (3, "C"),
      OUT (1, "a"), SEE ("", "", ""),
      END (3), SEE ("c", "C", "3"),
      OUT (2, "b"), END (2), OUT (1, "a"), END (1),
      SEE ("cbbaaa", "C", "321") } },
  { "one that has not ended is dropped", MP_GROUP_UNORDERED,
    { OPEN (1), OPEN (2), OUT (1, "a"), OUT (2, "b"),
      DROP (1), SEE ("", "", ""), END (2), SEE ("b", "", "2") } },
  { "the first that has ended is dropped", MP_GROUP_UNORDERED,
    { OPEN (1), OPEN (2), OUT (1, "a"), OUT (2, "b"),
      END (2), END (1), DROP (2), SEE ("a", "", "1") } },
  { "the only one that has ended is dropped", MP_GROUP_UNORDERED,
    { OPEN (1), OPEN (2), OUT (1, "a"), OUT (2, "b"),
      END (2), DROP (2), END (1), SEE ("a", "", "1") } },
  { "another one that has ended is dropped", MP_GROUP_UNORDERED,
    { OPEN (1), OPEN (2), OPEN (3),
      OUT (1, "a"), OUT (2, "b"), OUT (3, "c"),
      END (2), END (1), END (3), DROP (1),
      SEE ("bc", "", "23") } },
  { "the last one that has ended is dropped", MP_GROUP_UNORDERED,
    { OPEN (1), OPEN (2), OPEN (3),
      OUT (1, "a"), OUT (2, "b"), OUT (3, "c"),
      END (2), END (1), DROP (1), END (3),
      SEE ("bc", "", "23") } },

  { "whole lines, as they come", MP_GROUP_LINES,
    { OPEN (1), OPEN (2), OUT (2, "b1\nb2\nb"), OUT (1, "a"),
      SEE ("b1\nb2\n", "", ""), OUT (1, "1\n"), ERR (1, "A\n"),
      SEE ("b1\nb2\na1\n", "A\n", ""),
      OUT (2, "3\n\n"), SEE ("b1\nb2\na1\nb3\n\n", "A\n", ""),
      END (2), SEE ("b1\nb2\na1\nb3\n\n", "A\n", "2"),
      END (1), SEE ("b1\nb2\na1\nb3\n\n", "A\n", "21") } },
  { "a last line without its newline gets one", MP_GROUP_LINES,
    { OPEN (1), OPEN (2), OUT (1, "a"), ERR (1, "A"),
      OUT (2, "b"), SEE ("", "", ""),
      END (1), SEE ("a\n", "A\n", "1"),
      END (2), SEE ("a\nb\n", "A\n", "12") } },
  { "two lines in pieces", MP_GROUP_LINES,
    { OPEN (1), OPEN (2),
      OUT (1, "a"), ERR (1, "A"), OUT (2, "b"), ERR (2, "B"),
      SEE ("", "", ""), OUT (1, "a\na"), ERR (2, "B\nB"),
      SEE ("aa\n", "BB\n", ""), OUT (1, "x\n"), ERR (1, "X\n"),
      OUT (2, "y\n"), ERR (2, "Y\n"),
      SEE ("aa\nax\nby\n", "BB\nAX\nBY\n", "") } },
  { "one within a line is dropped", MP_GROUP_LINES,
    { OPEN (1), OPEN (2), OUT (1, "a"), OUT (2, "b\n"),
      DROP (1), SEE ("b\n", "", ""), END (2),
      SEE ("b\n", "", "2") } },

  { "tags before each line", MP_GROUP_ORDERED,
    { OPEN_TAGGED (1, "1: "), OPEN_TAGGED (2, "2: "),
      OUT (1, "a\n\nb"), ERR (1, "A\nB"), OUT (2, "c"),
      SEE ("1: a\n1: \n", "1: A\n", ""),
      OUT (1, "b\n"), SEE ("1: a\n1: \n1: bb\n", "1: A\n", ""),
      END (1),
      SEE ("1: a\n1: \n1: bb\n", "1: A\n1: B\n", "1"),
      END (2),
      SEE ("1: a\n1: \n1: bb\n2: c\n", "1: A\n1: B\n", "12") } },
  { "a tag of nothing", MP_GROUP_ORDERED,
    { OPEN_TAGGED (1, ""), OUT (1, "a\nb"), SEE ("a\n", "", ""),
      END (1), SEE ("a\nb\n", "", "1") } },
  { "tags, and no output", MP_GROUP_ORDERED,
    { OPEN_TAGGED (1, "1: "), END (1), SEE ("", "", "1") } },
  { "tags in the order of ending", MP_GROUP_UNORDERED,
    { OPEN_TAGGED (1, "1: "), OPEN_TAGGED (2, "2: "),
      OUT (1, "a"), OUT (2, "b\nb"), ERR (2, "B"), END (2),
      SEE ("2: b\n2: b\n", "2: B\n", "2"), END (1),
      SEE ("2: b\n2: b\n1: a\n", "2: B\n", "21") } },
  { "tags line by line", MP_GROUP_LINES,
    { OPEN_TAGGED (1, "1: "), OPEN_TAGGED (2, "2: "),
      OUT (2, "b\nb"), OUT (1, "a\n"), ERR (2, "B\n"),
      SEE ("1: a\n2: b\n", "2: B\n", ""),
      END (2), SEE ("1: a\n2: b\n2: b\n", "2: B\n", "2"),
      END (1), SEE ("1: a\n2: b\n2: b\n", "2: B\n", "21") } },
};

/* Check that B has seen what STEP of the script NAME says.  */
static void
see (struct bench *b, struct step const *step, char const *name)
{
  deliver (b);
  bytes_expect (&b->seen[MP_STREAM_OUT], step->text, strlen (step->text),
                name);
  bytes_expect (&b->seen[MP_STREAM_ERR], step->err, strlen (step->err), name);
  ck_assert_msg (strcmp (b->gone, step->gone) == 0,
                 "%s: '%s' were delivered, not '%s'", name, b->gone,
                 step->gone);
}

/* Run the script S to pipes or FILES.  */
static void
run (struct script const *s, bool files)
{
  struct bench b;
  bench_start (&b, s->grouping, PLENTY, files);
  for (struct step const *step = s->step; step->action; step++)
    {
      char const *text = step->text;
      struct mp_output *out = &b.output[step->k];
      switch (step->action)
        {
        case DO_OPEN:
          open_output (&b, step->k, text);
          break;
        case DO_PUT:
          put (&b, step->k, step->stream, text, strlen (text));
          break;
        case DO_END:
          mp_order_end (&b.order, out);
          break;
        case DO_DROP:
          mp_order_drop (&b.order, out);
          /* It is the caller's: nothing may look at it any more.  */
          memset (out, 0xa5, sizeof *out);
          break;
        case DO_SEE:
          see (&b, step, s->name);
          break;
        }
    }
  bench_end (&b);
}

START_TEST (script)
{
  run (&scripts[_i], false);
  run (&scripts[_i], true);
}
END_TEST

/* Return LEN bytes C, to be freed.  */
static char *
filled (size_t len, int c)
{
  char *p = malloc (len);
  ck_assert_ptr_nonnull (p);
  return memset (p, c, len);
}

/* Put LEN bytes C on STREAM of output K, as it may.  */
static void
put_many (struct bench *b, int k, int stream, size_t len, int c)
{
  char *p = filled (PIECE, c);
  while (len > 0)
    {
      size_t n = MIN (len, PIECE);
      put (b, k, stream, p, n);
      len -= n;
    }
  free (p);
}

/* Those behind are held back when the budget is full, and the oldest one
   never, as long as its output goes on.  */
START_TEST (budget_ordered)
{
  struct bench b;
  enum { LIMIT = 4 * PIECE };
  bench_start (&b, MP_GROUP_ORDERED, LIMIT, true);
  ck_assert (mp_order_has_room (&b.order));
  open_output (&b, 0, NULL);
  open_output (&b, 1, NULL);
  open_output (&b, 2, NULL);
  int puts = 0;
  for (; mp_order_wants (&b.order, &b.output[1]) > 0; puts++)
    {
      ck_assert (mp_order_has_room (&b.order));
      ck_assert_int_lt (puts, LIMIT / PIECE);
      put_many (&b, 1, MP_STREAM_OUT, PIECE, '1');
    }
  ck_assert_int_ge (puts, LIMIT / PIECE - 1);
  ck_assert_uint_eq (mp_order_wants (&b.order, &b.output[2]), 0);
  ck_assert (!mp_order_has_room (&b.order));
  for (int i = 0; i < 20; i++)
    {
      ck_assert_uint_ge (mp_order_wants (&b.order, &b.output[0]), PIECE);
      put_many (&b, 0, i % 2, PIECE, '0');
      deliver (&b);
      ck_assert_uint_eq (mp_order_wants (&b.order, &b.output[1]), 0);
    }
  /* It ends, and the next one is the oldest.  */
  mp_order_end (&b.order, &b.output[0]);
  deliver (&b);
  ck_assert_uint_gt (mp_order_wants (&b.order, &b.output[1]), 0);
  ck_assert_uint_gt (mp_order_wants (&b.order, &b.output[2]), 0);
  ck_assert (mp_order_has_room (&b.order));
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, (10 + puts) * PIECE);
  ck_assert_uint_eq (b.seen[MP_STREAM_ERR].len, 10 * PIECE);
  bench_end (&b);
}
END_TEST

/* Also the bytes that the caller keeps, and tags, are counted; and however
   large they are, one output may be open.  */
START_TEST (budget_charges)
{
  struct bench b;
  bench_start (&b, _i, 2 * PIECE, true);
  mp_order_open (&b.order, &b.output[0], NULL, 3 * PIECE);
  ck_assert (!mp_order_has_room (&b.order));
  mp_order_drop (&b.order, &b.output[0]);
  ck_assert (mp_order_has_room (&b.order));
  ck_assert_uint_eq (b.order.budget.used, 0);
  char *tag = filled (PIECE + 1, 't');
  tag[PIECE] = '\0';
  open_output (&b, 0, tag);
  free (tag);
  ck_assert (!mp_order_has_room (&b.order));
  bench_end (&b);
}
END_TEST

/* What is charged may be all of the budget: somebody goes on nevertheless,
   after an advance.  */
START_TEST (budget_all_charged)
{
  struct bench b;
  bench_start (&b, _i, 2 * PIECE, true);
  mp_order_open (&b.order, &b.output[0], NULL, PIECE - 1000);
  mp_order_open (&b.order, &b.output[1], NULL, 2 * PIECE);
  deliver (&b);
  int going_on = 0;
  for (int k = 0; k < 2; k++)
    going_on += mp_order_wants (&b.order, &b.output[k]) > 0;
  ck_assert_int_ge (going_on, 1);
  bench_end (&b);
}
END_TEST

/* None has ended and no more may be held: the one that has most goes on alone
   until its end, before those that have ended meanwhile.  */
START_TEST (largest_unordered)
{
  struct bench b;
  enum { LIMIT = 4 * PIECE };
  bench_start (&b, MP_GROUP_UNORDERED, LIMIT, true);
  for (int k = 0; k < 3; k++)
    open_output (&b, k, NULL);
  put_many (&b, 0, MP_STREAM_OUT, 1000, '0');
  put_many (&b, 2, MP_STREAM_OUT, 2000, '2');
  deliver (&b);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, 0);
  size_t n = 0;
  /* Most is what it has in both streams.  */
  for (; mp_order_wants (&b.order, &b.output[1]) > 0; n += 20000)
    put_many (&b, 1, (n / 20000) % 2, 20000, '1');
  ck_assert_uint_gt (n, 2 * PIECE);
  ck_assert_uint_eq (mp_order_wants (&b.order, &b.output[0]), 0);
  deliver (&b);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len + b.seen[MP_STREAM_ERR].len,
                     n);
  ck_assert_uint_ge (mp_order_wants (&b.order, &b.output[1]), PIECE);
  mp_order_end (&b.order, &b.output[2]);
  put (&b, 1, MP_STREAM_OUT, "x", 1);
  deliver (&b);
  ck_assert_str_eq (b.gone, "");
  ck_assert_int_eq (b.seen[MP_STREAM_OUT].data[b.seen[0].len - 1], 'x');
  mp_order_end (&b.order, &b.output[1]);
  deliver (&b);
  ck_assert_str_eq (b.gone, "12");
  ck_assert_int_eq (b.seen[MP_STREAM_OUT].data[b.seen[0].len - 1], '2');
  mp_order_end (&b.order, &b.output[0]);
  deliver (&b);
  ck_assert_str_eq (b.gone, "120");
  ck_assert_uint_eq (b.seen[0].len + b.seen[1].len, n + 1 + 2000 + 1000);
  bench_end (&b);
}
END_TEST

/* A line that is longer than what may be held begins to go out, and no other
   comes into it.  */
START_TEST (long_line)
{
  struct bench b;
  enum { LIMIT = 4 * PIECE };
  bench_start (&b, MP_GROUP_LINES, LIMIT, true);
  open_output (&b, 0, NULL);
  open_output (&b, 1, NULL);
  size_t n = 0;
  for (; mp_order_wants (&b.order, &b.output[1]) > 0; n += PIECE)
    {
      deliver (&b);
      ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, 0);
      put_many (&b, 1, MP_STREAM_OUT, PIECE, '1');
    }
  deliver (&b);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, n);
  /* Whole lines of others and what has ended must wait.  */
  put (&b, 0, MP_STREAM_OUT, BYTES ("0\n"));
  mp_order_end (&b.order, &b.output[0]);
  put (&b, 1, MP_STREAM_OUT, BYTES ("more"));
  put (&b, 1, MP_STREAM_ERR, BYTES ("an error\n"));
  deliver (&b);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, n + 4);
  bytes_expect (&b.seen[MP_STREAM_ERR], BYTES ("an error\n"), "its errors");
  ck_assert_str_eq (b.gone, "");
  /* Then one look is enough for all: there may be no reason for another.  */
  put (&b, 1, MP_STREAM_OUT, BYTES (" end\n"));
  mp_order_end (&b.order, &b.output[1]);
  deliver (&b);
  ck_assert_int_eq (strlen (b.gone), 2);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, n + 4 + 5 + 2);
  ck_assert_mem_eq (b.seen[MP_STREAM_OUT].data + n, "more end\n0\n", 11);
  bench_end (&b);
}
END_TEST

/* The task in whose line the output is goes, and so does its claim.  */
START_TEST (long_line_dropped)
{
  struct bench b;
  bench_start (&b, MP_GROUP_LINES, 2 * PIECE, true);
  open_output (&b, 0, NULL);
  open_output (&b, 1, NULL);
  put_many (&b, 0, MP_STREAM_OUT, 2 * PIECE, '0');
  deliver (&b);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, 2 * PIECE);
  mp_order_drop (&b.order, &b.output[0]);
  memset (&b.output[0], 0xa5, sizeof b.output[0]);
  put (&b, 1, MP_STREAM_OUT, BYTES ("1\n"));
  mp_order_end (&b.order, &b.output[1]);
  deliver (&b);
  ck_assert_str_eq (b.gone, "1");
  bench_end (&b);
}
END_TEST

/* With tags a line is held until it is complete, or too long.  */
START_TEST (tagged_long_line)
{
  struct bench b;
  bench_start (&b, MP_GROUP_ORDERED, PLENTY, true);
  open_output (&b, 0, "t ");
  put_many (&b, 0, MP_STREAM_OUT, PIECE / 2, 'o');
  deliver (&b);
  put_many (&b, 0, MP_STREAM_ERR, PIECE / 2 - 1, 'e');
  deliver (&b);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, 0);
  ck_assert_uint_eq (b.seen[MP_STREAM_ERR].len, 0);
  ck_assert_uint_gt (mp_order_wants (&b.order, &b.output[0]), 0);
  put (&b, 0, MP_STREAM_ERR, "e", 1);
  ck_assert_uint_eq (mp_order_wants (&b.order, &b.output[0]), 0);
  deliver (&b);
  ck_assert_uint_gt (mp_order_wants (&b.order, &b.output[0]), 0);
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, PIECE / 2 + 2);
  ck_assert_uint_eq (b.seen[MP_STREAM_ERR].len, PIECE / 2 + 2);
  /* No tag within the line.  */
  put (&b, 0, MP_STREAM_OUT, BYTES ("x\ny"));
  mp_order_end (&b.order, &b.output[0]);
  deliver (&b);
  ck_assert_str_eq (b.gone, "0");
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, PIECE / 2 + 2 + 6);
  ck_assert_mem_eq (b.seen[MP_STREAM_OUT].data, "t oo", 4);
  ck_assert_mem_eq (b.seen[MP_STREAM_OUT].data + PIECE / 2 + 2, "x\nt y\n", 6);
  ck_assert_uint_eq (b.seen[MP_STREAM_ERR].len, PIECE / 2 + 2 + 1);
  bench_end (&b);
}
END_TEST

/* The pipe is full: nothing is lost, the oldest one is held back when it has
   enough waiting, and all goes on with the reader.  */
START_TEST (blocked)
{
  struct bench b;
  bench_start (&b, _i, PLENTY, false);
  open_output (&b, 0, _i == MP_GROUP_LINES ? "tag " : NULL);
  size_t n = 0;
  if (_i == MP_GROUP_UNORDERED)
    {
      /* It becomes the current one, and remains that.  */
      put_many (&b, 0, MP_STREAM_OUT, 4 * PIECE, 'a');
      n = 4 * PIECE;
      mp_order_end (&b.order, &b.output[0]);
      ck_assert_int_eq (mp_order_advance (&b.order), 0);
    }
  else
    for (; n < 20 * 1000000; n += 1000)
      {
        ck_assert_int_eq (mp_order_advance (&b.order), 0);
        if (n >= 8 * PIECE
            || (_i == MP_GROUP_ORDERED
                && mp_order_wants (&b.order, &b.output[0]) == 0))
          break;
        put_many (&b, 0, MP_STREAM_OUT, 999, 'a');
        put (&b, 0, MP_STREAM_OUT, "\n", 1);
      }
  ck_assert_uint_le (n, 9 * PIECE);
  ck_assert_int_eq (mp_order_flush (&b.order), EAGAIN);
  ck_assert (b.order.sink[MP_STREAM_OUT].blocked);
  ck_assert_str_eq (b.gone, "");
  /* The other stream does not overtake.  */
  if (_i != MP_GROUP_UNORDERED)
    {
      put (&b, 0, MP_STREAM_ERR, BYTES ("late\n"));
      ck_assert_int_eq (mp_order_advance (&b.order), 0);
      ck_assert_int_eq (mp_order_flush (&b.order), EAGAIN);
      read_now (b.far[MP_STREAM_ERR], &b.seen[MP_STREAM_ERR], SIZE_MAX);
      ck_assert_uint_eq (b.seen[MP_STREAM_ERR].len, 0);
      mp_order_end (&b.order, &b.output[0]);
    }
  deliver_all (&b, 5000);
  ck_assert_str_eq (b.gone, "0");
  size_t tags = _i == MP_GROUP_LINES ? n / 1000 * 4 : 0;
  ck_assert_uint_eq (b.seen[MP_STREAM_OUT].len, n + tags);
  bench_end (&b);
}
END_TEST

/* Even a tag may go out in two pieces.  */
START_TEST (blocked_in_tag)
{
  struct bench b;
  struct bytes exp = { 0 };
  enum { TAG = 3 * PIECE };
  char *tag = filled (TAG + 1, 't');
  for (int i = 0; i < TAG; i++)
    tag[i] = (char) ('a' + i % 23);
  tag[TAG] = '\0';
  bench_start (&b, _i, PLENTY, false);
  open_output (&b, 0, tag);
  open_output (&b, 1, NULL);
  put (&b, 0, MP_STREAM_OUT, BYTES ("1\n2\n"));
  put (&b, 1, MP_STREAM_OUT, BYTES ("other\n"));
  mp_order_end (&b.order, &b.output[0]);
  ck_assert_int_eq (mp_order_advance (&b.order), 0);
  ck_assert_int_eq (mp_order_flush (&b.order), EAGAIN);
  mp_order_end (&b.order, &b.output[1]);
  deliver_all (&b, 3000);
  for (int i = 0; i < 2; i++)
    {
      bytes_add (&exp, tag, TAG);
      bytes_add (&exp, i ? "2\n" : "1\n", 2);
    }
  bytes_add (&exp, BYTES ("other\n"));
  bytes_expect (&b.seen[MP_STREAM_OUT], exp.data, exp.len, "tagged lines");
  ck_assert_str_eq (b.gone, "01");
  bytes_free (&exp);
  free (tag);
  bench_end (&b);
}
END_TEST

/* A write that fails is told, by the put, the advance or the flush, whichever
   makes it.  */
START_TEST (failing)
{
  static int const errors[] = { EPIPE, ENOSPC };
  static size_t const sizes[] = { 1, PIECE, 4 * PIECE };
  int err_wanted = errors[_i / GROUPINGS];
  for (int i = 0; i < N_ENTRIES (sizes); i++)
    for (int stream = 0; stream < MP_STREAMS; stream++)
      {
        struct mp_order o;
        struct bench b = { .files = false };
        struct mp_output *out = &b.output[0];
        int fd[2];
        int good = open_file (BYTES (""));
        open_pipe (fd);
        close (fd[0]);
        if (err_wanted == ENOSPC)
          {
            close (fd[1]);
            fd[1] = open ("/dev/full", O_WRONLY | O_CLOEXEC);
            if (fd[1] < 0)
              {
                unit_skip ("there is no /dev/full");
                close (good);
                return;
              }
          }
        ck_assert_int_eq (mp_order_init (&o, _i % GROUPINGS,
                                         stream ? good : fd[1],
                                         stream ? fd[1] : good,
                                         PLENTY, note_delivered, &b), 0);
        mp_order_open (&o, out, NULL, 0);
        int err = 0;
        char *data = filled (sizes[i], '\n');
        err = mp_order_put (&o, out, stream, data, sizes[i]);
        free (data);
        if (!err)
          {
            mp_order_end (&o, out);
            err = mp_order_advance (&o);
          }
        if (!err)
          err = mp_order_flush (&o);
        ck_assert_int_eq (err, err_wanted);
        mp_order_free (&o);
        ck_assert_uint_eq (o.budget.used, 0);
        close (good);
        close (fd[1]);
      }
}
END_TEST

/* Without memory what was put before is kept.  */
START_TEST (no_memory)
{
  struct bench b;
  char *data = filled (3 * PIECE, 'x');
  bench_start (&b, _i, PLENTY, true);
  open_output (&b, 0, NULL);
  open_output (&b, 1, NULL);
  put (&b, 0, MP_STREAM_OUT, "0\n", 2);
  put (&b, 1, MP_STREAM_OUT, "1\n", 2);
  size_t used = b.order.budget.used;
  for (int allowed = 0; allowed < 3; allowed++)
    {
      shortage_after (allowed);
      int err = mp_order_put (&b.order, &b.output[1], MP_STREAM_OUT, data,
                              3 * PIECE);
      shortage_after (-1);
      ck_assert_int_eq (err, ENOMEM);
      ck_assert_uint_eq (b.order.budget.used, used);
    }
  mp_order_end (&b.order, &b.output[0]);
  mp_order_end (&b.order, &b.output[1]);
  deliver (&b);
  bytes_expect (&b.seen[MP_STREAM_OUT], BYTES ("0\n1\n"), "what was put");
  free (data);
  bench_end (&b);
}
END_TEST

START_TEST (init_no_memory)
{
  struct mp_order o;
  for (int allowed = 0; allowed < 2; allowed++)
    {
      shortage_after (allowed);
      int err = mp_order_init (&o, MP_GROUP_ORDERED, 1, 2, PLENTY,
                               note_delivered, NULL);
      shortage_after (-1);
      ck_assert_int_eq (err, ENOMEM);
    }
}
END_TEST

/* Random schedules.  Every byte of output K but newlines is of K's own
   range, so that one sees whose it is.  */
static char
byte_of (int k)
{
  return (char) (16 * (k + 1) + random_below (16));
}

/* Whose the byte C, no newline, is.  */
static int
owner (char c)
{
  return (unsigned char) c / 16 - 1;
}

/* What a random schedule has put and must see: the model.  */
struct model
{
  bool tagged;
  char tag[OUTPUTS][4];
  struct bytes text[OUTPUTS][MP_STREAMS];       /* as it is to be delivered */
  bool open[OUTPUTS], ended[OUTPUTS];
  int next;                     /* to be opened */
  char end_order[OUTPUTS + 1];
};

/* Add the LEN bytes at DATA, of output K, to what M expects of STREAM.  */
static void
expect (struct model *m, int k, int stream, char const *data, size_t len)
{
  struct bytes *t = &m->text[k][stream];
  for (size_t i = 0; i < len; i++)
    {
      if (m->tagged && (t->len == 0 || t->data[t->len - 1] == '\n'))
        bytes_add (t, m->tag[k], strlen (m->tag[k]));
      bytes_add (t, &data[i], 1);
    }
}

/* Put something on a stream of output K, as much as it may at most.  */
static void
put_random (struct bench *b, struct model *m, int k)
{
  static unsigned int const sizes[] = { 3, 100, 5000, PIECE + 1 };
  /* After so many bytes a line ends, more or less.  */
  static unsigned int const lines[] = { 5, 80, 100000 };
  static char data[PIECE];
  size_t max = mp_order_wants (&b->order, &b->output[k]);
  size_t len = random_below (sizes[random_below (N_ENTRIES (sizes))]);
  unsigned int line = lines[random_below (N_ENTRIES (lines))];
  int stream = random_below (MP_STREAMS);
  len = MIN (len, max);
  struct bytes const *t = &m->text[k][stream];
  char last = t->len ? t->data[t->len - 1] : '\n';
  for (size_t i = 0; i < len; i++)
    {
      /* An empty line would be nobody's.  */
      data[i] = last != '\n' && random_below (line) == 0 ? '\n' : byte_of (k);
      last = data[i];
    }
  put (b, k, stream, data, len);
  expect (m, k, stream, data, len);
}

/* End output K.  */
static void
end_random (struct bench *b, struct model *m, int k)
{
  bool lines = m->tagged || b->order.grouping == MP_GROUP_LINES;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct bytes *t = &m->text[k][i];
      if (lines && t->len && t->data[t->len - 1] != '\n')
        bytes_add (t, "\n", 1);
    }
  mp_order_end (&b->order, &b->output[k]);
  m->ended[k] = true;
  m->end_order[strlen (m->end_order)] = (char) ('0' + k);
}

/* After an advance of which no sink was in the way, nothing is left that
   could be delivered, and somebody may go on.  */
static void
expect_progress (struct bench const *b)
{
  struct mp_order const *o = &b->order;
  if (o->sink[MP_STREAM_OUT].blocked || o->sink[MP_STREAM_ERR].blocked
      || !o->first)
    return;
  bool wanted = false;
  for (struct mp_output const *out = o->first; out; out = out->next)
    {
      wanted |= !out->ended && mp_order_wants (o, out) > 0;
      switch (o->grouping)
        {
        case MP_GROUP_ORDERED:
          ENSURE (out != o->first || !out->ended);
          break;
        case MP_GROUP_UNORDERED:
          ENSURE (!out->ended || (o->current && !o->current->ended));
          break;
        case MP_GROUP_LINES:
          ENSURE (!out->ended || o->mid_line);
          break;
        }
    }
  ENSURE (wanted);
}

/* Check what was seen of STREAM whole: the texts in the order of
   delivery.  */
static void
check_whole (struct bench const *b, struct model const *m, int stream)
{
  struct bytes exp = { 0 };
  for (char const *p = b->gone; *p; p++)
    {
      struct bytes const *t = &m->text[*p - '0'][stream];
      bytes_add (&exp, t->data, t->len);
    }
  bytes_expect (&b->seen[stream], exp.data, exp.len, "whole outputs");
  bytes_free (&exp);
}

/* Check what was seen of STREAM line by line: no line has two owners, and each
   output's lines are all there, in their order.  */
static void
check_lines (struct bench const *b, struct model const *m, int stream)
{
  struct bytes part[OUTPUTS] = { { 0 } };
  int k = -1;
  for (size_t i = 0; i < b->seen[stream].len; i++)
    {
      char c = b->seen[stream].data[i];
      if (c != '\n')
        {
          ENSURE (k < 0 || k == owner (c));
          k = owner (c);
          ENSURE (0 <= k && k < OUTPUTS);
        }
      ENSURE (k >= 0);
      bytes_add (&part[k], &c, 1);
      if (c == '\n')
        k = -1;
    }
  for (k = 0; k < OUTPUTS; k++)
    {
      struct bytes const *t = &m->text[k][stream];
      bytes_expect (&part[k], t->data, t->len, "lines");
      bytes_free (&part[k]);
    }
}

/* One random schedule: SEED determines it all.  */
START_TEST (random_schedule)
{
  static size_t const limits[] = { 2 * PIECE, 5 * PIECE, PLENTY };
  static struct bench b;
  struct model m = { .tagged = _i / GROUPINGS % 2 };
  enum mp_grouping grouping = _i % GROUPINGS;
  random_start (_i);
  size_t limit = limits[random_below (N_ENTRIES (limits))];
  bool slow = random_below (2);
  bench_start (&b, grouping, limit, random_below (4) == 0);
  size_t ended = 0;
  for (int step = 0; ended < OUTPUTS; step++)
    {
      /* Whom one asks must not matter much: give it time.  */
      ENSURE (step < 100000);
      int k = random_below (m.next + 1);
      switch (random_below (8))
        {
        case 0:
          if (m.next == OUTPUTS || !mp_order_has_room (&b.order))
            break;
          k = m.next++;
          for (int i = 0; m.tagged && i < 3; i++)
            m.tag[k][i] = byte_of (k);
          open_output (&b, k, m.tagged ? m.tag[k] : NULL);
          m.open[k] = true;
          break;
        case 1:
          if (k < m.next && !m.ended[k] && random_below (6) == 0)
            {
              end_random (&b, &m, k);
              ended++;
            }
          break;
        case 2:
          look (&b, random_below (slow ? 3000 : 200000));
          break;
        case 3:
          {
            int err = mp_order_flush (&b.order);
            ENSURE (err == 0 || err == EAGAIN);
          }
          break;
        case 4:
          ENSURE (mp_order_advance (&b.order) == 0);
          expect_progress (&b);
          break;
        default:
          if (k < m.next && !m.ended[k])
            put_random (&b, &m, k);
        }
      /* The live one's may come on top, and a chunk that has room.  */
      ENSURE (b.order.budget.used <= limit + 4 * PIECE);
    }
  deliver_all (&b, SIZE_MAX);
  ck_assert_int_eq (strlen (b.gone), OUTPUTS);
  for (int i = 0; i < MP_STREAMS; i++)
    if (grouping == MP_GROUP_LINES)
      check_lines (&b, &m, i);
    else
      check_whole (&b, &m, i);
  if (grouping == MP_GROUP_UNORDERED && limit == PLENTY)
    ck_assert_str_eq (b.gone, m.end_order);
  for (size_t k = 0; grouping == MP_GROUP_ORDERED && k < OUTPUTS; k++)
    ck_assert_int_eq (b.gone[k], '0' + k);
  for (int k = 0; k < OUTPUTS; k++)
    for (int i = 0; i < MP_STREAMS; i++)
      bytes_free (&m.text[k][i]);
  bench_end (&b);
}
END_TEST

/* A failed write is to be seen as an errno value.  */
static void
ignore_sigpipe (void)
{
  signal (SIGPIPE, SIG_IGN);
}

int
main (void)
{
  Suite *s = suite_create ("order");
  TCase *t = unit_tcase ("order");
  tcase_add_unchecked_fixture (t, ignore_sigpipe, NULL);
  tcase_add_loop_test (t, script, 0, N_ENTRIES (scripts));
  tcase_add_test (t, budget_ordered);
  tcase_add_loop_test (t, budget_charges, 0, GROUPINGS);
  tcase_add_loop_test (t, budget_all_charged, 0, GROUPINGS);
  tcase_add_test (t, largest_unordered);
  tcase_add_test (t, long_line);
  tcase_add_test (t, long_line_dropped);
  tcase_add_test (t, tagged_long_line);
  tcase_add_loop_test (t, blocked, 0, GROUPINGS);
  tcase_add_loop_test (t, blocked_in_tag, 0, GROUPINGS);
  tcase_add_loop_test (t, failing, 0, 2 * GROUPINGS);
  tcase_add_loop_test (t, no_memory, 0, GROUPINGS);
  tcase_add_test (t, init_no_memory);
  tcase_add_loop_test (t, random_schedule, 0, 120);
  suite_add_tcase (s, t);
  return run_suite (s);
}
