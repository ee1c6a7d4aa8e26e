/* Read without waiting from a descriptor that others share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "readnow.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int
mp_readnow_init (struct mp_readnow *r, int fd)
{
  struct stat st;
  *r = (struct mp_readnow) { .blocking = false };
  if (fstat (fd, &st) != 0)
    return errno;
  r->blocking = S_ISREG (st.st_mode);
  return 0;
}

/* mp_readnow, but for EINTR.  */
static ssize_t
try_read (struct mp_readnow *r, int fd, void *buffer, size_t size)
{
  if (r->blocking)
    return read (fd, buffer, size);
#if HAVE_PREADV2 && defined RWF_NOWAIT
  /* Others may read there as well, and be faster than we are after a poll.  */
  if (!r->no_nowait)
    {
      struct iovec v = { buffer, size };
      ssize_t n = preadv2 (fd, &v, 1, -1, RWF_NOWAIT);
      if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS
                     && errno != EINVAL))
        return n;
      r->no_nowait = true;
    }
#endif
  struct pollfd p = { .fd = fd, .events = POLLIN };
  if (poll (&p, 1, 0) == 0)
    {
      errno = EAGAIN;
      return -1;
    }
  return read (fd, buffer, size);
}

ssize_t
mp_readnow (struct mp_readnow *r, int fd, void *buffer, size_t size)
{
  ssize_t n;
  do
    n = try_read (r, fd, buffer, size);
  while (n < 0 && errno == EINTR);
  return n;
}
