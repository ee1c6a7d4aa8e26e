/* Messages over a stream of bytes: framed and checked.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minmax.h"

/* How much is read at once.  */
enum { PIECE = 64 * 1024 };

/* Memory that a buffer keeps when it is empty.  */
enum { KEPT = 256 * 1024 };

static size_t
length (struct mp_bytes const *b)
{
  return b->end - b->start;
}

static void
clear (struct mp_bytes *b)
{
  free (b->data);
  *b = (struct mp_bytes) { .data = NULL };
}

/* Make room for N bytes more behind what B has.  Return 0 or ENOMEM.  */
static int
reserve (struct mp_bytes *b, size_t n)
{
  size_t len = length (b);
  if (n <= b->allocated - b->end)
    return 0;
  /* Moving is worth it if little is to be moved.  */
  if (len <= b->start && len + n <= b->allocated)
    {
      memcpy (b->data, b->data + b->start, len);
      b->start = 0;
      b->end = len;
      return 0;
    }
  size_t size = MAX (PIECE, b->allocated);
  while (size < len + n)
    size *= 2;
  char *data = malloc (size);
  if (!data)
    return ENOMEM;
  if (len)
    memcpy (data, b->data + b->start, len);
  free (b->data);
  *b = (struct mp_bytes) { .data = data, .end = len, .allocated = size };
  return 0;
}

/* The first N bytes of B are done with.  */
static void
drop (struct mp_bytes *b, size_t n)
{
  b->start += n;
  if (b->start < b->end)
    return;
  b->start = b->end = 0;
  if (KEPT < b->allocated)
    clear (b);
}

/* Append the LEN bytes at DATA to B.  Return 0 or ENOMEM.  */
static int
append (struct mp_bytes *b, char const *data, size_t len)
{
  int err = reserve (b, len);
  if (!err && len)
    memcpy (b->data + b->end, data, len);
  if (!err)
    b->end += len;
  return err;
}

void
mp_wire_free (struct mp_wire *w)
{
  clear (&w->in);
  clear (&w->out);
  clear (&w->part);
}

/* Store N in the SIZE bytes at P.  */
static void
store (char *p, uint64_t n, int size)
{
  for (int i = 0; i < size; i++)
    p[i] = (char) (n >> 8 * i & 0xff);
}

/* The number in the SIZE bytes at P.  */
static uint64_t
load (char const *p, int size)
{
  uint64_t n = 0;
  for (int i = 0; i < size; i++)
    n |= (uint64_t) (unsigned char) p[i] << 8 * i;
  return n;
}

void
mp_wire_put_raw (struct mp_wire *w, char const *data, size_t len)
{
  if (append (&w->out, data, len) != 0)
    w->failed = true;
}

/* The checksum of the LEN bytes at P.  */
static uint64_t
checksum (char const *p, size_t len)
{
  uint32_t sum = 0, sums = 0;
  for (; 4 <= len; p += 4, len -= 4)
    {
      sum += load (p, 4);
      sums += sum;
    }
  if (len)
    {
      sum += load (p, len);
      sums += sum;
    }
  return (uint64_t) sums << 32 | sum;
}

/* Where the parts of a header are.  */
enum { LENGTH_AT = 8, TYPE_AT = 12 };

/* Write the header of a frame of TYPE; the rest of it comes later.  */
static void
begin_frame (struct mp_wire *w, int type)
{
  char header[MP_WIRE_HEADER] = { 0 };
  header[TYPE_AT] = (char) type;
  w->frame = length (&w->out);
  mp_wire_put_raw (w, header, sizeof header);
}

void
mp_wire_begin (struct mp_wire *w, int type)
{
  begin_frame (w, type);
}

/* The frame that was begun is whole.  */
static void
end_frame (struct mp_wire *w)
{
  if (w->failed)
    return;
  char *frame = w->out.data + w->out.start + w->frame;
  size_t len = length (&w->out) - w->frame;
  store (frame + LENGTH_AT, len - MP_WIRE_HEADER, 4);
  store (frame, checksum (frame + LENGTH_AT, len - LENGTH_AT), LENGTH_AT);
}

void
mp_wire_end (struct mp_wire *w)
{
  end_frame (w);
}

void
mp_wire_put_bytes (struct mp_wire *w, char const *data, size_t len)
{
  while (!w->failed)
    {
      size_t has = length (&w->out) - w->frame - MP_WIRE_HEADER;
      size_t n = MIN (len, MP_WIRE_PAYLOAD_MAX - has);
      mp_wire_put_raw (w, data, n);
      data += n;
      len -= n;
      if (!len || w->failed)
        return;
      /* It goes on in another frame, which has the type.  */
      char *type = w->out.data + w->out.start + w->frame + TYPE_AT;
      int whole_type = (unsigned char) *type;
      *type = (char) MP_WIRE_PART;
      end_frame (w);
      begin_frame (w, whole_type);
    }
}

