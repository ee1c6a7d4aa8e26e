/* Bounded output buffers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "outbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"

/* A piece of a buffer.  Bytes come in at END and go out at START.  */
struct mp_chunk
{
  struct mp_chunk *next;
  size_t size, start, end;
  char data[];
};

/* New chunks double from what a short task prints up to this size, so that
   a million small outputs and one large one both waste little.  */
enum { CHUNK_MIN = 64, CHUNK_MAX = 64 * 1024 };

/* Append an empty chunk to B with room for some of WANT bytes.  */
static int
grow (struct mp_outbuf *b, struct mp_budget *budget, size_t want)
{
  size_t size = MAX (want, 2 * b->length);
  size = MIN (MAX (size, CHUNK_MIN), CHUNK_MAX);
  struct mp_chunk *c = malloc (sizeof *c + size);
  if (!c)
    return ENOMEM;
  *c = (struct mp_chunk) { .size = size };
  if (b->last)
    b->last->next = c;
  else
    b->first = c;
  b->last = c;
  budget->used += sizeof *c + size;
  return 0;
}

/* Drop the first chunk of B.  */
static void
shift (struct mp_outbuf *b, struct mp_budget *budget)
{
  struct mp_chunk *c = b->first;
  b->first = c->next;
  if (!b->first)
    b->last = NULL;
  budget->used -= sizeof *c + c->size;
  free (c);
}

/* Drop the chunks of B after KEEP, or all if KEEP is null.  They are empty.  */
static void
cut (struct mp_outbuf *b, struct mp_budget *budget, struct mp_chunk *keep)
{
  struct mp_chunk *next;
  for (struct mp_chunk *c = keep ? keep->next : b->first; c; c = next)
    {
      next = c->next;
      budget->used -= sizeof *c + c->size;
      free (c);
    }
  if (keep)
    keep->next = NULL;
  else
    b->first = NULL;
  b->last = keep;
}

int
mp_outbuf_add (struct mp_outbuf *b, struct mp_budget *budget,
               char const *data, size_t len)
{
  /* Make the room first: a failure must leave B as it was.  */
  struct mp_chunk *last = b->last;
  size_t tail = last ? last->size - last->end : 0;
  for (size_t room = tail; room < len; room += b->last->size)
    if (grow (b, budget, len - room) != 0)
      {
        cut (b, budget, last);
        return ENOMEM;
      }

  for (struct mp_chunk *c = last ? last : b->first; len > 0; c = c->next)
    {
      size_t n = MIN (len, c->size - c->end);
      memcpy (c->data + c->end, data, n);
      c->end += n;
      data += n;
      len -= n;
      b->length += n;
    }
  return 0;
}

size_t
mp_outbuf_peek (struct mp_outbuf const *b, char const **data)
{
  if (!b->length)
    return 0;
  *data = b->first->data + b->first->start;
  return b->first->end - b->first->start;
}

void
mp_outbuf_drop (struct mp_outbuf *b, struct mp_budget *budget, size_t n)
{
  b->first->start += n;
  b->length -= n;
  if (b->first->start == b->first->end)
    shift (b, budget);
}

struct mp_outbuf_mark
mp_outbuf_begin (struct mp_outbuf const *b)
{
  return (struct mp_outbuf_mark) { .chunk = b->first };
}

size_t
mp_outbuf_read (struct mp_outbuf_mark *at, char const **data)
{
  struct mp_chunk const *c = at->chunk;
  if (!c)
    return 0;
  at->chunk = c->next;
  *data = c->data + c->start;
  return c->end - c->start;
}

void
mp_outbuf_clear (struct mp_outbuf *b, struct mp_budget *budget)
{
  while (b->first)
    shift (b, budget);
  b->length = 0;
}
