/* A started process, as its supervisor has it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "minmax.h"

#include "procspawn.h"

/* How much of a pipe is read at once: all that it holds, by pipe(7).  */
enum { PIECE = 64 * 1024 };

/* Read what comes next on STREAM, at most LEN bytes, and keep it if it is of
   the process: what orphans write after its end is nobody's.  Return how many
   there were: 0 if there are none, or at the end, when it is closed.  */
static size_t
read_stream (struct mp_job_stream *stream, size_t len)
{
  static char buffer[PIECE];
  struct mp_job *job = stream->job;
  ssize_t n;
  do
    n = read (stream->source.fd, buffer, MIN (len, sizeof buffer));
  while (n < 0 && errno == EINTR);
  /* The process may have read there what it has written itself.  */
  if (n < 0 && errno == EAGAIN)
    return 0;
  if (n <= 0)
    {
      mp_watch_close (job->watch, &stream->source);
      return 0;
    }
  if (job->state == MP_JOB_RUNS)
    mp_keep_add (&stream->keep, buffer, n);
  return n;
}

static void
stream_ready (struct mp_source *source, int events)
{
  (void) events;
  read_stream ((struct mp_job_stream *) source, PIECE);
}

void
mp_job_drain (struct mp_job *job)
{
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    {
      struct mp_job_stream *stream = &job->stream[i];
      int left = 0;
      if (0 <= stream->source.fd
          && ioctl (stream->source.fd, FIONREAD, &left) != 0)
        /* It is not more than a pipe holds.  */
        left = PIECE;
      while (left > 0 && 0 <= stream->source.fd)
        {
          size_t n = read_stream (stream, left);
          if (!n)
            break;
          left -= n;
        }
      mp_keep_close (&stream->keep);
    }
}

/* Begin to look at the owner of JOB.  Return 0, ESRCH if it has ended, or
   another errno value.  */
static int
watch_owner (struct mp_job *job)
{
  int fd;
  int err = mp_procid_open (&job->rec->owner, &fd);
  if (err == ENOSYS)
    {
      job->look_at = mp_now () + MP_JOB_LOOK_AGAIN;
      return mp_procid_running (&job->rec->owner);
    }
  if (err)
    return err;
  job->owner.source.fd = fd;
  return mp_watch_add (job->watch, &job->owner.source, POLLIN);
}

void
mp_job_free (struct mp_job *job)
{
  struct mp_watch *w = job->watch;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    {
      mp_watch_close (w, &job->stream[i].source);
      mp_keep_close (&job->stream[i].keep);
    }
  mp_watch_close (w, &job->asker.source);
  mp_watch_close (w, &job->owner.source);
  if (0 <= job->cwd)
    close (job->cwd);
  mp_startenv_free (&job->env);
  mp_record_free (job->rec);
  free (job->on_exit);
  free (job);
}

void
mp_job_write_status (struct mp_job *job)
{
  struct mp_record *rec = job->rec;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    if (job->stream[i].kept)
      {
        rec->kept[i] = job->stream[i].keep.kept;
        rec->dropped[i] = job->stream[i].keep.dropped;
        rec->keep_error[i] = job->stream[i].keep.error;
      }
  if (job->abandoned)
    mp_record_remove (job->records, rec);
  else
    mp_record_write_status (job->records, rec);
  job->state = MP_JOB_ENDED;
}

/* In a new process: set the umask *ARG.  */
static int
set_umask (void *arg)
{
  mode_t const *mask = arg;
  umask (*mask);
  return 0;
}

bool
mp_job_call_back (struct mp_job *job)
{
  static char shell[] = "/bin/sh";
  static char dash_c[] = "-c";
  char *argv[] = { shell, dash_c, job->on_exit, NULL };
  sigset_t none, defaults;
  if (!job->on_exit || job->abandoned)
    return false;
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int null_error = errno;
  sigemptyset (&none);
  sigfillset (&defaults);
  struct mp_spawn s = {
    .file = shell, .argv = argv,
    .envp = mp_startenv_status (&job->env, job->rec->status),
    .fd = { null, null, null },
    .new_group = true, .mask = &none, .defaults = &defaults,
    .in_child = set_umask, .arg = &job->umask
  };
  int err = 0 <= job->cwd && fchdir (job->cwd) != 0 ? errno : 0;
  if (!err)
    err = null < 0 ? null_error : mp_spawn (&s, &job->pid);
  if (0 <= null)
    close (null);
  if (chdir ("/") != 0)
    err = err ? err : errno;
  job->rec->script_error = err;
  return !err;
}

/* Make pipes for what JOB is to keep, and store in OUT what the process of
   START is to have for its 0, 1, 2.  Return 0 or an errno value.  */
