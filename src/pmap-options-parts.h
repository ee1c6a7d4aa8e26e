/* pmap: the parts of reading the options.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_OPTIONS_PARTS_H
#define PMAP_OPTIONS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "pmap.h"

/* What is known of the options while they are read.  */
struct parsing
{
  struct pmap_options *o;
  char const *processes;        /* the value of -P, or null */
  bool grouping_set;            /* O's way to put outputs together was said */
  bool header;                  /* a header was */
  bool env, heartbeat;          /* these were */
};

/* In pmap-options-rows.c.  */

/* Read the options of the ARGC strings ARGV into *P, or exit if one is no good.
   Return the index of the first operand.  */
int pmap_options_read (int argc, char **argv, struct parsing *p);

/* The number of tasks at a time that S, the value of -P, means: null for the
   default, where each has so many CPUS.  */
unsigned int pmap_options_processes (char const *s, size_t cpus);

/* In pmap-combinations.c.  */

/* Exit if options of O do not go together, where -n is as it was given; ENV and
   HEARTBEAT say whether --env and --heartbeat were.  */
void pmap_check_combinations (struct pmap_options const *o, bool env,
                              bool heartbeat);

#endif
