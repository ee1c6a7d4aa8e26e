/* pmap: what keeps tasks from being started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-brakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "c-strtod.h"
#include "error.h"
#include "xalloc.h"

#include "cgroup.h"
#include "cpus.h"
#include "exit-status.h"
#include "front.h"
#include "load.h"
#include "memory.h"
#include "parse.h"
#include "pmap.h"

/* How long what was measured is good for further starts.  Memory may be taken
   fast; the others are counts over some time, or would be measured too often
   where tasks are short.  */
static mp_time const memory_fresh = 20 * MP_MILLISECOND;
static mp_time const fresh = 100 * MP_MILLISECOND;

/* When to ask again after a refusal, and when if there was nothing else for
   long.  */
static mp_time const ask_again = 100 * MP_MILLISECOND;
static mp_time const ask_rarely = 1000LL * MP_MILLISECOND;

/* After which time without any task it is said what is waited for.  */
static mp_time const long_time = 10 * 1000LL * MP_MILLISECOND;

/* How often memory is looked at while tasks run that may be sent back.  */
static mp_time const watch_every = 100 * MP_MILLISECOND;

/* What is measured.  */
enum measure { LOAD, MEMORY, PRESSURE, MEASURES = PRESSURE + MP_PRESSURES };

/* A value of it.  */
struct sample
{
  mp_time at;                   /* when it was taken; 0: never */
  double value;
  unsigned int running;         /* tasks at that time */
};

struct pmap_brakes
{
  struct pmap_info const *info;
  struct pmap_options const *o;
  struct mp_pool *pool;
  struct mp_cgroups cgroups;
  struct sample sample[MEASURES];
  bool told[MEASURES];          /* that it is waited for */
  mp_time last_start;           /* 0: none yet */
  mp_time refused_since;        /* without a start between; 0: it is not */
  mp_time look_at;              /* when to look at memory for running tasks */
  mp_time sent_back_at;         /* when one was, or 0: and has ended */
  unsigned int sent_back_of;    /* how many ran then */
};

/* Read all of S, digits perhaps with a point, into *X.  Return whether that is
   what it is; a percent sign may follow if PERCENT is not null, and then that
   says whether it does.  */
static bool
parse_number (char const *s, double *x, bool *percent)
{
  char *end;
  size_t len = strspn (s, "0123456789.");
  *x = c_strtod (s, &end);
  if (!len || end != s + len)
    return false;
  bool sign = percent && *end == '%';
  if (percent)
    *percent = sign;
  return !end[sign];
}

void
pmap_brakes_parse_load (struct pmap_options *o, char const *s)
{
  bool percent;
  unsigned long int ncpu;
  if (!parse_number (s, &o->load_limit, &percent))
    front_bad_value (_("invalid load"), s);
  if (percent)
    {
      mp_cpus_usable (&ncpu);
      o->load_limit = o->load_limit / 100 * ncpu;
    }
  o->load = s;
}

void
pmap_brakes_parse_memfree (struct pmap_options *o, char const *s)
{
  static char const kill[] = "kill,";
  char const *size = s;
  o->memfree_kill = strncmp (s, kill, sizeof kill - 1) == 0;
  if (o->memfree_kill)
    size += sizeof kill - 1;
  if (mp_parse_size (size, &o->memfree_size) != 0)
    front_bad_value (_("invalid size of memory"), s);
  o->memfree = size;
}

void
pmap_brakes_parse_pressure (struct pmap_options *o, char const *s)
{
  for (int i = 0; i < MP_PRESSURES; i++)
    {
      size_t len = strlen (mp_pressure_names[i]);
      bool percent;
      if (strncmp (s, mp_pressure_names[i], len) != 0 || s[len] != '=')
        continue;
      if (!parse_number (s + len + 1, &o->pressure_limit[i], &percent)
          || 100 < o->pressure_limit[i])
        break;
      o->pressure[i] = s;
      return;
    }
  front_bad_value (_("invalid pressure"), s);
}

void
pmap_brakes_only_delay (struct pmap_options *o)
{
  o->load = o->memfree = NULL;
  o->memfree_kill = false;
  for (int i = 0; i < MP_PRESSURES; i++)
    o->pressure[i] = NULL;
}

bool
pmap_brakes_wanted (struct pmap_options const *o)
{
  bool pressure = false;
  for (int i = 0; i < MP_PRESSURES; i++)
    pressure |= o->pressure[i] != NULL;
  return o->delay || o->load || o->memfree || pressure;
}

/* Whether B goes by M.  */
static bool
is_wanted (struct pmap_brakes const *b, enum measure m)
{
  return (m == LOAD ? b->o->load : m == MEMORY ? b->o->memfree
          : b->o->pressure[m - PRESSURE]) != NULL;
}

/* Measure M for B at NOW unless that was done just before.  Return 0 or an
   errno value.  */
static int
measure (struct pmap_brakes *b, enum measure m, mp_time now)
{
  struct sample *s = &b->sample[m];
  uintmax_t bytes = 0;
  int err = 0;
  if (s->at && now < s->at + (m == MEMORY ? memory_fresh : fresh))
    return 0;
  if (m == LOAD)
    err = mp_load_get ("", &s->value);
  else if (m == MEMORY)
    {
      err = mp_memory_available (&b->cgroups, &bytes);
      s->value = bytes;
    }
  else
    err = mp_pressure_get (&b->cgroups, m - PRESSURE, &s->value);
  s->at = now;
  s->running = b->pool->running;
  return err;
}

