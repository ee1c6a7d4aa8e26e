/* The turns of tasks in the output of a pool: callbacks and the end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "calls.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"
#include "callback.h"
#include "pool.h"

/* All that TASK has written has gone where it should: TASK is done with.  */
static void
end_task (struct mp_pool *pool, struct mp_task *task)
{
  if (!task->extra)
    pool->ops->delivered (pool->arg, task);
  mp_attempts_free (pool, task);
}

void
mp_calls_delivered (void *arg, struct mp_output *out)
{
  struct mp_pool *pool = arg;
  struct mp_task *task = (struct mp_task *) out;
  pool->starved = false;
  if (pool->callbacks && !task->extra)
    {
      pool->calling = task;
      pool->order.held = true;
    }
  else
    end_task (pool, task);
}

/* The callback for a task was called, or there is none: go on.  */
static void
end_call (struct mp_pool *pool)
{
  struct mp_task *task = pool->calling;
  pool->calling = NULL;
  pool->order.held = false;
  pool->again = true;
  end_task (pool, task);
}

void
mp_pool_child (struct mp_pool *pool, pid_t pid, int status)
{
  if (!pool->callback || pid != pool->callback)
    return;
  if (WIFSTOPPED (status))
    {
      /* It wants the terminal, as a task may not either.  */
      if (WSTOPSIG (status) != SIGTTIN && WSTOPSIG (status) != SIGTTOU)
        return;
      pool->calling->callback_error = ENOTTY;
      kill (-pid, SIGKILL);
      return;
    }
  pool->callback = 0;
  pool->calling->callback_status = status;
  /* Its task is not done then, whatever its own status was.  */
  pool->calling->aborted |= pool->stopping && status;
  /* Callbacks write there themselves: whoever read it may be gone.  */
  struct pollfd p = { .fd = STDOUT_FILENO };
  if (status && poll (&p, 1, 0) == 1 && (p.revents & POLLERR))
    pool->output_error = EPIPE;
  end_call (pool);
}

/* Put the output of the task whose turn it is, for which there is no callback,
   on our own as far as that is possible without waiting.  Return 0 or the errno
   value of a failed write.  */
static int
pass_output (struct mp_pool *pool)
{
  struct mp_task *task = pool->calling;
  char const *data;
  size_t n;
  while ((n = mp_attempts_peek (task, MP_STREAM_OUT, &data)) != 0)
    {
      size_t taken;
      int err = mp_order_pass (&pool->order, data, n, &taken);
      mp_attempts_consume (pool, task, MP_STREAM_OUT, taken);
      if (err || taken < n)
        return err;
    }
  end_call (pool);
  return 0;
}

/* Start SCRIPT, the callback of the task whose turn it is, unless something
   that was written before still waits.  Return 0 or the errno value of a failed
   write.  */
static int
start_callback (struct mp_pool *pool, char const *script)
{
  struct mp_task *task = pool->calling;
  int err = mp_order_flush (&pool->order);
  int fd;
  if (err)
    {
      pool->flush_at = 1;
      return err == EAGAIN ? 0 : err;
    }
  err = task->callback_error;
  if (!err)
    err = mp_spool_open (&task->spool[MP_STREAM_OUT], &pool->order.budget,
                         &fd);
  if (!err)
    err = mp_callback_start (pool->callbacks, script, task, fd,
                             &pool->callback);
  if (err)
    {
      task->callback_error = err;
      end_call (pool);
    }
  return 0;
}

int
mp_calls_tend (struct mp_pool *pool)
{
  if (!pool->calling || pool->callback)
    return 0;
  char const *script = mp_callback_script (pool->callbacks, pool->calling);
  if (!script)
    return pass_output (pool);
  if (!pool->stopping)
    return start_callback (pool, script);
  /* It was for nobody else.  */
  pool->calling->aborted = true;
  end_call (pool);
  return 0;
}
