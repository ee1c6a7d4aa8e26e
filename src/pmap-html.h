/* pmap: a page about the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_HTML_H
#define PMAP_HTML_H

#include "pmap-observer.h"

/* Return who writes a page about the run INFO to the file for --report when it
   is over, or exit if that will not be possible.  */
struct pmap_observer pmap_html_open (struct pmap_info const *info);

#endif
