/* pmap: words and times in the page about a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-html-parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xvasprintf.h"

#include "pmap-html-page.h"
#include "pmap-text.h"

void
pmap_html_put (struct pmap_text *text, char const *words)
{
  pmap_text_html (text, words, strlen (words));
}

void
pmap_html_printf (struct pmap_text *text, char const *format, ...)
{
  va_list args;
  va_start (args, format);
  char *words = xvasprintf (format, args);
  va_end (args);
  if (words)
    pmap_html_put (text, words);
  free (words);
}

char *
pmap_html_time_words (mp_time t)
{
  static mp_time const sizes[] = {
    [PMAP_NS] = 1, [PMAP_US] = 1000, [PMAP_MS] = 1000000, [PMAP_S] = 1000000000
  };
  enum pmap_unit unit = PMAP_S;
  char number[48];
  while (PMAP_NS < unit && t < sizes[unit])
    unit--;
  mp_time whole = t / sizes[unit];
  int fraction = t % sizes[unit] * 100 / sizes[unit];
  if (unit == PMAP_NS || 100 <= whole)
    sprintf (number, "%lld", whole);
  else if (10 <= whole)
    sprintf (number, "%lld.%d", whole, fraction / 10);
  else
    sprintf (number, "%lld.%02d", whole, fraction);
  return pmap_html_time (number, unit);
}

char *
pmap_html_round_time (mp_time t)
{
  char number[48];
  enum pmap_unit unit = t < 1000000 ? PMAP_US : t < 1000000000 ? PMAP_MS
                        : PMAP_S;
  sprintf (number, "%lld", (t / (unit == PMAP_US ? 1000
                                 : unit == PMAP_MS ? 1000000 : 1000000000)));
  return pmap_html_time (number, unit);
}

void
pmap_html_put_time (struct pmap_text *text, mp_time t)
{
  char *words = pmap_html_time_words (t);
  pmap_html_put (text, words);
  free (words);
}

void
pmap_html_put_lines (struct pmap_text *text, char const *const *line)
{
  for (; *line; line++)
    pmap_text_puts (text, *line);
}

void
pmap_html_element (struct pmap_text *text, char const *element,
                   char const *class, char const *words)
{
  if (class)
    pmap_text_printf (text, "<%s class=\"%s\">", element, class);
  else
    pmap_text_printf (text, "<%s>", element);
  pmap_html_put (text, words);
  pmap_text_printf (text, "</%s>", element);
}
