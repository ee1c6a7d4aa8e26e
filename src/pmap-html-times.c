/* pmap: how long tasks took, in the page about a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-html-parts.h"

#include <stdlib.h>

#include "minmax.h"

#include "front.h"
#include "pmap-text.h"

/* The upper end of ROW of the histogram.  */
static mp_time
row_end (int row)
{
  static int const factors[] = { 1, 2, 5 };
  mp_time t = 1000;
  for (int i = 0; i < row / 3; i++)
    t *= 10;
  return t * factors[row % 3];
}

/* Where TIME belongs in the histogram.  */
static int
row_of (mp_time time)
{
  int row = 0;
  while (row < PMAP_HTML_ROWS - 1 && row_end (row) < time)
    row++;
  return row;
}

void
pmap_html_count_time (struct page *p, mp_time time)
{
  p->times[row_of (time)]++;
}

void
pmap_html_histogram (struct pmap_text *text, struct page const *p)
{
  int first = 0, last = PMAP_HTML_ROWS - 1;
  unsigned long long most = 0;
  while (first < PMAP_HTML_ROWS && !p->times[first])
    first++;
  while (first < last && !p->times[last])
    last--;
  if (first == PMAP_HTML_ROWS)
    return;
  for (int i = first; i <= last; i++)
    most = MAX (most, p->times[i]);
  pmap_html_element (text, "h2", NULL, _("How long they took"));
  pmap_text_puts (text, "\n<table class=\"hist\">\n");
  for (int i = first; i <= last; i++)
    {
      bool open = i == PMAP_HTML_ROWS - 1;
      char *end = pmap_html_round_time (row_end (open ? i - 1 : i));
      pmap_text_puts (text, "<tr><td class=\"n\">");
      /* TRANSLATORS: tasks that took more than, or at most, a duration.  */
      pmap_html_printf (text, open ? _("over %s") : _("to %s"), end);
      free (end);
      pmap_text_printf (text, "</td><td class=\"n\">%llu</td>"
                        "<td class=\"bar\">", p->times[i]);
      if (p->times[i])
        pmap_text_printf (text, "<b style=\"width: max(2px, %d.%d%%)\"></b>",
                          (int) (p->times[i] * 100 / most),
                          (int) (p->times[i] * 1000 / most % 10));
      pmap_text_puts (text, "</td></tr>\n");
    }
  pmap_text_puts (text, "</table>\n");
}
