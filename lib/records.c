/* The records of the processes that a user has started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "records.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intprops.h"

#include "recnum.h"

/* Room for the name of a link by handle.  */
enum { HANDLE_PATH_SIZE = MP_PROCID_SIZE + sizeof "handle/" };

/* How often to begin again when somebody removes what is being used.  */
enum { TRIES = 100 };

/* Return 0 if FOLDER is that of REC, ENOENT if it is another process's, or
   another errno value.  */
static int
check_identity (int folder, struct mp_record const *rec)
{
  char *text;
  int err = mp_recdir_read (folder, "start", &text);
  if (err)
    return err;
  struct mp_record *now = calloc (1, sizeof *now);
  err = now ? mp_record_parse_start (now, text) : ENOMEM;
  if (!err && (now->other_boot != rec->other_boot
               || !mp_procid_equal (&now->id, &rec->id)))
    err = ENOENT;
  mp_record_free (now);
  free (text);
  return err;
}

int
mp_record_open_folder (struct mp_records *r, struct mp_record const *rec,
                       int *fd)
{
  *fd = openat (r->fd, rec->path,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*fd < 0)
    return errno == ENOTDIR || errno == ELOOP ? EBADMSG : errno;
  int err = rec->started ? check_identity (*fd, rec) : 0;
  if (err)
    {
      close (*fd);
      *fd = -1;
    }
  return err;
}

struct mp_record *
mp_record_new (char const *scope, char const *name)
{
  struct mp_record *rec = calloc (1, sizeof *rec);
  if (!rec)
    return NULL;
  rec->scope = strdup (scope);
  rec->name = strdup (name);
  if (asprintf (&rec->path, "%s/%s", scope, name) < 0)
    rec->path = NULL;
  if (rec->scope && rec->name && rec->path)
    return rec;
  mp_record_free (rec);
  return NULL;
}

/* Store the PID:ID of the caller in TEXT.  Return 0 or an errno value.  */
static int
format_self (char text[MP_PROCID_SIZE])
{
  struct mp_procid self;
  int err = mp_procid_get (getpid (), &self);
  if (!err)
    mp_procid_format (&self, text);
  return err;
}

/* Store in *PATH the name, relative to R, of a folder of SCOPE with PREFIX that
   belongs to the caller alone, whose PID:ID is SELF.  Return 0 or ENOMEM.  */
static int
private_path (char const *scope, char const *prefix, char const *self,
              char **path)
{
  static unsigned int n;
  return (asprintf (path, "%s/%s%s-%u", scope, prefix, self, n++) < 0
          ? ENOMEM : 0);
}

/* Give the folder PATH in SCOPE the name NAME, and store its record in *REC.
   Return 0, EEXIST if the name is taken, or another errno value.  */
static int
claim_name (struct mp_records *r, char const *path, char const *scope,
            char const *name, struct mp_record **rec)
{
  *rec = mp_record_new (scope, name);
  if (!*rec)
    return ENOMEM;
  if (renameat (r->fd, path, r->fd, (*rec)->path) == 0)
    return 0;
  int err = errno;
  mp_record_free (*rec);
  return err == ENOTEMPTY ? EEXIST : err;
}

/* Do so with a free one of the names with a number.  */
static int
claim_number (struct mp_records *r, char const *path, char const *scope,
              struct mp_record **rec)
{
  char name[INT_BUFSIZE_BOUND (unsigned long) + 32];
  unsigned long n;
  struct mp_recnum num;
  int err = mp_recnum_begin (&num, r, scope, &n);
  if (err)
    return err;
  for (;; n++)
    {
      snprintf (name, sizeof name, "%s%lu", mp_recnum_prefix, n);
      err = claim_name (r, path, scope, name, rec);
      /* Else somebody was faster.  */
      if (err != EEXIST)
        break;
    }
  mp_recnum_end (&num, err ? 0 : n);
  return err;
}