static int
open_streams (struct mp_job *job, struct mp_start const *start, int out[3])
{
  out[0] = start->fd[0];
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    {
      int fd[2];
      out[i + 1] = start->fd[i + 1];
      if (0 <= out[i + 1])
        continue;
      if (pipe2 (fd, O_CLOEXEC | O_NONBLOCK) != 0)
        return errno;
      job->stream[i].source.fd = fd[0];
      job->stream[i].kept = true;
      out[i + 1] = fd[1];
      /* Only we do not wait.  */
      if (fcntl (fd[1], F_SETFL, 0) != 0)
        return errno;
      mp_keep_init (&job->stream[i].keep, job->records,
                    job->rec->path, i, start->keep_max);
      int err = mp_watch_add (job->watch, &job->stream[i].source,
                              POLLIN);
      if (err)
        return err;
    }
  return 0;
}

/* What happens in the new process of a job before it is the program.  */
struct entry
{
  struct mp_start const *start;
  struct mp_startenv *env;
  struct mp_procid self;        /* for the parent, too, if it sees it */
};

static int
enter (void *arg)
{
  struct entry *e = arg;
  if (0 <= e->start->cwd && fchdir (e->start->cwd) != 0)
    return errno;
  umask (e->start->umask);
  int err = mp_procid_get (getpid (), &e->self);
  if (err)
    return err;
  mp_startenv_set_handle (e->env, &e->self);
  return e->start->in_child ? e->start->in_child (e->start->arg) : 0;
}

/* Start the process of JOB with OUT for its 0, 1, 2.  Return 0 or an errno
   value.  */
static int
spawn_job (struct mp_job *job, struct mp_start const *start, int const out[3])
{
  struct entry entry = { start, &job->env, { 0 } };
  struct mp_spawn s = {
    .file = start->file, .argv = start->argv, .envp = job->env.envp,
    .fd = { out[0], out[1], out[2] },
    .new_group = true,
    /* A daemonic process must not outlive its owner because its supervisor
       was killed.  */
    .death_signal = start->daemon ? SIGKILL : 0,
    .mask = start->mask, .defaults = start->defaults,
    .in_child = enter, .arg = &entry
  };
  int err = mp_spawn (&s, &job->pid);
  if (err)
    return err;
  job->rec->id = entry.self;
  return (entry.self.pid == job->pid ? 0
          : mp_procid_get (job->pid, &job->rec->id));
}

/* Write the record of JOB as START tells it.  Return 0 or an errno value.  */
static int
write_start (struct mp_job *job, struct mp_start const *start)
{
  struct mp_record *rec = job->rec;
  rec->daemon = start->daemon;
  rec->owner = start->owner;
  rec->start_time = mp_now ();
  rec->method = strdup (start->method);
  rec->command = strdup (start->command);
  return (rec->method && rec->command
          ? mp_record_write_start (job->records, rec) : ENOMEM);
}

struct mp_job *
mp_job_new (struct mp_watch *w, struct mp_records *r,
            struct mp_start const *start, int reply_fd)
{
  struct mp_job *job = calloc (1, sizeof *job);
  if (!job)
    return NULL;
  *job = (struct mp_job) {
    .watch = w, .records = r, .rec = start->rec,
    .cwd = start->cwd, .umask = start->umask,
    .signal = start->signal, .kill_after = start->kill_after,
    .asker = { .source = { .fd = reply_fd }, .job = job },
    .owner = { .source = { .fd = -1 }, .job = job }
  };
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    job->stream[i] = (struct mp_job_stream) {
      .source = { .fd = -1, .ready = stream_ready }, .job = job,
      .keep.fd = -1 };
  if (start->timeout)
    job->deadline = mp_now () + start->timeout;
  job->on_exit = start->on_exit ? strdup (start->on_exit) : NULL;
  if ((start->on_exit && !job->on_exit)
      || mp_startenv_init (&job->env, start->envp, start->rec->name,
                           start->parent, start->rec->scope) != 0)
    {
      free (job->on_exit);
      free (job);
      return NULL;
    }
  return job;
}

int
mp_job_start (struct mp_job *job, struct mp_start const *start)
{
  int out[3] = { -1, -1, -1 };
  /* What cannot be recorded does not begin.  */
  int err = mp_record_reserve (job->records, job->rec);
  if (!err && start->daemon)
    {
      job->rec->owner = start->owner;
      err = watch_owner (job);
    }
  if (!err)
    err = mp_watch_add (job->watch, &job->asker.source, POLLIN);
  if (!err)
    err = open_streams (job, start, out);
  if (!err)
    err = spawn_job (job, start, out);
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    if (job->stream[i].kept && 0 <= out[i + 1])
      close (out[i + 1]);
  return err ? err : write_start (job, start);
}
