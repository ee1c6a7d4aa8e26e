/* The lines of a job log.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "jobline.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "c-ctype.h"
#include "intprops.h"
#include "minmax.h"

#include "exit-status.h"

/* How many bytes of the key Map has.  */
enum { MAP_SIZE = 8 };

/* How a task ended.  */
enum outcome
{
  OUTCOME_OK, OUTCOME_EXIT, OUTCOME_SIGNAL, OUTCOME_TIMEOUT, OUTCOME_ERROR,
  N_OUTCOMES
};

static char const outcome_word[N_OUTCOMES][sizeof "timeout"]
  = { "ok", "exit", "signal", "timeout", "error" };

/* What is in a column.  */
enum kind
{
  NUMBER, SIGNED, SECONDS, NAME, TEXT, OUTCOME, MAP, ITEM, FLAG
};

static unsigned char const kinds[]
  = { NUMBER, NAME, SECONDS, SECONDS, NUMBER, NUMBER, SIGNED, NUMBER, TEXT,
      NUMBER, OUTCOME, MAP, ITEM, FLAG };

enum { N_COLUMNS = sizeof kinds };

static enum outcome
outcome_of (struct mp_jobline const *r)
{
  return (r->timed_out ? OUTCOME_TIMEOUT
          : r->error ? OUTCOME_ERROR
          : WIFSIGNALED (r->status) ? OUTCOME_SIGNAL
          : WEXITSTATUS (r->status) ? OUTCOME_EXIT : OUTCOME_OK);
}

/* What R has in the column Exitval.  */
static int
exitval_of (struct mp_jobline const *r)
{
  if (!r->timed_out && r->error)
    return MP_EXIT_FAILURE;
  int status = WIFEXITED (r->status) ? WEXITSTATUS (r->status) : 0;
  return r->timed_out && status == 0 ? -1 : status;
}

/* What R has in the column Signal.  */
static int
signal_of (struct mp_jobline const *r)
{
  return ((r->timed_out || !r->error) && WIFSIGNALED (r->status)
          ? WTERMSIG (r->status) : 0);
}

/* Copy S, MAX bytes at most, to BUF, and return where the copy ends.  */
static char *
put_text (char *buf, char const *s, size_t max)
{
  for (size_t n = strnlen (s, max); n; n--, s++)
    *buf++ = c_iscntrl (*s) ? '?' : *s;
  return buf;
}

/* Write the N bytes at BYTE to BUF in hexadecimal, and return where that
   ends.  */
static char *
put_hex (char *buf, unsigned char const *byte, size_t n)
{
  static char const digit[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++)
    {
      *buf++ = digit[byte[i] >> 4];
      *buf++ = digit[byte[i] & 0xf];
    }
  return buf;
}

/* Write the columns from Starttime to Signal of R to BUF, each behind a tab.
   Return where that ends.  The decimal point is the same in all locales, so
   that this is no work for "%.3f".  */
static char *
put_numbers (char *buf, struct mp_jobline const *r)
{
  enum { MILLI = 1000 };
  /* Rounded, as "%.3f" does.  */
  mp_time start = ((r->start.tv_nsec + MP_MILLISECOND / 2) / MP_MILLISECOND
                   + (mp_time) r->start.tv_sec * MILLI);
  mp_time took = (MAX (r->runtime, 0) / (MP_MILLISECOND / 2) + 1) / 2;
  start = MAX (start, 0);
  return buf + sprintf (buf, "\t%lld.%03d\t%6lld.%03d\t%llu\t%llu\t%d\t%d",
                        start / MILLI, (int) (start % MILLI),
                        took / MILLI, (int) (took % MILLI),
                        r->sent, r->received, exitval_of (r), signal_of (r));
}

size_t
mp_jobline_size (struct mp_jobline const *r)
{
  return (strnlen (r->command, MP_JOBLINE_COMMAND_MAX)
          + strnlen (r->host ? r->host : "", MP_JOBLINE_HOST_MAX)
          + N_COLUMNS * (1 + INT_BUFSIZE_BOUND (unsigned long long))
          + 2 * MAP_SIZE + 2 * MP_KEY_SIZE);
}

