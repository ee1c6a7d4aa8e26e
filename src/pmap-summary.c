/* pmap: a summary of the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbswidth.h"
#include "minmax.h"
#include "quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "front.h"
#include "pmap.h"
#include "pmap-stats.h"
#include "pmap-text.h"

/* How many of the slowest, and how many hosts, are told.  */
enum { SLOWEST = 5, HOSTS = 20 };

/* A line: what it is about, and that.  */
struct line
{
  char const *label;            /* translated; empty: the same as above */
  char *number;                 /* aligned to the right, owned */
  char const *unit;             /* of that, translated */
  char *text;                   /* behind it, owned */
};

/* The lines.  */
struct summary
{
  struct pmap_stats stats;
  struct line line[SLOWEST + HOSTS + 12];
  size_t n;
};

static char *
checked (char *text)
{
  if (!text)
    xalloc_die ();
  return text;
}

/* Add a line LABEL to S: so many UNITs, and TEXT.  NUMBER and TEXT become
   S's.  */
static void
add_line (struct summary *s, char const *label, char *number,
          char const *unit, char *text)
{
  s->line[s->n++] = (struct line) { label, checked (number), unit,
                                    checked (text) };
}

/* The time T in seconds.  */
static char *
seconds (mp_time t)
{
  return xasprintf ("%.3f", t / 1e9);
}

/* Append PART, which is freed, to *TEXT.  */
static void
add_part (char **text, char *part)
{
  checked (part);
  if (**text)
    {
      char *longer = checked (xasprintf (_("%s, %s"), *text, part));
      free (part);
      part = longer;
    }
  free (*text);
  *text = part;
}

/* Add to S how many tasks there were, and how many of them were not good.  */
static void
add_tasks (struct summary *s)
{
  struct pmap_stats const *t = &s->stats;
  char *text = xstrdup ("");
  if (t->failed)
    add_part (&text, xasprintf (ngettext ("%llu failed", "%llu failed",
                                          t->failed), t->failed));
  if (t->not_run)
    add_part (&text, xasprintf (ngettext ("%llu not run", "%llu not run",
                                          t->not_run), t->not_run));
  if (t->aborted)
    add_part (&text, xasprintf (ngettext ("%llu ended with the run",
                                          "%llu ended with the run",
                                          t->aborted), t->aborted));
  if (t->retried)
    add_part (&text, xasprintf (ngettext ("%llu tried again",
                                          "%llu tried again",
                                          t->retried), t->retried));
  add_line (s, ngettext ("task", "tasks", t->tasks),
            xasprintf ("%llu", t->tasks), "", text);
  if (t->attempts_failed || t->lost)
    add_line (s, _("attempts"), xasprintf ("%llu", t->attempts), "",
              (t->lost
               ? xasprintf (ngettext ("%llu lost with its host",
                                      "%llu lost with their hosts",
                                      t->lost), t->lost)
               : xstrdup ("")));
}

/* Add to S what H has done.  */
static void
add_host (struct summary *s, struct pmap_host_stats const *h)
{
  char *text = checked (xasprintf (_("on %s"), h->name));
  char *busy = checked (seconds (h->busy));
  add_part (&text, xasprintf (_("%s s busy"), busy));
  free (busy);
  if (s->stats.cpu_known)
    {
      char *cpu = checked (seconds (h->cpu));
      add_part (&text, xasprintf (_("%s s CPU"), cpu));
      free (cpu);
    }
  if (h->failed)
    add_part (&text, xasprintf (ngettext ("%llu failed", "%llu failed",
                                          h->failed), h->failed));
  if (h->lost)
    add_part (&text, xasprintf (ngettext ("%llu lost", "%llu lost", h->lost),
                                h->lost));
  add_line (s, "", xasprintf ("%llu", h->attempts), "", text);
}

/* Add to S what the hosts have done.  */
static void
add_hosts (struct summary *s)
{
  struct pmap_stats const *t = &s->stats;
  size_t n = MIN (t->n_hosts, HOSTS);
  add_line (s, ngettext ("host", "hosts", t->n_hosts),
            xasprintf ("%zu", t->n_hosts), "", xstrdup (""));
  for (size_t i = 0; i < n; i++)
    add_host (s, &t->host[i]);
  if (n == t->n_hosts)
    return;
  unsigned long long attempts = 0;
  for (size_t i = n; i < t->n_hosts; i++)
    attempts += t->host[i].attempts;
  add_line (s, "", xasprintf ("%llu", attempts), "",
            xasprintf (ngettext ("on %zu more", "on %zu more",
                                 t->n_hosts - n), t->n_hosts - n));
}

