/* The executor of fresh local processes: what they write and read.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "localjob.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "minmax.h"

bool
mp_local_is_starting (struct job *job)
{
  if (0 <= job->ready_fd && 0 < mp_initializer_done (job->ready_fd))
    {
      close (job->ready_fd);
      job->ready_fd = -1;
    }
  return 0 <= job->ready_fd;
}

void
mp_local_close_ready (struct job *job)
{
  if (0 <= job->ready_fd)
    close (job->ready_fd);
  job->ready_fd = -1;
}

/* Read at most LEN bytes of STREAM and give them to the pool.  Return how many,
   or 0 if there are none or at the end, when it is closed.  */
static size_t
read_stream (struct job_stream *stream, size_t len)
{
  struct job *job = stream->job;
  struct local *ex = job->ex;
  ssize_t n;
  do
    n = read (stream->source.fd, ex->buffer, MIN (len, sizeof ex->buffer));
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    return 0;
  if (n <= 0)
    {
      if (n < 0)
        job->task->error = errno;
      mp_watch_close (&ex->base.pool->watch, &stream->source);
      return 0;
    }
  int number = stream - job->stream;
  if (number == MP_STREAM_ERR && mp_local_is_starting (job))
    mp_pool_note (ex->base.pool, ex->buffer, n);
  else
    mp_pool_output (ex->base.pool, job->task, number, ex->buffer, n);
  return n;
}

/* There is output of a running task.  */
void
mp_local_stream_ready (struct mp_source *source, int events)
{
  (void) events;
  struct job_stream *stream = (struct job_stream *) source;
  struct mp_pool *pool = stream->job->ex->base.pool;
  size_t n = mp_pool_wants (pool, stream->job->task);
  if (n == 0)
    mp_watch_remove (&pool->watch, source);
  else
    read_stream (stream, n);
}

void
mp_local_watch (struct job *job)
{
  struct mp_pool *pool = job->ex->base.pool;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct mp_source *source = &job->stream[i].source;
      if (source->fd < 0 || source->watched)
        continue;
      int err = mp_watch_add (&pool->watch, source, POLLIN);
      if (err && !pool->failure)
        pool->failure = err;
    }
}

bool
mp_local_drain (struct job *job)
{
  struct mp_pool *pool = job->ex->base.pool;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct job_stream *stream = &job->stream[i];
      int *left = &job->left[i];
      /* If that cannot be told, it is not more than a pipe holds.  */
      if (stream->source.fd >= 0 && *left < 0
          && ioctl (stream->source.fd, FIONREAD, left) != 0)
        *left = MP_LOCAL_PIECE;
      while (stream->source.fd >= 0 && *left > 0)
        {
          size_t n = mp_pool_wants (pool, job->task);
          if (n == 0)
            return false;
          n = read_stream (stream, MIN (n, *left));
          if (n == 0)
            break;
          *left -= n;
        }
      mp_watch_close (&pool->watch, &stream->source);
    }
  return true;
}

/* Wait until JOB's input takes more, or only until nobody reads there any more
   if that is all that EVENTS, POLLOUT or 0, asks for.  */
static void
watch_input (struct job *job, int events)
{
  struct mp_pool *pool = job->ex->base.pool;
  int err = (events && job->input.source.watched ? 0
             : mp_watch_add (&pool->watch, &job->input.source, events));
  if (err)
    mp_pool_fail (pool, err);
}

void
mp_local_close_input (struct job *job)
{
  struct local *ex = job->ex;
  mp_watch_close (&ex->base.pool->watch, &job->input.source);
  mp_block_free (job->task->block);
  job->task->block = NULL;
  if (!job->hungry)
    return;
  struct job **p = &ex->hungry;
  while (*p != job)
    p = &(*p)->next_hungry;
  *p = job->next_hungry;
  job->hungry = false;
}

/* JOB's input was written.  Get another block if it is to have more than one,
   and if there is one now that does not go to a process to be started.  Return
   whether.  */
static bool
get_more (struct job *job)
{
  struct local *ex = job->ex;
  struct mp_local_options const *o = ex->options;
  mp_block_free (job->task->block);
  job->task->block = NULL;
  int err = (!o->more ? 0
             : mp_pool_may_start (ex->base.pool) ? EAGAIN
             : o->more (o->arg, &job->task->block));
  if (err == EAGAIN)
    {
      watch_input (job, 0);
      job->hungry = true;
      job->next_hungry = ex->hungry;
      ex->hungry = job;
    }
  else if (err)
    mp_pool_fail (ex->base.pool, err);
  else if (!job->task->block)
    mp_local_close_input (job);
  return job->task->block;
}

void
mp_local_feed (struct job *job)
{
  int err = mp_block_push (job->task->block, job->input.source.fd);
  if (!err && get_more (job))
    err = EAGAIN;
  if (err == EAGAIN)
    watch_input (job, POLLOUT);
  else if (err == EPIPE)
    mp_local_close_input (job);
  else if (err)
    {
      job->task->error = err;
      mp_local_close_input (job);
    }
}

/* A task may take more input, or takes none any more.  */
void
mp_local_input_ready (struct mp_source *source, int events)
{
  (void) events;
  struct job *job = ((struct job_stream *) source)->job;
  if (job->hungry)
    mp_local_close_input (job);
  else
    mp_local_feed (job);
}

/* There is input for jobs that are hungry.  */
void
mp_local_more_ready (struct mp_source *source, int events)
{
  (void) events;
  struct local *ex = ((struct more *) source)->ex;
  struct job *job = ex->hungry;
  mp_watch_remove (&ex->base.pool->watch, source);
  ex->hungry = NULL;
  while (job)
    {
      struct job *next = job->next_hungry;
      job->hungry = false;
      mp_watch_remove (&ex->base.pool->watch, &job->input.source);
      if (get_more (job))
        mp_local_feed (job);
      job = next;
    }
}

void
mp_local_watch_more (struct local *ex)
{
  struct mp_pool *pool = ex->base.pool;
  /* The pool may watch the same descriptor.  */
  struct mp_source *source = &ex->more.source;
  if (source->fd < 0)
    source->fd = fcntl (ex->options->more_fd (ex->options->arg),
                        F_DUPFD_CLOEXEC, 0);
  int err = (source->fd < 0 ? errno
             : mp_watch_add (&pool->watch, source, POLLIN));
  /* A file is always ready.  */
  if (err == EPERM)
    mp_local_more_ready (source, POLLIN);
  else if (err)
    mp_pool_fail (pool, err);
}
