/* pmap: the page about a run, from its head to its tables.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-html-parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "minmax.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "front.h"
#include "pmap.h"
#include "pmap-html-page.h"
#include "pmap-text.h"

/* How many hosts have a line each.  */
enum { HOSTS = 200 };

/* Return X, which is not negative, with two digits behind the point unless it
   is WHOLE.  printf would ask the locale how that looks.  The caller frees
   it.  */
static char *
decimal (double x, bool whole)
{
  long long int n = x * 100 + .5;
  char number[48];
  if (whole && n % 100 == 0)
    sprintf (number, "%lld", n / 100);
  else
    sprintf (number, "%lld.%02d", n / 100, (int) (n % 100));
  return xstrdup (number);
}

/* Append to TEXT the head of the page, whose own script is known by NONCE, with
   TITLE.  */
static void
add_head (struct pmap_text *text, char const *title, char const *nonce)
{
  pmap_text_puts (text, "<!DOCTYPE html>\n<html lang=\"");
  /* TRANSLATORS: the BCP 47 code of your language, as in <html lang="en">. */
  pmap_html_put (text, _("en"));
  pmap_text_puts (text, "\">\n<head>\n"
                  "<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\""
                  "default-src 'none'; style-src 'unsafe-inline'; ");
  pmap_text_printf (text, "script-src 'nonce-%s'\">\n", nonce);
  pmap_text_puts (text, "<meta name=\"viewport\""
                  " content=\"width=device-width, initial-scale=1\">\n"
                  "<title>pmap ");
  pmap_html_put (text, title);
  pmap_text_puts (text, "</title>\n<style>\n");
  pmap_html_put_lines (text, pmap_html_style);
  pmap_text_puts (text, "</style>\n</head>\n<body>\n");
}

/* Append to TEXT what was run, COMMAND, and when.  */
static void
add_title (struct pmap_text *text, struct page const *p, char const *command)
{
  char when[64] = "";
  struct tm const *tm = localtime (&p->info->wall_origin.tv_sec);
  if (tm)
    strftime (when, sizeof when, "%Y-%m-%d %H:%M:%S %z", tm);
  pmap_text_puts (text, "<h1>pmap <code>");
  pmap_html_put (text, command);
  pmap_text_puts (text, "</code></h1>\n<p class=\"dim\">");
  /* TRANSLATORS: a date and a time of day.  */
  pmap_html_printf (text, _("Begun on %s"), when);
  pmap_text_puts (text, "</p>\n");
}

/* Begin in TEXT the figure NAME, marked as BAD or not.  */
static void
begin_figure (struct pmap_text *text, char const *name, bool bad)
{
  pmap_text_puts (text, "<div><dt>");
  pmap_html_put (text, name);
  pmap_text_printf (text, "</dt><dd%s>", bad ? " class=\"bad\"" : "");
}

/* End it with the SMALL text, which is freed, or null.  */
static void
end_figure (struct pmap_text *text, char *small)
{
  if (small)
    {
      pmap_text_puts (text, " <small>");
      pmap_html_put (text, small);
      pmap_text_puts (text, "</small>");
      free (small);
    }
  pmap_text_puts (text, "</dd></div>\n");
}

/* Add to TEXT the figure NAME, the number N, with a SMALL text, which is freed,
   or null.  */
static void
add_count (struct pmap_text *text, char const *name, unsigned long long n,
           bool bad, char *small)
{
  begin_figure (text, name, bad);
  pmap_text_printf (text, "%llu", n);
  end_figure (text, small);
}

/* How many attempts S has.  */
static char *
attempts_words (struct pmap_stats const *s)
{
  return xasprintf (ngettext ("%llu attempt in all", "%llu attempts in all",
                              s->attempts), s->attempts);
}

