/* pmap: the operands.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <string.h>

#include "error.h"
#include "quote.h"

#include "front.h"

/* What begins a source of items on the command line.  */
static struct separator
{
  char const *text;
  bool files, linked;
} const separators[] = {
  { ":::", false, false },
  { ":::+", false, true },
  { "::::", true, false },
  { "::::+", true, true }
};

/* The separator that S is, or null.  */
static struct separator const *
find_separator (char const *s)
{
  for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
    if (strcmp (s, separators[i].text) == 0)
      return &separators[i];
  return NULL;
}

/* Add the sources that the N strings ARGV behind SEPARATOR are to O's.  */
static void
add_inputs (struct pmap_options *o, struct separator const *separator,
            char *const *argv, size_t n)
{
  struct pmap_input input = { .item = argv, .n_items = n,
                              .linked = separator->linked };
  if (separator->linked && !o->n_inputs)
    {
      error (0, 0, _("there is nothing before %s to link with"),
             quote (separator->text));
      front_try_help ();
    }
  if (!separator->files)
    {
      pmap_add_input (o, &input);
      return;
    }
  if (!n)
    {
      error (0, 0, _("there is no file after %s"), quote (separator->text));
      front_try_help ();
    }
  for (size_t i = 0; i < n; i++)
    {
      input = (struct pmap_input) { .file = argv[i],
                                    .linked = separator->linked };
      pmap_add_input (o, &input);
    }
}

/* Exit if the sources of O do not go together, or with its other options.  */
static void
check_inputs (struct pmap_options const *o)
{
  size_t standard = 0;
  for (size_t i = 0; i < o->n_inputs; i++)
    {
      char const *file = o->input[i].file;
      standard += file && strcmp (file, "-") == 0;
      if (o->blocks && !file)
        {
          error (0, 0, _("%s and %s exclude each other"), "--blocks",
                 quote (o->input[i].linked ? ":::+" : ":::"));
          front_try_help ();
        }
    }
  if ((o->blocks || o->filter) && 1 < o->n_inputs)
    {
      error (0, 0, _("%s and several sources of items exclude each other"),
             o->blocks ? "--blocks" : "--filter");
      front_try_help ();
    }
  if (1 < standard)
    {
      error (0, 0, _("standard input can be read only once"));
      front_try_help ();
    }
}

void
pmap_parse_operands (int argc, char **argv, struct pmap_options *o)
{
  int n = 0;
  while (n < argc && !find_separator (argv[n]))
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
  struct separator const *separator;
  while (n < argc && (separator = find_separator (argv[n])))
    {
      int start = ++n;
      while (n < argc && !find_separator (argv[n]))
        n++;
      add_inputs (o, separator, argv + start, n - start);
    }
  if (!o->n_inputs)
    pmap_add_input (o, &(struct pmap_input) { .file = "-" });
  check_inputs (o);
}
