/* Unit tests of cgroup quotas, on trees such as systems have.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "check-cpus.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { FILES = 14 };

/* Every process has 8 CPUs; CPUS of 8 means that no quota counts.  */
static struct
{
  char const *name;
  struct fixture_file files[FILES];
  double cpus;
  char const *source;           /* of what won */
  int state;                    /* a limit is in this state; or negative */
} const cases[] =
  {
    /* Version 2.  */
    { "v2: a container's namespace, limit at its root",
      { { "/proc/self/cgroup", "0::/\n" },
        { "/proc/self/mountinfo", MOUNT_OTHER MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/cpu.max", "150000 100000\n" } },
      1.5, "/sys/fs/cgroup/cpu.max", -1 },
    { "v2: no limit is max",
      { { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "max 100000\n" } },
      8, "sched_getaffinity", MP_LIMIT_UNLIMITED },
    { "v2: an unlimited leaf below a limit",
      { { "/proc/self/cgroup", "0::/a/b/c\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "200000 100000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n" },
        { "/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n" } },
      2, "/sys/fs/cgroup/a/cpu.max", MP_LIMIT_UNLIMITED },
    { "v2: a generous leaf below a lower limit",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "30000 10000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n" } },
      3, "/sys/fs/cgroup/a/cpu.max", -1 },
    { "v2: the leaf is the lowest",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "400000 100000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n" } },
      .5, "/sys/fs/cgroup/a/b/cpu.max", -1 },
    { "v2: of equal limits the nearest wins",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "50000 100000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n" } },
      .5, "/sys/fs/cgroup/a/b/cpu.max", -1 },
    { "v2: the controller is off below a limit",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "400000 100000\n" },
        { "/sys/fs/cgroup/a/b/cgroup.procs", "" } },
      4, "/sys/fs/cgroup/a/cpu.max", -1 },
    { "v2: the controller is off everywhere",
      { { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/cgroup.procs", "" },
        { "/sys/fs/cgroup/a/cgroup.procs", "" } },
      8, "sched_getaffinity", MP_LIMIT_ABSENT },
    { "v2: something else was mounted over it",
      { { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") } },
      8, "sched_getaffinity", MP_LIMIT_NOT_MOUNTED },
    { "v2: a limit above the affinity",
      { { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "6400000 100000\n" } },
      8, "sched_getaffinity", -1 },
    { "v2: the default period",
      { { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "300000\n" } },
      3, "/sys/fs/cgroup/a/cpu.max", -1 },
    { "v2: a container without its own namespace",
      { { "/proc/self/cgroup", "0::/docker/abc\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/docker/abc") },
        { "/sys/fs/cgroup/cpu.max", "200000 100000\n" } },
      2, "/sys/fs/cgroup/cpu.max", -1 },
    { "v2: below the container's cgroup",
      { { "/proc/self/cgroup", "0::/docker/abc/x/y\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/docker/abc") },
        { "/sys/fs/cgroup/cpu.max", "200000 100000\n" },
        { "/sys/fs/cgroup/x/cpu.max", "100000 100000\n" },
        { "/sys/fs/cgroup/x/y/cpu.max", "max 100000\n" } },
      1, "/sys/fs/cgroup/x/cpu.max", -1 },
    { "v2: a cgroup whose name only starts like the mounted one's",
      { { "/proc/self/cgroup", "0::/docker/abcdef\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/docker/abc") },
        { "/sys/fs/cgroup/cpu.max", "200000 100000\n" },
        { "/sys/fs/cgroup/def/cpu.max", "100000 100000\n" } },
      8, "sched_getaffinity", MP_LIMIT_OUTSIDE },
    { "v2: outside of the namespace, seen through a mount from outside",
      { { "/proc/self/cgroup", "0::/../sib\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/..") },
        { "/sys/fs/cgroup/cpu.max", "400000 100000\n" },
        { "/sys/fs/cgroup/sib/cpu.max", "200000 100000\n" } },
      2, "/sys/fs/cgroup/sib/cpu.max", -1 },
    { "v2: the same, below a sibling that is mounted",
      { { "/proc/self/cgroup", "0::/../sib/x\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/../sib") },
        { "/sys/fs/cgroup/x/cpu.max", "200000 100000\n" } },
      2, "/sys/fs/cgroup/x/cpu.max", -1 },
    { "v2: outside of the namespace, which alone is mounted",
      { { "/proc/self/cgroup", "0::/../sib\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/cpu.max", "400000 100000\n" },
        { "/sys/fs/cgroup/sib/cpu.max", "200000 100000\n" } },
      8, "sched_getaffinity", MP_LIMIT_OUTSIDE },
    { "v2: a namespace entered without a new mount",
      { { "/proc/self/cgroup", "0::/\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/../..") },
        { "/sys/fs/cgroup/cpu.max", "400000 100000\n" } },
      4, "/sys/fs/cgroup/cpu.max", MP_LIMIT_HIDDEN },
    { "v2: a name that starts with two dots is only a name",
      { { "/proc/self/cgroup", "0::/..a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/..a/cpu.max", "100000 100000\n" } },
      1, "/sys/fs/cgroup/..a/cpu.max", -1 },
    { "v2: a cgroup that was removed",
      { { "/proc/self/cgroup", "0::/a/b (deleted)\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "300000 100000\n" } },
      3, "/sys/fs/cgroup/a/cpu.max", -1 },
    { "v2: a name with a colon, a blank and a backslash",
      { { "/proc/self/cgroup", "0::/a:b c\\x2d\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a:b c\\x2d/cpu.max", "100000 100000\n" } },
      1, "/sys/fs/cgroup/a:b c\\x2d/cpu.max", -1 },
    { "v2: escapes in mountinfo",
      { { "/proc/self/cgroup", "0::/my cg/x\n" },
        { "/proc/self/mountinfo",
          MOUNT_V2_AT ("/my\\040cg", "/mnt/a\\011b\\134040") },
        { "/mnt/a\tb\\040/x/cpu.max", "100000 100000\n" } },
      1, "/mnt/a\tb\\040/x/cpu.max", -1 },
    { "v2: a mount that shows more ancestors is better",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo",
          MOUNT_V2_AT ("/a/b", "/one") MOUNT_V2_AT ("/", "/two")
          MOUNT_V2_AT ("/a", "/three") },
        { "/one/cgroup.procs", "" },
        { "/two/a/cpu.max", "100000 100000\n" },
        { "/two/a/b/cgroup.procs", "" },
        { "/three/b/cgroup.procs", "" } },
      1, "/two/a/cpu.max", -1 },
    { "v2: a mount that is covered by another is worse",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo",
          MOUNT_V2_AT ("/", "/covered") MOUNT_V2_AT ("/a", "/seen") },
        { "/covered/cpu.max", "100000 100000\n" },
        { "/seen/cpu.max", "200000 100000\n" },
        { "/seen/b/cgroup.procs", "" } },
      2, "/seen/cpu.max", -1 },
    { "v2: the text is not understood",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "300000 100000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", "nonsense\n" } },
      3, "/sys/fs/cgroup/a/cpu.max", MP_LIMIT_INVALID },
    { "v2: nor is a period of 0",
      { { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "300000 0\n" } },
      8, "sched_getaffinity", MP_LIMIT_INVALID },
    { "v2: the leaf cannot be read",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/cpu.max", "300000 100000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", NULL } },
      3, "/sys/fs/cgroup/a/cpu.max", MP_LIMIT_UNREADABLE },

    /* Version 1.  */
    { "v1: one controller a hierarchy",
      { { "/proc/self/cgroup", "2:cpuacct:/z\n1:cpu:/a\n" },
        { "/proc/self/mountinfo",
          MOUNT_OTHER MOUNT_V1 ("/", "cpuacct") MOUNT_V1 ("/", "cpu") },
        { "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "250000\n" },
        { "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n" },
        { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n" },
        { "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n" } },
      2.5, "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", MP_LIMIT_UNLIMITED },
    { "v1: cpu,cpuacct together, an unlimited leaf below a limit",
      { { "/proc/self/cgroup", "3:cpu,cpuacct:/a/b\n0::/x\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "cpu,cpuacct") },
        { "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "100000\n" },
        { "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "50000\n" },
        { "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n" } },
      2, "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us",
      MP_LIMIT_UNLIMITED },
    { "v1: the other order",
      { { "/proc/self/cgroup", "3:cpuacct,cpu:/a\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "cpuacct,cpu") },
        { "/sys/fs/cgroup/cpuacct,cpu/a/cpu.cfs_quota_us", "100000\n" },
        { "/sys/fs/cgroup/cpuacct,cpu/a/cpu.cfs_period_us", "100000\n" } },
      1, "/sys/fs/cgroup/cpuacct,cpu/a/cpu.cfs_quota_us", -1 },
    { "v1: a container without its own namespace",
      { { "/proc/self/cgroup", "3:cpu,cpuacct:/docker/abc/x\n" },
        { "/proc/self/mountinfo",
          MOUNT_V1 ("/docker/abc", "cpu,cpuacct") },
        { "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n" },
        { "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n" },
        { "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n" } },
      3, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", -1 },
    { "v1: a quota without a readable period",
      { { "/proc/self/cgroup", "1:cpu:/a\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "cpu") },
        { "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "250000\n" },
        { "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", NULL } },
      8, "sched_getaffinity", MP_LIMIT_UNREADABLE },
    { "v1: the controller is not mounted here",
      { { "/proc/self/cgroup", "1:cpu:/a\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "cpuacct") } },
      8, "sched_getaffinity", MP_LIMIT_NOT_MOUNTED },
    { "v1: no hierarchy has the controller",
      { { "/proc/self/cgroup", "1:cpuacct:/a\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "cpuacct") } },
      8, "sched_getaffinity", MP_LIMIT_NO_CONTROLLER },

    /* Both.  */
    { "hybrid: cpu is v1's",
      { { "/proc/self/cgroup", "1:cpu:/a\n0::/b\n" },
        { "/proc/self/mountinfo",
          MOUNT_V1 ("/", "cpu")
          MOUNT_V2_AT ("/", "/sys/fs/cgroup/unified") },
        { "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000\n" },
        { "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n" },
        { "/sys/fs/cgroup/unified/b/cpu.max", "100000 100000\n" } },
      3, "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", -1 },
    { "hybrid: cpu is v2's",
      { { "/proc/self/cgroup", "1:name=systemd:/a\n0::/b\n" },
        { "/proc/self/mountinfo",
          MOUNT_V1 ("/", "name=systemd")
          MOUNT_V2_AT ("/", "/sys/fs/cgroup/unified") },
        { "/sys/fs/cgroup/unified/b/cpu.max", "100000 100000\n" } },
      1, "/sys/fs/cgroup/unified/b/cpu.max", -1 },

    /* Masked.  */
    { "masked: no /proc, v2 in a container",
      { { "/sys/fs/cgroup/cgroup.procs", "" },
        { "/sys/fs/cgroup/cpu.max", "100000 100000\n" } },
      1, "/sys/fs/cgroup/cpu.max", MP_LIMIT_UNREADABLE },
    { "masked: no /proc, v1",
      { { "/sys/fs/cgroup/cpu,cpuacct/cgroup.procs", "" },
        { "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n" },
        { "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n" },
        { "/sys/fs/cgroup/unified/cgroup.procs", "" } },
      3, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us",
      MP_LIMIT_UNREADABLE },
    { "masked: no mountinfo, the root is mounted",
      { { "/proc/self/cgroup", "0::/a/b\n" },
        { "/sys/fs/cgroup/cgroup.procs", "" },
        { "/sys/fs/cgroup/a/cpu.max", "100000 100000\n" },
        { "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n" } },
      1, "/sys/fs/cgroup/a/cpu.max", MP_LIMIT_UNREADABLE },
    { "masked: no mountinfo, the container's cgroup is mounted",
      { { "/proc/self/cgroup", "0::/docker/abc\n" },
        { "/sys/fs/cgroup/cgroup.procs", "" },
        { "/sys/fs/cgroup/cpu.max", "100000 100000\n" } },
      1, "/sys/fs/cgroup/cpu.max", MP_LIMIT_UNREADABLE },
    { "masked: membership cannot be read, but mountinfo, both versions",
      { { "/proc/self/cgroup", NULL },
        { "/proc/self/mountinfo",
          MOUNT_V2_AT ("/", "/sys/fs/cgroup/unified") MOUNT_V1 ("/", "cpu") },
        { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n" },
        { "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n" } },
      3, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", MP_LIMIT_UNREADABLE },
    { "masked: membership cannot be read, v2 only",
      { { "/proc/self/cgroup", NULL },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/cpu.max", "300000 100000\n" } },
      3, "/sys/fs/cgroup/cpu.max", MP_LIMIT_HIDDEN },
    { "masked: empty files",
      { { "/proc/self/cgroup", "" }, { "/proc/self/mountinfo", "" },
        { "/sys/devices/system/cpu/online", "" } },
      8, "sched_getaffinity", MP_LIMIT_NO_CONTROLLER },
    { "masked: damaged files",
      { { "/proc/self/cgroup", "::\n:\n0::/a" },
        { "/proc/self/mountinfo",
          " - cgroup2\n31 23 0:28 / / - cgroup2\n\n"
          "31 23 0:28 / /x rw - cgroup2 cgroup2 rw" },
        { "/x/a/cpu.max", "200000 100000" } },
      2, "/x/a/cpu.max", -1 },
    { "masked: everything",
      { { "/proc/none", "" } },
      8, "sched_getaffinity", MP_LIMIT_NOT_MOUNTED },

    /* The CPUs online.  */
    { "online: fewer are shown than the affinity has, as by lxcfs",
      { { "/sys/devices/system/cpu/online", "0-3\n" } },
      4, "/sys/devices/system/cpu/online", -1 },
    { "online: more than the affinity",
      { { "/sys/devices/system/cpu/online", "0-1023\n" } },
      8, "sched_getaffinity", -1 },
    { "online: the cpuset is known, but only for information",
      { { "/proc/self/cgroup", "4:cpuset:/a/b\n0::/\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "cpuset") },
        { "/sys/fs/cgroup/cpuset/a/cpuset.effective_cpus", "0-8\n" },
        { "/sys/fs/cgroup/cpuset/cpuset.effective_cpus", NULL } },
      8, "sched_getaffinity", -1 }
  };

static bool
has_state (struct mp_limits const *limits, enum mp_limit_state state)
{
  for (size_t i = 0; i < limits->n; i++)
    if (limits->list[i].state == state)
      return true;
  return false;
}

START_TEST (quota)
{
  /* Above 1024 on purpose.  */
  static char const affinity[] = "4,1023-1028,2000";
  static struct mp_cpus_request const request = { .details = true };
  struct mp_cpus cpus;
  count_in_tree (cases[_i].files, affinity, &request, &cpus);
  struct mp_limit const *winner = find_winner (&cpus);
  ck_assert_msg (winner != NULL, "%s: nothing won", cases[_i].name);
  ck_assert_msg (cpus.exact == cases[_i].cpus, "%s: %g CPUs, not %g",
                 cases[_i].name, cpus.exact, cases[_i].cpus);
  ck_assert_msg (strcmp (winner->source, cases[_i].source) == 0,
                 "%s: %s won", cases[_i].name, winner->source);
  ck_assert_msg (cases[_i].state < 0
                 || has_state (&cpus.limits, cases[_i].state),
                 "%s: the state is missing", cases[_i].name);
  char *list;
  ck_assert_int_eq (mp_cpulist_format (&cpus.ids, &list), 0);
  ck_assert_str_eq (list, affinity);
  free (list);
  mp_cpus_free (&cpus);
}
END_TEST

/* Without an affinity, the CPUs online are those that can be listed; without
   these, the C library's number.  */
START_TEST (fallback)
{
  struct fixture_file files[] =
    {
      { "/sys/devices/system/cpu/online", "1,3\n" },
      { NULL, NULL }
    };
  static struct mp_cpus_request const request = { .root = NULL };
  struct mp_cpus cpus;
  count_in_tree (files, "", &request, &cpus);
  ck_assert_uint_eq (cpus.whole, 2);
  ck_assert (mp_cpulist_has (&cpus.ids, 3));
  mp_cpus_free (&cpus);

  files[0] = (struct fixture_file) { "/none", "" };
  count_in_tree (files, "", &request, &cpus);
  ck_assert_uint_ge (cpus.whole, 1);
  ck_assert_uint_eq (mp_cpulist_count (&cpus.ids), cpus.whole);
  ck_assert_int_eq (find_winner (&cpus)->kind, MP_LIMIT_SYSTEM);
  mp_cpus_free (&cpus);
}
END_TEST

/* All and online look at no limit.  */
START_TEST (bases)
{
  static struct fixture_file const files[] =
    {
      { "/proc/self/cgroup", "0::/\n" },
      { "/proc/self/mountinfo", MOUNT_V2 ("/") },
      { "/sys/fs/cgroup/cpu.max", "100000 100000\n" },
      { "/sys/devices/system/cpu/online", "0,2-4\n" },
      { "/sys/devices/system/cpu/present", "0-5\n" },
      { "/sys/devices/system/cpu/possible", "0-255\n" },
      { NULL, NULL }
    };
  static struct
  {
    enum mp_cpus_base base;
    uintmax_t whole;
  } const expected[] =
    { { MP_CPUS_USABLE, 1 }, { MP_CPUS_ONLINE, 4 }, { MP_CPUS_INSTALLED, 6 } };
  for (size_t i = 0; i < 3; i++)
    {
      struct mp_cpus_request request = { .base = expected[i].base };
      struct mp_cpus cpus;
      count_in_tree (files, "0,2", &request, &cpus);
      ck_assert_uint_eq (cpus.whole, expected[i].whole);
      mp_cpus_free (&cpus);
    }
}
END_TEST

TCase *
cgroup_case (void)
{
  TCase *t = unit_tcase ("cgroup");
  tcase_add_loop_test (t, quota, 0, sizeof cases / sizeof *cases);
  tcase_add_test (t, fallback);
  tcase_add_test (t, bases);
  return t;
}
