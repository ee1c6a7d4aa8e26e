/* The executor of fresh local processes: one a task.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hash.h"
#include "minmax.h"

#include "groups.h"
#include "initializer.h"
#include "overdue.h"
#include "procspawn.h"
#include "proctree.h"
#include "slots.h"
#include "taskenv.h"

/* The most that is read of a pipe at once: all that it holds, by pipe(7).  */
enum { PIECE = 64 * 1024 };

/* How long after its start a task's output is first looked at.  Most short
   tasks have ended by then, which saves to be woken by their output and again
   by their end; nobody sees the difference.  */
static mp_time const first_look = 2 * MP_MILLISECOND;

struct local;
struct job;

/* A stream of a job.  */
struct job_stream
{
  struct mp_source source;      /* must come first; fd -1: closed */
  struct job *job;
};

/* A task that runs, or that has ended and whose output is not all read.  */
struct job
{
  struct local *ex;
  struct mp_task *task;
  pid_t pid;
  bool ended;
  int ready_fd;                 /* tells when the initializer is done; -1: it
                                   is, or there is none */
  struct job_stream stream[MP_STREAMS];
  struct job_stream input;      /* where its block goes; fd -1: closed */
  struct job *next_hungry;
  bool hungry;                  /* it waits for another block */
  int left[MP_STREAMS];         /* bytes to read after the end; -1: unknown */
  mp_time look_at;              /* when to watch the streams; 0: watched */
  struct job *prev, *next;      /* in the order of LOOK_AT; NEXT also links
                                   unused ones */
  struct job *next_made;        /* of all that were ever made */
};

struct local
{
  struct mp_executor base;      /* must come first */
  struct mp_local_options const *options;
  struct mp_command command;
  struct mp_taskenv env;
  struct mp_initializer initializer;    /* if there is one */
  size_t arg_max;               /* of arguments and environment, in bytes */
  Hash_table *jobs;             /* those whose process runs, by PID */
  struct job *first_new, *last_new;     /* not watched yet */
  struct job *unused, *made;
  struct job *hungry;           /* those that wait for blocks */
  struct more
  {
    struct mp_source source;    /* must come first; fd -1: not opened yet */
    struct local *ex;
  } more;                       /* where blocks come from */
  struct mp_groups groups;      /* left by jobs that have ended */
  int null_fd;
  bool idle;                    /* there is no child */
  struct mp_slots slots;
  unsigned int n_running;
  struct mp_overdue overdue;
  char buffer[PIECE];
};

static size_t
hash_job (void const *p, size_t n)
{
  struct job const *job = p;
  return (size_t) job->pid % n;
}

static bool
same_job (void const *a, void const *b)
{
  struct job const *x = a, *y = b;
  return x->pid == y->pid;
}

/* Put JOB at the end of EX's list of those not watched yet.  */
static void
add_new (struct local *ex, struct job *job)
{
  job->look_at = mp_now () + first_look;
  job->prev = ex->last_new;
  job->next = NULL;
  if (ex->last_new)
    ex->last_new->next = job;
  else
    ex->first_new = job;
  ex->last_new = job;
}

/* Take JOB off that list, if it is there.  */
static void
remove_new (struct local *ex, struct job *job)
{
  if (!job->look_at)
    return;
  job->look_at = 0;
  if (job->prev)
    job->prev->next = job->next;
  else
    ex->first_new = job->next;
  if (job->next)
    job->next->prev = job->prev;
  else
    ex->last_new = job->prev;
}

/* See whether the initializer of JOB is done.  Return whether it runs, or has
   failed.  */
static bool
is_starting (struct job *job)
{
  if (0 <= job->ready_fd && 0 < mp_initializer_done (job->ready_fd))
    {
      close (job->ready_fd);
      job->ready_fd = -1;
    }
  return 0 <= job->ready_fd;
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
  if (number == MP_STREAM_ERR && is_starting (job))
    mp_pool_note (ex->base.pool, ex->buffer, n);
  else
    mp_pool_output (ex->base.pool, job->task, number, ex->buffer, n);
  return n;
}

/* There is output of a running task.  */
static void
stream_ready (struct mp_source *source, int events)
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

/* Watch the open streams of JOB.  */
static void
watch_streams (struct job *job)
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

/* JOB has ended: read what its streams still hold.  Bytes that come later are
   of a descendant which has kept a stream; they are nobody's.  Return whether
   all is read; otherwise the pool resumes JOB's task.  */
