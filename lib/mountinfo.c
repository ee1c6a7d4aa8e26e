/* The cgroup hierarchies that are mounted, from /proc/self/mountinfo.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "mountinfo.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The kernel writes no more lines than a read asks for, and the one that
   overlaps: a page of them would cost more than the reads that it saves.  */
enum { READ_SIZE = 1024 };

int
mp_mountinfo_open (char const *root, struct mp_mountinfo *mi)
{
  *mi = (struct mp_mountinfo) { .n = 0 };
  if (asprintf (&mi->file, "%s/proc/self/mountinfo", root) < 0)
    {
      mi->file = NULL;
      return ENOMEM;
    }
  mi->buffer = malloc (READ_SIZE);
  if (!mi->buffer)
    {
      mp_mountinfo_free (mi);
      return ENOMEM;
    }
  mi->stream = fopen (mi->file, "re");
  if (mi->stream)
    setvbuf (mi->stream, mi->buffer, _IOFBF, READ_SIZE);
  else
    mi->error = errno;
  return 0;
}

/* End the reading of MI, because of ERROR if that is not 0.  */
static void
end_reading (struct mp_mountinfo *mi, int error)
{
  if (mi->stream)
    fclose (mi->stream);
  mi->stream = NULL;
  mi->error = error;
}

void
mp_mountinfo_free (struct mp_mountinfo *mi)
{
  end_reading (mi, 0);
  for (size_t i = 0; i < mi->n; i++)
    free (mi->list[i].line);
  free (mi->list);
  free (mi->buffer);
  free (mi->file);
  *mi = (struct mp_mountinfo) { .n = 0 };
}

/* Whether the string P starts with "\OOO", the escape of a byte.  */
static bool
is_escape (char const *p)
{
  return (p[0] == '\\' && '0' <= p[1] && p[1] <= '3'
          && '0' <= p[2] && p[2] <= '7' && '0' <= p[3] && p[3] <= '7');
}

/* Replace every \OOO in S by the byte that it stands for.  */
static void
unescape (char *s)
{
  char *to = s;
  for (char const *p = s; *p; p++)
    if (is_escape (p))
      {
        *to++ = (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0');
        p += 3;
      }
    else
      *to++ = *p;
  *to = '\0';
}

/* Read LINE of a mountinfo, which is changed, into *M.  Return false if it is
   no cgroup's.  The fields are (proc(5)): ID, parent, device, root, mount
   point, options, optional ones up to a "-", type, source, options of the file
   system.  */
static bool
parse_mount (char *line, struct mp_mount *m)
{
  /* Most lines are other file systems': tell them apart first.  */
  if (!strstr (line, " - cgroup"))
    return false;
  line[strcspn (line, "\n")] = '\0';
  char *rest = line;
  for (int i = 0; i < 3; i++)
    strsep (&rest, " ");
  char *root = strsep (&rest, " ");
  char *point = strsep (&rest, " ");
  strsep (&rest, " ");
  char const *field;
  while ((field = strsep (&rest, " ")) && strcmp (field, "-") != 0)
    continue;
  char const *type = strsep (&rest, " ");
  strsep (&rest, " ");
  if (!rest)
    return false;
  unescape (root);
  unescape (point);
  *m = (struct mp_mount) { .options = rest, .root = root, .point = point,
                           .line = line };
  m->version = (strcmp (type, "cgroup2") == 0 ? 2
                : strcmp (type, "cgroup") == 0 ? 1 : 0);
  return m->version != 0;
}

/* Append M to the list of MI.  Return 0 or ENOMEM.  */
static int
append (struct mp_mountinfo *mi, struct mp_mount const *m)
{
  struct mp_mount *p = realloc (mi->list, (mi->n + 1) * sizeof *p);
  if (!p)
    return ENOMEM;
  mi->list = p;
  mi->list[mi->n++] = *m;
  return 0;
}

/* Read on to the next cgroup mount of MI and append it, or to the end.
   Return 0 or ENOMEM.  */
static int
read_mount (struct mp_mountinfo *mi)
{
  char *line = NULL;
  size_t size = 0;
  struct mp_mount m;
  do
    if (getline (&line, &size, mi->stream) < 0)
      {
        int error = ferror (mi->stream) ? errno : feof (mi->stream) ? 0
                    : ENOMEM;
        free (line);
        end_reading (mi, error);
        return error == ENOMEM ? error : 0;
      }
  while (!parse_mount (line, &m));
  int err = append (mi, &m);
  if (err)
    free (line);
  return err;
}

int
mp_mountinfo_get (struct mp_mountinfo *mi, size_t i,
                  struct mp_mount const **mount)
{
  while (mi->n <= i && mi->stream)
    {
      int err = read_mount (mi);
      if (err)
        return err;
    }
  *mount = i < mi->n ? &mi->list[i] : NULL;
  return 0;
}