/* Write N in SIZE bytes.  */
static void
put_number (struct mp_wire *w, uint64_t n, int size)
{
  char bytes[8];
  store (bytes, n, size);
  mp_wire_put_bytes (w, bytes, size);
}

void
mp_wire_put_u8 (struct mp_wire *w, unsigned int n)
{
  put_number (w, n, 1);
}

void
mp_wire_put_u32 (struct mp_wire *w, uint32_t n)
{
  put_number (w, n, 4);
}

void
mp_wire_put_u64 (struct mp_wire *w, uint64_t n)
{
  put_number (w, n, 8);
}

void
mp_wire_put_string (struct mp_wire *w, char const *data, size_t len)
{
  mp_wire_put_u32 (w, len);
  mp_wire_put_bytes (w, data, len);
}

size_t
mp_wire_waiting (struct mp_wire const *w)
{
  return length (&w->out);
}

int
mp_wire_push (struct mp_wire *w, int fd)
{
  while (length (&w->out))
    {
      ssize_t n = write (fd, w->out.data + w->out.start, length (&w->out));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return errno;
      drop (&w->out, n);
    }
  return 0;
}

/* Drop the frame that was given away.  */
static void
drop_used (struct mp_wire *w)
{
  if (w->used)
    drop (&w->in, (MP_WIRE_HEADER
                   + load (w->in.data + w->in.start + LENGTH_AT, 4)));
  w->used = false;
}

int
mp_wire_pull (struct mp_wire *w, int fd)
{
  drop_used (w);
  int err = reserve (&w->in, PIECE);
  if (err)
    return err;
  ssize_t n;
  do
    n = read (fd, w->in.data + w->in.end, w->in.allocated - w->in.end);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return errno;
  w->ended = !n;
  w->in.end += n;
  return 0;
}

/* Let M be the message whose last frame has TYPE and the LEN bytes at DATA, to
   which the parts before it belong.  Return 0 or an errno value.  */
static int
join (struct mp_wire *w, struct mp_message *m, int type, char const *data,
      size_t len)
{
  *m = (struct mp_message) { .type = type, .data = data, .len = len };
  if (!length (&w->part))
    return 0;
  if (append (&w->part, data, len) != 0)
    return ENOMEM;
  m->data = w->part.data + w->part.start;
  m->len = length (&w->part);
  /* The bytes stay there until something is appended.  */
  w->part.start = w->part.end;
  return 0;
}

int
mp_wire_next (struct mp_wire *w, struct mp_message *m)
{
  for (;;)
    {
      drop_used (w);
      char const *frame = w->in.data + w->in.start;
      size_t has = length (&w->in);
      if (w->part.start && w->part.start == w->part.end)
        drop (&w->part, 0);
      if (has < MP_WIRE_HEADER)
        return EAGAIN;
      size_t len = load (frame + LENGTH_AT, 4);
      int type = (unsigned char) frame[TYPE_AT];
      if (MP_WIRE_PAYLOAD_MAX < len || load (frame + TYPE_AT + 1, 3))
        return EBADMSG;
      if (has - MP_WIRE_HEADER < len)
        return EAGAIN;
      if (checksum (frame + LENGTH_AT, MP_WIRE_HEADER - LENGTH_AT + len)
          != load (frame, LENGTH_AT))
        return EBADMSG;
      w->used = true;
      frame += MP_WIRE_HEADER;
      if (type != MP_WIRE_PART)
        return join (w, m, type, frame, len);
      if (MP_WIRE_MESSAGE_MAX - length (&w->part) < len)
        return EBADMSG;
      if (append (&w->part, frame, len) != 0)
        return ENOMEM;
    }
}

/* Take LEN bytes off M, and return where they are; null if it has less.  */
static char const *
take (struct mp_message *m, size_t len)
{
  char const *p = m->data;
  m->bad |= m->len < len;
  if (m->bad)
    return NULL;
  m->data += len;
  m->len -= len;
  return p;
}

/* Take a number of SIZE bytes off M.  */
static uint64_t
take_number (struct mp_message *m, int size)
{
  char const *p = take (m, size);
  return p ? load (p, size) : 0;
}

unsigned int
mp_message_u8 (struct mp_message *m)
{
  return take_number (m, 1);
}

uint32_t
mp_message_u32 (struct mp_message *m)
{
  return take_number (m, 4);
}

uint64_t
mp_message_u64 (struct mp_message *m)
{
  return take_number (m, 8);
}

char const *
mp_message_string (struct mp_message *m, size_t *len)
{
  size_t n = mp_message_u32 (m);
  char const *p = take (m, n);
  *len = p ? n : 0;
  return p ? p : "";
}
