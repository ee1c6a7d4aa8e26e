/* Command templates: a command whose arguments hold placeholders for items.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TEMPLATE_H
#define MP_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "columns.h"
#include "items.h"

/* A parsed command.  Opaque to its users.  */
struct mp_template;

/* The values for one expansion.  */
struct mp_expansion
{
  struct mp_item const *item;
  size_t n_items;
  unsigned long long index;     /* {#} */
  unsigned int slot;            /* {%} */
  size_t max_bytes;             /* of the arguments with their NULs; 0: any */
};

/* An expanded command.  All zero is an empty one; reuse saves memory calls.
   ARGV ends with a null pointer and is good until the next expansion.  */
struct mp_command
{
  char **argv;
  size_t argc;
  size_t argv_allocated;
  char *bytes;
  size_t n_bytes, bytes_allocated;
};

/* Which placeholders there are.  */
struct mp_template_options
{
  char const *replacement;      /* written instead of {}, or null */
  struct mp_columns const *columns;     /* what rows are, or null */
  size_t positions;             /* without COLUMNS: the highest one */
};

/* Parse the command of the ARGC strings ARGV into *T, to be freed with
   mp_template_free.  The strings and what O names must outlive it.
   Placeholders are GNU parallel's:
     {}    the item                      {.}   without its extension
     {/}   its last component            {//}  its directory
     {/.}  last component, no extension  {#}   the task's number, from 1
     {%}   the slot's number, from 1
     {N}   the value number N, from 1    {-N}  the same, from the last one back
     {NAME} the value of a column that O->columns names
   and {N.}, {NAME/}, and so on.  The values are those of a row, as O->columns
   has them.  Without columns, they are the items of the task, and there is no
   {N} for N > O->positions; nor is there if there is a replacement or if no row
   can have so many values.  What is no placeholder is text.
   If no argument has any placeholder, the items are appended, as with {}.
   Return 0 or ENOMEM.  */
int mp_template_parse (char *const *argv, size_t argc,
                       struct mp_template_options const *o,
                       struct mp_template **t);

/* Do so for a command that has no placeholders, whatever its words look like:
   the values of the items, which COLUMNS (or null) tells, are appended.  */
int mp_template_append (char *const *argv, size_t argc,
                        struct mp_columns const *columns,
                        struct mp_template **t);

/* Do so for a command that takes no items: {#} and {%} are the only
   placeholders, and nothing is appended.  */
int mp_template_without_items (char *const *argv, size_t argc,
                               struct mp_template **t);

void mp_template_free (struct mp_template *t);

/* Whether the first word of T, the program, is the same for all items.  */
bool mp_template_fixed_program (struct mp_template const *t);

/* Whether T takes items, and not only single values of them: {#}, {%} and {N}
   do not.  */
bool mp_template_takes_items (struct mp_template const *t);

/* Expand T with the values E into *C.  An argument that is a placeholder for
   items becomes as many arguments as these have values.  One that has such a
   placeholder becomes as many as there are rows, with blanks between several
   values of each; but without columns, there is only one argument, for all
   items, if it has a position, too.
   Return 0; EINVAL if an item holds a NUL byte; ENODATA if there is no value
   for a placeholder; E2BIG if there would be more than E->max_bytes; or
   ENOMEM.  */
int mp_template_expand (struct mp_template const *t,
                        struct mp_expansion const *e, struct mp_command *c);

/* Whether a placeholder of T has no value with the values E; if so, store in
   *PLACEHOLDER and *LEN what stands in the command.  */
bool mp_template_lacks (struct mp_template const *t,
                        struct mp_expansion const *e,
                        char const **placeholder, size_t *len);

/* How many bytes the command line of T is without items, every argument
   counted with its terminating NUL as xargs -s does.  */
size_t mp_template_base_size (struct mp_template const *t);

/* How many bytes the row ROW, whose number in the task is INDEX from 0 on, adds
   to the command line of T, at most.  */
size_t mp_template_row_size (struct mp_template const *t,
                             struct mp_item const *row, size_t index);

void mp_command_free (struct mp_command *c);

#endif
