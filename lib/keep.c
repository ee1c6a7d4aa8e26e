/* Kept output: what a process has written, for whoever joins it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c-ctype.h"
#include "intprops.h"
#include "minmax.h"

static char const *const stream_name[MP_KEEP_STREAMS] = { "out", "err" };

/* Store in *PATH the name of the file with number FILE of STREAM of the record
   at RECORD.  Return 0 or ENOMEM.  */
static int
file_path (char const *record, int stream, unsigned long file, char **path)
{
  return (asprintf (path, "%s/%s.%lu", record, stream_name[stream], file) < 0
          ? ENOMEM : 0);
}

void
mp_keep_init (struct mp_keep *k, struct mp_records *r, char const *path,
              int stream, uintmax_t limit)
{
  *k = (struct mp_keep) { .r = r, .path = path, .stream = stream, .fd = -1 };
  k->file_size = limit && limit < MP_KEEP_FILES ? 1 : limit / MP_KEEP_FILES;
}

/* Remove the file with number FILE of K.  */
static void
drop_file (struct mp_keep *k, unsigned long file)
{
  char *path;
  if (file_path (k->path, k->stream, file, &path) == 0)
    {
      unlinkat (k->r->fd, path, 0);
      free (path);
    }
  k->dropped += k->file_size;
  k->kept -= k->file_size;
}

/* Open the current file of K.  Return 0 or an errno value.  */
static int
open_file (struct mp_keep *k)
{
  char *path;
  int err = file_path (k->path, k->stream, k->file, &path);
  if (err)
    return err;
  k->fd = openat (k->r->fd, path,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  S_IRUSR | S_IWUSR);
  err = k->fd < 0 ? errno : 0;
  free (path);
  return err;
}

/* Go on to the next file of K.  */
static void
next_file (struct mp_keep *k)
{
  mp_keep_close (k);
  k->file++;
  k->used = 0;
  if (MP_KEEP_FILES <= k->file)
    drop_file (k, k->file - MP_KEEP_FILES / 2);
}

void
mp_keep_add (struct mp_keep *k, char const *data, size_t len)
{
  while (len && !k->error && k->file_size)
    {
      if (k->used == k->file_size)
        next_file (k);
      if (k->fd < 0)
        k->error = open_file (k);
      if (k->error)
        break;
      ssize_t n = write (k->fd, data, MIN (len, k->file_size - k->used));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          k->error = errno;
          break;
        }
      k->used += n;
      k->kept += n;
      data += n;
      len -= n;
    }
  k->dropped += len;
}

void
mp_keep_close (struct mp_keep *k)
{
  if (0 <= k->fd)
    close (k->fd);
  k->fd = -1;
}

void
mp_kept_init (struct mp_kept *k, struct mp_records *r,
              struct mp_record const *rec, int stream)
{
  *k = (struct mp_kept) { .r = r, .rec = rec, .stream = stream,
                          .folder = -1, .fd = -1 };
}

/* Close *FD unless it is -1.  */
static void
close_one (int *fd)
{
  if (0 <= *fd)
    close (*fd);
  *fd = -1;
}

void
mp_kept_close (struct mp_kept *k)
{
  close_one (&k->fd);
  close_one (&k->folder);
}

/* Open the file with number FILE of K as *FD.  Return 0 or an errno value.  */
static int
open_kept (struct mp_kept const *k, unsigned long file, int *fd)
{
  char name[sizeof "out." + INT_BUFSIZE_BOUND (unsigned long)];
  snprintf (name, sizeof name, "%s.%lu", stream_name[k->stream], file);
  /* Only garbage would be what has to be waited for.  */
  *fd = openat (k->folder, name,
                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  return *fd < 0 ? errno : 0;
}

/* The number of the file called NAME if it belongs to STREAM.  Return whether
   it does.  */
static bool
file_number (char const *name, int stream, unsigned long *n)
{
  size_t len = strlen (stream_name[stream]);
  char *end;
  if (strncmp (name, stream_name[stream], len) != 0 || name[len] != '.'
      || !c_isdigit (name[len + 1]))
    return false;
  *n = strtoul (name + len + 1, &end, 10);
  return !*end;
}

/* Find the first file of K with at least the number K->file and store its
   number in *FILE.  Return 0, ENOENT if there is none, or an errno value.  */
static int
find_file (struct mp_kept const *k, unsigned long *file)
{
  int fd = openat (k->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);
  int err = ENOENT;
  if (!dir)
    {
      err = errno;
      if (0 <= fd)
        close (fd);
      return err;
    }
  for (struct dirent *d; (d = readdir (dir)); )
    {
      unsigned long n;
      if (file_number (d->d_name, k->stream, &n) && k->file <= n
          && (err || n < *file))
        {
          *file = n;
          err = 0;
        }
    }
  closedir (dir);
  return err;
}

/* Open the file of K that comes next, with at least the number K->file, and
   set *GAP if it is not that one.  Return 0, ENOENT if there is none yet, or
   another errno value.  */
static int
open_next (struct mp_kept *k, bool *gap)
{
  int err = open_kept (k, k->file, &k->fd);
  while (err == ENOENT)
    {
      unsigned long file;
      err = find_file (k, &file);
      if (err)
        return err;
      err = open_kept (k, file, &k->fd);
      if (!err && file != k->file)
        {
          *gap = true;
          k->file = file;
          k->offset = 0;
        }
    }
  return err;
}

/* Whether a file with a higher number than the current one of K is there, so
   that nothing more is written to this.  */
static bool
is_complete (struct mp_kept const *k)
{
  struct mp_kept next = *k;
  unsigned long file;
  next.file++;
  return find_file (&next, &file) == 0;
}

int
mp_kept_read (struct mp_kept *k, char *buf, size_t size, size_t *n, bool *gap)
{
  bool complete = false;
  *n = 0;
  *gap = false;
  int err = (0 <= k->folder ? 0
             : mp_record_open_folder (k->r, k->rec, &k->folder));
  if (err)
    return err;
  for (;;)
    {
      if (k->fd < 0)
        {
          err = open_next (k, gap);
          if (err)
            return err == ENOENT ? 0 : err;
        }
      ssize_t got = pread (k->fd, buf, size, k->offset);
      if (got < 0)
        return errno;
      if (got)
        {
          *n = got;
          k->offset += got;
          k->seen += got;
          return 0;
        }
      /* Something may have come between the two looks.  */
      if (complete)
        {
          close_one (&k->fd);
          k->file++;
          k->offset = 0;
        }
      else if (!is_complete (k))
        return 0;
      complete = !complete;
    }
}

void
mp_kept_unread (struct mp_kept *k, size_t n)
{
  k->offset -= n;
  k->seen -= n;
}

bool
mp_kept_at_end (struct mp_kept const *k)
{
  return !is_complete (k);
}
