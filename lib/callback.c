/* Callbacks: scripts that get what tasks have written, one after the other.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "callback.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "intprops.h"

#include "exit-status.h"
#include "pool.h"
#include "procspawn.h"
#include "taskenv.h"

int
mp_callback_status (struct mp_task const *task)
{
  return (task->timed_out ? MP_EXIT_TIMEOUT
          : task->error ? MP_EXIT_FAILURE
          : WIFSIGNALED (task->status)
          ? MP_EXIT_SIGNAL + WTERMSIG (task->status)
          : WEXITSTATUS (task->status));
}

char const *
mp_callback_script (struct mp_callbacks const *c, struct mp_task const *task)
{
  return mp_callback_status (task) == 0 ? c->success : c->failure;
}

int
mp_callback_start (struct mp_callbacks const *c, char const *script,
                   struct mp_task const *task, int input, pid_t *pid)
{
  static char shell[] = "sh";
  static char dash_c[] = "-c";
  char status[INT_BUFSIZE_BOUND (int)];
  char number[INT_BUFSIZE_BOUND (unsigned long long)];
  struct mp_item const *item = mp_task_item (task);
  char *argv[] = { shell, dash_c, (char *) script, shell,
                   item ? item->data : number, status, NULL };
  struct mp_taskenv env;
  char *file;
  int err = mp_find_program (shell, &file);
  if (err)
    return err;
  sprintf (number, "%llu", task->index);
  sprintf (status, "%d", mp_callback_status (task));
  err = mp_taskenv_init (&env, environ);
  if (!err)
    {
      err = mp_taskenv_set (&env, task, true);
      struct mp_spawn s = {
        .file = file, .argv = argv, .envp = env.envp,
        .fd = { input, -1, -1 },
        .new_group = true, .death_signal = SIGKILL,
        .mask = c->mask, .defaults = c->defaults
      };
      if (!err)
        err = mp_spawn (&s, pid);
      mp_taskenv_free (&env);
    }
  free (file);
  return err;
}
