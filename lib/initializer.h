/* Initializers: what a shell evaluates before it becomes a program.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_INITIALIZER_H
#define MP_INITIALIZER_H

#include "procspawn.h"

/* An initializer.  */
struct mp_initializer
{
  char const *shell;            /* resolved; the caller's */
  char *code;                   /* what it evaluates */
  char **argv;                  /* room for its arguments */
  size_t argv_allocated;
};

/* Make *I one that lets SHELL, resolved, evaluate SCRIPT; both stay the
   caller's, and SHELL outlives *I.  Return 0 or ENOMEM.  */
int mp_initializer_init (struct mp_initializer *i, char const *shell,
                         char const *script);

/* Free what *I holds; nothing if it is all zero.  */
void mp_initializer_free (struct mp_initializer *i);

/* Let what S says, whose IN_CHILD must be null, be started by the shell of *I
   when that has evaluated the script: change S->file, S->argv, S->in_child and
   S->arg.  The script has an empty standard input, and its standard output is
   standard error.  What of the shell's environment it changes is the program's.
   If it fails, so does the shell, and the program does not run; *READY, a
   descriptor for writing that stays the caller's and must be there until S is
   started, tells: a byte is written there when the script is done.
   S->argv is good until the next call.  Return 0 or ENOMEM.  */
int mp_initializer_wrap (struct mp_initializer *i, struct mp_spawn *s,
                         int *ready);

/* Whether the other end of that descriptor, FD, which never waits, tells that
   the script is done: 1, or 0 if not yet, or -1 if it never will be.  */
int mp_initializer_done (int fd);

#endif
