/* pmap: where tasks run, if not here.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-hosts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "error.h"
#include "quote.h"
#include "quotearg.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "hostlist.h"
#include "launch.h"
#include "pmap.h"
#include "pmap-program.h"
#include "pmap-slurm.h"

/* What a host points to.  */
struct words
{
  struct mp_words argv, copy, prepare;
};

/* A host, as its name leads to it.  */
struct named
{
  char const *name;
  size_t number;
};

struct pmap_hosts_private
{
  struct mp_hostlist list;
  struct words *words;          /* one a host */
  struct named *by_name;        /* in the order of pointers */
  struct pmap_slurm_job *job;   /* made for this run, or null */
  struct mp_words srun;         /* what starts a step, but for the node */
};

bool
pmap_hosts_wanted (struct pmap_options const *o)
{
  return o->slurm || o->n_hosts;
}

/* The hosts that are named.  */

/* Add to L the host that the LEN bytes at S mean; exit if they mean none.  */
static void
add_host (struct mp_hostlist *l, char const *s, size_t len)
{
  int err = mp_hostlist_add (l, s, len);
  if (err == ENOMEM)
    xalloc_die ();
  if (err)
    front_bad_value (_("invalid host"), ximemdup0 (s, len));
}

/* Add to L the hosts that FILE has, one a line; what follows a '#' is a
   comment.  */
static void
add_file (struct mp_hostlist *l, char const *file)
{
  FILE *f = fopen (file, "re");
  char *line = NULL;
  size_t size = 0;
  if (!f)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (file));
  while (0 <= getline (&line, &size, f))
    {
      size_t len = strcspn (line, "#\n");
      if (strspn (line, " \t\r") < len)
        add_host (l, line, len);
    }
  if (ferror (f))
    error (MP_EXIT_FAILURE, errno, _("cannot read %s"), quote (file));
  free (line);
  fclose (f);
}

/* Add to L the hosts of LIST, a value of --hosts.  */
static void
add_list (struct mp_hostlist *l, char const *list)
{
  for (char const *s = list; ; s++)
    {
      size_t len = strcspn (s, ",");
      if (*s == '@')
        {
          char *file = ximemdup0 (s + 1, len - 1);
          add_file (l, file);
          free (file);
        }
      else
        add_host (l, s, len);
      s += len;
      if (!*s)
        return;
    }
}

/* Add to L the hosts that O names; exit if these are none.  */
static void
add_named (struct mp_hostlist *l, struct pmap_options const *o)
{
  for (size_t i = 0; i < o->n_hosts; i++)
    add_list (l, o->hosts[i]);
  if (!l->n)
    error (MP_EXIT_FAILURE, 0, _("no hosts in %s"), quote (o->hosts[0]));
}

/* Their commands.  */

/* Exit if ERR, what a function of words has returned, is no success.  */
static void
check (int err)
{
  if (err)
    xalloc_die ();
}

/* Make LAUNCHER what starts a command at the host E of P.  */
static void
make_launcher (struct mp_words *launcher, struct pmap_options const *o,
               struct pmap_hosts_private const *p,
               struct mp_hostlist_entry const *e)
{
  /* Nobody can answer a question, and a terminal would change what passes.  */
  char const *command = (o->slurm ? "--nodelist={host}"
                         : o->launcher ? o->launcher
                         : "ssh -T -oBatchMode=yes {host}");
  check (mp_words_add_all (launcher, &p->srun));
  check (mp_words_split (launcher, command, e->name));
  if (!launcher->n)
    front_bad_value (_("invalid launcher"), o->launcher);
}

/* Append WORD to W, which begins with LAUNCHER.  */
static void
add_remote (struct mp_words *w, struct mp_words const *launcher,
            char const *word)
{
  check (mp_words_add (w, (mp_words_for_shell (launcher)
                           ? quotearg_style (shell_quoting_style, word)
                           : word)));
}

/* Make W the command COMMAND, words up to a null, for LAUNCHER.  */
static void
make_command (struct mp_words *w, struct mp_words const *launcher,
              char const *const *command)
{
  check (mp_words_add_all (w, launcher));
  for (; *command; command++)
    add_remote (w, launcher, *command);
}

/* Return a name for a copy of this program that nobody can foresee: the folder
   is one where others can make files, too.  The caller frees it.  */
