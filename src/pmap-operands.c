/* pmap: the operands.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <string.h>

#include "error.h"
#include "quote.h"

#include "front.h"

/* What names the sources of items on the command line.  */
static char const items_separator[] = ":::";
static char const files_separator[] = "::::";

/* Whether S is ::: or ::::.  */
static bool
is_separator (char const *s)
{
  return strcmp (s, items_separator) == 0 || strcmp (s, files_separator) == 0;
}

void
pmap_parse_operands (int argc, char **argv, struct pmap_options *o)
{
  int n = 0;
  while (n < argc && !is_separator (argv[n]))
    n++;
  if (o->script && n)
    {
      error (0, 0, _("%s is too much: -c takes a script and no command"),
             quote (argv[0]));
      front_try_help ();
    }
  if (n == 0 && !o->script)
    {
      error (0, 0, _("no command was given"));
      front_try_help ();
    }
  o->command = argv;
  o->n_command = n;
  if (n == argc)
    return;

  char const *separator = argv[n++];
  for (int i = n; i < argc; i++)
    if (is_separator (argv[i]))
      {
        error (0, 0, _("only one of ':::' and '::::' may be given"));
        front_try_help ();
      }
  if (o->arg_file)
    {
      error (0, 0, _("--arg-file and %s exclude each other"),
             quote (separator));
      front_try_help ();
    }
  if (strcmp (separator, items_separator) == 0 && o->blocks)
    {
      error (0, 0, _("%s and %s exclude each other"), "--blocks",
             quote (separator));
      front_try_help ();
    }
  if (strcmp (separator, items_separator) == 0)
    {
      o->arg_item = argv + n;
      o->n_arg_items = argc - n;
    }
  else if (n + 1 == argc)
    o->arg_file = argv[n];
  else
    {
      error (0, 0, _("'::::' takes one file"));
      front_try_help ();
    }
}
