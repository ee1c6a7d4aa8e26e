/* pmap: from items to tasks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minmax.h"
#include "xalloc.h"

#include "front.h"

/* The most characters of a command line by default, as xargs has it, and
   what POSIX wants it to leave free for the environment.  */
enum { DEFAULT_MAX_CHARS = 128 * 1024, HEADROOM = 2048 };

struct pmap_feed
{
  struct pmap_options const *o;
  struct mp_template const *command;
  struct pmap_messages const *messages;
  struct pmap_sources *sources;
  struct mp_blocks *blocks;     /* of the only source; null: items */
  size_t max_chars;             /* of a command line */
  size_t width;                 /* items of a row */
  struct mp_item *carry;        /* a row that did not fit in the last task; the
                                   sources', until their next call */
  struct mp_task *back;         /* items that came back, the last first */
  bool ended, failed, split;
  bool lost;                    /* memory does not hold the next item */
  unsigned long long index;     /* of the last task */

  /* The items of the next task, as far as they are known.  */
  size_t n_rows;
  size_t n, n_allocated;
  size_t *len;
  char *bytes;
  size_t n_bytes, bytes_allocated;
  size_t chars;                 /* of its command line */
};

/* The most characters of a command line that the system takes, less what the
   environment needs, and not more than xargs takes.  */
static size_t
default_max_chars (void)
{
  size_t env = HEADROOM;
  for (char **p = environ; *p; p++)
    env += strlen (*p) + 1;
  long int arg_max = sysconf (_SC_ARG_MAX);
  size_t room = arg_max < 0 ? DEFAULT_MAX_CHARS : arg_max;
  room = env < room ? room - env : 0;
  return MAX (MIN (room, DEFAULT_MAX_CHARS), HEADROOM);
}

struct pmap_feed *
pmap_feed_open (struct pmap_options const *o, struct pmap_sources *sources,
                struct mp_template const *command,
                struct pmap_messages const *messages)
{
  struct pmap_feed *feed = xzalloc (sizeof *feed);
  feed->o = o;
  feed->sources = sources;
  feed->width = pmap_sources_width (sources);
  feed->command = command;
  feed->messages = messages;
  feed->max_chars = o->max_chars;
  if (!feed->max_chars && o->chunk == PMAP_CHUNK_MAX)
    feed->max_chars = default_max_chars ();
  if (o->blocks)
    feed->blocks = pmap_blocks_open (o, pmap_sources_fd (sources));
  return feed;
}

/* Free FEED's blocks, if it has any.  */
static void
free_blocks (struct pmap_feed *feed)
{
  if (feed->blocks)
    mp_blocks_free (feed->blocks);
  free (feed->blocks);
}

void
pmap_feed_close (struct pmap_feed *feed)
{
  free_blocks (feed);
  while (feed->back)
    {
      struct mp_task *next = feed->back->next_held;
      free (feed->back);
      feed->back = next;
    }
  free (feed->len);
  free (feed->bytes);
  free (feed);
}

int
pmap_feed_fd (struct pmap_feed const *feed)
{
  return pmap_sources_fd (feed->sources);
}

void
pmap_feed_redirect (struct pmap_feed *feed, int fd)
{
  if (feed->blocks && fd != pmap_feed_fd (feed))
    {
      free_blocks (feed);
      feed->blocks = pmap_blocks_open (feed->o, fd);
    }
  pmap_sources_redirect (feed->sources, fd);
}

bool
pmap_feed_left (struct pmap_feed const *feed, unsigned long long made,
                unsigned long long *left, bool *about)
{
  unsigned long long given;
  bool known;
  *about = true;
  if (feed->blocks)
    {
      given = feed->blocks->given;
      known = (feed->blocks->file
               && mp_readnow_left (feed->blocks->fd, left));
    }
  else
    {
      known = pmap_sources_left (feed->sources, &given, left, about);
      *about |= feed->o->chunk != 1;
    }
  if (!known || !*about)
    return known;
  /* The tasks to come are as large as those so far.  */
  double more = given ? (double) made * *left / given : -1;
  known = 0 <= more && more < 1e18;
  *left = known ? more + 0.5 : 0;
  return known;
}

bool
pmap_feed_failed (struct pmap_feed const *feed)
{
  return feed->failed || pmap_sources_failed (feed->sources);
}

/* The input of FEED's blocks could not be read, for the reason ERR.  */
static void
read_failed (struct pmap_feed *feed, int err)
{
  feed->ended = true;
  pmap_sources_fail (feed->sources, err);
}

