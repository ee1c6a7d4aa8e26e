/* Descriptors that refer to processes, where the system has them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PIDFD_H
#define MP_PIDFD_H

#include <sys/types.h>

/* The one place that knows the system calls of Linux's pidfds: pidfd_open(2)
   and pidfd_send_signal(2), and PIDFD_GET_INFO of the kernel's
   include/uapi/linux/pidfd.h.  Built with --disable-pidfd, or elsewhere, every
   function here returns ENOSYS.  */

/* Store in *FD a descriptor, closed on exec, that refers to the process PID
   (a thread group, perhaps a zombie) and becomes readable when it has ended.
   The caller closes it.
   Return 0; ESRCH if there is no such process (a thread is none); ENOSYS if
   there are no pidfds here; another errno value, such as EMFILE, if there was
   no room for one.  */
int mp_pidfd_open (pid_t pid, int *fd);

/* Send SIG to the process that FD refers to, and to no other: 0 only asks
   whether that could be done.
   Return 0; ESRCH if it was reaped; EPERM if it may not be signalled.  */
int mp_pidfd_signal (int fd, int sig);

/* Store in *INODE the number that sets the process of FD apart from every
   other since the machine started (pidfs, Linux 6.9 and later).
   Return 0, or ENOSYS if inodes of pidfds tell nothing here.  */
int mp_pidfd_inode (int fd, unsigned long long *inode);

/* Store in *STATUS how the process of FD, which need not be a child, has
   ended, as waitpid would (Linux 6.15 and later).
   Return 0; EAGAIN if it has not been reaped yet, for only then does the
   kernel tell; ENOSYS if the kernel does not tell at all.  */
int mp_pidfd_exit_status (int fd, int *status);

#endif
