/* The journal of a run: a job log that a later run can resume.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "full-write.h"
#include "minmax.h"

/* How many bytes to read at once.  */
enum { READ_SIZE = 256 * 1024 };

/* What a write begins with where a line was left torn.  It makes of that a line
   that is no record, even if only the newline was lacking, for the record is
   written once more, or its item done again.  */
static char const mend[] = "\t\n";
enum { MEND_LENGTH = sizeof mend - 1 };

/* How many bytes to keep for another try when they cannot be written.  */
enum { KEPT_MAX = 1024 * 1024 };

static char const header[] = MP_JOBLINE_HEADER;
enum { HEADER_LENGTH = sizeof header - 1 };

int
mp_journal_open (struct mp_journal *j, char const *file,
                 struct mp_key const *map)
{
  struct stat st;
  *j = (struct mp_journal) { .map = *map };
  /* A device or a FIFO must not make this wait.  */
  j->fd = open (file, (O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY
                       | O_CLOEXEC),
                S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
  if (j->fd < 0)
    /* A socket, or a device without a driver.  */
    return errno == ENXIO ? ENOTSUP : errno;
  int err = (fstat (j->fd, &st) != 0 ? errno
             : S_ISREG (st.st_mode) ? 0 : ENOTSUP);
  if (err)
    {
      close (j->fd);
      j->fd = -1;
    }
  return err;
}

/* What a lock of ROLE is, for fcntl.  */
static struct flock
lock_of (enum mp_journal_role role, short int type)
{
  return (struct flock) { .l_type = type, .l_whence = SEEK_SET,
                          .l_start = role, .l_len = 1 };
}

/* Lock J as ROLE, or unlock it if TYPE is F_UNLCK, without waiting.
   Return 0, EBUSY, or another errno value.  */
static int
set_lock (struct mp_journal *j, enum mp_journal_role role, short int type)
{
  struct flock l = lock_of (role, type);
  if (fcntl (j->fd, F_SETLK, &l) == 0)
    return 0;
  return errno == EAGAIN || errno == EACCES ? EBUSY : errno;
}

/* Store in *PID which other process has locked J as ROLE, 0 if none has.
   Return 0 or an errno value.  */
static int
get_locker (struct mp_journal *j, enum mp_journal_role role, pid_t *pid)
{
  struct flock l = lock_of (role, F_WRLCK);
  if (fcntl (j->fd, F_GETLK, &l) != 0)
    return errno;
  /* One that cannot be seen from here has no PID of its own.  */
  *pid = l.l_type == F_UNLCK ? 0 : l.l_pid ? l.l_pid : -1;
  return 0;
}

/* Return 0 if no other process has locked J as the pool, EBUSY if one has, or
   another errno value.  */
static int
check_no_pool (struct mp_journal *j)
{
  pid_t pid = 0;
  int err = get_locker (j, MP_JOURNAL_POOL, &pid);
  return err ? err : pid ? EBUSY : 0;
}

/* Lock J as the pool if its guard has its lock.  Return 0; EOWNERDEAD if the
   guard has not; EBUSY; or another errno value.  */
static int
lock_pool (struct mp_journal *j)
{
  pid_t guard = getpid ();
  int err = set_lock (j, MP_JOURNAL_POOL, F_WRLCK);
  /* Only now: a guard of another run that has taken that lock meanwhile may not
     have seen this one.  */
  if (!err && guard != j->guard)
    err = get_locker (j, MP_JOURNAL_GUARD, &guard);
  if (!err && (guard != j->guard || !guard))
    err = EOWNERDEAD;
  if (err)
    set_lock (j, MP_JOURNAL_POOL, F_UNLCK);
  return err;
}

/* Call TRY with J until it does not return EBUSY, at most for PATIENCE.  Return
   what it did, or EINTR.  */
static int
try_until (struct mp_journal *j, int (*try) (struct mp_journal *),
           mp_time patience)
{
  static struct timespec const pause = { .tv_nsec = 5 * MP_MILLISECOND };
  mp_time deadline = mp_now () + patience;
  int err;
  while ((err = try (j)) == EBUSY && mp_now () < deadline)
    if (nanosleep (&pause, NULL) != 0)
      return errno;
  return err;
}

int
mp_journal_lock (struct mp_journal *j, enum mp_journal_role role,
                 mp_time patience)
{
  int err;
  if (role == MP_JOURNAL_POOL)
    {
      err = try_until (j, lock_pool, patience);
      if (!err)
        j->pool = getpid ();
      return err;
    }
  err = set_lock (j, MP_JOURNAL_GUARD, F_WRLCK);
  if (err)
    return err;
  err = try_until (j, check_no_pool, patience);
  if (err)
    set_lock (j, MP_JOURNAL_GUARD, F_UNLCK);
  else
    j->guard = getpid ();
  return err;
}

/* Whether the calling process has a lock of J.  */
static bool
has_lock (struct mp_journal const *j)
{
  pid_t self = getpid ();
  return j->guard == self || j->pool == self;
}

/* Write what is behind the first HAVE bytes of the header, which are all that J
   has.  Return 0 or an errno value.  */
static int
write_header (struct mp_journal *j, size_t have)
{
  size_t lack = HEADER_LENGTH - have;
  /* What was written may stay: the next run completes it.  */
  if (full_write (j->fd, header + have, lack) != lack)
    return errno;
  j->size = HEADER_LENGTH;
  return 0;
}

int
mp_journal_renew (struct mp_journal *j)
{
  if (!has_lock (j))
    return EPERM;
  if (ftruncate (j->fd, 0) != 0)
    return errno;
  return write_header (j, 0);
}

/* Read up to SIZE bytes at OFFSET of J to BUF and store in *N how many: fewer
   only at the end.  Return 0 or an errno value.  */
static int
read_at (struct mp_journal *j, char *buf, size_t size, off_t offset,
         size_t *n)
{
  for (*n = 0; *n < size; )
    {
      ssize_t got = pread (j->fd, buf + *n, size - *n, offset + *n);
      if (got == 0)
        break;
      if (0 < got)
        *n += got;
      else if (errno != EINTR)
        return errno;
    }
  return 0;
}

/* Store in *FORMAT what J is, and in *HAVE how many bytes of the header it has.
   Return 0 or an errno value.  */
static int
read_header (struct mp_journal *j, enum mp_journal_format *format,
             size_t *have)
{
  static char const theirs[] = MP_JOBLINE_PARALLEL_HEADER;
  enum { THEIR_LENGTH = sizeof theirs - 1 };
  char start[HEADER_LENGTH];
  int err = read_at (j, start, sizeof start, 0, have);
  if (err)
    return err;
  *format = (memcmp (start, header, *have) == 0 ? MP_JOURNAL_OURS
             : THEIR_LENGTH <= *have
             && memcmp (start, theirs, THEIR_LENGTH) == 0
             ? MP_JOURNAL_PARALLEL : MP_JOURNAL_OTHER);
  return 0;
}

/* Lines that are being read.  */
struct reader
{
  char *buffer;
  size_t allocated;
  size_t used;                  /* bytes of a line that is not whole yet */
  off_t offset;                 /* the place in the file behind them */
  off_t whole;                  /* the place behind the last newline */
  bool skipping;                /* the line is too long to be a record */
};

/* Count the LEN bytes at LINE, a line of J.  Return 0 or an errno value.  */
static int
count_line (struct mp_journal *j, struct mp_journal_found *found,
            char const *line, size_t len)
{
  struct mp_jobline_read r;
  if (!mp_jobline_parse (line, len, &j->map, &r))
    {
      found->damaged++;
      return 0;
    }
  found->records++;
  found->other_map += !r.same_map;
  return mp_tally_add (&j->tally, &r.item, r.ok, r.again);
}

/* Count the lines that R has, of which N bytes are new.  Return 0 or an errno
   value.  */
static int
count_lines (struct mp_journal *j, struct mp_journal_found *found,
             struct reader *r, size_t n)
{
  char *line = r->buffer;
  char *from = line + r->used;
  char *end = from + n;
  r->offset += n;
  for (char *newline; (newline = memchr (from, '\n', end - from)); )
    {
      int err = 0;
      /* Of one that is too long, this is only the end.  */
      if (r->skipping)
        found->damaged++;
      else
        err = count_line (j, found, line, newline - line);
      if (err)
        return err;
      r->skipping = false;
      line = from = newline + 1;
      r->whole = r->offset - (end - line);
    }
  r->used = end - line;
  memmove (r->buffer, line, r->used);
  return 0;
}

/* See to it that R has room.  Return 0 or ENOMEM.  */
static int
make_room (struct reader *r)
{
  if (r->used < r->allocated)
    return 0;
  if (MP_JOBLINE_MAX <= r->used)
    {
      r->skipping = true;
      r->used = 0;
      return 0;
    }
  size_t n = r->allocated ? 2 * r->allocated : READ_SIZE;
  char *buffer = realloc (r->buffer, n);
  if (!buffer)
    return ENOMEM;
  r->buffer = buffer;
  r->allocated = n;
  return 0;
}

/* Count all records of J, and store in *R where the last whole line ends and
   where the file does.  Return 0 or an errno value.  */
static int
count_all (struct mp_journal *j, struct mp_journal_found *found,
           struct reader *r)
{
  size_t n;
  *r = (struct reader) { .offset = HEADER_LENGTH, .whole = HEADER_LENGTH };
  int err;
  do
    {
      n = 0;
      err = make_room (r);
      if (!err)
        err = read_at (j, r->buffer + r->used, r->allocated - r->used,
                       r->offset, &n);
      if (!err)
        err = count_lines (j, found, r, n);
    }
  while (!err && n);
  free (r->buffer);
  if (err)
    mp_tally_free (&j->tally);
  return err;
}

int
mp_journal_resume (struct mp_journal *j, struct mp_journal_found *found)
{
  struct reader r;
  enum mp_journal_format format;
  size_t have;
  *found = (struct mp_journal_found) { .format = MP_JOURNAL_OURS };
  if (!has_lock (j))
    return EPERM;
  int err = read_header (j, &format, &have);
  if (err)
    return err;
  found->format = format;
  if (format != MP_JOURNAL_OURS)
    return EBADMSG;
  if (have < HEADER_LENGTH)
    {
      found->torn = have != 0;
      return write_header (j, have);
    }
  err = count_all (j, found, &r);
  if (err)
    return err;
  j->size = r.whole;
  found->torn = r.whole < r.offset;
  /* What may only be appended to (chattr(1)) gets a damaged line instead.  */
  if (found->torn && ftruncate (j->fd, r.whole) != 0)
    {
      j->size = r.offset;
      j->torn = true;
    }
  return 0;
}

enum mp_past
mp_journal_take (struct mp_journal *j, struct mp_key const *item)
{
  return mp_tally_take (&j->tally, item);
}

void
mp_journal_forget (struct mp_journal *j)
{
  mp_tally_free (&j->tally);
}

/* Note that a write of J has failed with ERR.  Return ERR if that is the first
   time, else 0.  */
static int
note_error (struct mp_journal *j, int err)
{
  if (j->error)
    return 0;
  j->error = err;
  return err;
}

/* Make room in the buffer of J for a line of LEN bytes.  Return 0, ENOMEM, or
   ENOBUFS if enough lines wait there for a disk that does not take them.  */
static int
reserve (struct mp_journal *j, size_t len)
{
  if (j->error && KEPT_MAX < j->used)
    return ENOBUFS;
  size_t need = MAX (j->used, MEND_LENGTH) + len;
  if (j->allocated < need)
    {
      size_t n = MAX (need, j->allocated + j->allocated / 2);
      char *buffer = realloc (j->buffer, n);
      if (!buffer)
        return ENOMEM;
      j->buffer = buffer;
      j->allocated = n;
    }
  if (!j->used)
    {
      memcpy (j->buffer, mend, MEND_LENGTH);
      j->used = MEND_LENGTH;
    }
  return 0;
}

int
mp_journal_add (struct mp_journal *j, struct mp_jobline const *r)
{
  int err = reserve (j, mp_jobline_size (r));
  if (err)
    {
      j->lost++;
      return note_error (j, err);
    }
  j->used += mp_jobline_format (r, &j->map, j->buffer + j->used);
  return 0;
}

/* Of the bytes of J's buffer from FROM on, N were written, which were not all.
   Keep the whole lines of that in the file, and the rest of the buffer.  */
static void
keep_rest (struct mp_journal *j, size_t from, size_t n)
{
  char const *last = memrchr (j->buffer + from, '\n', n);
  size_t end = last ? last + 1 - j->buffer : from;
  size_t whole = end - from;
  /* That may be the newline which ends what was torn.  */
  if (whole)
    j->torn = false;
  j->size += whole;
  if (whole < n && ftruncate (j->fd, j->size) != 0)
    {
      j->size += n - whole;
      j->torn = true;
    }
  end = MAX (end, MEND_LENGTH);
  memmove (j->buffer + MEND_LENGTH, j->buffer + end, j->used - end);
  j->used -= end - MEND_LENGTH;
}

int
mp_journal_flush (struct mp_journal *j)
{
  if (j->used <= MEND_LENGTH)
    return 0;
  size_t from = j->torn ? 0 : MEND_LENGTH;
  size_t n = full_write (j->fd, j->buffer + from, j->used - from);
  if (n < j->used - from)
    {
      int err = errno;
      keep_rest (j, from, n);
      return note_error (j, err);
    }
  j->size += n;
  j->torn = false;
  j->used = MEND_LENGTH;
  return 0;
}

/* How many lines wait in the buffer of J.  */
static unsigned long long
count_waiting (struct mp_journal const *j)
{
  unsigned long long n = 0;
  for (size_t i = MEND_LENGTH; i < j->used; i++)
    n += j->buffer[i] == '\n';
  return n;
}

int
mp_journal_close (struct mp_journal *j)
{
  int err = mp_journal_flush (j);
  j->lost += count_waiting (j);
  /* Some file systems tell only now that there was no room.  */
  if (0 <= j->fd && close (j->fd) != 0 && errno != EINTR && !err)
    err = note_error (j, errno);
  j->fd = -1;
  mp_tally_free (&j->tally);
  free (j->buffer);
  j->buffer = NULL;
  j->used = j->allocated = 0;
  return err;
}