static bool
drain_streams (struct job *job)
{
  struct mp_pool *pool = job->ex->base.pool;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct job_stream *stream = &job->stream[i];
      int *left = &job->left[i];
      /* If that cannot be told, it is not more than a pipe holds.  */
      if (stream->source.fd >= 0 && *left < 0
          && ioctl (stream->source.fd, FIONREAD, left) != 0)
        *left = PIECE;
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

/* It is of no more interest whether JOB's initializer is done.  */
static void
close_ready (struct job *job)
{
  if (0 <= job->ready_fd)
    close (job->ready_fd);
  job->ready_fd = -1;
}

/* JOB has ended: finish it if all its output can be read now.  */
static void
finish (struct job *job)
{
  struct local *ex = job->ex;
  if (job->task->held || !drain_streams (job))
    return;
  close_ready (job);
  mp_pool_drained (ex->base.pool, job->task);
  job->next = ex->unused;
  ex->unused = job;
}

static void
local_resume (struct mp_executor *base, struct mp_task *task)
{
  (void) base;
  struct job *job = task->job;
  if (job->ended)
    finish (job);
  else if (!job->look_at)
    watch_streams (job);
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

/* Close JOB's input and drop what was not read.  */
static void
close_input (struct job *job)
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
    close_input (job);
  return job->task->block;
}

/* Write what JOB's input takes.  One that reads faster than we write is no
   reason to forget the others.  */
static void
feed (struct job *job)
{
  int err = mp_block_push (job->task->block, job->input.source.fd);
  if (!err && get_more (job))
    err = EAGAIN;
  if (err == EAGAIN)
    watch_input (job, POLLOUT);
  else if (err == EPIPE)
    close_input (job);
  else if (err)
    {
      job->task->error = err;
      close_input (job);
    }
}

/* A task may take more input, or takes none any more.  */
static void
input_ready (struct mp_source *source, int events)
{
  (void) events;
  struct job *job = ((struct job_stream *) source)->job;
  if (job->hungry)
    close_input (job);
  else
    feed (job);
}

/* There is input for jobs that are hungry.  */
static void
more_ready (struct mp_source *source, int events)
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
        feed (job);
      job = next;
    }
}

/* Wait for input for the jobs that are hungry.  */
static void
watch_more (struct local *ex)
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
    more_ready (source, POLLIN);
  else if (err)
    mp_pool_fail (pool, err);
}

static mp_time
local_tick (struct mp_executor *base, mp_time now)
{
  struct local *ex = (struct local *) base;
  while (ex->first_new && ex->first_new->look_at <= now)
    {
      struct job *job = ex->first_new;
      remove_new (ex, job);
      watch_streams (job);
    }
  if (ex->hungry && !ex->more.source.watched)
    watch_more (ex);
  mp_time next = mp_overdue_tick (&ex->overdue, now);
  return ex->first_new ? mp_earlier (next, ex->first_new->look_at) : next;
}

static void
local_end (struct mp_executor *base, struct mp_task *task, int sig,
           mp_time kill_after)
{
  struct job const *job = task->job;
  mp_overdue_end (&((struct local *) base)->overdue, job->pid, sig,
                  kill_after);
}

/* JOB has ended with STATUS.  If that was in its initializer, and nobody has
   killed it, nor we for its time, the run fails.  */
static void
check_start (struct job *job, int status)
{
  struct mp_executor *base = &job->ex->base;
  if (!is_starting (job) || !WIFEXITED (status) || job->task->timed_out
      || base->pool->stopping)
    return;
  base->failed_status = status;
  mp_pool_fail (base->pool, ECANCELED);
}

/* The process of JOB has ended with STATUS and had used USAGE.  */
static void
job_ended (struct job *job, int status, struct mp_usage const *usage)
{
  struct local *ex = job->ex;
  job->task->usage = *usage;
  hash_remove (ex->jobs, job);
  mp_groups_note (&ex->groups, job->pid);
  job->ended = true;
  remove_new (ex, job);
  close_input (job);
  for (int i = 0; i < MP_STREAMS; i++)
    mp_watch_remove (&ex->base.pool->watch, &job->stream[i].source);
  mp_slots_give (&ex->slots, job->task->slot);
  ex->n_running--;
  mp_pool_ended (ex->base.pool, job->task, status);
  check_start (job, status);
  finish (job);
}

