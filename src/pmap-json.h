/* pmap: what there is to tell of a task, as JSON.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_JSON_H
#define PMAP_JSON_H

#include "pmap-observer.h"

/* Return who makes of the output of each task of the run INFO a line with a
   JSON object (RFC 8259), for --json.  The pool's SPOOLED and CLOCKED must be
   set.  */
struct pmap_observer pmap_json_open (struct pmap_info const *info);

#endif
