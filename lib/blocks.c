/* Cut input into blocks of whole records.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "minmax.h"

/* How much is read at a time where a boundary is looked for, at first and at
   most.  */
enum { STEP_MIN = 4 * 1024, STEP_MAX = 1024 * 1024 };

/* How much is read at a time where every byte is looked at.  */
enum { STEP_SCAN = 64 * 1024 };

/* Less than this is not worth to be spliced.  */
enum { SPLICE_MIN = 16 * 1024 };

/* How much one call takes in from a pipe.  */
enum { CALL_MAX = 8 * 1024 * 1024 };

/* Begin a block.  */
static void
begin (struct mp_blocks *b)
{
  if (b->o.share && !b->file)
    b->o.size = MAX (b->o.size, MIN (b->given / b->o.share, b->o.most));
  size_t least = MAX (MAX (b->o.end_len, 1), b->o.records ? 0 : b->o.size);
  b->from = least;
  b->base = b->staged = b->records = 0;
  b->stage_full = b->lost = false;
  b->step = b->o.records ? STEP_SCAN : STEP_MIN;
}

/* Find out whether B's input is a file that can be given out in ranges, or a
   pipe.  Some files of /proc have a size of 0 and are read like others.  */
static int
classify (struct mp_blocks *b)
{
  struct stat st;
  if (fstat (b->fd, &st) != 0)
    return errno;
  b->fifo = S_ISFIFO (st.st_mode);
  /* Let whoever writes there go on while nobody takes the next block.  */
  if (b->fifo)
    mp_pipe_enlarge (b->fd, SIZE_MAX);
  b->offset = S_ISREG (st.st_mode) ? lseek (b->fd, 0, SEEK_CUR) : -1;
  b->file = 0 <= b->offset && b->offset < st.st_size;
  return 0;
}

int
mp_blocks_init (struct mp_blocks *b, int fd,
                struct mp_blocks_options const *o)
{
  *b = (struct mp_blocks) { .fd = fd, .o = *o };
  mp_stage_init (&b->stage);
  int err = mp_readnow_init (&b->how, fd);
  if (!err)
    err = classify (b);
  if (err)
    return err;
  b->boundary = malloc (o->end_len + o->start_len + 1);
  b->buffer = malloc (STEP_MIN);
  b->allocated = STEP_MIN;
  if (!b->boundary || !b->buffer)
    {
      mp_blocks_free (b);
      return ENOMEM;
    }
  if (o->end_len)
    memcpy (b->boundary, o->end, o->end_len);
  if (o->start_len)
    memcpy (b->boundary + o->end_len, o->start, o->start_len);
  begin (b);
  return 0;
}

void
mp_blocks_free (struct mp_blocks *b)
{
  mp_stage_close (&b->stage);
  free (b->boundary);
  free (b->header);
  free (b->buffer);
}

/* The place behind what B has read.  */
static size_t
end_place (struct mp_blocks const *b)
{
  return b->base + b->length;
}

/* Drop the first N bytes of what is in B's buffer.  */
static void
drop (struct mp_blocks *b, size_t n)
{
  b->first += n;
  b->length -= n;
  b->base += n;
}

/* Find the first boundary at FROM or behind it, and store its place in *CUT, or
   in FROM the first place where one may still be.  Return whether there is
   one.  */
static bool
find_boundary (struct mp_blocks *b, size_t *cut)
{
  size_t len = b->o.end_len + b->o.start_len;
  size_t end = end_place (b);
  if (end < b->from + b->o.start_len)
    return false;
  *cut = b->from;
  /* Of a file, nothing was read before its buffer.  */
  if (!len)
    return !b->file || b->length;
  size_t start = b->from - b->o.end_len;
  char const *p = b->buffer + b->first + (start - b->base);
  char const *hit = memmem (p, end - start, b->boundary, len);
  if (hit)
    *cut += hit - p;
  else
    b->from = end - b->o.start_len + 1;
  return hit != NULL;
}

