/* pmap: map a command over items with a pool of workers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#include "front.h"
#include "pmap-agent.h"
#include "pmap-hosts.h"
#include "pmap-joblog.h"
#include "pmap-program.h"
#include "pmap-resources.h"

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

struct mp_template *
pmap_parse_command (struct pmap_options const *o)
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
  char *title = argv[0];
  size_t title_size = argv[argc - 1] + strlen (argv[argc - 1]) - argv[0];
  if (o.agent)
    {
      char *remove = o.unlink ? pmap_own_program (args[0]) : NULL;
      int status = pmap_agent (title, title_size, remove);
      free (remove);
      return status;
    }
  pmap_parse_operands (argc - first, args + first, &o);
  bool remote = pmap_hosts_wanted (&o) && !o.dry_run;
  pmap_resources_export (&o);
  o.title = title;
  o.title_size = title_size;

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
  command = pmap_parse_command (&o);
  o.template = command;
  /* Elsewhere there may be others.  */
  if (!o.dry_run && !remote
      && (o.filter || mp_template_fixed_program (command)))
    file = pmap_find_program (o.command[0]);
  if (!o.script && o.initializer && !remote)
    o.init_shell = init_shell = pmap_find_program ("sh");
  struct pmap_feed *feed = pmap_feed_open (&o, sources, command, &messages);
  struct pmap_joblog *log = pmap_joblog_open (&o);
  struct pmap_hosts *hosts = (remote ? pmap_hosts_open (&o, args[0]) : NULL);
  o.remote = hosts;
  int status;
  if (o.dry_run)
    {
      status = pmap_dry_run (&o, feed, command, log);
      pmap_joblog_free (log);
    }
  else
    status = pmap_run (&o, feed, command, file, &messages, log);
  pmap_hosts_free (hosts);
  pmap_feed_close (feed);
  mp_template_free (command);
  pmap_sources_close (sources);
  free (o.input);
  free (o.hosts);
  for (char **e = o.env; e && *e; e++)
    free (*e);
  free (o.env);
  free (o.column_separator);
  free (o.record_end);
  free (o.record_start);
  free (o.tag_string);
  free (file);
  free (init_shell);
  return status;
}
