/* pmap: what a pool tells its agents first.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-agent.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "agentmsg.h"
#include "exit-status.h"
#include "front.h"

/* How long the pool has to say something.  */
static mp_time const setup_within = 60 * 1000LL * MP_MILLISECOND;

/* Arguments that are put together.  */
struct arguments
{
  char **list;                  /* owned, with what is in it */
  size_t n;
};

/* Add ARGUMENT, from malloc.  */
static void
add_owned (struct arguments *a, char *argument)
{
  a->list = xreallocarray (a->list, a->n + 2, sizeof *a->list);
  a->list[a->n++] = argument;
  a->list[a->n] = NULL;
}

static void
add (struct arguments *a, char const *argument)
{
  add_owned (a, xstrdup (argument));
}

static void add_format (struct arguments *a, char const *format, ...)
  ATTRIBUTE_FORMAT ((printf, 2, 3));

static void
add_format (struct arguments *a, char const *format, ...)
{
  va_list args;
  va_start (args, format);
  char *text = xvasprintf (format, args);
  va_end (args);
  if (!text)
    xalloc_die ();
  add_owned (a, text);
}

/* Add OPTION with VALUE unless that is null.  */
static void
add_string (struct arguments *a, char const *option, char const *value)
{
  if (value)
    add_format (a, "--%s=%s", option, value);
}

/* Add OPTION if WANTED.  */
static void
add_flag (struct arguments *a, char const *option, bool wanted)
{
  if (wanted)
    add_format (a, "--%s", option);
}

/* Add OPTION with N unless that is 0.  */
static void
add_number (struct arguments *a, char const *option, size_t n)
{
  if (n)
    add_format (a, "--%s=%zu", option, n);
}

/* Add what workers are and what they do.  */
static void
add_workers (struct arguments *a, struct pmap_options const *o)
{
  add_string (a, "processes", o->processes_text);
  add_string (a, "initializer", o->initializer);
  add_number (a, "max-tasks-per-child", o->max_tasks);
  add_number (a, "chunksize", o->warm_chunk);
  add_format (a, "--signal=%d", o->signal);
  add_format (a, "--kill-after=%lldms",
              (long long int) (o->kill_after / MP_MILLISECOND));
  if (o->script)
    {
      add_string (a, "command", o->script);
      add_string (a, "shell", o->shell);
      add_flag (a, "isolate", o->isolate);
    }
  add_flag (a, "filter", o->filter);
  add_flag (a, "null", o->line_end == '\0');
  add_flag (a, "tag", o->filter && o->tag && !o->tag_string);
  add_flag (a, "blocks", o->blocks);
  add_string (a, "replace", o->replacement);
  if (o->chunk == PMAP_CHUNK_MAX)
    add_string (a, "chunksize", "max");
  else if (1 < o->chunk)
    add_number (a, "chunksize", o->chunk);
}

/* Add what keeps tasks from being started.  */
static void
add_brakes (struct arguments *a, struct pmap_options const *o)
{
  add_string (a, "load", o->load);
  add_string (a, "memfree", o->memfree);
  for (int i = 0; i < MP_PRESSURES; i++)
    add_string (a, "pressure", o->pressure[i]);
  add_number (a, "cpus-per-task", o->cpus_per_task);
  add_flag (a, "bind", o->bind);
}

char **
pmap_setup_args (struct pmap_options const *o)
{
  struct arguments a = { NULL, 0 };
  add (&a, "pmap");
  add_workers (&a, o);
  add_brakes (&a, o);
  if (!o->script)
    {
      add (&a, "--");
      for (size_t i = 0; i < o->n_command; i++)
        add (&a, o->command[i]);
    }
  return a.list;
}

/* Take a string of M, as a new one.  */
static char *
take_string (struct mp_message *m)
{
  size_t len;
  char const *data = mp_message_string (m, &len);
  return ximemdup0 (data, len);
}