static char *
copy_name (void)
{
  unsigned char bytes[16];
  char name[2 * sizeof bytes + 1];
  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    error (MP_EXIT_FAILURE, errno, _("cannot get random bytes"));
  for (size_t i = 0; i < sizeof bytes; i++)
    sprintf (name + 2 * i, "%02x", bytes[i]);
  return xasprintf ("/tmp/.pmap-%s", name);
}

/* Let W start an agent through LAUNCHER that is sent there before.  dd and
   chmod are everywhere, and want no shell.  */
static void
send_words (struct words *w, struct mp_words const *launcher)
{
  char *name = copy_name ();
  char *of = xasprintf ("of=%s", name);
  make_command (&w->copy, launcher,
                (char const *[]) { "dd", "bs=65536", "status=none", of,
                                   NULL });
  make_command (&w->prepare, launcher,
                (char const *[]) { "chmod", "700", name, NULL });
  make_command (&w->argv, launcher,
                (char const *[]) { name, "--agent=unlink", NULL });
  free (of);
  free (name);
}

/* Make HOST the host number I of P; PROGRAM is pmap there, if it is there.  */
static void
make_host (struct mp_remote_host *host, struct pmap_hosts_private *p, size_t i,
           struct pmap_options const *o, char const *program)
{
  struct mp_hostlist_entry const *e = &p->list.entry[i];
  struct words *w = &p->words[i];
  struct mp_words launcher = { .word = NULL };
  make_launcher (&launcher, o, p, e);
  free (pmap_find_program (launcher.word[0]));
  if (o->send)
    send_words (w, &launcher);
  else
    make_command (&w->argv, &launcher,
                  (char const *[]) { program, "--agent", NULL });
  mp_words_free (&launcher);
  *host = (struct mp_remote_host) {
    .name = e->name, .argv = w->argv.word,
    /* What Slurm tells are CPUs.  The agent sees them, too, and that it may not
       be able to use as many.  */
    .slots = o->slurm ? 0 : e->slots,
    .copy = w->copy.word, .prepare = w->prepare.word
  };
}

/* Compare the pointers that two hosts have for names.  */
static int
compare_names (void const *a, void const *b)
{
  uintptr_t p = (uintptr_t) ((struct named const *) a)->name;
  uintptr_t q = (uintptr_t) ((struct named const *) b)->name;
  return (p > q) - (p < q);
}

/* Let the names of the hosts of H lead to them.  */
static void
sort_names (struct pmap_hosts *h)
{
  struct named *by_name = xcalloc (h->n, sizeof *by_name);
  for (size_t i = 0; i < h->n; i++)
    by_name[i] = (struct named) { h->host[i].name, i };
  qsort (by_name, h->n, sizeof *by_name, compare_names);
  h->private->by_name = by_name;
}

size_t
pmap_hosts_number (struct pmap_hosts const *h, char const *name)
{
  struct named const key = { .name = name };
  struct named const *found = bsearch (&key, h->private->by_name, h->n,
                                       sizeof key, compare_names);
  return found ? found->number : 0;
}

struct pmap_hosts *
pmap_hosts_open (struct pmap_options const *o, char const *argv0)
{
  struct pmap_hosts *h = xzalloc (sizeof *h);
  struct pmap_hosts_private *p = xzalloc (sizeof *p);
  char *own = pmap_own_program (argv0);
  h->private = p;
  if (o->slurm)
    {
      p->job = pmap_slurm_open (o, own, &p->list, &p->srun);
      h->own_job = p->job;
    }
  else
    add_named (&p->list, o);
  h->n = p->list.n;
  h->host = xcalloc (h->n, sizeof *h->host);
  p->words = xcalloc (h->n, sizeof *p->words);
  for (size_t i = 0; i < h->n; i++)
    make_host (&h->host[i], p, i, o,
               o->remote_program ? o->remote_program : own);
  sort_names (h);
  free (own);
  return h;
}

void
pmap_hosts_free (struct pmap_hosts *h)
{
  if (!h)
    return;
  struct pmap_hosts_private *p = h->private;
  pmap_slurm_close (p->job);
  for (size_t i = 0; i < h->n; i++)
    {
      mp_words_free (&p->words[i].argv);
      mp_words_free (&p->words[i].copy);
      mp_words_free (&p->words[i].prepare);
    }
  mp_hostlist_free (&p->list);
  mp_words_free (&p->srun);
  free (p->words);
  free (p->by_name);
  free (p);
  free (h->host);
  free (h);
}
