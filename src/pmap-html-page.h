/* pmap: what is the same in all pages.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_HTML_PAGE_H
#define PMAP_HTML_PAGE_H

#include "attribute.h"

struct pmap_text;

/* The units of times.  */
enum pmap_unit { PMAP_NS, PMAP_US, PMAP_MS, PMAP_S };

/* Return the time NUMBER in UNIT as words, in which no line is broken.  The
   caller frees it.  */
char *pmap_html_time (char const *number, enum pmap_unit unit)
  ATTRIBUTE_MALLOC;

/* Append the words that the script uses to TEXT, as an object of JSON.  */
void pmap_html_words (struct pmap_text *text);

/* The style sheet and the script, as lines; null is behind the last.  */
extern char const *const pmap_html_style[];
extern char const *const pmap_html_script[];

#endif
