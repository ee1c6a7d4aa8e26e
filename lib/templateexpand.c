/* Command templates: how they are expanded.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "templateparts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"

/* How many bytes of a command are kept from one expansion to the next.  */
enum { KEPT_MAX = 1024 * 1024 };

/* How many times A of T is made with the values E, but for lists.  */
static size_t
count_rows (struct mp_template const *t, struct argument const *a,
            struct mp_expansion const *e)
{
  return (!a->item_parts || mp_template_takes_task (t, a) ? 1
          : e->n_items / mp_template_row_width (t));
}

/* The items for which A of T is made the time number K, from 0.  */
static struct row
get_row (struct mp_template const *t, struct argument const *a,
         struct mp_expansion const *e, size_t k)
{
  size_t width = mp_template_row_width (t);
  return (!a->item_parts ? (struct row) { NULL, 0 }
          : mp_template_takes_task (t, a) ? (struct row) { e->item, e->n_items }
          : (struct row) { e->item + k * width, width });
}

/* Append the LEN bytes at TEXT to C's bytes.  */
static int
add_bytes (struct mp_command *c, char const *text, size_t len)
{
  if (len == 0)
    return 0;
  if (c->bytes_allocated - c->n_bytes < len)
    {
      size_t n = MAX (2 * c->bytes_allocated, c->n_bytes + len);
      char *bytes = realloc (c->bytes, n);
      if (!bytes)
        return ENOMEM;
      c->bytes = bytes;
      c->bytes_allocated = n;
    }
  memcpy (c->bytes + c->n_bytes, text, len);
  c->n_bytes += len;
  return 0;
}

/* Begin an argument of C.  Until all are there, ARGV holds offsets, since the
   bytes may move.  */
static int
begin_argument (struct mp_command *c)
{
  if (c->argc + 1 >= c->argv_allocated)
    {
      size_t n = 2 * c->argv_allocated + 16;
      char **argv = reallocarray (c->argv, n, sizeof *argv);
      if (!argv)
        return ENOMEM;
      c->argv = argv;
      c->argv_allocated = n;
    }
  c->argv[c->argc++] = (char *) (uintptr_t) c->n_bytes;
  return 0;
}

/* Append to C what KIND makes of VALUE.  */
static int
add_value (struct mp_command *c, enum part_kind kind,
           struct mp_item const *value)
{
  char const *text;
  size_t len = mp_template_meaning (kind, value, &text);
  return add_bytes (c, text, len);
}

/* Append to C what PART of T makes of all values of ROW, with blanks between
   them.  */
static int
add_values (struct mp_command *c, struct mp_template const *t,
            struct part const *part, struct row const *row)
{
  struct mp_column_walk w = mp_columns_walk (t->columns, row->item, row->n);
  struct mp_item value;
  int err = 0;
  for (bool first = true; !err && mp_columns_next (&w, &value); first = false)
    {
      err = first ? 0 : add_bytes (c, " ", 1);
      if (!err)
        err = add_value (c, part->kind, &value);
    }
  return err;
}

/* Append to C what PART of T stands for with the values E and ROW.  */
static int
add_meaning (struct mp_command *c, struct mp_template const *t,
             struct part const *part, struct mp_expansion const *e,
             struct row const *row)
{
  char number[MP_TEMPLATE_NUMBER_MAX];
  struct mp_item value;
  if (part->kind == PART_TEXT)
    return add_bytes (c, part->text, part->len);
  if (part->kind == PART_INDEX)
    return add_bytes (c, number, snprintf (number, sizeof number, "%llu",
                                           e->index));
  if (part->kind == PART_SLOT)
    return add_bytes (c, number, snprintf (number, sizeof number, "%u",
                                           e->slot));
  if (!part->position)
    return add_values (c, t, part, row);
  return (mp_template_one_value (t, part, row, &value)
          ? add_value (c, part->kind, &value) : ENODATA);
}

/* Whether C is longer than E lets it be.  */
static bool
is_too_long (struct mp_command const *c, struct mp_expansion const *e)
{
  return e->max_bytes && e->max_bytes < c->n_bytes;
}

/* Append to C the argument A of T, with the values E and ROW.  */
static int
add_argument (struct mp_command *c, struct mp_template const *t,
              struct argument const *a, struct mp_expansion const *e,
              struct row const *row)
{
  int err = begin_argument (c);
  for (size_t k = 0; k < a->n_parts && !err; k++)
    err = (is_too_long (c, e) ? E2BIG
           : add_meaning (c, t, &a->part[k], e, row));
  return err ? err : add_bytes (c, "", 1);
}

/* Append to C an argument for each value of ROW, with the values E, as A of T,
   which is a list, has it.  */
static int
add_list (struct mp_command *c, struct mp_template const *t,
          struct argument const *a, struct mp_expansion const *e,
          struct row const *row)
{
  struct mp_column_walk w = mp_columns_walk (t->columns, row->item, row->n);
  struct mp_item value;
  int err = 0;
  while (!err && mp_columns_next (&w, &value))
    {
      err = begin_argument (c);
      if (!err)
        err = (is_too_long (c, e) ? E2BIG
               : add_value (c, a->part[0].kind, &value));
      if (!err)
        err = add_bytes (c, "", 1);
    }
  return err;
}

int
mp_template_expand (struct mp_template const *t,
                    struct mp_expansion const *e, struct mp_command *c)
{
  for (size_t i = 0; i < e->n_items; i++)
    if (memchr (e->item[i].data, '\0', e->item[i].len))
      return EINVAL;

  c->argc = c->n_bytes = 0;
  if (KEPT_MAX < c->bytes_allocated)
    {
      /* What one huge item needed is not kept for the others.  */
      free (c->bytes);
      c->bytes = NULL;
      c->bytes_allocated = 0;
    }
  for (size_t k = 0; k < t->n; k++)
    {
      struct argument const *a = &t->argument[k];
      size_t times = count_rows (t, a, e);
      for (size_t i = 0; i < times; i++)
        {
          struct row const row = get_row (t, a, e, i);
          int err = (mp_template_is_list (a) ? add_list (c, t, a, e, &row)
                     : add_argument (c, t, a, e, &row));
          if (err)
            return err;
        }
    }
  for (size_t i = 0; i < c->argc; i++)
    c->argv[i] = c->bytes + (uintptr_t) c->argv[i];
  c->argv[c->argc] = NULL;
  return 0;
}

bool
mp_template_lacks (struct mp_template const *t, struct mp_expansion const *e,
                   char const **placeholder, size_t *len)
{
  for (size_t k = 0; k < t->n; k++)
    {
      struct argument const *a = &t->argument[k];
      size_t times = a->positions ? count_rows (t, a, e) : 0;
      for (size_t i = 0; i < times; i++)
        {
          struct row const row = get_row (t, a, e, i);
          struct mp_item value;
          for (size_t j = 0; j < a->n_parts; j++)
            if (a->part[j].position
                && !mp_template_one_value (t, &a->part[j], &row, &value))
              {
                *placeholder = a->part[j].text;
                *len = a->part[j].len;
                return true;
              }
        }
    }
  return false;
}

void
mp_command_free (struct mp_command *c)
{
  free (c->argv);
  free (c->bytes);
  *c = (struct mp_command) { 0 };
}
