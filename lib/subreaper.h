/* Adopt orphans.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SUBREAPER_H
#define MP_SUBREAPER_H

/* Let the calling process adopt the orphans among its descendants, from now
   on, where the system has that (prctl(2), PR_SET_CHILD_SUBREAPER).  Without
   it, what a descendant has detached is found only while its parent lives.  */
void mp_subreaper (void);

#endif
