/* pmap: from sources of items to rows of them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "error.h"
#include "minmax.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "shuffle.h"

/* A source of items: a file or a list.  */
struct source
{
  struct pmap_input const *input;
  struct mp_items reader;       /* of a file; its descriptor is -1 otherwise */
  size_t next;                  /* of a list */
  bool ended;
};

/* Memory for items that are kept.  */
struct store
{
  struct store *before;
  char bytes[];
};

/* How large a store is, but for a single item.  */
enum { STORE_SIZE = 64 * 1024 };

/* Sources that are linked: their items make rows, the first ones together, the
   second ones, and so on.  */
struct group
{
  struct source *source;
  size_t width;                 /* how many there are */
  struct mp_item *row;          /* the row that is being read, or was last */
  size_t have;                  /* how many of its items are there */
  bool ended;

  /* Where rows are needed again: all that were read.  */
  bool kept;
  struct mp_item *table;
  size_t n, allocated;          /* rows of the table */
  size_t at;                    /* the one that counts now */
  struct store *store;
  size_t store_left;            /* bytes of it */
};

/* Sources.  Their rows are the product of those of the groups; the last group
   varies fastest, so the first one need not be kept.  */
struct pmap_sources
{
  struct pmap_options const *o;
  struct pmap_messages const *messages;
  struct source *source;
  size_t n;
  struct group *group;
  size_t n_groups;
  struct source *current;       /* what was read last, and is waited for */
  struct mp_columns columns;
  bool has_columns;             /* rows are more than items */
  struct mp_item *row;          /* the last one that was given */
  bool begun, ended, failed;
  bool unequal;                 /* it was told that linked ones are */

  /* Where all is read before the first row is given.  */
  size_t *order;                /* of the rows */
  size_t n_rows, next;          /* of them */
};

/* Return how messages name SOURCE.  */
static char const *
source_name (struct source const *source)
{
  struct pmap_input const *input = source->input;
  return (input->item ? quote (input->linked ? ":::+" : ":::")
          : strcmp (input->file, "-") == 0 ? _("standard input")
          : quote (input->file));
}

/* Open SOURCE as O says.  */
static void
open_source (struct source *source, struct pmap_options const *o)
{
  char const *file = source->input->file;
  source->reader.fd = -1;
  if (!file)
    return;
  int fd = STDIN_FILENO;
  if (strcmp (file, "-") != 0)
    fd = open (file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (file));
  int err = o->blocks ? 0 : mp_items_init (&source->reader, fd, o->delimiter);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot read items"));
  source->reader.fd = fd;
}

/* Make the groups of S's sources.  */
static void
make_groups (struct pmap_sources *s)
{
  s->group = xcalloc (s->n, sizeof *s->group);
  for (size_t i = 0; i < s->n; i++)
    {
      if (!i || !s->source[i].input->linked)
        s->group[s->n_groups++].source = &s->source[i];
      s->group[s->n_groups - 1].width++;
    }
  for (size_t i = 0; i < s->n_groups; i++)
    {
      s->group[i].row = xcalloc (s->group[i].width, sizeof *s->group[i].row);
      s->group[i].kept = i || s->o->read_all;
    }
  s->row = xcalloc (s->n, sizeof *s->row);
}

/* The one to wait for first, which a terminal's relay may take the place of: a
   terminal, if any.  */
static struct source *
first_to_read (struct pmap_sources *s)
{
  struct source *file = NULL;
  for (size_t i = 0; i < s->n; i++)
    {
      struct source *source = &s->source[i];
      if (source->reader.fd >= 0 && isatty (source->reader.fd))
        return source;
      if (source->reader.fd >= 0 && !file)
        file = source;
    }
  return file ? file : s->source;
}

/* Get the next item of SOURCE; null data at the end.  Return what mp_items_next
   does.  */
