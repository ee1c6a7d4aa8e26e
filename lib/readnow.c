/* Read without waiting from a descriptor that others share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "readnow.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
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
      /* EPERM: a sandbox older than the call.  */
      if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS
                     && errno != EINVAL && errno != EPERM))
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

bool
mp_readnow_left (int fd, unsigned long long *left)
{
  struct stat st;
  if (fstat (fd, &st) != 0)
    return false;
  if (S_ISREG (st.st_mode))
    {
      off_t at = lseek (fd, 0, SEEK_CUR);
      *left = 0 <= at && at < st.st_size ? st.st_size - at : 0;
      return 0 <= at;
    }
  /* What a pipe holds is all there is if it has no writer: pipe(7),
     poll(2).  */
  int n = 0;
  struct pollfd p = { .fd = fd, .events = POLLIN };
  if (!S_ISFIFO (st.st_mode) || poll (&p, 1, 0) <= 0
      || !(p.revents & POLLHUP) || ioctl (fd, FIONREAD, &n) != 0)
    return false;
  *left = n;
  return true;
}
