/* How much work waits for a resource: pressure stall information.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pressure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "c-strtod.h"
#include "minmax.h"

#include "procfile.h"

char const *const mp_pressure_names[MP_PRESSURES] = { "cpu", "memory", "io" };

/* Raise *PERCENT to the avg10 of the line "some" of TEXT, a file of the
   kernel's.  Return 0 or EINVAL.  */
static int
parse (char const *text, double *percent)
{
  static char const key[] = "some avg10=";
  char const *s = strncmp (text, key, sizeof key - 1) == 0 ? text : NULL;
  if (!s)
    {
      s = strstr (text, "\nsome avg10=");
      if (!s)
        return EINVAL;
      s++;
    }
  s += sizeof key - 1;
  if (!c_isdigit (*s))
    return EINVAL;
  double x = c_strtod (s, NULL);
  *percent = MAX (*percent, x);
  return 0;
}

/* Raise *PERCENT to the system's.  Return 0 or an errno value.  */
static int
read_system (char const *root, char const *name, double *percent)
{
  char *file, *text;
  if (asprintf (&file, "%s/proc/pressure/%s", root, name) < 0)
    return ENOMEM;
  int err = mp_procfile_read (file, &text);
  free (file);
  if (err)
    return err;
  err = parse (text, percent);
  free (text);
  return err;
}

/* Raise *PERCENT to that of C's own cgroup.  Return 0 or an errno value.  */
static int
read_cgroup (struct mp_cgroups *c, char const *name, double *percent)
{
  struct mp_cgroup cg;
  char file[32];
  char *text;
  int err = mp_cgroup_find (c, name, &cg);
  if (err)
    return err;
  snprintf (file, sizeof file, "%s.pressure", name);
  err = (cg.version == 2 && cg.state == MP_CGROUP_FOUND
         ? mp_cgroup_text (&cg, file, &text) : ENOENT);
  mp_cgroup_free (&cg);
  if (err)
    return err;
  err = parse (text, percent);
  free (text);
  return err;
}

int
mp_pressure_get (struct mp_cgroups *c, enum mp_pressure_kind kind,
                 double *percent)
{
  char const *name = mp_pressure_names[kind];
  *percent = 0;
  int err = read_system (c->root, name, percent);
  int cgroup_err = read_cgroup (c, name, percent);
  return cgroup_err == 0 ? 0 : err;
}
