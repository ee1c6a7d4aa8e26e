/* pmap: a page about the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

/* The page is in the user's language, and UTF-8 whatever the locale is; numbers
   have a point.  Items in it are whatever somebody has named his files: they
   are text for HTML, or strings of JSON that cannot end the element that they
   are in.  Translations are treated the same.  Besides, the page says that no
   script counts but its own.  */

#include <config.h>

#include "pmap-html.h"

#include <errno.h>
#include <fcntl.h>
#if ENABLE_NLS
# include <langinfo.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "full-write.h"
#include "minmax.h"
#include "quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "pmap.h"
#include "pmap-bars.h"
#include "pmap-hosts.h"
#include "pmap-html-page.h"
#include "pmap-stats.h"
#include "pmap-text.h"
#include "pool.h"

/* How many of the slowest, of the failures and of the hosts have a line
   each.  */
enum { SLOWEST = 20, FAILURES = 200, HOSTS = 200 };

/* Run times up to a microsecond are in the first row of the histogram; each row
   then ends at 2, 2.5 or 2 times as much as the one before, so that there are
   three to a power of ten; what is longer than a million seconds is in the last
   one.  */
enum { POWERS = 12, ROWS = 3 * POWERS + 2 };

struct page
{
  struct pmap_info const *info;
  struct pmap_stats stats;
  struct pmap_bars bars;
  struct pmap_named failure[FAILURES];
  size_t n_failures;
  unsigned long long times[ROWS];       /* how many took so long */
  bool foreign;                 /* the locale's charset is not UTF-8 */
  bool direct;                  /* the file is no regular one, and written to
                                   as it is */
};

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

/* The upper end of ROW of the histogram.  */
static mp_time
row_end (int row)
{
  static int const factors[] = { 1, 2, 5 };
  mp_time t = 1000;
  for (int i = 0; i < row / 3; i++)
    t *= 10;
  return t * factors[row % 3];
}

/* Where TIME belongs in the histogram.  */
static int
row_of (mp_time time)
{
  int row = 0;
  while (row < ROWS - 1 && row_end (row) < time)
    row++;
  return row;
}