static int
next_item (struct source *source, struct mp_item *item)
{
  struct pmap_input const *input = source->input;
  *item = (struct mp_item) { NULL, 0 };
  if (input->item)
    {
      if (source->next < input->n_items)
        {
          item->data = input->item[source->next++];
          item->len = strlen (item->data);
        }
      return 0;
    }
  if (source->ended)
    return 0;
  int err = mp_items_next (&source->reader, item);
  source->ended = !err && !item->data;
  return err;
}

/* Read the header of the source number I of S, waiting for it: the names of its
   columns.  */
static void
read_header (struct pmap_sources *s, size_t i)
{
  struct source *source = &s->source[i];
  struct mp_item header, twice;
  int err;
  while ((err = next_item (source, &header)) == EAGAIN)
    {
      struct pollfd p = { .fd = source->reader.fd, .events = POLLIN };
      if (poll (&p, 1, -1) < 0 && errno != EINTR)
        error (MP_EXIT_FAILURE, errno, _("cannot wait for items"));
    }
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot read %s"), source_name (source));
  if (!header.data)
    return;
  err = mp_columns_name (&s->columns, i, &header, &twice);
  if (err == EINVAL)
    error (MP_EXIT_FAILURE, 0, _("an empty name is in the header of %s"),
           source_name (source));
  if (err == EEXIST)
    error (MP_EXIT_FAILURE, 0, _("the name %s is in the header twice"),
           quote_mem (twice.data, twice.len));
  if (err)
    xalloc_die ();
}

struct pmap_sources *
pmap_sources_open (struct pmap_options const *o,
                   struct pmap_messages const *messages)
{
  struct pmap_sources *s = xzalloc (sizeof *s);
  s->o = o;
  s->messages = messages;
  s->n = o->n_inputs;
  s->source = xcalloc (s->n, sizeof *s->source);
  for (size_t i = 0; i < s->n; i++)
    {
      s->source[i].input = &o->input[i];
      open_source (&s->source[i], o);
    }
  make_groups (s);
  s->current = first_to_read (s);
  s->columns = (struct mp_columns) {
    .width = s->n, .separator = o->column_separator,
    .separator_len = o->column_separator_len };
  s->has_columns = 1 < s->n || o->column_separator || o->names;
  for (size_t i = 0; o->names && i < s->n; i++)
    read_header (s, i);
  return s;
}

/* Free what G has kept.  */
static void
free_group (struct group *g)
{
  while (g->store)
    {
      struct store *before = g->store->before;
      free (g->store);
      g->store = before;
    }
  free (g->table);
  free (g->row);
}

void
pmap_sources_close (struct pmap_sources *s)
{
  for (size_t i = 0; i < s->n; i++)
    {
      if (s->source[i].reader.fd > STDERR_FILENO)
        close (s->source[i].reader.fd);
      mp_items_free (&s->source[i].reader);
    }
  for (size_t i = 0; i < s->n_groups; i++)
    free_group (&s->group[i]);
  mp_columns_free (&s->columns);
  free (s->source);
  free (s->group);
  free (s->row);
  free (s->order);
  free (s);
}

struct mp_columns const *
pmap_sources_columns (struct pmap_sources const *s)
{
  return s->has_columns ? &s->columns : NULL;
}

size_t
pmap_sources_width (struct pmap_sources const *s)
{
  return s->n;
}

int
pmap_sources_fd (struct pmap_sources const *s)
{
  return s->current->reader.fd;
}

void
pmap_sources_redirect (struct pmap_sources *s, int fd)
{
  s->current->reader.fd = fd;
}

bool
pmap_sources_failed (struct pmap_sources const *s)
{
  return s->failed;
}

void
pmap_sources_fail (struct pmap_sources *s, int err)
{
  s->failed = s->ended = true;
  pmap_say (s->messages, err, _("cannot read %s"), source_name (s->current));
}

/* Whether an item of a source of G from number FIRST on is at hand.  */
static bool
has_more (struct group *g, size_t first)
{
  struct mp_item item;
  for (size_t i = first; i < g->width; i++)
    if (next_item (&g->source[i], &item) == 0 && item.data)
      return true;
  return false;
}

