/* Read the values of options: durations, signals, sizes, process counts.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PARSE_H
#define MP_PARSE_H

#include <stdint.h>
#include <time.h>

/* Read the duration S into *D: a decimal number, perhaps with a fraction or
   an exponent, with an optional unit ms, s (the default), m, h or d.  The
   decimal point is the locale's or '.'.  A duration too long for *D is as
   long as fits; any fraction of a nanosecond counts as a whole one, so that
   only zero is stored as 0.
   White space, signs, hexadecimal, "inf" and "nan" are no durations: a
   program whose duration may be infinite says so by not giving the option.
   Return 0, or EINVAL if S is not a duration (nothing is stored).  */
int mp_parse_duration (char const *s, struct timespec *d);

/* Read the signal S into *SIG: TERM, SIGTERM (in any case), RTMIN+1, or a
   number from 0 up.  0, also called EXIT as in the shell, is the signal that
   only asks whether it could be sent; the caller decides whether it makes
   sense.  Return 0, or EINVAL if S is no signal here (nothing is stored).  */
int mp_parse_signal (char const *s, int *sig);

/* Read the size S, in bytes, into *SIZE: a whole decimal number with an
   optional suffix K, M, G, T (or k, m, g, t), P, E (powers of 1024; KiB, KB and
   so on as in coreutils).
   Return 0, EINVAL, or ERANGE if it is too large (nothing is stored).  */
int mp_parse_size (char const *s, uintmax_t *size);

/* Read the process count S as -P takes it into *N: "4" that many; "0" no
   limit, stored as 0; "50%" of NCPU, rounded down, at least 1; "+1" or "-1"
   more or fewer than NCPU, at least 1.  NCPU is at least 1.
   Return 0, EINVAL, or ERANGE if it is too large (nothing is stored).  */
int mp_parse_processes (char const *s, unsigned long ncpu, unsigned long *n);

#endif
