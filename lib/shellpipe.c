/* One warm shell: the pipe that its code goes through.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "minmax.h"

/* The pipe that holds the tasks that a shell is given ahead.  */
enum { PIPE_SIZE = MP_SHELL_WINDOW_MAX * 4096 };

void
mp_shell_learn_reading (struct mp_shell *s)
{
  struct mp_shells *ex = s->ex;
  int left;
  if (0 <= s->hold)
    {
      bool blocks = (ioctl (s->reader, FIONREAD, &left) == 0
                     && left < PIPE_BUF);
      if (ex->reading == MP_READS_UNKNOWN)
        ex->reading = blocks ? MP_READS_BLOCKS : MP_READS_ALONG;
      close (s->hold);
      s->hold = -1;
    }
  s->reading = ex->reading;
  s->window = s->reading == MP_READS_BLOCKS ? 1 : MP_SHELL_WINDOW_MIN;
}

/* Whether packets in the pipe of S can be taken back: a sandbox may lack what
   that takes.  A call for no bytes tells.  */
static bool
may_move_code (struct mp_shell const *s)
{
#if defined F_SETPIPE_SZ && HAVE_SPLICE
  return splice (s->reader, NULL, s->w.input.source.fd, NULL, 0, 0) == 0;
#else
  (void) s;
  return false;
#endif
}

void
mp_shell_begin_packets (struct mp_shell *s)
{
#ifdef O_DIRECT
  int fd = s->w.input.source.fd;
  int left, flags;
  if (s->reading != MP_READS_BLOCKS || s->n || s->unsent
      || ioctl (s->reader, FIONREAD, &left) != 0 || left
      || !may_move_code (s)
      || (flags = fcntl (fd, F_GETFL)) < 0
      || fcntl (fd, F_SETFL, flags | O_DIRECT) != 0)
    return;
  s->reading = MP_READS_PACKETS;
  s->window = MP_SHELL_WINDOW_MIN;
# ifdef F_SETPIPE_SZ
  /* Each write takes a page.  */
  fcntl (fd, F_SETPIPE_SZ, PIPE_SIZE);
# endif
#else
  (void) s;
#endif
}

void
mp_shell_writable (struct mp_worker *w)
{
  struct mp_shell *s = (struct mp_shell *) w;
  size_t n;
  int err = mp_worker_write (w, s->unsent + s->unsent_start,
                             s->unsent_length - s->unsent_start, &n);
  if (err)
    mp_pool_fail (s->ex->base.pool, err);
  s->sent += n;
  s->unsent_start += n;
  if (s->unsent_start == s->unsent_length)
    {
      free (s->unsent);
      s->unsent = NULL;
      s->unsent_start = s->unsent_length = 0;
    }
}

int
mp_shell_send (struct mp_shell *s, char const *data, size_t len)
{
  size_t n = 0;
  int err = s->unsent ? 0 : mp_worker_write (&s->w, data, len, &n);
  s->sent += n;
  if (err || n == len)
    return err;
  /* Behind what waits already.  */
  char *unsent = realloc (s->unsent, s->unsent_length + len - n);
  if (!unsent)
    return ENOMEM;
  memcpy (unsent + s->unsent_length, data + n, len - n);
  s->unsent = unsent;
  s->unsent_length += len - n;
  return 0;
}

/* Move all that is in the pipe of S to EX's spare pipe, at once: S, which may
   be reading, must not take what comes behind something that is taken away.
   In packets, no single read does that.  Store in *LEN how many bytes.  Return
   0 or an errno value.  */
static int
move_code (struct mp_shells *ex, struct mp_shell *s, size_t *len)
{
#if defined F_SETPIPE_SZ && HAVE_SPLICE
  if (ex->spare[0] < 0 && pipe2 (ex->spare, O_CLOEXEC | O_NONBLOCK) != 0)
    {
      ex->spare[0] = ex->spare[1] = -1;
      return errno;
    }
  int size = fcntl (s->reader, F_GETPIPE_SZ);
  if (size < 0)
    return errno;
  if (fcntl (ex->spare[0], F_GETPIPE_SZ) < size
      && fcntl (ex->spare[0], F_SETPIPE_SZ, size) < 0)
    return errno;
  ssize_t n = splice (s->reader, NULL, ex->spare[1], NULL, INT_MAX,
                      SPLICE_F_NONBLOCK);
  if (n < 0 && errno != EAGAIN)
    return errno;
  *len = MAX (n, 0);
  return 0;
#else
  (void) ex;
  (void) s;
  (void) len;
  return ENOSYS;
#endif
}

/* Take out of the pipe of S what S has not read.  Store in *DATA what that is,
   to be freed, and in *LEN how much.  Return 0 or an errno value, with nothing
   taken.  */
static int
take_code (struct mp_shell *s, char **data, size_t *len)
{
  struct mp_shells *ex = s->ex;
  int left;
  if (ioctl (s->reader, FIONREAD, &left) != 0)
    return errno;
  *len = 0;
  *data = malloc (left + 1);
  if (!*data)
    return ENOMEM;
  size_t n = left;
  int err = move_code (ex, s, &n);
  int fd = ex->spare[0];
  if (err == ENOSYS && s->reading != MP_READS_PACKETS)
    {
      /* Without packets, a read takes all at once.  */
      fd = s->reader;
      err = 0;
    }
  while (!err && *len < n)
    {
      ssize_t got = read (fd, *data + *len, n - *len);
      if (got < 0 && errno == EINTR)
        continue;
      /* S may have been faster.  */
      if (got <= 0 || fd == s->reader)
        {
          *len += MAX (got, 0);
          break;
        }
      *len += got;
    }
  s->sent -= *len;
  return err;
}

bool
mp_shell_has_begun (struct mp_shell const *s)
{
  int left;
  return (ioctl (s->reader, FIONREAD, &left) != 0
          || mp_shell_entry (s, 0)->begin + left < s->sent);
}

void
mp_shell_take_back (struct mp_shell *s, size_t keep)
{
  struct mp_pool *pool = s->ex->base.pool;
  char *data = NULL;
  size_t len = 0;
  size_t n = s->n;
  if (take_code (s, &data, &len) != 0 || !data)
    {
      s->kept = true;
      free (data);
      return;
    }
  unsigned long long read = s->sent;
  while (keep < n && read <= mp_shell_entry (s, n - 1)->begin)
    n--;
  s->queued = n ? MAX (mp_shell_entry (s, n - 1)->end, read) : read;
  /* What it is in the middle of, it gets back.  */
  size_t back = s->queued - read;
  char *rest = back ? malloc (back) : NULL;
  if (rest)
    {
      memcpy (rest, data, MIN (len, back));
      if (len < back)
        memcpy (rest + len, s->unsent + s->unsent_start, back - len);
    }
  free (s->unsent);
  s->unsent = NULL;
  s->unsent_start = s->unsent_length = 0;
  mp_watch_remove (&pool->watch, &s->w.input.source);
  mp_shell_return_tasks (s, n);
  int err = !back ? 0 : rest ? mp_shell_send (s, rest, back) : ENOMEM;
  if (err)
    mp_pool_fail (pool, err);
  free (rest);
  free (data);
}