/* One of the linked sources of G has ended: so does G.  What others have more
   is told, but not waited for.  */
static void
end_group (struct pmap_sources *s, struct group *g)
{
  g->ended = true;
  if (s->unequal || (!g->have && !has_more (g, 1)))
    return;
  s->unequal = true;
  pmap_say (s->messages, 0, _("warning: linked lists differ in length;"
                              " what the longer ones have more is left out"));
}

/* Read the next row of G, unless that has ended.  Return 0, EAGAIN, or another
   errno value.  */
static int
read_row (struct pmap_sources *s, struct group *g)
{
  if (g->have == g->width)
    g->have = 0;
  while (!g->ended && g->have < g->width)
    {
      s->current = &g->source[g->have];
      int err = next_item (s->current, &g->row[g->have]);
      if (err)
        return err;
      if (g->row[g->have].data)
        g->have++;
      else
        end_group (s, g);
    }
  return 0;
}

/* Store a copy of ITEM, of a file, in G's memory and let ITEM be that.
   Return 0 or ENOMEM.  */
static int
keep_item (struct group *g, struct mp_item *item)
{
  if (g->store_left <= item->len)
    {
      size_t n = MAX (STORE_SIZE, item->len + 1);
      struct store *store = malloc (sizeof *store + n);
      if (!store)
        return ENOMEM;
      store->before = g->store;
      g->store = store;
      g->store_left = n;
    }
  /* It is filled from its end on.  */
  g->store_left -= item->len + 1;
  item->data = memcpy (g->store->bytes + g->store_left, item->data,
                       item->len + 1);
  return 0;
}

/* Append G's row to its table.  Return 0 or ENOMEM.  */
static int
keep_row (struct group *g)
{
  if (g->n == g->allocated)
    {
      size_t n = 2 * g->allocated + 16;
      struct mp_item *table = reallocarray (g->table, n,
                                            g->width * sizeof *table);
      if (!table)
        return ENOMEM;
      g->table = table;
      g->allocated = n;
    }
  struct mp_item *row = &g->table[g->n * g->width];
  for (size_t i = 0; i < g->width; i++)
    {
      row[i] = g->row[i];
      if (!g->source[i].input->item && keep_item (g, &row[i]) != 0)
        return ENOMEM;
    }
  g->n++;
  return 0;
}

/* See to it that G's table has more than N rows, unless G has fewer.  Return 0,
   EAGAIN, or another errno value.  */
static int
need_rows (struct pmap_sources *s, struct group *g, size_t n)
{
  while (g->n <= n && !g->ended)
    {
      int err = read_row (s, g);
      if (!err && !g->ended)
        err = keep_row (g);
      if (err)
        return err;
    }
  return 0;
}

/* Let the kept groups of S from number FIRST on begin again.  */
static void
rewind_groups (struct pmap_sources *s, size_t first)
{
  for (size_t i = first; i < s->n_groups; i++)
    s->group[i].at = 0;
}

/* Take S to its first row.  Return as need_rows does.  */
static int
begin (struct pmap_sources *s)
{
  for (size_t i = 1; i < s->n_groups; i++)
    {
      int err = need_rows (s, &s->group[i], 0);
      if (err)
        return err;
      /* There is nothing to combine the others with.  */
      if (!s->group[i].n)
        s->ended = true;
    }
  if (s->ended)
    return 0;
  int err = read_row (s, &s->group[0]);
  s->begun = !err;
  s->ended = s->group[0].ended;
  return err;
}

/* Take S from a row to the next one.  Return as need_rows does; nothing has
   changed then.  */
static int
step (struct pmap_sources *s)
{
  for (size_t i = s->n_groups - 1; i > 0; i--)
    {
      struct group *g = &s->group[i];
      int err = need_rows (s, g, g->at + 1);
      if (err)
        return err;
      if (g->at + 1 < g->n)
        {
          g->at++;
          rewind_groups (s, i + 1);
          return 0;
        }
    }
  int err = read_row (s, &s->group[0]);
  if (err)
    return err;
  rewind_groups (s, 1);
  s->ended = s->group[0].ended;
  return 0;
}

