/* Items as lines of one text, and how far they were dealt with.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mp_lines *
mp_lines_new (char *text, size_t len, size_t n, char end)
{
  struct mp_lines *l = malloc (sizeof *l);
  if (l)
    *l = (struct mp_lines) { .text = text, .len = len, .n = n, .end = end };
  return l;
}

void
mp_lines_restart (struct mp_lines *l)
{
  l->done = l->given = l->given_len = l->suspects = l->n_failures = 0;
}

void
mp_lines_free (struct mp_lines *l)
{
  if (!l)
    return;
  free (l->text);
  free (l->failure);
  free (l);
}

size_t
mp_lines_place (struct mp_lines *l, size_t line)
{
  if (line == l->n)
    return l->len;
  if (line < l->place_line)
    l->place_line = l->place = 0;
  size_t used;
  mp_lines_count (l->text + l->place, l->len - l->place, l->end,
                  line - l->place_line, &used);
  l->place += used;
  l->place_line = line;
  return l->place;
}

size_t
mp_lines_at (struct mp_lines *l, size_t place)
{
  size_t used;
  return mp_lines_count (l->text, place, l->end, l->n, &used);
}

size_t
mp_lines_get (struct mp_lines *l, size_t line, char const **data)
{
  size_t start = mp_lines_place (l, line);
  *data = l->text + start;
  char const *end = memchr (*data, l->end, l->len - start);
  return end - *data;
}

int
mp_lines_fail (struct mp_lines *l, size_t line, int status, bool timed_out)
{
  struct mp_line_failure *p = reallocarray (l->failure, l->n_failures + 1,
                                            sizeof *p);
  if (!p)
    return ENOMEM;
  l->failure = p;
  p[l->n_failures++] = (struct mp_line_failure) {
    .line = line, .status = status, .timed_out = timed_out };
  return 0;
}

size_t
mp_lines_count (char const *data, size_t len, char end, size_t max,
                size_t *used)
{
  size_t n = 0;
  char const *p = data;
  char const *hit;
  while (n < max && (hit = memchr (p, end, len - (p - data))))
    {
      p = hit + 1;
      n++;
    }
  *used = p - data;
  return n;
}
