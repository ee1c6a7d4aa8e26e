/* One warm shell: what it has, and what it tells.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#ifndef PIPE_BUF
# define PIPE_BUF _POSIX_PIPE_BUF
#endif

/* A wait status, which POSIX has no name for: as all systems have it.  */
#ifndef W_EXITCODE
# define W_EXITCODE(status, sig) ((status) << 8 | (sig))
#endif

/* The pipe that holds the tasks that a shell is given ahead.  */
enum { PIPE_SIZE = MP_SHELL_WINDOW_MAX * 4096 };

/* How long after the end of a task on one stream it may be lacking on the
   other.  They are written one after the other.  */
static mp_time const lacking_after = 1000LL * MP_MILLISECOND;

/* How much a shell may write before it is ready without belonging to its first
   task at once.  */
enum { EARLY_MAX = 64 * 1024 };

/* How many shells in a row may be killed before their first task.  */
enum { KILLED_MAX = 5 };

static struct mp_shell_task *
entry (struct mp_shell const *s, size_t i)
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
      entry (s, 0)->since = mp_now ();
      mp_pool_begun (s->ex->base.pool, entry (s, 0)->task);
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
  struct mp_task *task = entry (s, 0)->task;
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

/* Give back the tasks of S from number KEEP on.  */
static void
return_tasks (struct mp_shell *s, size_t keep)
{
  while (keep < s->n)
    {
      struct mp_task *task = entry (s, --s->n)->task;
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
      struct mp_shell_task const *e = entry (s, 0);
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
            mp_pool_output (pool, entry (s, 0)->task, i, data, n);
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
      mp_pool_output (s->ex->base.pool, entry (s, s->at[stream])->task, stream,
                      data, len);
    }
  else
    put_extra (s, stream, data, len);
}

/* Find out how S, which is ready and waits, reads what it evaluates.  */
static void
learn_reading (struct mp_shell *s)
{
  struct mp_shells *ex = s->ex;
  int left;
  if (0 <= s->hold)
    {
      bool blocks = (ioctl (s->reader, FIONREAD, &left) == 0
                     && left < PIPE_BUF);
      if (ex->reading == MP_READS_UNKNOWN)
        ex->reading = blocks ? MP_READS_BLOCKS : MP_READS_ALONG;
      close (s->hold);
      s->hold = -1;
    }
  s->reading = ex->reading;
  s->window = s->reading == MP_READS_BLOCKS ? 1 : MP_SHELL_WINDOW_MIN;
}

/* Whether packets in the pipe of S can be taken back: a sandbox may lack what
   that takes.  A call for no bytes tells.  */
static bool
may_move_code (struct mp_shell const *s)
{
#if defined F_SETPIPE_SZ && HAVE_SPLICE
  return splice (s->reader, NULL, s->w.input.source.fd, NULL, 0, 0) == 0;
#else
  (void) s;
  return false;
#endif
}

/* If S takes all that is there, let what is sent from now on be packets.  That
   is possible when nothing else is there: a read that gets both would cut the
   packet off.  */
static void
begin_packets (struct mp_shell *s)
{
#ifdef O_DIRECT
  int fd = s->w.input.source.fd;
  int left, flags;
  if (s->reading != MP_READS_BLOCKS || s->n || s->unsent
      || ioctl (s->reader, FIONREAD, &left) != 0 || left
      || !may_move_code (s)
      || (flags = fcntl (fd, F_GETFL)) < 0
      || fcntl (fd, F_SETFL, flags | O_DIRECT) != 0)
    return;
  s->reading = MP_READS_PACKETS;
  s->window = MP_SHELL_WINDOW_MIN;
# ifdef F_SETPIPE_SZ
  /* Each write takes a page.  */
  fcntl (fd, F_SETPIPE_SZ, PIPE_SIZE);
# endif
#else
  (void) s;
#endif
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
      learn_reading (s);
      note_first (s);
      return;
    }
  if (s->n <= s->at[stream])
    return;
  struct mp_shell_task *e = entry (s, s->at[stream]++);
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
    return mp_pool_wants (s->ex->base.pool, entry (s, 0)->task);
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
    if (!entry (s, i)->seen[MP_STREAM_OUT])
      entry (s, i)->seen[MP_STREAM_OUT] = some = true;
  s->at[MP_STREAM_OUT] = MAX (s->at[MP_STREAM_OUT], s->at[MP_STREAM_ERR]);
  if (some)
    end_seen (s);
  if (s->ready && s->w.stream[MP_STREAM_OUT].source.fd < 0
      && s->w.stream[MP_STREAM_ERR].source.fd < 0)
    kill (-s->w.pid, SIGKILL);
}

/* Send what the pipe of S has not taken yet.  */
static void
shell_writable (struct mp_worker *w)
{
  struct mp_shell *s = (struct mp_shell *) w;
  size_t n;
  int err = mp_worker_write (w, s->unsent + s->unsent_start,
                             s->unsent_length - s->unsent_start, &n);
  if (err)
    mp_pool_fail (s->ex->base.pool, err);
  s->sent += n;
  s->unsent_start += n;
  if (s->unsent_start == s->unsent_length)
    {
      free (s->unsent);
      s->unsent = NULL;
      s->unsent_start = s->unsent_length = 0;
    }
}

int
mp_shell_send (struct mp_shell *s, char const *data, size_t len)
{
  size_t n = 0;
  int err = s->unsent ? 0 : mp_worker_write (&s->w, data, len, &n);
  s->sent += n;
  if (err || n == len)
    return err;
  /* Behind what waits already.  */
  char *unsent = realloc (s->unsent, s->unsent_length + len - n);
  if (!unsent)
    return ENOMEM;
  memcpy (unsent + s->unsent_length, data + n, len - n);
  s->unsent = unsent;
  s->unsent_length += len - n;
  return 0;
}

