/* Deliver the outputs of many tasks, each whole, in order, with bounded
   memory.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"

/* The most that a task puts at once, and that the one whose output goes out
   live may have waiting.  */
enum { PIECE = 64 * 1024 };

int
mp_order_init (struct mp_order *o, enum mp_grouping grouping,
               int out_fd, int err_fd, size_t limit,
               void (*delivered) (void *arg, struct mp_output *out),
               void *arg)
{
  *o = (struct mp_order) { .grouping = grouping, .budget.limit = limit,
                           .line_end = { '\n', '\n' },
                           .delivered = delivered, .arg = arg };
  int err = mp_sink_init (&o->sink[MP_STREAM_OUT], out_fd);
  if (!err)
    err = mp_sink_init (&o->sink[MP_STREAM_ERR], err_fd);
  if (err)
    mp_order_free (o);
  return err;
}

/* Make OUT the last output of O.  */
static void
append (struct mp_order *o, struct mp_output *out)
{
  out->prev = o->last;
  out->next = NULL;
  if (o->last)
    o->last->next = out;
  else
    o->first = out;
  o->last = out;
}

/* Take OUT out of O's list.  */
static void
unlink_output (struct mp_order *o, struct mp_output *out)
{
  if (out->prev)
    out->prev->next = out->next;
  else
    o->first = out->next;
  if (out->next)
    out->next->prev = out->prev;
  else
    o->last = out->prev;
}

void
mp_order_open (struct mp_order *o, struct mp_output *out, char *tag,
               size_t charge)
{
  *out = (struct mp_output) { .tag = tag,
                              .tag_len = tag ? strlen (tag) : 0 };
  out->charge = sizeof *out + out->tag_len + charge;
  o->budget.used += out->charge;
  append (o, out);
}

void
mp_order_postpone (struct mp_order *o, struct mp_output *out)
{
  unlink_output (o, out);
  append (o, out);
}

void
mp_order_retag (struct mp_order *o, struct mp_output *out, char *tag)
{
  size_t len = tag ? strlen (tag) : 0;
  o->budget.used = o->budget.used - out->tag_len + len;
  out->charge = out->charge - out->tag_len + len;
  free (out->tag);
  out->tag = tag;
  out->tag_len = len;
}

/* Take OUT out of O's list of those that have ended, if it is there.  */
static void
unlink_ended (struct mp_order *o, struct mp_output *out)
{
  struct mp_output *before = NULL;
  struct mp_output *p = o->first_ended;
  for (; p && p != out; p = p->next_ended)
    before = p;
  if (!p)
    return;
  if (before)
    before->next_ended = out->next_ended;
  else
    o->first_ended = out->next_ended;
  if (o->last_ended == out)
    o->last_ended = before;
}

void
mp_order_drop (struct mp_order *o, struct mp_output *out)
{
  unlink_output (o, out);
  if (o->grouping == MP_GROUP_UNORDERED && out->ended)
    unlink_ended (o, out);
  if (o->current == out)
    o->current = NULL;
  for (int i = 0; i < MP_STREAMS; i++)
    if (o->mid_line == &out->stream[i])
      o->mid_line = NULL;
  for (int i = 0; i < MP_STREAMS; i++)
    mp_outbuf_clear (&out->stream[i].buf, &o->budget);
  o->budget.used -= out->charge;
  free (out->tag);
}

void
mp_order_free (struct mp_order *o)
{
  while (o->first)
    mp_order_drop (o, o->first);
  mp_outbuf_clear (&o->note, &o->budget);
  for (int i = 0; i < MP_STREAMS; i++)
    mp_sink_free (&o->sink[i]);
}

bool
mp_order_is_live (struct mp_order const *o, struct mp_output const *out)
{
  if (o->held)
    return false;
  switch (o->grouping)
    {
    case MP_GROUP_ORDERED:
      return out == o->first;
    case MP_GROUP_UNORDERED:
      return out == o->current;
    case MP_GROUP_LINES:
      return (o->mid_line == &out->stream[MP_STREAM_OUT]
              || o->mid_line == &out->stream[MP_STREAM_ERR]);
    }
  return false;
}

