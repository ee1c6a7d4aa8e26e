/* Cores, sockets and memory nodes: what groups of CPUs a set touches.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TOPOLOGY_H
#define MP_TOPOLOGY_H

#include "cpulist.h"
#include "limit.h"

/* Reduce the CPUs in SET to the first of each core, socket or node, as KIND
   says (MP_LIMIT_CORES, ..._SOCKETS, ..._NODES), that has one in SET, and
   append their number to LIMITS.  ROOT is the prefix of the file names.

   The groups are read from ROOT/sys/devices/system (the kernel's
   Documentation/admin-guide/cputopology.rst and ABI/stable/sysfs-devices-node).
   A CPU that is offline belongs to no group there and is not counted.  If no
   CPU's group can be read, that is appended to LIMITS, and every CPU is a
   core, all of them one socket and one node.
   Return 0 or ENOMEM.  */
int mp_topology_reduce (char const *root, enum mp_limit_kind kind,
                        struct mp_cpulist *set, struct mp_limits *limits);

/* A CPU, and how many of SET come before it in its core.  */
struct mp_topology_cpu
{
  size_t id;
  size_t nth;
};

/* Store in *CPU, which the caller frees, the CPUs in SET, as many as it has, so
   that those of one socket come together and within it those of one core, as
   the same files tell; what they do not tell of is alone, by its number.
   Return 0 or ENOMEM.  */
int mp_topology_order (char const *root, struct mp_cpulist const *set,
                       struct mp_topology_cpu **cpu);

#endif
