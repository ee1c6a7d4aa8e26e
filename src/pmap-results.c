/* pmap: a folder with what each task has written, and how it has ended.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-results.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "c-ctype.h"
#include "error.h"
#include "full-write.h"
#include "intprops.h"
#include "quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "pmap.h"
#include "pmap-stats.h"

/* How many tasks share a folder of the upper level.  */
enum { GROUP = 1000 };

/* Room for the name of a file below the folder for the results.  */
enum { NAME_SIZE = 2 * INT_BUFSIZE_BOUND (unsigned long long)
                   + INT_BUFSIZE_BOUND (unsigned int) + 16 };

static char const *const stream_names[MP_STREAMS] = { "stdout", "stderr" };

/* Who writes the results.  */
struct results
{
  struct pmap_info const *info;
  int dir;
  FILE *index;
  struct entry *first;          /* of tasks that were not delivered */

  /* Where descriptors are scarce, none is kept for a task, and there is one to
     be closed when another is needed, or -1.  Nobody else can take it
     meanwhile: there is one thread.  */
  bool scarce;
  int spare;

  bool failed;                  /* something was not written; it was said */
};

/* What is kept of a task.  */
struct entry
{
  struct entry *prev, *next;
  unsigned long long index;
  unsigned int attempt;         /* whose files there are; 0: none yet */
  bool aside;                   /* they have other names now */
  int fd[MP_STREAMS];           /* of these, or -1 */
  bool broken;                  /* something is lacking there */
  char *line;                   /* for the index, or null: it has not ended */
};

/* Store in NAME, of NAME_SIZE bytes, the name of FILE, which may be empty, for
   E; with the number of the attempt unless that is 0.  */
static void
file_name (char *name, struct entry const *e, char const *file,
           unsigned int attempt)
{
  int n = snprintf (name, NAME_SIZE, "%03llu/%06llu/%s", e->index / GROUP,
                    e->index, file);
  if (attempt)
    snprintf (name + n, NAME_SIZE - n, ".%u", attempt);
}

/* NAME, a file of E or of no task, could not be written, for the reason ERR.
   That is said once: on a full disk, all of them fare the same.  */
static void
fail (struct results *r, struct entry *e, char const *name, int err)
{
  if (e)
    e->broken = true;
  if (r->failed)
    return;
  r->failed = true;
  char *path = xasprintf ("%s/%s", r->info->o->results, name);
  pmap_say (r->info->messages, err, _("cannot write %s"), quote (path));
  free (path);
}

/* Have a spare descriptor, if possible.  */
static void
keep_spare (struct results *r)
{
  if (r->spare < 0)
    r->spare = fcntl (r->dir, F_DUPFD_CLOEXEC, 0);
}

/* Close the files of E.  */
static void
close_files (struct results *r, struct entry *e)
{
  for (int i = 0; i < MP_STREAMS; i++)
    {
      if (0 <= e->fd[i] && close (e->fd[i]) != 0)
        {
          char name[NAME_SIZE];
          file_name (name, e, stream_names[i], 0);
          fail (r, e, name, errno);
        }
      e->fd[i] = -1;
    }
}

/* Open NAME for writing, with FLAGS; return the descriptor or -1, with errno.
   Where there is none, those of other tasks are closed.  */
static int
open_file (struct results *r, char const *name, int flags)
{
  flags |= O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat (r->dir, name, flags, 0666);
  if (0 <= fd || (errno != EMFILE && errno != ENFILE))
    return fd;
  r->scarce = true;
  for (struct entry *e = r->first; e; e = e->next)
    close_files (r, e);
  if (0 <= r->spare)
    close (r->spare);
  r->spare = -1;
  return openat (r->dir, name, flags, 0666);
}

/* Write the LEN bytes at DATA to FD, the file NAME of E, and close it.  Return
   whether that was possible.  */
static bool
write_and_close (struct results *r, struct entry *e, char const *name, int fd,
                 char const *data, size_t len)
{
  int err = fd < 0 || full_write (fd, data, len) != len ? errno : 0;
  if (0 <= fd && close (fd) != 0 && !err)
    err = errno;
  keep_spare (r);
  if (err)
    fail (r, e, name, err);
  return !err;
}

/* Make NAME, a file of E with the LEN bytes at DATA.  */
static bool
make_file (struct results *r, struct entry *e, char const *name,
           char const *data, size_t len)
{
  int fd = open_file (r, name, O_CREAT | O_EXCL);
  return write_and_close (r, e, name, fd, data, len);
}

