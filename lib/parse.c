/* Read the values of options: durations, signals, sizes, process counts.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "c-strtod.h"
#include "sig2str.h"
#include "timespec.h"
#include "xstrtod.h"
#include "xstrtol.h"

struct unit
{
  char name[3];
  double seconds;               /* in one unit, */
  double per_second;            /* divided by this: 1/1000 is not exact */
};

static struct unit const units[] = {
  { "", 1, 1 },
  { "ms", 1, 1000 },
  { "s", 1, 1 },
  { "m", 60, 1 },
  { "h", 60 * 60, 1 },
  { "d", 24 * 60 * 60, 1 },
};

/* Return the unit called NAME, NULL if there is none.  */
static struct unit const *
find_unit (char const *name)
{
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strcmp (units[i].name, name) == 0)
      return &units[i];
  return NULL;
}

/* Like strtod, but take '.' as well as the locale's decimal point.  */
static double
any_strtod (char const *s, char **end)
{
  double n = strtod (s, end);
  return **end == '.' ? c_strtod (s, end) : n;
}

int
mp_parse_duration (char const *s, struct timespec *d)
{
  /* What strtod takes and a duration is not: white space, signs, infinity,
     not-a-number, hexadecimal.  A locale's point may be any other byte.  */
  if (c_isspace (*s) || c_isalpha (*s) || *s == '-' || *s == '+'
      || (*s == '0' && (s[1] == 'x' || s[1] == 'X')))
    return EINVAL;

  char const *end;
  double n;
  if (!xstrtod (s, &end, &n, any_strtod) && (end == s || errno != ERANGE))
    return EINVAL;
  bool underflow = n == 0 && errno == ERANGE;

  struct unit const *unit = find_unit (end);
  if (!unit)
    return EINVAL;

  /* dtotimespec rounds up and saturates.  */
  *d = dtotimespec (n * unit->seconds / unit->per_second);
  if ((0 < n || underflow) && timespec_sign (*d) == 0)
    d->tv_nsec = 1;
  return 0;
}

int
mp_parse_signal (char const *s, int *sig)
{
  char name[SIG2STR_MAX];
  size_t len = 0;

  for (; s[len]; len++)
    {
      /* sig2str would let strtol skip white space.  */
      if (len == sizeof name - 1
          || ! (c_isalnum (s[len]) || s[len] == '+' || s[len] == '-'))
        return EINVAL;
      name[len] = c_toupper (s[len]);
    }
  name[len] = '\0';

  bool prefixed = strncmp (name, "SIG", 3) == 0;
  if (prefixed && c_isdigit (name[3]))
    return EINVAL;
  int n;
  if (str2sig (prefixed ? name + 3 : name, &n) != 0)
    return EINVAL;
  *sig = n;
  return 0;
}

int
mp_parse_size (char const *s, uintmax_t *size)
{
  /* xstrtoumax takes white space, signs and a suffix alone.  */
  if (!c_isdigit (*s))
    return EINVAL;

  uintmax_t n;
  switch (xstrtoumax (s, NULL, 10, &n, "kKmMgGtTPE0"))
    {
    case LONGINT_OK:
      *size = n;
      return 0;
    case LONGINT_OVERFLOW:
      return ERANGE;
    default:
      return EINVAL;
    }
}

/* Store N percent of NCPU, at least 1, in *RESULT.
   Return 0, or ERANGE if it is too large.  */
static int
percent (uintmax_t n, unsigned long ncpu, unsigned long *result)
{
  uintmax_t hundredths;
  unsigned long processes;
  if (ckd_mul (&hundredths, n, ncpu)
      || ckd_add (&processes, hundredths / 100, 0))
    return ERANGE;
  *result = processes ? processes : 1;
  return 0;
}

int
mp_parse_processes (char const *s, unsigned long ncpu, unsigned long *n)
{
  char sign = *s == '+' || *s == '-' ? *s++ : '\0';
  if (!c_isdigit (*s))
    return EINVAL;

  char *end;
  uintmax_t number;
  strtol_error err = xstrtoumax (s, &end, 10, &number, NULL);
  bool is_percent = !sign && *end == '%';
  if (end[is_percent])
    return EINVAL;
  if (err != LONGINT_OK)
    return ERANGE;

  if (is_percent)
    return percent (number, ncpu, n);
  if (sign == '-')
    {
      *n = number < ncpu ? ncpu - number : 1;
      return 0;
    }

  unsigned long processes;
  if (ckd_add (&processes, number, sign ? ncpu : 0))
    return ERANGE;
  *n = processes;
  return 0;
}
