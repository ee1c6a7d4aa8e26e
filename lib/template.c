/* Command templates.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "template.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "intprops.h"
#include "minmax.h"

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

static struct placeholder
{
  char const *text;
  enum part_kind kind;
} const placeholders[] = {
  { "{}", PART_ITEM },
  { "{.}", PART_NO_EXTENSION },
  { "{/}", PART_BASENAME },
  { "{//}", PART_DIRNAME },
  { "{/.}", PART_BASENAME_NO_EXTENSION },
  { "{#}", PART_INDEX },
  { "{%}", PART_SLOT }
};

enum { N_PLACEHOLDERS = sizeof placeholders / sizeof *placeholders };

/* What is behind a position or a name within the braces.  Longer ones come
   first.  */
static struct
{
  char const *text;
  enum part_kind kind;
} const operators[] = {
  { "", PART_ITEM },
  { "//", PART_DIRNAME },
  { "/.", PART_BASENAME_NO_EXTENSION },
  { "/", PART_BASENAME },
  { ".", PART_NO_EXTENSION }
};

enum { N_OPERATORS = sizeof operators / sizeof *operators };

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

/* How many bytes of a command are kept from one expansion to the next.  */
enum { KEPT_MAX = 1024 * 1024 };

/* The longest text of a number.  */
enum { NUMBER_MAX = INT_BUFSIZE_BOUND (unsigned long long) };

/* The most digits of a position.  */
enum { POSITION_DIGITS = 9 };

/* Whether KIND stands for an item.  */
static bool
is_item (enum part_kind kind)
{
  return PART_ITEM <= kind && kind <= PART_BASENAME_NO_EXTENSION;
}

/* What is done with the words of a command.  */
enum how
{
  HOW_PLACEHOLDERS,             /* all placeholders count */
  HOW_NO_ITEMS,                 /* those for items do not */
  HOW_LITERAL                   /* none does */
};

/* The position that the LEN bytes at S mean, or 0 if none.  */
static long int
parse_position (char const *s, size_t len)
{
  bool back = len && *s == '-';
  long int n = 0;
  if (len == (size_t) back || POSITION_DIGITS + back < len || s[back] == '0')
    return 0;
  for (size_t i = back; i < len; i++)
    {
      if (!c_isdigit (s[i]))
        return 0;
      n = 10 * n + (s[i] - '0');
    }
  return back ? -n : n;
}

/* Whether some value may have POSITION as O says.  */
static bool
may_have (struct mp_template_options const *o, long int position)
{
  size_t n = labs (position);
  if (o->replacement || !n)
    return false;
  if (o->columns && o->columns->separator_len)
    return true;
  return n <= (o->columns ? o->columns->width : o->positions);
}

/* Let PART be what the LEN bytes at S mean, which stand for a value: a position
   or a name that O knows.  Return whether they do.  */
static bool
parse_value (struct part *part, char const *s, size_t len,
             struct mp_template_options const *o)
{
  part->position = parse_position (s, len);
  if (may_have (o, part->position))
    return true;
  struct mp_column_name const *name
    = o->columns ? mp_columns_find (o->columns, s, len) : NULL;
  if (!name)
    return false;
  part->named = true;
  part->item = name->item;
  part->position = name->column + 1;
  return true;
}

/* Let PART be the placeholder for one value that S starts with.  Return whether
   there is one.  */
static bool
value_at (char const *s, struct mp_template_options const *o,
          struct part *part)
{
  char const *end = *s == '{' ? strchr (s, '}') : NULL;
  if (!end)
    return false;
  size_t len = end - (s + 1);
  for (int i = 0; i < N_OPERATORS; i++)
    {
      size_t n = strlen (operators[i].text);
      if (len < n || memcmp (end - n, operators[i].text, n) != 0)
        continue;
      *part = (struct part) { .kind = operators[i].kind, .text = s,
                              .len = len + 2 };
      if (parse_value (part, s + 1, len - n, o))
        return true;
    }
  return false;
}

/* Let PART be the placeholder, of those that HOW lets count, that S starts
   with.  Return whether there is one.  */
