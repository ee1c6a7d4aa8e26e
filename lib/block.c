/* A block of input, and its way into a pipe.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minmax.h"

/* What a pipe holds by default, by pipe(7), and the most that an ordinary user
   may have it hold, by default, too.  */
enum { PIPE_DEFAULT = 64 * 1024, PIPE_LARGE = 1024 * 1024 };

/* The most that is moved at a time.  */
static size_t const move_max = 64 * 1024 * 1024;

/* The most that is copied at a time from a file that cannot be spliced.  */
enum { PIECE = 64 * 1024 };

void
mp_stage_init (struct mp_stage *s)
{
  *s = (struct mp_stage) { .fd = { -1, -1 } };
}

int
mp_stage_open (struct mp_stage *s)
{
  if (s->given_up)
    return EMFILE;
  if (pipe2 (s->fd, O_CLOEXEC | O_NONBLOCK) == 0)
    return 0;
  s->fd[0] = s->fd[1] = -1;
  return errno;
}

void
mp_stage_close (struct mp_stage *s)
{
  for (int i = 0; i < 2; i++)
    {
      if (s->fd[i] >= 0)
        close (s->fd[i]);
      s->fd[i] = -1;
    }
  s->block = NULL;
}

void
mp_pipe_enlarge (int fd, size_t len)
{
#ifdef F_SETPIPE_SZ
  if (PIPE_DEFAULT < len)
    fcntl (fd, F_SETPIPE_SZ, (int) MIN (len, PIPE_LARGE));
#else
  (void) fd;
  (void) len;
#endif
}

int
mp_block_copy (struct mp_block *b, char *to)
{
  int err = mp_block_unstage (b);
  if (err)
    return err;
  if (b->head_len)
    to = mempcpy (to, b->head, b->head_len);
  if (b->data_len)
    to = mempcpy (to, b->data, b->data_len);
  for (off_t done = 0; done < b->range;)
    {
      ssize_t n = pread (b->fd, to, b->range - done, b->offset + done);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n ? errno : EIO;
      to += n;
      done += n;
    }
  return 0;
}

size_t
mp_block_length (struct mp_block const *b)
{
  size_t n = b->head_len + b->staged + b->data_len;
  return (uintmax_t) b->range < SIZE_MAX - n ? n + b->range : SIZE_MAX;
}

/* Write some of the *LEN bytes at *DATA to FD, and step over them.  Return 0 if
   all went, else an errno value.  */
static int
push_memory (char const **data, size_t *len, int fd)
{
  while (*len)
    {
      ssize_t n = write (fd, *data, *len);
      if (n >= 0)
        {
          *data += n;
          *len -= n;
        }
      else if (errno != EINTR)
        return errno;
    }
  return 0;
}

#if HAVE_SPLICE

/* Move at most LEN bytes from IN, at *OFFSET if that is not null, to the pipe
   OUT.  Return how many, or -1 with errno.  */
static ssize_t
move (int in, off_t *offset, int out, uintmax_t len)
{
  ssize_t n;
  do
    n = splice (in, offset, out, NULL, MIN (len, move_max),
                SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (n < 0 && errno == EINTR);
  return n;
}

#else

static ssize_t
move (int in, off_t *offset, int out, uintmax_t len)
{
  (void) in;
  (void) offset;
  (void) out;
  (void) len;
  (void) move_max;
  errno = ENOSYS;
  return -1;
}

#endif

/* Whether ERR, from move, says that bytes must be copied instead.  EPERM is
   from a sandbox that does not allow the call.  */
static bool
cannot_move (int err)
{
  return err == EINVAL || err == ENOSYS || err == EPERM;
}

/* Move what B has on its stage to FD, or take it into memory if that is not
   possible.  Return 0 or an errno value.  */
static int
push_stage (struct mp_block *b, int fd)
{
  while (b->staged)
    {
      ssize_t n = move (b->stage->fd[0], NULL, fd, b->staged);
      if (n < 0)
        return cannot_move (errno) ? mp_block_unstage (b) : errno;
      /* Nobody else has its other end.  */
      if (n == 0)
        return EIO;
      b->staged -= n;
    }
  if (b->stage)
    b->stage->block = NULL;
  b->stage = NULL;
  return 0;
}

/* Copy a piece of B's file to FD.  Return as move does.  */
static ssize_t
copy (struct mp_block *b, int fd)
{
  char buffer[PIECE];
  ssize_t n;
  do
    n = pread (b->fd, buffer, MIN (b->range, PIECE), b->offset);
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    return n;
  char const *p = buffer;
  size_t left = n;
  int err = push_memory (&p, &left, fd);
  size_t done = n - left;
  b->offset += done;
  if (err && !done)
    {
      errno = err;
      return -1;
    }
  return done;
}

/* Put what B has in a file into FD.  Return 0 or an errno value.  */
static int
push_range (struct mp_block *b, int fd)
{
  while (b->range)
    {
      ssize_t n = -1;
      errno = EINVAL;
      if (!b->no_splice)
        n = move (b->fd, &b->offset, fd, b->range);
      if (n < 0 && cannot_move (errno))
        {
          b->no_splice = true;
          n = copy (b, fd);
        }
      if (n < 0)
        return errno;
      /* The file has become shorter.  */
      if (n == 0)
        b->range = 0;
      b->range -= n;
    }
  return 0;
}

int
mp_block_push (struct mp_block *b, int fd)
{
  int err = push_memory (&b->head, &b->head_len, fd);
  if (!err)
    err = push_stage (b, fd);
  if (!err)
    err = push_memory (&b->data, &b->data_len, fd);
  if (!err)
    err = push_range (b, fd);
  return err;
}

int
mp_block_unstage (struct mp_block *b)
{
  if (!b->stage)
    return 0;
  char *memory = malloc (b->staged + b->data_len);
  if (!memory)
    return ENOMEM;
  size_t done = 0;
  while (done < b->staged)
    {
      ssize_t n = read (b->stage->fd[0], memory + done, b->staged - done);
      if (n > 0)
        done += n;
      else if (n == 0 || errno != EINTR)
        {
          int err = n == 0 ? EIO : errno;
          free (memory);
          return err;
        }
    }
  if (b->data_len)
    memcpy (memory + done, b->data, b->data_len);
  free (b->memory);
  b->memory = memory;
  b->data = memory;
  b->data_len += done;
  b->staged = 0;
  b->stage->block = NULL;
  b->stage = NULL;
  return 0;
}

bool
mp_block_spare (struct mp_block *b)
{
  struct mp_stage *s = b->stage;
  if (!s || mp_block_unstage (b) != 0)
    return false;
  mp_stage_close (s);
  s->given_up = true;
  return true;
}

void
mp_block_free (struct mp_block *b)
{
  if (!b)
    return;
  /* Its rest must not be taken for another's.  */
  if (b->stage)
    mp_stage_close (b->stage);
  free (b->memory);
  free (b);
}
