/* pmap: what CPUs tasks have.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_RESOURCES_H
#define PMAP_RESOURCES_H

#include "binding.h"
#include "pmap-observer.h"

/* If O says how many CPUs a task has, tell that in the environment to libraries
   that start a thread a CPU, but where it was said there already.  */
void pmap_resources_export (struct pmap_options const *o);

/* Make *B what slots are bound to as O says, or exit.  */
void pmap_resources_bind (struct pmap_options const *o, struct mp_binding *b);

/* Return who says, once in the run INFO, that slots have to share the CPUs of
   B, which is made later.  */
struct pmap_observer pmap_resources_observer (struct pmap_info const *info,
                                              struct mp_binding const *b);

#endif