/* Find where the block ends and store it in *CUT.  Return false if that is not
   in what was read.  */
static bool
find_cut (struct mp_blocks *b, size_t *cut)
{
  while (find_boundary (b, cut))
    {
      b->records++;
      if (!b->o.records || b->records == b->o.records
          || (b->o.size && b->o.size <= *cut))
        return true;
      b->from = *cut + MAX (b->o.end_len, 1);
    }
  return false;
}

/* Make room for N more bytes in B's buffer.  */
static int
make_room (struct mp_blocks *b, size_t n)
{
  if (n <= b->allocated - b->first - b->length)
    return 0;
  if (b->first)
    {
      memmove (b->buffer, b->buffer + b->first, b->length);
      b->first = 0;
    }
  if (n <= b->allocated - b->length)
    return 0;
  size_t size = MAX (b->length + n, b->length + b->length / 2);
  char *buffer = size < n ? NULL : realloc (b->buffer, size);
  if (!buffer)
    return ENOMEM;
  b->buffer = buffer;
  b->allocated = size;
  return 0;
}

/* Leave out of memory what is not needed to find the next boundary.  */
static void
keep_little (struct mp_blocks *b)
{
  size_t needed = b->from - b->o.end_len;
  if (b->base < needed)
    drop (b, MIN (needed - b->base, b->length));
  if (!b->length)
    b->first = 0;
}

/* Read SIZE bytes at most into B's buffer.  Return 0, also at the end; EAGAIN;
   ENOMEM; or the errno value of a failed read.  */
static int
fill (struct mp_blocks *b, size_t size)
{
  if (make_room (b, size) != 0)
    return ENOMEM;
  char *p = b->buffer + b->first + b->length;
  ssize_t n;
  if (b->file)
    do
      n = pread (b->fd, p, size, b->offset + end_place (b));
    while (n < 0 && errno == EINTR);
  else
    n = mp_readnow (&b->how, b->fd, p, size);
  if (n < 0)
    return errno;
  b->length += n;
  b->ended = n == 0;
  return 0;
}

/* Read the header, which is the first thing in B.  Return as fill does.  */
static int
read_header (struct mp_blocks *b)
{
  size_t lines = 0, end = 0;
  while (lines < b->o.header)
    {
      char const *start = b->buffer + b->first;
      char const *hit = memchr (start + end, b->o.header_end,
                                b->length - end);
      if (hit)
        {
          end = hit - start + 1;
          lines++;
          continue;
        }
      if (b->ended)
        {
          end = b->length;
          break;
        }
      int err = fill (b, STEP_SCAN);
      if (err)
        return err;
    }
  b->header = malloc (end + 1);
  if (!b->header)
    return ENOMEM;
  if (end)
    memcpy (b->header, b->buffer + b->first, end);
  b->header_len = end;
  b->has_header = true;
  if (!end)
    return 0;
  b->first += end;
  b->length -= end;
  if (b->file)
    {
      /* Places are counted from where the block begins, and none is known
         there.  */
      b->offset += end;
      lseek (b->fd, b->offset, SEEK_SET);
      b->length = b->first = 0;
      b->ended = false;
    }
  return 0;
}

/* Put what B's buffer holds on the stage, which is to take it up to the place
   LAST.  Return whether it did.  */
static bool
stage_buffer (struct mp_blocks *b, size_t last)
{
  if (!b->length)
    return true;
  if (last < end_place (b))
    return false;
  ssize_t n = write (b->stage.fd[1], b->buffer + b->first, b->length);
  if (0 < n)
    {
      drop (b, n);
      b->staged += n;
    }
  return !b->length;
}

/* Splice some of B's input, LEN bytes at most, onto its stage.  Return how many
   bytes, 0 at the end, or -1 with errno: EAGAIN if there is no input now,
   ENOBUFS if the stage is full.  */
