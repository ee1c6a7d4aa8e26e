/* pmap: what keeps tasks from being started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_BRAKES_H
#define PMAP_BRAKES_H

#include <stdbool.h>

#include "monotime.h"
#include "pmap-observer.h"

/* The brakes of a run.  Opaque to its users.  */
struct pmap_brakes;

/* Read S, the value of --load, --memfree or --pressure, into *O, or exit.  */
void pmap_brakes_parse_load (struct pmap_options *o, char const *s);
void pmap_brakes_parse_memfree (struct pmap_options *o, char const *s);
void pmap_brakes_parse_pressure (struct pmap_options *o, char const *s);

/* Whether O asks for any.  */
bool pmap_brakes_wanted (struct pmap_options const *o);

/* Let O ask for none but --delay.  */
void pmap_brakes_only_delay (struct pmap_options *o);

/* Make those that the run INFO asks for, whose tasks run in POOL, or exit if
   what they go by cannot be measured.  Its observer frees them.  */
struct pmap_brakes *pmap_brakes_open (struct pmap_info const *info,
                                      struct mp_pool *pool);
struct pmap_observer pmap_brakes_observer (struct pmap_brakes *b);

/* As struct mp_pool_ops has it: return 0 if a task may be started at NOW, or
   when to ask again.  */
mp_time pmap_brakes_ask (struct pmap_brakes *b, mp_time now);

#endif
