/* One warm shell: what it has, and what it tells.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shell.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

/* How long after the end of a task on one stream it may be lacking on the
   other.  They are written one after the other.  */
static mp_time const lacking_after = 1000LL * MP_MILLISECOND;

/* How much a shell may write before it is ready without belonging to its first
   task at once.  */
enum { EARLY_MAX = 64 * 1024 };

/* How many shells in a row may be killed before their first task.  */
enum { KILLED_MAX = 5 };

struct mp_shell_task *
mp_shell_entry (struct mp_shell const *s, size_t i)
{
  return &s->queue[(s->first + i) & (s->allocated - 1)];
}

void
mp_shell_free (struct mp_worker *w)
{
  struct mp_shell *s = (struct mp_shell *) w;
  for (int i = 0; i < MP_STREAMS; i++)
    mp_outbuf_clear (&s->early[i], &s->early_budget);
  if (0 <= s->reader)
    close (s->reader);
  if (0 <= s->hold)
    close (s->hold);
  free (s->queue);
  free (s->unsent);
  free (s);
}

/* The first task of S is another: note when.  */
static void
note_first (struct mp_shell *s)
{
  if (s->n)
    {
      mp_shell_entry (s, 0)->since = mp_now ();
      mp_pool_begun (s->ex->base.pool, mp_shell_entry (s, 0)->task);
    }
  else
    {
      if (s->ex->options->chunk <= s->given)
        s->given = 0;
      s->ran_dry = true;
    }
}

/* The first task of S has ended with STATUS.  */
static void
end_first (struct mp_shell *s, int status)
{
  struct mp_pool *pool = s->ex->base.pool;
  struct mp_task *task = mp_shell_entry (s, 0)->task;
  s->first++;
  s->n--;
  for (int i = 0; i < MP_STREAMS; i++)
    if (s->at[i])
      s->at[i]--;
  s->served++;
  s->ex->killed = 0;
  task->job = NULL;
  mp_pool_ended (pool, task, status);
  mp_pool_drained (pool, task);
  note_first (s);
  size_t max = s->ex->options->max_tasks;
  if (max && max <= s->served)
    s->retiring = true;
  if (!s->n && s->retiring)
    mp_worker_close_input (&s->w);
}

void
mp_shell_return_tasks (struct mp_shell *s, size_t keep)
{
  while (keep < s->n)
    {
      struct mp_task *task = mp_shell_entry (s, --s->n)->task;
      task->job = NULL;
      mp_pool_return (s->ex->base.pool, task);
    }
  for (int i = 0; i < MP_STREAMS; i++)
    s->at[i] = MIN (s->at[i], s->n);
}

/* End those tasks of S that are at their end on both streams, or on one if the
   other is gone.  */
static void
end_seen (struct mp_shell *s)
{
  while (s->n)
    {
      struct mp_shell_task const *e = mp_shell_entry (s, 0);
      bool seen = false, all = true;
      for (int i = 0; i < MP_STREAMS; i++)
        {
          seen |= e->seen[i];
          all &= e->seen[i] || s->w.stream[i].source.fd < 0;
        }
      if (!seen || !all)
        break;
      end_first (s, W_EXITCODE (e->status, 0));
    }
}

/* Put the LEN bytes at DATA, which came on STREAM of S when no task of S ran,
   into an output of their own.  */
static void
put_extra (struct mp_shell *s, int stream, char const *data, size_t len)
{
  struct mp_pool *pool = s->ex->base.pool;
  if (!s->extra)
    s->extra = mp_pool_extra (pool);
  if (s->extra)
    s->extra->job = s;
  if (s->extra)
    mp_pool_output (pool, s->extra, stream, data, len);
  else
    mp_pool_fail (pool, ENOMEM);
}

/* What came when no task of S ran is complete.  */
static void
end_extra (struct mp_shell *s)
{
  if (s->extra)
    mp_pool_drained (s->ex->base.pool, s->extra);
  s->extra = NULL;
}

/* Take what S has written before it was ready: it comes with its first task, or
   if there is none or TO_NOTES, with our messages.  */
static void
put_early (struct mp_shell *s, bool to_notes)
{
  struct mp_pool *pool = s->ex->base.pool;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      char const *data;
      size_t n;
      while ((n = mp_outbuf_peek (&s->early[i], &data)) != 0)
        {
          if (to_notes || !s->n)
            mp_pool_note (pool, data, n);
          else
            mp_pool_output (pool, mp_shell_entry (s, 0)->task, i, data, n);
          mp_outbuf_drop (&s->early[i], &s->early_budget, n);
        }
    }
}

