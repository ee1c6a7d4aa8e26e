/* pmap: a summary of the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_SUMMARY_H
#define PMAP_SUMMARY_H

#include "pmap-observer.h"

/* Return who writes the figures of the run INFO to standard error when it is
   over.  */
struct pmap_observer pmap_summary_open (struct pmap_info const *info);

#endif
