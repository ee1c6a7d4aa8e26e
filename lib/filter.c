/* One warm filter: what it has, and what it answers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "filter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "minmax.h"

#include "block.h"
#include "lines.h"

/* How large its pipes are once a filter needs much: what is ahead of it must
   last until we look again.  */
enum { PIPE_BYTES = 256 * 1024 };

/* How many filters in a row may be killed before they are ready.  */
enum { KILLED_MAX = 5 };

/* Append the LEN bytes at DATA to P.  Return 0 or ENOMEM.  */
static int
part_add (struct mp_part *p, char const *data, size_t len)
{
  if (p->allocated - p->length < len)
    {
      size_t n = MAX (2 * p->allocated, p->length + len);
      char *new_data = realloc (p->data, n);
      if (!new_data)
        return ENOMEM;
      p->data = new_data;
      p->allocated = n;
    }
  /* There may be no P->data yet.  */
  if (len)
    memcpy (p->data + p->length, data, len);
  p->length += len;
  return 0;
}

/* Empty P.  What a huge line needed is not kept for the others.  */
static void
part_clear (struct mp_part *p)
{
  p->length = 0;
  if (p->allocated <= MP_FILTER_BURST)
    return;
  free (p->data);
  *p = (struct mp_part) { .data = NULL };
}

void
mp_filter_free (struct mp_worker *w)
{
  struct mp_filter *f = (struct mp_filter *) w;
  mp_watch_close (&w->set->pool->watch, &f->ready.source);
  for (int i = 0; i < MP_STREAMS; i++)
    free (f->part[i].data);
  free (f);
}

static void
tell_fault (struct mp_filter *f, enum mp_filter_fault fault, int status)
{
  struct mp_filters_options const *o = f->ex->options;
  if (o->fault && !f->ex->base.pool->stopping)
    o->fault (o->arg, fault, status);
}

/* Let TASK, which may be null, be what is sent to F next.  */
static void
begin_sending (struct mp_filter *f, struct mp_task *task)
{
  f->sending = task;
  f->sent = task ? mp_lines_place (task->lines, task->lines->done) : 0;
}

/* Take the first task of F out of its queue.  */
static struct mp_task *
take_first (struct mp_filter *f)
{
  struct mp_task *task = f->first;
  f->first = task->lines->next;
  if (!f->first)
    f->last = NULL;
  if (f->sending == task)
    begin_sending (f, f->first);
  f->bytes -= task->lines->len;
  task->lines->next = NULL;
  task->job = NULL;
  return task;
}

/* All lines of the first task of F have an outcome.  */
static void
end_first (struct mp_filter *f)
{
  struct mp_pool *pool = f->ex->base.pool;
  if (f->unsent && f->sending == f->first)
    {
      /* The rest of its last line will not be sent, and what comes behind would
         be taken for that.  */
      f->retiring = true;
      mp_worker_close_input (&f->w);
    }
  struct mp_task *task = take_first (f);
  struct mp_lines const *l = task->lines;
  int status = 0;
  if (l->n == 1 && l->n_failures)
    {
      task->timed_out = l->failure->timed_out;
      status = l->failure->status ? l->failure->status : W_EXITCODE (1, 0);
    }
  mp_pool_ended (pool, task, status);
  mp_pool_drained (pool, task);
}

/* The first N lines that F has not answered have an outcome.  They are of one
   task.  */
static void
count_done (struct mp_filter *f, size_t n)
{
  struct mp_lines *l = f->first->lines;
  l->done += n;
  f->ex->base.pool->lines_done += n;
  f->done += n;
  f->unanswered -= n;
  if (l->done == l->n)
    end_first (f);
}

/* The first line that F has not answered has failed.  */
static void
fail_line (struct mp_filter *f, int status, bool timed_out)
{
  struct mp_lines *l = f->first->lines;
  if (mp_lines_fail (l, l->done, status, timed_out) != 0)
    mp_pool_fail (f->ex->base.pool, ENOMEM);
}

/* Put the LEN bytes at DATA, which are lines that end with END, on STREAM of
   TASK's output, each behind its tag.  They belong to the lines of TASK from
   number LINE on, or if SAME, all to that one.  */
static void
put_tagged (struct mp_filters *ex, struct mp_task *task, int stream,
            size_t line, bool same, char end, char const *data, size_t len)
{
  struct mp_part *tagged = &ex->tagged;
  int err = 0;
  while (!err && len)
    {
      size_t used;
      char const *item;
      size_t item_len = mp_lines_get (task->lines, line, &item);
      mp_lines_count (data, len, end, 1, &used);
      err = part_add (tagged, item, item_len);
      if (!err)
        err = part_add (tagged, "\t", 1);
      if (!err)
        err = part_add (tagged, data, used);
      data += used;
      len -= used;
      line += !same;
    }
  if (err)
    mp_pool_fail (ex->base.pool, err);
  mp_pool_output (ex->base.pool, task, stream, tagged->data, tagged->length);
  part_clear (tagged);
}

