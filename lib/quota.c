/* What cgroups allow of CPU time.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "quota.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "cglimit.h"
#include "cpulist.h"

/* Room for the line of any file read here: two 64-bit numbers.  */
enum { LINE_SIZE = 64 };

/* Read a decimal number at *S and the blanks behind it, step *S past them and
   store it in *N.  Return false if there is none.  */
static bool
parse_number (char const **s, double *n)
{
  if (!c_isdigit (**s))
    return false;
  char *end;
  *n = strtoumax (*s, &end, 10);
  while (c_isblank (*end))
    end++;
  *s = end;
  return true;
}

/* Set L's state and CPUs from TEXT, "MAX PERIOD" as in cpu.max; v1's "-1" for
   no limit is understood too.  */
static void
parse_quota (char const *text, struct mp_limit *l)
{
  /* Where the period is not said, it is this (cgroup-v2.rst).  */
  double period = 100000;
  double quota;
  char const *s = text;
  l->state = MP_LIMIT_INVALID;
  if (strncmp (s, "max", 3) == 0 || strcmp (s, "-1") == 0)
    l->state = MP_LIMIT_UNLIMITED;
  else if (parse_number (&s, &quota)
           && (!*s || parse_number (&s, &period)) && !*s
           && quota > 0 && period > 0)
    {
      l->state = MP_LIMIT_SET;
      l->cpus = quota / period;
    }
}

/* Read the quota of CG into BUF, of LINE_SIZE, in the form of cpu.max; *FILE,
   the name of its file, becomes that of the one that could not be read.
   Return 0 or an errno value.  */
static int
read_quota (struct mp_cgroup *cg, char *buf, char const **file)
{
  if (cg->version == 2)
    return mp_cgroup_line (cg, *file, buf, LINE_SIZE);
  int err = mp_cgroup_line (cg, *file, buf, LINE_SIZE / 2);
  /* Without a quota, the period does not matter.  */
  if (err || !c_isdigit (buf[0]))
    return err;
  static char const period[] = "cpu.cfs_period_us";
  size_t len = strlen (buf);
  buf[len++] = ' ';
  err = mp_cgroup_line (cg, period, buf + len, LINE_SIZE - len);
  if (err)
    *file = period;
  return err;
}

static int add_quota (struct mp_cgroup *, struct mp_limits *, void const *,
                      bool *);
static int add_cpuset (struct mp_cgroup *, struct mp_limits *, void const *,
                       bool *);

static struct mp_cglimit const quota =
  {
    .kind = MP_LIMIT_QUOTA, .controller = "cpu",
    .file = { [1] = "cpu.cfs_quota_us", [2] = "cpu.max" },
    .add = add_quota
  };

static struct mp_cglimit const cpuset =
  {
    .kind = MP_LIMIT_CPUSET, .controller = "cpuset", .nearest = true,
    .file = { [1] = "cpuset.effective_cpus", [2] = "cpuset.cpus.effective" },
    .add = add_cpuset
  };

/* Append CG's quota; see struct mp_cglimit.  */
static int
add_quota (struct mp_cgroup *cg, struct mp_limits *limits, void const *arg,
           bool *seen)
{
  (void) arg;
  char buf[LINE_SIZE];
  char const *file = quota.file[cg->version];
  struct mp_limit l = { .kind = MP_LIMIT_QUOTA };
  l.error = read_quota (cg, buf, &file);
  if (l.error == ENOENT)
    return 0;
  *seen = true;
  if (l.error)
    l.state = MP_LIMIT_UNREADABLE;
  else
    {
      parse_quota (buf, &l);
      l.text = buf;
    }
  return mp_cglimit_add (limits, &l, cg, file);
}

int
mp_quota_limits (struct mp_cgroups *c, struct mp_limits *limits)
{
  return mp_cglimit_collect (c, &quota, NULL, limits);
}

/* Append the CPUs of CG's cpuset; see struct mp_cglimit.  */
static int
add_cpuset (struct mp_cgroup *cg, struct mp_limits *limits, void const *arg,
            bool *seen)
{
  (void) arg;
  char const *file = cpuset.file[cg->version];
  struct mp_limit l = { .kind = MP_LIMIT_CPUSET };
  l.error = mp_cgroup_text (cg, file, &l.text);
  if (l.error == ENOENT)
    return 0;
  *seen = true;
  l.state = l.error ? MP_LIMIT_UNREADABLE : MP_LIMIT_INVALID;
  struct mp_cpulist set = { .words = NULL };
  if (!l.error)
    {
      l.text[strcspn (l.text, "\n")] = '\0';
      if (mp_cpulist_parse (l.text, &set) == 0)
        l.cpus = mp_cpulist_count (&set);
      if (l.cpus > 0)
        l.state = MP_LIMIT_SET;
    }
  int err = mp_cglimit_add (limits, &l, cg, file);
  mp_cpulist_free (&set);
  free (l.text);
  return err;
}

int
mp_quota_cpuset (struct mp_cgroups *c, struct mp_limits *limits)
{
  return mp_cglimit_collect (c, &cpuset, NULL, limits);
}
