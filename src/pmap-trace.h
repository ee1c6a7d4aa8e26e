/* pmap: a trace of the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_TRACE_H
#define PMAP_TRACE_H

#include "pmap-observer.h"

/* Return who writes the run INFO to the file for --trace, as Trace Event JSON,
   or exit if it cannot be written.  */
struct pmap_observer pmap_trace_open (struct pmap_info const *info);

#endif