/* Take a list of strings of M, and store in *N how many they are.  */
static char **
take_strings (struct mp_message *m, int *n)
{
  uint32_t count = mp_message_u32 (m);
  if (m->len / 4 < count)
    m->bad = true;
  *n = m->bad ? 0 : (int) count;
  char **list = xnmalloc (*n + 1, sizeof *list);
  for (int i = 0; i < *n; i++)
    list[i] = take_string (m);
  list[*n] = NULL;
  return list;
}

/* Take of M what rows are.  */
static struct mp_columns *
take_columns (struct mp_message *m)
{
  size_t width = mp_message_u32 (m);
  if (m->bad || !width)
    return NULL;
  struct mp_columns *c = xzalloc (sizeof *c);
  size_t len;
  char const *separator = mp_message_string (m, &len);
  c->width = width;
  c->separator = ximemdup0 (separator, len);
  c->separator_len = len;
  uint32_t n = mp_message_u32 (m);
  if (m->len / 4 < n)
    m->bad = true;
  c->n_names = m->bad ? 0 : n;
  c->name = xnmalloc (c->n_names + 1, sizeof *c->name);
  for (size_t i = 0; i < c->n_names; i++)
    {
      char const *name = mp_message_string (m, &len);
      c->name[i].data = ximemdup0 (name, len);
      c->name[i].len = len;
      c->name[i].item = mp_message_u32 (m);
      c->name[i].column = mp_message_u32 (m);
    }
  return c;
}

/* Wait until there is more to read for W, and read it.  Exit if there will be
   nothing more, or not before END.  */
static void
wait_for_more (struct mp_wire *w, mp_time end)
{
  struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
  mp_time left = end - mp_now ();
  if (left <= 0)
    error (MP_EXIT_TIMEOUT, 0, _("standard input says nothing"));
  if (poll (&fd, 1, left / MP_MILLISECOND + 1) <= 0)
    return;
  int err = mp_wire_pull (w, STDIN_FILENO);
  if (err && err != EAGAIN)
    error (MP_EXIT_FAILURE, err, _("cannot read standard input"));
  if (w->ended)
    exit (MP_EXIT_FAILURE);
}

/* Wait for the pool's greeting.  */
static void
read_greeting (struct mp_wire *w, mp_time end)
{
  static char const greeting[] = MP_AGENT_GREETING;
  size_t const size = sizeof greeting - 1;
  while (w->in.end - w->in.start < size)
    wait_for_more (w, end);
  if (memcmp (w->in.data + w->in.start, greeting, size) != 0)
    error (MP_EXIT_FAILURE, 0,
           _("standard input is not from a pmap that knows this agent"));
  w->in.start += size;
}

struct pmap_setup *
pmap_setup_read (void)
{
  struct pmap_setup *s = xzalloc (sizeof *s);
  struct mp_message m;
  mp_time end = mp_now () + setup_within;
  int n, err;
  read_greeting (&s->wire, end);
  while ((err = mp_wire_next (&s->wire, &m)) == EAGAIN)
    wait_for_more (&s->wire, end);
  uint32_t version = err ? 0 : mp_message_u32 (&m);
  if (err || m.type != MP_MSG_SETUP || m.bad)
    error (MP_EXIT_FAILURE, 0, _("what standard input says makes no sense"));
  /* The pool reports it when it has heard which ours is.  */
  if (version != MP_AGENT_VERSION)
    return s;
  s->name = take_string (&m);
  s->args = take_strings (&m, &s->n_args);
  s->cwd = take_string (&m);
  s->cwd_needed = mp_message_u8 (&m);
  s->env = take_strings (&m, &n);
  s->columns = take_columns (&m);
  s->slots = mp_message_u32 (&m);
  s->credit = mp_message_u64 (&m);
  s->patience = mp_message_u64 (&m);
  if (m.bad || !s->n_args || s->patience <= 0)
    error (MP_EXIT_FAILURE, 0, _("what standard input says makes no sense"));
  return s;
}
