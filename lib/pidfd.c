/* Descriptors that refer to processes, where the system has them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pidfd.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attribute.h"

#if MP_USE_PIDFD && HAVE_SYS_SYSCALL_H
# include <sys/syscall.h>
#endif

#if defined SYS_pidfd_open && defined SYS_pidfd_send_signal

# include <sys/ioctl.h>
# include <sys/vfs.h>

/* The C library need not have wrappers for a kernel that has the calls.  */

/* Return whether signals can be sent by pidfds: a sandbox may know the one
   call and not the other.  That could not be told later, since EPERM from it
   may also be about the process.  */
static bool
can_signal (void)
{
  static enum { UNKNOWN, YES, NO } known = UNKNOWN;
  if (known == UNKNOWN)
    {
      int err = errno;
      syscall (SYS_pidfd_send_signal, -1, 0, (siginfo_t *) NULL, 0);
      known = errno == EBADF ? YES : NO;
      errno = err;
    }
  return known == YES;
}

int
mp_pidfd_open (pid_t pid, int *fd)
{
  if (!can_signal ())
    return ENOSYS;
  long n = syscall (SYS_pidfd_open, pid, 0);
  if (0 <= n)
    {
      *fd = n;
      return 0;
    }
  switch (errno)
    {
    case EINVAL:                /* a thread that is not the first, or */
    case ENOENT:                /* (since Linux 6.15) no number of one */
      return ESRCH;
    case EPERM:                 /* a sandbox older than the call */
    case ENODEV:
      return ENOSYS;
    default:
      return errno;
    }
}

int
mp_pidfd_signal (int fd, int sig)
{
  return (syscall (SYS_pidfd_send_signal, fd, sig, (siginfo_t *) NULL, 0) == 0
          ? 0 : errno);
}

int
mp_pidfd_inode (int fd, unsigned long long *inode)
{
  /* The type of the file system that holds pidfds since Linux 6.9
     (PID_FS_MAGIC of linux/magic.h).  Before, all pidfds shared one
     inode.  */
  enum { PIDFS_MAGIC = 0x50494446 };

  struct statfs fs;
  struct stat st;
  if (fstatfs (fd, &fs) != 0 || fs.f_type != PIDFS_MAGIC
      || fstat (fd, &st) != 0)
    return ENOSYS;
  *inode = st.st_ino;
  return 0;
}

/* What PIDFD_GET_INFO fills in: struct pidfd_info of linux/pidfd.h in its
   first version, of 64 bytes, which every kernel that has the call takes.  */
struct pidfd_info_v0
{
  uint64_t mask;                /* asked for, then filled in */
  uint64_t cgroupid;
  uint32_t ids[11];
  int32_t exit_code;            /* as waitpid reports it */
};

int
mp_pidfd_exit_status (int fd, int *status)
{
  enum { INFO_EXIT = 1 << 3 };  /* PIDFD_INFO_EXIT */
  struct pidfd_info_v0 info = { .mask = INFO_EXIT };

  if (ioctl (fd, _IOWR (0xFF, 11, struct pidfd_info_v0), &info) != 0)
    return ENOSYS;
  if (! (info.mask & INFO_EXIT))
    return EAGAIN;
  *status = info.exit_code;
  return 0;
}

#else

int
mp_pidfd_open (MAYBE_UNUSED pid_t pid, MAYBE_UNUSED int *fd)
{
  return ENOSYS;
}

int
mp_pidfd_signal (MAYBE_UNUSED int fd, MAYBE_UNUSED int sig)
{
  return ENOSYS;
}

int
mp_pidfd_inode (MAYBE_UNUSED int fd, MAYBE_UNUSED unsigned long long *inode)
{
  return ENOSYS;
}

int
mp_pidfd_exit_status (MAYBE_UNUSED int fd, MAYBE_UNUSED int *status)
{
  return ENOSYS;
}

#endif
