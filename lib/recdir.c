/* The directory of the records: its folders, files and scopes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "recdir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "full-write.h"
#include "safe-read.h"

char const mp_recdir_handles[] = "handle";
char const mp_recdir_claim[] = "claim";

/* No file of a record but its output is longer.  */
enum { FILE_LIMIT = 1024 * 1024 };

/* Let FD, a file that now begins with LEN bytes of text, end there.  Return 0
   or an errno value.  */
static int
cut_off (int fd, off_t len)
{
  struct stat st;
  /* To a file system, it is far more to set a size than to tell it.  */
  if (fstat (fd, &st) == 0 && st.st_size == len)
    return 0;
  return ftruncate (fd, len) == 0 ? 0 : errno;
}

/* Set R->fault to what is wrong with the directory that ST tells of.  Return 0
   or EPERM.  */
static int
check_trust (struct mp_records *r, struct stat const *st)
{
  r->fault = (S_ISLNK (st->st_mode) ? MP_RECORDS_LINK
              : !S_ISDIR (st->st_mode) ? MP_RECORDS_NOT_DIRECTORY
              : st->st_uid != geteuid () ? MP_RECORDS_OWNER
              : st->st_mode & (S_IRWXG | S_IRWXO) ? MP_RECORDS_MODE
              : MP_RECORDS_FINE);
  return r->fault == MP_RECORDS_FINE ? 0 : EPERM;
}

/* Set R->dir.  Return 0 or ENOMEM.  */
static int
find_dir (struct mp_records *r)
{
  char const *dir = getenv ("MPUTILS_DIR");
  char const *tmp = getenv ("TMPDIR");
  if (dir && *dir)
    r->dir = strdup (dir);
  else if (asprintf (&r->dir, "%s/mputils-%ju", tmp && *tmp ? tmp : "/tmp",
                     (uintmax_t) geteuid ()) < 0)
    r->dir = NULL;
  return r->dir ? 0 : ENOMEM;
}

