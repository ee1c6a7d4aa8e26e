/* What /proc tells about a process in words.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCTEXT_H
#define MP_PROCTEXT_H

#include <stddef.h>
#include <sys/types.h>

/* Store in VALUE, of SIZE bytes, what the variable NAME was in the environment
   of the process PID at its last exec.
   Return 0; ENOENT if it had no such variable, or one with a value that does
   not fit; EAGAIN if no environment is seen and it cannot be told to have none,
   as for an instant in the midst of an exec; or another errno value: ESRCH if
   there is no such process, EACCES if it is not ours to look at.  */
int mp_proctext_variable (pid_t pid, char const *name, char *value,
                          size_t size);

/* Store in *TEXT the command line of the process PID: its arguments, each with
   a NUL after it, *LEN bytes in all; none if it has ended or is a thread of the
   kernel.  The caller frees it.  Return 0 or an errno value.  */
int mp_proctext_command (pid_t pid, char **text, size_t *len);

/* Store in *TEXT the name that the kernel has for the process PID, for the
   caller to free.  Return 0 or an errno value.  */
int mp_proctext_name (pid_t pid, char **text);

/* Return the PID of the process that the thread PID belongs to, PID itself if
   it is a process, or 0 if there is neither.  */
pid_t mp_proctext_leader (pid_t pid);

#endif
