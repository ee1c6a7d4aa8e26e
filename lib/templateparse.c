/* Command templates: how they are parsed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "templateparts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"

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

/* The most digits of a position.  */
enum { POSITION_DIGITS = 9 };

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
      if (how == HOW_NO_ITEMS && mp_template_is_item (placeholders[i].kind))
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
  a->item_parts += mp_template_is_item (part->kind);
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

/* Count what the size functions need to know of T's argument A.  */
static void
account (struct mp_template *t, struct argument const *a)
{
  size_t fixed = 1;
  for (size_t i = 0; i < a->n_parts; i++)
    if (a->part[i].kind == PART_TEXT)
      fixed += a->part[i].len;
    else if (!mp_template_is_item (a->part[i].kind))
      fixed += MP_TEMPLATE_NUMBER_MAX;
    else
      t->takes_items |= !a->part[i].position;
  /* Per row, mp_template_row_size counts the fixed bytes of an argument that
     is repeated.  */
  if (!a->item_parts || mp_template_takes_task (t, a))
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
