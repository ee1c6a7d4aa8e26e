/* pmap: text that is put together in memory, for JSON and HTML.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_TEXT_H
#define PMAP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "attribute.h"

struct mp_task;
struct pmap_options;

/* A text that grows.  All zero: empty.  Memory that is short ends the
   program.  */
struct pmap_text
{
  char *data;                   /* owned, not terminated */
  size_t len, size;
};

/* Append to T: the LEN bytes at DATA; the string S; as printf does.  */
void pmap_text_add (struct pmap_text *t, char const *data, size_t len);
void pmap_text_puts (struct pmap_text *t, char const *s);
void pmap_text_printf (struct pmap_text *t, char const *format, ...)
  ATTRIBUTE_FORMAT ((printf, 2, 3));

/* Append the LEN bytes at DATA to T as a JSON string (RFC 8259), quotes
   included, that is inert within HTML, too.  What would take more than MAX
   bytes there is cut, and "..." appended.  A byte that is not UTF-8 becomes
   U+FFFD and its two hexadecimal digits.  Return whether nothing was cut.  */
bool pmap_text_json (struct pmap_text *t, char const *data, size_t len,
                     size_t max);

/* Append the LEN bytes at DATA to T as UTF-8 that shows what they are and
   does nothing: control characters as their pictures, bytes that are not
   UTF-8, and characters that would change the direction or the lines of the
   text around them, as U+FFFD and their hexadecimal digits.  */
void pmap_text_visible (struct pmap_text *t, char const *data, size_t len);

/* Append the LEN bytes at DATA, made visible, to T as text for HTML.  */
void pmap_text_html (struct pmap_text *t, char const *data, size_t len);

void pmap_text_free (struct pmap_text *t);

/* Return how many of the LEN bytes at S, at most MAX, can be shown without the
   others: no character of UTF-8 is cut in two.  */
size_t pmap_text_cut (char const *s, size_t len, size_t max);

/* The most bytes of a label, without the NUL.  */
enum { PMAP_LABEL_MAX = 64 };

/* Store in LABEL a short name of what TASK is about, as bytes: its items with
   blanks between them, cut where they are long, or the number of its block.
   Return its length.  */
size_t pmap_task_label (struct mp_task const *task,
                        char label[PMAP_LABEL_MAX + 1]);

/* Return what the run with the options O runs, in a form that a shell reads
   back, without a newline at its end.  The caller frees it.  */
char *pmap_run_text (struct pmap_options const *o) ATTRIBUTE_MALLOC;

#endif
