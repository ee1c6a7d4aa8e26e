/* pmap: a folder with what each task has written, and how it has ended.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_RESULTS_H
#define PMAP_RESULTS_H

#include "pmap-observer.h"

/* Return who writes output and status of each task of the run INFO to the
   folder for --results, or exit if that cannot be made or is not empty.  The
   pool's CLOCKED should be set.  It uses the USER of tasks.  */
struct pmap_observer pmap_results_open (struct pmap_info const *info);

#endif