/* Make the folder for E, and the one above it if that is not there.  */
static void
make_folder (struct results *r, struct entry *e)
{
  char name[NAME_SIZE], group[NAME_SIZE];
  file_name (name, e, "", 0);
  if (mkdirat (r->dir, name, 0777) == 0)
    return;
  snprintf (group, sizeof group, "%03llu", e->index / GROUP);
  if (errno == ENOENT && mkdirat (r->dir, group, 0777) == 0
      && mkdirat (r->dir, name, 0777) == 0)
    return;
  fail (r, e, name, errno);
}

/* Write the items of TASK, whose entry is E: the bytes of the only one or,
   where a task may have several, those of each with a NUL byte.  */
static void
write_items (struct results *r, struct entry *e, struct mp_task const *task)
{
  char name[NAME_SIZE];
  size_t len = 0;
  if (!task->n_items)
    return;
  bool one = task->n_items == 1 && r->info->o->chunk == 1;
  file_name (name, e, one ? "item" : "items", 0);
  if (one)
    {
      make_file (r, e, name, task->item->data, task->item->len);
      return;
    }
  for (size_t i = 0; i < task->n_items; i++)
    len += task->item[i].len + 1;
  char *text = xmalloc (len);
  char *p = text;
  for (size_t i = 0; i < task->n_items; i++)
    p = mempcpy (p, task->item[i].data, task->item[i].len + 1);
  make_file (r, e, name, text, len);
  free (text);
}

/* The entry of TASK, which is made with its folder if there is none.  */
static struct entry *
entry_of (struct results *r, struct mp_task *task)
{
  struct entry *e = task->user;
  if (e)
    return e;
  e = task->user = xmalloc (sizeof *e);
  *e = (struct entry) { .next = r->first, .index = task->index,
                        .fd = { -1, -1 } };
  if (r->first)
    r->first->prev = e;
  r->first = e;
  make_folder (r, e);
  if (!e->broken)
    write_items (r, e, task);
  return e;
}

/* Let STREAM of E have a descriptor, that of a new file if FRESH.  */
static void
open_stream (struct results *r, struct entry *e, int stream, bool fresh)
{
  char name[NAME_SIZE];
  file_name (name, e, stream_names[stream], 0);
  e->fd[stream] = open_file (r, name, O_APPEND
                             | (fresh ? O_CREAT | O_EXCL : 0));
  if (e->fd[stream] < 0)
    fail (r, e, name, errno);
}

/* What E needs for now is done.  */
static void
release (struct results *r, struct entry *e)
{
  if (!r->scarce)
    return;
  close_files (r, e);
  keep_spare (r);
}

/* Empty the files of E: what was written there will be written again.  */
static void
empty_files (struct results *r, struct entry *e)
{
  for (int i = 0; i < MP_STREAMS && !e->broken; i++)
    {
      if (e->fd[i] < 0)
        open_stream (r, e, i, false);
      if (0 <= e->fd[i] && ftruncate (e->fd[i], 0) != 0)
        {
          char name[NAME_SIZE];
          file_name (name, e, stream_names[i], 0);
          fail (r, e, name, errno);
        }
      release (r, e);
    }
}

/* Have the files for this attempt at TASK, and return their entry.  */
static struct entry *
begin_attempt (struct results *r, struct mp_task *task)
{
  struct entry *e = entry_of (r, task);
  if (e->attempt == task->attempt)
    return e;
  bool lost = e->attempt && !e->aside;
  e->attempt = task->attempt;
  e->aside = false;
  /* The last attempt has no outcome: this one takes its place.  */
  if (lost)
    {
      empty_files (r, e);
      return e;
    }
  for (int i = 0; i < MP_STREAMS && !e->broken; i++)
    {
      open_stream (r, e, i, true);
      release (r, e);
    }
  return e;
}

static void
results_started (void *self, struct mp_task const *task)
{
  struct results *r = self;
  struct entry *e = task->user;
  /* It may have been started before and sent back, and then its output was
     forgotten; or have come back by itself, which it was not.  */
  if (e && e->attempt == task->attempt && !task->bytes[MP_STREAM_OUT]
      && !task->bytes[MP_STREAM_ERR])
    empty_files (r, e);
  else
    begin_attempt (r, (struct mp_task *) task);
}

