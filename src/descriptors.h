/* The descriptors that a program was started with.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stddef.h>

/* Some descriptors above 2.  */
struct descriptors
{
  int *fd;
  size_t n;
};

/* Note in *D the descriptors above 2 that are open, but not OWN nor OTHER.
   Return 0 or an errno value.  */
int descriptors_note (struct descriptors *d, int own, int other);

/* Let programs that are executed not have those of D.  */
void descriptors_hide (struct descriptors const *d);

/* Make D empty; they stay open.  */
void descriptors_free (struct descriptors *d);

/* Close those of D and make it empty.  */
void descriptors_close (struct descriptors *d);

#endif
