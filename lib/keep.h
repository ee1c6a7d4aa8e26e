/* Kept output: what a process has written, for whoever joins it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_KEEP_H
#define MP_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "records.h"

/* The two streams.  */
enum { MP_KEEP_OUT, MP_KEEP_ERR, MP_KEEP_STREAMS };

/* A stream is kept in files of one size in the record's folder, "out.0",
   "out.1"... or "err.0"...  The first half of all that may be kept stays; of
   what comes then the oldest file is removed for each one more, so that the
   beginning and the end are there, and what was dropped lies between.  */
enum { MP_KEEP_FILES = 16 };

/* The writer's side.  */
struct mp_keep
{
  struct mp_records *r;
  char const *path;             /* of the record; not owned */
  int stream;
  uintmax_t file_size;          /* of a full file */
  uintmax_t used;               /* of the current one */
  unsigned long file;           /* the current one */
  int fd;                       /* of it, or -1 */
  unsigned long long kept, dropped;     /* bytes */
  int error;                    /* why not all could be kept, or 0 */
};

/* Begin to keep STREAM of the record at PATH of R, LIMIT bytes at most.  */
void mp_keep_init (struct mp_keep *k, struct mp_records *r, char const *path,
                   int stream, uintmax_t limit);

/* Keep the LEN bytes at DATA.  What cannot be kept is dropped and counted, and
   K->error tells why: that is no reason to stop.  */
void mp_keep_add (struct mp_keep *k, char const *data, size_t len);

void mp_keep_close (struct mp_keep *k);

/* The reader's side.  */
struct mp_kept
{
  struct mp_records *r;
  struct mp_record const *rec;
  int stream;
  unsigned long file;           /* what comes next: in which file, */
  off_t offset;                 /* and where in it */
  unsigned long long seen;      /* bytes that were read */
  int folder;                   /* the record's, or -1 */
  int fd;                       /* of that file, or -1 */
};

/* Begin to read STREAM of REC, one of R's, which both outlive K.  REC may be
   released meanwhile by its owner.  */
void mp_kept_init (struct mp_kept *k, struct mp_records *r,
                   struct mp_record const *rec, int stream);

/* Read up to SIZE bytes of what comes next to BUF and store in *N how many: 0
   if there is nothing more now, which is the end if the process had ended
   before.  Set *GAP if something before these bytes was dropped.
   Return 0; ENOENT if somebody else has released REC; or another errno
   value.  */
int mp_kept_read (struct mp_kept *k, char *buf, size_t size, size_t *n,
                  bool *gap);

/* Give the last N bytes back that the last call of mp_kept_read has read.  */
void mp_kept_unread (struct mp_kept *k, size_t n);

/* Whether what the last call of mp_kept_read has read is at the end of all that
   is kept up to now, unless that call was not given room for all.  */
bool mp_kept_at_end (struct mp_kept const *k);

/* Free the descriptors of K.  It may be read on nevertheless.  */
void mp_kept_close (struct mp_kept *k);

#endif
