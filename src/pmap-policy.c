/* pmap: what follows from how tasks come out.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-policy.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "minmax.h"

#include "front.h"

/* The longest time between two attempts.  */
static mp_time const longest_delay = 60 * 1000LL * MP_MILLISECOND;

/* After how many successes a percentage of their median time is a limit, and
   the least that it may be: nothing is as regular as that.  */
enum { MEDIAN_MIN = 3 };
static mp_time const least_timeout = 10 * MP_MILLISECOND;

void
pmap_policy_init (struct pmap_policy *p, struct pmap_options const *o,
                  struct mp_pool *pool)
{
  *p = (struct pmap_policy) { .o = o, .pool = pool };
  pool->timeout = o->timeout;
  pool->timed |= 0 < o->timeout_percent || o->memfree_kill;
  pool->clocked |= 0 < o->timeout_percent;
  pool->spooled |= o->retries != 1 || o->memfree_kill;
}

/* A number from 0 on and below 1, by chance.  */
static double
chance (void)
{
  static unsigned short int state[3];
  if (!state[0])
    {
      mp_time now = mp_now ();
      memcpy (state, &now, sizeof state);
      state[0] |= 1;
    }
  return erand48 (state);
}

bool
pmap_policy_retry (struct pmap_policy *p, struct mp_task const *task,
                   mp_time *delay)
{
  struct pmap_options const *o = p->o;
  switch (pmap_task_outcome (task))
    {
    case PMAP_OK:
    case PMAP_ERROR:            /* it would be the same again */
    case PMAP_ABORTED:
      return false;
    case PMAP_EXIT:
    case PMAP_SIGNAL:
    case PMAP_TIMEOUT:
      break;
    }
  if (o->retries && o->retries <= task->attempt - task->faults)
    return false;
  /* Twice as long each time, and half of that or more: tasks that have failed
     together should not come again together.  */
  mp_time t = MIN (o->retry_delay, longest_delay);
  for (unsigned int i = 1; i < task->attempt && t < longest_delay; i++)
    t = MIN (2 * t, longest_delay);
  *delay = t * (0.5 + 0.5 * chance ());
  return true;
}

/* The place of the run time T among those of P.  */
static unsigned int
time_place (mp_time t)
{
  unsigned int octave = 0;
  while (octave < PMAP_OCTAVES - 2 && t >> (octave + 1))
    octave++;
  mp_time base = (mp_time) 1 << octave;
  mp_time part = (octave < 5 ? (t - base) * PMAP_OCTAVE_PARTS / base
                  : (t - base) / (base / PMAP_OCTAVE_PARTS));
  return octave * PMAP_OCTAVE_PARTS + MAX (part, 0);
}

/* The longest run time at PLACE.  */
static mp_time
place_time (unsigned int place)
{
  mp_time base = (mp_time) 1 << place / PMAP_OCTAVE_PARTS;
  return base + base / PMAP_OCTAVE_PARTS * (place % PMAP_OCTAVE_PARTS + 1);
}

/* One more success has taken T: let the percentage of the median that is asked
   for be the limit.  */
static void
learn_time (struct pmap_policy *p, mp_time t)
{
  p->times[time_place (t)]++;
  p->successes++;
  if (p->successes < MEDIAN_MIN)
    return;
  unsigned long long below = 0;
  unsigned int place = 0;
  while ((below += p->times[place]) <= p->successes / 2)
    place++;
  mp_time median = place_time (place);
  mp_time limit = (median < (1LL << 40)
                   ? median * p->o->timeout_percent / 100
                   : median / 100 * p->o->timeout_percent);
  p->pool->timeout = MAX (limit, least_timeout);
}

/* How many tasks of P have done what --halt counts.  */
static unsigned long long
halting (struct pmap_policy const *p)
{
  switch (p->o->halt.why)
    {
    case PMAP_HALT_FAIL:
      return p->failed;
    case PMAP_HALT_SUCCESS:
      return p->ok;
    case PMAP_HALT_DONE:
      return p->ok + p->failed;
    }
  return 0;
}

void
pmap_policy_ended (struct pmap_policy *p, struct mp_task const *task)
{
  enum pmap_outcome outcome = pmap_task_outcome (task);
  if (outcome == PMAP_ABORTED)
    return;
  if (outcome == PMAP_OK)
    p->ok++;
  else
    p->failed++;
  if (outcome == PMAP_OK && p->o->timeout_percent && task->begun)
    learn_time (p, task->ended - task->begun);
}

void
pmap_policy_check (struct pmap_policy *p, unsigned long long total)
{
  struct pmap_halt const *halt = &p->o->halt;
  if (halt->when == PMAP_HALT_NEVER || p->halted || p->pool->stopping)
    return;
  unsigned long long n = halting (p);
  if (halt->percent ? !total || n * 100 < halt->n * total || !n : n < halt->n)
    return;
  p->halted = true;
  if (halt->when == PMAP_HALT_NOW)
    mp_pool_stop (p->pool, SIGTERM);
  else
    mp_pool_drain (p->pool);
}

bool
pmap_policy_succeeded (struct pmap_policy const *p)
{
  return p->halted && p->o->halt.why == PMAP_HALT_SUCCESS;
}

/* If *S begins with WORD, set it to what comes behind.  Return whether.  */
static bool
skip (char const **s, char const *word)
{
  size_t len = strlen (word);
  if (strncmp (*s, word, len) != 0)
    return false;
  *s += len;
  return true;
}

/* Parse all of S as N or N%, at least 1, and with a percentage at most 100.
   Return whether it is one.  */
static bool
parse_number (char const *s, unsigned long int *n, bool *percent)
{
  char *end;
  errno = 0;
  *n = strtoul (s, &end, 10);
  *percent = *end == '%';
  return (c_isdigit (*s) && !errno && !end[*percent] && *n
          && (!*percent || *n <= 100));
}

void
pmap_policy_parse_halt (struct pmap_options *o, char const *s)
{
  struct pmap_halt h = { .when = PMAP_HALT_NEVER };
  char const *p = s;
  o->halt = h;
  if (strcmp (s, "never") == 0)
    return;
  h.when = skip (&p, "now,") ? PMAP_HALT_NOW : PMAP_HALT_SOON;
  bool good = h.when == PMAP_HALT_NOW || skip (&p, "soon,");
  h.why = (skip (&p, "fail=") ? PMAP_HALT_FAIL
           : skip (&p, "success=") ? PMAP_HALT_SUCCESS : PMAP_HALT_DONE);
  good &= h.why != PMAP_HALT_DONE || skip (&p, "done=");
  if (!good || !parse_number (p, &h.n, &h.percent))
    front_bad_value (_("invalid condition"), s);
  o->halt = h;
}

void
pmap_policy_parse_timeout (struct pmap_options *o, char const *s)
{
  size_t len = strlen (s);
  o->timeout_percent = o->timeout = 0;
  if (!len || s[len - 1] != '%')
    {
      o->timeout = front_duration (s);
      return;
    }
  char *end;
  errno = 0;
  unsigned long int n = strtoul (s, &end, 10);
  if (!c_isdigit (*s) || errno || end != s + len - 1 || n < 1 || 1000000 < n)
    front_bad_value (_("invalid duration"), s);
  o->timeout_percent = n;
}
