/* Unit tests of the CPU count and the modules below it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check-cpus.h"
#include "cpulist.h"
#include "cpus.h"
#include "unit.h"

/* Lists of CPUs: what is read, and what the set is written as; null if it is
   no list.  */
static struct
{
  char const *in;
  char const *out;
  size_t count;
  int err;
} const lists[] =
  {
    { "0", "0", 1, 0 },
    { "0-3,8\n", "0-3,8", 5, 0 },
    { "", "", 0, 0 },
    { "\n", "", 0, 0 },
    { "8,0-3", "0-3,8", 5, 0 },
    { "0,1,2", "0-2", 3, 0 },
    { "1-3,2-5", "1-5", 5, 0 },
    { "63,64,65", "63-65", 3, 0 },
    { "0-1,1023-1025,4095-5000", "0-1,1023-1025,4095-5000", 911, 0 },
    { "4194303", "4194303", 1, 0 },
    { "4194304", NULL, 0, ERANGE },
    { "0-4294967295", NULL, 0, ERANGE },
    { "18446744073709551617", NULL, 0, ERANGE },
    { "3-1", NULL, 0, EINVAL },
    { "a", NULL, 0, EINVAL },
    { "1,", NULL, 0, EINVAL },
    { ",1", NULL, 0, EINVAL },
    { "1-", NULL, 0, EINVAL },
    { "-1", NULL, 0, EINVAL },
    { "1 2", NULL, 0, EINVAL },
    { "0x1", NULL, 0, EINVAL }
  };

START_TEST (list)
{
  struct mp_cpulist set = { .words = NULL };
  ck_assert_int_eq (mp_cpulist_parse (lists[_i].in, &set), lists[_i].err);
  if (lists[_i].err)
    {
      ck_assert_ptr_null (set.words);
      return;
    }
  char *out;
  ck_assert_int_eq (mp_cpulist_format (&set, &out), 0);
  ck_assert_str_eq (out, lists[_i].out);
  ck_assert_uint_eq (mp_cpulist_count (&set), lists[_i].count);
  free (out);
  mp_cpulist_free (&set);
}
END_TEST

/* A list that is longer than any one buffer comes through whole.  */
START_TEST (list_long)
{
  struct mp_cpulist set = { .words = NULL };
  for (size_t id = 0; id < 20000; id += 2)
    ck_assert_int_eq (mp_cpulist_add (&set, id, id), 0);
  char *s;
  ck_assert_int_eq (mp_cpulist_format (&set, &s), 0);
  ck_assert_uint_gt (strlen (s), 50000);
  struct fixture_file const files[] = { { "/list", s }, { NULL, NULL } };
  char *root = fixture_make (files);
  char *name;
  ck_assert_int_gt (asprintf (&name, "%s/list", root), 0);
  struct mp_cpulist back = { .words = NULL };
  ck_assert_int_eq (mp_cpulist_read (name, &back), 0);
  ck_assert_uint_eq (mp_cpulist_count (&back), 10000);
  mp_cpulist_subtract (&back, &set);
  ck_assert_uint_eq (mp_cpulist_count (&back), 0);
  mp_cpulist_free (&back);
  mp_cpulist_free (&set);
  free (name);
  free (s);
  fixture_remove (root);
}
END_TEST

/* The kernel that the tests see: masks of so many bits; 0 for the real one's
   refusal of everything.  */
static size_t kernel_bits;
static int kernel_error;

/* In place of the C library's.  As the kernel does, refuse a mask that is too
   short; the last CPU is the only one.  */
int
sched_getaffinity (pid_t pid, size_t size, cpu_set_t *mask)
{
  (void) pid;
  if (kernel_error || size * CHAR_BIT < kernel_bits)
    {
      errno = kernel_error ? kernel_error : EINVAL;
      return -1;
    }
  memset (mask, 0, size);
  CPU_SET_S (kernel_bits - 1, size, mask);
  return 0;
}