static bool
placeholder_at (char const *s, enum how how,
                struct mp_template_options const *o, struct part *part)
{
  for (int i = 0; i < N_PLACEHOLDERS; i++)
    {
      if (how == HOW_NO_ITEMS && is_item (placeholders[i].kind))
        continue;
      char const *text = (o->replacement && placeholders[i].kind == PART_ITEM
                          ? o->replacement : placeholders[i].text);
      size_t len = strlen (text);
      if (strncmp (s, text, len) == 0)
        {
          *part = (struct part) { .kind = placeholders[i].kind, .text = s,
                                  .len = len };
          return true;
        }
    }
  return how == HOW_PLACEHOLDERS && value_at (s, o, part);
}

/* Add PART to A.  */
static int
add_part (struct argument *a, struct part const *part)
{
  struct part *parts = reallocarray (a->part, a->n_parts + 1, sizeof *parts);
  if (!parts)
    return ENOMEM;
  a->part = parts;
  a->part[a->n_parts++] = *part;
  a->item_parts += is_item (part->kind);
  a->positions |= part->position != 0;
  return 0;
}

/* Add the LEN bytes of TEXT, if any, to A.  */
static int
add_text (struct argument *a, char const *text, size_t len)
{
  struct part const part = { .kind = PART_TEXT, .text = text, .len = len };
  return len ? add_part (a, &part) : 0;
}

/* Cut the word S into the parts of A.  */
static int
parse_word (struct argument *a, char const *s, enum how how,
            struct mp_template_options const *o)
{
  char const *text = s;
  int err = 0;
  while (*s && !err)
    {
      struct part part;
      if (!placeholder_at (s, how, o, &part))
        {
          s++;
          continue;
        }
      err = add_text (a, text, s - text);
      if (!err)
        err = add_part (a, &part);
      s += part.len;
      text = s;
    }
  return err ? err : add_text (a, text, s - text);
}

/* Whether A of T is made once for a task, with all its items as one row: in
   such an argument without columns, positions are those of the items.  */
static bool
takes_task (struct mp_template const *t, struct argument const *a)
{
  return !t->columns && a->positions;
}

/* Whether A is nothing but a placeholder for all values: it becomes as many
   arguments as there are.  */
static bool
is_list (struct argument const *a)
{
  return a->n_parts == 1 && a->item_parts && !a->positions;
}

/* How many items a row of T has.  */
static size_t
row_width (struct mp_template const *t)
{
  return t->columns ? t->columns->width : 1;
}

/* Count what the size functions need to know of T's argument A.  */
static void
account (struct mp_template *t, struct argument const *a)
{
  size_t fixed = 1;
  for (size_t i = 0; i < a->n_parts; i++)
    if (a->part[i].kind == PART_TEXT)
      fixed += a->part[i].len;
    else if (!is_item (a->part[i].kind))
      fixed += NUMBER_MAX;
    else
      t->takes_items |= !a->part[i].position;
  /* Per row, mp_template_row_size counts the fixed bytes of an argument that
     is repeated.  */
  if (!a->item_parts || takes_task (t, a))
    t->base_size += fixed;
}

/* Parse the command of the ARGC words ARGV into *RESULT, with the placeholders
   that HOW and O let count.  Return 0 or ENOMEM.  */
static int
parse_words (char *const *argv, size_t argc, enum how how,
             struct mp_template_options const *o, struct mp_template **result)
{
  static struct part const items = { .kind = PART_ITEM };
  struct mp_template *t = calloc (1, sizeof *t);
  if (!t)
    return ENOMEM;
  t->columns = o->columns;
  /* One more for the items that are appended.  */
  t->argument = calloc (argc + 1, sizeof *t->argument);
  int err = t->argument ? 0 : ENOMEM;
  bool any = false;
  for (; !err && t->n < argc; t->n++)
    {
      struct argument *a = &t->argument[t->n];
      err = (how == HOW_LITERAL
             ? add_text (a, argv[t->n], strlen (argv[t->n]))
             : parse_word (a, argv[t->n], how, o));
      for (size_t i = 0; i < a->n_parts; i++)
        any |= a->part[i].kind != PART_TEXT;
    }
  if (!err && !any && how != HOW_NO_ITEMS)
    err = add_part (&t->argument[t->n++], &items);
  if (err)
    {
      mp_template_free (t);
      return err;
    }
  for (size_t i = 0; i < t->n; i++)
    account (t, &t->argument[i]);
  *result = t;
  return 0;
}