int
mp_records_open (struct mp_records *r, bool create)
{
  struct stat st;
  *r = (struct mp_records) { .fd = -1 };
  int err = find_dir (r);
  if (err)
    return err;
  if (create && mkdir (r->dir, S_IRWXU) != 0 && errno != EEXIST)
    return errno;
  r->fd = open (r->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (r->fd < 0)
    {
      err = errno;
      if ((err == ELOOP || err == ENOTDIR || err == EACCES)
          && lstat (r->dir, &st) == 0 && check_trust (r, &st) != 0)
        err = EPERM;
      return err;
    }
  err = fstat (r->fd, &st) == 0 ? check_trust (r, &st) : errno;
  if (err)
    {
      close (r->fd);
      r->fd = -1;
    }
  return err;
}

void
mp_records_close (struct mp_records *r)
{
  if (0 <= r->fd)
    close (r->fd);
  free (r->dir);
  *r = (struct mp_records) { .fd = -1 };
}

DIR *
mp_recdir_open (struct mp_records *r, char const *path)
{
  int fd = openat (r->fd, path,
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return NULL;
  DIR *dir = fdopendir (fd);
  if (!dir)
    {
      int err = errno;
      close (fd);
      errno = err;
    }
  return dir;
}

/* Store in *TEXT what FD, the file of a record, holds; the caller frees it.
   Return 0, EBADMSG if it is no such file, or another errno value.  */
static int
read_text (int fd, char **text)
{
  struct stat st;
  *text = NULL;
  if (fstat (fd, &st) != 0)
    return errno;
  if (!S_ISREG (st.st_mode) || FILE_LIMIT < st.st_size)
    return EBADMSG;
  char *buf = malloc (st.st_size + 1);
  if (!buf)
    return ENOMEM;
  size_t n = safe_read (fd, buf, st.st_size);
  int err = errno;
  if (n != SAFE_READ_ERROR)
    {
      buf[n] = '\0';
      /* Its lines would seem to end at a NUL byte.  */
      err = strlen (buf) == n ? 0 : EBADMSG;
    }
  if (err)
    free (buf);
  else
    *text = buf;
  return err;
}

int
mp_recdir_read (int folder, char const *name, char **text)
{
  *text = NULL;
  int fd = openat (folder, name,
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return errno == ELOOP || errno == ENXIO ? EBADMSG : errno;
  int err = read_text (fd, text);
  close (fd);
  return err;
}

int
mp_recdir_read_id (int folder, char const *name, struct mp_procid *id)
{
  char target[MP_PROCID_SIZE];
  ssize_t n = readlinkat (folder, name, target, sizeof target - 1);
  if (n < 0)
    return errno;
  target[n] = '\0';
  int err = mp_procid_parse (target, id);
  return err == EINVAL ? EBADMSG : err;
}

int
mp_recdir_write (struct mp_records *r, char const *folder, char const *name,
                 char const *text)
{
  char *path, *temporary;
  if (asprintf (&path, "%s/%s", folder, name) < 0)
    return ENOMEM;
  if (asprintf (&temporary, "%s.new", path) < 0)
    {
      free (path);
      return ENOMEM;
    }
  /* What is there already has its room on the disk: see mp_recdir_reserve.  */
  int fd = openat (r->fd, temporary,
                   O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
  int err = fd < 0 ? errno : 0;
  size_t len = strlen (text);
  if (!err)
    err = full_write (fd, text, len) == len ? cut_off (fd, len) : errno;
  if (0 <= fd && close (fd) != 0 && !err)
    err = errno;
  if (!err && renameat (r->fd, temporary, r->fd, path) != 0)
    err = errno;
  if (err && 0 <= fd)
    unlinkat (r->fd, temporary, 0);
  free (temporary);
  free (path);
  return err;
}

/* What a reserved file holds.  */
static char const room[512];

int
mp_recdir_reserve (struct mp_records *r, char const *folder, char const *name)
{
  char *path;
  if (asprintf (&path, "%s/%s.new", folder, name) < 0)
    return ENOMEM;
  int fd = openat (r->fd, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
  int err = fd < 0 ? errno : 0;
  free (path);
  if (!err && full_write (fd, room, sizeof room) != sizeof room)
    err = errno;
  if (0 <= fd && close (fd) != 0 && !err)
    err = errno;
  return err;
}

int
mp_recdir_make_room (struct mp_records *r, char const *folder,
                     char const *file, char const *name)
{
  char *from, *to;
  if (asprintf (&from, "%s/%s", folder, file) < 0)
    return ENOMEM;
  int err = asprintf (&to, "%s/%s.new", folder, name) < 0 ? ENOMEM : 0;
  if (!err)
    {
      err = renameat (r->fd, from, r->fd, to) == 0 ? 0 : errno;
      free (to);
    }
  free (from);
  return err;
}

void
mp_recdir_blank (int fd)
{
  /* That this room is there was seen to before.  */
  if (lseek (fd, 0, SEEK_SET) == 0
      && full_write (fd, room, sizeof room) == sizeof room)
    cut_off (fd, sizeof room);
}

int
mp_recdir_next (DIR *dir, struct dirent **d)
{
  errno = 0;
  *d = readdir (dir);
  return *d ? 0 : errno;
}

int
mp_recdir_scopes (struct mp_records *r,
                  int (*fn) (struct mp_records *r, char const *scope,
                             void *arg),
                  void *arg)
{
  DIR *dir = mp_recdir_open (r, ".");
  if (!dir)
    return errno;
  struct dirent *d;
  int result = mp_recdir_next (dir, &d);
  while (!result && d)
    {
      if (*d->d_name != '.' && strcmp (d->d_name, mp_recdir_handles) != 0)
        result = fn (r, d->d_name, arg);
      if (!result)
        result = mp_recdir_next (dir, &d);
    }
  closedir (dir);
  return result;
}

/* Room for the name of the link to the main process of a scope.  */
enum { MAIN_PATH_SIZE = MP_PROCID_SIZE + sizeof "/.main" };

/* Store in PATH the name of that link of SCOPE.  Return 0, or EINVAL if it is
   no scope.  */
static int
main_path (char const *scope, char path[MAIN_PATH_SIZE])
{
  if (MP_PROCID_SIZE <= strlen (scope))
    return EINVAL;
  stpcpy (stpcpy (path, scope), "/.main");
  return 0;
}

int
mp_records_begin_scope (struct mp_records *r, char const *scope)
{
  return (mkdirat (r->fd, scope, S_IRWXU) == 0 || errno == EEXIST
          ? 0 : errno);
}

int
mp_records_set_main (struct mp_records *r, char const *scope,
                     struct mp_procid const *id)
{
  char path[MAIN_PATH_SIZE];
  char target[MP_PROCID_SIZE];
  int err = main_path (scope, path);
  mp_procid_format (id, target);
  if (!err && symlinkat (target, r->fd, path) != 0)
    err = errno;
  return err;
}

int
mp_records_main (struct mp_records *r, char const *scope,
                 struct mp_procid *id)
{
  char path[MAIN_PATH_SIZE];
  int err = main_path (scope, path);
  return err ? err : mp_recdir_read_id (r->fd, path, id);
}

/* Remove from SCOPE, which has ended, all files that belong to no process.  */
static void
remove_scope_files (struct mp_records *r, char const *scope)
{
  DIR *dir = mp_recdir_open (r, scope);
  if (!dir)
    return;
  for (struct dirent *d; (d = readdir (dir)); )
    if (*d->d_name == '.')
      unlinkat (dirfd (dir), d->d_name, 0);
  closedir (dir);
}

void
mp_records_end_scope (struct mp_records *r, char const *scope)
{
  struct mp_procid keeper;
  if (unlinkat (r->fd, scope, AT_REMOVEDIR) == 0
      || mp_procid_parse (scope, &keeper) != 0)
    return;
  remove_scope_files (r, scope);
  unlinkat (r->fd, scope, AT_REMOVEDIR);
}
