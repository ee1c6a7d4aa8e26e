/* Workers: processes that live on and serve many tasks.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "proctree.h"

/* The most that is read of a pipe at once: all that it holds, by pipe(7).  */
enum { PIECE = 64 * 1024 };

/* While a worker writes again and again, it is looked at so often, and not
   whenever something comes: whoever is woken for each line of several workers
   takes the time that they need.  */
static mp_time const look_again = MP_MILLISECOND / 2;

static void look (struct mp_worker *w, mp_time now);

int
mp_workers_init (struct mp_workers *s, struct mp_worker_ops const *ops)
{
  *s = (struct mp_workers) { .ops = ops, .idle = true };
  s->null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (s->null_fd < 0)
    return errno;
  s->buffer = malloc (PIECE);
  if (!s->buffer)
    {
      close (s->null_fd);
      return ENOMEM;
    }
  mp_groups_init (&s->groups);
  return 0;
}

/* Close the descriptors of W and let its set forget it.  */
static void
forget (struct mp_worker *w)
{
  struct mp_workers *s = w->set;
  for (int i = 0; i < MP_STREAMS; i++)
    mp_watch_close (&s->pool->watch, &w->stream[i].source);
  mp_worker_close_input (w);
  if (w->prev)
    w->prev->next = w->next;
  else
    s->first = w->next;
  if (w->next)
    w->next->prev = w->prev;
}

void
mp_workers_free (struct mp_workers *s,
                 void (*free_one) (struct mp_worker *w))
{
  while (s->first)
    {
      struct mp_worker *w = s->first;
      forget (w);
      free_one (w);
    }
  mp_slots_free (&s->slots);
  mp_groups_free (&s->groups);
  close (s->null_fd);
  free (s->buffer);
}

int
mp_worker_take_slot (struct mp_workers *s, struct mp_worker *w)
{
  w->set = s;
  return mp_slots_take (&s->slots, &w->slot);
}

/* Read at most LEN bytes of STREAM and hand them on.  Return how many, or 0 if
   there are none or at the end, when it is closed.  */
static size_t
read_stream (struct mp_worker_stream *stream, size_t len)
{
  struct mp_worker *w = stream->worker;
  struct mp_workers *s = w->set;
  ssize_t n;
  do
    n = read (stream->source.fd, s->buffer, MIN (len, PIECE));
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    return 0;
  if (n <= 0)
    {
      mp_watch_close (&s->pool->watch, &stream->source);
      return 0;
    }
  s->ops->output (w, stream - w->stream, s->buffer, n);
  return n;
}

/* Be told of what comes on the streams of W.  */
static void
watch_streams (struct mp_worker *w)
{
  struct mp_pool *pool = w->set->pool;
  w->look_at = 0;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct mp_source *source = &w->stream[i].source;
      if (source->fd < 0 || source->watched)
        continue;
      int err = mp_watch_add (&pool->watch, source, POLLIN);
      if (err)
        mp_pool_fail (pool, err);
    }
}

/* Be told of nothing on the streams of W.  */
static void
unwatch_streams (struct mp_worker *w)
{
  w->look_at = 0;
  for (int i = 0; i < MP_STREAMS; i++)
    mp_watch_remove (&w->set->pool->watch, &w->stream[i].source);
}

/* There is output of a worker.  */
static void
stream_ready (struct mp_source *source, int events)
{
  (void) events;
  look (((struct mp_worker_stream *) source)->worker, mp_now ());
}

/* Whether W's output may be read now, *N bytes of it; else it is held.  */
static bool
may_read (struct mp_worker *w, size_t *n)
{
  *n = w->set->ops->wants (w);
  w->held = *n == 0;
  return !w->held;
}

/* Read what W has written, standard error first: what comes of it later than
   something on standard output was written later.  At the time NOW.  */
static void
look (struct mp_worker *w, mp_time now)
{
  enum { READS_MAX = 16 };
  bool some = false, more = false;
  for (int i = MP_STREAMS; 0 < i--; )
    {
      struct mp_worker_stream *stream = &w->stream[i];
      int reads = 0;
      while (0 <= stream->source.fd)
        {
          size_t n;
          if (!may_read (w, &n))
            {
              unwatch_streams (w);
              return;
            }
          if (!read_stream (stream, n))
            break;
          some = true;
          if (++reads == READS_MAX)
            {
              more = true;
              break;
            }
        }
    }
  if (!more && w->set->ops->drained)
    w->set->ops->drained (w);
  if (some)
    {
      unwatch_streams (w);
      w->look_at = more ? now : now + look_again;
    }
  else
    watch_streams (w);
}

mp_time
mp_workers_tick (struct mp_workers *s, mp_time now)
{
  mp_time next = -1;
  for (struct mp_worker *w = s->first; w; w = w->next)
    {
      if (w->look_at && w->look_at <= now && !w->ended && !w->held)
        look (w, now);
      next = mp_earlier (next, w->look_at);
    }
  return next;
}

/* Read what is left of the output of W, which has ended.  Bytes that come later
   are of a descendant which has kept a stream; they are nobody's.  Return
   whether all was read.  */
static bool
drain (struct mp_worker *w)
{
  for (int i = MP_STREAMS; 0 < i--; )
    {
      struct mp_worker_stream *stream = &w->stream[i];
      int *left = &w->left[i];
      if (0 <= stream->source.fd && *left < 0
          && ioctl (stream->source.fd, FIONREAD, left) != 0)
        *left = PIECE;
      while (0 <= stream->source.fd && 0 < *left)
        {
          size_t n;
          if (!may_read (w, &n))
            return false;
          n = read_stream (stream, MIN (n, (size_t) *left));
          if (n == 0)
            break;
          *left -= n;
        }
      mp_watch_close (&w->set->pool->watch, &stream->source);
    }
  return true;
}

