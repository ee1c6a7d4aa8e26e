/* How many more processes the user may have.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procroom.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c-ctype.h"

/* How many processes beside the wanted ones a user may well have.  */
enum { OTHERS = 1024 };

/* The threads of the process whose folder in /proc, open as PROC_FD, is NAME,
   if it is of user UID; else 0.  Two links of its folder of threads are not
   threads.  */
static unsigned long int
threads_of (int proc_fd, char const *name, uid_t uid)
{
  char path[sizeof ((struct dirent *) 0)->d_name + sizeof "/task"];
  struct stat st;
  if (fstatat (proc_fd, name, &st, 0) != 0 || st.st_uid != uid)
    return 0;
  stpcpy (stpcpy (path, name), "/task");
  if (fstatat (proc_fd, path, &st, 0) != 0)
    return 0;
  return st.st_nlink > 2 ? st.st_nlink - 2 : 1;
}

int
mp_process_room (unsigned long int need, unsigned long int *room)
{
  struct rlimit limit;
  uid_t uid = getuid ();
  if (uid == 0 || getrlimit (RLIMIT_NPROC, &limit) != 0
      || limit.rlim_cur == RLIM_INFINITY
      || need + OTHERS < limit.rlim_cur / 2)
    return ENOENT;

  DIR *proc = opendir ("/proc");
  if (!proc)
    return errno;
  rlim_t used = 0;
  for (struct dirent *d; (d = readdir (proc)); )
    if (c_isdigit (d->d_name[0]))
      used += threads_of (dirfd (proc), d->d_name, uid);
  closedir (proc);
  if (!used)
    return ENOSYS;
  *room = used < limit.rlim_cur ? limit.rlim_cur - used : 0;
  return 0;
}
