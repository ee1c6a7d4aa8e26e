/* What ncpu says about the limits that it found.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef NCPU_REPORT_H
#define NCPU_REPORT_H

#include "cpus.h"

/* The names of the enumerators in cpus.h, as options and JSON have them.  */
extern char const *const ncpu_bases[];
extern char const *const ncpu_units[];
extern char const *const ncpu_rounds[];
enum { NCPU_ROUNDS = MP_CPUS_EXACT + 1 };

/* Write to standard output what CPUS answers to REQUEST: the number alone, a
   table of the limits, or all of it as a JSON object.  */
void ncpu_print_number (struct mp_cpus_request const *request,
                        struct mp_cpus const *cpus);
void ncpu_print_table (struct mp_cpus_request const *request,
                       struct mp_cpus const *cpus);
void ncpu_print_json (struct mp_cpus_request const *request,
                      struct mp_cpus const *cpus, char const *list);

#endif