/* The process of JOB was stopped by SIG.  If that is because it wants the
   terminal, which several tasks cannot have at once, it would wait for ever:
   end it.  */
static void
job_stopped (struct job *job, int sig)
{
  if (sig != SIGTTIN && sig != SIGTTOU)
    return;
  job->task->error = ENOTTY;
  kill (-job->pid, SIGKILL);
}

/* The CPU time T in nanoseconds.  */
static mp_time
cpu_time (struct timeval const *t)
{
  return t->tv_sec * 1000000000LL + t->tv_usec * 1000LL;
}

/* As waitpid for any child that has changed its state, if there is one; store
   what it has used in *USAGE, zeros where that cannot be known.  */
static pid_t
wait_any (int *status, struct mp_usage *usage)
{
  *usage = (struct mp_usage) { .max_rss = 0 };
#if HAVE_WAIT4
  struct rusage r;
  pid_t pid = wait4 (-1, status, WNOHANG | WUNTRACED, &r);
  if (0 < pid)
    *usage = (struct mp_usage) { .user = cpu_time (&r.ru_utime),
                                 .system = cpu_time (&r.ru_stime),
                                 .max_rss = r.ru_maxrss };
  return pid;
#else
  return waitpid (-1, status, WNOHANG | WUNTRACED);
#endif
}

static void
local_children (struct mp_executor *base)
{
  struct local *ex = (struct local *) base;
  for (;;)
    {
      int status;
      struct mp_usage usage;
      pid_t pid = wait_any (&status, &usage);
      if (pid < 0 && errno == EINTR)
        continue;
      if (pid <= 0)
        {
          ex->idle = pid < 0;
          return;
        }
      /* One that is not there is an orphan of some task.  */
      struct job const key = { .pid = pid };
      struct job *job = hash_lookup (ex->jobs, &key);
      if (job && WIFSTOPPED (status))
        job_stopped (job, WSTOPSIG (status));
      else if (job)
        job_ended (job, status, &usage);
      else
        mp_pool_child (base->pool, pid, status);
    }
}

/* Send the signal *ARG to the process group of the job ENTRY.  */
static bool
signal_job (void *entry, void *arg)
{
  struct job const *job = entry;
  int const *sig = arg;
  mp_group_signal (job->pid, *sig);
  return true;
}

static void
local_signal (struct mp_executor *base, int sig)
{
  struct local *ex = (struct local *) base;
  /* Without /proc, a task's process group is all that is known of it.  */
  if (mp_tree_kill_descendants (getpid (), sig, NULL) != 0)
    {
      hash_do_for_each (ex->jobs, signal_job, &sig);
      mp_groups_signal (&ex->groups, sig);
    }
}

static bool
local_idle (struct mp_executor *base)
{
  struct local *ex = (struct local *) base;
  if (!ex->idle)
    local_children (base);
  return ex->idle;
}

/* Make FD a pipe whose end for reading never waits: a task may read there
   what it has written itself.  Return 0 or an errno value.  */
static int
open_pipe (int fd[2])
{
  if (pipe2 (fd, O_CLOEXEC | O_NONBLOCK) != 0)
    return errno;
  return fcntl (fd[1], F_SETFL, 0) == 0 ? 0 : errno;
}

/* Get a job for TASK in EX, with open pipes in it and their other ends in
   WRITE_FD.  Return 0 or an errno value.  */
static int
open_job (struct local *ex, struct mp_task *task, int *write_fd,
          struct job **result)
{
  struct job *job = ex->unused;
  *result = job;
  if (job)
    ex->unused = job->next;
  else if ((job = malloc (sizeof *job)))
    {
      job->next_made = ex->made;
      ex->made = job;
    }
  else
    return ENOMEM;
  *job = (struct job) { .ex = ex, .task = task,
                        .input.source.fd = -1, .ready_fd = -1,
                        .next_made = job->next_made };
  int err = 0;
  for (int i = 0; i < MP_STREAMS; i++)
    {
      int fd[2] = { -1, -1 };
      if (!ex->options->ungrouped && !err)
        err = open_pipe (fd);
      /* It may write as much as it reads, and is not to wait for us.  */
      if (!err && i == MP_STREAM_OUT && task->block)
        mp_pipe_enlarge (fd[1], mp_block_length (task->block));
      write_fd[i] = fd[1];
      job->left[i] = -1;
      job->stream[i] = (struct job_stream) {
        .source = { .fd = fd[0], .ready = stream_ready }, .job = job };
    }
  *result = job;
  return err;
}