/* Whether M, which was measured, forbids B a start.  */
static bool
is_too_much (struct pmap_brakes const *b, enum measure m)
{
  struct sample const *s = &b->sample[m];
  if (m == MEMORY)
    return s->value < b->o->memfree_size;
  /* Who waits for others may wait for ever: one task at a time is all
     right.  */
  if (!b->pool->running)
    return false;
  if (m != LOAD)
    return b->o->pressure_limit[m - PRESSURE] <= s->value;
  /* Of the tasks that have been started or have ended since, we know.  What
     filters have been given are no processes.  */
  double change = (b->o->filter ? 0
                   : (double) b->pool->running - s->running);
  return b->o->load_limit <= s->value + change;
}

/* Say what B waits for: M.  */
static void
tell (struct pmap_brakes *b, enum measure m)
{
  b->told[m] = true;
  if (m == MEMORY)
    pmap_say (b->info->messages, 0,
              _("waiting until %s of memory are available"), b->o->memfree);
  else if (m == LOAD)
    pmap_say (b->info->messages, 0,
              _("waiting until the load is below %s"), b->o->load);
  else
    pmap_say (b->info->messages, 0,
              _("waiting until the pressure is below %s"),
              b->o->pressure[m - PRESSURE]);
}

/* B refuses a start at NOW because of M.  Return when to ask again.  */
static mp_time
refuse (struct pmap_brakes *b, enum measure m, mp_time now)
{
  b->pool->waits_for_end = true;
  if (!b->refused_since)
    b->refused_since = now;
  bool is_long = b->refused_since + long_time <= now;
  if (!b->told[m]
      && (b->o->verbose || (is_long && !b->pool->running)))
    tell (b, m);
  return now + (is_long ? ask_rarely : ask_again);
}

mp_time
pmap_brakes_ask (struct pmap_brakes *b, mp_time now)
{
  b->pool->waits_for_end = false;
  if (b->last_start && now < b->last_start + b->o->delay)
    return b->last_start + b->o->delay;
  for (int m = 0; m < MEASURES; m++)
    if (is_wanted (b, m) && measure (b, m, now) == 0 && is_too_much (b, m))
      return refuse (b, m, now);
  b->refused_since = 0;
  return 0;
}

/* B's task was started.  */
static void
brakes_started (void *self, struct mp_task const *task)
{
  struct pmap_brakes *b = self;
  (void) task;
  b->last_start = mp_now ();
}

/* Send the youngest task of B back at NOW.  */
static void
send_back (struct pmap_brakes *b, mp_time now)
{
  char *name = (b->o->verbose && b->pool->last_begun
                ? pmap_task_quoted (b->pool->last_begun) : NULL);
  if (mp_pool_send_back (b->pool, b->o->signal))
    {
      b->sent_back_at = now;
      b->sent_back_of = b->pool->running;
      if (name)
        pmap_say (b->info->messages, 0,
                  _("%s: ended, to be run again when there is memory"), name);
    }
  free (name);
}

/* Look, while tasks run, at the memory that is left.  */
static mp_time
brakes_tick (void *self, mp_time now)
{
  struct pmap_brakes *b = self;
  if (!b->o->memfree_kill || b->pool->running < 2 || b->pool->stopping
      || b->pool->paused)
    return -1;
  if (now < b->look_at)
    return b->look_at;
  b->look_at = now + watch_every;
  /* One at a time: it takes some time to give the memory back.  */
  mp_time patience = b->pool->grace + 1000LL * MP_MILLISECOND;
  if (b->sent_back_at && b->sent_back_of <= b->pool->running
      && now < b->sent_back_at + patience)
    return b->look_at;
  b->sent_back_at = 0;
  if (measure (b, MEMORY, now) == 0
      && b->sample[MEMORY].value < b->o->memfree_size / 2)
    send_back (b, now);
  return b->look_at;
}

static bool
brakes_close (void *self)
{
  struct pmap_brakes *b = self;
  mp_cgroups_free (&b->cgroups);
  free (b);
  return true;
}

struct pmap_brakes *
pmap_brakes_open (struct pmap_info const *info, struct mp_pool *pool)
{
  struct pmap_brakes *b = xmalloc (sizeof *b);
  *b = (struct pmap_brakes) { .info = info, .o = info->o, .pool = pool };
  if (mp_cgroups_read ("", 0, &b->cgroups) != 0)
    xalloc_die ();
  for (int m = 0; m < MEASURES; m++)
    {
      int err = is_wanted (b, m) ? measure (b, m, mp_now ()) : 0;
      char const *what = (m == LOAD ? "--load" : m == MEMORY ? "--memfree"
                          : "--pressure");
      if (err)
        error (MP_EXIT_FAILURE, err, _("cannot measure what %s needs"), what);
      b->sample[m].at = 0;
    }
  return b;
}

struct pmap_observer
pmap_brakes_observer (struct pmap_brakes *b)
{
  return (struct pmap_observer) { .self = b, .started = brakes_started,
                                  .tick = brakes_tick,
                                  .close = brakes_close };
}
