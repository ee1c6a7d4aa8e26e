/* The cgroup hierarchies that are mounted, from /proc/self/mountinfo.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_MOUNTINFO_H
#define MP_MOUNTINFO_H

#include <stddef.h>
#include <stdio.h>

/* A mount of a cgroup hierarchy.  The strings belong to the list.  */
struct mp_mount
{
  int version;                  /* 1 or 2 */
  char const *options;          /* of the file system; v1's controllers are
                                   among these */
  char const *root;             /* the cgroup that is mounted, relative to the
                                   root of the reader's cgroup namespace */
  char const *point;            /* where */
  char *line;                   /* what the strings are in */
};

/* The list of them, read only as far as it is asked for: the kernel takes
   longer to write a line of it than all the rest of a CPU count takes, a
   system may have hundreds, and the cgroups are among the first.  */
struct mp_mountinfo
{
  char *file;                   /* its name */
  int error;                    /* why it could not be read, or not further */
  FILE *stream;                 /* null at its end */
  char *buffer;                 /* of STREAM */
  struct mp_mount *list;
  size_t n;
};

/* Begin the list of ROOT/proc/self/mountinfo in *MI, to be freed with
   mp_mountinfo_free.  That it cannot be read is noted in *MI and is no error.
   Return 0 or ENOMEM.  */
int mp_mountinfo_open (char const *root, struct mp_mountinfo *mi);
void mp_mountinfo_free (struct mp_mountinfo *mi);

/* Store the cgroup mount number I of MI, from 0, in *MOUNT; null if there are
   fewer.  What *MOUNT points to is good until the next call.
   Return 0 or ENOMEM.  */
int mp_mountinfo_get (struct mp_mountinfo *mi, size_t i,
                      struct mp_mount const **mount);

#endif
