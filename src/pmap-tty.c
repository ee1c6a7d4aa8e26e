/* pmap: items typed at a terminal.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "safe-read.h"
#include "safe-write.h"

/* Pass on what comes from the terminal IN to the pipe OUT until either
   ends.  */
static void
relay (int in, int out)
{
  char buf[4096];
  struct pollfd p[] = { { .fd = in, .events = POLLIN }, { .fd = out } };
  for (;;)
    {
      if (poll (p, 2, -1) < 0)
        {
          if (errno == EINTR)
            continue;
          return;
        }
      /* The pool has gone.  */
      if (p[1].revents)
        return;
      size_t n = safe_read (in, buf, sizeof buf);
      if (n == 0 || n == SAFE_READ_ERROR)
        return;
      for (size_t done = 0; done < n; )
        {
          size_t k = safe_write (out, buf + done, n - done);
          if (k == SAFE_WRITE_ERROR)
            return;
          done += k;
        }
    }
}

int
pmap_relay_terminal (int fd)
{
  int pipe_fd[2];
  if (fd < 0 || !isatty (fd))
    return fd;
  if (pipe2 (pipe_fd, O_CLOEXEC) != 0)
    return -1;
  pid_t pid = fork ();
  if (pid < 0)
    return -1;
  if (pid == 0)
    {
      close (pipe_fd[0]);
      relay (fd, pipe_fd[1]);
      _exit (0);
    }
  close (pipe_fd[1]);
  return pipe_fd[0];
}
