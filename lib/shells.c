/* The executor of warm shells: shells that live on and evaluate a script for
   each item.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shells.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "outbuf.h"
#include "overdue.h"
#include "shellcode.h"
#include "taskenv.h"
#include "worker.h"

#ifndef PIPE_BUF
# define PIPE_BUF _POSIX_PIPE_BUF
#endif

/* A wait status, which POSIX has no name for: as all systems have it.  */
#ifndef W_EXITCODE
# define W_EXITCODE(status, sig) ((status) << 8 | (sig))
#endif

/* How many tasks a shell is given ahead of time, at first and at most.  */
enum { WINDOW_MIN = 2, WINDOW_MAX = 256 };

/* The pipe that holds them.  */
enum { PIPE_SIZE = WINDOW_MAX * 4096 };

/* How long the task that a shell is at must have taken before those behind it
   are given to others that have none.  */
static mp_time const stuck_after = MP_MILLISECOND;

/* How long after the end of a task on one stream it may be lacking on the
   other.  They are written one after the other.  */
static mp_time const lame_after = 1000LL * MP_MILLISECOND;

/* How much a shell may write before it is ready without belonging to its first
   task at once.  */
enum { EARLY_MAX = 64 * 1024 };

/* How many shells in a row may be killed before their first task.  */
enum { KILLED_MAX = 5 };

/* How a shell reads what it evaluates.  */
enum reading
{
  READS_UNKNOWN,
  READS_ALONG,                  /* a few bytes at a time: what is ahead of a
                                   task stays in the pipe */
  READS_BLOCKS,                 /* whatever is there */
  READS_PACKETS                 /* so, but its pipe gives one write at a
                                   time */
};

/* A task that a shell was given.  */
struct entry
{
  struct mp_task *task;
  unsigned long long begin, end;        /* where its code is, among all that
                                           is sent */
  bool seen[MP_STREAMS];        /* its end was seen there */
  int status;
  mp_time since;                /* when it came to be the first, or the end on
                                   one stream was seen */
};

struct shell
{
  struct mp_worker w;           /* must come first */
  struct shells *ex;
  enum reading reading;
  bool ready;                   /* it has got to the tasks */
  bool retiring;                /* it gets no more tasks */
  bool kept;                    /* what it was given cannot be taken back */
  struct entry *queue;          /* a ring */
  size_t first, n, allocated;
  size_t at[MP_STREAMS];        /* whose output comes next, from the first */
  char tail[MP_STREAMS][MP_SHELLCODE_MARK_MAX]; /* what may begin a mark */
  size_t tail_length[MP_STREAMS];
  struct mp_outbuf early[MP_STREAMS];   /* what came before it was ready */
  struct mp_budget early_budget;
  struct mp_task *extra;        /* the output of no task */
  int reader;                   /* our own end for reading its code */
  int hold;                     /* it waits for this to be closed, or -1 */
  unsigned long long sent;      /* bytes of code that went into the pipe */
  unsigned long long queued;    /* with those that are to go */
  char *unsent;                 /* these: the rest of the last task's */
  size_t unsent_length, unsent_start;
  size_t window;                /* tasks that it may be given ahead */
  bool ran_dry;                 /* it has done all that it was given */
  size_t given;                 /* tasks in this chunk */
  size_t served;                /* tasks in all */
  unsigned int attempt;         /* that it knows of */
};

struct shells
{
  struct mp_executor base;      /* must come first */
  struct mp_shells_options const *options;
  struct mp_workers workers;
  struct mp_shellcode code;
  struct mp_taskenv env;
  struct mp_task *no_task;      /* for the environment */
  enum reading reading;
  int killed;                   /* shells in a row */
  int spare[2];                 /* a pipe, or -1 */
  struct mp_overdue overdue;
};

static struct entry *
entry (struct shell const *s, size_t i)
{
  return &s->queue[(s->first + i) & (s->allocated - 1)];
}

