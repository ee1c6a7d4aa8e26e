/* pmap: when the tasks ran, in the page about a run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-html-parts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xvasprintf.h"

#include "front.h"
#include "pmap.h"
#include "pmap-hosts.h"
#include "pmap-html-page.h"
#include "pmap-text.h"

/* Add to TEXT the entry of the legend for the color NAME: WORDS.  */
static void
add_legend (struct pmap_text *text, char const *name, char const *words)
{
  pmap_text_printf (text, "<span><i style=\"background: var(--%s)\"></i>",
                    name);
  pmap_html_put (text, words);
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
  pmap_html_put (text, title);
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
  pmap_html_put (text, _("All"));
  pmap_text_puts (text, "</button></span>");
}

/* Add to TEXT what is to be said on the chart of P.  */
static void
add_notes (struct pmap_text *text, struct page const *p)
{
  struct pmap_bars const *b = &p->bars;
  bool hosts = p->stats.n_hosts;
  pmap_text_puts (text, "<p class=\"dim\">");
  pmap_html_put (text,
                 (hosts
                  ? _("A row is a slot of a host, in which one task runs at"
                      " a time.")
                  : _("A row is a slot, in which one task runs at a"
                      " time.")));
  pmap_text_puts (text, "  ");
  pmap_html_put (text, _("Drag to see a part; double-click to see all."));
  if (b->merged)
    {
      char *within = pmap_html_time_words (b->resolution);
      pmap_text_puts (text, "  ");
      /* TRANSLATORS: a duration.  "Pale" and "red" are about the bars.  */
      pmap_html_printf (text,
                        _("There were so many tasks that bars are several of"
                          " them where these followed each other within %s:"
                          " pale where little ran, and red in the part that"
                          " failed."), within);
      free (within);
    }
  if (b->left_out)
    {
      pmap_text_puts (text, "  ");
      if (hosts)
        pmap_html_printf (text,
                          ngettext ("%llu task ran in more slots than these"
                                    " %d, which are not shown.",
                                    "%llu tasks ran in more slots than these"
                                    " %d, which are not shown.", b->left_out),
                          b->left_out, PMAP_LANES_MAX);
      else
        pmap_html_printf (text,
                          ngettext ("%llu task ran in slots above %d, which"
                                    " are not shown.",
                                    "%llu tasks ran in slots above %d, which"
                                    " are not shown.", b->left_out),
                          b->left_out, PMAP_LANES_MAX);
    }
  pmap_text_puts (text, "</p>\n");
}

void
pmap_html_chart (struct pmap_text *text, struct page const *p)
{
  pmap_html_element (text, "h2", NULL, _("When the tasks ran"));
  pmap_text_puts (text, "\n<div class=\"tools\">");
  add_legends (text, &p->stats);
  add_buttons (text);
  pmap_text_puts (text, "</div>\n"
                  "<div id=\"box\"><canvas id=\"chart\"></canvas>"
                  "<div id=\"tip\" hidden></div></div>\n"
                  "<noscript>");
  pmap_html_element (text, "p", NULL, _("The chart needs JavaScript."));
  pmap_text_puts (text, "</noscript>\n");
  add_notes (text, p);
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

void
pmap_html_data (struct pmap_text *text, struct page const *p, char const *nonce)
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
  pmap_html_put_lines (text, pmap_html_script);
  pmap_text_puts (text, "</script>\n");
}
