/* Lists of hosts.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "hostlist.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"

void
mp_hostlist_free (struct mp_hostlist *l)
{
  for (size_t i = 0; i < l->n; i++)
    free (l->entry[i].name);
  free (l->entry);
  *l = (struct mp_hostlist) { .entry = NULL };
}

/* Read the LEN bytes at S, a number from 1 up, into *N.  Return whether they
   are one.  */
static bool
parse_slots (char const *s, size_t len, unsigned int *n)
{
  unsigned int value = 0;
  for (size_t i = 0; i < len; i++)
    {
      if (!c_isdigit (s[i]) || INT_MAX / 10 <= value)
        return false;
      value = value * 10 + (s[i] - '0');
    }
  *n = value;
  return value != 0;
}

/* Whether the LEN bytes at S can be the name of a host: they go on command
   lines, to terminals and into records.  */
static bool
is_name (char const *s, size_t len)
{
  if (len == 0 || *s == '-')
    return false;
  for (size_t i = 0; i < len; i++)
    if (c_iscntrl (s[i]) || s[i] == ' ')
      return false;
  return true;
}

int
mp_hostlist_add (struct mp_hostlist *l, char const *s, size_t len)
{
  struct mp_hostlist_entry e = { .slots = 0 };
  for (; len && c_isspace (*s); len--)
    s++;
  while (len && c_isspace (s[len - 1]))
    len--;
  char const *slash = memchr (s, '/', len);
  if (slash)
    {
      size_t n = slash - s;
      if (!parse_slots (s, n, &e.slots))
        return EINVAL;
      s += n + 1;
      len -= n + 1;
    }
  if (!is_name (s, len))
    return EINVAL;
  struct mp_hostlist_entry *p
    = reallocarray (l->entry, l->n + 1, sizeof *p);
  if (!p)
    return ENOMEM;
  l->entry = p;
  e.name = strndup (s, len);
  if (!e.name)
    return ENOMEM;
  p[l->n++] = e;
  return 0;
}
