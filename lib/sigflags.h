/* Note signals, to be looked at when it suits.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SIGFLAGS_H
#define MP_SIGFLAGS_H

#include <stdbool.h>

/* Whether SIG is ignored.  */
bool mp_sigflags_ignored (int sig);

/* From now on note every SIG that comes.  System calls that it interrupts
   fail with EINTR.  Return 0 or an errno value.  */
int mp_sigflags_install (int sig);

/* How many times SIG has come since the last call.  */
int mp_sigflags_take (int sig);

#endif