/* Add to TEXT the figures of S that are counted.  */
static void
add_counts (struct pmap_text *text, struct pmap_stats const *s)
{
  add_count (text, ngettext ("task", "tasks", s->tasks), s->tasks, false, NULL);
  add_count (text, _("failed"), s->failed, s->failed,
             (s->not_run
              ? xasprintf (ngettext ("%llu not run", "%llu not run",
                                     s->not_run), s->not_run)
              : NULL));
  if (s->aborted)
    add_count (text, _("ended with the run"), s->aborted, false, NULL);
  if (s->attempts_failed)
    add_count (text, _("tried again"), s->retried, false, attempts_words (s));
  if (s->lost)
    add_count (text, _("lost with their hosts"), s->lost, true,
               attempts_words (s));
}

/* Add to TEXT the time that S had on CPUs.  */
static void
add_cpu_time (struct pmap_text *text, struct pmap_stats const *s)
{
  char *user = pmap_html_time_words (s->user);
  char *system = pmap_html_time_words (s->system);
  begin_figure (text, _("CPU time"), false);
  pmap_html_put_time (text, s->user + s->system);
  end_figure (text, xasprintf (_("%s user, %s system"), user, system));
  free (user);
  free (system);
}

/* Add to TEXT how much faster S was than one task after the other.  */
static void
add_speedup (struct pmap_text *text, struct pmap_stats const *s)
{
  char *speedup = decimal (pmap_stats_speedup (s), false);
  char *processes = decimal (s->processes, true);
  begin_figure (text, _("speed-up"), false);
  pmap_html_put (text, speedup);
  /* TRANSLATORS: how well so many tasks at a time were used.  */
  end_figure (text, xasprintf (_("%d %% of %s at a time"),
                               (int) (100 * pmap_stats_efficiency (s) + .5),
                               processes));
  free (speedup);
  free (processes);
}

/* Add to TEXT the figures of S.  */
static void
add_figures (struct pmap_text *text, struct pmap_stats const *s)
{
  pmap_text_puts (text, "<dl>\n");
  add_counts (text, s);
  begin_figure (text, _("time"), false);
  pmap_html_put_time (text, s->wall);
  end_figure (text, NULL);
  if (s->cpu_known)
    add_cpu_time (text, s);
  add_speedup (text, s);
  if (s->waited.label)
    {
      begin_figure (text, _("longest wait of an output"), false);
      pmap_html_put_time (text, s->waited.time);
      end_figure (text, (s->info->o->blocks ? xstrdup (s->waited.label)
                         : xasprintf (_("item %s"), s->waited.label)));
    }
  pmap_text_puts (text, "</dl>\n");
}

/* Add to TEXT a table TITLE of the N tasks NAMED; ATTEMPTS tells whether it has
   the number of the attempt.  */
static void
add_table (struct pmap_text *text, char const *title,
           struct pmap_named const *named, size_t n, bool attempts)
{
  pmap_html_element (text, "h2", NULL, title);
  pmap_text_puts (text, "\n<div class=\"scroll\"><table>\n"
                  "<tr><th class=\"n\">#</th>");
  /* TRANSLATORS: the heads of columns.  */
  pmap_html_element (text, "th", NULL, _("item"));
  pmap_html_element (text, "th", "n", _("time"));
  if (attempts)
    pmap_html_element (text, "th", "n", _("attempt"));
  pmap_html_element (text, "th", NULL, _("outcome"));
  pmap_text_puts (text, "</tr>\n");
  for (size_t i = 0; i < n; i++)
    {
      pmap_text_printf (text, "<tr><td class=\"n\">%llu</td>"
                        "<td class=\"item\">", named[i].index);
      pmap_text_html (text, named[i].label, named[i].len);
      pmap_text_puts (text, "</td><td class=\"n\">");
      pmap_html_put_time (text, named[i].time);
      if (attempts)
        pmap_text_printf (text, "</td><td class=\"n\">%u", named[i].attempt);
      pmap_text_puts (text, "</td><td>");
      pmap_html_put (text, named[i].how ? named[i].how : _("success"));
      pmap_text_puts (text, "</td></tr>\n");
    }
  pmap_text_puts (text, "</table></div>\n");
}

/* Add to TEXT the row of H in the table of hosts, with the columns CPU and LOST
   or without.  */
