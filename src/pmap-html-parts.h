/* pmap: the parts of the page about a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

/* The page is in the user's language, and UTF-8 whatever the locale is; numbers
   have a point.  Items in it are whatever somebody has named his files: they
   are text for HTML, or strings of JSON that cannot end the element that they
   are in.  Translations are treated the same.  Besides, the page says that no
   script counts but its own.  */

#ifndef PMAP_HTML_PARTS_H
#define PMAP_HTML_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "attribute.h"
#include "monotime.h"
#include "pmap-bars.h"
#include "pmap-observer.h"
#include "pmap-stats.h"

struct pmap_text;

/* How many failures have a line each.  */
enum { PMAP_HTML_FAILURES = 200 };

/* Run times up to a microsecond are in the first row of the histogram; each row
   then ends at 2, 2.5 or 2 times as much as the one before, so that there are
   three to a power of ten; what is longer than a million seconds is in the last
   one.  */
enum { PMAP_HTML_POWERS = 12, PMAP_HTML_ROWS = 3 * PMAP_HTML_POWERS + 2 };

/* What the page tells.  */
struct page
{
  struct pmap_info const *info;
  struct pmap_stats stats;
  struct pmap_bars bars;
  struct pmap_named failure[PMAP_HTML_FAILURES];
  size_t n_failures;
  unsigned long long times[PMAP_HTML_ROWS];     /* how many took so long */
  bool foreign;                 /* the locale's charset is not UTF-8 */
  bool direct;                  /* the file is no regular one, and written to
                                   as it is */
};

/* In pmap-html-make.c.  */

/* Make the page about P, which is over, in TEXT.  */
void pmap_html_make (struct pmap_text *text, struct page const *p);

/* In pmap-html-times.c.  */

/* A task has taken TIME: count it in the histogram of P.  */
void pmap_html_count_time (struct page *p, mp_time time);

/* Add the histogram of P to TEXT.  */
void pmap_html_histogram (struct pmap_text *text, struct page const *p);

/* In pmap-html-chart.c.  */

/* Add to TEXT what the chart of P is drawn on.  */
void pmap_html_chart (struct pmap_text *text, struct page const *p);

/* Add to TEXT the data of P, and the script that draws them, which is known by
   NONCE.  */
void pmap_html_data (struct pmap_text *text, struct page const *p,
                     char const *nonce);

/* In pmap-html-text.c.  */

/* Append WORDS to TEXT, with what HTML would take for markup escaped.  */
void pmap_html_put (struct pmap_text *text, char const *words);

/* Append words to TEXT as printf does, escaped.  */
void pmap_html_printf (struct pmap_text *text, char const *format, ...)
  ATTRIBUTE_FORMAT ((printf, 2, 3));

/* Append WORDS to TEXT within ELEMENT, with CLASS, or null.  */
void pmap_html_element (struct pmap_text *text, char const *element,
                        char const *class, char const *words);

/* Append the lines LINE, of which the last is null, to TEXT as they are.  */
void pmap_html_put_lines (struct pmap_text *text, char const *const *line);

/* Append the time T to TEXT.  */
void pmap_html_put_time (struct pmap_text *text, mp_time t);

/* Return the time T in words, with three digits or more, in a unit that suits
   it.  The caller frees it.  */
char *pmap_html_time_words (mp_time t) ATTRIBUTE_MALLOC;

/* Likewise, of T, which is a whole number of some unit.  */
char *pmap_html_round_time (mp_time t) ATTRIBUTE_MALLOC;

#endif
