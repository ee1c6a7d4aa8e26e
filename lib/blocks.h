/* Cut input into blocks of whole records.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_BLOCKS_H
#define MP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "block.h"
#include "readnow.h"

/* Where to cut.  All strings may hold any bytes, stay the caller's and outlive
   the cutter.  */
struct mp_blocks_options
{
  /* Records end behind END and begin before START: where both are given, there
     is a boundary only between one and the other.  If both are empty, there is
     one everywhere.  */
  char const *end, *start;
  size_t end_len, start_len;

  /* A block ends at the first boundary that is at least SIZE bytes behind its
     beginning, or RECORDS records behind it, whichever comes first.  0: that
     does not matter; one of both does.  RECORDS needs END or START.  */
  size_t size, records;

  /* If SHARE is not 0 and the input is no file, SIZE grows: it is the SHARE-th
     part of what has come so far, up to MOST.  */
  size_t share, most;

  /* The first HEADER lines, each ended by the byte HEADER_END, are no part of
     any record, and stand before each block.  */
  size_t header;
  char header_end;
};

/* A cutter.  Its users look at FD only, to wait for input.  */
struct mp_blocks
{
  int fd;                       /* where from; not owned */
  struct mp_blocks_options o;
  char *boundary;               /* END and START */
  bool file;                    /* blocks are ranges of a file */
  bool fifo;                    /* blocks are spliced from a pipe */
  struct mp_readnow how;
  off_t offset;                 /* in the file: where the next block begins */
  uintmax_t given;              /* bytes of blocks before this one */
  struct mp_stage stage;
  char *header;
  size_t header_len;
  bool has_header;              /* it was read */
  bool ended;                   /* no input comes behind what is in BUFFER */
  bool failed;                  /* nothing can be given any more */

  /* The block that is being made.  Places are counted from where it begins.  */
  char *buffer;
  size_t allocated;
  size_t first, length;         /* LENGTH bytes at FIRST are of interest... */
  size_t base;                  /* ... they have this place; what is before
                                   them is staged, or in the file */
  size_t staged;
  bool stage_full;
  size_t from;                  /* no boundary is before this place */
  size_t records;               /* whole ones before FROM */
  size_t step;                  /* how much to read next */
  bool lost;                    /* memory does not hold it */
};

/* Make B cut the input from the descriptor FD, which stays the caller's and
   keeps its flags, as O says.  A regular file is read from its offset on.
   Return 0 or an errno value.  */
int mp_blocks_init (struct mp_blocks *b, int fd,
                    struct mp_blocks_options const *o);

/* Free what B holds.  Its blocks must have been freed.  */
void mp_blocks_free (struct mp_blocks *b);

/* Give the next block in *BLOCK, to be freed by mp_block_free: null at the end.
   It is good as long as B is, and what it has of a file is read when it is
   pushed.  Blocks are never empty, but for the header.  Never wait.
   Return 0; EAGAIN if B->fd must become readable first; ENOMEM if memory does
   not hold the next block, which is then left out, or B itself, after which the
   input has ended; or the errno value of a failed read, after which it has
   ended, too.  */
int mp_blocks_next (struct mp_blocks *b, struct mp_block **block);

#endif
