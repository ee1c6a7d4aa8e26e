/* A task of a pool: some items that a worker does something with.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "task.h"

#include <stdlib.h>
#include <string.h>

struct mp_task *
mp_task_new (size_t n, size_t bytes, char **store)
{
  struct mp_task *task = malloc (sizeof *task + n * sizeof *task->item
                                 + bytes);
  if (!task)
    return NULL;
  *task = (struct mp_task) { .attempt = 1, .width = 1, .n_items = n,
                             .spool = { { .fd = -1 }, { .fd = -1 } } };
  *store = (char *) &task->item[n];
  return task;
}

struct mp_item const *
mp_task_item (struct mp_task const *task)
{
  if (!task->n_items || task->n_items != task->width)
    return NULL;
  return (task->n_items == 1 ? &task->item[0]
          : task->whole.data ? &task->whole : NULL);
}

void
mp_task_set_whole (struct mp_task *task, char *store)
{
  char *p = store;
  for (size_t i = 0; i < task->n_items; i++)
    {
      p = mempcpy (p, task->item[i].data, task->item[i].len);
      *p++ = i + 1 < task->n_items ? ' ' : '\0';
    }
  task->whole = (struct mp_item) { store, p - store - 1 };
}

void
mp_task_free (struct mp_task *task)
{
  mp_block_free (task->block);
  mp_lines_free (task->lines);
  free (task);
}
