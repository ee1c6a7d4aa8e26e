/* Write JSON (RFC 8259).
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "json.h"

#include <stdio.h>
#include <string.h>

#include "unistr.h"

/* Write the character UC, whose bytes are the LEN at S.  */
static void
json_character (ucs4_t uc, char const *s, int len)
{
  if (uc == '"' || uc == '\\')
    printf ("\\%c", (int) uc);
  else if (uc < ' ' || uc == 0x7f)
    printf ("\\u%04x", (unsigned int) uc);
  else
    fwrite (s, 1, len, stdout);
}

void
json_string (char const *s)
{
  if (!s)
    {
      fputs ("null", stdout);
      return;
    }
  putchar ('"');
  char const *end = s + strlen (s);
  while (s < end)
    {
      ucs4_t uc;
      int len = u8_mbtoucr (&uc, (uint8_t const *) s, end - s);
      if (len > 0)
        json_character (uc, s, len);
      else
        {
          len = 1;
          fputs ("\\ufffd", stdout);
        }
      s += len;
    }
  putchar ('"');
}