/* Open the pipe by which JOB reads its task's block, and store in *READ_FD
   where it does; -1 if there is no block.  Return 0 or an errno value.  */
static int
open_input (struct job *job, int *read_fd)
{
  struct mp_block const *block = job->task->block;
  int fd[2];
  *read_fd = -1;
  if (!block)
    return 0;
  if (pipe2 (fd, O_CLOEXEC | O_NONBLOCK) != 0)
    return errno;
  mp_pipe_enlarge (fd[1], (job->ex->options->more ? SIZE_MAX
                           : mp_block_length (block)));
  *read_fd = fd[0];
  job->input = (struct job_stream) {
    .source = { .fd = fd[1], .ready = input_ready }, .job = job };
  return fcntl (fd[0], F_SETFL, 0) == 0 ? 0 : errno;
}

/* If there is an initializer, open the pipe by which JOB tells that it is done,
   and store in *WRITE_FD where it does.  Return 0 or an errno value.  */
static int
open_ready (struct job *job, int *write_fd)
{
  int fd[2];
  if (!job->ex->options->initializer)
    return 0;
  if (pipe2 (fd, O_CLOEXEC | O_NONBLOCK) != 0)
    return errno;
  job->ready_fd = fd[0];
  *write_fd = fd[1];
  return 0;
}

/* Undo open_job, open_input and open_ready.  */
static void
discard_job (struct job *job)
{
  for (int i = 0; i < MP_STREAMS; i++)
    if (job->stream[i].source.fd >= 0)
      close (job->stream[i].source.fd);
  if (job->input.source.fd >= 0)
    close (job->input.source.fd);
  job->input.source.fd = -1;
  close_ready (job);
  job->next = job->ex->unused;
  job->ex->unused = job;
}

/* Start EX's command for TASK with its input from the descriptor IN, or empty
   if that is -1, its output going to the descriptors OUT, and the end of an
   initializer told at READY, and store the new process's ID in *PID.  */
static int
spawn_command (struct local *ex, struct mp_task *task, int in, int const *out,
               int *ready, pid_t *pid)
{
  char *found = NULL;
  if (!ex->options->file)
    {
      int err = mp_find_program (ex->command.argv[0], &found);
      if (err)
        return err;
    }
  struct mp_spawn s = {
    .file = ex->options->file ? ex->options->file : found,
    .argv = ex->command.argv,
    .fd = { in < 0 ? ex->null_fd : in, out[MP_STREAM_OUT], out[MP_STREAM_ERR] },
    .new_group = true,
    .death_signal = SIGKILL,
    .affinity = mp_binding_place (ex->options->binding, task->slot),
    .mask = ex->options->mask,
    .defaults = ex->options->defaults
  };
  int err = (ex->options->initializer
             ? mp_initializer_wrap (&ex->initializer, &s, ready) : 0);
  /* If an item is too long to be there twice, it is just an argument.  */
  if (!err)
    err = E2BIG;
  for (int with_item = 1; err == E2BIG && with_item >= 0; with_item--)
    {
      err = mp_taskenv_set (&ex->env, task, with_item);
      s.envp = ex->env.envp;
      if (!err)
        err = mp_spawn (&s, pid);
    }
  free (found);
  return err;
}

static bool
local_has_room (struct mp_executor *base, unsigned int limit)
{
  struct local const *ex = (struct local *) base;
  return !limit || ex->n_running < limit;
}

