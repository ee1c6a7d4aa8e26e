/* Output that is kept until somebody reads it as a file.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "full-write.h"

/* Store in *FD a new file without a name; one in memory will do if SMALL.
   Return 0 or an errno value.  */
static int
open_file (bool small, int *fd)
{
#if HAVE_MEMFD_CREATE
  *fd = small ? memfd_create ("pmap", MFD_CLOEXEC) : -1;
  if (0 <= *fd)
    return 0;
#else
  (void) small;
#endif
  char const *dir = getenv ("TMPDIR");
  char *name;
  if (asprintf (&name, "%s/pmap-XXXXXX", dir && *dir ? dir : "/tmp") < 0)
    return ENOMEM;
  *fd = mkostemp (name, O_CLOEXEC);
  int err = *fd < 0 ? errno : 0;
  if (!err)
    unlink (name);
  free (name);
  return err;
}

/* Move what S has in memory to a file; one in memory will do if SMALL.  Return
   0, or an errno value with S unchanged.  */
static int
move_to_file (struct mp_spool *s, struct mp_budget *budget, bool small)
{
  int fd;
  int err = open_file (small, &fd);
  struct mp_outbuf_mark at = mp_outbuf_begin (&s->memory);
  char const *data;
  size_t n;
  while (!err && (n = mp_outbuf_read (&at, &data)) != 0)
    if (full_write (fd, data, n) != n)
      err = errno;
  if (err)
    {
      if (0 <= fd)
        close (fd);
      return err;
    }
  mp_outbuf_clear (&s->memory, budget);
  s->fd = fd;
  return 0;
}

/* What spools leave of the budget: without it, no other task would be
   started.  */
enum { RESERVE = 256 * 1024 };

int
mp_spool_add (struct mp_spool *s, struct mp_budget *budget, char const *data,
              size_t len)
{
  if (s->fd < 0 && len + RESERVE <= mp_budget_left (budget))
    return mp_outbuf_add (&s->memory, budget, data, len);
  int err = s->fd < 0 ? move_to_file (s, budget, false) : 0;
  off_t at = err ? 0 : lseek (s->fd, 0, SEEK_CUR);
  if (!err && (at < 0 || full_write (s->fd, data, len) != len))
    err = errno;
  /* Some of it may have had room.  */
  if (err && 0 < at && (ftruncate (s->fd, at) != 0
                        || lseek (s->fd, at, SEEK_SET) < 0))
    return errno;
  return err;
}

int
mp_spool_open (struct mp_spool *s, struct mp_budget *budget, int *fd)
{
  int err = s->fd < 0 ? move_to_file (s, budget, true) : 0;
  if (!err && lseek (s->fd, 0, SEEK_SET) != 0)
    err = errno;
  *fd = s->fd;
  return err;
}

void
mp_spool_clear (struct mp_spool *s, struct mp_budget *budget)
{
  mp_outbuf_clear (&s->memory, budget);
  if (0 <= s->fd)
    close (s->fd);
  s->fd = -1;
}
