/* What cgroups allow of CPU time.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_QUOTA_H
#define MP_QUOTA_H

#include "cgroup.h"
#include "limit.h"

/* Append the CPU quotas of the process that C is about to LIMITS: its own
   cgroup's and those of all its ancestors that can be seen, the own one
   first.  What could not be read is there too, with the reason.
   Return 0 or ENOMEM.

   The files are cpu.max of cgroup v2 ("$MAX $PERIOD", the first may be "max";
   the root cgroup has none; Documentation/admin-guide/cgroup-v2.rst) and
   cpu.cfs_quota_us, -1 for no limit, with cpu.cfs_period_us of v1
   (Documentation/scheduler/sched-bwc.rst).  */
int mp_quota_limits (struct mp_cgroups *c, struct mp_limits *limits);

/* Append the CPUs of the cpuset of that process to LIMITS: of the nearest
   cgroup that says.  They are for information: the affinity of a process is
   always within them (cpuset(7)).  Return 0 or ENOMEM.  */
int mp_quota_cpuset (struct mp_cgroups *c, struct mp_limits *limits);

#endif