struct mp_output *
mp_order_live (struct mp_order const *o)
{
  struct mp_output *out = (o->grouping == MP_GROUP_UNORDERED ? o->current
                           : o->grouping == MP_GROUP_LINES && !o->mid_line
                           ? NULL : o->first);
  while (out && !mp_order_is_live (o, out))
    out = o->grouping == MP_GROUP_LINES ? out->next : NULL;
  return out;
}

size_t
mp_order_wants (struct mp_order const *o, struct mp_output const *out)
{
  if (mp_order_is_live (o, out))
    {
      size_t waiting = (out->stream[MP_STREAM_OUT].buf.length
                        + out->stream[MP_STREAM_ERR].buf.length);
      return waiting < PIECE ? PIECE : 0;
    }
  if (PIECE <= mp_budget_left (&o->budget))
    return PIECE;
  /* What the caller keeps may be more than all that may wait.  Lines go out as
     they come, so whoever has nothing waiting may begin one.  */
  return (o->grouping == MP_GROUP_LINES && !o->mid_line
          && !out->stream[MP_STREAM_OUT].buf.length
          && !out->stream[MP_STREAM_ERR].buf.length ? PIECE : 0);
}

bool
mp_order_has_room (struct mp_order const *o)
{
  return !o->first || mp_budget_left (&o->budget) >= PIECE;
}

/* Put the notes that wait into their sink.  Return 0, EAGAIN if some are left,
   or an error.  */
static int
drain_notes (struct mp_order *o)
{
  while (o->note.length)
    {
      char const *data;
      size_t n = mp_outbuf_peek (&o->note, &data);
      size_t taken;
      int err = mp_sink_put (&o->sink[MP_STREAM_ERR], data, n, &taken);
      if (taken)
        mp_outbuf_drop (&o->note, &o->budget, taken);
      if (err || taken < n)
        return err ? err : EAGAIN;
    }
  return 0;
}

/* Put the LEN bytes at DATA into the sink for STREAM, after what the other
   stream has had; store in *TAKEN how many went.  */
static int
emit_bytes (struct mp_order *o, int stream, char const *data, size_t len,
            size_t *taken)
{
  *taken = 0;
  int note_err = drain_notes (o);
  if (note_err)
    return note_err == EAGAIN ? 0 : note_err;
  struct mp_sink *other = &o->sink[MP_STREAMS - 1 - stream];
  if (other->length)
    {
      /* Both may be the same terminal.  */
      int err = mp_sink_flush (other);
      if (err)
        return err == EAGAIN ? 0 : err;
    }
  return mp_sink_put (&o->sink[stream], data, len, taken);
}

/* Put the rest of OUT's tag for the line that begins on STREAM.  */
static int
emit_tag (struct mp_order *o, struct mp_output *out, int stream)
{
  struct mp_stream *st = &out->stream[stream];
  size_t n;
  int err = emit_bytes (o, stream, out->tag + st->tag_sent,
                        out->tag_len - st->tag_sent, &n);
  st->tag_sent += n;
  if (st->tag_sent == out->tag_len)
    {
      st->tag_sent = 0;
      st->mid_line = true;
    }
  return err;
}

/* Put the LEN bytes at DATA, from OUT's STREAM, into the sink, with OUT's tag
   before each line; store in *TAKEN how many went.  */
static int
emit (struct mp_order *o, struct mp_output *out, int stream,
      char const *data, size_t len, size_t *taken)
{
  struct mp_stream *st = &out->stream[stream];
  *taken = 0;
  while (*taken < len)
    {
      char const *start = data + *taken;
      size_t want = len - *taken;
      if (out->tag)
        {
          if (!st->mid_line)
            {
              int err = emit_tag (o, out, stream);
              if (err || !st->mid_line)
                return err;
            }
          char const *newline = memchr (start, o->line_end[stream], want);
          if (newline)
            want = newline - start + 1;
        }
      size_t n;
      int err = emit_bytes (o, stream, start, want, &n);
      if (n)
        st->mid_line = start[n - 1] != o->line_end[stream];
      *taken += n;
      if (err || n < want)
        return err;
    }
  return 0;
}

