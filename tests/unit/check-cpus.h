/* What the parts of check-cpus share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef CHECK_CPUS_H
#define CHECK_CPUS_H

#include <check.h>

#include "cpus.h"
#include "fixture.h"

/* A mountinfo line of the cgroup ROOT mounted at POINT: of version 2, and of
   version 1 with the CONTROLLERS.  The optional fields differ in number, as
   they may.  */
#define MOUNT_V2_AT(root, point) \
  "31 23 0:28 " root " " point " rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_V1_AT(root, point, controllers) \
  "32 31 0:29 " root " " point " rw shared:9 master:8 - cgroup cgroup rw," \
  controllers "\n"

/* Likewise at the customary place.  */
#define MOUNT_V2(root) MOUNT_V2_AT (root, "/sys/fs/cgroup")
#define MOUNT_V1(root, controllers) \
  MOUNT_V1_AT (root, "/sys/fs/cgroup/" controllers, controllers)

/* A line that is no cgroup's but looks a little like one.  */
#define MOUNT_OTHER \
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/cgroup rw\n" \
  "23 22 0:28 / /sys/fs/cgroup rw shared:2 - tmpfs tmpfs rw,mode=755\n" \
  "24 22 0:30 / /mnt/-\\040cgroup rw - tmpfs cgroup2 rw,cpu\n"

/* Let *CPUS answer REQUEST in a tree of the FILES, for a process whose
   affinity is the list AFFINITY.  The tree's root is taken off the sources.  */
void count_in_tree (struct fixture_file const *files, char const *affinity,
                    struct mp_cpus_request const *request,
                    struct mp_cpus *cpus);

/* Return the limit that won, null if none did; fail if there are two.  */
struct mp_limit const *find_winner (struct mp_cpus const *cpus);

/* The tests of cgroup quotas, of memory, and of cores and the like.  */
TCase *cgroup_case (void);
TCase *memory_case (void);
TCase *topology_case (void);

#endif