/* Put the LEN bytes at DATA, which came on STREAM of S, where they belong.  */
static void
put (struct mp_shell *s, int stream, char const *data, size_t len)
{
  if (!len)
    return;
  if (!s->ready && s->early_budget.used < EARLY_MAX)
    {
      if (mp_outbuf_add (&s->early[stream], &s->early_budget, data, len) != 0)
        mp_pool_fail (s->ex->base.pool, ENOMEM);
    }
  else if (s->at[stream] < s->n)
    {
      if (!s->ready)
        put_early (s, false);
      mp_pool_output (s->ex->base.pool,
                      mp_shell_entry (s, s->at[stream])->task, stream,
                      data, len);
    }
  else
    put_extra (s, stream, data, len);
}

/* A mark of S has come on STREAM: STATUS is a task's, or negative if S is
   ready.  */
static void
take_mark (struct mp_shell *s, int stream, int status)
{
  if (status < 0)
    {
      if (s->ready)
        return;
      s->ready = true;
      put_early (s, false);
      mp_shell_learn_reading (s);
      note_first (s);
      return;
    }
  if (s->n <= s->at[stream])
    return;
  struct mp_shell_task *e = mp_shell_entry (s, s->at[stream]++);
  e->status = status;
  e->seen[stream] = true;
  e->since = mp_now ();
}

/* Complete what may be a mark in the tail of STREAM of S with some of the LEN
   bytes at DATA.  Return how many of those are done with; at least one, or the
   tail is shorter.  */
static size_t
complete_tail (struct mp_shell *s, int stream, char const *data, size_t len)
{
  char *tail = s->tail[stream];
  size_t had = s->tail_length[stream];
  size_t used;
  int status;
  size_t more = MIN (MP_SHELLCODE_MARK_MAX - had, len);
  memcpy (tail + had, data, more);
  switch (mp_shellcode_mark (&s->ex->code, tail, had + more, &used, &status))
    {
    case MP_SHELLCODE_MARK:
      s->tail_length[stream] = 0;
      take_mark (s, stream, status);
      return used - had;
    case MP_SHELLCODE_PART:
      s->tail_length[stream] = had + more;
      return more;
    case MP_SHELLCODE_NO_MARK:
      break;
    }
  /* It does not begin at its first byte.  */
  put (s, stream, tail, 1);
  s->tail_length[stream] = had - 1;
  memmove (tail, tail + 1, had - 1);
  return 0;
}

/* Take the text at the beginning of the LEN bytes at DATA, which came on STREAM
   of S, in one piece, for it may have many bytes that might begin a mark; and
   the mark behind it.  Return how many bytes are done with.  */
static size_t
take_some (struct mp_shell *s, int stream, char const *data, size_t len)
{
  enum mp_shellcode_found found = MP_SHELLCODE_NO_MARK;
  size_t text = 0, used;
  int status;
  while (found == MP_SHELLCODE_NO_MARK && text < len)
    {
      char const *p = memchr (data + text, MP_SHELLCODE_MARK_BYTE, len - text);
      text = p ? p - data : len;
      if (p)
        found = mp_shellcode_mark (&s->ex->code, p, len - text, &used, &status);
      text += p && found == MP_SHELLCODE_NO_MARK;
    }
  put (s, stream, data, text);
  switch (found)
    {
    case MP_SHELLCODE_MARK:
      take_mark (s, stream, status);
      return text + used;
    case MP_SHELLCODE_PART:
      memcpy (s->tail[stream], data + text, len - text);
      s->tail_length[stream] = len - text;
      break;
    case MP_SHELLCODE_NO_MARK:
      break;
    }
  return len;
}

static void
shell_output (struct mp_worker *w, int stream, char const *data, size_t len)
{
  struct mp_shell *s = (struct mp_shell *) w;
  while (len)
    {
      size_t n = (s->tail_length[stream]
                  ? complete_tail (s, stream, data, len)
                  : take_some (s, stream, data, len));
      data += n;
      len -= n;
    }
  end_seen (s);
}

static size_t
shell_wants (struct mp_worker *w)
{
  struct mp_shell *s = (struct mp_shell *) w;
  /* What comes before it is ready is shown whole if the start fails.  */
  if (!s->ready && s->early_budget.used < EARLY_MAX)
    return EARLY_MAX;
  if (s->n)
    return mp_pool_wants (s->ex->base.pool, mp_shell_entry (s, 0)->task);
  return s->extra ? mp_pool_wants (s->ex->base.pool, s->extra) : PIPE_BUF;
}

/* All that S has written was read.  If the first task's end was seen on
   standard error, where it comes last, and not on standard output, that does
   not lead to us any more: the script has changed it.  */