/* The LEN bytes at DATA are N answers of F to lines of one task.  */
static void
put_answers (struct mp_filter *f, char const *data, size_t len, size_t n)
{
  struct mp_filters *ex = f->ex;
  struct mp_task *task = f->first;
  if (ex->options->tag)
    put_tagged (ex, task, MP_STREAM_OUT, task->lines->done, false,
                ex->options->end, data, len);
  else
    mp_pool_output (ex->base.pool, task, MP_STREAM_OUT, data, len);
  count_done (f, n);
}

/* F has written what answers nothing: all that it has done may be wrong.  Do
   not go on with it.  */
static void
exceed (struct mp_filter *f)
{
  if (f->excessive)
    return;
  f->excessive = f->retiring = true;
  tell_fault (f, MP_FILTER_TOO_MUCH, 0);
  if (!f->w.ended)
    kill (-f->w.pid, SIGKILL);
}

/* Put the LEN bytes at DATA, which F has written to standard error, into the
   output of its first task, or if it has none, one of their own.  */
static void
put_error (struct mp_filter *f, char const *data, size_t len)
{
  struct mp_pool *pool = f->ex->base.pool;
  struct mp_task *task = f->first;
  if (f->starting)
    {
      mp_pool_note (pool, data, len);
      return;
    }
  if (task && f->ex->options->tag)
    {
      put_tagged (f->ex, task, MP_STREAM_ERR, task->lines->done, true, '\n',
                  data, len);
      return;
    }
  if (!task)
    {
      if (!f->extra)
        f->extra = mp_pool_extra (pool);
      task = f->extra;
    }
  if (!task)
    {
      mp_pool_fail (pool, ENOMEM);
      return;
    }
  if (task == f->extra)
    task->job = f;
  mp_pool_output (pool, task, MP_STREAM_ERR, data, len);
}

/* Take the LEN bytes at DATA that F has written to its standard error.  */
static void
take_error (struct mp_filter *f, char const *data, size_t len)
{
  struct mp_part *part = &f->part[MP_STREAM_ERR];
  if (!f->ex->options->tag)
    {
      put_error (f, data, len);
      return;
    }
  char const *last = memrchr (data, '\n', len);
  size_t whole = last ? last - data + 1 : 0;
  int err = whole ? part_add (part, data, whole) : 0;
  if (!err && whole)
    {
      put_error (f, part->data, part->length);
      part_clear (part);
    }
  if (!err && whole < len)
    err = part_add (part, data + whole, len - whole);
  if (err)
    mp_pool_fail (f->ex->base.pool, err);
}

/* The line that F writes to standard error, if any, is of an item that it has
   answered: end it.  */
static void
end_error_line (struct mp_filter *f)
{
  if (f->part[MP_STREAM_ERR].length)
    take_error (f, "\n", 1);
}

/* Take the LEN bytes at DATA that F has written to its standard output.  */
static void
take_answers (struct mp_filter *f, char const *data, size_t len)
{
  struct mp_part *part = &f->part[MP_STREAM_OUT];
  char end = f->ex->options->end;
  end_error_line (f);
  while (len && !f->excessive)
    {
      if (!f->unanswered)
        {
          exceed (f);
          return;
        }
      struct mp_lines const *l = f->first->lines;
      size_t max = part->length ? 1 : l->given - l->done;
      size_t used;
      size_t n = mp_lines_count (data, len, end, max, &used);
      if (!n || part->length)
        {
          /* A line is put when it is whole: what is lacking might never
             come.  */
          if (part_add (part, data, n ? used : len) != 0)
            {
              mp_pool_fail (f->ex->base.pool, ENOMEM);
              return;
            }
          if (!n)
            return;
          put_answers (f, part->data, part->length, 1);
          part_clear (part);
        }
      else
        put_answers (f, data, used, n);
      data += used;
      len -= used;
    }
}

/* What came when F had no lines is complete.  */
static void
end_extra (struct mp_filter *f)
{
  if (f->extra)
    mp_pool_drained (f->ex->base.pool, f->extra);
  f->extra = NULL;
}

void
mp_filter_close_if_done (struct mp_filter *f)
{
  if (f->retiring && !f->unsent)
    mp_worker_close_input (&f->w);
}