static void
add_host (struct pmap_text *text, struct pmap_host_stats const *h, bool cpu,
          bool lost)
{
  pmap_text_puts (text, "<tr><td class=\"item\">");
  pmap_html_put (text, h->name);
  pmap_text_printf (text, "</td><td class=\"n\">%llu</td>"
                    "<td class=\"n\">%llu", h->attempts, h->failed);
  if (lost)
    pmap_text_printf (text, "</td><td class=\"n\">%llu", h->lost);
  pmap_text_puts (text, "</td><td class=\"n\">");
  pmap_html_put_time (text, h->busy);
  if (cpu)
    {
      pmap_text_puts (text, "</td><td class=\"n\">");
      pmap_html_put_time (text, h->cpu);
    }
  pmap_text_puts (text, "</td></tr>\n");
}

/* Add to TEXT that only the first N of ALL are told.  */
static void
add_first (struct pmap_text *text, size_t n, unsigned long long all)
{
  pmap_text_puts (text, "<p class=\"dim\">");
  /* TRANSLATORS: what a table shows.  */
  pmap_html_printf (text, _("The first %zu of %llu."), n, all);
  pmap_text_puts (text, "</p>\n");
}

/* Add to TEXT the table of the hosts of S, of which there are some.  */
static void
add_hosts (struct pmap_text *text, struct pmap_stats const *s)
{
  size_t n = MIN (s->n_hosts, HOSTS);
  pmap_html_element (text, "h2", NULL, _("The hosts"));
  pmap_text_puts (text, "\n<div class=\"scroll\"><table>\n<tr>");
  pmap_html_element (text, "th", NULL, ngettext ("host", "hosts", 1));
  pmap_html_element (text, "th", "n",
                     (s->attempts_failed || s->lost ? _("attempts")
                      : ngettext ("task", "tasks", s->tasks)));
  pmap_html_element (text, "th", "n", _("failed"));
  if (s->lost)
    /* TRANSLATORS: the head of a column: attempts that were lost with their
       host.  */
    pmap_html_element (text, "th", "n", _("lost"));
  /* TRANSLATORS: the head of a column: how long tasks ran on a host.  */
  pmap_html_element (text, "th", "n", _("busy"));
  if (s->cpu_known)
    pmap_html_element (text, "th", "n", _("CPU time"));
  pmap_text_puts (text, "</tr>\n");
  for (size_t i = 0; i < n; i++)
    add_host (text, &s->host[i], s->cpu_known, s->lost);
  pmap_text_puts (text, "</table></div>\n");
  if (n < s->n_hosts)
    add_first (text, n, s->n_hosts);
}

static void
add_tables (struct pmap_text *text, struct page const *p)
{
  struct pmap_stats const *s = &p->stats;
  bool attempts = s->attempts_failed || s->lost;
  if (s->n_hosts)
    add_hosts (text, s);
  if (s->n_slowest)
    add_table (text, _("The slowest"), s->slowest, s->n_slowest, attempts);
  if (!p->n_failures)
    return;
  add_table (text, _("The failures"), p->failure, p->n_failures, attempts);
  if (p->n_failures < s->failed)
    add_first (text, p->n_failures, s->failed);
}

/* Store in NONCE what no item knows.  */
static void
make_nonce (char nonce[33])
{
  unsigned char bytes[16] = { 0 };
  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    {
      mp_time now = mp_now ();
      memcpy (bytes, &now, sizeof now);
    }
  for (size_t i = 0; i < sizeof bytes; i++)
    sprintf (nonce + 2 * i, "%02x", bytes[i]);
}

void
pmap_html_make (struct pmap_text *text, struct page const *p)
{
  char nonce[33];
  char *command = pmap_run_text (p->info->o);
  make_nonce (nonce);
  add_head (text, command, nonce);
  add_title (text, p, command);
  free (command);
  add_figures (text, &p->stats);
  if (p->bars.n)
    pmap_html_chart (text, p);
  pmap_html_histogram (text, p);
  add_tables (text, p);
  if (p->bars.n)
    pmap_html_data (text, p, nonce);
  pmap_text_puts (text, "</body>\n</html>\n");
}
