/* pmap: a line on the terminal that goes away again.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_SCREEN_H
#define PMAP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct mp_sink;
struct pmap_options;

/* The line.  The guard and the pool share it.  Opaque to its users.  */
struct pmap_screen;

/* Return what both share, or null if standard error is no terminal on which a
   line can be drawn and erased, or others write to it whom the pool of O does
   not see.  It lasts as long as the program.  */
struct pmap_screen *pmap_screen_new (struct pmap_options const *o);

/* In the guard, for mp_guard: ARG is the screen.  The pool was told to stop:
   wait until the line is gone.  */
void pmap_screen_wait (void *arg);

/* In the guard: the pool has ended.  Erase what it has left.  */
void pmap_screen_clear (struct pmap_screen *s);

/* In the pool, which writes to the terminal by SINK, and never waits.  */

/* Whether the terminal is for us: we are in its foreground, and no other
   program draws on it.  One that does, a pager or an editor, has told the
   terminal not to gather lines.  */
bool pmap_screen_is_ours (void);

/* How many columns the terminal has.  */
int pmap_screen_width (void);

/* Draw TEXT, which is narrower than the terminal, in place of the line if there
   is one.  The cursor must be at the beginning of a line.  */
void pmap_screen_draw (struct pmap_screen *s, struct mp_sink const *sink,
                       char const *text);

/* Whether there is a line.  */
bool pmap_screen_drawn (struct pmap_screen const *s);

/* Erase the line if there is one.  Return whether there is none any more;
   otherwise, the terminal takes nothing now.  */
bool pmap_screen_erase (struct pmap_screen *s, struct mp_sink const *sink);

/* The pool was stopped, and the line erased.  */
void pmap_screen_paused (struct pmap_screen *s);

#endif