/* Start TASK, which has its slot.  */
static int
start_job (struct local *ex, struct mp_task *task)
{
  struct mp_expansion e = { .item = task->item, .n_items = task->n_items,
                            .index = task->index, .slot = task->slot,
                            .max_bytes = ex->arg_max };
  /* The kernel would say so too, after two more copies of the item.  */
  if (mp_template_takes_items (ex->options->command))
    for (size_t i = 0; i < task->n_items; i++)
      if (ex->arg_max <= task->item[i].len)
        return E2BIG;
  int err = mp_template_expand (ex->options->command, &e, &ex->command);
  if (err)
    return err;
  struct job *job;
  int in = -1, out[MP_STREAMS] = { -1, -1 }, ready = -1;
  err = open_job (ex, task, out, &job);
  if (!job)
    return err;
  if (!err)
    err = open_input (job, &in);
  if (!err)
    err = open_ready (job, &ready);
  if (!err)
    err = spawn_command (ex, task, in, out, &ready, &job->pid);
  if (in >= 0)
    close (in);
  if (ready >= 0)
    close (ready);
  for (int i = 0; i < MP_STREAMS; i++)
    if (out[i] >= 0)
      close (out[i]);
  if (err)
    {
      discard_job (job);
      return err;
    }
  ex->idle = false;
  task->job = job;
  if (!hash_insert (ex->jobs, job))
    {
      /* Without it the end would not be seen.  It has begun, so this is no
         shortage, after which it would be started again.  */
      kill (-job->pid, SIGKILL);
      while (waitpid (job->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
      discard_job (job);
      return ENOBUFS;
    }
  if (!ex->options->ungrouped)
    add_new (ex, job);
  if (task->block)
    feed (job);
  return 0;
}

static int
local_start (struct mp_executor *base, struct mp_task *task)
{
  struct local *ex = (struct local *) base;
  int err = mp_slots_take (&ex->slots, &task->slot);
  if (err)
    return err;
  err = start_job (ex, task);
  if ((err == EMFILE || err == ENFILE) && task->block
      && mp_block_spare (task->block))
    err = start_job (ex, task);
  if (err)
    mp_slots_give (&ex->slots, task->slot);
  else
    {
      ex->n_running++;
      mp_pool_begun (base->pool, task);
    }
  return err;
}

static struct mp_executor_ops const local_ops = {
  .has_room = local_has_room,
  .start = local_start,
  .resume = local_resume,
  .tick = local_tick,
  .children = local_children,
  .end = local_end,
  .signal = local_signal,
  .idle = local_idle
};

int
mp_local_new (struct mp_local_options const *options,
              struct mp_executor **result)
{
  struct local *ex = malloc (sizeof *ex);
  if (!ex)
    return ENOMEM;
  /* Not the buffer: its pages come when they are used.  */
  ex->base = (struct mp_executor) { .ops = &local_ops };
  ex->options = options;
  ex->command = (struct mp_command) { 0 };
  ex->first_new = ex->last_new = ex->unused = ex->made = NULL;
  ex->hungry = NULL;
  ex->more = (struct more) {
    .source = { .fd = -1, .ready = more_ready }, .ex = ex };
  ex->slots = (struct mp_slots) { 0 };
  ex->n_running = 0;
  ex->overdue = (struct mp_overdue) { .first = NULL };
  mp_groups_init (&ex->groups);
  ex->idle = true;
  long int arg_max = sysconf (_SC_ARG_MAX);
  ex->arg_max = arg_max < 0 ? SIZE_MAX : (size_t) arg_max;
  ex->initializer = (struct mp_initializer) { .code = NULL };
  ex->null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  int err = ex->null_fd < 0 ? errno : mp_taskenv_init (&ex->env, environ);
  ex->jobs = (err ? NULL
              : hash_initialize (61, NULL, hash_job, same_job, NULL));
  if (!err && !ex->jobs)
    {
      mp_taskenv_free (&ex->env);
      err = ENOMEM;
    }
  if (!err && options->initializer)
    {
      err = mp_initializer_init (&ex->initializer, options->shell,
                                 options->initializer);
      if (err)
        {
          mp_taskenv_free (&ex->env);
          hash_free (ex->jobs);
        }
    }
  if (err)
    {
      if (ex->null_fd >= 0)
        close (ex->null_fd);
      free (ex);
      return err;
    }
  *result = &ex->base;
  return 0;
}

void
mp_local_free (struct mp_executor *base)
{
  struct local *ex = (struct local *) base;
  hash_free (ex->jobs);
  while (ex->made)
    {
      struct job *job = ex->made;
      ex->made = job->next_made;
      for (int i = 0; i < MP_STREAMS; i++)
        mp_watch_close (&base->pool->watch, &job->stream[i].source);
      mp_watch_close (&base->pool->watch, &job->input.source);
      close_ready (job);
      free (job);
    }
  mp_watch_close (&base->pool->watch, &ex->more.source);
  mp_slots_free (&ex->slots);
  mp_overdue_free (&ex->overdue);
  mp_command_free (&ex->command);
  mp_initializer_free (&ex->initializer);
  mp_taskenv_free (&ex->env);
  close (ex->null_fd);
  mp_groups_free (&ex->groups);
  free (ex);
}
