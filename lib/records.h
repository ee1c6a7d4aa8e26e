/* The records of the processes that a user has started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_RECORDS_H
#define MP_RECORDS_H

#include "recdir.h"
#include "record.h"

/* Make a record called NAME in SCOPE, with nothing in it yet, and claim the
   name; if NAME is null, the first free one of Process-1, Process-2...  Store
   it in *REC, to be freed with mp_record_free.
   Return 0; EEXIST if the name is taken; EINVAL if it cannot be one; or
   another errno value.  */
int mp_record_create (struct mp_records *r, char const *scope,
                      char const *name, struct mp_record **rec);

/* Return a record of SCOPE and NAME with nothing in it, which may be there or
   not, to be freed with mp_record_free; null if there is no memory.  */
struct mp_record *mp_record_new (char const *scope, char const *name);

/* Take room on the disk for the second part of REC, unless it has that.  Return
   0 or an errno value.  */
int mp_record_reserve (struct mp_records *r, struct mp_record *rec);

/* Write the first part of REC, which has just been filled in, to its file,
   and make it known by its handle.  Return 0 or an errno value.  */
int mp_record_write_start (struct mp_records *r, struct mp_record *rec);

/* Write the second part likewise.  */
int mp_record_write_status (struct mp_records *r, struct mp_record const *rec);

/* Open the record called NAME in SCOPE, or that of the process ID, as *REC.
   Return 0; ENOENT if there is none; EBADMSG if it is damaged; or another
   errno value.  */
int mp_record_open (struct mp_records *r, char const *scope,
                    char const *name, struct mp_record **rec);
int mp_record_open_handle (struct mp_records *r, struct mp_procid const *id,
                           struct mp_record **rec);

/* Read again what REC lacks.  Return as mp_record_open does; ENOENT also if
   somebody has released it.  */
int mp_record_refresh (struct mp_records *r, struct mp_record *rec);

/* Call FN with ARG for each record of SCOPE, or of all scopes if that is null,
   that is not damaged; FN owns it.  Stop when it returns other than 0.
   Return 0, what FN has returned, or an errno value.  */
int mp_records_each (struct mp_records *r, char const *scope,
                     int (*fn) (struct mp_record *rec, void *arg), void *arg);

/* Do so for SCOPE, and call DAMAGED with ARG for the name of each record that
   cannot be read, and ERR, which says why: EBADMSG if it is damaged.  */
int mp_records_each_of (struct mp_records *r, char const *scope,
                        int (*fn) (struct mp_record *rec, void *arg),
                        void (*damaged) (char const *name, int err, void *arg),
                        void *arg);

/* Open the folder of REC as *FD, for the caller to close: REC's, and not that
   of another process which has got its name since REC was read.
   Return 0; ENOENT if somebody has released REC; or another errno value.  */
int mp_record_open_folder (struct mp_records *r, struct mp_record const *rec,
                           int *fd);

/* Take REC, and its name, out of the records, so that nobody but the caller
   sees it any more; its files stay until mp_record_remove.
   Return 0; ENOENT if somebody else has done it; or another errno value.  */
int mp_record_release (struct mp_records *r, struct mp_record *rec);

/* Undo that.  If the name is another process's by now, REC gets a free one of
   Process-1, Process-2...  Return 0 or an errno value.  */
int mp_record_restore (struct mp_records *r, struct mp_record *rec);

/* Remove all of REC, released or not.  Return 0 or an errno value.  */
int mp_record_remove (struct mp_records *r, struct mp_record *rec);

#endif
