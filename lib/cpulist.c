/* Sets of CPU ids, of any size, and the lists that the kernel writes them as.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "cpulist.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "procfile.h"

enum { WORD_BITS = sizeof (unsigned long) * CHAR_BIT };

void
mp_cpulist_free (struct mp_cpulist *set)
{
  free (set->words);
  *set = (struct mp_cpulist) { .words = NULL };
}

/* Make SET able to hold NWORDS words.  Return 0 or ENOMEM.  */
static int
grow (struct mp_cpulist *set, size_t nwords)
{
  if (nwords <= set->nwords)
    return 0;
  unsigned long *p = realloc (set->words, nwords * sizeof *p);
  if (!p)
    return ENOMEM;
  memset (p + set->nwords, 0, (nwords - set->nwords) * sizeof *p);
  set->words = p;
  set->nwords = nwords;
  return 0;
}

int
mp_cpulist_add (struct mp_cpulist *set, size_t first, size_t last)
{
  if (last >= MP_CPULIST_LIMIT)
    return ERANGE;
  int err = grow (set, last / WORD_BITS + 1);
  if (err)
    return err;
  for (size_t id = first; id <= last; id++)
    set->words[id / WORD_BITS] |= 1UL << id % WORD_BITS;
  return 0;
}

bool
mp_cpulist_has (struct mp_cpulist const *set, size_t id)
{
  size_t w = id / WORD_BITS;
  return w < set->nwords && set->words[w] >> id % WORD_BITS & 1;
}

size_t
mp_cpulist_count (struct mp_cpulist const *set)
{
  size_t n = 0;
  for (size_t w = 0; w < set->nwords; w++)
    for (unsigned long bits = set->words[w]; bits; bits &= bits - 1)
      n++;
  return n;
}

bool
mp_cpulist_next (struct mp_cpulist const *set, size_t *id)
{
  size_t i = *id;
  while (i / WORD_BITS < set->nwords)
    if (!set->words[i / WORD_BITS])
      i = (i / WORD_BITS + 1) * WORD_BITS;
    else if (!mp_cpulist_has (set, i))
      i++;
    else
      {
        *id = i;
        return true;
      }
  return false;
}

void
mp_cpulist_subtract (struct mp_cpulist *set, struct mp_cpulist const *other)
{
  for (size_t w = 0; w < set->nwords && w < other->nwords; w++)
    set->words[w] &= ~other->words[w];
}

int
mp_cpulist_copy (struct mp_cpulist *to, struct mp_cpulist const *from)
{
  struct mp_cpulist copy = { .words = NULL };
  int err = grow (&copy, from->nwords);
  if (err)
    return err;
  if (from->nwords)
    memcpy (copy.words, from->words, from->nwords * sizeof *from->words);
  *to = copy;
  return 0;
}

/* Read a decimal number at *S, step *S past it and store it in *N.  Return 0,
   EINVAL if there is none, or ERANGE if it is no possible id.  */
static int
parse_id (char const **s, size_t *n)
{
  if (!c_isdigit (**s))
    return EINVAL;
  size_t value = 0;
  for (; c_isdigit (**s); ++*s)
    {
      value = value * 10 + (**s - '0');
      if (value >= MP_CPULIST_LIMIT)
        return ERANGE;
    }
  *n = value;
  return 0;
}

/* Read a range such as "8" or "0-3" at *S, step *S past it and add it to
   SET.  */
static int
parse_range (char const **s, struct mp_cpulist *set)
{
  size_t first;
  int err = parse_id (s, &first);
  if (err)
    return err;
  size_t last = first;
  if (**s == '-')
    {
      ++*s;
      err = parse_id (s, &last);
      if (err)
        return err;
      if (last < first)
        return EINVAL;
    }
  return mp_cpulist_add (set, first, last);
}

int
mp_cpulist_parse (char const *s, struct mp_cpulist *set)
{
  struct mp_cpulist result = { .words = NULL };
  int err = 0;
  while (!err && *s && *s != '\n')
    {
      err = parse_range (&s, &result);
      if (!err && *s == ',' && c_isdigit (s[1]))
        s++;
      else if (!err && *s && *s != '\n')
        err = EINVAL;
    }
  if (err)
    mp_cpulist_free (&result);
  else
    *set = result;
  return err;
}

int
mp_cpulist_format (struct mp_cpulist const *set, char **s)
{
  /* "4194303-4194303," and a NUL.  */
  enum { RANGE_SIZE = 17 };
  char *buf = malloc (RANGE_SIZE);
  if (!buf)
    return ENOMEM;
  size_t size = RANGE_SIZE;
  size_t len = 0;
  buf[0] = '\0';
  for (size_t first = 0; mp_cpulist_next (set, &first); first++)
    {
      size_t last = first;
      while (mp_cpulist_has (set, last + 1))
        last++;
      if (size - len < RANGE_SIZE)
        {
          char *p = realloc (buf, 2 * size);
          if (!p)
            {
              free (buf);
              return ENOMEM;
            }
          buf = p;
          size *= 2;
        }
      len += sprintf (buf + len, first == last ? "%s%zu" : "%s%zu-%zu",
                      len ? "," : "", first, last);
      first = last;
    }
  *s = buf;
  return 0;
}

int
mp_cpulist_read (char const *name, struct mp_cpulist *set)
{
  char *text;
  int err = mp_procfile_read (name, &text);
  if (err)
    return err;
  err = mp_cpulist_parse (text, set);
  free (text);
  return err;
}

#if HAVE_SCHED_GETAFFINITY

/* The kernel refuses a mask shorter than its own with EINVAL, and its length
   cannot be asked for (sched_getaffinity(2)), hence the search.  cpu_set_t is
   an array of unsigned long, as our words are.  */
int
mp_cpulist_affinity (pid_t pid, struct mp_cpulist *set)
{
  enum { FIRST_BITS = 4096 };
  struct mp_cpulist result = { .words = NULL };
  for (size_t bits = FIRST_BITS; bits <= MP_CPULIST_LIMIT; bits *= 2)
    {
      int err = grow (&result, bits / WORD_BITS);
      if (!err
          && sched_getaffinity (pid, bits / CHAR_BIT,
                                (cpu_set_t *) result.words) < 0)
        err = errno;
      if (!err)
        {
          *set = result;
          return 0;
        }
      if (err != EINVAL)
        {
          mp_cpulist_free (&result);
          return err;
        }
    }
  mp_cpulist_free (&result);
  return EINVAL;
}

#else

int
mp_cpulist_affinity (pid_t pid, struct mp_cpulist *set)
{
  (void) pid;
  (void) set;
  return ENOSYS;
}

#endif
