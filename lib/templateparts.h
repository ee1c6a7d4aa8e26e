/* The parts of command templates.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TEMPLATEPARTS_H
#define MP_TEMPLATEPARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "intprops.h"

#include "columns.h"
#include "items.h"
#include "template.h"

/* What a part of an argument stands for.  */
enum part_kind
{
  PART_TEXT,
  PART_ITEM,
  PART_NO_EXTENSION,
  PART_BASENAME,
  PART_DIRNAME,
  PART_BASENAME_NO_EXTENSION,
  PART_INDEX,
  PART_SLOT
};

struct part
{
  enum part_kind kind;
  char const *text;             /* what it was parsed from; not terminated */
  size_t len;
  long int position;            /* which value; 0: all of them */
  bool named;                   /* POSITION is that within ITEM of the row */
  size_t item;
};

struct argument
{
  struct part *part;
  size_t n_parts;
  size_t item_parts;            /* how many stand for an item or a value */
  bool positions;               /* some stand for one value */
};

struct mp_template
{
  struct argument *argument;
  size_t n;
  struct mp_columns const *columns;     /* or null */
  size_t base_size;
  bool takes_items;
};

/* A row: the items that an argument is made for at a time.  */
struct row
{
  struct mp_item const *item;
  size_t n;
};

/* The longest text of a number.  */
enum { MP_TEMPLATE_NUMBER_MAX = INT_BUFSIZE_BOUND (unsigned long long) };

/* In template.c.  */

/* Whether KIND stands for an item.  */
bool mp_template_is_item (enum part_kind kind);

/* Whether A of T is made once for a task, with all its items as one row: in
   such an argument without columns, positions are those of the items.  */
bool mp_template_takes_task (struct mp_template const *t,
                             struct argument const *a);

/* Whether A is nothing but a placeholder for all values: it becomes as many
   arguments as there are.  */
bool mp_template_is_list (struct argument const *a);

/* How many items a row of T has.  */
size_t mp_template_row_width (struct mp_template const *t);

/* Store in *TEXT what KIND, which stands for an item, makes of VALUE; return
   its length.  */
size_t mp_template_meaning (enum part_kind kind, struct mp_item const *value,
                            char const **text);

/* Store in *VALUE the one value of ROW that PART of T stands for.  Return
   whether there is one.  */
bool mp_template_one_value (struct mp_template const *t,
                            struct part const *part, struct row const *row,
                            struct mp_item *value);

#endif