/* A seed that nobody chose.  */
static uint64_t
any_seed (void)
{
  uint64_t seed;
  return (getrandom (&seed, sizeof seed, 0) == sizeof seed ? seed
          : (uint64_t) mp_now () ^ (uint64_t) getpid () << 32);
}

/* Read all of S and put its rows into their order.  Return as need_rows
   does.  */
static int
read_all (struct pmap_sources *s)
{
  size_t n = 1;
  for (size_t i = 0; i < s->n_groups; i++)
    {
      int err = need_rows (s, &s->group[i], SIZE_MAX);
      if (err)
        return err;
      if (ckd_mul (&n, n, s->group[i].n))
        return ENOMEM;
    }
  s->order = reallocarray (NULL, n + !n, sizeof *s->order);
  if (!s->order)
    return ENOMEM;
  for (size_t i = 0; i < n; i++)
    s->order[i] = i;
  if (s->o->shuffle)
    mp_shuffle (s->order, n, s->o->seeded ? s->o->seed : any_seed ());
  s->n_rows = n;
  return 0;
}

/* Take S, all of which is read first, to its next row.  Return as need_rows
   does.  */
static int
step_in_order (struct pmap_sources *s)
{
  int err = s->order ? 0 : read_all (s);
  if (err)
    return err;
  s->ended = s->next == s->n_rows;
  if (s->ended)
    return 0;
  size_t place = s->order[s->next++];
  for (size_t i = s->n_groups; i-- > 0; )
    {
      struct group *g = &s->group[i];
      g->at = place % g->n;
      place /= g->n;
    }
  return 0;
}

/* Put the rows of S's groups together.  */
static void
join_rows (struct pmap_sources *s)
{
  struct mp_item *to = s->row;
  for (size_t i = 0; i < s->n_groups; i++)
    {
      struct group const *g = &s->group[i];
      struct mp_item const *from = g->kept ? &g->table[g->at * g->width]
                                   : g->row;
      to = mempcpy (to, from, g->width * sizeof *to);
    }
}

/* Whether S is one source that is given as it is read.  */
static bool
is_plain (struct pmap_sources const *s)
{
  return s->n == 1 && !s->o->read_all;
}

int
pmap_sources_next (struct pmap_sources *s, struct mp_item **row)
{
  *row = NULL;
  if (s->ended)
    return 0;
  int err;
  if (is_plain (s))
    {
      err = next_item (s->source, s->row);
      s->ended = !err && !s->row->data;
      if (err == ENOMEM)
        return err;
    }
  else
    err = (s->o->read_all ? step_in_order (s) : s->begun ? step (s)
           : begin (s));
  if (err == EAGAIN)
    return err;
  if (err)
    pmap_sources_fail (s, err);
  if (s->ended)
    return 0;
  if (!is_plain (s))
    join_rows (s);
  *row = s->row;
  return 0;
}

bool
pmap_sources_left (struct pmap_sources const *s, unsigned long long *given,
                   unsigned long long *left, bool *about)
{
  struct source const *source = s->source;
  *about = false;
  *given = s->next;
  if (s->order)
    *left = s->n_rows - s->next;
  else if (!is_plain (s))
    return false;
  else if (source->input->item)
    {
      *given = source->next;
      *left = source->input->n_items - source->next;
    }
  else if (!mp_items_rest (&source->reader, left))
    {
      *about = true;
      return mp_items_left (&source->reader, given, left);
    }
  return true;
}

bool
pmap_sources_has_lines (struct pmap_sources const *s, char end)
{
  return !s->source->input->item && s->o->delimiter == end;
}

size_t
pmap_sources_more (struct pmap_sources *s, size_t max, size_t max_bytes,
                   char const **data, size_t *len)
{
  *len = 0;
  *data = "";
  return is_plain (s) ? mp_items_more (&s->source->reader, max, max_bytes, data,
                                       len) : 0;
}
