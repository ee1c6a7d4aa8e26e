/* Initializers: what a shell evaluates before it becomes a program.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "initializer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The descriptor at which the shell tells that the script is done.  */
enum { READY_FD = 9 };

/* What the shell evaluates, around the script.  This is a function, for it must
   not change "$@", the command; it may be empty; and "set -e" has an effect in
   it, as it would have none before "||".  */
static char const code_begin[] = "mp_initializer () { :\n";
static char const code_end[] = "\n}\n"
                               "mp_initializer < /dev/null >&2 9>&-\n"
                               "case $? in 0) ;; *) exit ;; esac\n"
                               "printf r >&9\n"
                               "exec \"$@\" 9>&-\n";

int
mp_initializer_init (struct mp_initializer *i, char const *shell,
                     char const *script)
{
  *i = (struct mp_initializer) { .shell = shell };
  i->code = malloc (sizeof code_begin + strlen (script) + sizeof code_end);
  if (!i->code)
    return ENOMEM;
  strcpy (stpcpy (stpcpy (i->code, code_begin), script), code_end);
  return 0;
}

void
mp_initializer_free (struct mp_initializer *i)
{
  free (i->code);
  free (i->argv);
}

/* In the child: let the descriptor *ARG be where the shell expects it.  */
static int
enter (void *arg)
{
  int fd = *(int *) arg;
  if (fd == READY_FD)
    return fcntl (fd, F_SETFD, 0) == 0 ? 0 : errno;
  return dup2 (fd, READY_FD) < 0 ? errno : 0;
}

int
mp_initializer_wrap (struct mp_initializer *i, struct mp_spawn *s, int *ready)
{
  static char name[] = "sh", dash_c[] = "-c";
  char *const before[] = { name, dash_c, i->code, name };
  enum { BEFORE = sizeof before / sizeof *before };
  size_t n = 0;
  while (s->argv[n++])
    continue;
  if (i->argv_allocated < BEFORE + n)
    {
      char **argv = reallocarray (i->argv, BEFORE + n, sizeof *argv);
      if (!argv)
        return ENOMEM;
      i->argv = argv;
      i->argv_allocated = BEFORE + n;
    }
  memcpy (i->argv, before, sizeof before);
  memcpy (i->argv + BEFORE, s->argv, n * sizeof *s->argv);
  s->file = i->shell;
  s->argv = i->argv;
  s->in_child = enter;
  s->arg = ready;
  return 0;
}

int
mp_initializer_done (int fd)
{
  char c;
  ssize_t n = read (fd, &c, 1);
  return 0 < n ? 1 : n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}