static void
results_output (void *self, struct mp_task *task, int stream,
                char const *data, size_t len)
{
  struct results *r = self;
  struct entry *e = begin_attempt (r, task);
  if (!e->broken && e->fd[stream] < 0)
    open_stream (r, e, stream, false);
  if (!e->broken && full_write (e->fd[stream], data, len) != len)
    {
      char name[NAME_SIZE];
      file_name (name, e, stream_names[stream], 0);
      fail (r, e, name, errno);
    }
  release (r, e);
}

/* Return how TASK has ended, OUTCOME, in a few words for programs.  The caller
   frees it.  */
static char *
outcome_words (struct mp_task const *task, enum pmap_outcome outcome)
{
  int err = task->error ? task->error : task->callback_error;
  switch (outcome)
    {
    case PMAP_OK:
    case PMAP_EXIT:
      return xasprintf ("exit %d", WEXITSTATUS (task->status));
    case PMAP_SIGNAL:
      return xasprintf ("signal %d", WTERMSIG (task->status));
    case PMAP_TIMEOUT:
      return xstrdup ("timeout");
    case PMAP_ERROR:
      return xasprintf ("error %s", pmap_plain_error (err));
    case PMAP_ABORTED:
      break;
    }
  return xstrdup ("aborted");
}

/* Append to the file TEXT a line with KEY and the time T.  */
static void
print_time (FILE *text, char const *key, struct timespec t)
{
  fprintf (text, "%s %lld.%06ld\n", key, (long long int) t.tv_sec,
           t.tv_nsec / 1000);
}

static void
print_duration (FILE *text, char const *key, mp_time t)
{
  mp_time const second = 1000LL * MP_MILLISECOND;
  print_time (text, key, (struct timespec) { .tv_sec = t / second,
                                             .tv_nsec = t % second });
}

/* Write how this attempt at TASK has ended, in WORDS, to its status file, with
   the number ATTEMPT unless that is 0.  It appears there whole or not at
   all.  */
static void
write_status (struct results *r, struct entry *e, struct mp_task const *task,
              char const *words, unsigned int attempt)
{
  char *data;
  size_t len;
  FILE *text = open_memstream (&data, &len);
  if (!text)
    xalloc_die ();
  fprintf (text, "%s\nattempt %u\n", words, task->attempt);
  if (task->slot && !task->error)
    fprintf (text, "slot %u\n", task->slot);
  if (task->host && pmap_task_ran (task))
    fprintf (text, "host %s\n", task->host);
  if (task->begun && task->ended)
    {
      print_time (text, "start", pmap_wall_time (r->info, task->begun));
      print_time (text, "end", pmap_wall_time (r->info, task->ended));
      print_duration (text, "elapsed", task->ended - task->begun);
    }
  if (task->usage.max_rss)
    {
      print_duration (text, "user", task->usage.user);
      print_duration (text, "system", task->usage.system);
      fprintf (text, "peak_kib %ld\n", task->usage.max_rss);
    }
  if (fclose (text) != 0)
    xalloc_die ();
  char temporary[NAME_SIZE], name[NAME_SIZE];
  file_name (temporary, e, ".status", attempt);
  file_name (name, e, "status", attempt);
  if (make_file (r, e, temporary, data, len)
      && renameat (r->dir, temporary, r->dir, name) != 0)
    fail (r, e, name, errno);
  free (data);
}

/* The attempt ATTEMPT at the task of E was not the last: keep what it has
   written beside that of the next.  */
static void
put_aside (struct results *r, struct entry *e, unsigned int attempt)
{
  e->aside = true;
  for (int i = 0; i < MP_STREAMS && !e->broken; i++)
    {
      char from[NAME_SIZE], to[NAME_SIZE];
      file_name (from, e, stream_names[i], 0);
      file_name (to, e, stream_names[i], attempt);
      if (renameat (r->dir, from, r->dir, to) != 0)
        fail (r, e, to, errno);
    }
}

/* Append to the file TEXT the LEN bytes at ITEM, so that they are within one
   field of one line, and read back by the %b of printf.  */
static void
print_item (FILE *text, char const *item, size_t len)
{
  for (size_t i = 0; i < len; i++)
    {
      unsigned char c = item[i];
      if (c == '\\')
        fputs ("\\\\", text);
      else if (c_iscntrl (c))
        fprintf (text, "\\%04o", (unsigned int) c);
      else
        putc (c, text);
    }
}

