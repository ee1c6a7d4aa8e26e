/* pmap: what follows from how tasks come out.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_POLICY_H
#define PMAP_POLICY_H

#include <stdbool.h>

#include "monotime.h"
#include "pmap.h"
#include "pmap-observer.h"

/* How precisely the median of run times is known: in parts of an octave, and
   for so many octaves of nanoseconds.  */
enum { PMAP_OCTAVE_PARTS = 16, PMAP_OCTAVES = 64 };

/* The state of a run's policy.  */
struct pmap_policy
{
  struct pmap_options const *o;
  struct mp_pool *pool;
  unsigned long long ok, failed;
  bool halted;                  /* --halt has ended the run */
  unsigned long long successes; /* with a run time below */
  unsigned int times[PMAP_OCTAVES * PMAP_OCTAVE_PARTS];
};

/* Make P the policy of O for POOL.  */
void pmap_policy_init (struct pmap_policy *p, struct pmap_options const *o,
                       struct mp_pool *pool);

/* Whether TASK, whose attempt has ended, is to be attempted again; store in
   *DELAY after what time.  */
bool pmap_policy_retry (struct pmap_policy *p, struct mp_task const *task,
                        mp_time *delay);

/* TASK has ended for good: count it, and learn how long tasks take.  */
void pmap_policy_ended (struct pmap_policy *p, struct mp_task const *task);

/* End the run if --halt says so.  There are TOTAL tasks in all; 0: that is not
   known.  */
void pmap_policy_check (struct pmap_policy *p, unsigned long long total);

/* Whether the run, which P has ended, has reached what it was for.  */
bool pmap_policy_succeeded (struct pmap_policy const *p);

/* The value S of --halt, and that of --timeout, into O; exit if it is no
   good.  */
void pmap_policy_parse_halt (struct pmap_options *o, char const *s);
void pmap_policy_parse_timeout (struct pmap_options *o, char const *s);

#endif
