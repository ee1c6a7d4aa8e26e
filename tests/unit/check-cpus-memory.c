/* Unit tests of the memory that is available.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "check-cpus.h"

#include <string.h>

#include "unit.h"

enum { FILES = 14 };

/* Each job needs 100 bytes; 1000 CPUs.  */
static struct
{
  char const *name;
  struct fixture_file files[FILES];
  double jobs;
  char const *source;
  int state;                    /* a memory limit is in this state */
} const cases[] =
  {
    { "the system's",
      { { "/proc/meminfo", "MemFree: 1 kB\nMemAvailable:   20 kB\n" },
        { "/proc/self/cgroup", "0::/\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/cgroup.procs", "" } },
      204, "/proc/meminfo", MP_LIMIT_ABSENT },
    { "v2: its own limit, file pages not counted as used",
      { { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/memory.max", "10000\n" },
        { "/sys/fs/cgroup/a/memory.current", "9000\n" },
        { "/sys/fs/cgroup/a/memory.stat",
          "anon 4000\nfile 5000\nactive_file 2000\ninactive_file 3000\n" } },
      40, "/sys/fs/cgroup/a/memory.max", -1 },
    { "v2: an ancestor's, which siblings use too",
      { { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
        { "/proc/self/cgroup", "0::/a/b\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/b/memory.max", "max\n" },
        { "/sys/fs/cgroup/a/b/memory.current", "10\n" },
        { "/sys/fs/cgroup/a/memory.max", "10000\n" },
        { "/sys/fs/cgroup/a/memory.current", "9001\n" } },
      9, "/sys/fs/cgroup/a/memory.max", MP_LIMIT_UNLIMITED },
    { "v2: the limit above which it is slowed down",
      { { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/memory.max", "10000\n" },
        { "/sys/fs/cgroup/a/memory.high", "5000\n" },
        { "/sys/fs/cgroup/a/memory.current", "0\n" } },
      50, "/sys/fs/cgroup/a/memory.high", -1 },
    { "v2: more is used than allowed",
      { { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/memory.max", "10000\n" },
        { "/sys/fs/cgroup/a/memory.current", "11000\n" } },
      0, "/sys/fs/cgroup/a/memory.max", -1 },
    { "v2: stranger statistics than usage",
      { { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/memory.max", "10000\n" },
        { "/sys/fs/cgroup/a/memory.current", "100\n" },
        { "/sys/fs/cgroup/a/memory.stat", "inactive_file 3000\n" } },
      100, "/sys/fs/cgroup/a/memory.max", -1 },
    { "v2: usage cannot be read",
      { { "/proc/meminfo", "MemAvailable: 10 kB\n" },
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/memory.max", "10000\n" } },
      102, "/proc/meminfo", MP_LIMIT_UNREADABLE },
    { "v1: an ancestor's, the leaf unlimited",
      { { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
        { "/proc/self/cgroup", "4:memory:/a/b\n1:cpu:/\n0::/\n" },
        { "/proc/self/mountinfo", MOUNT_V1 ("/", "memory") },
        { "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
          "9223372036854771712\n" },
        { "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "10000\n" },
        { "/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "8000\n" },
        { "/sys/fs/cgroup/memory/a/memory.stat",
          "inactive_file 1\ntotal_inactive_file 3000\n" } },
      50, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
      MP_LIMIT_UNLIMITED },
    { "damaged",
      { { "/proc/meminfo", "MemAvailable: 10 kB\n" },
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") },
        { "/sys/fs/cgroup/a/memory.max", "-\n" } },
      102, "/proc/meminfo", MP_LIMIT_INVALID },
  };

START_TEST (memory)
{
  static struct mp_cpus_request const request = { .mem_per_job = 100 };
  struct mp_cpus cpus;
  count_in_tree (cases[_i].files, "0-999", &request, &cpus);
  struct mp_limit const *winner = find_winner (&cpus);
  ck_assert_msg (cpus.exact == cases[_i].jobs, "%s: %g jobs, not %g",
                 cases[_i].name, cpus.exact, cases[_i].jobs);
  ck_assert_msg (winner->kind == MP_LIMIT_MEMORY
                 && strcmp (winner->source, cases[_i].source) == 0,
                 "%s: %s won", cases[_i].name, winner->source);
  bool seen = cases[_i].state < 0;
  for (size_t i = 0; i < cpus.limits.n; i++)
    seen |= (cpus.limits.list[i].kind == MP_LIMIT_MEMORY
             && (int) cpus.limits.list[i].state == cases[_i].state);
  ck_assert_msg (seen, "%s: the state is missing", cases[_i].name);
  mp_cpus_free (&cpus);
}
END_TEST

/* Where /proc is masked, the C library knows.  */
START_TEST (memory_masked)
{
  static struct fixture_file const files[] = {
    { "/none", "" }, { NULL, NULL }
  };
  static struct mp_cpus_request const request = { .mem_per_job = 1024 };
  struct mp_cpus cpus;
  count_in_tree (files, "0-3", &request, &cpus);
  struct mp_limit const *unreadable = NULL;
  struct mp_limit const *system = NULL;
  for (size_t i = 0; i < cpus.limits.n; i++)
    if (cpus.limits.list[i].kind == MP_LIMIT_MEMORY)
      {
        struct mp_limit const *l = &cpus.limits.list[i];
        if (strcmp (l->source, "sysconf") == 0)
          system = l;
        else if (strcmp (l->source, "/proc/meminfo") == 0)
          unreadable = l;
      }
  ck_assert_ptr_nonnull (unreadable);
  ck_assert_int_eq (unreadable->state, MP_LIMIT_UNREADABLE);
  ck_assert_ptr_nonnull (system);
  ck_assert_double_gt (system->cpus, 0);
  mp_cpus_free (&cpus);
}
END_TEST

TCase *
memory_case (void)
{
  TCase *t = unit_tcase ("memory");
  tcase_add_loop_test (t, memory, 0, sizeof cases / sizeof *cases);
  tcase_add_test (t, memory_masked);
  return t;
}