/* Send F what it was given, as far as its pipe takes it.  */
static void
send_lines (struct mp_filter *f)
{
  while (f->sending)
    {
      struct mp_lines const *l = f->sending->lines;
      size_t n = 0;
      size_t left = l->given_len - f->sent;
      int err = left ? mp_worker_write (&f->w, l->text + f->sent, left, &n)
                : 0;
      f->sent += n;
      f->unsent = n < left;
      if (err == EPIPE)
        {
          /* It does not want to read any more.  What it has not read is only
             known as long as its input is open.  */
          f->retiring = true;
          f->unsent = true;
          return;
        }
      if (err)
        mp_pool_fail (f->ex->base.pool, err);
      if (f->unsent)
        return;
      if (!l->next)
        break;
      begin_sending (f, l->next);
    }
  mp_filter_close_if_done (f);
}

static void
filter_writable (struct mp_worker *w)
{
  send_lines ((struct mp_filter *) w);
}

/* Let the pipes of F hold more if it needs much.  */
static void
enlarge (struct mp_filter *f)
{
  if (f->large || f->last_bytes < MP_FILTER_BURST / 4
      || f->ex->ahead_max < PIPE_BYTES)
    return;
  f->large = true;
  mp_pipe_enlarge (f->w.input.source.fd, PIPE_BYTES);
  mp_pipe_enlarge (f->w.stream[MP_STREAM_OUT].source.fd, PIPE_BYTES);
}

/* Give F lines of its last task, as many as it may have now.  Those that others
   have failed with are given alone: who fails again is the one to blame.  */
static void
give_lines (struct mp_filter *f)
{
  struct mp_filters *ex = f->ex;
  size_t max = ex->options->max_lines;
  if (!f->last || f->retiring || f->w.input.source.fd < 0)
    return;
  struct mp_lines *l = f->last->lines;
  size_t n = l->n - l->given;
  bool suspect = l->given < l->suspects;
  if (!n || (suspect && f->unanswered))
    return;
  if (suspect)
    n = 1;
  if (max)
    n = MIN (n, max - f->given);
  if (!f->unanswered && !f->starting)
    mp_pool_begun (ex->base.pool, f->last);
  size_t before = l->given_len;
  l->given += n;
  l->given_len = mp_lines_place (l, l->given);
  f->unanswered += n;
  f->given += n;
  f->last_lines = n;
  f->last_bytes = l->given_len - before;
  f->given_at = f->active_at = mp_now ();
  f->look_again = mp_filter_look;
  f->look_at = f->given_at + f->look_again;
  f->looked_at = 0;
  f->taken = false;
  enlarge (f);
  /* One that keeps its answers in a buffer would never answer.  */
  if ((max && max <= f->given) || (suspect && !ex->prompt))
    f->retiring = true;
  send_lines (f);
}

/* F has answered something, perhaps all.  */
static void
go_on (struct mp_filter *f)
{
  struct mp_pool *pool = f->ex->base.pool;
  f->active_at = mp_now ();
  if (!f->unanswered && !f->part[MP_STREAM_OUT].length && !f->retiring)
    f->ex->prompt = true;
  give_lines (f);
  if (f->unanswered)
    mp_pool_progress (pool, f->first);
}

void
mp_filter_give (struct mp_filter *f, struct mp_task *task)
{
  end_extra (f);
  task->slot = f->w.slot;
  task->job = f;
  if (f->last)
    f->last->lines->next = task;
  else
    f->first = task;
  f->last = task;
  f->bytes += task->lines->len;
  if (!f->sending)
    begin_sending (f, task);
  give_lines (f);
}

void
mp_filter_time_out (struct mp_filter *f)
{
  fail_line (f, 0, true);
  f->overdue = f->retiring = true;
  f->overdue_line = f->done;
}

static void
filter_output (struct mp_worker *w, int stream, char const *data, size_t len)
{
  struct mp_filter *f = (struct mp_filter *) w;
  /* It may have been ready before it wrote that.  */
  mp_filter_check_ready (f);
  if (stream == MP_STREAM_ERR)
    take_error (f, data, len);
  else
    {
      size_t done = f->done;
      take_answers (f, data, len);
      if (f->done != done && !w->ended)
        go_on (f);
    }
}

static size_t
filter_wants (struct mp_worker *w)
{
  struct mp_filter *f = (struct mp_filter *) w;
  struct mp_pool *pool = f->ex->base.pool;
  if (f->starting || (!f->first && !f->extra))
    return MP_FILTER_BURST;
  return mp_pool_wants (pool, f->first ? f->first : f->extra);
}

static void
filter_stopped (struct mp_worker *w, int sig)
{
  /* Several filters cannot have the terminal at once: it would wait for
     ever.  */
  (void) sig;
  kill (-w->pid, SIGKILL);
}

/* How many bytes of what TASK's lines lack an outcome F was sent.  *TASK is the
   next one then, null if nothing of it was sent.  */
static size_t
sent_of (struct mp_filter const *f, struct mp_task **task)
{
  struct mp_lines *l = (*task)->lines;
  size_t end = f->unsent && *task == f->sending ? f->sent : l->given_len;
  *task = f->unsent && *task == f->sending ? NULL : l->next;
  return end - mp_lines_place (l, l->done);
}

