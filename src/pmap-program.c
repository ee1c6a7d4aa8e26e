/* pmap: where programs are.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
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

char *
pmap_find_program (char const *name)
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

char *
pmap_own_program (char const *argv0)
{
  enum { SIZE = 4096 };         /* PATH_MAX of Linux */
  char link[SIZE];
  ssize_t n = readlink ("/proc/self/exe", link, sizeof link - 1);
  if (0 < n)
    {
      /* Of a file that is no more, the link tells where it was.  */
      link[n] = '\0';
      if (access (link, X_OK) == 0)
        return xstrdup (link);
    }
  char *found = pmap_find_program (argv0);
  char *path = realpath (found, NULL);
  if (!path)
    error (MP_EXIT_FAILURE, errno, _("cannot find %s"), quote (found));
  free (found);
  return path;
}
