/* pmap: map a command over items with a pool of workers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "pmap-joblog.h"
#include "pmap-resources.h"
#include "procspawn.h"

/* Tell who expects a shell where there is none that NAME, a command, looks like
   something for one.  */
static void
hint_at_shell (char const *name)
{
  if (strpbrk (name, " \t|;&<>"))
    error (0, 0, _("no shell reads %s: use -c for that, or sh -c"),
           quote (name));
}

/* Find the program NAME; exit if that is not possible.  Return its path, to be
   freed.  */
static char *
find_program (char const *name)
{
  char *path;
  int err = mp_find_program (name, &path);
  if (!err)
    return path;
  if (err == ENOMEM)
    xalloc_die ();
  error (0, err, _("cannot run %s"), quote (name));
  if (err == ENOENT && *name && !name[strspn (name, "0123456789")])
    error (0, 0, _("to see the memory map of process %s, use the pmap of"
                   " procps, usually /usr/bin/pmap"), name);
  if (err == ENOENT)
    hint_at_shell (name);
  exit (err == ENOENT ? MP_EXIT_NOT_FOUND : MP_EXIT_CANNOT_INVOKE);
}

/* Return a copy of the ARGC strings ARGV, whose own place others read, in one
   block.  It lasts as long as the program, which is named there.  */
static char **
copy_arguments (int argc, char **argv)
{
  size_t size = 0;
  for (int i = 0; i < argc; i++)
    size += strlen (argv[i]) + 1;
  size_t pointers = (argc + 1) * sizeof (char *);
  char **copy = xmalloc (pointers + size);
  char *p = (char *) copy + pointers;
  for (int i = 0; i < argc; i++)
    {
      copy[i] = p;
      p = stpcpy (p, argv[i]) + 1;
    }
  copy[argc] = NULL;
  return copy;
}

/* Return the command that O asks for, parsed.  */
static struct mp_template *
parse_command (struct pmap_options const *o)
{
  struct mp_template_options const options = {
    .replacement = o->replacement,
    .columns = o->columns,
    .positions = o->chunk == PMAP_CHUNK_MAX ? 0 : o->chunk
  };
  struct mp_template *command;
  if (o->script || o->filter
      ? mp_template_append (o->command, o->n_command, o->columns, &command)
      : o->blocks
      ? mp_template_without_items (o->command, o->n_command, &command)
      : mp_template_parse (o->command, o->n_command, &options, &command))
    xalloc_die ();
  return command;
}

int
main (int argc, char **argv)
{
  struct pmap_options o;
  struct mp_template *command;
  struct pmap_messages messages = { NULL };
  static char dash_c[] = "-c";
  char *file = NULL, *init_shell = NULL;

  char **args = copy_arguments (argc, argv);
  front_init (args[0]);
  int first = pmap_parse_options (argc, args, &o);
  pmap_parse_operands (argc - first, args + first, &o);
  pmap_resources_export (&o);
  o.title = argv[0];
  o.title_size = argv[argc - 1] + strlen (argv[argc - 1]) - argv[0];

  /* What a shell does with an item, a command can tell.  */
  char *shell[] = { (char *) (o.shell ? o.shell : "sh"), dash_c,
                    (char *) o.script, (char *) (o.shell ? o.shell : "sh") };
  if (o.script)
    {
      o.shell = shell[0];
      o.command = shell;
      o.n_command = sizeof shell / sizeof *shell;
    }
  struct pmap_sources *sources = pmap_sources_open (&o, &messages);
  o.columns = pmap_sources_columns (sources);
  command = parse_command (&o);
  o.template = command;
  if (!o.dry_run && (o.filter || mp_template_fixed_program (command)))
    file = find_program (o.command[0]);
  if (!o.script && o.initializer)
    o.init_shell = init_shell = find_program ("sh");
  struct pmap_feed *feed = pmap_feed_open (&o, sources, command, &messages);
  struct pmap_joblog *log = pmap_joblog_open (&o);
  int status;
  if (o.dry_run)
    {
      status = pmap_dry_run (&o, feed, command, log);
      pmap_joblog_free (log);
    }
  else
    status = pmap_run (&o, feed, command, file, &messages, log);
  pmap_feed_close (feed);
  mp_template_free (command);
  pmap_sources_close (sources);
  free (o.input);
  free (o.column_separator);
  free (o.record_end);
  free (o.record_start);
  free (o.tag_string);
  free (file);
  free (init_shell);
  return status;
}