/* How many bytes of the lines without an outcome F, which has ended, had read;
   all that it was sent if that cannot be told.  */
static size_t
read_of (struct mp_filter const *f)
{
  size_t read = 0;
  for (struct mp_task *task = f->first; task; )
    read += sent_of (f, &task);
  return read - MIN (read, (size_t) MAX (f->w.unread, 0));
}

/* Whether F has ended with STATUS before it saw its first line without an
   outcome, as "head -n 100" does.  But one that has never answered anything did
   see it: else nobody would ever be to blame.  */
static bool
ended_before (struct mp_filter const *f, int status)
{
  return (f->done
          && (read_of (f) == 0 || (f->w.unread < 0 && status == 0)));
}

/* The lines that F, which has ended, had read and not answered are to be run
   again, each alone.  The first one counts as read at any rate.  */
static void
suspect_read (struct mp_filter *f)
{
  size_t read = read_of (f);
  for (struct mp_task *next, *task = f->first; task; task = next)
    {
      struct mp_lines *l = task->lines;
      next = task;
      size_t n = sent_of (f, &next);
      n = MIN (read, n);
      read -= n;
      size_t end = mp_lines_place (l, l->done) + n;
      size_t line = mp_lines_at (l, end);
      if (mp_lines_place (l, line) < end)
        line++;
      l->suspects = MAX (l->suspects, line);
    }
  struct mp_lines *l = f->first->lines;
  l->suspects = MAX (l->suspects, l->done + 1);
}

/* F has ended with STATUS and lines unanswered: find the one to blame, if it is
   known.  */
static void
blame (struct mp_filter *f, int status)
{
  struct mp_lines *l = f->first->lines;
  if (f->overdue)
    {
      /* It is noted already.  */
      if (f->done == f->overdue_line)
        count_done (f, 1);
      return;
    }
  if (l->suspects <= l->done)
    {
      suspect_read (f);
      return;
    }
  if (ended_before (f, status))
    return;
  tell_fault (f, MP_FILTER_TOO_LITTLE, status);
  fail_line (f, status, false);
  count_done (f, 1);
}

/* Give back what F has and has not answered.  */
static void
return_tasks (struct mp_filter *f)
{
  while (f->first)
    {
      struct mp_task *task = take_first (f);
      struct mp_lines *l = task->lines;
      l->given = l->done;
      l->given_len = mp_lines_place (l, l->done);
      mp_pool_return (f->ex->base.pool, task);
    }
}

void
mp_filter_check_ready (struct mp_filter *f)
{
  if (!f->starting || f->ready.source.fd < 0)
    return;
  int done = mp_initializer_done (f->ready.source.fd);
  if (!done)
    return;
  mp_watch_close (&f->ex->base.pool->watch, &f->ready.source);
  if (done < 0)
    return;
  f->starting = false;
  f->ex->killed = 0;
  if (f->unanswered)
    mp_pool_begun (f->ex->base.pool, f->first);
}

/* F has ended with STATUS before it was ready.  */
static void
note_failed_start (struct mp_filter *f, int status)
{
  struct mp_filters *ex = f->ex;
  /* Somebody may have killed it: that is no fault of the script's.  */
  if (WIFSIGNALED (status) && ++ex->killed < KILLED_MAX)
    return;
  ex->base.failed_status = status;
  mp_pool_fail (ex->base.pool, ECANCELED);
}

/* Take what F, which has ended with STATUS, has not ended a line of.  */
static void
take_rest (struct mp_filter *f, int status)
{
  struct mp_part *out = &f->part[MP_STREAM_OUT];
  end_error_line (f);
  /* It may have been cut off.  */
  if (out->length && status == 0 && f->unanswered)
    take_answers (f, &f->ex->options->end, 1);
}

static void
filter_ended (struct mp_worker *w, int status)
{
  struct mp_filter *f = (struct mp_filter *) w;
  struct mp_pool *pool = f->ex->base.pool;
  bool idle = 0 <= f->w.unread;
  mp_filter_check_ready (f);
  take_rest (f, status);
  if (pool->stopping)
    ;
  else if (f->starting)
    note_failed_start (f, status);
  else if (f->unanswered)
    blame (f, status);
  else if (status && !f->excessive && !f->overdue
           && !(WIFSIGNALED (status) && idle))
    tell_fault (f, MP_FILTER_FAILED, status);
  return_tasks (f);
  end_extra (f);
  mp_filter_free (w);
}

struct mp_worker_ops const mp_filter_worker_ops = {
  .wants = filter_wants,
  .output = filter_output,
  .writable = filter_writable,
  .stopped = filter_stopped,
  .ended = filter_ended
};