static void
add_failure (struct page *p, struct mp_task const *task)
{
  if (p->n_failures < FAILURES)
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
    p->times[row_of (pmap_task_time (task))]++;
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

/* Append WORDS to TEXT.  */
static void
add_words (struct pmap_text *text, char const *words)
{
  pmap_text_html (text, words, strlen (words));
}

/* Append words to TEXT as printf does.  */
static void ATTRIBUTE_FORMAT ((printf, 2, 3))
add_phrase (struct pmap_text *text, char const *format, ...)
{
  va_list args;
  va_start (args, format);
  char *words = xvasprintf (format, args);
  va_end (args);
  if (words)
    add_words (text, words);
  free (words);
}

/* Return the time T in words, with three digits or more, in a unit that suits
   it.  The caller frees it.  */
static char *
time_words (mp_time t)
{
  static mp_time const sizes[] = {
    [PMAP_NS] = 1, [PMAP_US] = 1000, [PMAP_MS] = 1000000, [PMAP_S] = 1000000000
  };
  enum pmap_unit unit = PMAP_S;
  char number[48];
  while (PMAP_NS < unit && t < sizes[unit])
    unit--;
  mp_time whole = t / sizes[unit];
  int fraction = t % sizes[unit] * 100 / sizes[unit];
  if (unit == PMAP_NS || 100 <= whole)
    sprintf (number, "%lld", whole);
  else if (10 <= whole)
    sprintf (number, "%lld.%d", whole, fraction / 10);
  else
    sprintf (number, "%lld.%02d", whole, fraction);
  return pmap_html_time (number, unit);
}

/* Likewise, of T, which is a whole number of some unit.  */
static char *
round_time_words (mp_time t)
{
  char number[48];
  enum pmap_unit unit = t < 1000000 ? PMAP_US : t < 1000000000 ? PMAP_MS
                        : PMAP_S;
  sprintf (number, "%lld", (t / (unit == PMAP_US ? 1000
                                 : unit == PMAP_MS ? 1000000 : 1000000000)));
  return pmap_html_time (number, unit);
}

/* Append the time T to TEXT.  */
static void
add_time (struct pmap_text *text, mp_time t)
{
  char *words = time_words (t);
  add_words (text, words);
  free (words);
}

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

static void
add_lines (struct pmap_text *text, char const *const *line)
{
  for (; *line; line++)
    pmap_text_puts (text, *line);
}

/* Append to TEXT the head of the page, whose own script is known by NONCE, with
   TITLE.  */
static void
add_head (struct pmap_text *text, char const *title, char const *nonce)
{
  pmap_text_puts (text, "<!DOCTYPE html>\n<html lang=\"");
  /* TRANSLATORS: the BCP 47 code of your language, as in <html lang="en">. */
  add_words (text, _("en"));
  pmap_text_puts (text, "\">\n<head>\n"
                  "<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\""
                  "default-src 'none'; style-src 'unsafe-inline'; ");
  pmap_text_printf (text, "script-src 'nonce-%s'\">\n", nonce);
  pmap_text_puts (text, "<meta name=\"viewport\""
                  " content=\"width=device-width, initial-scale=1\">\n"
                  "<title>pmap ");
  add_words (text, title);
  pmap_text_puts (text, "</title>\n<style>\n");
  add_lines (text, pmap_html_style);
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
  add_words (text, command);
  pmap_text_puts (text, "</code></h1>\n<p class=\"dim\">");
  /* TRANSLATORS: a date and a time of day.  */
  add_phrase (text, _("Begun on %s"), when);
  pmap_text_puts (text, "</p>\n");
}

/* Begin in TEXT the figure NAME, marked as BAD or not.  */
static void
begin_figure (struct pmap_text *text, char const *name, bool bad)
{
  pmap_text_puts (text, "<div><dt>");
  add_words (text, name);
  pmap_text_printf (text, "</dt><dd%s>", bad ? " class=\"bad\"" : "");
}

/* End it with the SMALL text, which is freed, or null.  */
static void
end_figure (struct pmap_text *text, char *small)
{
  if (small)
    {
      pmap_text_puts (text, " <small>");
      add_words (text, small);
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
  char *user = time_words (s->user), *system = time_words (s->system);
  begin_figure (text, _("CPU time"), false);
  add_time (text, s->user + s->system);
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
  add_words (text, speedup);
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
  add_time (text, s->wall);
  end_figure (text, NULL);
  if (s->cpu_known)
    add_cpu_time (text, s);
  add_speedup (text, s);
  if (s->waited.label)
    {
      begin_figure (text, _("longest wait of an output"), false);
      add_time (text, s->waited.time);
      end_figure (text, (s->info->o->blocks ? xstrdup (s->waited.label)
                         : xasprintf (_("item %s"), s->waited.label)));
    }
  pmap_text_puts (text, "</dl>\n");
}

/* Add to TEXT WORDS within ELEMENT, with CLASS, or null.  */
static void
add_element (struct pmap_text *text, char const *element, char const *class,
             char const *words)
{
  if (class)
    pmap_text_printf (text, "<%s class=\"%s\">", element, class);
  else
    pmap_text_printf (text, "<%s>", element);
  add_words (text, words);
  pmap_text_printf (text, "</%s>", element);
}

/* Add to TEXT the entry of the legend for the color NAME: WORDS.  */
static void
add_legend (struct pmap_text *text, char const *name, char const *words)
{
  pmap_text_printf (text, "<span><i style=\"background: var(--%s)\"></i>",
                    name);
  add_words (text, words);
  pmap_text_puts (text, "</span>\n");
}

/* Add to TEXT what the colors of the chart of S are.  */
static void
add_legends (struct pmap_text *text, struct pmap_stats const *s)
{
  add_legend (text, "ok", _("success"));
  if (s->failed || s->attempts_failed)
    add_legend (text, "bad", _("failed"));
  if (s->attempts_failed)
    add_legend (text, "again", _("failed, tried again"));
  if (s->aborted)
    add_legend (text, "cut", _("ended with the run"));
  if (s->lost)
    add_legend (text, "lost", _("lost with its host"));
}

/* Add to TEXT the button ID, which shows SIGN and is for what TITLE says.  */
static void
add_button (struct pmap_text *text, char const *id, char const *title,
            char const *sign)
{
  pmap_text_printf (text, "<button id=\"%s\" title=\"", id);
  add_words (text, title);
  pmap_text_printf (text, "\">%s</button>\n", sign);
}

/* Add to TEXT the buttons of the chart.  */
static void
add_buttons (struct pmap_text *text)
{
  pmap_text_puts (text, "<span class=\"zoom\">");
  /* TRANSLATORS: what a button of the chart shows: an earlier part of it, a
     later one, a smaller one, a larger one.  */
  add_button (text, "back", _("earlier"), "&#8592;");
  add_button (text, "on", _("later"), "&#8594;");
  add_button (text, "in", _("closer"), "+");
  add_button (text, "out", _("farther"), "&#8722;");
  pmap_text_puts (text, "<button id=\"all\">");
  /* TRANSLATORS: on a button: show the whole chart.  */
  add_words (text, _("All"));
  pmap_text_puts (text, "</button></span>");
}

/* Add to TEXT what is to be said on the chart of P.  */
static void
add_notes (struct pmap_text *text, struct page const *p)
{
  struct pmap_bars const *b = &p->bars;
  bool hosts = p->stats.n_hosts;
  pmap_text_puts (text, "<p class=\"dim\">");
  add_words (text, (hosts
                    ? _("A row is a slot of a host, in which one task runs at"
                        " a time.")
                    : _("A row is a slot, in which one task runs at a"
                        " time.")));
  pmap_text_puts (text, "  ");
  add_words (text, _("Drag to see a part; double-click to see all."));
  if (b->merged)
    {
      char *within = time_words (b->resolution);
      pmap_text_puts (text, "  ");
      /* TRANSLATORS: a duration.  "Pale" and "red" are about the bars.  */
      add_phrase (text, _("There were so many tasks that bars are several of"
                          " them where these followed each other within %s:"
                          " pale where little ran, and red in the part that"
                          " failed."), within);
      free (within);
    }
  if (b->left_out)
    {
      pmap_text_puts (text, "  ");
      if (hosts)
        add_phrase (text, ngettext ("%llu task ran in more slots than these"
                                    " %d, which are not shown.",
                                    "%llu tasks ran in more slots than these"
                                    " %d, which are not shown.", b->left_out),
                    b->left_out, PMAP_LANES_MAX);
      else
        add_phrase (text, ngettext ("%llu task ran in slots above %d, which"
                                    " are not shown.",
                                    "%llu tasks ran in slots above %d, which"
                                    " are not shown.", b->left_out),
                    b->left_out, PMAP_LANES_MAX);
    }
  pmap_text_puts (text, "</p>\n");
}

/* Add to TEXT what the chart of P is drawn on.  */
static void
add_chart (struct pmap_text *text, struct page const *p)
{
  add_element (text, "h2", NULL, _("When the tasks ran"));
  pmap_text_puts (text, "\n<div class=\"tools\">");
  add_legends (text, &p->stats);
  add_buttons (text);
  pmap_text_puts (text, "</div>\n"
                  "<div id=\"box\"><canvas id=\"chart\"></canvas>"
                  "<div id=\"tip\" hidden></div></div>\n"
                  "<noscript>");
  add_element (text, "p", NULL, _("The chart needs JavaScript."));
  pmap_text_puts (text, "</noscript>\n");
  add_notes (text, p);
}

/* Add the histogram of P to TEXT.  */
static void
add_histogram (struct pmap_text *text, struct page const *p)
{
  int first = 0, last = ROWS - 1;
  unsigned long long most = 0;
  while (first < ROWS && !p->times[first])
    first++;
  while (first < last && !p->times[last])
    last--;
  if (first == ROWS)
    return;
  for (int i = first; i <= last; i++)
    most = MAX (most, p->times[i]);
  add_element (text, "h2", NULL, _("How long they took"));
  pmap_text_puts (text, "\n<table class=\"hist\">\n");
  for (int i = first; i <= last; i++)
    {
      bool open = i == ROWS - 1;
      char *end = round_time_words (row_end (open ? i - 1 : i));
      pmap_text_puts (text, "<tr><td class=\"n\">");
      /* TRANSLATORS: tasks that took more than, or at most, a duration.  */
      add_phrase (text, open ? _("over %s") : _("to %s"), end);
      free (end);
      pmap_text_printf (text, "</td><td class=\"n\">%llu</td>"
                        "<td class=\"bar\">", p->times[i]);
      if (p->times[i])
        pmap_text_printf (text, "<b style=\"width: max(2px, %d.%d%%)\"></b>",
                          (int) (p->times[i] * 100 / most),
                          (int) (p->times[i] * 1000 / most % 10));
      pmap_text_puts (text, "</td></tr>\n");
    }
  pmap_text_puts (text, "</table>\n");
}

/* Add to TEXT a table TITLE of the N tasks NAMED; ATTEMPTS tells whether it has
   the number of the attempt.  */
static void
add_table (struct pmap_text *text, char const *title,
           struct pmap_named const *named, size_t n, bool attempts)
{
  add_element (text, "h2", NULL, title);
  pmap_text_puts (text, "\n<div class=\"scroll\"><table>\n"
                  "<tr><th class=\"n\">#</th>");
  /* TRANSLATORS: the heads of columns.  */
  add_element (text, "th", NULL, _("item"));
  add_element (text, "th", "n", _("time"));
  if (attempts)
    add_element (text, "th", "n", _("attempt"));
  add_element (text, "th", NULL, _("outcome"));
  pmap_text_puts (text, "</tr>\n");
  for (size_t i = 0; i < n; i++)
    {
      pmap_text_printf (text, "<tr><td class=\"n\">%llu</td>"
                        "<td class=\"item\">", named[i].index);
      pmap_text_html (text, named[i].label, named[i].len);
      pmap_text_puts (text, "</td><td class=\"n\">");
      add_time (text, named[i].time);
      if (attempts)
        pmap_text_printf (text, "</td><td class=\"n\">%u", named[i].attempt);
      pmap_text_puts (text, "</td><td>");
      add_words (text, named[i].how ? named[i].how : _("success"));
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
  add_words (text, h->name);
  pmap_text_printf (text, "</td><td class=\"n\">%llu</td>"
                    "<td class=\"n\">%llu", h->attempts, h->failed);
  if (lost)
    pmap_text_printf (text, "</td><td class=\"n\">%llu", h->lost);
  pmap_text_puts (text, "</td><td class=\"n\">");
  add_time (text, h->busy);
  if (cpu)
    {
      pmap_text_puts (text, "</td><td class=\"n\">");
      add_time (text, h->cpu);
    }
  pmap_text_puts (text, "</td></tr>\n");
}

/* Add to TEXT that only the first N of ALL are told.  */
static void
add_first (struct pmap_text *text, size_t n, unsigned long long all)
{
  pmap_text_puts (text, "<p class=\"dim\">");
  /* TRANSLATORS: what a table shows.  */
  add_phrase (text, _("The first %zu of %llu."), n, all);
  pmap_text_puts (text, "</p>\n");
}

/* Add to TEXT the table of the hosts of S, of which there are some.  */
static void
add_hosts (struct pmap_text *text, struct pmap_stats const *s)
{
  size_t n = MIN (s->n_hosts, HOSTS);
  add_element (text, "h2", NULL, _("The hosts"));
  pmap_text_puts (text, "\n<div class=\"scroll\"><table>\n<tr>");
  add_element (text, "th", NULL, ngettext ("host", "hosts", 1));
  add_element (text, "th", "n", (s->attempts_failed || s->lost ? _("attempts")
                                 : ngettext ("task", "tasks", s->tasks)));
  add_element (text, "th", "n", _("failed"));
  if (s->lost)
    /* TRANSLATORS: the head of a column: attempts that were lost with their
       host.  */
    add_element (text, "th", "n", _("lost"));
  /* TRANSLATORS: the head of a column: how long tasks ran on a host.  */
  add_element (text, "th", "n", _("busy"));
  if (s->cpu_known)
    add_element (text, "th", "n", _("CPU time"));
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

/* Where a lane is in the chart.  */
struct row
{
  size_t host;                  /* its number */
  unsigned int slot, lane;
};

/* Whether A is above or below B.  */
static int
compare_rows (void const *a, void const *b)
{
  struct row const *p = a, *q = b;
  if (p->host != q->host)
    return p->host < q->host ? -1 : 1;
  return p->slot < q->slot ? -1 : p->slot > q->slot;
}

/* Store in ROW what the rows of the chart of P are, from above, and in PLACE
   the number of each lane's, from 1.  */
static void
order_rows (struct page const *p, struct row *row, unsigned int *place)
{
  struct pmap_bars const *b = &p->bars;
  for (unsigned int i = 0; i < b->lanes; i++)
    {
      struct pmap_lane const *l = &b->lane[i];
      row[i] = (struct row) {
        .host = l->host ? pmap_hosts_number (p->info->o->remote, l->host) : 0,
        .slot = l->host ? l->slot : i + 1, .lane = i + 1 };
    }
  qsort (row, b->lanes, sizeof *row, compare_rows);
  for (unsigned int i = 0; i < b->lanes; i++)
    place[row[i].lane - 1] = i + 1;
}

/* Add to TEXT the names of the rows ROW of the chart of P, for the script.  */
static void
add_names (struct pmap_text *text, struct page const *p, struct row const *row)
{
  pmap_text_puts (text, ",\"names\":[");
  for (unsigned int i = 0; i < p->bars.lanes; i++)
    {
      struct pmap_text name = { .data = NULL };
      /* TRANSLATORS: a host's name, and the number of a slot there.  */
      char *words = xasprintf (_("%s slot %u"),
                               p->stats.host[row[i].host].name, row[i].slot);
      if (words)
        pmap_text_visible (&name, words, strlen (words));
      free (words);
      pmap_text_puts (text, i ? ",\n" : "\n");
      pmap_text_json (text, name.data, name.len, SIZE_MAX / 2);
      pmap_text_free (&name);
    }
  pmap_text_puts (text, "]");
}

/* Add to TEXT the bar B, in the row PLACE, of a run that began at ORIGIN, for
   the script.  */
static void
add_bar (struct pmap_text *text, struct pmap_bar const *b, unsigned int place,
         mp_time origin)
{
  pmap_text_printf (text, "[%u,%lld,%lld,", place,
                    (b->begin - origin) / 1000, (b->end - b->begin) / 1000);
  if (1 < b->n)
    {
      pmap_text_printf (text, "%llu,%llu,%lld,%llu]", b->n, b->failed,
                        b->busy / 1000, b->index);
      return;
    }
  struct pmap_text label = { .data = NULL };
  pmap_text_visible (&label, b->label, b->len);
  pmap_text_printf (text, "%d,%llu,", (int) b->kind, b->index);
  pmap_text_json (text, label.data, label.len, SIZE_MAX / 2);
  pmap_text_puts (text, "]");
  pmap_text_free (&label);
}

/* Add to TEXT the data of P, and the script that draws them, which is known by
   NONCE.  */
static void
add_script (struct pmap_text *text, struct page const *p, char const *nonce)
{
  struct pmap_bars const *b = &p->bars;
  struct row row[PMAP_LANES_MAX];
  unsigned int place[PMAP_LANES_MAX];
  order_rows (p, row, place);
  pmap_text_printf (text, "<script type=\"application/json\" id=\"data\">\n"
                    "{\"wall\":%lld,\"lanes\":%u",
                    p->stats.wall / 1000, b->lanes);
  if (p->stats.n_hosts)
    add_names (text, p, row);
  pmap_text_puts (text, ",\"words\":");
  pmap_html_words (text);
  pmap_text_puts (text, ",\"bars\":[");
  for (size_t i = 0; i < b->n; i++)
    {
      pmap_text_puts (text, i ? ",\n" : "\n");
      add_bar (text, &b->bar[i], place[b->bar[i].lane - 1], p->info->origin);
    }
  pmap_text_printf (text, "]}\n</script>\n<script nonce=\"%s\">\n", nonce);
  add_lines (text, pmap_html_script);
  pmap_text_puts (text, "</script>\n");
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

/* Make the page about P in TEXT.  */
static void
make_page (struct pmap_text *text, struct page const *p)
{
  char nonce[33];
  char *command = pmap_run_text (p->info->o);
  make_nonce (nonce);
  add_head (text, command, nonce);
  add_title (text, p, command);
  free (command);
  add_figures (text, &p->stats);
  if (p->bars.n)
    add_chart (text, p);
  add_histogram (text, p);
  add_tables (text, p);
  if (p->bars.n)
    add_script (text, p, nonce);
  pmap_text_puts (text, "</body>\n</html>\n");
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
  make_page (&text, p);
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
