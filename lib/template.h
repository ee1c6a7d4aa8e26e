/* Command templates: a command whose arguments hold placeholders for items.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TEMPLATE_H
#define MP_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

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

/* Parse the command of the ARGC strings ARGV into *T, to be freed with
   mp_template_free.  The strings must outlive it.  Placeholders are GNU
   parallel's:
     {}    the item                      {.}   without its extension
     {/}   its last component            {//}  its directory
     {/.}  last component, no extension  {#}   the task's number, from 1
     {%}   the slot's number, from 1
   REPLACEMENT, if not null, is written instead of {}.  If no argument has
   any placeholder, the items are appended.  Return 0 or ENOMEM.  */
int mp_template_parse (char *const *argv, size_t argc,
                       char const *replacement, struct mp_template **t);

/* Do so for a command that has no placeholders, whatever its words look like:
   the items are appended.  */
int mp_template_append (char *const *argv, size_t argc,
                        struct mp_template **t);

/* Do so for a command that takes no items: {#} and {%} are the only
   placeholders, and nothing is appended.  */
int mp_template_without_items (char *const *argv, size_t argc,
                               struct mp_template **t);

void mp_template_free (struct mp_template *t);

/* Whether the first word of T, the program, is the same for all items.  */
bool mp_template_fixed_program (struct mp_template const *t);

/* Whether T takes any item at all: {#} and {%} do not.  */
bool mp_template_takes_items (struct mp_template const *t);

/* Expand T with the values E into *C.  An argument that has a placeholder
   for an item becomes as many arguments as there are items, one for each.
   Return 0; EINVAL if an item holds a NUL byte; E2BIG if there would be more
   than E->max_bytes; or ENOMEM.  */
int mp_template_expand (struct mp_template const *t,
                        struct mp_expansion const *e, struct mp_command *c);

/* How many bytes the command line of T is without items, every argument
   counted with its terminating NUL as xargs -s does.  */
size_t mp_template_base_size (struct mp_template const *t);

/* How many bytes ITEM adds to the command line of T, at most.  */
size_t mp_template_item_size (struct mp_template const *t,
                              struct mp_item const *item);

void mp_command_free (struct mp_command *c);

#endif
