/* pmap: where programs are.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_PROGRAM_H
#define PMAP_PROGRAM_H

#include "attribute.h"

/* Find the program NAME; exit if that is not possible.  Return its path, to be
   freed.  */
char *pmap_find_program (char const *name) ATTRIBUTE_MALLOC;

/* Return the path of the program that runs here, which was started as ARGV0;
   or exit.  To be freed.  */
char *pmap_own_program (char const *argv0) ATTRIBUTE_MALLOC;

#endif
