/* pmap: text that is put together in memory, for JSON and HTML.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"
#include "unistr.h"
#include "xalloc.h"

#include "front.h"
#include "pmap.h"

/* Make room in T for N bytes more.  */
static void
reserve (struct pmap_text *t, size_t n)
{
  if (t->size - t->len >= n)
    return;
  t->size = MAX (2 * t->size, t->len + n);
  t->data = xrealloc (t->data, t->size);
}

void
pmap_text_add (struct pmap_text *t, char const *data, size_t len)
{
  if (!len)
    return;
  reserve (t, len);
  memcpy (t->data + t->len, data, len);
  t->len += len;
}

void
pmap_text_puts (struct pmap_text *t, char const *s)
{
  pmap_text_add (t, s, strlen (s));
}

void
pmap_text_printf (struct pmap_text *t, char const *format, ...)
{
  va_list args;
  reserve (t, 128);
  va_start (args, format);
  int n = vsnprintf (t->data + t->len, t->size - t->len, format, args);
  va_end (args);
  if (n < 0)
    return;
  if ((size_t) n >= t->size - t->len)
    {
      reserve (t, n + 1);
      va_start (args, format);
      vsnprintf (t->data + t->len, t->size - t->len, format, args);
      va_end (args);
    }
  t->len += n;
}

/* Store in *UC the first character of the bytes from S to END, or its first
   byte if that is no UTF-8, and in *VALID which of them it is.  Return how many
   bytes it has.  */
static int
next_character (char const *s, char const *end, ucs4_t *uc, bool *valid)
{
  int len = u8_mbtoucr (uc, (uint8_t const *) s, end - s);
  *valid = 0 < len;
  if (*valid)
    return len;
  *uc = (unsigned char) *s;
  return 1;
}

bool
pmap_text_json (struct pmap_text *t, char const *data, size_t len, size_t max)
{
  static char const escapes[] = "\b\t\n\f\r\"\\";
  static char const letters[] = "btnfr\"\\";
  char const *end = len ? data + len : data;
  pmap_text_add (t, "\"", 1);
  size_t stop = t->len + max;
  while (data < end && t->len < stop)
    {
      ucs4_t uc;
      bool valid;
      int n = next_character (data, end, &uc, &valid);
      char const *e = uc && uc < 0x80 ? strchr (escapes, uc) : NULL;
      if (!valid)
        pmap_text_printf (t, "\\ufffd%02x", (unsigned int) uc);
      else if (e)
        pmap_text_printf (t, "\\%c", letters[e - escapes]);
      else if (uc < ' ' || uc == 0x7f || uc == '<' || uc == '>' || uc == '&'
               || uc == 0x2028 || uc == 0x2029)
        pmap_text_printf (t, "\\u%04x", (unsigned int) uc);
      else
        pmap_text_add (t, data, n);
      data += n;
    }
  pmap_text_puts (t, data < end ? "...\"" : "\"");
  return data == end;
}

/* Whether UC does something to the text around it.  */
static bool
is_harmful (ucs4_t uc)
{
  return ((0x80 <= uc && uc < 0xa0)             /* more control characters */
          || uc == 0x061c || uc == 0x200e || uc == 0x200f
          || (0x2028 <= uc && uc <= 0x202e)     /* lines, directions */
          || (0x2066 <= uc && uc <= 0x2069)
          || uc == 0xfeff);
}

void
pmap_text_visible (struct pmap_text *t, char const *data, size_t len)
{
  static char const replacement[] = "\xef\xbf\xbd";     /* U+FFFD */
  char const *end = data + len;
  while (data < end)
    {
      ucs4_t uc;
      bool valid;
      int n = next_character (data, end, &uc, &valid);
      if (!valid || is_harmful (uc))
        pmap_text_printf (t, valid ? "%s%04x" : "%s%02x", replacement,
                          (unsigned int) uc);
      else if (uc < ' ' || uc == 0x7f)
        /* U+2400 and on are their pictures.  */
        {
          char const picture[] = { '\xe2', '\x90',
                                   uc == 0x7f ? '\xa1' : '\x80' + uc };
          pmap_text_add (t, picture, sizeof picture);
        }
      else
        pmap_text_add (t, data, n);
      data += n;
    }
}

void
pmap_text_html (struct pmap_text *t, char const *data, size_t len)
{
  struct pmap_text v = { .data = NULL };
  pmap_text_visible (&v, data, len);
  for (size_t i = 0; i < v.len; i++)
    switch (v.data[i])
      {
      case '<': pmap_text_puts (t, "&lt;"); break;
      case '>': pmap_text_puts (t, "&gt;"); break;
      case '&': pmap_text_puts (t, "&amp;"); break;
      case '"': pmap_text_puts (t, "&quot;"); break;
      case '\'': pmap_text_puts (t, "&#39;"); break;
      default: pmap_text_add (t, v.data + i, 1); break;
      }
  pmap_text_free (&v);
}

void
pmap_text_free (struct pmap_text *t)
{
  free (t->data);
  *t = (struct pmap_text) { .data = NULL };
}

size_t
pmap_text_cut (char const *s, size_t len, size_t max)
{
  if (len <= max)
    return len;
  size_t n = max;
  for (int i = 0; i < 3 && n && (s[n] & 0xc0) == 0x80; i++)
    n--;
  return (s[n] & 0xc0) == 0x80 ? max : n;
}

size_t
pmap_task_label (struct mp_task const *task, char label[PMAP_LABEL_MAX + 1])
{
  static char const dots[] = "...";
  size_t len = 0;
  if (!task->n_items)
    {
      int n = snprintf (label, PMAP_LABEL_MAX + 1, _("block %llu"),
                        task->index);
      return MIN (n, PMAP_LABEL_MAX);
    }
  for (size_t i = 0; i < task->n_items && len <= PMAP_LABEL_MAX; i++)
    {
      if (i)
        label[len++] = ' ';
      size_t n = MIN (task->item[i].len, PMAP_LABEL_MAX + 1 - len);
      memcpy (label + len, task->item[i].data, n);
      len += n;
    }
  if (PMAP_LABEL_MAX < len)
    {
      len = pmap_text_cut (label, len, PMAP_LABEL_MAX - (sizeof dots - 1));
      memcpy (label + len, dots, sizeof dots - 1);
      len += sizeof dots - 1;
    }
  label[len] = '\0';
  return len;
}

char *
pmap_run_text (struct pmap_options const *o)
{
  char *script[] = { (char *) "-c", (char *) o->script, NULL };
  struct mp_command const c = {
    .argv = o->script ? script : (char **) o->command,
    .argc = o->script ? 2 : o->n_command };
  char *text = pmap_command_text (&c);
  size_t len = strlen (text);
  if (len)
    text[len - 1] = '\0';
  return text;
}
