/* pmap: blocks of input.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c-ctype.h"
#include "error.h"
#include "minmax.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "parse.h"

/* The size of blocks by default: at first what a pipe of 1 MiB, the most that
   ordinary users have, surely holds, whatever is left free in its pages.  To
   start a process costs as much time as to read a megabyte or more, so blocks
   are larger where there are many for each process.  Those of a pipe cost
   memory, and those of a file do not.  */
enum
{
  SIZE_MIN = 960 * 1024,
  SIZE_OF_PIPE_MAX = 8 * 1024 * 1024,
  ALL_OF_PIPE_MAX = 64 * 1024 * 1024,
  SIZE_OF_FILE_MAX = 64 * 1024 * 1024,
  BLOCKS_A_PROCESS = 8
};

size_t
pmap_block_size (char const *s)
{
  uintmax_t n;
  if (!s)
    return 0;
  if (mp_parse_size (s, &n) != 0 || n == 0 || SSIZE_MAX < n)
    front_bad_value (_("invalid block size"), s);
  return n;
}

/* The value of the digit C, which may be hexadecimal.  */
static int
digit (char c)
{
  return c_isdigit (c) ? c - '0' : c_tolower (c) - 'a' + 10;
}

/* Read the escape sequence at *P, behind its backslash, and step over it.
   Return the character that it means, or -1.  */
static int
read_escape (char const **p)
{
  static char const escapes[] = "abfnrtv\\";
  static char const meanings[] = "\a\b\f\n\r\t\v\\";
  char const *e = **p ? strchr (escapes, **p) : NULL;
  if (e)
    {
      (*p)++;
      return meanings[e - escapes];
    }
  bool hex = **p == 'x';
  *p += hex;
  int value = 0, n = 0;
  for (; n < (hex ? 2 : 3); n++, (*p)++)
    {
      bool good = hex ? c_isxdigit (**p) : '0' <= **p && **p <= '7';
      if (!good)
        break;
      value = value * (hex ? 16 : 8) + digit (**p);
    }
  return n && value <= UCHAR_MAX ? value : -1;
}

char *
pmap_record_string (char const *s, size_t *len)
{
  char *result = xmalloc (strlen (s) + 1);
  char const *p = s;
  *len = 0;
  while (*p)
    {
      int c = (unsigned char) *p++;
      if (c == '\\')
        c = read_escape (&p);
      if (c < 0)
        front_bad_value (_("invalid string"), s);
      result[(*len)++] = c;
    }
  return result;
}

/* The size of blocks from FD if O does not tell.  */
static size_t
default_size (struct pmap_options const *o, int fd)
{
  struct stat st;
  off_t at = lseek (fd, 0, SEEK_CUR);
  if (!o->processes || fstat (fd, &st) != 0 || !S_ISREG (st.st_mode)
      || at < 0 || st.st_size <= at)
    return SIZE_MIN;
  uintmax_t share = ((uintmax_t) (st.st_size - at)
                     / ((uintmax_t) o->processes * BLOCKS_A_PROCESS));
  return MAX (SIZE_MIN, MIN (share, SIZE_OF_FILE_MAX));
}

struct mp_blocks *
pmap_blocks_open (struct pmap_options const *o, int fd)
{
  bool given = o->record_end || o->record_start;
  bool free_size = !o->block_size && !o->chunk;
  /* So that all blocks that are in flight are not too much.  */
  size_t most = MIN (SIZE_OF_PIPE_MAX,
                     ALL_OF_PIPE_MAX / MAX (o->processes, 1));
  struct mp_blocks_options const options = {
    .end = given ? o->record_end : &o->delimiter,
    .end_len = given ? o->record_end_len : 1,
    .start = o->record_start,
    .start_len = o->record_start_len,
    .size = free_size ? default_size (o, fd) : o->block_size,
    .share = free_size ? (size_t) o->processes * BLOCKS_A_PROCESS : 0,
    .most = most,
    .records = o->chunk,
    .header = o->header,
    .header_end = o->delimiter
  };
  struct mp_blocks *b = xmalloc (sizeof *b);
  int err = mp_blocks_init (b, fd, &options);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot read the input"));
  return b;
}

int
pmap_blocks_next (struct mp_blocks *b, unsigned long long index,
                  struct mp_task **task)
{
  struct mp_block *block;
  char *store;
  int err = mp_blocks_next (b, &block);
  if ((err && err != ENOMEM) || (!err && !block))
    return err;
  *task = mp_task_new (0, 0, &store);
  if (!*task)
    {
      mp_block_free (block);
      return ENOMEM;
    }
  (*task)->index = index;
  (*task)->block = block;
  (*task)->error = err;
  return 0;
}
