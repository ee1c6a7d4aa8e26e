/* pmap: what those who look at a run want to know.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-observer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "sig2str.h"
#include "xalloc.h"

#include "front.h"
#include "lines.h"
#include "pmap.h"

/* The status of TASK, or if that is 0, of its callback.  */
static int
status_of (struct mp_task const *task)
{
  return task->status ? task->status : task->callback_status;
}

enum pmap_outcome
pmap_task_outcome (struct mp_task const *task)
{
  return (task->aborted ? PMAP_ABORTED
          : task->timed_out ? PMAP_TIMEOUT
          : task->error || task->callback_error ? PMAP_ERROR
          : WIFSIGNALED (status_of (task)) ? PMAP_SIGNAL
          : status_of (task) ? PMAP_EXIT
          : PMAP_OK);
}

size_t
pmap_task_count (struct mp_task const *task)
{
  return task->lines ? task->lines->n : 1;
}

size_t
pmap_task_failures (struct mp_task const *task)
{
  bool failed = pmap_task_outcome (task) != PMAP_OK;
  if (!task->lines)
    return failed;
  bool all = task->error || task->lines->n == 1;
  return failed && all ? task->lines->n : task->lines->n_failures;
}

char const *
pmap_outcome_text (struct mp_task const *task, enum pmap_outcome outcome)
{
  static char text[64 + SIG2STR_MAX];
  char name[SIG2STR_MAX];
  switch (outcome)
    {
    case PMAP_OK:
      return _("success");
    case PMAP_EXIT:
      snprintf (text, sizeof text, _("exit %d"),
                WEXITSTATUS (status_of (task)));
      return text;
    case PMAP_SIGNAL:
      if (sig2str (WTERMSIG (status_of (task)), name) != 0)
        sprintf (name, "%d", WTERMSIG (status_of (task)));
      snprintf (text, sizeof text, _("signal %s"), name);
      return text;
    case PMAP_TIMEOUT:
      return _("time over");
    case PMAP_ERROR:
      return (task->error == EHOSTDOWN || task->error == ESTALE
              ? pmap_error_text (task->error)
              : task->error ? _("not run") : _("output lost"));
    case PMAP_ABORTED:
      return _("ended with the run");
    }
  return "";
}

/* What ERR means that errno values do not, or null.  */
static char const *
special_error (int err)
{
  switch (err)
    {
    case ENODATA:
      return N_("a column is lacking");
    case EHOSTDOWN:
      return N_("lost with its host too often");
    case ESTALE:
      return N_("run again, it wrote something else");
    default:
      return NULL;
    }
}

char const *
pmap_error_text (int err)
{
  char const *text = special_error (err);
  return text ? _(text) : strerror (err);
}

char const *
pmap_plain_error (int err)
{
  char const *text = special_error (err);
  return text ? text : front_plain_error (err);
}

char *
pmap_task_command (struct pmap_info const *info, struct mp_task const *task)
{
  struct mp_command c = { .argv = NULL };
  struct mp_expansion const e = {
    .item = task->item, .n_items = task->n_items, .index = task->index,
    .slot = task->slot };
  char *text = NULL;
  if (info->o->filter)
    text = pmap_filter_text (info->o, task);
  else if (mp_template_expand (info->command, &e, &c) == 0)
    text = pmap_command_text (&c);
  mp_command_free (&c);
  if (!text)
    return xstrdup ("");
  text[strcspn (text, "\n")] = '\0';
  return text;
}

struct timespec
pmap_wall_time (struct pmap_info const *info, mp_time t)
{
  long long int const second = 1000000000;
  struct timespec w = info->wall_origin;
  long long int ns = w.tv_nsec + (t - info->origin);
  w.tv_sec += ns / second;
  ns %= second;
  if (ns < 0)
    {
      ns += second;
      w.tv_sec--;
    }
  w.tv_nsec = ns;
  return w;
}
