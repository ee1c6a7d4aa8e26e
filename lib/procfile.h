/* Read the small files of /proc, /sys and the cgroup trees.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCFILE_H
#define MP_PROCFILE_H

#include <stddef.h>

/* Read the file NAME whole, whatever its size, into *TEXT, which becomes a
   NUL-terminated string that the caller frees.
   Return 0, or an errno value and leave *TEXT alone.  */
int mp_procfile_read (char const *name, char **text);

/* The same for a file of any bytes, and store in *LEN how many they are.  */
int mp_procfile_bytes (char const *name, char **text, size_t *len);

/* Read the file NAME into the SIZE bytes at BUF, NUL-terminated and without
   the newline at its end.  For files of one short line, which the kernel
   hands over in one read (proc(5), "sysfs" in the kernel's documentation);
   this saves the read that would find the end of file.
   Return 0, or an errno value; E2BIG if the file does not fit.  */
int mp_procfile_line (char const *name, char *buf, size_t size);

#endif
