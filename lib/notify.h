/* Be told when something changes in folders.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_NOTIFY_H
#define MP_NOTIFY_H

#include <stddef.h>

/* Folders that are watched: inotify(7) where the system has it.  It only
   says when to look; what has changed is for the one who looks.  */
struct mp_notify
{
  int fd;                       /* becomes readable; -1: there is none */
  void **owner;                 /* by watch descriptor */
  size_t allocated;
};

/* Make N an empty set of folders.  Return 0; ENOSYS if the system tells
   nothing; or another errno value.  After either N may be used, but nothing
   can be added to it.  */
int mp_notify_init (struct mp_notify *n);
void mp_notify_free (struct mp_notify *n);

/* Watch FOLDER, on behalf of OWNER, until N is freed or FOLDER is removed: for
   files that are made, written to, or renamed so that they come into it.
   Return 0 or an errno value: look now and then, instead.  */
int mp_notify_add (struct mp_notify *n, char const *folder, void *owner);

/* Call CHANGED with the owner of each folder that something has changed in
   since the last call; with all of them if it was too much to be told.  */
void mp_notify_read (struct mp_notify *n, void (*changed) (void *owner));

#endif