/* Move all that is in the pipe of S to EX's spare pipe, at once: S, which may
   be reading, must not take what comes behind something that is taken away.
   In packets, no single read does that.  Store in *LEN how many bytes.  Return
   0 or an errno value.  */
static int
move_code (struct mp_shells *ex, struct mp_shell *s, size_t *len)
{
#if defined F_SETPIPE_SZ && HAVE_SPLICE
  if (ex->spare[0] < 0 && pipe2 (ex->spare, O_CLOEXEC | O_NONBLOCK) != 0)
    {
      ex->spare[0] = ex->spare[1] = -1;
      return errno;
    }
  int size = fcntl (s->reader, F_GETPIPE_SZ);
  if (size < 0)
    return errno;
  if (fcntl (ex->spare[0], F_GETPIPE_SZ) < size
      && fcntl (ex->spare[0], F_SETPIPE_SZ, size) < 0)
    return errno;
  ssize_t n = splice (s->reader, NULL, ex->spare[1], NULL, INT_MAX,
                      SPLICE_F_NONBLOCK);
  if (n < 0 && errno != EAGAIN)
    return errno;
  *len = MAX (n, 0);
  return 0;
#else
  (void) ex;
  (void) s;
  (void) len;
  return ENOSYS;
#endif
}

/* Take out of the pipe of S what S has not read.  Store in *DATA what that is,
   to be freed, and in *LEN how much.  Return 0 or an errno value, with nothing
   taken.  */
static int
take_code (struct mp_shell *s, char **data, size_t *len)
{
  struct mp_shells *ex = s->ex;
  int left;
  if (ioctl (s->reader, FIONREAD, &left) != 0)
    return errno;
  *len = 0;
  *data = malloc (left + 1);
  if (!*data)
    return ENOMEM;
  size_t n = left;
  int err = move_code (ex, s, &n);
  int fd = ex->spare[0];
  if (err == ENOSYS && s->reading != MP_READS_PACKETS)
    {
      /* Without packets, a read takes all at once.  */
      fd = s->reader;
      err = 0;
    }
  while (!err && *len < n)
    {
      ssize_t got = read (fd, *data + *len, n - *len);
      if (got < 0 && errno == EINTR)
        continue;
      /* S may have been faster.  */
      if (got <= 0 || fd == s->reader)
        {
          *len += MAX (got, 0);
          break;
        }
      *len += got;
    }
  s->sent -= *len;
  return err;
}

void
mp_shell_take_back (struct mp_shell *s, size_t keep)
{
  struct mp_pool *pool = s->ex->base.pool;
  char *data = NULL;
  size_t len = 0;
  size_t n = s->n;
  if (take_code (s, &data, &len) != 0 || !data)
    {
      s->kept = true;
      free (data);
      return;
    }
  unsigned long long read = s->sent;
  while (keep < n && read <= entry (s, n - 1)->begin)
    n--;
  s->queued = n ? MAX (entry (s, n - 1)->end, read) : read;
  /* What it is in the middle of, it gets back.  */
  size_t back = s->queued - read;
  char *rest = back ? malloc (back) : NULL;
  if (rest)
    {
      memcpy (rest, data, MIN (len, back));
      if (len < back)
        memcpy (rest + len, s->unsent + s->unsent_start, back - len);
    }
  free (s->unsent);
  s->unsent = NULL;
  s->unsent_start = s->unsent_length = 0;
  mp_watch_remove (&pool->watch, &s->w.input.source);
  return_tasks (s, n);
  int err = !back ? 0 : rest ? mp_shell_send (s, rest, back) : ENOMEM;
  if (err)
    mp_pool_fail (pool, err);
  free (rest);
  free (data);
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
  int left;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      put (s, i, s->tail[i], s->tail_length[i]);
      s->tail_length[i] = 0;
    }
  end_seen (s);
  if (!s->ready && !s->ex->base.pool->stopping)
    note_failed_start (s, status);
  /* What it had begun has ended with it.  */
  else if (s->n && (ioctl (s->reader, FIONREAD, &left) != 0
                    || entry (s, 0)->begin + left < s->sent))
    end_first (s, status);
  return_tasks (s, 0);
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
    entry (s, 0)->task->error = ENOTTY;
  kill (-w->pid, SIGKILL);
}

struct mp_worker_ops const mp_shell_worker_ops = {
  .wants = shell_wants,
  .output = shell_output,
  .drained = shell_drained,
  .writable = shell_writable,
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
        queue[i] = *entry (s, i);
      free (s->queue);
      s->queue = queue;
      s->allocated = n;
      s->first = 0;
    }
  int err = mp_shellcode_task (&ex->code, task, ex->options->columns,
                               &s->attempt);
  if (err)
    return err;
  begin_packets (s);
  task->slot = s->w.slot;
  task->job = s;
  end_extra (s);
  *entry (s, s->n++) = (struct mp_shell_task) {
    .task = task, .begin = s->queued, .end = s->queued + ex->code.length };
  s->given++;
  if (s->n == 1)
    {
      entry (s, 0)->since = mp_now ();
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
  return entry (s, s->n - 1)->task;
}

mp_time
mp_shell_since (struct mp_shell const *s)
{
  return entry (s, 0)->since;
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
  struct mp_shell_task *e = entry (s, 0);
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
