/* pmap: a page about the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-html.h"

#include <errno.h>
#include <fcntl.h>
#if ENABLE_NLS
# include <langinfo.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "full-write.h"
#include "quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "pmap.h"
#include "pmap-html-parts.h"
#include "pmap-text.h"
#include "pool.h"

/* How many of the slowest have a line each.  */
enum { SLOWEST = 20 };

/* From now on, the words of P come in UTF-8, if USED, as the page has them; or
   in the locale's charset, as all others want them.  */
static void
use_utf8 (struct page const *p, bool used)
{
#if ENABLE_NLS
  if (p->foreign)
    bind_textdomain_codeset (PACKAGE, used ? "UTF-8" : nl_langinfo (CODESET));
#else
  (void) p;
  (void) used;
#endif
}

static void
add_failure (struct page *p, struct mp_task const *task)
{
  if (p->n_failures < PMAP_HTML_FAILURES)
    pmap_named_set (&p->failure[p->n_failures++], task, pmap_task_time (task));
}

static void
add_ended (struct page *p, struct mp_task *task, bool again)
{
  bool good = pmap_task_outcome (task) == PMAP_OK;
  pmap_stats_ended (&p->stats, task, again);
  pmap_bars_add (&p->bars, task, (task->aborted ? PMAP_BAR_CUT
                                  : good ? PMAP_BAR_OK
                                  : again ? PMAP_BAR_AGAIN : PMAP_BAR_FAILED));
  if (pmap_task_ran (task))
    pmap_html_count_time (p, pmap_task_time (task));
  if (!good && !again && !task->aborted)
    add_failure (p, task);
}

static void
page_ended (void *self, struct mp_task *task, bool again)
{
  struct page *p = self;
  use_utf8 (p, true);
  add_ended (p, task, again);
  use_utf8 (p, false);
}

static void
page_lost (void *self, struct mp_task *task)
{
  struct page *p = self;
  use_utf8 (p, true);
  pmap_stats_lost (&p->stats, task);
  pmap_bars_add (&p->bars, task, PMAP_BAR_LOST);
  use_utf8 (p, false);
}

static void
page_delivered (void *self, struct mp_task *task)
{
  struct page *p = self;
  unsigned long long before = p->stats.failed;
  use_utf8 (p, true);
  pmap_stats_delivered (&p->stats, task);
  /* Its callback has.  */
  if (before < p->stats.failed)
    add_failure (p, task);
  use_utf8 (p, false);
}

static mp_time
page_tick (void *self, mp_time now)
{
  struct page *p = self;
  pmap_stats_tick (&p->stats, now);
  return -1;
}

static void
page_untold (void *arg, struct mp_task *task)
{
  add_ended (arg, task, false);
}

/* Write TEXT to FD, if that is not -1, and close it.  Return 0 or an errno
   value.  */
static int
write_all (int fd, struct pmap_text const *text)
{
  int err = 0;
  if (fd < 0)
    return errno;
  if (full_write (fd, text->data, text->len) != text->len)
    err = errno;
  if (close (fd) != 0 && !err)
    err = errno;
  return err;
}

/* Create a file beside FILE: store its name, from malloc, in *NAME.  Return its
   descriptor, or -1 with errno.  */
static int
create_beside (char const *file, char **name)
{
  *name = xasprintf ("%s.XXXXXX", file);
  if (!*name)
    xalloc_die ();
  return mkostemp (*name, O_CLOEXEC);
}

/* Let FD have the permissions that FILE has or, if there is none, a new one
   would.  */
static void
set_mode (int fd, char const *file)
{
  struct stat st;
  mode_t mask = umask (0);
  umask (mask);
  mode_t mode = stat (file, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask;
  /* Where there are no such permissions, they do not matter.  */
  if (fchmod (fd, mode) != 0)
    return;
}

/* Write TEXT to FILE, which is there before and after as a whole.  Return 0 or
   an errno value.  */
static int
replace_file (char const *file, struct pmap_text const *text)
{
  char *name;
  int fd = create_beside (file, &name);
  int err = fd < 0 ? errno : 0;
  if (!err)
    {
      set_mode (fd, file);
      err = write_all (fd, text);
      if (!err && rename (name, file) != 0)
        err = errno;
      if (err)
        unlink (name);
    }
  free (name);
  return err;
}

static bool
page_close (void *self)
{
  struct page *p = self;
  char const *file = p->info->o->report_file;
  struct pmap_text text = { .data = NULL };
  use_utf8 (p, true);
  pmap_each_untold (p->info, page_untold, p);
  pmap_stats_close (&p->stats);
  pmap_html_make (&text, p);
  use_utf8 (p, false);
  int err = (p->direct
             ? write_all (open (file, O_WRONLY | O_TRUNC | O_CLOEXEC), &text)
             : replace_file (file, &text));
  if (err)
    error (0, err, _("cannot write %s"), quote (file));
  for (size_t i = 0; i < p->n_failures; i++)
    pmap_named_free (&p->failure[i]);
  pmap_text_free (&text);
  pmap_bars_free (&p->bars);
  pmap_stats_free (&p->stats);
  free (p);
  return !err;
}

/* See whether FILE can be written when the run is over, and store in *DIRECT
   whether it is to be written to as it is.  Return 0 or an errno value.  */
static int
check_file (char const *file, bool *direct)
{
  struct stat st;
  *direct = lstat (file, &st) == 0 && !S_ISREG (st.st_mode);
  if (*direct)
    {
      /* A link may lead to what is not there yet.  */
      int fd = open (file, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
      /* Nobody reads that pipe yet.  */
      return 0 <= fd ? (close (fd), 0) : errno == ENXIO ? 0 : errno;
    }
  char *name;
  int fd = create_beside (file, &name);
  int err = fd < 0 ? errno : 0;
  if (!err)
    {
      close (fd);
      unlink (name);
    }
  free (name);
  return err;
}

struct pmap_observer
pmap_html_open (struct pmap_info const *info)
{
  struct page *p = xzalloc (sizeof *p);
  char const *file = info->o->report_file;
  p->info = info;
#if ENABLE_NLS
  p->foreign = strcmp (nl_langinfo (CODESET), "UTF-8") != 0;
#endif
  int err = check_file (file, &p->direct);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot write %s"), quote (file));
  pmap_stats_init (&p->stats, info, SLOWEST);
  return (struct pmap_observer) { .self = p, .ended = page_ended,
                                  .lost = page_lost,
                                  .delivered = page_delivered,
                                  .tick = page_tick, .close = page_close };
}
