/* pmap: how far a run has come.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_PROGRESS_H
#define PMAP_PROGRESS_H

#include "pmap-observer.h"
#include "pmap-screen.h"

/* Return who shows how far the run INFO has come: by a line on SCREEN or, if
   that is null, by messages from time to time.  */
struct pmap_observer pmap_progress_open (struct pmap_info const *info,
                                         struct pmap_screen *screen);

#endif
