/* The numbers of records without a name of their own.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "recnum.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c-ctype.h"
#include "intprops.h"

char const mp_recnum_prefix[] = "Process-";

/* Room for a line with a number.  */
enum { LINE_SIZE = INT_BUFSIZE_BOUND (unsigned long) + 1 };

/* The number that NAME has after mp_recnum_prefix, or 0.  */
static unsigned long
number_of (char const *name)
{
  size_t len = strlen (mp_recnum_prefix);
  char *end;
  if (strncmp (name, mp_recnum_prefix, len) != 0 || !c_isdigit (name[len]))
    return 0;
  unsigned long n = strtoul (name + len, &end, 10);
  return *end || n == ULONG_MAX ? 0 : n;
}

/* Store in *N the highest number in SCOPE of R, 0 if there is none.  Return 0
   or an errno value.  */
static int
find_highest (struct mp_records *r, char const *scope, unsigned long *n)
{
  DIR *dir = mp_recdir_open (r, scope);
  if (!dir)
    return errno;
  *n = 0;
  for (struct dirent *d; (d = readdir (dir)); )
    {
      unsigned long number = number_of (d->d_name);
      if (*n < number)
        *n = number;
    }
  closedir (dir);
  return 0;
}

/* Store in PATH, which the caller frees, the name of the file of SCOPE.  Return
   0 or ENOMEM.  */
static int
file_path (char const *scope, char **path)
{
  return asprintf (path, "%s/.last", scope) < 0 ? ENOMEM : 0;
}

/* Open and lock the file of SCOPE in R.  Return the descriptor, or -1 if that
   cannot be done at once.  */
static int
open_locked (struct mp_records *r, char const *scope)
{
  char *path;
  struct stat st;
  if (file_path (scope, &path) != 0)
    return -1;
  int fd = openat (r->fd, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
  free (path);
  /* Somebody who has it locked may be stopped, or may have removed it.  */
  if (0 <= fd && (flock (fd, LOCK_EX | LOCK_NB) != 0
                  || fstat (fd, &st) != 0 || st.st_nlink == 0))
    {
      close (fd);
      fd = -1;
    }
  return fd;
}

/* Return the number in the file FD, or 0 if there is none.  */
static unsigned long
read_number (int fd)
{
  char line[LINE_SIZE];
  char *end;
  ssize_t size = pread (fd, line, sizeof line - 1, 0);
  if (size <= 0 || !c_isdigit (*line))
    return 0;
  line[size] = '\0';
  unsigned long n = strtoul (line, &end, 10);
  return *end != '\n' || n == ULONG_MAX ? 0 : n;
}

/* Write N to the file FD, which has had a lower one.  Return whether that was
   possible.  */
static bool
write_number (int fd, unsigned long n)
{
  char line[LINE_SIZE];
  int len = sprintf (line, "%lu\n", n);
  return pwrite (fd, line, len, 0) == len;
}

int
mp_recnum_begin (struct mp_recnum *num, struct mp_records *r,
                 char const *scope, unsigned long *n)
{
  *num = (struct mp_recnum) { .r = r, .scope = scope,
                              .fd = open_locked (r, scope) };
  *n = 0 <= num->fd ? read_number (num->fd) : 0;
  int err = *n ? 0 : find_highest (r, scope, n);
  if (err)
    mp_recnum_end (num, 0);
  ++*n;
  return err;
}

void
mp_recnum_end (struct mp_recnum *num, unsigned long n)
{
  if (n && (num->fd < 0 || !write_number (num->fd, n)))
    mp_recnum_forget (num->r, num->scope);
  if (0 <= num->fd)
    close (num->fd);
}

void
mp_recnum_changed (struct mp_records *r, char const *scope, char const *name)
{
  if (number_of (name))
    mp_recnum_forget (r, scope);
}

void
mp_recnum_forget (struct mp_records *r, char const *scope)
{
  char *path;
  if (file_path (scope, &path) == 0)
    {
      unlinkat (r->fd, path, 0);
      free (path);
    }
}
