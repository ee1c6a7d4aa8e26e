/* pmap: the tasks that have failed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_FAILED_H
#define PMAP_FAILED_H

#include "pmap-observer.h"

/* How many failures the last message names.  */
enum { PMAP_FIRST_MAX = 3 };

/* The first failures of a run.  All zero: none.  */
struct pmap_first
{
  size_t n;
  char *text[PMAP_FIRST_MAX];   /* item and outcome */
};

/* If TASK, which was delivered, or items of it have failed, note that in F if
   it is one of the first.  */
void pmap_first_add (struct pmap_first *f, struct mp_task const *task);

/* Report that N of ALL tasks have failed, and those of F.  */
void pmap_first_report (struct pmap_first const *f, unsigned long long n,
                        unsigned long long all);

void pmap_first_free (struct pmap_first *f);

/* Return who writes the items of the run INFO that fail to the file for
   --failed as they were read, or exit if it cannot be opened.  */
struct pmap_observer pmap_failed_open (struct pmap_info const *info);

#endif
