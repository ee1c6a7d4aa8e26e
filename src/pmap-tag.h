/* pmap: tags for the lines of output.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_TAG_H
#define PMAP_TAG_H

#include <stdbool.h>

struct mp_task;
struct pmap_options;

/* How tags are made.  Opaque to its users.  */
struct pmap_tag;

/* Return how the tags that O asks for are made, or null if it asks for none, or
   the filters make them.  The strings of O must outlive it.  */
struct pmap_tag *pmap_tag_new (struct pmap_options const *o);

void pmap_tag_free (struct pmap_tag *t);

/* Return the tag for the lines of TASK, which the caller frees, or null if it
   can have none: its item holds a NUL byte, and so it cannot be run.  */
char *pmap_tag_text (struct pmap_tag *t, struct mp_task const *task);

/* Whether tags have the number of the slot, which is only known when a task was
   started.  */
bool pmap_tag_has_slot (struct pmap_tag const *t);

#endif
