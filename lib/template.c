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

struct part
{
  enum part_kind kind;
  char const *text;             /* of PART_TEXT; not terminated */
  size_t len;
};

struct argument
{
  struct part *part;
  size_t n_parts;
  size_t item_parts;            /* how many stand for an item */
};

struct mp_template
{
  struct argument *argument;
  size_t n;
  size_t base_size;
  size_t item_parts;            /* of all arguments */
};

/* How many bytes of a command are kept from one expansion to the next.  */
enum { KEPT_MAX = 1024 * 1024 };

/* The longest text of a number.  */
enum { NUMBER_MAX = INT_BUFSIZE_BOUND (unsigned long long) };

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

/* The placeholder, of those that HOW lets count, that S starts with, or null.
   REPLACEMENT, if any, stands for "{}".  Store its length in *LEN.  */
static struct placeholder const *
placeholder_at (char const *s, enum how how, char const *replacement,
                size_t *len)
{
  for (int i = 0; i < N_PLACEHOLDERS; i++)
    {
      if (how == HOW_NO_ITEMS && is_item (placeholders[i].kind))
        continue;
      char const *text = (replacement && placeholders[i].kind == PART_ITEM
                          ? replacement : placeholders[i].text);
      *len = strlen (text);
      if (strncmp (s, text, *len) == 0)
        return &placeholders[i];
    }
  return NULL;
}

/* Add a part of KIND, with the LEN bytes of TEXT, to A.  */
static int
add_part (struct argument *a, enum part_kind kind, char const *text,
          size_t len)
{
  struct part *parts = reallocarray (a->part, a->n_parts + 1, sizeof *parts);
  if (!parts)
    return ENOMEM;
  a->part = parts;
  a->part[a->n_parts++] = (struct part) { kind, text, len };
  a->item_parts += is_item (kind);
  return 0;
}

/* Cut the word S into the parts of A.  */
static int
parse_word (struct argument *a, char const *s, enum how how,
            char const *replacement)
{
  char const *text = s;
  int err = 0;
  while (*s && !err)
    {
      size_t len;
      struct placeholder const *p = placeholder_at (s, how, replacement, &len);
      if (!p)
        {
          s++;
          continue;
        }
      if (text < s)
        err = add_part (a, PART_TEXT, text, s - text);
      if (!err)
        err = add_part (a, p->kind, s, len);
      s += len;
      text = s;
    }
  if (!err && text < s)
    err = add_part (a, PART_TEXT, text, s - text);
  return err;
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
  /* Per item, mp_template_item_size counts the fixed bytes of an argument
     that is repeated.  */
  if (!a->item_parts)
    t->base_size += fixed;
  t->item_parts += a->item_parts;
}

/* Parse the command of the ARGC words ARGV into *RESULT, with the placeholders
   that HOW lets count, of which REPLACEMENT is one.  Return 0 or ENOMEM.  */
static int
parse_words (char *const *argv, size_t argc, enum how how,
             char const *replacement, struct mp_template **result)
{
  struct mp_template *t = calloc (1, sizeof *t);
  if (!t)
    return ENOMEM;
  /* One more for the items that are appended.  */
  t->argument = calloc (argc + 1, sizeof *t->argument);
  int err = t->argument ? 0 : ENOMEM;
  bool any = false;
  for (; !err && t->n < argc; t->n++)
    {
      struct argument *a = &t->argument[t->n];
      err = (how == HOW_LITERAL
             ? add_part (a, PART_TEXT, argv[t->n], strlen (argv[t->n]))
             : parse_word (a, argv[t->n], how, replacement));
      for (size_t i = 0; i < a->n_parts; i++)
        any |= a->part[i].kind != PART_TEXT;
    }
  if (!err && !any && how != HOW_NO_ITEMS)
    err = add_part (&t->argument[t->n++], PART_ITEM, "", 0);
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
mp_template_parse (char *const *argv, size_t argc, char const *replacement,
                   struct mp_template **t)
{
  return parse_words (argv, argc, HOW_PLACEHOLDERS, replacement, t);
}

int
mp_template_append (char *const *argv, size_t argc, struct mp_template **t)
{
  return parse_words (argv, argc, HOW_LITERAL, NULL, t);
}

int
mp_template_without_items (char *const *argv, size_t argc,
                           struct mp_template **t)
{
  return parse_words (argv, argc, HOW_NO_ITEMS, NULL, t);
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
  return t->item_parts > 0;
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

/* Store in *TEXT what PART stands for with the values E and item I, using
   the NUMBER_MAX bytes at NUMBER where it needs room; return its length.  */
static size_t
part_text (struct part const *part, struct mp_expansion const *e, size_t i,
           char *number, char const **text)
{
  bool item = is_item (part->kind);
  char const *s = item ? e->item[i].data : "";
  size_t len = item ? e->item[i].len : 0;
  size_t start;
  *text = s;
  switch (part->kind)
    {
    case PART_TEXT:
      *text = part->text;
      return part->len;
    case PART_ITEM:
      return len;
    case PART_NO_EXTENSION:
      return without_extension (s, len);
    case PART_BASENAME:
    case PART_BASENAME_NO_EXTENSION:
      start = basename_start (s, len);
      *text = s + start;
      return (part->kind == PART_BASENAME ? len - start
              : without_extension (s + start, len - start));
    case PART_DIRNAME:
      return dirname_of (s, len, text);
    case PART_INDEX:
      *text = number;
      return snprintf (number, NUMBER_MAX, "%llu", e->index);
    case PART_SLOT:
      *text = number;
      return snprintf (number, NUMBER_MAX, "%u", e->slot);
    }
  return 0;
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

/* Append to C the argument A, with the values E and item I.  Until all are
   there, ARGV holds offsets, since the bytes may move.  */
static int
add_argument (struct mp_command *c, struct argument const *a,
              struct mp_expansion const *e, size_t i)
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
  int err = 0;
  for (size_t k = 0; k < a->n_parts && !err; k++)
    {
      if (e->max_bytes && e->max_bytes < c->n_bytes)
        return E2BIG;
      char number[NUMBER_MAX];
      char const *text;
      size_t len = part_text (&a->part[k], e, i, number, &text);
      err = add_bytes (c, text, len);
    }
  return err ? err : add_bytes (c, "", 1);
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
      size_t times = a->item_parts ? e->n_items : 1;
      for (size_t i = 0; i < times; i++)
        {
          int err = add_argument (c, a, e, i);
          if (err)
            return err;
        }
    }
  for (size_t i = 0; i < c->argc; i++)
    c->argv[i] = c->bytes + (uintptr_t) c->argv[i];
  c->argv[c->argc] = NULL;
  return 0;
}

size_t
mp_template_base_size (struct mp_template const *t)
{
  return t->base_size;
}

size_t
mp_template_item_size (struct mp_template const *t,
                       struct mp_item const *item)
{
  size_t size = 0;
  for (size_t k = 0; k < t->n; k++)
    {
      struct argument const *a = &t->argument[k];
      if (!a->item_parts)
        continue;
      size++;
      for (size_t i = 0; i < a->n_parts; i++)
        if (a->part[i].kind == PART_TEXT)
          size += a->part[i].len;
        else if (a->part[i].kind == PART_DIRNAME)
          /* "." is longer than the empty item.  */
          size += MAX (item->len, 1);
        else if (is_item (a->part[i].kind))
          size += item->len;
        else
          size += NUMBER_MAX;
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
