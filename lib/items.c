/* Read items.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "minmax.h"

/* How much is read at a time, at first.  A longer item doubles it.  */
enum { READ_SIZE = 64 * 1024 };

int
mp_items_init (struct mp_items *r, int fd, char delimiter)
{
  *r = (struct mp_items) { .fd = fd, .delimiter = delimiter };
  int err = mp_readnow_init (&r->how, fd);
  if (err)
    return err;
  r->allocated = READ_SIZE;
  r->buffer = malloc (r->allocated + 1);
  return r->buffer ? 0 : ENOMEM;
}

void
mp_items_free (struct mp_items *r)
{
  free (r->buffer);
  r->buffer = NULL;
}

/* Move what R holds to the start of its buffer.  */
static void
pull_up (struct mp_items *r)
{
  if (r->start > 0)
    {
      memmove (r->buffer, r->buffer + r->start, r->end - r->start);
      r->end -= r->start;
      r->searched -= r->start;
      r->start = 0;
    }
}

/* Give back the memory that a huge item needed, which R has given, if the
   others do not need it.  */
static void
shrink (struct mp_items *r)
{
  if (r->allocated <= READ_SIZE || READ_SIZE / 2 < r->end - r->start)
    return;
  pull_up (r);
  char *smaller = realloc (r->buffer, READ_SIZE + 1);
  if (smaller)
    {
      r->buffer = smaller;
      r->allocated = READ_SIZE;
    }
}

/* Make room in R for reading at least one byte.  */
static int
make_room (struct mp_items *r)
{
  pull_up (r);
  if (r->end < r->allocated)
    return 0;
  /* The extra byte is for the NUL after the last item.  */
  size_t n = 2 * r->allocated;
  char *buffer = n > r->allocated ? realloc (r->buffer, n + 1) : NULL;
  if (!buffer)
    return ENOMEM;
  r->buffer = buffer;
  r->allocated = n;
  return 0;
}

/* Read more into R, without waiting.  */
static int
fill (struct mp_items *r)
{
  ssize_t n = mp_readnow (&r->how, r->fd, r->buffer + r->end,
                          r->allocated - r->end);
  if (n < 0)
    {
      if (errno == EAGAIN)
        return EAGAIN;
      /* Nobody knows how the item that was being read goes on.  */
      r->start = r->end = r->searched = 0;
      r->skipping = false;
      r->ended = true;
      return errno;
    }
  r->end += n;
  r->read += n;
  r->ended = n == 0;
  return 0;
}

/* Give the LEN bytes at R's start as *ITEM and step over them and over the
   DELIMITERS bytes behind.  */
static void
take (struct mp_items *r, size_t len, size_t delimiters, struct mp_item *item)
{
  item->data = r->buffer + r->start;
  item->len = len;
  item->data[len] = '\0';
  r->start += len + delimiters;
  r->searched = r->start;
}

/* Memory does not hold the item at R's start: drop what there is of it, and
   the rest as it comes.  */
static void
skip (struct mp_items *r)
{
  r->skipping = true;
  r->start = r->end = r->searched = 0;
}

int
mp_items_next (struct mp_items *r, struct mp_item *item)
{
  /* Not within one that is being read.  */
  if (r->searched == r->start)
    shrink (r);
  for (;;)
    {
      char *hit = memchr (r->buffer + r->searched, r->delimiter,
                          r->end - r->searched);
      if (hit)
        {
          take (r, hit - (r->buffer + r->start), 1, item);
          if (!r->skipping)
            return 0;
          r->skipping = false;
          return ENOMEM;
        }
      r->searched = r->end;

      if (r->ended)
        {
          bool lost = r->skipping;
          r->skipping = false;
          if (lost)
            {
              r->start = r->end;
              return ENOMEM;
            }
          if (r->start == r->end)
            *item = (struct mp_item) { NULL, 0 };
          else
            take (r, r->end - r->start, 0, item);
          return 0;
        }

      if (r->skipping)
        skip (r);
      else if (make_room (r) != 0)
        skip (r);
      int err = fill (r);
      if (err)
        return err;
    }
}

size_t
mp_items_more (struct mp_items *r, size_t max, size_t max_bytes,
               char const **data, size_t *len)
{
  *data = r->buffer + r->start;
  *len = 0;
  if (r->skipping)
    return 0;
  size_t n = mp_lines_count (*data, MIN (r->end - r->start, max_bytes),
                             r->delimiter, max, len);
  r->start += *len;
  r->searched = MAX (r->searched, r->start);
  return n;
}

bool
mp_items_rest (struct mp_items const *r, unsigned long long *n)
{
  unsigned long long left = 0;
  if (!r->ended && (!mp_readnow_left (r->fd, &left) || left))
    return false;
  size_t rest = r->end - r->start;
  size_t used;
  char const *data = r->buffer + r->start;
  *n = mp_lines_count (data, rest, r->delimiter, rest, &used);
  *n += used < rest;
  return true;
}

bool
mp_items_left (struct mp_items const *r, unsigned long long *given,
               unsigned long long *left)
{
  *left = 0;
  if (!r->ended && !mp_readnow_left (r->fd, left))
    return false;
  *given = r->read - (r->end - r->start);
  *left += r->end - r->start;
  return true;
}
