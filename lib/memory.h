/* How many jobs fit in the memory that a process may still use.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_MEMORY_H
#define MP_MEMORY_H

#include <stdint.h>

#include "cgroup.h"
#include "limit.h"

/* Append to LIMITS how many jobs of SIZE bytes, SIZE > 0, fit in what is
   available of the system's memory and of each memory limit of the process
   that C is about: of its own cgroup and of every ancestor that can be seen.
   The text of a limit is the number of bytes available.
   Return 0 or ENOMEM.

   Of the system, that is MemAvailable (proc(5)).  Of a cgroup, it is its
   limit less what it uses, without the file pages that it could drop at once
   (inactive_file); memory.high, above which a cgroup is slowed down, limits
   as memory.max does (Documentation/admin-guide/cgroup-v2.rst; for v1,
   cgroup-v1/memory.rst, whose total_* values are those of the subtree).  */
int mp_memory_limits (struct mp_cgroups *c, uintmax_t size,
                      struct mp_limits *limits);

/* Store in *BYTES the least of what is available in this sense.  Return 0,
   ENOMEM, or ENOSYS if nothing tells.  */
int mp_memory_available (struct mp_cgroups *c, uintmax_t *bytes);

#endif