START_TEST (affinity_size)
{
  static size_t const sizes[] = { 64, 1024, 4096, 4160, 8192, 1 << 20 };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    {
      kernel_bits = sizes[i];
      struct mp_cpulist set = { .words = NULL };
      ck_assert_int_eq (mp_cpulist_affinity (0, &set), 0);
      ck_assert_uint_eq (mp_cpulist_count (&set), 1);
      ck_assert (mp_cpulist_has (&set, sizes[i] - 1));
      mp_cpulist_free (&set);
    }
}
END_TEST

START_TEST (affinity_error)
{
  struct mp_cpulist set = { .words = NULL };
  kernel_error = EPERM;
  ck_assert_int_eq (mp_cpulist_affinity (0, &set), EPERM);
  /* A kernel that calls every length wrong does not keep us for ever.  */
  kernel_error = EINVAL;
  ck_assert_int_eq (mp_cpulist_affinity (0, &set), EINVAL);
  kernel_error = 0;
  ck_assert_ptr_null (set.words);
}
END_TEST

/* What the steps after the base make of a quota of QUOTA/100000 among 64
   CPUs.  */
static struct
{
  char const *quota;
  struct mp_cpus_request request;
  double exact;
  uintmax_t whole;
  enum mp_limit_kind winner;
} const steps[] =
  {
    { "250000", { .round = MP_CPUS_UP }, 2.5, 3, MP_LIMIT_QUOTA },
    { "250000", { .round = MP_CPUS_DOWN }, 2.5, 2, MP_LIMIT_QUOTA },
    { "250000", { .round = MP_CPUS_NEAREST }, 2.5, 3, MP_LIMIT_QUOTA },
    { "240000", { .round = MP_CPUS_NEAREST }, 2.4, 2, MP_LIMIT_QUOTA },
    { "250000", { .round = MP_CPUS_EXACT }, 2.5, 2, MP_LIMIT_QUOTA },
    { "300000", { .round = MP_CPUS_UP }, 3, 3, MP_LIMIT_QUOTA },
    { "300001", { .round = MP_CPUS_UP }, 3.00001, 4, MP_LIMIT_QUOTA },
    { "299999", { .round = MP_CPUS_DOWN }, 2.99999, 2, MP_LIMIT_QUOTA },
    { "1000", { .round = MP_CPUS_UP }, .01, 1, MP_LIMIT_QUOTA },
    { "1000", { .round = MP_CPUS_DOWN }, .01, 1, MP_LIMIT_QUOTA },
    { "6400000", { .round = MP_CPUS_UP }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .round = MP_CPUS_UP }, 64, 64, MP_LIMIT_AFFINITY },

    /* 230000 * 1000 % is 2299.9999999999995 if one does not mind.  */
    { "230000", { .scale = 1000, .round = MP_CPUS_DOWN }, 23, 23,
      MP_LIMIT_QUOTA },
    { "max", { .scale = 50 }, 32, 32, MP_LIMIT_AFFINITY },
    { "max", { .scale = 200 }, 128, 128, MP_LIMIT_AFFINITY },
    { "250000", { .scale = 50 }, 1.25, 2, MP_LIMIT_QUOTA },
    { "250000", { .scale = 50, .round = MP_CPUS_DOWN }, 1.25, 1,
      MP_LIMIT_QUOTA },
    { "max", { .scale = .1 }, .064, 1, MP_LIMIT_AFFINITY },

    { "max", { .ignore = 60 }, 4, 4, MP_LIMIT_AFFINITY },
    { "max", { .ignore = 64 }, 0, 1, MP_LIMIT_AFFINITY },
    { "max", { .ignore = UINTMAX_MAX }, 0, 1, MP_LIMIT_AFFINITY },
    { "max", { .ignore = 99, .round = MP_CPUS_EXACT }, .001, 1,
      MP_LIMIT_AFFINITY },
    { "250000", { .ignore = 1 }, 1.5, 2, MP_LIMIT_QUOTA },
    /* scale comes before ignore */
    { "max", { .scale = 50, .ignore = 8 }, 24, 24, MP_LIMIT_AFFINITY },

    { "max", { .max = 5 }, 5, 5, MP_LIMIT_MAX },
    { "max", { .max = 64 }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .max = UINTMAX_MAX }, 64, 64, MP_LIMIT_AFFINITY },
    { "250000", { .max = 3 }, 2.5, 3, MP_LIMIT_QUOTA },
    { "250000", { .max = 2 }, 2, 2, MP_LIMIT_MAX },
    /* and max after both */
    { "max", { .scale = 200, .ignore = 8, .max = 100 }, 100, 100,
      MP_LIMIT_MAX },

    { "max", { .omp_num_threads = "3" }, 3, 3, MP_LIMIT_OMP_NUM_THREADS },
    { "max", { .omp_num_threads = "3,2,1" }, 3, 3,
      MP_LIMIT_OMP_NUM_THREADS },
    { "max", { .omp_num_threads = " 3 , 2" }, 3, 3,
      MP_LIMIT_OMP_NUM_THREADS },
    { "max", { .omp_num_threads = "100" }, 100, 100,
      MP_LIMIT_OMP_NUM_THREADS },
    { "max", { .omp_num_threads = "0" }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .omp_num_threads = "-3" }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .omp_num_threads = "3x" }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .omp_num_threads = "" }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .omp_thread_limit = "3" }, 3, 3, MP_LIMIT_OMP_THREAD_LIMIT },
    { "max", { .omp_thread_limit = "99" }, 64, 64, MP_LIMIT_AFFINITY },
    { "max", { .omp_num_threads = "100", .omp_thread_limit = "80" }, 80, 80,
      MP_LIMIT_OMP_THREAD_LIMIT },
    { "max", { .omp_num_threads = "8", .scale = 50 }, 4, 4,
      MP_LIMIT_OMP_NUM_THREADS },

    { "max", { .mem_per_job = 1024 * 1024 }, 10, 10, MP_LIMIT_MEMORY },
    { "max", { .mem_per_job = 3 * 1024 * 1024 }, 3, 3, MP_LIMIT_MEMORY },
    { "max", { .mem_per_job = UINTMAX_MAX }, 0, 1, MP_LIMIT_MEMORY },
    { "max", { .mem_per_job = 1 }, 64, 64, MP_LIMIT_AFFINITY },
    { "250000", { .mem_per_job = 5 * 1024 * 1024 }, 2, 2, MP_LIMIT_MEMORY }
  };

