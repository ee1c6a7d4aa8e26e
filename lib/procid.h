/* The identity of a process: a PID, and what tells it from a later process
   that got the same PID.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCID_H
#define MP_PROCID_H

#include <stdbool.h>
#include <sys/types.h>

/* What the ID of a process is: the best kind that can be had.  That is the same
   for all programs of a machine, but for those that some system calls are kept
   from, by a sandbox or an emulator.  */
enum mp_procid_kind
{
  MP_PROCID_NONE,               /* nothing: reuse of the PID goes unnoticed */
  MP_PROCID_START,              /* the time when it started, in clock ticks
                                   since boot: field 22 of /proc/PID/stat,
                                   proc(5) */
  MP_PROCID_INODE               /* the inode of its pidfd (Linux 6.9 and
                                   later), as in the PID:INODE of util-linux
                                   2.42 */
};

struct mp_procid
{
  pid_t pid;
  enum mp_procid_kind kind;
  unsigned long long id;        /* 0 if KIND is MP_PROCID_NONE */
};

/* Room for PID:ID and a NUL.  */
enum { MP_PROCID_SIZE = 48 };

/* Store in *KIND the best kind of ID that this machine has.
   Return 0, or an errno value if that cannot be found out now (EMFILE).  */
int mp_procid_best (enum mp_procid_kind *kind);

/* Store in *ID the identity of the process PID, which may be a zombie, with an
   ID of the best kind.
   Return 0; ESRCH if there is no such process; another errno value if it
   cannot be found out (EMFILE, ENOMEM).  */
int mp_procid_get (pid_t pid, struct mp_procid *id);

/* The same with an ID of KIND.  Return also ENOSYS if there is none here.  */
int mp_procid_get_kind (pid_t pid, enum mp_procid_kind kind,
                        struct mp_procid *id);

/* Return 0 if the process that ID identifies is running; ESRCH if it has ended
   (it may be a zombie still); another errno value if that cannot be found out
   now (EMFILE, ENOMEM) or here, where there are no IDs of its kind
   (ENOSYS).  */
int mp_procid_running (struct mp_procid const *id);

/* Whether the process that ID identifies has ended for certain, although ID was
   read from what another program wrote: where inodes cannot be seen, it is
   not taken for another kind than that if a process has its PID.  */
bool mp_procid_gone (struct mp_procid const *id);

/* Store in *FD a pidfd, for the caller to close, that refers to the process
   that ID identifies and to no other; it may be a zombie.
   Return 0; ESRCH if it is gone; ENOSYS if there are no pidfds here; another
   errno value if there was no room (EMFILE, ENOMEM).  */
int mp_procid_open (struct mp_procid const *id, int *fd);

/* Return whether A and B are the same process.  Their kinds are not compared:
   what was read of one that has ended has no certain kind.  */
bool mp_procid_equal (struct mp_procid const *a, struct mp_procid const *b);

/* Read TEXT, PID:ID as mp_procid_format wrote it on this machine, into *ID:
   two decimal numbers without sign, space or leading zeros.  Its kind is the
   best one, unless the process runs and the number is that of a lower one.
   Return 0; EINVAL if TEXT is no such thing; another errno value if the kind
   of IDs cannot be found out now (EMFILE).  */
int mp_procid_parse (char const *text, struct mp_procid *id);

/* Write ID as PID:ID to TEXT.  */
void mp_procid_format (struct mp_procid const *id, char text[MP_PROCID_SIZE]);

#endif