/* Free S, whose set has forgotten it.  */
static void
free_shell (struct mp_worker *w)
{
  struct shell *s = (struct shell *) w;
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
note_first (struct shell *s)
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
end_first (struct shell *s, int status)
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
return_tasks (struct shell *s, size_t keep)
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
end_seen (struct shell *s)
{
  while (s->n)
    {
      struct entry const *e = entry (s, 0);
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
put_extra (struct shell *s, int stream, char const *data, size_t len)
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
end_extra (struct shell *s)
{
  if (s->extra)
    mp_pool_drained (s->ex->base.pool, s->extra);
  s->extra = NULL;
}

/* Take what S has written before it was ready: it comes with its first task, or
   if there is none or TO_NOTES, with our messages.  */
static void
put_early (struct shell *s, bool to_notes)
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
put (struct shell *s, int stream, char const *data, size_t len)
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
learn_reading (struct shell *s)
{
  struct shells *ex = s->ex;
  int left;
  if (0 <= s->hold)
    {
      bool blocks = (ioctl (s->reader, FIONREAD, &left) == 0
                     && left < PIPE_BUF);
      if (ex->reading == READS_UNKNOWN)
        ex->reading = blocks ? READS_BLOCKS : READS_ALONG;
      close (s->hold);
      s->hold = -1;
    }
  s->reading = ex->reading;
  s->window = s->reading == READS_BLOCKS ? 1 : WINDOW_MIN;
}

/* If S takes all that is there, let what is sent from now on be packets.  That
   is possible when nothing else is there: a read that gets both would cut the
   packet off.  */
static void
begin_packets (struct shell *s)
{
#ifdef O_DIRECT
  int fd = s->w.input.source.fd;
  int left, flags;
  if (s->reading != READS_BLOCKS || s->n || s->unsent
      || ioctl (s->reader, FIONREAD, &left) != 0 || left
      || (flags = fcntl (fd, F_GETFL)) < 0
      || fcntl (fd, F_SETFL, flags | O_DIRECT) != 0)
    return;
  s->reading = READS_PACKETS;
  s->window = WINDOW_MIN;
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
take_mark (struct shell *s, int stream, int status)
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
  struct entry *e = entry (s, s->at[stream]++);
  e->status = status;
  e->seen[stream] = true;
  e->since = mp_now ();
}

/* Complete what may be a mark in the tail of STREAM of S with some of the LEN
   bytes at DATA.  Return how many of those are done with; at least one, or the
   tail is shorter.  */
static size_t
complete_tail (struct shell *s, int stream, char const *data, size_t len)
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
take_some (struct shell *s, int stream, char const *data, size_t len)
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
  struct shell *s = (struct shell *) w;
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
  struct shell *s = (struct shell *) w;
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
  struct shell *s = (struct shell *) w;
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
  struct shell *s = (struct shell *) w;
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

/* Send S the LEN bytes of code at DATA, at once or later.  Return 0 or an errno
   value.  */
static int
send_code (struct shell *s, char const *data, size_t len)
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
move_code (struct shells *ex, struct shell *s, size_t *len)
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
take_code (struct shell *s, char **data, size_t *len)
{
  struct shells *ex = s->ex;
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
  if (err == ENOSYS)
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

/* Take back from S the tasks that it has not begun to read, but keep the first
   KEEP.  */
static void
take_back (struct shell *s, size_t keep)
{
  struct mp_pool *pool = s->ex->base.pool;
  char *data = NULL;
  size_t len = 0;
  size_t n = s->n;
  if (take_code (s, &data, &len) != 0)
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
  int err = !back ? 0 : rest ? send_code (s, rest, back) : ENOMEM;
  if (err)
    mp_pool_fail (pool, err);
  free (rest);
  free (data);
}

/* S has ended with STATUS before it was ready.  */
static void
note_failed_start (struct shell *s, int status)
{
  struct shells *ex = s->ex;
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
  struct shell *s = (struct shell *) w;
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
  free_shell (w);
}

static void
shell_stopped (struct mp_worker *w, int sig)
{
  struct shell *s = (struct shell *) w;
  (void) sig;
  /* Several tasks cannot have the terminal at once: it would wait for
     ever.  */
  if (s->n)
    entry (s, 0)->task->error = ENOTTY;
  kill (-w->pid, SIGKILL);
}

static struct mp_worker_ops const worker_ops = {
  .wants = shell_wants,
  .output = shell_output,
  .drained = shell_drained,
  .writable = shell_writable,
  .stopped = shell_stopped,
  .ended = shell_ended
};

/* The descriptors at which a new shell finds its code, and what it waits for
   when it is ready.  */
enum { CODE_FD = 9, HOLD_FD = 6 };

/* Descriptors to be those of a new shell.  */
struct entrance
{
  int code, hold;
};

static int
enter (void *arg)
{
  struct entrance const *e = arg;
  if (0 <= e->code && dup2 (e->code, CODE_FD) < 0)
    return errno;
  if (0 <= e->hold && dup2 (e->hold, HOLD_FD) < 0)
    return errno;
  return 0;
}

/* Make FD a pipe, of which neither end is one of those that a shell has for
   special uses.  Return 0 or an errno value.  */
static int
open_high_pipe (int fd[2])
{
  enum { ABOVE = 10 };
  int low[2];
  fd[0] = fd[1] = -1;
  if (pipe2 (low, O_CLOEXEC) != 0)
    return errno;
  int err = 0;
  for (int i = 0; i < 2; i++)
    {
      fd[i] = low[i] < ABOVE ? fcntl (low[i], F_DUPFD_CLOEXEC, ABOVE)
              : low[i];
      /* Descriptors so high may not be allowed.  */
      if (fd[i] < 0)
        err = errno == EINVAL ? EMFILE : errno;
      if (fd[i] != low[i])
        close (low[i]);
    }
  for (int i = 0; err && i < 2; i++)
    {
      if (0 <= fd[i])
        close (fd[i]);
      fd[i] = -1;
    }
  return err;
}

/* Start S, which has a slot and whose code comes from the pipe CODE; HOLD, if
   it is a pipe, is what it waits for.  Return 0 or an errno value.  */
static int
spawn_shell (struct shell *s, int const *code, int const *hold)
{
  struct shells *ex = s->ex;
  struct mp_shells_options const *o = ex->options;
  char path[] = "/dev/fd/9";
  char dash_s[] = "-s";
  struct entrance entrance = { o->portable ? -1 : code[0], hold[0] };
  char *argv[] = { (char *) o->shell, o->portable ? dash_s : path, NULL };
  struct mp_spawn spawn = {
    .file = o->file, .argv = argv,
    .fd = { o->portable ? code[0] : -1, -1, -1 },
    .mask = o->mask, .defaults = o->defaults,
    .in_child = enter, .arg = &entrance
  };
  ex->no_task->slot = s->w.slot;
  int err = mp_taskenv_set (&ex->env, ex->no_task, true);
  spawn.envp = ex->env.envp;
  if (err)
    {
      mp_slots_give (&ex->workers.slots, s->w.slot);
      return err;
    }
  return mp_worker_start (&s->w, &spawn, code[1]);
}

/* Make ready what a new shell of EX begins with, and the pipe CODE for it.
   Return 0 or an errno value.  */
static int
prepare (struct shells *ex, int const *code, bool hold)
{
  int err = mp_shellcode_prologue (&ex->code, ex->options->script,
                                   ex->options->initializer, hold);
  if (err)
    return err;
  /* On its standard input the shell itself would not wait either.  */
  if ((!ex->options->portable && fcntl (code[0], F_SETFL, O_NONBLOCK) != 0)
      || fcntl (code[1], F_SETFL, O_NONBLOCK) != 0)
    return errno;
  return 0;
}

/* Start a new shell and store it in *RESULT.  Return 0 or an errno value.  */
static int
start_shell (struct shells *ex, struct shell **result)
{
  int code[2] = { -1, -1 }, hold[2] = { -1, -1 };
  struct shell *s = calloc (1, sizeof *s);
  if (!s)
    return ENOMEM;
  s->ex = ex;
  s->early_budget.limit = SIZE_MAX;
  s->hold = s->reader = -1;
  s->window = s->attempt = 1;
  ex->workers.pool = ex->base.pool;
  int err = open_high_pipe (code);
  if (!err && ex->reading == READS_UNKNOWN && !ex->options->portable)
    err = open_high_pipe (hold);
  if (!err)
    err = prepare (ex, code, 0 <= hold[0]);
  if (!err)
    err = mp_worker_take_slot (&ex->workers, &s->w);
  if (!err)
    err = spawn_shell (s, code, hold);
  if (0 <= hold[0])
    close (hold[0]);
  s->reader = code[0];
  s->hold = hold[1];
  if (!err)
    {
      s->queued = ex->code.length;
      err = send_code (s, ex->code.text, ex->code.length);
      if (err)
        mp_pool_fail (ex->base.pool, err);
      *result = s;
      return 0;
    }
  if (0 <= code[1])
    close (code[1]);
  free_shell (&s->w);
  return err;
}

/* Whether S may be given one task more.  */
static bool
takes_task (struct shell const *s)
{
  struct mp_shells_options const *o = s->ex->options;
  if (s->w.ended || s->retiring || s->unsent || s->w.input.source.fd < 0)
    return false;
  /* Its extra output would end, and the pool still knows that it is held.  */
  if (s->extra && s->w.held)
    return false;
  if (o->max_tasks && o->max_tasks <= s->served + s->n)
    return false;
  return o->chunk ? s->given < o->chunk : s->n < s->window;
}

/* Whether S should get the next task rather than BEST: a chunk is completed
   before another begins, and else who has fewer comes first.  */
static bool
is_better (struct shell const *s, struct shell const *best)
{
  bool chunks = s->ex->options->chunk != 0;
  if (chunks && (s->given != 0) != (best->given != 0))
    return s->given != 0;
  return s->n < best->n;
}

/* The shell of EX that should get the next task, or null if all have
   enough.  */
static struct shell *
choose_shell (struct shells const *ex)
{
  struct shell *best = NULL;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct shell *s = (struct shell *) w;
      if (takes_task (s) && (!best || is_better (s, best)))
        best = s;
    }
  return best;
}

static bool
shells_has_room (struct mp_executor *base, unsigned int limit)
{
  struct shells const *ex = (struct shells *) base;
  return !limit || ex->workers.n < limit || choose_shell (ex);
}

/* Give TASK to S.  Return 0 or an errno value.  */
static int
give (struct shell *s, struct mp_task *task)
{
  struct shells *ex = s->ex;
  if (s->n == s->allocated)
    {
      /* The ring is made straight.  */
      size_t n = MAX (2 * s->allocated, 4);
      struct entry *queue = malloc (n * sizeof *queue);
      if (!queue)
        return ENOMEM;
      for (size_t i = 0; i < s->n; i++)
        queue[i] = *entry (s, i);
      free (s->queue);
      s->queue = queue;
      s->allocated = n;
      s->first = 0;
    }
  int err = mp_shellcode_task (&ex->code, task, &s->attempt);
  if (err)
    return err;
  begin_packets (s);
  task->slot = s->w.slot;
  task->job = s;
  end_extra (s);
  *entry (s, s->n++) = (struct entry) {
    .task = task, .begin = s->queued, .end = s->queued + ex->code.length };
  s->given++;
  if (s->n == 1)
    {
      entry (s, 0)->since = mp_now ();
      if (s->ready)
        mp_pool_begun (ex->base.pool, task);
    }
  s->queued += ex->code.length;
  err = send_code (s, ex->code.text, ex->code.length);
  if (err)
    mp_pool_fail (ex->base.pool, err);
  return 0;
}

static int
shells_start (struct mp_executor *base, struct mp_task *task)
{
  struct shells *ex = (struct shells *) base;
  for (size_t i = 0; i < task->n_items; i++)
    if (memchr (task->item[i].data, '\0', task->item[i].len))
      return EINVAL;
  struct shell *s = choose_shell (ex);
  unsigned int limit = mp_pool_limit (base->pool);
  bool idle = s && (ex->options->chunk ? s->given != 0 || !s->n : !s->n);
  if (!idle && (!limit || ex->workers.n < limit))
    {
      struct shell *new_one;
      int err = start_shell (ex, &new_one);
      if (!err)
        s = new_one;
      else if (!s)
        return err;
      else
        {
          mp_pool_set_cap (base->pool, ex->workers.n);
          mp_pool_starved (base->pool, err);
        }
    }
  return s ? give (s, task) : EAGAIN;
}

static void
shells_resume (struct mp_executor *base, struct mp_task *task)
{
  (void) base;
  if (task->job)
    mp_worker_resume (&((struct shell *) task->job)->w);
}

/* Let S have more tasks ahead if it has had too few.  */
static void
adapt (struct shell *s)
{
  if (s->kept)
    s->window = 1;
  else if (s->ran_dry && s->ready && s->reading != READS_BLOCKS
      && s->window < WINDOW_MAX)
    s->window *= 2;
  s->ran_dry = false;
}

/* If there is a shell of EX without tasks, or one could be started, take back
   those that wait behind one that takes long, at NOW.  Return when to look
   again, or -1.  */
static mp_time
balance (struct shells *ex, mp_time now)
{
  unsigned int limit = mp_pool_limit (ex->base.pool);
  bool free_hand = !limit || ex->workers.n < limit;
  struct shell *fullest = NULL;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct shell *s = (struct shell *) w;
      if (w->ended)
        continue;
      if (!s->n && takes_task (s))
        free_hand = true;
      if (1 < s->n && !s->kept && (!fullest || fullest->n < s->n))
        fullest = s;
    }
  if (!free_hand || !fullest || ex->options->chunk || ex->base.pool->again)
    return -1;
  mp_time due = entry (fullest, 0)->since + stuck_after;
  if (now < due)
    return due;
  size_t n = fullest->n;
  take_back (fullest, 1);
  if (fullest->n < n)
    fullest->window = WINDOW_MIN;
  return now + stuck_after;
}

/* End S if its first task has ended on one stream long ago and not on the
   other: it has lost what it needs to go on.  Return when to look again, or
   -1.  */
static mp_time
check_lame (struct shell *s, mp_time now)
{
  if (s->w.ended || s->w.held || !s->n || s->ex->base.pool->paused)
    return -1;
  struct entry *e = entry (s, 0);
  if (!e->seen[MP_STREAM_OUT] && !e->seen[MP_STREAM_ERR])
    return -1;
  if (now < e->since + lame_after)
    return e->since + lame_after;
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

static mp_time
shells_tick (struct mp_executor *base, mp_time now)
{
  struct shells *ex = (struct shells *) base;
  unsigned int limit = mp_pool_limit (base->pool);
  mp_time next = mp_earlier (mp_workers_tick (&ex->workers, now),
                             mp_overdue_tick (&ex->overdue, now));
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      struct shell *s = (struct shell *) w;
      adapt (s);
      next = mp_earlier (next, check_lame (s, now));
      /* There are more than there should be.  */
      if (limit && limit < s->w.slot && !s->retiring)
        s->retiring = true;
      if (s->retiring && !s->n)
        mp_worker_close_input (w);
    }
  return base->pool->stopping ? next : mp_earlier (next, balance (ex, now));
}

static void
shells_children (struct mp_executor *base)
{
  mp_workers_reap (&((struct shells *) base)->workers);
}

static void
shells_end (struct mp_executor *base, struct mp_task *task, int sig,
            mp_time kill_after)
{
  struct shells *ex = (struct shells *) base;
  struct shell *s = task->job;
  s->retiring = true;
  /* Its PID may be another one's by now.  */
  if (s->w.ended)
    return;
  mp_overdue_end (&ex->overdue, s->w.pid, sig, kill_after);
}

static void
shells_signal (struct mp_executor *base, int sig)
{
  mp_workers_signal (&((struct shells *) base)->workers, sig);
}

static bool
shells_finish (struct mp_executor *base)
{
  struct shells *ex = (struct shells *) base;
  if (base->pool->running)
    return false;
  for (struct mp_worker *w = ex->workers.first; w; w = w->next)
    {
      ((struct shell *) w)->retiring = true;
      mp_worker_close_input (w);
    }
  return !ex->workers.first;
}

static bool
shells_idle (struct mp_executor *base)
{
  return mp_workers_idle (&((struct shells *) base)->workers);
}

static struct mp_executor_ops const shells_ops = {
  .has_room = shells_has_room,
  .start = shells_start,
  .resume = shells_resume,
  .tick = shells_tick,
  .children = shells_children,
  .end = shells_end,
  .signal = shells_signal,
  .finish = shells_finish,
  .idle = shells_idle
};

int
mp_shells_new (struct mp_shells_options const *options,
               struct mp_executor **result)
{
  char *store;
  struct shells *ex = calloc (1, sizeof *ex);
  if (!ex)
    return ENOMEM;
  ex->base.ops = &shells_ops;
  ex->options = options;
  ex->spare[0] = ex->spare[1] = -1;
  ex->reading = options->portable ? READS_BLOCKS : READS_UNKNOWN;
  ex->no_task = mp_task_new (1, 1, &store);
  int err = ex->no_task ? mp_shellcode_init (&ex->code) : ENOMEM;
  if (!err)
    {
      *store = '\0';
      ex->no_task->item[0] = (struct mp_item) { store, 0 };
      ex->code.isolate = options->isolate;
      ex->code.by_stdin = options->portable;
      err = mp_taskenv_init (&ex->env, environ);
    }
  if (!err)
    {
      err = mp_workers_init (&ex->workers, &worker_ops);
      if (err)
        mp_taskenv_free (&ex->env);
    }
  if (err)
    {
      mp_shellcode_free (&ex->code);
      free (ex->no_task);
      free (ex);
      return err;
    }
  *result = &ex->base;
  return 0;
}

void
mp_shells_free (struct mp_executor *base)
{
  struct shells *ex = (struct shells *) base;
  mp_workers_free (&ex->workers, free_shell);
  mp_overdue_free (&ex->overdue);
  for (int i = 0; i < 2; i++)
    if (0 <= ex->spare[i])
      close (ex->spare[i]);
  mp_taskenv_free (&ex->env);
  mp_shellcode_free (&ex->code);
  free (ex->no_task);
  free (ex);
}