/* Get the next row of FEED's sources; null at the end.  Return 0, EAGAIN or
   ENOMEM, as pmap_sources_next does.  */
static int
next_row (struct pmap_feed *feed, struct mp_item **row)
{
  *row = feed->carry;
  feed->carry = NULL;
  return *row || feed->ended ? 0 : pmap_sources_next (feed->sources, row);
}

/* Add ITEM to the next task.  Return 0 or ENOMEM.  */
static int
add_item (struct pmap_feed *feed, struct mp_item const *item)
{
  if (feed->n == feed->n_allocated)
    {
      size_t n = 2 * feed->n_allocated + 16;
      size_t *len = reallocarray (feed->len, n, sizeof *len);
      if (!len)
        return ENOMEM;
      feed->len = len;
      feed->n_allocated = n;
    }
  if (feed->bytes_allocated - feed->n_bytes <= item->len)
    {
      size_t n = MAX (2 * feed->bytes_allocated,
                      feed->n_bytes + item->len + 1);
      char *bytes = realloc (feed->bytes, n);
      if (!bytes)
        return ENOMEM;
      feed->bytes = bytes;
      feed->bytes_allocated = n;
    }
  memcpy (feed->bytes + feed->n_bytes, item->data, item->len);
  feed->n_bytes += item->len;
  feed->bytes[feed->n_bytes++] = '\0';
  feed->len[feed->n++] = item->len;
  return 0;
}

/* Make a task of the N items that lie, with NULs between them, in the
   N_BYTES at BYTES and have the lengths LEN, in rows of WIDTH.  Null if memory
   is exhausted.  */
static struct mp_task *
make_task (size_t width, size_t n, size_t const *len, char const *bytes,
           size_t n_bytes)
{
  char *store;
  bool whole = 1 < width && n == width;
  struct mp_task *task = mp_task_new (n, whole ? 2 * n_bytes : n_bytes,
                                      &store);
  if (!task)
    return NULL;
  memcpy (store, bytes, n_bytes);
  for (size_t i = 0; i < n; i++)
    {
      task->item[i] = (struct mp_item) { store, len[i] };
      store += len[i] + 1;
    }
  task->width = width;
  if (whole)
    mp_task_set_whole (task, store);
  return task;
}

/* Make the task of the items gathered.  */
static int
finish_task (struct pmap_feed *feed, struct mp_task **task)
{
  *task = make_task (feed->width, feed->n, feed->len, feed->bytes,
                     feed->n_bytes);
  bool too_long = feed->max_chars && feed->max_chars < feed->chars;
  feed->n = feed->n_rows = feed->n_bytes = feed->chars = 0;
  if (!*task)
    return ENOMEM;
  (*task)->error = too_long ? EMSGSIZE : 0;
  (*task)->index = ++feed->index;
  /* What one huge item needed is not kept for the others.  */
  if (DEFAULT_MAX_CHARS < feed->bytes_allocated)
    {
      free (feed->bytes);
      feed->bytes = NULL;
      feed->bytes_allocated = 0;
    }
  return 0;
}

/* Make a task that stands for an item which memory did not hold.  */
static int
lost_task (struct pmap_feed *feed, struct mp_task **task)
{
  size_t len = 0;
  *task = make_task (1, 1, &len, "", 1);
  if (!*task)
    return ENOMEM;
  (*task)->error = ENOMEM;
  (*task)->index = ++feed->index;
  return 0;
}

/* Make the task of ITEM alone.  */
static int
single_task (struct pmap_feed *feed, struct mp_item const *item,
             struct mp_task **task)
{
  size_t chars = (mp_template_base_size (feed->command)
                  + mp_template_row_size (feed->command, item, 0));
  *task = make_task (1, 1, &item->len, item->data, item->len + 1);
  if (!*task)
    return lost_task (feed, task);
  if (feed->max_chars && feed->max_chars < chars)
    (*task)->error = EMSGSIZE;
  (*task)->index = ++feed->index;
  return 0;
}

/* Add ROW to the next task.  Return 0 or ENOMEM.  */
static int
add_row (struct pmap_feed *feed, struct mp_item const *row)
{
  for (size_t i = 0; i < feed->width; i++)
    if (add_item (feed, &row[i]) != 0)
      {
        feed->n -= i;
        feed->n_bytes = 0;
        for (size_t k = 0; k < feed->n; k++)
          feed->n_bytes += feed->len[k] + 1;
        return ENOMEM;
      }
  return 0;
}

/* Whether FEED's row ROW makes every task fail that it is in: an item holds a
   NUL byte, which no argument can, or lacks a column.  */