/* Put the first LEN of the bytes that OUT's STREAM has waiting into the
   sink.  Return 0, EAGAIN if some are left of them, or an error.  */
static int
drain (struct mp_order *o, struct mp_output *out, int stream, size_t len)
{
  struct mp_stream *st = &out->stream[stream];
  while (len > 0)
    {
      char const *data;
      size_t n = mp_outbuf_peek (&st->buf, &data);
      size_t taken;
      n = MIN (n, len);
      int err = emit (o, out, stream, data, n, &taken);
      if (taken)
        mp_outbuf_drop (&st->buf, &o->budget, taken);
      st->complete -= MIN (st->complete, taken);
      len -= taken;
      if (err || taken < n)
        return err ? err : EAGAIN;
    }
  return 0;
}

/* Whether what OUT has waiting goes out in whole lines, so that those of both
   streams do not mix where they go to one place.  */
static bool
wants_lines (struct mp_order const *o, struct mp_output const *out)
{
  return out->tag || o->grouping == MP_GROUP_LINES;
}

/* Put all that OUT has waiting into the sinks, but for the beginning of a line
   if lines matter; if it has ended, end its last lines then.  Return as drain
   does.  */
static int
drain_all (struct mp_order *o, struct mp_output *out)
{
  size_t waiting = (out->stream[MP_STREAM_OUT].buf.length
                    + out->stream[MP_STREAM_ERR].buf.length);
  bool all = out->ended || !wants_lines (o, out) || PIECE <= waiting;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct mp_stream *st = &out->stream[i];
      int err = drain (o, out, i, all ? st->buf.length : st->complete);
      if (err)
        return err;
      if (out->ended && st->mid_line && wants_lines (o, out))
        {
          size_t n;
          err = emit_bytes (o, i, &o->line_end[i], 1, &n);
          if (err || !n)
            return err ? err : EAGAIN;
          st->mid_line = false;
        }
    }
  return 0;
}

/* OUT was delivered.  */
static void
deliver (struct mp_order *o, struct mp_output *out)
{
  mp_order_drop (o, out);
  o->delivered (o->arg, out);
}

/* The output that has most waiting.  */
static struct mp_output *
largest (struct mp_order *o)
{
  struct mp_output *result = o->first;
  size_t most = 0;
  for (struct mp_output *out = o->first; out; out = out->next)
    {
      size_t n = (out->stream[MP_STREAM_OUT].buf.length
                  + out->stream[MP_STREAM_ERR].buf.length);
      if (most < n)
        {
          most = n;
          result = out;
        }
    }
  return result;
}

/* mp_order_advance for whole outputs: drain and deliver those whose turn it
   is.  Return as drain does.  */
static int
advance_whole (struct mp_order *o)
{
  while (!o->held)
    {
      struct mp_output *out = o->first;
      if (o->grouping == MP_GROUP_UNORDERED)
        {
          out = o->current ? o->current : o->first_ended;
          /* If all that may be held is held, somebody must go first.  */
          if (!out && mp_budget_left (&o->budget) < PIECE)
            out = largest (o);
          o->current = out;
        }
      if (!out)
        return 0;
      int err = drain_all (o, out);
      if (err || !out->ended)
        return err;
      deliver (o, out);
    }
  return 0;
}

/* Drain the whole lines that STREAM of OUT has, and more if it is within a
   line already or must begin one that is too long to be held.  */
static int
advance_stream (struct mp_order *o, struct mp_output *out, int stream)
{
  struct mp_stream *st = &out->stream[stream];
  /* The task in whose line the output is may go on with its other stream:
     it might not get to the end of the line before.  */
  if (o->mid_line && !mp_order_is_live (o, out))
    return 0;
  bool all = (out->ended || o->mid_line
              || mp_budget_left (&o->budget) < PIECE);
  int err = drain (o, out, stream, all ? st->buf.length : st->complete);
  o->mid_line = NULL;
  for (int i = 0; i < MP_STREAMS; i++)
    if (out->stream[i].mid_line || out->stream[i].tag_sent)
      o->mid_line = &out->stream[i];
  return err;
}

