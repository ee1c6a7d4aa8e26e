/* Unit tests of what brakes go by, and of what slots are bound to.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binding.h"
#include "check-cpus.h"
#include "fixture.h"
#include "load.h"
#include "memory.h"
#include "pressure.h"
#include "topology.h"
#include "unit.h"

/* What /proc/loadavg has, and the load; -1: that of the C library.  */
static struct
{
  char const *text;
  double load;
} const loads[] =
  {
    { "0.20 0.18 0.12 1/80 11206\n", 0 },
    { "40.20 0.18 0.12 8/80 11206\n", 7 },
    { "0.00 0.00 0.00 0/0 0\n", 0 },
    { "0.00 0.00 0.00 1234567/2345678 1", 1234566 },
    { "0.20 0.18 0.12\n", -1 },
    { "0.20 0.18 0.12 5\n", -1 },
    { "0.20 0.18 0.12 x/5 6\n", -1 },
    { "", -1 },
    { NULL, -1 }
  };

START_TEST (load)
{
  struct fixture_file const files[] = {
    { "/proc/loadavg", loads[_i].text }, { NULL, NULL }
  };
  char *root = fixture_make (files);
  double x = -1, average;
  int err = mp_load_get (root, &x);
  if (0 <= loads[_i].load)
    {
      ck_assert_int_eq (err, 0);
      ck_assert_double_eq (x, loads[_i].load);
    }
  else if (getloadavg (&average, 1) == 1)
    {
      ck_assert_int_eq (err, 0);
      ck_assert_double_ge (x, 0);
    }
  else
    ck_assert_int_eq (err, ENOSYS);
  fixture_remove (root);
}
END_TEST

#define PSI(some) \
  "some avg10=" some " avg60=99.99 avg300=99.99 total=1\n" \
  "full avg10=98.00 avg60=99.99 avg300=99.99 total=1\n"

/* The system's pressure, that of the cgroup /a, and what counts.  */
static struct
{
  char const *system, *cgroup;
  double percent;
  int err;
} const pressures[] =
  {
    { PSI ("0.00"), NULL, 0, 0 },
    { PSI ("12.34"), NULL, 12.34, 0 },
    { PSI ("12.34"), PSI ("56.78"), 56.78, 0 },
    { PSI ("56.78"), PSI ("12.34"), 56.78, 0 },
    { NULL, PSI ("12.34"), 12.34, 0 },
    { "full avg10=1.00 avg60=2.00\nsome avg10=3.00\n", NULL, 3, 0 },
    { "some avg60=1.00\n", NULL, 0, EINVAL },
    { "some avg10=-\n", NULL, 0, EINVAL },
    { "", NULL, 0, EINVAL },
    { NULL, NULL, 0, ENOENT }
  };

START_TEST (pressure)
{
  for (int kind = 0; kind < MP_PRESSURES; kind++)
    {
      char const *name = mp_pressure_names[kind];
      char system[64], cgroup[64];
      sprintf (system, "/proc/pressure/%s", name);
      sprintf (cgroup, "/sys/fs/cgroup/a/%s.pressure", name);
      struct fixture_file files[6] = {
        { "/proc/self/cgroup", "0::/a\n" },
        { "/proc/self/mountinfo", MOUNT_V2 ("/") }
      };
      int n = 2;
      if (pressures[_i].system)
        files[n++] = (struct fixture_file) { system, pressures[_i].system };
      if (pressures[_i].cgroup)
        files[n++] = (struct fixture_file) { cgroup, pressures[_i].cgroup };
      char *root = fixture_make (files);
      struct mp_cgroups c;
      double x;
      ck_assert_int_eq (mp_cgroups_read (root, 0, &c), 0);
      int err = mp_pressure_get (&c, kind, &x);
      ck_assert_int_eq (err, pressures[_i].err);
      if (!err)
        ck_assert_double_eq_tol (x, pressures[_i].percent, 1e-9);
      mp_cgroups_free (&c);
      fixture_remove (root);
    }
}
END_TEST

/* The least counts; it is measured anew each time.  */
START_TEST (available)
{
  static struct fixture_file const files[] = {
    { "/proc/meminfo", "MemAvailable: 1000 kB\n" },
    { "/proc/self/cgroup", "0::/a\n" },
    { "/proc/self/mountinfo", MOUNT_V2 ("/") },
    { "/sys/fs/cgroup/a/memory.max", "10000\n" },
    { "/sys/fs/cgroup/a/memory.current", "9000\n" },
    { NULL, NULL }
  };
  char *root = fixture_make (files);
  struct mp_cgroups c;
  uintmax_t bytes;
  ck_assert_int_eq (mp_cgroups_read (root, 0, &c), 0);
  ck_assert_int_eq (mp_memory_available (&c, &bytes), 0);
  ck_assert_uint_eq (bytes, 1000);
  char file[4096];
  snprintf (file, sizeof file, "%s/sys/fs/cgroup/a/memory.current", root);
  FILE *f = fopen (file, "w");
  ck_assert_ptr_nonnull (f);
  fputs ("12000\n", f);
  fclose (f);
  ck_assert_int_eq (mp_memory_available (&c, &bytes), 0);
  ck_assert_uint_eq (bytes, 0);
  ck_assert_int_eq (unlink (file), 0);
  ck_assert_int_eq (mp_memory_available (&c, &bytes), 0);
  ck_assert_uint_eq (bytes, 1000 * 1024);
  mp_cgroups_free (&c);
  fixture_remove (root);
}
END_TEST

