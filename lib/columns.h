/* Columns: rows of items, and the parts of these.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_COLUMNS_H
#define MP_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "items.h"

/* The name of a column.  */
struct mp_column_name
{
  char *data;                   /* owned, LEN bytes and a NUL */
  size_t len;
  size_t item, column;          /* which item of a row, and which column of
                                   that, from 0 */
};

/* What rows are made of.  A row is WIDTH items, each of which is cut into
   columns at every SEPARATOR.  The values of the row are all its columns, one
   after the other.  */
struct mp_columns
{
  size_t width;                 /* at least 1 */
  char const *separator;        /* not owned */
  size_t separator_len;         /* 0: an item is one column */
  struct mp_column_name *name;  /* owned */
  size_t n_names;
};

/* Free what C owns.  */
void mp_columns_free (struct mp_columns *c);

/* Let the columns of HEADER be the names of those of the item number ITEM of
   each row.  Return 0; ENOMEM; EINVAL if a name is empty; or EEXIST if there is
   one already, which is stored in *TWICE.  */
int mp_columns_name (struct mp_columns *c, size_t item,
                     struct mp_item const *header,
                     struct mp_item *twice);

/* The column of C whose name is the LEN bytes at NAME, or null.  */
struct mp_column_name const *
mp_columns_find (struct mp_columns const *c, char const *name, size_t len);

/* A walk over the values of a row.  */
struct mp_column_walk
{
  char const *separator;        /* SEPARATOR_LEN bytes; 0: none */
  size_t separator_len;
  struct mp_item const *item;   /* those to come, the first perhaps in part */
  size_t n_items;
  size_t at;                    /* where in the first one */
};

/* Begin a walk over the values of the N items at ROW as C has them; if C is
   null, the items themselves are the values.  */
static inline struct mp_column_walk
mp_columns_walk (struct mp_columns const *c, struct mp_item const *row,
                 size_t n)
{
  return (struct mp_column_walk) { c ? c->separator : NULL,
                                   c ? c->separator_len : 0, row, n, 0 };
}

/* Let *VALUE be the next part of the first item of W, which has a
   separator.  */
void mp_columns_cut (struct mp_column_walk *w, struct mp_item *value);

/* Store the next value of W in *VALUE, which is a part of an item and, unlike
   an item, not terminated.  Return false if there is none.  */
static inline bool
mp_columns_next (struct mp_column_walk *w, struct mp_item *value)
{
  if (!w->n_items)
    return false;
  if (w->separator_len)
    mp_columns_cut (w, value);
  else
    {
      *value = *w->item++;
      w->n_items--;
    }
  return true;
}

/* Store in *VALUE the value number POSITION of the N items at ROW as C, which
   may be null, has them: from 1 on, or from -1 on back from the last.
   Return whether there is one.  */
bool mp_columns_at (struct mp_columns const *c, struct mp_item const *row,
                    size_t n, long int position, struct mp_item *value);

#endif