/* mp_order_advance line by line.  */
static int
advance_lines (struct mp_order *o)
{
  struct mp_output *next;
  for (struct mp_output *out = o->first; out; out = next)
    {
      next = out->next;
      bool was_live = mp_order_is_live (o, out);
      for (int i = 0; i < MP_STREAMS; i++)
        {
          int err = advance_stream (o, out, i);
          if (err)
            return err;
        }
      bool others_line = o->mid_line && !mp_order_is_live (o, out);
      if (out->ended && !others_line)
        {
          int err = drain_all (o, out);
          if (err)
            return err;
          o->mid_line = NULL;
          deliver (o, out);
        }
      /* Those before it may have waited for the end of its line.  */
      if (was_live && !o->mid_line)
        next = o->first;
    }
  return 0;
}

int
mp_order_advance (struct mp_order *o)
{
  int err = drain_notes (o);
  if (!err)
    err = (o->grouping == MP_GROUP_LINES
           ? advance_lines (o) : advance_whole (o));
  return err == EAGAIN ? 0 : err;
}

int
mp_order_put (struct mp_order *o, struct mp_output *out, int stream,
              char const *data, size_t len)
{
  struct mp_stream *st = &out->stream[stream];
  /* Nothing may overtake what waits on the other stream.  */
  if (!wants_lines (o, out) && mp_order_is_live (o, out)
      && !out->stream[MP_STREAM_OUT].buf.length
      && !out->stream[MP_STREAM_ERR].buf.length)
    {
      size_t taken;
      int err = emit (o, out, stream, data, len, &taken);
      if (err)
        return err;
      data += taken;
      len -= taken;
    }
  if (wants_lines (o, out))
    {
      char const *newline = memrchr (data, o->line_end[stream], len);
      if (newline)
        st->complete = st->buf.length + (newline - data) + 1;
    }
  return len ? mp_outbuf_add (&st->buf, &o->budget, data, len) : 0;
}

int
mp_order_pass (struct mp_order *o, char const *data, size_t len,
               size_t *taken)
{
  return emit_bytes (o, MP_STREAM_OUT, data, len, taken);
}

int
mp_order_note (struct mp_order *o, char const *data, size_t len)
{
  size_t taken = 0;
  int err = drain_notes (o);
  /* What is on the other stream comes before.  */
  if (!err && o->sink[MP_STREAM_OUT].length)
    err = mp_sink_flush (&o->sink[MP_STREAM_OUT]);
  if (!err)
    err = mp_sink_put (&o->sink[MP_STREAM_ERR], data, len, &taken);
  if (err && err != EAGAIN)
    return err;
  return (taken < len
          ? mp_outbuf_add (&o->note, &o->budget, data + taken, len - taken)
          : 0);
}

bool
mp_order_has_more (struct mp_order const *o)
{
  struct mp_output const *next = (o->grouping == MP_GROUP_UNORDERED
                                  ? o->current ? o->current : o->first_ended
                                  : o->first);
  return (o->note.length || o->sink[MP_STREAM_OUT].length
          || o->sink[MP_STREAM_ERR].length || (next && next->ended));
}

void
mp_order_end (struct mp_order *o, struct mp_output *out)
{
  out->ended = true;
  if (o->grouping != MP_GROUP_UNORDERED || o->current == out)
    return;
  if (o->last_ended)
    o->last_ended->next_ended = out;
  else
    o->first_ended = out;
  o->last_ended = out;
}

int
mp_order_flush (struct mp_order *o)
{
  int result = 0;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      int err = mp_sink_flush (&o->sink[i]);
      if (err && result == 0)
        result = err;
      if (err && err != EAGAIN)
        return err;
    }
  return result;
}
