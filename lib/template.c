/* Command templates: what their parts mean.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "templateparts.h"

#include <stdlib.h>
#include <string.h>

bool
mp_template_is_item (enum part_kind kind)
{
  return PART_ITEM <= kind && kind <= PART_BASENAME_NO_EXTENSION;
}

bool
mp_template_takes_task (struct mp_template const *t,
                        struct argument const *a)
{
  return !t->columns && a->positions;
}

bool
mp_template_is_list (struct argument const *a)
{
  return a->n_parts == 1 && a->item_parts && !a->positions;
}

size_t
mp_template_row_width (struct mp_template const *t)
{
  return t->columns ? t->columns->width : 1;
}

void
mp_template_free (struct mp_template *t)
{
  if (!t)
    return;
  for (size_t i = 0; t->argument && i < t->n; i++)
    free (t->argument[i].part);
  free (t->argument);
  free (t);
}

bool
mp_template_fixed_program (struct mp_template const *t)
{
  struct argument const *a = &t->argument[0];
  for (size_t i = 0; i < a->n_parts; i++)
    if (a->part[i].kind != PART_TEXT)
      return false;
  return true;
}

bool
mp_template_takes_items (struct mp_template const *t)
{
  return t->takes_items;
}

/* Cut the extension off the LEN bytes at S: return the length without it.
   An extension is a dot and what follows, within the last component.  */
static size_t
without_extension (char const *s, size_t len)
{
  for (size_t i = len; i-- > 0 && s[i] != '/'; )
    if (s[i] == '.')
      return i;
  return len;
}

/* Where the last component of the LEN bytes at S starts: after the last
   slash.  */
static size_t
basename_start (char const *s, size_t len)
{
  char const *slash = memrchr (s, '/', len);
  return slash ? slash - s + 1 : 0;
}

/* Store in *TEXT the directory of the LEN bytes at S, "." if they name none,
   and return its length.  As with dirname(1), trailing slashes are no part
   of the name.  */
static size_t
dirname_of (char const *s, size_t len, char const **text)
{
  while (len > 1 && s[len - 1] == '/')
    len--;
  size_t n = basename_start (s, len);
  *text = n ? s : ".";
  if (!n)
    return 1;
  while (n > 1 && s[n - 1] == '/')
    n--;
  return n;
}

size_t
mp_template_meaning (enum part_kind kind, struct mp_item const *value,
                     char const **text)
{
  char const *s = value->data;
  size_t len = value->len;
  size_t start;
  *text = s;
  switch (kind)
    {
    case PART_NO_EXTENSION:
      return without_extension (s, len);
    case PART_BASENAME:
    case PART_BASENAME_NO_EXTENSION:
      start = basename_start (s, len);
      *text = s + start;
      return (kind == PART_BASENAME ? len - start
              : without_extension (s + start, len - start));
    case PART_DIRNAME:
      return dirname_of (s, len, text);
    default:
      return len;
    }
}

bool
mp_template_one_value (struct mp_template const *t, struct part const *part,
                       struct row const *row, struct mp_item *value)
{
  if (!part->named)
    return mp_columns_at (t->columns, row->item, row->n, part->position,
                          value);
  return (part->item < row->n
          && mp_columns_at (t->columns, row->item + part->item, 1,
                            part->position, value));
}
