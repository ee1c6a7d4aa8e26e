/* pmap: commands as they are shown.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "quotearg.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "pmap-joblog.h"

char *
pmap_command_text (struct mp_command const *c)
{
  size_t len = 1;
  for (size_t i = 0; i < c->argc; i++)
    len += strlen (quotearg_style (shell_escape_quoting_style, c->argv[i]))
           + 1;
  char *text = xmalloc (len);
  char *p = text;
  for (size_t i = 0; i < c->argc; i++)
    {
      p = stpcpy (p, quotearg_style (shell_escape_quoting_style,
                                     c->argv[i]));
      *p++ = i + 1 < c->argc ? ' ' : '\n';
    }
  *p = '\0';
  return text;
}

char *
pmap_filter_text (struct pmap_options const *o, struct mp_task const *task)
{
  struct mp_command const c = { .argv = (char **) o->command,
                                .argc = o->n_command };
  char *text = pmap_command_text (&c);
  char *result = xasprintf ("printf '%%s\\%c' %s | %s",
                            o->line_end ? 'n' : '0',
                            quotearg_style (shell_escape_quoting_style,
                                            task->item[0].data), text);
  free (text);
  if (!result)
    xalloc_die ();
  return result;
}

/* Expand COMMAND for TASK into *C.  Return 0 or an errno value.  */
static int
expand (struct mp_template const *command, struct mp_task const *task,
        struct mp_command *c)
{
  struct mp_expansion e = { .item = task->item, .n_items = task->n_items,
                            .index = task->index, .slot = task->slot };
  return mp_template_expand (command, &e, c);
}

int
pmap_dry_run (struct pmap_options const *o, struct pmap_feed *feed,
              struct mp_template const *command, struct pmap_joblog *log)
{
  struct pmap_messages const messages = { NULL };
  struct mp_command c = { 0 };
  struct mp_task *task;
  bool failures = false;
  int err;
  while ((err = (o->filter ? pmap_feed_lines (feed, 1, 1, true, &task)
                 : pmap_feed_next (feed, &task))) == EAGAIN || task)
    {
      struct pollfd p = { .fd = pmap_feed_fd (feed), .events = POLLIN };
      if (err == EAGAIN)
        {
          /* Let it be seen meanwhile.  */
          fflush (stdout);
          if (poll (&p, 1, -1) < 0 && errno != EINTR)
            error (MP_EXIT_FAILURE, errno, _("cannot wait for items"));
          continue;
        }
      if (pmap_joblog_skips (log, task))
        {
          mp_task_free (task);
          continue;
        }
      task->slot = 1;
      err = task->error ? task->error : expand (command, task, &c);
      if (err)
        pmap_report_error (&messages, o, task, err);
      else
        {
          char *text = (o->filter ? pmap_filter_text (o, task)
                        : pmap_command_text (&c));
          fputs (text, stdout);
          free (text);
        }
      failures |= err != 0;
      mp_task_free (task);
      /* close_stdout tells why.  */
      if (ferror (stdout))
        break;
    }
  mp_command_free (&c);
  if (pmap_feed_failed (feed))
    return MP_EXIT_FAILURE;
  return failures ? MP_EXIT_SOME_FAILED : MP_EXIT_SUCCESS;
}
