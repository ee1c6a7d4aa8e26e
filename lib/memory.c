/* How many jobs fit in the memory that a process may still use.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "cglimit.h"
#include "physmem.h"
#include "procfile.h"

/* Room for a number.  */
enum { NUMBER_SIZE = 32 };

/* cgroup v1 writes "no limit" as the largest multiple of the page size in 63
   bits: from here on it is none.  */
#define V1_UNLIMITED ((uintmax_t) 1 << 62)

/* Read the decimal number that S starts with into *N.  Return 0 or EINVAL.  */
static int
parse_bytes (char const *s, uintmax_t *n)
{
  if (!c_isdigit (*s))
    return EINVAL;
  *n = strtoumax (s, NULL, 10);
  return 0;
}

/* Find the line of TEXT that starts with KEY and read the number behind it,
   after blanks, into *N.  Return 0 or EINVAL.  */
static int
find_value (char const *text, char const *key, uintmax_t *n)
{
  size_t len = strlen (key);
  for (char const *line = text; line; line = strchr (line, '\n'))
    {
      line += line != text;
      if (strncmp (line, key, len) == 0)
        {
          line += len;
          while (c_isblank (*line))
            line++;
          return parse_bytes (line, n);
        }
    }
  return EINVAL;
}

/* Make L say that AVAILABLE bytes are enough for so many jobs of SIZE; its
   text becomes BUF, of NUMBER_SIZE.  */
static void
set_available (struct mp_limit *l, uintmax_t available, uintmax_t size,
               char *buf)
{
  snprintf (buf, NUMBER_SIZE, "%" PRIuMAX, available);
  l->state = MP_LIMIT_SET;
  l->cpus = available / size;
  l->text = buf;
}

/* Make L say that ERROR keeps its source from being understood.  */
static void
set_error (struct mp_limit *l, int error)
{
  l->state = error == EINVAL ? MP_LIMIT_INVALID : MP_LIMIT_UNREADABLE;
  l->error = error;
}

/* Append what C's system has, if need be as the C library sees it.  */
static int
add_system (struct mp_cgroups *c, uintmax_t size,
            struct mp_limits *limits)
{
  struct mp_limit l = { .kind = MP_LIMIT_MEMORY };
  if (asprintf (&l.source, "%s/proc/meminfo", c->root) < 0)
    return ENOMEM;
  char buf[NUMBER_SIZE];
  char *text = NULL;
  uintmax_t kib;
  int error = mp_procfile_read (l.source, &text);
  if (!error)
    error = find_value (text, "MemAvailable:", &kib);
  free (text);
  if (error)
    set_error (&l, error);
  else
    set_available (&l, kib * 1024, size, buf);
  int err = mp_limits_add (limits, &l);
  free (l.source);
  if (!err && error)
    {
      l.source = (char *) "sysconf";
      set_available (&l, physmem_available (), size, buf);
      err = mp_limits_add (limits, &l);
    }
  return err;
}

/* The files of a cgroup's memory controller, by version.  */
static struct
{
  char const *limits[2];
  char const *usage;
  char const *droppable;        /* the line in memory.stat */
} const files[] =
  {
    [1] = { { "memory.limit_in_bytes", NULL },
            "memory.usage_in_bytes", "total_inactive_file " },
    [2] = { { "memory.max", "memory.high" },
            "memory.current", "inactive_file " }
  };

/* Store in *USED the bytes that CG uses and cannot drop at once.  Return 0,
   or an errno value about the file with the usage.  */
static int
read_used (struct mp_cgroup *cg, uintmax_t *used)
{
  char buf[NUMBER_SIZE];
  int err = mp_cgroup_line (cg, files[cg->version].usage, buf, sizeof buf);
  if (!err)
    err = parse_bytes (buf, used);
  if (err)
    return err;
  /* Without memory.stat, nothing can be dropped for sure.  */
  char *stat;
  uintmax_t droppable;
  if (mp_cgroup_text (cg, "memory.stat", &stat) == 0)
    {
      if (find_value (stat, files[cg->version].droppable, &droppable) == 0)
        *used -= droppable < *used ? droppable : *used;
      free (stat);
    }
  return 0;
}

/* Complete L with what is left to CG of LIMIT bytes, for jobs of SIZE; its
   text becomes BUF, of NUMBER_SIZE.  *FILE becomes the name of the file that
   could not be read, if any.  */
static void
set_left (struct mp_limit *l, struct mp_cgroup *cg, uintmax_t limit,
          uintmax_t size, char *buf, char const **file)
{
  uintmax_t used;
  int error = read_used (cg, &used);
  if (error)
    {
      set_error (l, error);
      *file = files[cg->version].usage;
    }
  else
    set_available (l, limit > used ? limit - used : 0, size, buf);
}

/* Append the limit in CG's file NAME, for jobs of SIZE, and set *SEEN if
   there is one.  */
static int
add_limit (struct mp_cgroup *cg, char const *name, uintmax_t size,
           struct mp_limits *limits, bool *seen)
{
  struct mp_limit l = { .kind = MP_LIMIT_MEMORY };
  char buf[NUMBER_SIZE];
  uintmax_t limit = UINTMAX_MAX;
  char const *file = name;
  int error = mp_cgroup_line (cg, name, buf, sizeof buf);
  if (error == ENOENT)
    return 0;
  *seen = true;
  if (!error && strcmp (buf, "max") != 0)
    error = parse_bytes (buf, &limit);
  if (error)
    set_error (&l, error);
  else if (limit < V1_UNLIMITED)
    set_left (&l, cg, limit, size, buf, &file);
  else
    {
      l.state = MP_LIMIT_UNLIMITED;
      l.text = buf;
    }
  return mp_cglimit_add (limits, &l, cg, file);
}

/* Append CG's memory limits; see struct mp_cglimit.  ARG points to the size
   of a job.  */
static int
add_limits (struct mp_cgroup *cg, struct mp_limits *limits, void const *arg,
            bool *seen)
{
  uintmax_t const *size = arg;
  int err = 0;
  for (size_t i = 0; i < 2 && !err; i++)
    if (files[cg->version].limits[i])
      err = add_limit (cg, files[cg->version].limits[i], *size, limits, seen);
  return err;
}

int
mp_memory_limits (struct mp_cgroups *c, uintmax_t size,
                  struct mp_limits *limits)
{
  static struct mp_cglimit const memory =
    {
      .kind = MP_LIMIT_MEMORY, .controller = "memory",
      .file = { [1] = "memory.limit_in_bytes", [2] = "memory.max" },
      .add = add_limits
    };
  int err = add_system (c, size, limits);
  if (!err)
    err = mp_cglimit_collect (c, &memory, &size, limits);
  return err;
}

int
mp_memory_available (struct mp_cgroups *c, uintmax_t *bytes)
{
  struct mp_limits limits = { .list = NULL };
  double least = HUGE_VAL;
  int err = mp_memory_limits (c, 1, &limits);
  mp_limits_apply (&limits, 0, &least);
  mp_limits_free (&limits);
  if (!err && least == HUGE_VAL)
    err = ENOSYS;
  if (!err)
    *bytes = least;
  return err;
}