/* Return the line of the index for TASK, whose entry is E, which has ended as
   WORDS tell.  The caller frees it.  */
static char *
index_line (struct entry const *e, struct mp_task const *task,
            char const *words)
{
  char *data;
  size_t len;
  FILE *text = open_memstream (&data, &len);
  if (!text)
    xalloc_die ();
  fprintf (text, "%llu\t%s", e->index, e->broken ? "incomplete" : words);
  for (size_t i = 0; i < task->n_items; i++)
    {
      putc ('\t', text);
      print_item (text, task->item[i].data, task->item[i].len);
    }
  putc ('\n', text);
  if (fclose (text) != 0)
    xalloc_die ();
  return data;
}

static void
results_ended (void *self, struct mp_task *task, bool again)
{
  struct results *r = self;
  enum pmap_outcome outcome = pmap_task_outcome (task);
  struct entry *e = begin_attempt (r, task);
  char *words = outcome_words (task, outcome);
  close_files (r, e);
  if (again)
    put_aside (r, e, task->attempt);
  if (!e->broken && outcome != PMAP_ABORTED)
    write_status (r, e, task, words, again ? task->attempt : 0);
  if (!again)
    e->line = index_line (e, task, words);
  free (words);
}

/* Write the line of E to the index, and free E.  */
static void
end_entry (struct results *r, struct entry *e)
{
  if (e->line)
    {
      errno = 0;
      /* Whoever looks at it sees it.  */
      if (fputs (e->line, r->index) < 0 || fflush (r->index) != 0)
        fail (r, e, "index.tsv", errno);
    }
  close_files (r, e);
  if (e->prev)
    e->prev->next = e->next;
  else
    r->first = e->next;
  if (e->next)
    e->next->prev = e->prev;
  free (e->line);
  free (e);
}

static void
results_delivered (void *self, struct mp_task *task)
{
  if (task->user)
    end_entry (self, task->user);
  task->user = NULL;
}

static bool
results_close (void *self)
{
  struct results *r = self;
  /* The run was ended before these were delivered.  The list has the last one
     first.  */
  struct entry *e = r->first;
  while (e && e->next)
    e = e->next;
  for (struct entry *prev; e; e = prev)
    {
      prev = e->prev;
      end_entry (r, e);
    }
  if (fclose (r->index) != 0)
    fail (r, NULL, "index.tsv", errno);
  close (r->dir);
  if (0 <= r->spare)
    close (r->spare);
  bool good = !r->failed;
  free (r);
  return good;
}

/* Open the folder NAME, which is made if it does not exist; exit if it is not
   empty.  */
static int
open_folder (char const *name)
{
  if (mkdir (name, 0777) != 0 && errno != EEXIST)
    error (MP_EXIT_FAILURE, errno, _("cannot make %s"), quote (name));
  DIR *d = opendir (name);
  if (!d)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (name));
  struct dirent const *entry;
  while ((entry = readdir (d)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      error (MP_EXIT_FAILURE, 0, _("%s is not empty"), quote (name));
  int fd = fcntl (dirfd (d), F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (name));
  closedir (d);
  return fd;
}

/* Whether there are so few descriptors that those that are kept for tasks would
   be lacking elsewhere: for each of the tasks that run as O says, the pool
   needs four for a moment.  */
static bool
has_few_descriptors (struct pmap_options const *o)
{
  struct rlimit limit;
  return (!o->processes
          || (getrlimit (RLIMIT_NOFILE, &limit) == 0
              && limit.rlim_cur / 8 < o->processes + 8));
}

struct pmap_observer
pmap_results_open (struct pmap_info const *info)
{
  struct pmap_options const *o = info->o;
  struct results *r = xmalloc (sizeof *r);
  *r = (struct results) { .info = info, .dir = open_folder (o->results),
                          .spare = -1 };
  /* Tasks of warm workers are short, and many at once; and hosts may run any
     number of tasks.  */
  r->scarce = o->script || o->filter || o->remote || has_few_descriptors (o);
  int fd = open_file (r, "index.tsv", O_CREAT | O_EXCL);
  r->index = 0 <= fd ? fdopen (fd, "w") : NULL;
  if (!r->index)
    {
      char *path = xasprintf ("%s/index.tsv", o->results);
      error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (path));
    }
  keep_spare (r);
  return (struct pmap_observer) {
    .self = r, .started = results_started, .output = results_output,
    .ended = results_ended, .delivered = results_delivered,
    .close = results_close };
}