#define TOPOLOGY(cpu, core, socket) \
  { "/sys/devices/system/cpu/cpu" cpu "/topology/core_cpus_list", core }, \
  { "/sys/devices/system/cpu/cpu" cpu "/topology/package_cpus_list", socket }

/* Two sockets of two cores of two threads, as numbered by most firmware.  */
static struct fixture_file const sockets[] = {
  TOPOLOGY ("0", "0,4\n", "0,2,4,6\n"), TOPOLOGY ("1", "1,5\n", "1,3,5,7\n"),
  TOPOLOGY ("2", "2,6\n", "0,2,4,6\n"), TOPOLOGY ("3", "3,7\n", "1,3,5,7\n"),
  TOPOLOGY ("4", "0,4\n", "0,2,4,6\n"), TOPOLOGY ("5", "1,5\n", "1,3,5,7\n"),
  TOPOLOGY ("6", "2,6\n", "0,2,4,6\n"), TOPOLOGY ("7", "3,7\n", "1,3,5,7\n"),
  { NULL, NULL }
};

/* By the names of older kernels, and for some CPUs only.  */
static struct fixture_file const old[] = {
  { "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,2\n" },
  { "/sys/devices/system/cpu/cpu0/topology/core_siblings_list", "0-2\n" },
  { "/sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1\n" },
  { NULL, NULL }
};

static struct fixture_file const nothing[] = {
  { "/none", "" }, { NULL, NULL }
};

/* What the slots of places of N CPUs of SET are bound to.  */
static struct
{
  struct fixture_file const *files;
  char const *set;
  size_t n;
  char const *place[10];
} const bindings[] =
  {
    /* Each core has one before any has two.  */
    { sockets, "0-7", 1, { "0", "2", "1", "3", "4", "6", "5", "7", "0" } },
    { sockets, "0-7", 2, { "0,4", "2,6", "1,5", "3,7", "0,4" } },
    { sockets, "0-7", 3, { "0,2,4", "1,5-6", "0,2,4" } },
    { sockets, "0-7", 4, { "0,2,4,6", "1,3,5,7", "0,2,4,6" } },
    { sockets, "0-7", 8, { "0-7", "0-7" } },
    { sockets, "0-7", 100, { "0-7", "0-7" } },
    /* What may not be used does not count.  */
    { sockets, "1-4", 1, { "1", "3", "2", "4", "1" } },
    { sockets, "1-4", 2, { "1,3", "2,4" } },
    { old, "0-3", 1, { "0", "1", "3", "2", "0" } },
    { old, "0-3", 2, { "0,2", "1,3" } },
    { nothing, "0-3,8", 2, { "0-1", "2-3", "0-1" } },
    { nothing, "70,200", 1, { "70", "200", "70" } }
  };

START_TEST (binding)
{
  char *root = fixture_make (bindings[_i].files);
  struct mp_cpulist set;
  struct mp_binding b;
  ck_assert_int_eq (mp_cpulist_parse (bindings[_i].set, &set), 0);
  ck_assert_int_eq (mp_binding_init (&b, root, &set, bindings[_i].n), 0);
  for (unsigned int slot = 1; bindings[_i].place[slot - 1]; slot++)
    {
      char *text;
      ck_assert_int_eq (mp_cpulist_format (mp_binding_place (&b, slot),
                                           &text), 0);
      ck_assert_msg (strcmp (text, bindings[_i].place[slot - 1]) == 0,
                     "case %d, slot %u: %s, not %s", _i, slot, text,
                     bindings[_i].place[slot - 1]);
      free (text);
    }
  mp_binding_free (&b);
  ck_assert_ptr_null (mp_binding_place (&b, 1));
  mp_cpulist_free (&set);
  fixture_remove (root);
}
END_TEST

START_TEST (no_binding)
{
  ck_assert_ptr_null (mp_binding_place (NULL, 1));
}
END_TEST

int
main (void)
{
  Suite *s = suite_create ("brakes");
  TCase *t = unit_tcase ("brakes");
  tcase_add_loop_test (t, load, 0, N_ENTRIES (loads));
  tcase_add_loop_test (t, pressure, 0, N_ENTRIES (pressures));
  tcase_add_test (t, available);
  tcase_add_loop_test (t, binding, 0, N_ENTRIES (bindings));
  tcase_add_test (t, no_binding);
  suite_add_tcase (s, t);
  return run_suite (s);
}