size_t
mp_jobline_format (struct mp_jobline const *r, struct mp_key const *map,
                   char *buf)
{
  char *p = buf + sprintf (buf, "%llu\t", r->seq);
  p = put_text (p, r->host && *r->host ? r->host : ":", MP_JOBLINE_HOST_MAX);
  p = put_numbers (p, r);
  *p++ = '\t';
  p = put_text (p, r->command, MP_JOBLINE_COMMAND_MAX);
  p += sprintf (p, "\t%u\t%s\t", r->attempt, outcome_word[outcome_of (r)]);
  p = put_hex (p, map->byte, MAP_SIZE);
  *p++ = '\t';
  p = put_hex (p, r->item.byte, sizeof r->item.byte);
  *p++ = '\t';
  *p++ = r->again ? '1' : '0';
  *p++ = '\n';
  return p - buf;
}

/* Whether the LEN bytes at S are digits, at least one.  */
static bool
is_number (char const *s, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (!c_isdigit (s[i]))
      return false;
  return len != 0;
}

/* Whether they are a number with three decimals, perhaps behind spaces.  */
static bool
is_seconds (char const *s, size_t len)
{
  enum { DECIMALS = 3 };
  while (len && *s == ' ')
    {
      s++;
      len--;
    }
  return (DECIMALS + 1 < len && s[len - DECIMALS - 1] == '.'
          && is_number (s, len - DECIMALS - 1)
          && is_number (s + len - DECIMALS, DECIMALS));
}

/* The value of the hexadecimal digit C as put_hex writes it, or 16.  */
static unsigned int
hex_value (char c)
{
  return (c_isdigit (c) ? c - '0' : 'a' <= c && c <= 'f' ? c - 'a' + 10 : 16);
}

/* Read the LEN bytes at S, hexadecimal, to the N bytes at BYTE.  Return
   whether they are as many.  */
static bool
get_hex (char const *s, size_t len, unsigned char *byte, size_t n)
{
  if (len != 2 * n)
    return false;
  unsigned int wrong = 0;
  for (size_t i = 0; i < n; i++)
    {
      unsigned int high = hex_value (s[2 * i]);
      unsigned int low = hex_value (s[2 * i + 1]);
      wrong |= high | low;
      byte[i] = (high & 0xf) << 4 | (low & 0xf);
    }
  return ! (wrong & 0x10);
}

/* Whether the LEN bytes at S are the word of an outcome.  */
static bool
is_outcome (char const *s, size_t len)
{
  for (int i = 0; i < N_OUTCOMES; i++)
    if (strlen (outcome_word[i]) == len
        && memcmp (outcome_word[i], s, len) == 0)
      return true;
  return false;
}

/* Read the LEN bytes at S, a column of KIND, into *R.  Return whether they can
   be one.  */
static bool
get_column (enum kind kind, char const *s, size_t len,
            struct mp_key const *map, struct mp_jobline_read *r)
{
  unsigned char their_map[MAP_SIZE];
  switch (kind)
    {
    case NUMBER:
      return is_number (s, len);
    case SIGNED:
      return len && is_number (s + (*s == '-'), len - (*s == '-'));
    case SECONDS:
      return is_seconds (s, len);
    case NAME:
      return len != 0;
    case OUTCOME:
      r->ok = *s == *outcome_word[OUTCOME_OK];
      return is_outcome (s, len);
    case MAP:
      if (!get_hex (s, len, their_map, sizeof their_map))
        return false;
      r->same_map = memcmp (their_map, map->byte, sizeof their_map) == 0;
      return true;
    case ITEM:
      return get_hex (s, len, r->item.byte, sizeof r->item.byte);
    case FLAG:
      r->again = len && *s == '1';
      return len == 1 && (*s == '0' || *s == '1');
    case TEXT:
    default:
      return true;
    }
}

bool
mp_jobline_parse (char const *line, size_t len, struct mp_key const *map,
                  struct mp_jobline_read *r)
{
  char const *end = line + len;
  for (int i = 0; i < N_COLUMNS; i++)
    {
      char const *tab = memchr (line, '\t', end - line);
      /* The last column has none behind it, and only that.  */
      if (!tab != (i == N_COLUMNS - 1))
        return false;
      if (!get_column (kinds[i], line, (tab ? tab : end) - line, map, r))
        return false;
      line = tab ? tab + 1 : end;
    }
  return true;
}
