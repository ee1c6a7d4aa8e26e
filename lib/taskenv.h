/* The environment of a task.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_TASKENV_H
#define MP_TASKENV_H

#include <stdbool.h>
#include <stddef.h>

#include "pool.h"

/* The variables that tell a task about itself.  */
enum { MP_TASKENV_VARS = 4 };

/* An environment that is changed for each task.  */
struct mp_taskenv
{
  char **envp;                  /* NULL-terminated */
  size_t n_fixed;               /* those that are the same for all tasks */
  char *item;                   /* "PMAP_ITEM=..." */
  size_t item_allocated;
  char number[MP_TASKENV_VARS][48];
};

/* Make E from BASE, a NULL-terminated environment whose strings outlive it,
   without variables that tell of another task.  Return 0 or ENOMEM.  */
int mp_taskenv_init (struct mp_taskenv *e, char *const *base);

void mp_taskenv_free (struct mp_taskenv *e);

/* Make E->envp the environment of TASK: PMAP_INDEX, PMAP_SLOT and
   PMAP_ATTEMPT and, if WITH_ITEM and it has just one item, PMAP_ITEM.
   Return 0 or ENOMEM.  */
int mp_taskenv_set (struct mp_taskenv *e, struct mp_task const *task,
                    bool with_item);

/* Make E->envp the environment of what serves many tasks in SLOT:
   PMAP_SLOT.  */
void mp_taskenv_set_slot (struct mp_taskenv *e, unsigned int slot);

#endif
