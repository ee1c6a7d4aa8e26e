/* How busy the system's CPUs are.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LOAD_H
#define MP_LOAD_H

/* Store in *LOAD how many threads of the system run or could run just now, less
   the one that asks: the fourth field of ROOT/proc/loadavg (proc(5)).  Where
   that cannot be read, store the system's load average of the last minute,
   which follows what happens slowly.  ROOT, "" for the real one, is the prefix
   of the file name.  Return 0, or ENOSYS if the system tells neither.  */
int mp_load_get (char const *root, double *load);

#endif
