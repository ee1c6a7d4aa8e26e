/* A block of input, and its way into a pipe.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_BLOCK_H
#define MP_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mp_block;

/* A pipe into which a block is gathered from another pipe: its bytes are moved
   and not copied.  */
struct mp_stage
{
  int fd[2];                    /* -1: there is none */
  struct mp_block *block;       /* whose bytes it holds, or null */
  bool given_up;                /* there are too few descriptors for it */
};

/* Some bytes: all of what follows, in this order.  What was pushed is taken
   off.  */
struct mp_block
{
  char const *head;             /* not owned */
  size_t head_len;
  struct mp_stage *stage;       /* not owned; null: none */
  size_t staged;                /* bytes there, all that it holds */
  char *memory;                 /* owned: where DATA points to */
  char const *data;
  size_t data_len;
  int fd;                       /* a regular file, not owned, and a range of
                                   it */
  off_t offset, range;
  bool no_splice;               /* the file system does not know how */
};

/* Make S hold no pipe, and give it one.  Return 0 or an errno value.  */
void mp_stage_init (struct mp_stage *s);
int mp_stage_open (struct mp_stage *s);

/* Close the pipe of S, and drop what it holds.  */
void mp_stage_close (struct mp_stage *s);

/* Make the pipe FD as large as is useful for LEN bytes, if that is allowed.  */
void mp_pipe_enlarge (int fd, size_t len);

/* How many bytes B has.  */
size_t mp_block_length (struct mp_block const *b);

/* Put as many of B's bytes as it takes into the pipe FD, whose writing end must
   not wait.  Return 0 if none is left; EAGAIN if FD is full; or another errno
   value: EPIPE if nobody reads there any more.  */
int mp_block_push (struct mp_block *b, int fd);

/* Store a copy of all of B's bytes, which it keeps, at TO.  Return 0 or an
   errno value: EIO if the file has become shorter.  */
int mp_block_copy (struct mp_block *b, char *to);

/* Take those of B's bytes that are on a stage into memory.  Return 0 or an
   errno value: ENOMEM, with B unchanged.  */
int mp_block_unstage (struct mp_block *b);

/* Do so and close the stage for good, for there are too few descriptors.
   Return whether that has freed any.  */
bool mp_block_spare (struct mp_block *b);

/* Drop B's bytes, and B, which is from malloc or null.  */
void mp_block_free (struct mp_block *b);

#endif
