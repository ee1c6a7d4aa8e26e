/* pmap: what messages say.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "error.h"
#include "progname.h"
#include "quote.h"
#include "sig2str.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "front.h"
#include "lines.h"
#include "pmap-text.h"
#include "pool.h"

/* The longest piece of an item that a message shows.  */
enum { SHOWN_MAX = 60 };

void
pmap_say (struct pmap_messages const *m, int err, char const *format, ...)
{
  va_list args;
  va_start (args, format);
  char *what = xvasprintf (format, args);
  va_end (args);
  if (!what)
    return;
  if (!m->pool)
    error (0, err, "%s", what);
  else
    {
      char *line = (err ? xasprintf ("%s: %s: %s\n", program_name, what,
                                     strerror (err))
                    : xasprintf ("%s: %s\n", program_name, what));
      if (line)
        mp_pool_note (m->pool, line, strlen (line));
      free (line);
    }
  free (what);
}

char *
pmap_item_quoted (char const *data, size_t len)
{
  char shown[SHOWN_MAX + sizeof "..."];
  size_t n = pmap_text_cut (data, len, SHOWN_MAX);
  memcpy (shown, data, n);
  strcpy (shown + n, n < len ? "..." : "");
  return xstrdup (quote (shown));
}

/* Return how messages name the item that is the LEN bytes at DATA.  The caller
   frees it.  */
static char *
item_name (char const *data, size_t len)
{
  char *quoted = pmap_item_quoted (data, len);
  char *name = xasprintf (_("item %s"), quoted);
  free (quoted);
  return name;
}

/* Find the only row of TASK, or its first item: store where it is in *DATA and
   return its length.  If TASK has no items, store null.  */
static size_t
first_item (struct mp_task const *task, char const **data)
{
  if (task->lines && !task->n_items)
    return mp_lines_get (task->lines, 0, data);
  struct mp_item const *item = mp_task_item (task);
  if (!item && task->n_items)
    item = &task->item[0];
  *data = item ? item->data : NULL;
  return item ? item->len : 0;
}

char *
pmap_task_quoted (struct mp_task const *task)
{
  char const *data;
  size_t len = first_item (task, &data);
  return (data ? pmap_item_quoted (data, len)
          : xasprintf (_("block %llu"), task->index));
}

/* Return what TASK is about, for messages: its first item, or its block.  The
   caller frees it.  */
static char *
task_name (struct mp_task const *task)
{
  char const *data;
  size_t len = first_item (task, &data);
  return data ? item_name (data, len) : pmap_task_quoted (task);
}

void
pmap_say_status (struct pmap_messages const *m, char const *what,
               bool timed_out, int status)
{
  char name[SIG2STR_MAX];
  if (timed_out)
    pmap_say (m, 0, _("%s: its time was over"), what);
  else if (WIFEXITED (status))
    pmap_say (m, 0, _("%s: exit status %d"), what, WEXITSTATUS (status));
  else if (sig2str (WTERMSIG (status), name) == 0)
    pmap_say (m, 0, _("%s: ended by signal %s"), what, name);
  else
    pmap_say (m, 0, _("%s: ended by signal %d"), what, WTERMSIG (status));
}

void
pmap_report_status (struct pmap_messages const *m,
                    struct mp_task const *task)
{
  char *what = task_name (task);
  pmap_say_status (m, what, task->timed_out, task->status);
  free (what);
}

void
pmap_report_lines (struct pmap_messages const *m, struct mp_lines *l)
{
  for (size_t i = 0; i < l->n_failures; i++)
    {
      struct mp_line_failure const *f = &l->failure[i];
      char const *data;
      size_t len = mp_lines_get (l, f->line, &data);
      char *what = item_name (data, len);
      if (!f->timed_out && f->status == 0)
        pmap_say (m, 0, _("%s: no answer"), what);
      else
        pmap_say_status (m, what, f->timed_out, f->status);
      free (what);
    }
}

/* Whether an item of TASK holds a NUL byte.  */
static bool
holds_nul (struct mp_task const *task)
{
  for (size_t i = 0; i < task->n_items; i++)
    if (memchr (task->item[i].data, '\0', task->item[i].len))
      return true;
  return false;
}

/* Report that WHAT, which is TASK, has no value for a placeholder of O's
   command.  */
static void
report_lack (struct pmap_messages const *m, struct pmap_options const *o,
             struct mp_task const *task, char const *what)
{
  struct mp_expansion const e = { .item = task->item,
                                  .n_items = task->n_items };
  char const *placeholder;
  size_t len;
  if (!mp_template_lacks (o->template, &e, &placeholder, &len))
    return;
  char const *name = quote_mem (placeholder, len);
  if (o->columns)
    pmap_say (m, 0, _("%s has no column for %s"), what, name);
  else
    pmap_say (m, 0, _("task %llu has no item for %s"), task->index, name);
}

void
pmap_report_error (struct pmap_messages const *m,
                   struct pmap_options const *o, struct mp_task const *task,
                   int err)
{
  char *what = task_name (task);
  struct mp_item const *item = task->n_items ? &task->item[0] : NULL;
  if (err == EINVAL && o->filter && item
      && memchr (item->data, o->line_end, item->len))
    pmap_say (m, 0, (o->line_end
                     ? _("item %llu holds a newline, which no line can")
                     : _("item %llu holds a NUL byte, which no line can")),
              task->index);
  else if (err == ENODATA)
    report_lack (m, o, task, what);
  else if (err == EINVAL && holds_nul (task))
    pmap_say (m, 0, _("item %llu holds a NUL byte, which no argument can"),
              task->index);
  else if (err == ENOTTY)
    pmap_say (m, 0, _("task %llu was ended: it tried to use the terminal"),
              task->index);
  else if (err == EHOSTDOWN)
    pmap_say (m, 0, ngettext ("%s was lost with its host %u time",
                              "%s was lost with its host %u times",
                              task->faults), what, task->faults);
  else if (err == ESTALE)
    pmap_say (m, 0, _("%s was lost with its host, and did not write again what"
                      " it had written"), what);
  else if (err == EMSGSIZE && o->max_chars)
    pmap_say (m, 0, _("%s is too long for --max-chars"), what);
  else if (err == ENOMEM && item)
    pmap_say (m, ENOMEM, _("cannot read item %llu"), task->index);
  else if (err == ENOMEM)
    pmap_say (m, ENOMEM, _("cannot read %s"), what);
  else
    pmap_say (m, err == EMSGSIZE ? E2BIG : err, _("cannot run %s for %s"),
              quote (o->command[0]), what);
  free (what);
}

void
pmap_report_callback (struct pmap_messages const *m, struct mp_task const *task)
{
  char *what = task_name (task);
  if (task->callback_error)
    pmap_say (m, task->callback_error, _("cannot pass on the output of %s"),
              what);
  else if (WIFEXITED (task->callback_status))
    pmap_say (m, 0, _("callback for %s: exit status %d"), what,
              WEXITSTATUS (task->callback_status));
  else
    pmap_say (m, 0, _("callback for %s: ended by signal %d"), what,
              WTERMSIG (task->callback_status));
  free (what);
}
