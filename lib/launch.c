/* Words of a command that starts another elsewhere.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
mp_words_free (struct mp_words *w)
{
  for (size_t i = 0; i < w->n; i++)
    free (w->word[i]);
  free (w->word);
  *w = (struct mp_words) { .word = NULL };
}

/* Append WORD to W, whose it becomes; null is a lack of memory.  Return 0 or
   ENOMEM, and then WORD is freed.  */
static int
add_owned (struct mp_words *w, char *word)
{
  char **p = word ? reallocarray (w->word, w->n + 2, sizeof *p) : NULL;
  if (!p)
    {
      free (word);
      return ENOMEM;
    }
  p[w->n++] = word;
  p[w->n] = NULL;
  w->word = p;
  return 0;
}

int
mp_words_add (struct mp_words *w, char const *word)
{
  return add_owned (w, strdup (word));
}

int
mp_words_add_all (struct mp_words *w, struct mp_words const *from)
{
  int err = 0;
  for (size_t i = 0; !err && i < from->n; i++)
    err = mp_words_add (w, from->word[i]);
  return err;
}

/* Copy the LEN bytes at S, with HOST for each "{host}" unless HOST is null.
   TO is where, or null for nowhere.  Return the length.  */
static size_t
replace_host (char const *s, size_t len, char const *host, char *to)
{
  static char const name[] = "{host}";
  size_t name_len = sizeof name - 1;
  size_t size = 0;
  for (size_t i = 0; i < len; )
    {
      bool here = (host && name_len <= len - i
                   && memcmp (s + i, name, name_len) == 0);
      char const *from = here ? host : s + i;
      size_t n = here ? strlen (host) : 1;
      if (to)
        memcpy (to + size, from, n);
      size += n;
      i += here ? name_len : 1;
    }
  return size;
}

int
mp_words_split (struct mp_words *w, char const *s, char const *host)
{
  static char const blanks[] = " \t\n";
  int err = 0;
  for (s += strspn (s, blanks); !err && *s; s += strspn (s, blanks))
    {
      size_t len = strcspn (s, blanks);
      size_t size = replace_host (s, len, host, NULL);
      char *word = malloc (size + 1);
      if (word)
        {
          replace_host (s, len, host, word);
          word[size] = '\0';
        }
      err = add_owned (w, word);
      s += len;
    }
  return err;
}

bool
mp_words_for_shell (struct mp_words const *w)
{
  if (!w->n)
    return false;
  char const *slash = strrchr (w->word[0], '/');
  char const *name = slash ? slash + 1 : w->word[0];
  return strcmp (name, "ssh") == 0 || strcmp (name, "rsh") == 0;
}
