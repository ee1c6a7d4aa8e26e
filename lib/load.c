/* How busy the system's CPUs are.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"

#include "procfile.h"

/* Room for the line of /proc/loadavg.  */
enum { LINE_SIZE = 256 };

/* Read the fourth field of LINE, "RUNNING/ALL", into *RUNNING.  Return 0 or
   EINVAL.  */
static int
parse_running (char const *line, uintmax_t *running)
{
  for (int i = 0; i < 3; i++)
    {
      line += strcspn (line, " ");
      line += strspn (line, " ");
    }
  char *end;
  if (!c_isdigit (*line))
    return EINVAL;
  *running = strtoumax (line, &end, 10);
  return *end == '/' ? 0 : EINVAL;
}

/* Read ROOT/proc/loadavg into *RUNNING.  Return 0 or an errno value.  */
static int
read_running (char const *root, uintmax_t *running)
{
  char *file;
  char line[LINE_SIZE];
  if (asprintf (&file, "%s/proc/loadavg", root) < 0)
    return ENOMEM;
  int err = mp_procfile_line (file, line, sizeof line);
  free (file);
  return err ? err : parse_running (line, running);
}

int
mp_load_get (char const *root, double *load)
{
  uintmax_t running;
  if (read_running (root, &running) == 0)
    {
      *load = running ? running - 1 : 0;
      return 0;
    }
  return getloadavg (load, 1) < 1 ? ENOSYS : 0;
}