START_TEST (step)
{
  struct fixture_file const files[] =
    {
      { "/proc/self/cgroup", "0::/\n" },
      { "/proc/self/mountinfo", MOUNT_V2 ("/") },
      { "/proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable:\t  10240 kB\n" },
      { "/sys/fs/cgroup/cpu.max", steps[_i].quota },
      { NULL, NULL }
    };
  struct mp_cpus cpus;
  count_in_tree (files, "0-63", &steps[_i].request, &cpus);
  ck_assert_double_eq_tol (cpus.exact, steps[_i].exact, 1e-9);
  ck_assert_uint_eq (cpus.whole, steps[_i].whole);
  struct mp_limit const *winner = find_winner (&cpus);
  ck_assert_ptr_nonnull (winner);
  ck_assert_int_eq (winner->kind, steps[_i].winner);
  mp_cpus_free (&cpus);
}
END_TEST

/* Slurm's variables, as NAME=VALUE, and what they make of 4 of 8 CPUs that a
   quota allows.  */
static struct
{
  char const *variables[4];
  uintmax_t whole;
  enum mp_limit_kind winner;
  size_t rows;                  /* how many limits are Slurm's */
} const slurm_shares[] =
  {
#define ON_NODE "SLURMD_NODENAME=n1"
#define IN_STEP ON_NODE, "SLURM_STEP_ID=0"
    { { ON_NODE, "SLURM_CPUS_ON_NODE=3" }, 3, MP_LIMIT_SLURM_NODE, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=4" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=64" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE }, 4, MP_LIMIT_QUOTA, 0 },
    { { IN_STEP, "SLURM_CPUS_PER_TASK=2" }, 2, MP_LIMIT_SLURM_TASK, 1 },
    { { IN_STEP, "SLURM_CPUS_PER_TASK=2", "SLURM_CPUS_ON_NODE=3" }, 2,
      MP_LIMIT_SLURM_TASK, 2 },
    /* Left over from sbatch, whose steps may have less.  */
    { { IN_STEP, "SLURM_CPUS_PER_TASK=3", "SLURM_CPUS_ON_NODE=1" }, 1,
      MP_LIMIT_SLURM_NODE, 2 },
    { { IN_STEP, "SLURM_CPUS_PER_TASK=9" }, 4, MP_LIMIT_QUOTA, 1 },
    { { IN_STEP, "SLURM_CPUS_ON_NODE=3" }, 3, MP_LIMIT_SLURM_NODE, 1 },
    /* A batch script has all of its job's tasks.  */
    { { ON_NODE, "SLURM_CPUS_PER_TASK=1", "SLURM_CPUS_ON_NODE=3" }, 3,
      MP_LIMIT_SLURM_NODE, 1 },
    { { ON_NODE, "SLURM_STEP_ID=4294967291", "SLURM_CPUS_PER_TASK=1",
        "SLURM_CPUS_ON_NODE=3" }, 3, MP_LIMIT_SLURM_NODE, 1 },
    /* salloc */
    { { "SLURM_CPUS_PER_TASK=1", "SLURM_CPUS_ON_NODE=1", "SLURM_STEP_ID=0" },
      4, MP_LIMIT_QUOTA, 0 },
    /* What is no number of CPUs does not count.  */
    { { ON_NODE, "SLURM_CPUS_ON_NODE=0" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=-1" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=1x" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=1(x2)" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE= 1" }, 4, MP_LIMIT_QUOTA, 1 },
    { { ON_NODE, "SLURM_CPUS_ON_NODE=99999999999999999999" }, 4,
      MP_LIMIT_QUOTA, 1 },
    { { IN_STEP, "SLURM_CPUS_PER_TASK=x", "SLURM_CPUS_ON_NODE=3" }, 3,
      MP_LIMIT_SLURM_NODE, 2 },
    { { ON_NODE, "SLURM_STEP_ID=x", "SLURM_CPUS_PER_TASK=1",
        "SLURM_CPUS_ON_NODE=3" }, 3, MP_LIMIT_SLURM_NODE, 1 }
