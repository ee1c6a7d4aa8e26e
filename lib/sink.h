/* Write to a descriptor that others share, without waiting for it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SINK_H
#define MP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where output goes.  Small pieces are gathered, so that a reader is not
   woken for each of them; mp_sink_flush sends them on.  */
struct mp_sink
{
  int fd;
  bool owned;                   /* FD is a terminal, opened again */
  bool patient;                 /* a write never waits long: regular file */
  bool no_nowait;               /* the kernel has no RWF_NOWAIT for it */
  bool blocked;                 /* the last write would have waited */
  char last;                    /* the last byte written */
  char *buffer;
  size_t length;                /* bytes gathered */
  unsigned long long sent;      /* bytes written so far */

  /* Null, or called with ARG before something is written.  Return whether it
     may be: otherwise, FD must become writable first.  */
  bool (*writing) (void *arg, struct mp_sink const *s);
  void *arg;
};

/* How many bytes S has taken so far; they have gone when S->sent is as
   much.  */
static inline unsigned long long
mp_sink_taken (struct mp_sink const *s)
{
  return s->sent + s->length;
}

/* Make S write to FD, which stays the caller's and keeps its flags.  SIGPIPE
   should be ignored or blocked.  Return 0 or ENOMEM.  */
int mp_sink_init (struct mp_sink *s, int fd);

void mp_sink_free (struct mp_sink *s);

/* Take as many of the LEN bytes at DATA as is possible without waiting, and
   store in *TAKEN how many; S->blocked tells why not all.
   Return 0 or the errno value of a failed write.  */
int mp_sink_put (struct mp_sink *s, char const *data, size_t len,
                 size_t *taken);

/* Send on what S has gathered, without waiting.  Return 0, EAGAIN if S->fd
   must become writable first, or the errno value of a failed write.  */
int mp_sink_flush (struct mp_sink *s);

/* Write some of the LEN bytes at DATA to S at once, before what S has gathered,
   without waiting and without being asked for it: for what S->writing does.
   Return how many, or -1 with errno EAGAIN or another.  */
ssize_t mp_sink_intrude (struct mp_sink const *s, char const *data, size_t len);

#endif
