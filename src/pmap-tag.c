/* pmap: tags for the lines of output.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-tag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#include "pmap.h"

/* Tags are made as commands are.  */
struct pmap_tag
{
  char *word[2];
  struct mp_template *template;
  struct mp_command c;          /* the last expansion */
  bool slot;
};

struct pmap_tag *
pmap_tag_new (struct pmap_options const *o)
{
  static char index[] = "{#}", item[] = "{}";
  char *plain = o->blocks ? index : o->replacement ? (char *) o->replacement
                : item;
  char *string = o->tag_string ? o->tag_string : plain;
  bool tag = o->tag_string ? *o->tag_string : o->tag && !o->filter;
  if (!tag)
    return NULL;
  struct pmap_tag *t = xmalloc (sizeof *t);
  /* Items are appended to a command without any placeholder, but not to a tag:
     so there is one before it.  */
  *t = (struct pmap_tag) { .word = { index, string } };
  struct mp_template_options const options = {
    .replacement = o->replacement, .columns = o->columns,
    .positions = o->chunk == PMAP_CHUNK_MAX ? 0 : o->chunk };
  if (o->blocks
      ? mp_template_without_items (t->word, 2, &t->template)
      : mp_template_parse (t->word, 2, &options, &t->template))
    xalloc_die ();
  t->slot = strstr (string, "{%}") != NULL;
  return t;
}

void
pmap_tag_free (struct pmap_tag *t)
{
  if (!t)
    return;
  mp_template_free (t->template);
  mp_command_free (&t->c);
  free (t);
}

bool
pmap_tag_has_slot (struct pmap_tag const *t)
{
  return t->slot;
}

char *
pmap_tag_text (struct pmap_tag *t, struct mp_task const *task)
{
  struct mp_expansion const e = {
    .item = task->item, .n_items = task->n_items, .index = task->index,
    .slot = task->slot };
  int err = mp_template_expand (t->template, &e, &t->c);
  if (err == ENOMEM)
    xalloc_die ();
  if (err)
    return NULL;
  size_t len = 1;
  for (size_t i = 1; i < t->c.argc; i++)
    len += strlen (t->c.argv[i]) + 1;
  char *text = xmalloc (len);
  char *p = text;
  for (size_t i = 1; i < t->c.argc; i++)
    {
      if (1 < i)
        *p++ = ' ';
      p = stpcpy (p, t->c.argv[i]);
    }
  strcpy (p, "\t");
  return text;
}
