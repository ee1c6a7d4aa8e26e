/* pmap: the files that it writes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "quote.h"
#include "same-inode.h"

#include "exit-status.h"
#include "front.h"
#include "pmap.h"

void
pmap_file_check (struct pmap_options const *o, char const *file)
{
  struct stat st, input;
  if (stat (file, &st) != 0 || !S_ISREG (st.st_mode))
    return;
  for (size_t i = 0; i < o->n_inputs; i++)
    {
      char const *name = o->input[i].file;
      if (!name)
        continue;
      int err = (strcmp (name, "-") == 0 ? fstat (STDIN_FILENO, &input)
                 : stat (name, &input));
      if (err == 0 && SAME_INODE (st, input))
        error (MP_EXIT_FAILURE, 0, _("%s is an input, and would be lost"),
               quote (file));
    }
}

int
pmap_file_create (struct pmap_options const *o, char const *file)
{
  pmap_file_check (o, file);
  /* A pipe that nobody reads is an error, not a reason to wait.  */
  int fd = open (file, (O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY
                        | O_CLOEXEC), 0666);
  if (fd < 0 || fcntl (fd, F_SETFL, 0) != 0)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (file));
  return fd;
}
