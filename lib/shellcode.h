/* What a warm shell is told, and what it tells.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_SHELLCODE_H
#define MP_SHELLCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "columns.h"
#include "pool.h"

/* After each task, the shell writes a mark on both its streams: this byte, a
   secret that nobody else can know, and the status.  */
enum
{
  MP_SHELLCODE_MARK_BYTE = 036,         /* a record separator: rare in text */
  MP_SHELLCODE_SECRET = 16,             /* bytes */
  MP_SHELLCODE_MARK_MAX = MP_SHELLCODE_SECRET + 16
};

struct mp_shellcode
{
  bool isolate;                 /* evaluate the script in a subshell */
  bool by_stdin;                /* the shell reads code from standard input */
  char secret[MP_SHELLCODE_SECRET + 1];

  /* The last code that was made.  */
  char *text;
  size_t length, allocated;
};

/* Make C ready, with a new secret.  Return 0 or an errno value.  */
int mp_shellcode_init (struct mp_shellcode *c);

void mp_shellcode_free (struct mp_shellcode *c);

/* Make C->text what a new shell begins with: evaluate INITIALIZER, unless it is
   null, and define a function that evaluates SCRIPT; exit if that fails.  The
   shell's own code is on descriptor 9, and closed there, unless C->by_stdin.
   Each task has the shell's own streams again: if the code may change them for
   good, as by `exec', they are also on 7 and 8.
   If HOLD, after the mark that it is ready the shell waits for the end of what
   is on descriptor 6, closes that, and finds PIPE_BUF bytes and more that mean
   nothing.  Return 0 or ENOMEM.  */
int mp_shellcode_prologue (struct mp_shellcode *c, char const *script,
                           char const *initializer, bool hold);

/* Make C->text what a shell evaluates for TASK, whose items hold no NUL bytes
   and have the values that COLUMNS (or null) tells.  *ATTEMPT is the shell's
   last task's.  Return 0 or ENOMEM.  */
int mp_shellcode_task (struct mp_shellcode *c, struct mp_task const *task,
                       struct mp_columns const *columns,
                       unsigned int *attempt);

enum mp_shellcode_found
{
  MP_SHELLCODE_MARK,
  MP_SHELLCODE_NO_MARK,         /* it does not begin with one */
  MP_SHELLCODE_PART             /* it may be the beginning of one */
};

/* See whether the LEN bytes at DATA, at least 1, begin with a mark.  If so,
   store its length in *USED and the status in *STATUS: -1 says that the shell
   is ready.  LEN >= MP_SHELLCODE_MARK_MAX is never a part.  */
enum mp_shellcode_found mp_shellcode_mark (struct mp_shellcode const *c,
                                           char const *data, size_t len,
                                           size_t *used, int *status);

#endif