/* Add to S the task N with its time, under LABEL.  */
static void
add_named (struct summary *s, char const *label, struct pmap_named const *n)
{
  char const *item = (s->stats.info->o->blocks ? n->label
                      : quote (n->label));
  char *text = (n->how ? xasprintf (_("%s (%s)"), item, n->how)
                : xstrdup (item));
  /* TRANSLATORS: seconds.  */
  add_line (s, label, seconds (n->time), _("s"), text);
}

/* Make the lines of S.  */
static void
make_lines (struct summary *s)
{
  struct pmap_stats const *t = &s->stats;
  add_tasks (s);
  add_line (s, _("time"), seconds (t->wall), _("s"), xstrdup (""));
  if (t->cpu_known)
    {
      char *user = checked (seconds (t->user));
      char *system = checked (seconds (t->system));
      add_line (s, _("CPU"), seconds (t->user + t->system), _("s"),
                xasprintf (_("%s user, %s system"), user, system));
      free (user);
      free (system);
    }
  add_line (s, _("speed-up"), xasprintf ("%.2f", pmap_stats_speedup (t)),
            "", xstrdup (""));
  add_line (s, _("efficiency"),
            xasprintf ("%.0f", 100 * pmap_stats_efficiency (t)), "%",
            xasprintf (_("of %g at a time"),
                       (int) (t->processes * 100 + .5) / 100.));
  if (t->n_hosts)
    add_hosts (s);
  for (size_t i = 0; i < t->n_slowest; i++)
    add_named (s, i ? "" : _("slowest"), &t->slowest[i]);
  if (t->waited.label)
    add_named (s, _("longest wait"), &t->waited);
}

/* Append S, with blanks so that it is WIDTH wide, to TEXT: to the RIGHT or
   left.  */
static void
add_column (struct pmap_text *text, char const *s, int width, bool right)
{
  int blanks = MAX (width - MAX (mbswidth (s, 0), 0), 0);
  pmap_text_printf (text, "%*s%s%*s", right ? blanks : 0, "", s,
                    right ? 0 : blanks, "");
}

/* Write the lines of S, in columns.  */
static void
write_lines (struct summary const *s)
{
  struct pmap_text text = { .data = NULL };
  int label_width = 0, number_width = 0, unit_width = 0;
  for (size_t i = 0; i < s->n; i++)
    {
      struct line const *l = &s->line[i];
      label_width = MAX (label_width, mbswidth (l->label, 0));
      number_width = MAX (number_width, mbswidth (l->number, 0));
      unit_width = MAX (unit_width, mbswidth (l->unit, 0));
    }
  for (size_t i = 0; i < s->n; i++)
    {
      struct line const *l = &s->line[i];
      add_column (&text, l->label, label_width, false);
      pmap_text_puts (&text, "  ");
      add_column (&text, l->number, number_width, true);
      pmap_text_puts (&text, *l->unit || *l->text ? " " : "");
      if (*l->text)
        add_column (&text, l->unit, unit_width, false);
      else
        pmap_text_puts (&text, l->unit);
      pmap_text_printf (&text, "%s%s\n", *l->text ? "  " : "", l->text);
    }
  if (text.len)
    fwrite (text.data, 1, text.len, stderr);
  pmap_text_free (&text);
}

static void
summary_ended (void *self, struct mp_task *task, bool again)
{
  pmap_stats_ended (&((struct summary *) self)->stats, task, again);
}

static void
summary_delivered (void *self, struct mp_task *task)
{
  pmap_stats_delivered (&((struct summary *) self)->stats, task);
}

static void
summary_lost (void *self, struct mp_task *task)
{
  pmap_stats_lost (&((struct summary *) self)->stats, task);
}

static void
summary_untold (void *arg, struct mp_task *task)
{
  summary_ended (arg, task, false);
}

static mp_time
summary_tick (void *self, mp_time now)
{
  pmap_stats_tick (&((struct summary *) self)->stats, now);
  return -1;
}

static bool
summary_close (void *self)
{
  struct summary *s = self;
  pmap_each_untold (s->stats.info, summary_untold, s);
  pmap_stats_close (&s->stats);
  make_lines (s);
  write_lines (s);
  for (size_t i = 0; i < s->n; i++)
    {
      free (s->line[i].number);
      free (s->line[i].text);
    }
  pmap_stats_free (&s->stats);
  free (s);
  return true;
}

struct pmap_observer
pmap_summary_open (struct pmap_info const *info)
{
  struct summary *s = xzalloc (sizeof *s);
  pmap_stats_init (&s->stats, info, SLOWEST);
  return (struct pmap_observer) { .self = s, .ended = summary_ended,
                                  .lost = summary_lost,
                                  .delivered = summary_delivered,
                                  .tick = summary_tick,
                                  .close = summary_close };
}
