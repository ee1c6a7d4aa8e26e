/* The identity of a process: a PID, and what tells it from a later process
   that got the same PID.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procid.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdckdint.h>
#include <stdio.h>
#include <unistd.h>

#include "c-ctype.h"
#include "pidfd.h"
#include "procstat.h"

/* Store in *INODE that of PID's pidfd.  Return 0, ESRCH, ENOSYS or another
   errno value.  */
static int
get_inode (pid_t pid, unsigned long long *inode)
{
  int fd;
  int err = mp_pidfd_open (pid, &fd);
  if (err)
    return err;
  err = mp_pidfd_inode (fd, inode);
  close (fd);
  return err;
}

/* Store in *ST what /proc tells about PID.  Return 0, ESRCH, ENOSYS if it
   tells nothing about anyone, or another errno value.  */
static int
get_stat (pid_t pid, struct mp_procstat *st)
{
  int err = mp_procstat_read (pid, st);
  return err == ESRCH && mp_procstat_usable () != 0 ? ENOSYS : err;
}

/* Return 0 if there is a process PID, else ESRCH.  */
static int
probe (pid_t pid)
{
  return kill (pid, 0) == 0 || errno == EPERM ? 0 : ESRCH;
}

int
mp_procid_best (enum mp_procid_kind *kind)
{
  static enum mp_procid_kind const kinds[] = {
    MP_PROCID_INODE, MP_PROCID_START, MP_PROCID_NONE
  };
  /* It stays the same as long as the machine runs, and is asked for often.  */
  static int best = -1;
  int err = best < 0 ? ENOSYS : 0;
  for (int i = 0; err == ENOSYS; i++)
    {
      struct mp_procid self;
      err = mp_procid_get_kind (getpid (), kinds[i], &self);
      if (!err)
        best = i;
    }
  if (!err)
    *kind = kinds[best];
  return err;
}

int
mp_procid_get_kind (pid_t pid, enum mp_procid_kind kind, struct mp_procid *id)
{
  /* To the system calls, these are other things than processes.  */
  if (pid <= 0)
    return ESRCH;

  *id = (struct mp_procid) { .pid = pid, .kind = kind };
  if (kind == MP_PROCID_INODE)
    return get_inode (pid, &id->id);
  if (kind == MP_PROCID_NONE)
    return probe (pid);

  struct mp_procstat st;
  int err = get_stat (pid, &st);
  if (!err)
    id->id = st.start_time;
  return err;
}

int
mp_procid_get (pid_t pid, struct mp_procid *id)
{
  enum mp_procid_kind kind;
  int err = mp_procid_best (&kind);
  return err ? err : mp_procid_get_kind (pid, kind, id);
}

int
mp_procid_open (struct mp_procid const *id, int *fd)
{
  int err = mp_pidfd_open (id->pid, fd);
  if (err)
    return err;

  /* The process of *FD had the PID before what is asked now; if that still
     fits, no other had it in between.  */
  unsigned long long found = 0;
  struct mp_procstat st;
  if (id->kind == MP_PROCID_INODE)
    err = mp_pidfd_inode (*fd, &found);
  else if (id->kind == MP_PROCID_START)
    {
      err = get_stat (id->pid, &st);
      found = err ? 0 : st.start_time;
    }
  if (!err && found != id->id)
    err = ESRCH;
  if (err)
    close (*fd);
  return err;
}

/* Return as mp_procid_running does, by a pidfd.  */
static int
running_by_pidfd (struct mp_procid const *id)
{
  int fd;
  int err = mp_procid_open (id, &fd);
  if (err)
    return err;
  struct pollfd p = { .fd = fd, .events = POLLIN };
  int n = poll (&p, 1, 0);
  err = n < 0 ? errno : n > 0 ? ESRCH : 0;
  close (fd);
  /* poll with no timeout is not interrupted.  */
  return err;
}

int
mp_procid_running (struct mp_procid const *id)
{
  if (id->kind == MP_PROCID_INODE)
    return running_by_pidfd (id);
  if (id->kind == MP_PROCID_NONE)
    return probe (id->pid);

  struct mp_procstat st;
  int err = get_stat (id->pid, &st);
  if (err)
    return err;
  return (st.start_time != id->id || mp_procstat_ended (st.state)
          ? ESRCH : 0);
}

bool
mp_procid_gone (struct mp_procid const *id)
{
  enum mp_procid_kind best;
  struct mp_procid now;
  if (mp_procid_running (id) != ESRCH)
    return false;
  if (mp_procid_best (&best) == 0 && best == MP_PROCID_INODE)
    return true;
  /* Nobody has the PID, or its zombie.  */
  int err = mp_procid_get_kind (id->pid, id->kind, &now);
  return err == ESRCH || (!err && mp_procid_equal (id, &now));
}

bool
mp_procid_equal (struct mp_procid const *a, struct mp_procid const *b)
{
  return a->pid == b->pid && a->id == b->id;
}

/* Read the decimal number at *TEXT, which has no leading zeros, into *N, and
   set *TEXT to what follows.  Return whether it is one.  */
static bool
read_number (char const **text, uintmax_t *n)
{
  char const *p = *text;
  if (!c_isdigit (*p) || (*p == '0' && c_isdigit (p[1])))
    return false;
  for (*n = 0; c_isdigit (*p); p++)
    if (ckd_mul (n, *n, 10) || ckd_add (n, *n, *p - '0'))
      return false;
  *text = p;
  return true;
}

int
mp_procid_parse (char const *text, struct mp_procid *id)
{
  uintmax_t pid;
  uintmax_t number;
  struct mp_procid result;
  if (!read_number (&text, &pid) || ckd_add (&result.pid, pid, 0)
      || result.pid == 0
      || *text++ != ':'
      || !read_number (&text, &number) || ckd_add (&result.id, number, 0)
      || *text)
    return EINVAL;

  int err = mp_procid_best (&result.kind);
  if (err)
    return err;
  *id = result;
  struct mp_procid start;
  unsigned long long inode;
  /* Whoever wrote it may not have seen the inode.  */
  if (id->kind == MP_PROCID_INODE
      && get_inode (id->pid, &inode) == 0 && inode != id->id
      && mp_procid_get_kind (id->pid, MP_PROCID_START, &start) == 0
      && start.id == id->id)
    id->kind = MP_PROCID_START;
  return 0;
}

void
mp_procid_format (struct mp_procid const *id, char text[MP_PROCID_SIZE])
{
  snprintf (text, MP_PROCID_SIZE, "%jd:%llu", (intmax_t) id->pid, id->id);
}
