/* The executor of fresh local processes: how they are started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "localjob.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "procspawn.h"

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
        .source = { .fd = fd[0], .ready = mp_local_stream_ready }, .job = job };
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
    .source = { .fd = fd[1], .ready = mp_local_input_ready }, .job = job };
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
  struct mp_watch *watch = &job->ex->base.pool->watch;
  for (int i = 0; i < MP_STREAMS; i++)
    mp_watch_close (watch, &job->stream[i].source);
  mp_watch_close (watch, &job->input.source);
  mp_local_close_ready (job);
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
    mp_local_add_new (ex, job);
  if (task->block)
    mp_local_feed (job);
  return 0;
}

int
mp_local_start (struct mp_executor *base, struct mp_task *task)
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
