/* The environment of a task.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "taskenv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"

static char const item_name[] = "PMAP_ITEM=";
static char const index_name[] = "PMAP_INDEX=";
static char const slot_name[] = "PMAP_SLOT=";
static char const attempt_name[] = "PMAP_ATTEMPT=";
static char const *const names[MP_TASKENV_VARS] = {
  item_name, index_name, slot_name, attempt_name
};

/* Whether the variable VAR, "NAME=VALUE", is one that tells of a task.  */
static bool
is_task_variable (char const *var)
{
  for (int i = 0; i < MP_TASKENV_VARS; i++)
    if (strncmp (var, names[i], strlen (names[i])) == 0)
      return true;
  return false;
}

int
mp_taskenv_init (struct mp_taskenv *e, char *const *base)
{
  size_t n = 0;
  while (base[n])
    n++;
  *e = (struct mp_taskenv) { 0 };
  e->envp = calloc (n + MP_TASKENV_VARS + 1, sizeof *e->envp);
  if (!e->envp)
    return ENOMEM;
  for (size_t i = 0; i < n; i++)
    if (!is_task_variable (base[i]))
      e->envp[e->n_fixed++] = base[i];
  return 0;
}

void
mp_taskenv_free (struct mp_taskenv *e)
{
  free (e->envp);
  free (e->item);
  *e = (struct mp_taskenv) { 0 };
}

/* Store "PMAP_ITEM=ITEM" in E->item.  */
static int
set_item (struct mp_taskenv *e, struct mp_item const *item)
{
  size_t prefix = sizeof item_name - 1;
  size_t need = prefix + item->len + 1;
  if (e->item_allocated < need)
    {
      size_t n = MAX (need, 2 * e->item_allocated);
      char *p = realloc (e->item, n);
      if (!p)
        return ENOMEM;
      e->item = p;
      e->item_allocated = n;
    }
  memcpy (e->item, item_name, prefix);
  memcpy (e->item + prefix, item->data, item->len + 1);
  return 0;
}

int
mp_taskenv_set (struct mp_taskenv *e, struct mp_task const *task,
                bool with_item)
{
  unsigned long long const value[] = { task->index, task->slot,
                                       task->attempt };
  char **p = e->envp + e->n_fixed;
  for (int i = 1; i < MP_TASKENV_VARS; i++)
    {
      snprintf (e->number[i], sizeof e->number[i], "%s%llu", names[i],
                value[i - 1]);
      *p++ = e->number[i];
    }
  struct mp_item const *item = with_item ? mp_task_item (task) : NULL;
  if (item)
    {
      int err = set_item (e, item);
      if (err)
        return err;
      *p++ = e->item;
    }
  *p = NULL;
  return 0;
}

void
mp_taskenv_set_slot (struct mp_taskenv *e, unsigned int slot)
{
  char **p = e->envp + e->n_fixed;
  snprintf (e->number[0], sizeof e->number[0], "%s%u", slot_name, slot);
  *p++ = e->number[0];
  *p = NULL;
}
