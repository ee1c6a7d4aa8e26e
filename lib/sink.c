/* Write to a descriptor that others share, without waiting for it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "minmax.h"

/* What a sink gathers.  Larger pieces are written from where they lie.  */
enum { GATHER = 64 * 1024 };

#ifndef PIPE_BUF
# define PIPE_BUF _POSIX_PIPE_BUF
#endif

int
mp_sink_init (struct mp_sink *s, int fd)
{
  struct stat st;
  *s = (struct mp_sink) { .fd = fd };
  /* A descriptor that is not open fails at the first write.  */
  s->patient = fstat (fd, &st) != 0 || S_ISREG (st.st_mode);
  if (isatty (fd))
    {
      /* A terminal that says it is writable may take less than it is given,
         and a stopped one nothing.  Opened again, it can be told not to
         wait without telling others.  */
      char name[64];
      snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
      int own = open (name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      s->owned = own >= 0;
      if (s->owned)
        s->fd = own;
    }
  s->buffer = malloc (GATHER);
  return s->buffer ? 0 : ENOMEM;
}

void
mp_sink_free (struct mp_sink *s)
{
  free (s->buffer);
  s->buffer = NULL;
  if (s->owned)
    close (s->fd);
  s->owned = false;
}

/* Write some of the LEN bytes at DATA to S without waiting.  Setting
   O_NONBLOCK is no way to do that: the open file is shared, perhaps with the
   user's shell.  Return how many, or -1 with errno EAGAIN or another.  */
static ssize_t
write_now (struct mp_sink *s, char const *data, size_t len)
{
#if HAVE_PWRITEV2 && defined RWF_NOWAIT
  if (!s->patient && !s->no_nowait)
    {
      struct iovec v = { (char *) data, len };
      ssize_t n = pwritev2 (s->fd, &v, 1, -1, RWF_NOWAIT);
      /* EPERM may be from a sandbox older than the call; else write says it
         again.  */
      if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS
                     && errno != EINVAL && errno != EPERM))
        return n;
      s->no_nowait = true;
    }
#endif
  if (!s->patient)
    {
      struct pollfd p = { .fd = s->fd, .events = POLLOUT };
      if (poll (&p, 1, 0) == 0)
        {
          errno = EAGAIN;
          return -1;
        }
      /* So much a writable pipe takes at once: pipe(7).  */
      len = MIN (len, PIPE_BUF);
    }
  return write (s->fd, data, len);
}

ssize_t
mp_sink_intrude (struct mp_sink const *s, char const *data, size_t len)
{
  struct mp_sink copy = *s;
  return write_now (&copy, data, len);
}

/* Write what is possible of the LEN bytes at DATA and store in *WRITTEN how
   many.  Return 0, EAGAIN, or the errno value of a failed write.  */
static int
write_some (struct mp_sink *s, char const *data, size_t len, size_t *written)
{
  *written = 0;
  s->blocked = false;
  if (s->writing && len && !s->writing (s->arg, s))
    {
      s->blocked = true;
      return EAGAIN;
    }
  while (*written < len)
    {
      ssize_t n = write_now (s, data + *written, len - *written);
      if (n > 0)
        s->last = data[*written + n - 1];
      if (n >= 0)
        {
          *written += n;
          s->sent += n;
        }
      else if (errno == EAGAIN)
        {
          s->blocked = true;
          return EAGAIN;
        }
      else if (errno != EINTR)
        return errno;
    }
  return 0;
}

int
mp_sink_flush (struct mp_sink *s)
{
  size_t written;
  if (!s->length)
    return 0;
  int err = write_some (s, s->buffer, s->length, &written);
  s->length -= written;
  memmove (s->buffer, s->buffer + written, s->length);
  return err;
}

int
mp_sink_put (struct mp_sink *s, char const *data, size_t len, size_t *taken)
{
  *taken = 0;
  if (GATHER - s->length < len)
    {
      int err = mp_sink_flush (s);
      if (!err && GATHER < len)
        err = write_some (s, data, len, taken);
      if (err && err != EAGAIN)
        return err;
      if (err && *taken == 0 && GATHER == s->length)
        return 0;
    }
  size_t n = MIN (len - *taken, GATHER - s->length);
  memcpy (s->buffer + s->length, data + *taken, n);
  s->length += n;
  *taken += n;
  return 0;
}
