/* How many more processes the user may have.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCROOM_H
#define MP_PROCROOM_H

/* Store in *ROOM how many processes the caller's user may have more than now.
   The limit is RLIMIT_NPROC, which counts threads and does not bind root
   (getrlimit(2)); a process belongs to the owner of its folder in /proc
   (proc(5)).  If the limit is so far above NEED, the number of processes that
   are wanted, that it hardly matters, nothing is counted.
   Return 0, or ENOENT if no limit is in force or near, or an errno value if
   /proc does not tell.  */
int mp_process_room (unsigned long int need, unsigned long int *room);

#endif