/* W has ended: finish it if all its output can be read now.  */
static void
finish (struct mp_worker *w)
{
  if (!drain (w))
    return;
  forget (w);
  w->set->ops->ended (w, w->status);
}

void
mp_worker_resume (struct mp_worker *w)
{
  if (!w->held)
    return;
  w->held = false;
  if (w->ended)
    finish (w);
  else
    w->look_at = 1;
}

/* W's input can be written to again.  */
static void
input_ready (struct mp_source *source, int events)
{
  (void) events;
  struct mp_worker *w = ((struct mp_worker_stream *) source)->worker;
  mp_watch_remove (&w->set->pool->watch, source);
  w->set->ops->writable (w);
}

/* Make FD a pipe whose end for reading never waits.  Return 0 or an errno
   value.  */
static int
open_pipe (int fd[2])
{
  if (pipe2 (fd, O_CLOEXEC | O_NONBLOCK) != 0)
    {
      fd[0] = fd[1] = -1;
      return errno;
    }
  return fcntl (fd[1], F_SETFL, 0) == 0 ? 0 : errno;
}

int
mp_worker_start (struct mp_worker *w, struct mp_spawn *spawn, int input_fd)
{
  struct mp_workers *s = w->set;
  int out[MP_STREAMS][2] = { { -1, -1 }, { -1, -1 } };
  int err = 0;
  for (int i = 0; !err && i < MP_STREAMS; i++)
    {
      err = open_pipe (out[i]);
      spawn->fd[i + 1] = out[i][1];
    }
  if (spawn->fd[0] < 0)
    spawn->fd[0] = s->null_fd;
  spawn->new_group = true;
  spawn->death_signal = SIGKILL;
  if (!err)
    err = mp_spawn (spawn, &w->pid);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      if (0 <= out[i][1])
        close (out[i][1]);
      if (err && 0 <= out[i][0])
        close (out[i][0]);
      w->left[i] = -1;
      w->stream[i] = (struct mp_worker_stream) {
        .source = { .fd = out[i][0], .ready = stream_ready }, .worker = w };
    }
  if (err)
    {
      mp_slots_give (&s->slots, w->slot);
      return err;
    }
  w->input = (struct mp_worker_stream) {
    .source = { .fd = input_fd, .ready = input_ready }, .worker = w };
  w->next = s->first;
  if (s->first)
    s->first->prev = w;
  s->first = w;
  s->n++;
  s->idle = false;
  watch_streams (w);
  return 0;
}

int
mp_worker_write (struct mp_worker *w, char const *data, size_t len,
                 size_t *written)
{
  *written = 0;
  while (*written < len)
    {
      ssize_t n = write (w->input.source.fd, data + *written,
                         len - *written);
      if (0 <= n)
        *written += n;
      else if (errno == EAGAIN)
        return mp_watch_add (&w->set->pool->watch, &w->input.source,
                             POLLOUT);
      else if (errno != EINTR)
        return errno;
    }
  return 0;
}

void
mp_worker_close_input (struct mp_worker *w)
{
  mp_watch_close (&w->set->pool->watch, &w->input.source);
}

/* The process of W has ended with STATUS.  */
static void
worker_ended (struct mp_worker *w, int status)
{
  struct mp_workers *s = w->set;
  w->ended = true;
  w->status = status;
  if (w->input.source.fd < 0
      || ioctl (w->input.source.fd, FIONREAD, &w->unread) != 0)
    w->unread = -1;
  s->n--;
  mp_groups_note (&s->groups, w->pid);
  mp_slots_give (&s->slots, w->slot);
  unwatch_streams (w);
  if (!w->held)
    finish (w);
}

/* The worker of S whose process is PID, or null.  */
static struct mp_worker *
find (struct mp_workers *s, pid_t pid)
{
  struct mp_worker *w = s->first;
  while (w && (w->ended || w->pid != pid))
    w = w->next;
  return w;
}

void
mp_workers_reap (struct mp_workers *s)
{
  for (;;)
    {
      int status;
      pid_t pid = waitpid (-1, &status, WNOHANG | WUNTRACED);
      if (pid < 0 && errno == EINTR)
        continue;
      if (pid <= 0)
        {
          s->idle = pid < 0;
          return;
        }
      /* One that is not there is an orphan of some worker.  */
      struct mp_worker *w = find (s, pid);
      if (w && !WIFSTOPPED (status))
        worker_ended (w, status);
      else if (w && (WSTOPSIG (status) == SIGTTIN
                     || WSTOPSIG (status) == SIGTTOU))
        s->ops->stopped (w, WSTOPSIG (status));
      else if (!w)
        mp_pool_child (s->pool, pid, status);
    }
}

void
mp_workers_signal (struct mp_workers *s, int sig)
{
  if (mp_tree_kill_descendants (getpid (), sig, NULL) == 0)
    return;
  /* Without /proc, a worker's process group is all that is known of it.  */
  for (struct mp_worker *w = s->first; w; w = w->next)
    if (!w->ended)
      mp_group_signal (w->pid, sig);
  mp_groups_signal (&s->groups, sig);
}

bool
mp_workers_idle (struct mp_workers *s)
{
  if (!s->idle)
    mp_workers_reap (s);
  return s->idle;
}