static void
shell_drained (struct mp_worker *w)
{
  struct mp_shell *s = (struct mp_shell *) w;
  bool some = false;
  for (size_t i = 0; i < s->at[MP_STREAM_ERR]; i++)
    if (!mp_shell_entry (s, i)->seen[MP_STREAM_OUT])
      mp_shell_entry (s, i)->seen[MP_STREAM_OUT] = some = true;
  s->at[MP_STREAM_OUT] = MAX (s->at[MP_STREAM_OUT], s->at[MP_STREAM_ERR]);
  if (some)
    end_seen (s);
  if (s->ready && s->w.stream[MP_STREAM_OUT].source.fd < 0
      && s->w.stream[MP_STREAM_ERR].source.fd < 0)
    kill (-s->w.pid, SIGKILL);
}

/* S has ended with STATUS before it was ready.  */
static void
note_failed_start (struct mp_shell *s, int status)
{
  struct mp_shells *ex = s->ex;
  if (!ex->base.pool->failure)
    put_early (s, true);
  /* Somebody may have killed it: that is no fault of the script's.  */
  if (WIFSIGNALED (status) && ++ex->killed < KILLED_MAX)
    return;
  ex->base.failed_status = status;
  mp_pool_fail (ex->base.pool, ECANCELED);
}

static void
shell_ended (struct mp_worker *w, int status)
{
  struct mp_shell *s = (struct mp_shell *) w;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      put (s, i, s->tail[i], s->tail_length[i]);
      s->tail_length[i] = 0;
    }
  end_seen (s);
  if (!s->ready && !s->ex->base.pool->stopping)
    note_failed_start (s, status);
  /* What it had begun has ended with it.  */
  else if (s->n && mp_shell_has_begun (s))
    end_first (s, status);
  mp_shell_return_tasks (s, 0);
  end_extra (s);
  mp_shell_free (w);
}

static void
shell_stopped (struct mp_worker *w, int sig)
{
  struct mp_shell *s = (struct mp_shell *) w;
  (void) sig;
  /* Several tasks cannot have the terminal at once: it would wait for
     ever.  */
  if (s->n)
    mp_shell_entry (s, 0)->task->error = ENOTTY;
  kill (-w->pid, SIGKILL);
}

struct mp_worker_ops const mp_shell_worker_ops = {
  .wants = shell_wants,
  .output = shell_output,
  .drained = shell_drained,
  .writable = mp_shell_writable,
  .stopped = shell_stopped,
  .ended = shell_ended
};

int
mp_shell_give (struct mp_shell *s, struct mp_task *task)
{
  struct mp_shells *ex = s->ex;
  if (s->n == s->allocated)
    {
      /* The ring is made straight.  */
      size_t n = MAX (2 * s->allocated, 4);
      struct mp_shell_task *queue = malloc (n * sizeof *queue);
      if (!queue)
        return ENOMEM;
      for (size_t i = 0; i < s->n; i++)
        queue[i] = *mp_shell_entry (s, i);
      free (s->queue);
      s->queue = queue;
      s->allocated = n;
      s->first = 0;
    }
  int err = mp_shellcode_task (&ex->code, task, ex->options->columns,
                               &s->attempt);
  if (err)
    return err;
  mp_shell_begin_packets (s);
  task->slot = s->w.slot;
  task->job = s;
  end_extra (s);
  *mp_shell_entry (s, s->n++) = (struct mp_shell_task) {
    .task = task, .begin = s->queued, .end = s->queued + ex->code.length };
  s->given++;
  if (s->n == 1)
    {
      mp_shell_entry (s, 0)->since = mp_now ();
      if (s->ready)
        mp_pool_begun (ex->base.pool, task);
    }
  s->queued += ex->code.length;
  err = mp_shell_send (s, ex->code.text, ex->code.length);
  if (err)
    mp_pool_fail (ex->base.pool, err);
  return 0;
}

struct mp_task const *
mp_shell_last (struct mp_shell const *s)
{
  return mp_shell_entry (s, s->n - 1)->task;
}

mp_time
mp_shell_since (struct mp_shell const *s)
{
  return mp_shell_entry (s, 0)->since;
}

void
mp_shell_adapt (struct mp_shell *s)
{
  if (s->kept)
    s->window = 1;
  else if (s->ran_dry && s->ready && s->reading != MP_READS_BLOCKS
      && s->window < MP_SHELL_WINDOW_MAX)
    s->window *= 2;
  s->ran_dry = false;
}

mp_time
mp_shell_check_ends (struct mp_shell *s, mp_time now)
{
  if (s->w.ended || s->w.held || !s->n || s->ex->base.pool->paused)
    return -1;
  struct mp_shell_task *e = mp_shell_entry (s, 0);
  if (!e->seen[MP_STREAM_OUT] && !e->seen[MP_STREAM_ERR])
    return -1;
  if (now < e->since + lacking_after)
    return e->since + lacking_after;
  for (int i = 0; i < MP_STREAMS; i++)
    if (!e->seen[i])
      {
        e->seen[i] = true;
        s->at[i]++;
      }
  s->retiring = true;
  end_seen (s);
  kill (-s->w.pid, SIGKILL);
  return -1;
}
