/* Read the small files of /proc, /sys and the cgroup trees.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Read up to SIZE bytes of FD to BUF; EINTR, which these files hardly give,
   starts again.  Return what read returns.  */
static ssize_t
read_some (int fd, char *buf, size_t size)
{
  ssize_t n;
  do
    n = read (fd, buf, size);
  while (n < 0 && errno == EINTR);
  return n;
}

/* Read FD to its end into *TEXT and *LENGTH as in mp_procfile_bytes.  */
static int
read_all (int fd, char **text, size_t *length)
{
  enum { FIRST_SIZE = 4096 };
  char *buf = NULL;
  size_t size = 0;
  size_t len = 0;
  ssize_t n;
  do
    {
      /* One byte is kept for the NUL.  */
      if (size - len < 2)
        {
          size_t larger = size ? 2 * size : FIRST_SIZE;
          char *p = realloc (buf, larger);
          if (!p)
            {
              free (buf);
              return ENOMEM;
            }
          buf = p;
          size = larger;
        }
      n = read_some (fd, buf + len, size - len - 1);
      if (n < 0)
        {
          int err = errno;
          free (buf);
          return err;
        }
      len += n;
    }
  while (n > 0);
  buf[len] = '\0';
  *text = buf;
  *length = len;
  return 0;
}

int
mp_procfile_bytes (char const *name, char **text, size_t *len)
{
  int fd = open (name, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  int err = read_all (fd, text, len);
  close (fd);
  return err;
}

int
mp_procfile_read (char const *name, char **text)
{
  size_t len;
  return mp_procfile_bytes (name, text, &len);
}

int
mp_procfile_line (char const *name, char *buf, size_t size)
{
  int fd = open (name, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  ssize_t n = read_some (fd, buf, size);
  int err = n < 0 ? errno : (size_t) n == size ? E2BIG : 0;
  close (fd);
  if (err)
    return err;
  if (n > 0 && buf[n - 1] == '\n')
    n--;
  buf[n] = '\0';
  return 0;
}