/* Do so with NAME or, if that is null, a number.  */
static int
claim (struct mp_records *r, char const *path, char const *scope,
       char const *name, struct mp_record **rec)
{
  if (!name)
    return claim_number (r, path, scope, rec);
  int err = claim_name (r, path, scope, name, rec);
  if (!err)
    mp_recnum_changed (r, scope, name);
  return err;
}

/* Make the folder PATH, with a link in it that tells its maker, whose PID:ID is
   SELF: rename replaces a folder that is empty.  Return 0 or an errno
   value.  */
static int
make_folder (struct mp_records *r, char const *path, char const *self)
{
  char *claim;
  if (asprintf (&claim, "%s/%s", path, mp_recdir_claim) < 0)
    return ENOMEM;
  int err = mkdirat (r->fd, path, S_IRWXU) == 0 ? 0 : errno;
  if (!err && symlinkat (self, r->fd, claim) != 0)
    {
      err = errno;
      unlinkat (r->fd, path, AT_REMOVEDIR);
    }
  free (claim);
  return err;
}

int
mp_record_create (struct mp_records *r, char const *scope, char const *name,
                  struct mp_record **rec)
{
  char *path;
  char self[MP_PROCID_SIZE];
  if (name && !mp_record_name_ok (name))
    return EINVAL;
  int err = format_self (self);
  if (!err)
    err = private_path (scope, MP_RECDIR_NEW, self, &path);
  if (err)
    return err;
  err = make_folder (r, path, self);
  /* A folder that has become empty may be removed at any time.  */
  for (int tries = 0; err == ENOENT && tries < TRIES; tries++)
    {
      err = mp_records_begin_scope (r, scope);
      if (!err)
        err = make_folder (r, path, self);
    }
  if (!err)
    {
      err = claim (r, path, scope, name, rec);
      if (err)
        {
          struct mp_record half = { .path = path };
          mp_record_remove (r, &half);
        }
    }
  free (path);
  return err;
}

/* Store in *PATH the name of the link to the record of ID.  */
static void
handle_path (struct mp_procid const *id,
             char path[HANDLE_PATH_SIZE])
{
  char *end = stpcpy (path, mp_recdir_handles);
  *end++ = '/';
  mp_procid_format (id, end);
}

/* Make the link to REC.  Return 0 or an errno value.  */
static int
link_handle (struct mp_records *r, struct mp_record const *rec)
{
  char path[HANDLE_PATH_SIZE];
  handle_path (&rec->id, path);
  int tries = 0;
  while (symlinkat (rec->path, r->fd, path) != 0)
    {
      int err = errno;
      if (TRIES < ++tries)
        return err;
      if (err == ENOENT)
        {
          /* It is the first one.  */
          if (mkdirat (r->fd, mp_recdir_handles, S_IRWXU) != 0
              && errno != EEXIST)
            return errno;
        }
      /* One from before the machine was started again.  */
      else if (err != EEXIST || unlinkat (r->fd, path, 0) != 0)
        return errno;
    }
  return 0;
}

/* Remove the link to REC, if it has one.  After the machine was started again
   the same handle may be another process's.  */
static void
unlink_handle (struct mp_records *r, struct mp_record const *rec)
{
  char path[HANDLE_PATH_SIZE];
  char target[1024];
  handle_path (&rec->id, path);
  ssize_t n = readlinkat (r->fd, path, target, sizeof target - 1);
  if (n < 0)
    return;
  target[n] = '\0';
  size_t len = strlen (rec->scope);
  if (strncmp (target, rec->scope, len) == 0 && target[len] == '/'
      && strcmp (target + len + 1, rec->name) == 0)
    unlinkat (r->fd, path, 0);
}

int
mp_record_reserve (struct mp_records *r, struct mp_record *rec)
{
  int err = (rec->has_room ? 0
             : mp_recdir_reserve (r, rec->path, "status"));
  rec->has_room |= !err;
  return err;
}

int
mp_record_write_start (struct mp_records *r, struct mp_record *rec)
{
  char *text;
  int err = mp_record_format_start (rec, &text);
  if (err)
    return err;
  err = link_handle (r, rec);
  if (!err)
    {
      err = mp_record_reserve (r, rec);
      if (!err)
        err = mp_recdir_write (r, rec->path, "start", text);
      if (err)
        unlink_handle (r, rec);
    }
  free (text);
  rec->started = !err;
  return err;
}