#undef IN_STEP
#undef ON_NODE
  };

/* Forget what a job of Slurm in which the tests may run has set.  */
static void
unset_slurm (void)
{
  static char const *const names[] =
    { "SLURMD_NODENAME", "SLURM_STEP_ID", "SLURM_CPUS_PER_TASK",
      "SLURM_CPUS_ON_NODE" };
  for (size_t i = 0; i < N_ENTRIES (names); i++)
    unsetenv (names[i]);
}

START_TEST (slurm_share)
{
  struct fixture_file const files[] =
    {
      { "/proc/self/cgroup", "0::/\n" },
      { "/proc/self/mountinfo", MOUNT_V2 ("/") },
      { "/sys/fs/cgroup/cpu.max", "400000" },
      { NULL, NULL }
    };
  struct mp_cpus_request request = { .base = MP_CPUS_USABLE };
  struct mp_cpus cpus;
  for (size_t i = 0; i < N_ENTRIES (slurm_shares[_i].variables); i++)
    if (slurm_shares[_i].variables[i])
      putenv ((char *) slurm_shares[_i].variables[i]);
  count_in_tree (files, "0-7", &request, &cpus);
  ck_assert_uint_eq (cpus.whole, slurm_shares[_i].whole);
  struct mp_limit const *winner = find_winner (&cpus);
  ck_assert_ptr_nonnull (winner);
  ck_assert_int_eq (winner->kind, slurm_shares[_i].winner);
  size_t rows = 0;
  for (size_t i = 0; i < cpus.limits.n; i++)
    rows += (cpus.limits.list[i].kind == MP_LIMIT_SLURM_TASK
             || cpus.limits.list[i].kind == MP_LIMIT_SLURM_NODE);
  ck_assert_uint_eq (rows, slurm_shares[_i].rows);
  mp_cpus_free (&cpus);

  /* OpenMP's variable takes its place; it is not for all CPUs there are.  */
  request.omp_num_threads = "6";
  count_in_tree (files, "0-7", &request, &cpus);
  ck_assert_uint_eq (cpus.whole, 6);
  mp_cpus_free (&cpus);
  request.base = MP_CPUS_INSTALLED;
  request.omp_num_threads = NULL;
  count_in_tree (files, "0-7", &request, &cpus);
  for (size_t i = 0; i < cpus.limits.n; i++)
    ck_assert (cpus.limits.list[i].kind != MP_LIMIT_SLURM_NODE);
  mp_cpus_free (&cpus);
  unset_slurm ();
}
END_TEST