static ssize_t
splice_some (struct mp_blocks *b, size_t len)
{
#if HAVE_SPLICE
  /* EAGAIN has two reasons; where there is input, it has the other one.  */
  for (int i = 0; i < 2; i++)
    {
      ssize_t n = splice (b->fd, NULL, b->stage.fd[1], NULL, len,
                          SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (n >= 0)
        return n;
      if (errno == EINTR)
        return splice_some (b, len);
      if (errno != EAGAIN)
        return -1;
      struct pollfd p = { .fd = b->fd, .events = POLLIN };
      if (poll (&p, 1, 0) <= 0)
        {
          errno = EAGAIN;
          return -1;
        }
    }
#else
  (void) len;
#endif
  errno = ENOBUFS;
  return -1;
}

/* Get ready to put a block on B's stage.  Return whether that is possible.  */
static bool
prepare_stage (struct mp_blocks *b)
{
  if (b->stage.block && mp_block_unstage (b->stage.block) != 0)
    return false;
  if (b->stage.fd[0] < 0)
    {
      if (mp_stage_open (&b->stage) != 0)
        return false;
      mp_pipe_enlarge (b->stage.fd[1], b->o.size);
    }
  return true;
}

/* Gather on B's stage what comes before the first place where the block may
   end.  *TAKEN counts the bytes.  Return 0 or as fill does.  */
static int
gather (struct mp_blocks *b, size_t *taken)
{
  if (!b->fifo || b->o.records || b->stage_full || b->lost)
    return 0;
  size_t last = b->from - b->o.end_len;
  if (last < b->staged + SPLICE_MIN)
    return 0;
  if (!b->staged && !prepare_stage (b))
    {
      b->stage_full = true;
      return 0;
    }
  if (!stage_buffer (b, last))
    {
      b->stage_full = true;
      return 0;
    }
  while (b->staged < last && *taken < CALL_MAX)
    {
      ssize_t n = splice_some (b, last - b->staged);
      if (n < 0 && errno == EAGAIN)
        return EAGAIN;
      if (n < 0)
        {
          /* Reading tells what is wrong, if anything is.  */
          b->stage_full = true;
          return 0;
        }
      if (n == 0)
        {
          b->ended = true;
          return 0;
        }
      b->staged += n;
      b->base += n;
      *taken += n;
    }
  return b->staged < last ? EAGAIN : 0;
}

/* Take the first N bytes of B's buffer, at least 1, for BLOCK.  Return 0 or
   ENOMEM.  */
static int
take_memory (struct mp_blocks *b, size_t n, struct mp_block *block)
{
  size_t rest = b->length - n;
  /* Copy what is smaller.  */
  bool few = n <= rest;
  size_t size = few ? n : MAX (rest, STEP_MIN);
  char *other = malloc (size);
  if (!other)
    return ENOMEM;
  char *start = b->buffer + b->first;
  block->data_len = n;
  if (few)
    {
      memcpy (other, start, n);
      block->memory = other;
      block->data = other;
      drop (b, n);
      return 0;
    }
  if (rest)
    memcpy (other, start + n, rest);
  block->memory = b->buffer;
  block->data = start;
  b->buffer = other;
  b->allocated = size;
  b->first = 0;
  b->length = rest;
  return 0;
}

/* Give as *RESULT the block of B that ends at CUT.  Return 0 or ENOMEM.  */
static int
give (struct mp_blocks *b, size_t cut, struct mp_block **result)
{
  struct mp_block *block = malloc (sizeof *block);
  if (!block)
    return ENOMEM;
  *block = (struct mp_block) { .head = b->header, .head_len = b->header_len,
                               .fd = -1 };
  if (b->file)
    {
      block->fd = b->fd;
      block->offset = b->offset;
      block->range = cut;
      *result = block;
      return 0;
    }
  if (b->base < cut && take_memory (b, cut - b->base, block) != 0)
    {
      free (block);
      return ENOMEM;
    }
  if (b->staged)
    {
      block->stage = &b->stage;
      block->staged = b->staged;
      b->stage.block = block;
      b->staged = 0;
    }
  *result = block;
  return 0;
}

/* Step over the block of B that ends at CUT, as far as it is still there, and
   begin the next.  */
static void
step_over (struct mp_blocks *b, size_t cut, bool given)
{
  b->given += cut;
  if (b->file)
    {
      b->offset += cut;
      b->length = b->first = 0;
      b->ended = false;
      /* Whoever reads there after us goes on behind what we took.  */
      lseek (b->fd, b->offset, SEEK_SET);
    }
  else if (!given)
    {
      drop (b, cut - b->base);
      if (b->staged)
        mp_stage_close (&b->stage);
    }
  begin (b);
}

/* Memory does not hold the block of B: leave it out.  */
static void
lose (struct mp_blocks *b)
{
  b->lost = true;
  keep_little (b);
  if (b->length)
    memmove (b->buffer, b->buffer + b->first, b->length);
  b->first = 0;
  size_t size = MAX (b->length, STEP_MIN);
  char *buffer = b->allocated <= size ? NULL : realloc (b->buffer, size);
  if (buffer)
    {
      b->buffer = buffer;
      b->allocated = size;
    }
}

/* Whether the block of B goes on, now that nothing more could be read; if not,
   store in *CUT where it ends.  */
static bool
goes_on (struct mp_blocks *b, size_t *cut)
{
  *cut = end_place (b);
  if (!b->file)
    return false;
  /* Where its boundary was looked for may be far behind the end.  And the file
     may have grown since.  */
  struct stat st;
  size_t rest = 0;
  if (fstat (b->fd, &st) == 0 && b->offset < st.st_size)
    rest = MIN ((uintmax_t) (st.st_size - b->offset), SIZE_MAX);
  bool grown = *cut < rest;
  *cut = MIN (*cut, rest);
  b->ended = !grown;
  return grown;
}

/* Read what may tell where the block of B ends.  Return as fill does.  */
static int
read_on (struct mp_blocks *b)
{
  size_t end = end_place (b);
  size_t step = b->step;
  if (b->file || b->lost)
    keep_little (b);
  if (b->file && !b->length)
    b->base = MAX (b->base, b->from - b->o.end_len);
  if (!b->file && !b->lost && !b->o.records && end + STEP_MIN < b->from)
    step = MIN (b->from - end, STEP_MAX);
  else if (!b->lost)
    b->step = MIN (2 * step, STEP_MAX);
  return fill (b, step);
}

/* Find where the block of B ends, and store it in *CUT: 0 if there is no block
   any more.  Return 0, EAGAIN, ENOMEM or the errno value of a failed read.  */
static int
make (struct mp_blocks *b, size_t *cut)
{
  size_t taken = 0;
  int err = b->has_header ? 0 : read_header (b);
  while (!err)
    {
      err = gather (b, &taken);
      if (err || find_cut (b, cut) || (b->ended && !goes_on (b, cut)))
        break;
      if (b->fifo && CALL_MAX <= taken)
        return EAGAIN;
      size_t before = b->length;
      err = read_on (b);
      taken += b->length - MIN (before, b->length);
      if (err == ENOMEM && !b->lost)
        {
          lose (b);
          b->step = STEP_MIN;
          err = 0;
        }
    }
  return err;
}

int
mp_blocks_next (struct mp_blocks *b, struct mp_block **block)
{
  size_t cut;
  *block = NULL;
  if (b->failed)
    return 0;
  int err = make (b, &cut);
  if (err)
    {
      b->failed = err != EAGAIN;
      return err;
    }
  if (!cut)
    return 0;
  if (b->lost || give (b, cut, block) != 0)
    err = ENOMEM;
  step_over (b, cut, !err);
  return err;
}