int
mp_record_write_status (struct mp_records *r, struct mp_record const *rec)
{
  char *text;
  int err = mp_record_format_status (rec, &text);
  if (err)
    return err;
  err = mp_recdir_write (r, rec->path, "status", text);
  free (text);
  return err;
}

/* Read the part NAME of REC, whose folder is FOLDER, with PARSE.  That it is
   not there is no error.  Return 0 or an errno value.  */
static int
refresh_part (int folder, struct mp_record *rec, char const *name,
              int (*parse) (struct mp_record *rec, char const *text))
{
  char *text;
  int err = mp_recdir_read (folder, name, &text);
  if (err)
    return err == ENOENT ? 0 : err;
  err = parse (rec, text);
  free (text);
  return err;
}

int
mp_record_refresh (struct mp_records *r, struct mp_record *rec)
{
  int folder;
  int err = mp_record_open_folder (r, rec, &folder);
  if (err)
    return err;
  if (!rec->started)
    err = refresh_part (folder, rec, "start", mp_record_parse_start);
  if (!err && rec->started && !rec->ended)
    err = refresh_part (folder, rec, "status", mp_record_parse_status);
  close (folder);
  return err;
}

int
mp_record_open (struct mp_records *r, char const *scope, char const *name,
                struct mp_record **rec)
{
  struct mp_record *new = mp_record_new (scope, name);
  if (!new)
    return ENOMEM;
  int err = mp_record_refresh (r, new);
  if (err)
    {
      mp_record_free (new);
      return err;
    }
  *rec = new;
  return 0;
}

int
mp_record_open_handle (struct mp_records *r, struct mp_procid const *id,
                       struct mp_record **rec)
{
  char path[HANDLE_PATH_SIZE];
  char target[1024];
  handle_path (id, path);
  ssize_t n = readlinkat (r->fd, path, target, sizeof target - 1);
  if (n < 0)
    return errno;
  target[n] = '\0';
  char *name = strchr (target, '/');
  if (!name || !mp_record_name_ok (name + 1) || *target == '.')
    return EBADMSG;
  *name++ = '\0';
  struct mp_record *found;
  int err = mp_record_open (r, target, name, &found);
  if (err)
    return err;
  if (!found->started || found->other_boot
      || !mp_procid_equal (&found->id, id))
    {
      /* The name is another process's now, or the link is about to be
         used.  */
      mp_record_free (found);
      return ENOENT;
    }
  *rec = found;
  return 0;
}

/* If there is a record NAME in SCOPE of R, call FN with it and ARG and return
   what it returns.  If it cannot be read, tell DAMAGED.  Return an errno value
   if resources are short, else 0.  */
static int
visit (struct mp_records *r, char const *scope, char const *name,
       int (*fn) (struct mp_record *rec, void *arg),
       void (*damaged) (char const *name, int err, void *arg), void *arg)
{
  struct mp_record *rec = NULL;
  if (!mp_record_name_ok (name))
    return 0;
  int err = mp_record_open (r, scope, name, &rec);
  if (rec)
    return fn (rec, arg);
  if (err == ENOMEM || err == EMFILE || err == ENFILE)
    return err;
  /* It may have been released meanwhile, or be a file of somebody's.  */
  if (err != ENOENT && err != ENOTDIR && damaged)
    damaged (name, err, arg);
  return 0;
}

int
mp_records_each_of (struct mp_records *r, char const *scope,
                    int (*fn) (struct mp_record *rec, void *arg),
                    void (*damaged) (char const *name, int err, void *arg),
                    void *arg)
{
  DIR *dir = mp_recdir_open (r, scope);
  if (!dir)
    return errno == ENOENT ? 0 : errno;
  struct dirent *d;
  int result = mp_recdir_next (dir, &d);
  while (!result && d)
    {
      result = visit (r, scope, d->d_name, fn, damaged, arg);
      if (!result)
        result = mp_recdir_next (dir, &d);
    }
  closedir (dir);
  return result;
}