static bool
is_bad (struct pmap_feed const *feed, struct mp_item const *row)
{
  struct mp_expansion const e = { .item = row, .n_items = feed->width };
  char const *placeholder;
  size_t len;
  for (size_t i = 0; i < feed->width; i++)
    if (memchr (row[i].data, '\0', row[i].len))
      return true;
  return (feed->o->columns
          && mp_template_lacks (feed->command, &e, &placeholder, &len));
}

/* Whether a row, which needs MORE characters, is too much for FEED's next task,
   which has some already.  */
static bool
is_full (struct pmap_feed const *feed, size_t more)
{
  return (feed->max_chars
          && feed->max_chars - MIN (feed->chars, feed->max_chars) < more);
}

/* pmap_feed_next but for memory that is exhausted for a task: ENOMEM.  */
static int
gather (struct pmap_feed *feed, struct mp_task **task)
{
  size_t chunk = feed->o->chunk;
  while (feed->n_rows < chunk)
    {
      struct mp_item *row;
      int err = next_row (feed, &row);
      if (err == EAGAIN)
        return err;
      if (err)
        return lost_task (feed, task);
      if (!row)
        break;

      /* It may be huge: do not gather it first.  And one that cannot be run
         must not take others with it.  */
      bool alone = chunk == 1 || is_bad (feed, row);
      if (alone && !feed->n && feed->width == 1)
        return single_task (feed, row, task);
      size_t more = mp_template_row_size (feed->command, row, feed->n_rows);
      if (feed->n && (alone || is_full (feed, more)))
        {
          feed->carry = row;
          break;
        }
      if (!feed->n)
        feed->chars = mp_template_base_size (feed->command);
      if (add_row (feed, row) != 0)
        return lost_task (feed, task);
      feed->n_rows++;
      feed->chars += more;
      if (alone)
        break;
    }
  return feed->n ? finish_task (feed, task) : 0;
}

/* Items cannot be read any more if ERR is neither 0 nor EAGAIN: report that.
   Return 0 or EAGAIN.  */
static int
report_end (struct pmap_feed *feed, int err)
{
  if (!err || err == EAGAIN)
    return err;
  pmap_say (feed->messages, err, _("cannot read items"));
  feed->failed = feed->ended = true;
  return 0;
}

/* Make the LEN bytes at BYTES, which are N lines, a task; if NAMED, the first
   one is its item, too.  Null if memory is exhausted.  */
static struct mp_task *
make_lines (struct pmap_feed *feed, char const *bytes, size_t len, size_t n,
            bool named)
{
  char *store;
  char *text = malloc (len);
  size_t first = (char *) memchr (bytes, feed->o->line_end, len) - bytes;
  struct mp_task *task = text ? mp_task_new (named, named ? first + 1 : 0,
                                             &store) : NULL;
  if (task)
    task->lines = mp_lines_new (text, len, n, feed->o->line_end);
  if (!task || !task->lines)
    {
      free (text);
      free (task);
      return NULL;
    }
  memcpy (text, bytes, len);
  if (named)
    {
      memcpy (store, bytes, first);
      store[first] = '\0';
      task->item[0] = (struct mp_item) { store, first };
    }
  task->index = feed->index + 1;
  feed->index += n;
  return task;
}

/* Make the task of ITEM alone, which is no line if it is BAD.  */
static int
lone_line (struct pmap_feed *feed, struct mp_item const *item, bool bad,
           bool named, struct mp_task **task)
{
  if (bad)
    {
      int err = single_task (feed, item, task);
      if (*task && !(*task)->error)
        (*task)->error = EINVAL;
      return err;
    }
  item->data[item->len] = feed->o->line_end;
  *task = make_lines (feed, item->data, item->len + 1, 1, named);
  item->data[item->len] = '\0';
  return *task ? 0 : lost_task (feed, task);
}

/* Add ITEM, for which there is room, to the lines of the next task, of which N
   are to be the most, and what else was read already.  */
static void
add_lines (struct pmap_feed *feed, struct mp_item const *item, size_t n)
{
  char *p = mempcpy (feed->bytes + feed->n_bytes, item->data, item->len);
  *p++ = feed->o->line_end;
  feed->n_bytes += item->len + 1;
  feed->n++;
  if (!pmap_sources_has_lines (feed->sources, feed->o->line_end))
    return;
  char const *data;
  size_t len;
  feed->n += pmap_sources_more (feed->sources, n - feed->n,
                                feed->bytes_allocated - feed->n_bytes, &data,
                                &len);
  memcpy (p, data, len);
  feed->n_bytes += len;
}

