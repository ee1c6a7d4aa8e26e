/* Columns.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
mp_columns_free (struct mp_columns *c)
{
  for (size_t i = 0; i < c->n_names; i++)
    free (c->name[i].data);
  free (c->name);
  c->name = NULL;
  c->n_names = 0;
}

struct mp_column_name const *
mp_columns_find (struct mp_columns const *c, char const *name, size_t len)
{
  for (size_t i = 0; i < c->n_names; i++)
    if (c->name[i].len == len && memcmp (c->name[i].data, name, len) == 0)
      return &c->name[i];
  return NULL;
}

/* Add a name, the text of VALUE, to C.  Return 0 or ENOMEM.  */
static int
add_name (struct mp_columns *c, struct mp_item const *value, size_t item,
          size_t column)
{
  struct mp_column_name *names = reallocarray (c->name, c->n_names + 1,
                                               sizeof *names);
  if (!names)
    return ENOMEM;
  c->name = names;
  char *data = malloc (value->len + 1);
  if (!data)
    return ENOMEM;
  memcpy (data, value->data, value->len);
  data[value->len] = '\0';
  c->name[c->n_names++] = (struct mp_column_name) { data, value->len, item,
                                                    column };
  return 0;
}

int
mp_columns_name (struct mp_columns *c, size_t item,
                 struct mp_item const *header, struct mp_item *twice)
{
  struct mp_column_walk w = { c->separator, c->separator_len, header, 1, 0 };
  struct mp_item value;
  for (size_t column = 0; mp_columns_next (&w, &value); column++)
    {
      struct mp_column_name const *same
        = mp_columns_find (c, value.data, value.len);
      if (same)
        *twice = (struct mp_item) { same->data, same->len };
      int err = (!value.len ? EINVAL : same ? EEXIST
                 : add_name (c, &value, item, column));
      if (err)
        return err;
    }
  return 0;
}

void
mp_columns_cut (struct mp_column_walk *w, struct mp_item *value)
{
  char *start = w->item->data + w->at;
  size_t len = w->item->len - w->at;
  char *hit = memmem (start, len, w->separator, w->separator_len);
  *value = (struct mp_item) { start, hit ? (size_t) (hit - start) : len };
  if (hit)
    w->at += value->len + w->separator_len;
  else
    {
      w->item++;
      w->n_items--;
      w->at = 0;
    }
}

/* How many values the N items at ROW have as C has them.  */
static size_t
count_values (struct mp_columns const *c, struct mp_item const *row, size_t n)
{
  struct mp_column_walk w = mp_columns_walk (c, row, n);
  struct mp_item value;
  size_t count = 0;
  while (mp_columns_next (&w, &value))
    count++;
  return count;
}

bool
mp_columns_at (struct mp_columns const *c, struct mp_item const *row, size_t n,
               long int position, struct mp_item *value)
{
  bool cut = c && c->separator_len;
  size_t back = position < 0 ? - (unsigned long int) position : 0;
  size_t total = back ? cut ? count_values (c, row, n) : n : 0;
  if (total < back || !position)
    return false;
  size_t place = back ? total - back : (size_t) position - 1;
  if (!cut)
    {
      if (n <= place)
        return false;
      *value = row[place];
      return true;
    }
  struct mp_column_walk w = mp_columns_walk (c, row, n);
  do
    if (!mp_columns_next (&w, value))
      return false;
  while (place--);
  return true;
}
