/* pmap: the tasks that have failed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-failed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "columns.h"
#include "exit-status.h"
#include "front.h"
#include "lines.h"
#include "pmap-file.h"
#include "pmap.h"

/* Note in F that ITEM, as messages show it, has come out as HOW says.  */
static void
add_text (struct pmap_first *f, char const *item, char const *how)
{
  /* TRANSLATORS: an item, and how its task has come out.  */
  char *text = xasprintf (_("%s (%s)"), item, how);
  if (!text)
    xalloc_die ();
  f->text[f->n++] = text;
}

void
pmap_first_add (struct pmap_first *f, struct mp_task const *task)
{
  struct mp_lines *l = task->lines;
  enum pmap_outcome outcome = pmap_task_outcome (task);
  if (f->n == PMAP_FIRST_MAX)
    return;
  if (!l || l->n == 1 || task->error)
    {
      if (outcome == PMAP_OK)
        return;
      char *name = pmap_task_quoted (task);
      add_text (f, name, pmap_outcome_text (task, outcome));
      free (name);
      return;
    }
  for (size_t i = 0; i < l->n_failures && f->n < PMAP_FIRST_MAX; i++)
    {
      struct mp_line_failure const *failure = &l->failure[i];
      struct mp_task const one = { .status = failure->status,
                                   .timed_out = failure->timed_out };
      char const *data;
      size_t len = mp_lines_get (l, failure->line, &data);
      char *name = pmap_item_quoted (data, len);
      outcome = pmap_task_outcome (&one);
      add_text (f, name, (outcome == PMAP_OK ? _("no answer")
                          : pmap_outcome_text (&one, outcome)));
      free (name);
    }
}

void
pmap_first_report (struct pmap_first const *f, unsigned long long n,
                   unsigned long long all)
{
  char *count = xasprintf (ngettext ("%llu of %llu task failed",
                                     "%llu of %llu tasks failed", all),
                           n, all);
  char *line = count;
  for (size_t i = 0; line && i < f->n; i++)
    {
      /* TRANSLATORS: a list, and what comes next in it.  */
      char *longer = xasprintf (i ? _("%s, %s") : _("%s: %s"), line,
                                f->text[i]);
      free (line);
      line = longer;
    }
  if (line && f->n && f->n < n)
    {
      /* TRANSLATORS: a list that goes on.  */
      char *longer = xasprintf (_("%s, ..."), line);
      free (line);
      line = longer;
    }
  if (!line)
    xalloc_die ();
  error (0, 0, "%s", line);
  free (line);
}

void
pmap_first_free (struct pmap_first *f)
{
  for (size_t i = 0; i < f->n; i++)
    free (f->text[i]);
}

/* The file for --failed.  */
struct failed
{
  struct pmap_info const *info;
  FILE *file;
  int error;                    /* of the first write that failed, or 0 */
};

/* Write what is between two columns.  */
static void
put_separator (struct failed *f)
{
  struct pmap_options const *o = f->info->o;
  if (o->column_separator)
    fwrite (o->column_separator, 1, o->column_separator_len, f->file);
  else
    putc ('\t', f->file);
}

/* Write the names of columns, if there are any.  */
static void
put_names (struct failed *f)
{
  struct mp_columns const *c = f->info->o->columns;
  for (size_t i = 0; c && i < c->n_names; i++)
    {
      if (i)
        put_separator (f);
      fwrite (c->name[i].data, 1, c->name[i].len, f->file);
    }
  if (c && c->n_names)
    putc (f->info->o->delimiter, f->file);
}

static void
failed_delivered (void *self, struct mp_task *task)
{
  struct failed *f = self;
  enum pmap_outcome outcome = pmap_task_outcome (task);
  if (outcome == PMAP_OK || outcome == PMAP_ABORTED)
    return;
  size_t width = task->width ? task->width : 1;
  for (size_t i = 0; i < task->n_items; i++)
    {
      fwrite (task->item[i].data, 1, task->item[i].len, f->file);
      if ((i + 1) % width == 0)
        putc (f->info->o->delimiter, f->file);
      else
        put_separator (f);
    }
  /* Whoever looks at it sees it, and it is there whatever happens.  */
  if (fflush (f->file) != 0 && !f->error)
    f->error = errno;
  else if (ferror (f->file) && !f->error)
    f->error = EIO;
}

static bool
failed_close (void *self)
{
  struct failed *f = self;
  if (fclose (f->file) != 0 && !f->error)
    f->error = errno;
  bool good = !f->error;
  if (!good)
    error (0, f->error, _("cannot write %s"),
           quote (f->info->o->failed_file));
  free (f);
  return good;
}

struct pmap_observer
pmap_failed_open (struct pmap_info const *info)
{
  struct failed *f = xmalloc (sizeof *f);
  *f = (struct failed) { .info = info };
  f->file = fdopen (pmap_file_create (info->o, info->o->failed_file), "w");
  if (!f->file)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"),
           quote (info->o->failed_file));
  put_names (f);
  return (struct pmap_observer) { .self = f, .delivered = failed_delivered,
                                  .close = failed_close };
}
