/* Read without waiting from a descriptor that others share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_READNOW_H
#define MP_READNOW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How to read.  */
struct mp_readnow
{
  bool blocking;                /* a read never waits long: a regular file */
  bool no_nowait;               /* the kernel has no RWF_NOWAIT for it */
};

/* Find out how to read FD, and store it in *R.  Return 0 or an errno value.  */
int mp_readnow_init (struct mp_readnow *r, int fd);

/* Read at most SIZE bytes of FD, which R was made for, into BUFFER, as read(2)
   does, but never wait: EAGAIN says that there is nothing now.  EINTR does not
   happen.  */
ssize_t mp_readnow (struct mp_readnow *r, int fd, void *buffer, size_t size);

/* Store in *LEFT how many bytes can still be read from FD, if that is known:
   for a regular file, and for a pipe that nobody writes to any more.  Return
   whether it is.  */
bool mp_readnow_left (int fd, unsigned long long *left);

#endif
