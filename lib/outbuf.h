/* Bounded output buffers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_OUTBUF_H
#define MP_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>

/* Memory that several buffers share, in bytes.  The limit is advice: a
   buffer takes what it is given, and its user asks first.  */
struct mp_budget
{
  size_t limit;
  size_t used;
};

struct mp_chunk;

/* A queue of bytes.  All zero is an empty one.  */
struct mp_outbuf
{
  struct mp_chunk *first, *last;
  size_t length;                /* bytes held */
};

/* How many bytes BUDGET still has.  */
static inline size_t
mp_budget_left (struct mp_budget const *budget)
{
  return budget->used < budget->limit ? budget->limit - budget->used : 0;
}

/* Append a copy of the LEN bytes at DATA to B, on BUDGET's account.  Return
   0, or ENOMEM with B unchanged.  */
int mp_outbuf_add (struct mp_outbuf *b, struct mp_budget *budget,
                   char const *data, size_t len);

/* Store in *DATA where B's first bytes are and return how many of them lie
   there in one piece: 0 if B is empty.  They stay B's.  */
size_t mp_outbuf_peek (struct mp_outbuf const *b, char const **data);

/* Drop the first N bytes of what mp_outbuf_peek showed.  */
void mp_outbuf_drop (struct mp_outbuf *b, struct mp_budget *budget, size_t n);

/* A place in a buffer that does not change meanwhile.  */
struct mp_outbuf_mark
{
  struct mp_chunk const *chunk;
};

/* Return where the first bytes of B are.  */
struct mp_outbuf_mark mp_outbuf_begin (struct mp_outbuf const *b);

/* Store in *DATA where the bytes at *AT are, move *AT behind them, and return
   how many they are: 0 at the end.  They stay in the buffer.  */
size_t mp_outbuf_read (struct mp_outbuf_mark *at, char const **data);

/* Drop everything.  */
void mp_outbuf_clear (struct mp_outbuf *b, struct mp_budget *budget);

#endif