int
mp_template_parse (char *const *argv, size_t argc,
                   struct mp_template_options const *o, struct mp_template **t)
{
  return parse_words (argv, argc, HOW_PLACEHOLDERS, o, t);
}

int
mp_template_append (char *const *argv, size_t argc,
                    struct mp_columns const *columns, struct mp_template **t)
{
  struct mp_template_options const o = { .columns = columns };
  return parse_words (argv, argc, HOW_LITERAL, &o, t);
}

int
mp_template_without_items (char *const *argv, size_t argc,
                           struct mp_template **t)
{
  struct mp_template_options const o = { .columns = NULL };
  return parse_words (argv, argc, HOW_NO_ITEMS, &o, t);
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

/* Store in *TEXT what KIND, which is_item, makes of VALUE; return its
   length.  */
static size_t
meaning (enum part_kind kind, struct mp_item const *value, char const **text)
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

/* Store in *VALUE the one value of ROW that PART of T stands for.  Return
   whether there is one.  */
static bool
one_value (struct mp_template const *t, struct part const *part,
           struct row const *row, struct mp_item *value)
{
  if (!part->named)
    return mp_columns_at (t->columns, row->item, row->n, part->position,
                          value);
  return (part->item < row->n
          && mp_columns_at (t->columns, row->item + part->item, 1,
                            part->position, value));
}

/* How many times A of T is made with the values E, but for lists.  */
static size_t
count_rows (struct mp_template const *t, struct argument const *a,
            struct mp_expansion const *e)
{
  return (!a->item_parts || takes_task (t, a) ? 1
          : e->n_items / row_width (t));
}

/* The items for which A of T is made the time number K, from 0.  */
static struct row
get_row (struct mp_template const *t, struct argument const *a,
         struct mp_expansion const *e, size_t k)
{
  size_t width = row_width (t);
  return (!a->item_parts ? (struct row) { NULL, 0 }
          : takes_task (t, a) ? (struct row) { e->item, e->n_items }
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
  size_t len = meaning (kind, value, &text);
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
  char number[NUMBER_MAX];
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
  return (one_value (t, part, row, &value)
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
   which is_list, has it.  */
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
          int err = (is_list (a) ? add_list (c, t, a, e, &row)
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
                && !one_value (t, &a->part[j], &row, &value))
              {
                *placeholder = a->part[j].text;
                *len = a->part[j].len;
                return true;
              }
        }
    }
  return false;
}

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
    size += meaning (part->kind, &value, &text) + 1;
  return size;
}

/* How many bytes A of T, which takes_task, has for ITEM, whose number in the
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
      if (is_item (part->kind)
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
      else if (!is_item (part->kind))
        size += NUMBER_MAX;
      else if (!part->position)
        size += values_size (t, part, row) - 1;
      else if (one_value (t, part, row, &value))
        size += meaning (part->kind, &value, &text);
    }
  return size;
}

size_t
mp_template_row_size (struct mp_template const *t, struct mp_item const *row,
                      size_t index)
{
  struct row const r = { row, row_width (t) };
  size_t size = 0;
  for (size_t k = 0; k < t->n; k++)
    {
      struct argument const *a = &t->argument[k];
      if (!a->item_parts)
        continue;
      size += (takes_task (t, a) ? share_in_task (t, a, row, index)
               : is_list (a) ? values_size (t, &a->part[0], &r)
               : argument_size (t, a, &r));
    }
  return size;
}

void
mp_command_free (struct mp_command *c)
{
  free (c->argv);
  free (c->bytes);
  *c = (struct mp_command) { 0 };
}