/* What numbers are printed as.  */
static struct
{
  double x;
  char const *s;
} const formats[] =
  {
    { 0, "0" }, { 1, "1" }, { 10, "10" }, { 100, "100" }, { 2.5, "2.5" },
    { .001, "0.001" }, { 1. / 3, "0.333" }, { 2. / 3, "0.667" },
    { 0.9999, "1" }, { 1e30, "1000000000000000" }
  };

START_TEST (format)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  ck_assert_str_eq (mp_cpus_format (formats[_i].x, buf), formats[_i].s);
}
END_TEST

/* The caller of mp_cpus_usable gets what mp_cpus_count says.  */
START_TEST (usable)
{
  static struct mp_cpus_request const plain = { .root = NULL };
  struct mp_cpus cpus;
  unsigned long n = 0;
  kernel_bits = 4096;
  ck_assert_int_eq (mp_cpus_usable (&n), 0);
  /* The affinity is one CPU here.  */
  ck_assert_uint_eq (n, 1);
  ck_assert_int_eq (mp_cpus_count (&plain, &cpus), 0);
  ck_assert_uint_eq (cpus.whole, n);
  mp_cpus_free (&cpus);
}
END_TEST

/* A process that does not exist is an error whatever is counted.  */
START_TEST (no_process)
{
  struct mp_cpus_request request = { .pid = INT_MAX };
  struct mp_cpus cpus;
  kernel_bits = 64;
  ck_assert_int_eq (mp_cpus_count (&request, &cpus), ESRCH);
  request.base = MP_CPUS_INSTALLED;
  ck_assert_int_eq (mp_cpus_count (&request, &cpus), ESRCH);
}
END_TEST

void
count_in_tree (struct fixture_file const *files, char const *affinity,
               struct mp_cpus_request const *request, struct mp_cpus *cpus)
{
  struct mp_cpulist set = { .words = NULL };
  ck_assert_int_eq (mp_cpulist_parse (affinity, &set), 0);
  char *root = fixture_make (files);
  struct mp_cpus_request r = *request;
  r.root = root;
  r.affinity = &set;
  int err = mp_cpus_count (&r, cpus);
  mp_cpulist_free (&set);
  size_t len = strlen (root);
  for (size_t i = 0; !err && i < cpus->limits.n; i++)
    {
      char *source = cpus->limits.list[i].source;
      if (source && strncmp (source, root, len) == 0)
        memmove (source, source + len, strlen (source + len) + 1);
    }
  fixture_remove (root);
  ck_assert_int_eq (err, 0);
}

struct mp_limit const *
find_winner (struct mp_cpus const *cpus)
{
  struct mp_limit const *winner = NULL;
  for (size_t i = 0; i < cpus->limits.n; i++)
    if (cpus->limits.list[i].won)
      {
        ck_assert_msg (!winner, "two limits won");
        winner = &cpus->limits.list[i];
      }
  return winner;
}

int
main (void)
{
  unset_slurm ();
  Suite *s = suite_create ("cpus");
  TCase *t = unit_tcase ("cpulist");
  tcase_add_loop_test (t, list, 0, N_ENTRIES (lists));
  tcase_add_test (t, list_long);
  tcase_add_test (t, affinity_size);
  tcase_add_test (t, affinity_error);
  suite_add_tcase (s, t);
  t = unit_tcase ("steps");
  tcase_add_loop_test (t, step, 0, N_ENTRIES (steps));
  tcase_add_loop_test (t, slurm_share, 0, N_ENTRIES (slurm_shares));
  tcase_add_loop_test (t, format, 0, N_ENTRIES (formats));
  tcase_add_test (t, usable);
  tcase_add_test (t, no_process);
  suite_add_tcase (s, t);
  suite_add_tcase (s, cgroup_case ());
  suite_add_tcase (s, memory_case ());
  suite_add_tcase (s, topology_case ());
  return run_suite (s);
}