/* Gather lines for the next task, N at most, or make *TASK of one that must be
   alone.  Return 0, EAGAIN or ENOMEM.  */
static int
gather_lines (struct pmap_feed *feed, size_t n, bool named,
              struct mp_task **task)
{
  char end = feed->o->line_end;
  bool may_be_bad = !pmap_sources_has_lines (feed->sources, end);
  while (feed->n < n)
    {
      struct mp_item *item = NULL;
      int err = feed->lost ? ENOMEM : next_row (feed, &item);
      feed->lost = err == ENOMEM && feed->n;
      if (err == ENOMEM && !feed->n)
        return lost_task (feed, task);
      if (err || !item)
        return err == EAGAIN ? err : 0;
      bool bad = may_be_bad && memchr (item->data, end, item->len);
      if (bad || feed->bytes_allocated - feed->n_bytes <= item->len)
        {
          if (!feed->n)
            return lone_line (feed, item, bad, named, task);
          feed->carry = item;
          return 0;
        }
      add_lines (feed, item, n);
    }
  return 0;
}

int
pmap_feed_lines (struct pmap_feed *feed, size_t n, size_t bytes, bool named,
                 struct mp_task **task)
{
  *task = NULL;
  if (feed->bytes_allocated < bytes)
    {
      free (feed->bytes);
      feed->bytes = xmalloc (bytes);
      feed->bytes_allocated = bytes;
    }
  int err = gather_lines (feed, n, named, task);
  if (feed->n)
    {
      *task = make_lines (feed, feed->bytes, feed->n_bytes, feed->n, named);
      feed->n = feed->n_bytes = 0;
      err = *task ? 0 : ENOMEM;
    }
  return report_end (feed, err);
}

/* pmap_feed_next for blocks.  */
static int
next_block (struct pmap_feed *feed, struct mp_task **task)
{
  *task = NULL;
  if (feed->ended)
    return 0;
  int err = pmap_blocks_next (feed->blocks, feed->index + 1, task);
  feed->index += *task != NULL;
  if (err && err != EAGAIN)
    {
      read_failed (feed, err);
      err = 0;
    }
  return err;
}

int
pmap_feed_more (void *arg, struct mp_block **block)
{
  struct pmap_feed *feed = arg;
  *block = NULL;
  if (feed->ended)
    return 0;
  int err = mp_blocks_next (feed->blocks, block);
  if (*block)
    /* The process has it already.  */
    (*block)->head_len = 0;
  if (err && err != EAGAIN)
    {
      read_failed (feed, err);
      err = 0;
    }
  return err;
}

int
pmap_feed_more_fd (void *arg)
{
  struct pmap_feed *feed = arg;
  return pmap_feed_fd (feed);
}

int
pmap_feed_next (struct pmap_feed *feed, struct mp_task **task)
{
  if (feed->blocks)
    return next_block (feed, task);
  *task = feed->back;
  if (feed->back)
    {
      feed->back = (*task)->next_held;
      (*task)->next_held = NULL;
      (*task)->index = ++feed->index;
      return 0;
    }
  return report_end (feed, gather (feed, task));
}

/* Return a task of the items of TASK from number KEEP on, which lie in one
   piece.  */
static struct mp_task *
split_task (struct mp_task const *task, size_t keep)
{
  struct mp_item const *item = &task->item[keep];
  size_t n = task->n_items - keep;
  size_t *len = xnmalloc (n, sizeof *len);
  for (size_t i = 0; i < n; i++)
    len[i] = item[i].len;
  size_t bytes = item[n - 1].data + item[n - 1].len + 1 - item[0].data;
  struct mp_task *back = make_task (task->width, n, len, item[0].data, bytes);
  free (len);
  if (!back)
    xalloc_die ();
  return back;
}

void
pmap_feed_push_back (struct pmap_feed *feed, struct mp_task *task,
                     size_t keep)
{
  size_t width = task->width;
  size_t kept = mp_template_base_size (feed->command);
  for (size_t i = 0; i < keep; i += width)
    kept += mp_template_row_size (feed->command, &task->item[i], i / width);

  struct mp_task *back = split_task (task, keep);
  back->next_held = feed->back;
  feed->back = back;
  /* Do not run into it with every chunk.  */
  if (!feed->max_chars || kept < feed->max_chars)
    feed->max_chars = MAX (kept, HEADROOM);
  if (!feed->split)
    pmap_say (feed->messages, E2BIG,
              _("warning: running fewer items a task"));
  feed->split = true;
}
