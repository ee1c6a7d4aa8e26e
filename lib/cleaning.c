/* Records that nobody will ask for any more.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "cleaning.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stat-time.h"

#include "recdir.h"
#include "recnum.h"

/* A cleaning.  */
struct cleaning
{
  struct mp_records *r;
  mp_time keep;
  bool scope_gone;              /* the scope that is looked at is no more */
};

/* The file whose time of change is that of the last cleaning, by mp_now: the
   system's clock may step.  No scope is called so.  */
static char const stamp_name[] = ".cleaned";

/* How long not to clean again.  */
static mp_time const clean_again = 60LL * 1000 * MP_MILLISECOND;

/* Whether nobody runs any more whom ID, that of a record, names.  */
static bool
is_gone (struct mp_procid const *id)
{
  return mp_procid_running (id) == ESRCH;
}

/* Whether REC, which has not been started, never will be.  If it has been since
   it was read, read it anew.  */
static bool
is_abandoned (struct mp_records *r, struct mp_record *rec)
{
  int folder;
  struct mp_procid maker;
  if (rec->started || mp_record_open_folder (r, rec, &folder) != 0)
    return false;
  int err = mp_recdir_read_id (folder, mp_recdir_claim, &maker);
  close (folder);
  if (err || !mp_procid_gone (&maker))
    return false;
  /* Before its maker had gone, he may have started it.  */
  return mp_record_refresh (r, rec) == 0 && !rec->started;
}

/* Remove REC, which was abandoned, unless its name has passed to another
   meanwhile.  */
static void
remove_abandoned (struct mp_records *r, struct mp_record *rec)
{
  if (mp_record_release (r, rec) != 0)
    return;
  if (is_abandoned (r, rec))
    mp_record_remove (r, rec);
  else
    mp_record_restore (r, rec);
}

/* Whether nobody will ask for REC, by the rules of C.  */
static bool
is_stale (struct cleaning const *c, struct mp_record const *rec)
{
  return (rec->started
          && (rec->other_boot
              || (rec->ended
                  && (c->scope_gone
                      || c->keep < mp_now () - rec->end_time))));
}

/* Remove REC if nobody will ask for it.  */
static int
clean_record (struct mp_record *rec, void *arg)
{
  struct cleaning *c = arg;
  if (is_abandoned (c->r, rec))
    remove_abandoned (c->r, rec);
  else if (is_stale (c, rec))
    {
      if (mp_record_release (c->r, rec) == 0)
        mp_record_remove (c->r, rec);
    }
  else if (rec->started && !rec->other_boot && !rec->ended
           && is_gone (&rec->id) && is_gone (&rec->supervisor)
           && mp_record_refresh (c->r, rec) == 0 && !rec->ended)
    {
      /* Its supervisor was killed, so its time begins when that is seen.  */
      rec->end_time = mp_now ();
      if (!c->scope_gone)
        mp_record_write_status (c->r, rec);
      else if (mp_record_release (c->r, rec) == 0)
        mp_record_remove (c->r, rec);
    }
  mp_record_free (rec);
  return 0;
}

/* Whether NAME is what a process that is gone has left, with PREFIX.  */
static bool
is_remainder (char const *name, char const *prefix)
{
  char id[MP_PROCID_SIZE];
  struct mp_procid maker;
  size_t len = strlen (prefix);
  if (strncmp (name, prefix, len) != 0)
    return false;
  char const *end = strrchr (name + len, '-');
  if (!end || MP_PROCID_SIZE <= end - (name + len))
    return false;
  memcpy (id, name + len, end - (name + len));
  id[end - (name + len)] = '\0';
  return mp_procid_parse (id, &maker) == 0 && mp_procid_gone (&maker);
}

/* Remove from SCOPE what is half made or half released, and the records that
   ARG, a cleaning, tells.  */
static int
clean_scope (struct mp_records *r, char const *scope, void *arg)
{
  DIR *dir = mp_recdir_open (r, scope);
  if (!dir)
    return 0;
  for (struct dirent *d; (d = readdir (dir)); )
    if (is_remainder (d->d_name, MP_RECDIR_NEW)
        || is_remainder (d->d_name, MP_RECDIR_END))
      {
        struct mp_record half = { 0 };
        if (asprintf (&half.path, "%s/%s", scope, d->d_name) < 0)
          {
            closedir (dir);
            return ENOMEM;
          }
        mp_record_remove (r, &half);
        free (half.path);
      }
  closedir (dir);
  struct cleaning *c = arg;
  struct mp_procid keeper;
  bool is_scope = mp_procid_parse (scope, &keeper) == 0;
  c->scope_gone = is_scope && mp_procid_gone (&keeper);
  int err = mp_records_each (r, scope, clean_record, c);
  if (!is_scope)
    mp_recnum_forget (r, scope);
  if (!is_scope || c->scope_gone)
    mp_records_end_scope (r, scope);
  return err;
}

/* Remove the links to records that are not there: who made them was killed
   before it could do so itself.  */
static void
clean_links (struct mp_records *r)
{
  DIR *dir = mp_recdir_open (r, mp_recdir_handles);
  if (!dir)
    return;
  for (struct dirent *d; (d = readdir (dir)); )
    {
      char target[1024];
      struct stat st;
      ssize_t n = readlinkat (dirfd (dir), d->d_name, target,
                              sizeof target - 1);
      if (n < 0)
        continue;
      target[n] = '\0';
      if (fstatat (r->fd, target, &st, AT_SYMLINK_NOFOLLOW) != 0
          && errno == ENOENT)
        unlinkat (dirfd (dir), d->d_name, 0);
    }
  closedir (dir);
}

bool
mp_records_clean_due (struct mp_records *r)
{
  struct stat st;
  mp_time now = mp_now ();
  if (fstatat (r->fd, stamp_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
    {
      struct timespec t = get_stat_mtime (&st);
      mp_time then = mp_time_of (&t);
      /* What is to come is from before the machine was started again.  */
      if (then <= now && now - then < clean_again)
        return false;
    }
  int fd = openat (r->fd, stamp_name,
                   O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
  if (fd < 0)
    return false;
  struct timespec t = { .tv_sec = now / 1000000000,
                        .tv_nsec = now % 1000000000 };
  struct timespec const times[] = { t, t };
  bool noted = futimens (fd, times) == 0;
  close (fd);
  return noted;
}

int
mp_records_clean (struct mp_records *r, mp_time keep)
{
  struct cleaning c = { .r = r, .keep = keep };
  int err = mp_recdir_scopes (r, clean_scope, &c);
  clean_links (r);
  return err;
}
