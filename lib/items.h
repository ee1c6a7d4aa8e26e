/* Read items: lines, NUL-terminated or delimited strings, of any bytes and
   any length.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_ITEMS_H
#define MP_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "readnow.h"

/* An item.  DATA is followed by a NUL byte that does not count.  */
struct mp_item
{
  char *data;
  size_t len;
};

/* A reader.  Its users look at FD only, to wait for input.  */
struct mp_items
{
  int fd;                       /* where from; not owned */
  char delimiter;
  struct mp_readnow how;
  bool ended;
  bool skipping;                /* within an item that memory did not hold */
  char *buffer;
  size_t allocated;
  size_t start, end;            /* the bytes read and not yet given */
  size_t searched;              /* no delimiter from START up to here */
  unsigned long long read;      /* bytes read in all */
};

/* Make R read items that end with DELIMITER (the last one also with the end
   of input) from descriptor FD, which stays the caller's.  Return 0 or an
   errno value.  */
int mp_items_init (struct mp_items *r, int fd, char delimiter);

/* Free what R holds.  */
void mp_items_free (struct mp_items *r);

/* Give the next item in *ITEM; its bytes stay R's and are good until the
   next call.  Never wait: at the end, ITEM->data is null.
   Return 0; EAGAIN if R->fd must become readable first; ENOMEM if memory
   cannot hold the next item, which is then left out; or the errno value of
   a failed read, after which the input has ended: an item that was not read
   whole is left out.  */
int mp_items_next (struct mp_items *r, struct mp_item *item);

/* Give items that R has read already, MAX at most and of MAX_BYTES bytes at
   most: store where they are in *DATA, in one piece and
   each with its delimiter, and in *LEN how many bytes that is.  They stay R's
   and are good until the next call.  Return how many there are.  */
size_t mp_items_more (struct mp_items *r, size_t max, size_t max_bytes,
                      char const **data, size_t *len);

/* Store in *N how many items R has still to give, if it holds them all.  Return
   whether it does.  */
bool mp_items_rest (struct mp_items const *r, unsigned long long *n);

/* Store in *GIVEN how many bytes of the input R has given as items, and in
   *LEFT how many there are still, if that can be known: of a regular file, and
   of a pipe that nobody writes to any more.  Return whether it can.  */
bool mp_items_left (struct mp_items const *r, unsigned long long *given,
                    unsigned long long *left);

#endif