/* What mp_records_each_of gets through mp_recdir_scopes.  */
struct visitor
{
  int (*fn) (struct mp_record *rec, void *arg);
  void *arg;
};

static int
visit_scope (struct mp_records *r, char const *scope, void *arg)
{
  struct visitor const *v = arg;
  int err = mp_records_each_of (r, scope, v->fn, NULL, v->arg);
  /* A file that is no folder is not ours to care about.  */
  return err == ENOTDIR || err == ELOOP ? 0 : err;
}

int
mp_records_each (struct mp_records *r, char const *scope,
                 int (*fn) (struct mp_record *rec, void *arg), void *arg)
{
  struct visitor v = { fn, arg };
  return (scope ? mp_records_each_of (r, scope, fn, NULL, arg)
          : mp_recdir_scopes (r, visit_scope, &v));
}

/* Let REC be at PATH, which it then owns.  Return 0, or an errno value after
   which it is where it was and PATH has been freed.  */
static int
move (struct mp_records *r, struct mp_record *rec, char *path)
{
  if (renameat (r->fd, rec->path, r->fd, path) != 0)
    {
      int err = errno;
      free (path);
      return err == ENOTEMPTY ? EEXIST : err;
    }
  free (rec->path);
  rec->path = path;
  return 0;
}

/* Return 0 if what is at REC's path is REC, else as mp_record_open_folder.  */
static int
verify (struct mp_records *r, struct mp_record const *rec)
{
  int folder;
  int err = mp_record_open_folder (r, rec, &folder);
  if (!err)
    close (folder);
  return err;
}

/* Give REC its name again.  Return 0, EEXIST if another process has that
   now, or another errno value.  */
static int
move_back (struct mp_records *r, struct mp_record *rec)
{
  char *path;
  if (asprintf (&path, "%s/%s", rec->scope, rec->name) < 0)
    return ENOMEM;
  return move (r, rec, path);
}

int
mp_record_release (struct mp_records *r, struct mp_record *rec)
{
  char *path;
  char self[MP_PROCID_SIZE];
  int err = verify (r, rec);
  if (!err)
    err = format_self (self);
  if (!err)
    err = private_path (rec->scope, MP_RECDIR_END, self, &path);
  if (!err)
    err = move (r, rec, path);
  if (err)
    return err;
  /* The name may have passed to another process between the two steps.  */
  err = verify (r, rec);
  if (err)
    {
      move_back (r, rec);
      return err;
    }
  if (rec->started)
    unlink_handle (r, rec);
  return 0;
}

int
mp_record_restore (struct mp_records *r, struct mp_record *rec)
{
  int err = move_back (r, rec);
  if (!err)
    mp_recnum_changed (r, rec->scope, rec->name);
  else if (err == EEXIST)
    {
      struct mp_record *named;
      err = claim (r, rec->path, rec->scope, NULL, &named);
      if (err)
        return err;
      char *name = rec->name;
      char *path = rec->path;
      rec->name = named->name;
      rec->path = named->path;
      named->name = name;
      named->path = path;
      mp_record_free (named);
    }
  return err ? err : rec->started ? link_handle (r, rec) : 0;
}

int
mp_record_remove (struct mp_records *r, struct mp_record *rec)
{
  if (rec->started)
    unlink_handle (r, rec);
  DIR *dir = mp_recdir_open (r, rec->path);
  if (!dir)
    return errno == ENOENT ? 0 : errno;
  for (struct dirent *d; (d = readdir (dir)); )
    if (strcmp (d->d_name, ".") != 0 && strcmp (d->d_name, "..") != 0)
      unlinkat (dirfd (dir), d->d_name, 0);
  closedir (dir);
  if (unlinkat (r->fd, rec->path, AT_REMOVEDIR) != 0 && errno != ENOENT)
    return errno;
  if (rec->name)
    mp_recnum_changed (r, rec->scope, rec->name);
  return 0;
}
