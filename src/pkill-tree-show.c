/* pkill-tree: show whom it would signal.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pkill-tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "localcharset.h"
#include "quotearg.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "proctext.h"

/* How a tree is drawn: what stands before a member that is not its parent's
   last one or is it, and before the members below these.  */
struct strokes
{
  char const *member, *last;
  char const *below, *below_last;
};

static struct strokes const ascii_strokes = { "|-", "`-", "| ", "  " };
static struct strokes const utf8_strokes = {
  "\342\224\234\342\224\200", "\342\224\224\342\224\200", "\342\224\202 ", "  "
};

/* A member in the tree that is drawn.  */
struct knot
{
  struct mp_member const *m;
  struct knot *child;           /* the first one */
  struct knot *next;            /* of the same parent */
};

/* Return the name of the process PID in brackets.  */
static char *
get_name (pid_t pid)
{
  char *name;
  int err = mp_proctext_name (pid, &name);
  if (err == ENOMEM)
    xalloc_die ();
  if (err)
    return xstrdup ("[?]");
  char *result = xasprintf ("[%s]",
                            quotearg_style (escape_quoting_style, name));
  free (name);
  return result;
}

/* Return the LEN bytes at TEXT, strings that each end with a NUL, as words for
   a shell.  */
static char *
quote_words (char const *text, size_t len)
{
  char *result = xcharalloc (1);
  size_t used = 0;
  for (char const *arg = text; arg < text + len; arg += strlen (arg) + 1)
    {
      char const *word = quotearg_style (shell_escape_quoting_style, arg);
      size_t n = strlen (word);
      result = xrealloc (result, used + n + 2);
      memcpy (result + used, word, n);
      used += n;
      result[used++] = ' ';
    }
  result[used ? used - 1 : 0] = '\0';
  return result;
}

char *
pkill_tree_command (pid_t pid)
{
  char *text;
  size_t len;
  int err = mp_proctext_command (pid, &text, &len);
  if (err == ENOMEM)
    xalloc_die ();
  if (err)
    return get_name (pid);
  char *result = len ? quote_words (text, len) : get_name (pid);
  free (text);
  return result;
}

/* Write the line of M to standard output after PREFIX and STROKE.  */
static void
put_member (struct pkill_tree_options const *o, struct mp_member const *m,
            char const *prefix, char const *stroke)
{
  char *command = pkill_tree_command (m->pid);
  printf ("%s%s%jd %s%c", prefix, stroke, (intmax_t) m->pid, command,
          o->line_end);
  free (command);
}

/* Order for knots by PID.  */
static int
compare_pid (void const *a, void const *b)
{
  pid_t p = ((struct knot const *) a)->m->pid;
  pid_t q = ((struct knot const *) b)->m->pid;
  return (p > q) - (p < q);
}

/* Draw the list K, and what is below it, after PREFIX.  */
static void
draw_knots (struct pkill_tree_options const *o, struct strokes const *strokes,
            struct knot const *k, char const *prefix)
{
  for (; k; k = k->next)
    {
      put_member (o, k->m, prefix, k->next ? strokes->member : strokes->last);
      if (k->child)
        {
          char *below = xasprintf ("%s%s", prefix,
                                   (k->next ? strokes->below
                                    : strokes->below_last));
          draw_knots (o, strokes, k->child, below);
          free (below);
        }
    }
}

/* Draw the N members K, which are sorted by PID.  */
static void
draw (struct pkill_tree_options const *o, struct knot *k, size_t n)
{
  struct strokes const *strokes
    = strcmp (locale_charset (), "UTF-8") == 0 ? &utf8_strokes
      : &ascii_strokes;
  struct knot *top = NULL;

  /* From the last on, so that each list is in the order of PIDs.  */
  for (size_t i = n; 0 < i--; )
    {
      struct mp_member const parent = { .pid = k[i].m->ppid };
      struct knot const key = { .m = &parent };
      struct knot *found = bsearch (&key, k, n, sizeof *k, compare_pid);
      struct knot **list = found ? &found->child : &top;
      k[i].next = *list;
      *list = &k[i];
    }
  for (; top; top = top->next)
    {
      put_member (o, top->m, "", "");
      draw_knots (o, strokes, top->child, "");
    }
}

int
pkill_tree_show (struct pkill_tree_options const *o, struct mp_treeset *s)
{
  int err = mp_treeset_scan (s);
  if (err)
    {
      error (0, err, _("cannot find the processes"));
      return MP_EXIT_FAILURE;
    }
  struct knot *k = xcalloc (s->tree.n + 1, sizeof *k);
  size_t n = 0;
  for (size_t i = 0; i < s->tree.n; i++)
    if (mp_treeset_standing (s, s->tree.member[i]) == MP_STANDING_TAKEN)
      k[n++].m = s->tree.member[i];
  if (o->draw)
    {
      qsort (k, n, sizeof *k, compare_pid);
      draw (o, k, n);
    }
  else
    for (size_t i = 0; i < n; i++)
      put_member (o, k[i].m, "", "");
  free (k);
  return MP_EXIT_SUCCESS;
}
