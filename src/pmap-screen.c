/* pmap: a line on the terminal that goes away again.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-screen.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "c-ctype.h"
#include "safe-write.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "pmap.h"
#include "sink.h"

struct pmap_screen
{
  atomic_bool drawn;            /* there is a line, or a part of one */
  atomic_uint pauses;           /* how often the pool was stopped */
  unsigned int seen;            /* of these, the guard knows */
};

/* To the beginning of the line, where the cursor is already unless something
   has been typed, and erase all from there on: after the terminal has become
   narrower, the line may go on below.  */
static char const erase[] = "\r\033[J";

/* Whether the terminal does what ERASE says, as all do that are not dumb.  */
static bool
can_erase (void)
{
  char const *term = getenv ("TERM");
  return term && *term && strcmp (term, "dumb") != 0;
}

struct pmap_screen *
pmap_screen_new (struct pmap_options const *o)
{
  if (o->ungrouped || o->callback || o->error_callback
      || !isatty (STDERR_FILENO) || !can_erase ())
    return NULL;
  struct pmap_screen *s = mmap (NULL, sizeof *s, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return s == MAP_FAILED ? NULL : s;
}

void
pmap_screen_wait (void *arg)
{
  struct pmap_screen *s = arg;
  enum { TRIES = 1000 };
  for (int i = 0; i < TRIES && atomic_load (&s->pauses) == s->seen; i++)
    poll (NULL, 0, 1);
  s->seen = atomic_load (&s->pauses);
}

void
pmap_screen_clear (struct pmap_screen *s)
{
  if (atomic_load (&s->drawn))
    safe_write (STDERR_FILENO, erase, sizeof erase - 1);
}

bool
pmap_screen_is_ours (void)
{
  struct termios t;
  /* The guard is in the foreground, and the pool is not.  That a terminal is
     not the one that controls us is no obstacle.  */
  pid_t group = tcgetpgrp (STDERR_FILENO);
  if (0 < group && group != getpgrp () && group != getpgid (getppid ()))
    return false;
  return tcgetattr (STDERR_FILENO, &t) == 0 && (t.c_lflag & ICANON);
}

int
pmap_screen_width (void)
{
  enum { DEFAULT_WIDTH = 80, WIDTH_MAX = 10000 };
  struct winsize w;
  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col)
    return w.ws_col;
  char const *s = getenv ("COLUMNS");
  long int n = s && c_isdigit (*s) ? strtol (s, NULL, 10) : 0;
  return 0 < n && n < WIDTH_MAX ? n : DEFAULT_WIDTH;
}

bool
pmap_screen_drawn (struct pmap_screen const *s)
{
  return atomic_load (&s->drawn);
}

void
pmap_screen_draw (struct pmap_screen *s, struct mp_sink const *sink,
                  char const *text)
{
  /* What is behind a shorter text goes, and the cursor is where it was: after a
     write that was cut off, the next begins there, too.  */
  char *line = xasprintf ("\r%s\033[J\r", text);
  if (!line)
    xalloc_die ();
  bool was_drawn = atomic_load (&s->drawn);
  atomic_store (&s->drawn, true);
  if (mp_sink_intrude (sink, line, strlen (line)) <= 0)
    atomic_store (&s->drawn, was_drawn);
  free (line);
}

bool
pmap_screen_erase (struct pmap_screen *s, struct mp_sink const *sink)
{
  if (!atomic_load (&s->drawn))
    return true;
  if (pmap_screen_is_ours ())
    {
      size_t len = sizeof erase - 1;
      ssize_t n = mp_sink_intrude (sink, erase, len);
      if (0 <= n ? n < (ssize_t) len : errno == EAGAIN || errno == EINTR)
        return false;
    }
  atomic_store (&s->drawn, false);
  return true;
}

void
pmap_screen_paused (struct pmap_screen *s)
{
  atomic_fetch_add (&s->pauses, 1);
}
