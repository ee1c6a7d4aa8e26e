/* Unit tests of cores, sockets and nodes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "check-cpus.h"

#include <stdlib.h>

#include "unit.h"

#define CPU "/sys/devices/system/cpu/"
#define NODE "/sys/devices/system/node/"

/* What CPU N tells, under the names since Linux 5.3 or the older.  */
#define NEW(n, core, socket) \
  { CPU "cpu" #n "/topology/core_cpus_list", core "\n" }, \
  { CPU "cpu" #n "/topology/package_cpus_list", socket "\n" }
#define OLD(n, core, socket) \
  { CPU "cpu" #n "/topology/thread_siblings_list", core "\n" }, \
  { CPU "cpu" #n "/topology/core_siblings_list", socket "\n" }

/* Two sockets with two cores of two threads each, and three nodes, of which
   one has memory alone.  CPU 8 is offline.  */
static struct fixture_file const machine[] =
  {
    { CPU "online", "0-7\n" },
    { CPU "present", "0-8\n" },
    NEW (0, "0,4", "0-1,4-5"), NEW (1, "1,5", "0-1,4-5"),
    NEW (2, "2,6", "2-3,6-7"), NEW (3, "3,7", "2-3,6-7"),
    OLD (4, "0,4", "0-1,4-5"), OLD (5, "1,5", "0-1,4-5"),
    OLD (6, "2,6", "2-3,6-7"), OLD (7, "3,7", "2-3,6-7"),
    { NODE "online", "0-2\n" },
    { NODE "node0/cpulist", "0-1,4-5\n" },
    { NODE "node1/cpulist", "\n" },
    { NODE "node2/cpulist", "2-3,6-7\n" },
    { NULL, NULL }
  };

/* The same without a readable topology.  */
static struct fixture_file const masked[] =
  {
    { CPU "online", "0-7\n" },
    { CPU "present", "0-8\n" },
    { CPU "cpu0/topology/core_cpus_list", NULL },
    { NULL, NULL }
  };

static struct
{
  struct fixture_file const *files;
  char const *affinity;
  enum mp_cpus_base base;
  enum mp_cpus_unit unit;
  uintmax_t count;
  char const *list;
} const cases[] =
  {
    { machine, "0-7", MP_CPUS_USABLE, MP_CPUS_CPU, 8, "0-7" },
    { machine, "0-7", MP_CPUS_USABLE, MP_CPUS_CORE, 4, "0-3" },
    { machine, "0-7", MP_CPUS_USABLE, MP_CPUS_SOCKET, 2, "0,2" },
    { machine, "0-7", MP_CPUS_USABLE, MP_CPUS_NODE, 2, "0,2" },
    /* Both threads of one core; the second threads of two.  */
    { machine, "0,4", MP_CPUS_USABLE, MP_CPUS_CORE, 1, "0" },
    { machine, "4,7", MP_CPUS_USABLE, MP_CPUS_CORE, 2, "4,7" },
    { machine, "4,5", MP_CPUS_USABLE, MP_CPUS_SOCKET, 1, "4" },
    { machine, "1,7", MP_CPUS_USABLE, MP_CPUS_SOCKET, 2, "1,7" },
    { machine, "6-7", MP_CPUS_USABLE, MP_CPUS_NODE, 1, "6" },
    { machine, "0,4", MP_CPUS_ONLINE, MP_CPUS_CORE, 4, "0-3" },
    { machine, "0,4", MP_CPUS_INSTALLED, MP_CPUS_CPU, 9, "0-8" },
    { machine, "0,4", MP_CPUS_INSTALLED, MP_CPUS_CORE, 4, "0-3" },
    { machine, "0,4", MP_CPUS_INSTALLED, MP_CPUS_NODE, 2, "0,2" },
    { masked, "0,4", MP_CPUS_USABLE, MP_CPUS_CORE, 2, "0,4" },
    { masked, "3,4", MP_CPUS_USABLE, MP_CPUS_SOCKET, 1, "3" },
    { masked, "3,4", MP_CPUS_USABLE, MP_CPUS_NODE, 1, "3" }
  };

START_TEST (topology)
{
  struct mp_cpus_request request = { .base = cases[_i].base,
                                     .unit = cases[_i].unit };
  struct mp_cpus cpus;
  count_in_tree (cases[_i].files, cases[_i].affinity, &request, &cpus);
  ck_assert_uint_eq (cpus.whole, cases[_i].count);
  char *list;
  ck_assert_int_eq (mp_cpulist_format (&cpus.ids, &list), 0);
  ck_assert_str_eq (list, cases[_i].list);
  free (list);

  bool unreadable = false;
  for (size_t i = 0; i < cpus.limits.n; i++)
    unreadable |= (cpus.limits.list[i].state == MP_LIMIT_UNREADABLE
                   && cpus.limits.list[i].kind != MP_LIMIT_QUOTA);
  ck_assert_int_eq (unreadable, cases[_i].files == masked);
  mp_cpus_free (&cpus);
}
END_TEST

/* A quota limits cores too: so much time keeps no more of them busy.  */
START_TEST (core_quota)
{
  static struct fixture_file const files[] =
    {
      NEW (0, "0", "0-2"), NEW (1, "1", "0-2"), NEW (2, "2", "0-2"),
      { "/proc/self/cgroup", "0::/\n" },
      { "/proc/self/mountinfo", MOUNT_V2 ("/") },
      { "/sys/fs/cgroup/cpu.max", "150000 100000\n" },
      { NULL, NULL }
    };
  static struct mp_cpus_request const request = { .unit = MP_CPUS_CORE };
  struct mp_cpus cpus;
  count_in_tree (files, "0-2", &request, &cpus);
  ck_assert_uint_eq (cpus.whole, 2);
  ck_assert_int_eq (find_winner (&cpus)->kind, MP_LIMIT_QUOTA);
  mp_cpus_free (&cpus);
}
END_TEST

TCase *
topology_case (void)
{
  TCase *t = unit_tcase ("topology");
  tcase_add_loop_test (t, topology, 0, sizeof cases / sizeof *cases);
  tcase_add_test (t, core_quota);
  return t;
}
