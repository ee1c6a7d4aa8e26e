/* The descriptors that a program was started with.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "c-ctype.h"
#include "cloexec.h"

/* Add FD to D.  Return 0 or ENOMEM.  */
static int
add (struct descriptors *d, int fd)
{
  enum { STEP = 16 };
  if (d->n % STEP == 0)
    {
      int *p = reallocarray (d->fd, d->n + STEP, sizeof *p);
      if (!p)
        return ENOMEM;
      d->fd = p;
    }
  d->fd[d->n++] = fd;
  return 0;
}

/* Try every number that a descriptor can have, without /proc.  */
static int
note_by_trying (struct descriptors *d, int own, int other)
{
  long int max = sysconf (_SC_OPEN_MAX);
  int err = 0;
  for (int fd = STDERR_FILENO + 1; !err && fd < max; fd++)
    if (fd != own && fd != other && 0 <= fcntl (fd, F_GETFD))
      err = add (d, fd);
  return err;
}

int
descriptors_note (struct descriptors *d, int own, int other)
{
  *d = (struct descriptors) { NULL, 0 };
  DIR *dir = opendir ("/proc/self/fd");
  if (!dir)
    return note_by_trying (d, own, other);
  int err = 0;
  for (struct dirent *e; !err && (e = readdir (dir)); )
    if (c_isdigit (*e->d_name))
      {
        int fd = strtol (e->d_name, NULL, 10);
        if (STDERR_FILENO < fd && fd != own && fd != other
            && fd != dirfd (dir))
          err = add (d, fd);
      }
  closedir (dir);
  return err;
}

void
descriptors_hide (struct descriptors const *d)
{
  for (size_t i = 0; i < d->n; i++)
    set_cloexec_flag (d->fd[i], true);
}

void
descriptors_free (struct descriptors *d)
{
  free (d->fd);
  *d = (struct descriptors) { NULL, 0 };
}

void
descriptors_close (struct descriptors *d)
{
  for (size_t i = 0; i < d->n; i++)
    close (d->fd[i]);
  descriptors_free (d);
}
