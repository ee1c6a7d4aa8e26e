/* The directory of the records: its folders, files and scopes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_RECDIR_H
#define MP_RECDIR_H

#include <dirent.h>

#include "procid.h"

/* The records are a directory tree that only its user may enter:

     DIR/SCOPE/NAME/     a process; SCOPE is MP_NO_SCOPE or a scope's PID:ID
         claim           a symbolic link to the PID:ID of who is starting it
         start           what there is to know once it has been started
         status          how it ended
         out.0, err.0... what it wrote (see keep.h)
     DIR/SCOPE/.new-PID:ID-N   a record that the process PID:ID is making
     DIR/SCOPE/.end-PID:ID-N   one that PID:ID is releasing
     DIR/SCOPE/.last     the number that was given last (see recnum.h)
     DIR/SCOPE/.main     a symbolic link to the PID:ID of its main process
     DIR/handle/PID:ID   a symbolic link to SCOPE/NAME

   A record appears under its name by rename(2), which claims the name as
   well: no other process ever sees half of one, and whose maker was killed is
   known by its PID:ID.  The files in it appear the same way.  They are lines
   "KEY VALUE".  */

/* Why the directory was refused.  */
enum mp_records_fault
{
  MP_RECORDS_FINE,
  MP_RECORDS_LINK,              /* it is a symbolic link */
  MP_RECORDS_NOT_DIRECTORY,
  MP_RECORDS_OWNER,             /* it is another user's */
  MP_RECORDS_MODE               /* others may enter it */
};

/* The directory, open.  */
struct mp_records
{
  int fd;
  char *dir;                    /* its name, for messages; owned */
  enum mp_records_fault fault;
};

/* Open the directory $MPUTILS_DIR, else ${TMPDIR:-/tmp}/mputils-UID, in *R,
   to be closed with mp_records_close; if CREATE, make it if it is not there.
   No link is followed.  Return 0; ENOENT if it is not there; EPERM if it
   cannot be trusted, R->fault then tells why; or another errno value.
   R->dir is set in any case but ENOMEM.  */
int mp_records_open (struct mp_records *r, bool create);
void mp_records_close (struct mp_records *r);

/* Make the folder of SCOPE, a PID:ID.  Return 0 or an errno value.  */
int mp_records_begin_scope (struct mp_records *r, char const *scope);

/* Note that ID is the main process of SCOPE, by system calls alone; and store
   it in *ID again, or return ENOENT if there is none.  Return 0 or an errno
   value.  */
int mp_records_set_main (struct mp_records *r, char const *scope,
                         struct mp_procid const *id);
int mp_records_main (struct mp_records *r, char const *scope,
                     struct mp_procid *id);

/* SCOPE has ended: remove its folder if there are no records in it, and its
   own files in any case.  The folder of MP_NO_SCOPE goes only if it is
   empty.  */
void mp_records_end_scope (struct mp_records *r, char const *scope);

/* How the names begin of folders that are being made or released.  */
#define MP_RECDIR_NEW ".new-"
#define MP_RECDIR_END ".end-"

/* The folder of the links by handle.  No scope can be called so.  */
extern char const mp_recdir_handles[];

/* The link in the folder of a record to who is starting it.  */
extern char const mp_recdir_claim[];

/* Store in *ID what the symbolic link NAME in FOLDER leads to, a PID:ID.
   Return 0, ENOENT if there is no such link, EBADMSG if that is none, or
   another errno value.  */
int mp_recdir_read_id (int folder, char const *name, struct mp_procid *id);

/* Open the folder PATH of R, following no link.  Return null with errno if that
   fails.  */
DIR *mp_recdir_open (struct mp_records *r, char const *path)
  _GL_ATTRIBUTE_MALLOC _GL_ATTRIBUTE_DEALLOC (closedir, 1);

/* Store in *D the next entry of DIR, null at the end.  Return 0 or an errno
   value.  */
int mp_recdir_next (DIR *dir, struct dirent **d);

/* Store in *TEXT what the file NAME in FOLDER, a record's, holds; the caller
   frees it.  Return 0, ENOENT if there is no such file, EBADMSG if it is no
   file of a record, or another errno value.  */
int mp_recdir_read (int folder, char const *name, char **text);

/* Write TEXT to the file NAME of the record at FOLDER, which appears with all
   of it or not at all.  Return 0 or an errno value.  */
int mp_recdir_write (struct mp_records *r, char const *folder,
                     char const *name, char const *text);

/* Take room on the disk for a file that mp_recdir_write is going to write: the
   disk may be full by then, perhaps of the process's own output.  Return 0 or
   an errno value.  */
int mp_recdir_reserve (struct mp_records *r, char const *folder,
                       char const *name);

/* Let the file FILE in that folder, which is not empty, be the room instead.
   Return 0; ENOENT if there is no such file; or another errno value.  */
int mp_recdir_make_room (struct mp_records *r, char const *folder,
                         char const *file, char const *name);

/* Overwrite what that file, open as FD, has held.  */
void mp_recdir_blank (int fd);

/* Call FN with R, the name of each scope and ARG until it returns other than
   0; return that, or an errno value.  */
int mp_recdir_scopes (struct mp_records *r,
                      int (*fn) (struct mp_records *r, char const *scope,
                                 void *arg),
                      void *arg);

#endif
