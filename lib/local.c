/* The executor of fresh local processes: one a task.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "localjob.h"
#include "proctree.h"

/* How long after its start a task's output is first looked at.  Most short
   tasks have ended by then, which saves to be woken by their output and again
   by their end; nobody sees the difference.  */
static mp_time const first_look = 2 * MP_MILLISECOND;

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

void
mp_local_add_new (struct local *ex, struct job *job)
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

/* JOB has ended: finish it if all its output can be read now.  */
static void
finish (struct job *job)
{
  struct local *ex = job->ex;
  if (job->task->held || !mp_local_drain (job))
    return;
  mp_local_close_ready (job);
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
    mp_local_watch (job);
}

static mp_time
local_tick (struct mp_executor *base, mp_time now)
{
  struct local *ex = (struct local *) base;
  while (ex->first_new && ex->first_new->look_at <= now)
    {
      struct job *job = ex->first_new;
      remove_new (ex, job);
      mp_local_watch (job);
    }
  if (ex->hungry && !ex->more.source.watched)
    mp_local_watch_more (ex);
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
  if (!mp_local_is_starting (job) || !WIFEXITED (status) || job->task->timed_out
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
  mp_local_close_input (job);
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

static void
local_children (struct mp_executor *base)
{
  struct local *ex = (struct local *) base;
  for (;;)
    {
      int status;
      struct mp_usage usage;
      pid_t pid = mp_wait_any (&status, WNOHANG | WUNTRACED, &usage);
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

static bool
local_has_room (struct mp_executor *base, unsigned int limit)
{
  struct local const *ex = (struct local *) base;
  return !limit || ex->n_running < limit;
}

static struct mp_executor_ops const local_ops = {
  .has_room = local_has_room,
  .start = mp_local_start,
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
    .source = { .fd = -1, .ready = mp_local_more_ready }, .ex = ex };
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
      mp_local_close_ready (job);
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
