/* Command templates: how long commands become.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "templateparts.h"

size_t
mp_template_base_size (struct mp_template const *t)
{
  return t->base_size;
}

/* How many bytes PART of T makes of all values of ROW, and one more for
   each.  */
static size_t
values_size (struct mp_template const *t, struct part const *part,
             struct row const *row)
{
  struct mp_column_walk w = mp_columns_walk (t->columns, row->item, row->n);
  struct mp_item value;
  char const *text;
  size_t size = 0;
  while (mp_columns_next (&w, &value))
    size += mp_template_meaning (part->kind, &value, &text) + 1;
  return size;
}

/* How many bytes A of T, which takes a task, has for ITEM, whose number in the
   task is INDEX; at most.  */
static size_t
share_in_task (struct mp_template const *t, struct argument const *a,
               struct mp_item const *item, size_t index)
{
  struct row const row = { item, 1 };
  size_t size = 0;
  for (size_t i = 0; i < a->n_parts; i++)
    {
      struct part const *part = &a->part[i];
      /* Which item is the last one, nobody knows yet.  */
      if (mp_template_is_item (part->kind)
          && (part->position <= 0 || (size_t) part->position == index + 1))
        size += values_size (t, part, &row);
    }
  return size;
}

/* How many bytes A of T, which is repeated, has for ROW.  */
static size_t
argument_size (struct mp_template const *t, struct argument const *a,
               struct row const *row)
{
  size_t size = 1;
  for (size_t i = 0; i < a->n_parts; i++)
    {
      struct part const *part = &a->part[i];
      struct mp_item value;
      char const *text;
      if (part->kind == PART_TEXT)
        size += part->len;
      else if (!mp_template_is_item (part->kind))
        size += MP_TEMPLATE_NUMBER_MAX;
      else if (!part->position)
        size += values_size (t, part, row) - 1;
      else if (mp_template_one_value (t, part, row, &value))
        size += mp_template_meaning (part->kind, &value, &text);
    }
  return size;
}

size_t
mp_template_row_size (struct mp_template const *t, struct mp_item const *row,
                      size_t index)
{
  struct row const r = { row, mp_template_row_width (t) };
  size_t size = 0;
  for (size_t k = 0; k < t->n; k++)
    {
      struct argument const *a = &t->argument[k];
      if (!a->item_parts)
        continue;
      size += (mp_template_takes_task (t, a) ? share_in_task (t, a, row, index)
               : mp_template_is_list (a) ? values_size (t, &a->part[0], &r)
               : argument_size (t, a, &r));
    }
  return size;
}
