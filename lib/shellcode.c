/* What a warm shell is told, and what it tells.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shellcode.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "c-ctype.h"
#include "minmax.h"

#ifndef PIPE_BUF
# define PIPE_BUF _POSIX_PIPE_BUF
#endif

int
mp_shellcode_init (struct mp_shellcode *c)
{
  unsigned char bytes[MP_SHELLCODE_SECRET / 2];
  *c = (struct mp_shellcode) { .isolate = false };
  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    return EAGAIN;
  for (size_t i = 0; i < sizeof bytes; i++)
    sprintf (c->secret + 2 * i, "%02x", bytes[i]);
  return 0;
}

void
mp_shellcode_free (struct mp_shellcode *c)
{
  free (c->text);
  c->text = NULL;
}

/* Have room for N bytes more in C->text.  Return 0 or ENOMEM.  */
static int
reserve (struct mp_shellcode *c, size_t n)
{
  if (n <= c->allocated - c->length)
    return 0;
  size_t want = MAX (c->length + n, 2 * c->allocated);
  char *text = realloc (c->text, want);
  if (!text)
    return ENOMEM;
  c->text = text;
  c->allocated = want;
  return 0;
}

/* Append the LEN bytes at S to C->text, which has room.  */
static void
add (struct mp_shellcode *c, char const *s, size_t len)
{
  memcpy (c->text + c->length, s, len);
  c->length += len;
}

static void
add_string (struct mp_shellcode *c, char const *s)
{
  add (c, s, strlen (s));
}

/* The most that add_quoted appends for LEN bytes.  */
static size_t
quoted_max (size_t len)
{
  return 4 * len + 2;
}

/* Append the LEN bytes at S as a part of a word that stands for just them, to
   C->text, which has room.  */
static void
add_quoted_part (struct mp_shellcode *c, char const *s, size_t len)
{
  while (len)
    {
      char const *quote = memchr (s, '\'', len);
      size_t n = quote ? (size_t) (quote - s) : len;
      add (c, s, n);
      if (quote)
        {
          add (c, "'\\''", 4);
          n++;
        }
      s += n;
      len -= n;
    }
}

/* Append a word that stands for the LEN bytes at S to C->text, which has
   room.  */
static void
add_quoted (struct mp_shellcode *c, char const *s, size_t len)
{
  add (c, "'", 1);
  add_quoted_part (c, s, len);
  add (c, "'", 1);
}

/* Whether the code TEXT may change descriptors for good.  */
static bool
may_redirect (char const *text)
{
  static char const *const signs[] = {
    "exec", "eval", "source", ". ", ".\t"
  };
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (strstr (text, signs[i]))
      return true;
  return false;
}

/* Whether a function that bash finds in the environment may do so.  */
static bool
functions_may_redirect (void)
{
  static char const prefix[] = "BASH_FUNC_";
  for (char **p = environ; *p; p++)
    if (strncmp (*p, prefix, sizeof prefix - 1) == 0 && may_redirect (*p))
      return true;
  return false;
}

/* Append to C->text, which has room, the function that ends a task.  If
   CAREFUL, it first gives the shell its own streams back.  */
static void
add_end_function (struct mp_shellcode *c, bool careful)
{
  add_string (c, "__pmap_end () {\n");
  if (careful)
    add_string (c, "exec >&7 2>&8\n");
  for (int i = 0; i < 2; i++)
    {
      /* As an escape: what `set -x' shows of it must be no mark.  */
      add_string (c, "command printf '\\036");
      add_string (c, c->secret);
      add_string (c, i ? " %s\\n' \"$1\" >&2\n" : " %s\\n' \"$1\"\n");
    }
  add_string (c, "}\n");
}

int
mp_shellcode_prologue (struct mp_shellcode *c, char const *script,
                       char const *initializer, bool hold)
{
  static char const exit_if_failed[] = "case $? in 0) ;; *) exit ;; esac\n";
  enum { OTHERS = 1024 };
  size_t len = initializer ? strlen (initializer) : 0;
  bool careful = (may_redirect (script) || functions_may_redirect ()
                  || (initializer && may_redirect (initializer)));
  c->length = 0;
  if (reserve (c, quoted_max (len) + quoted_max (strlen (script))
                  + PIPE_BUF + OTHERS) != 0)
    return ENOMEM;
  if (!c->by_stdin)
    add_string (c, "exec 9<&-\n");
  if (careful)
    add_string (c, "exec 7>&1 8>&2\n");
  /* Within eval, what cannot be parsed ends there.  */
  if (initializer)
    {
      add_string (c, "eval ");
      add_quoted (c, initializer, len);
      add_string (c, c->by_stdin ? " </dev/null\n" : "\n");
      add_string (c, exit_if_failed);
    }
  add_string (c, "eval '__pmap_task () {\n:\n");
  add_quoted_part (c, script, strlen (script));
  add_string (c, "\n}'\n");
  add_string (c, exit_if_failed);
  add_end_function (c, careful);
  add_string (c, "__pmap_end r\n");
  if (hold)
    {
      static char const wait_line[] = "\nread -r __pmap_ready <&6\n";
      /* Whoever reads blocks, of a multiple of so many bytes, has then read
         half as many ahead at least.  */
      enum { BLOCK = 128 };
      add_string (c, "#");
      while ((c->length + sizeof wait_line - 1) % BLOCK != BLOCK / 2)
        add (c, ".", 1);
      add_string (c, wait_line);
      add_string (c, "exec 6<&-\n#");
      memset (c->text + c->length, '.', PIPE_BUF);
      c->length += PIPE_BUF;
      add_string (c, "\n");
    }
  return 0;
}

/* Append to C->text, which has room, the values of TASK's items as COLUMNS, or
   null, has them, each as a word.  */
static void
add_values (struct mp_shellcode *c, struct mp_task const *task,
            struct mp_columns const *columns)
{
  struct mp_column_walk w = mp_columns_walk (columns, task->item,
                                             task->n_items);
  struct mp_item value;
  while (mp_columns_next (&w, &value))
    {
      add_string (c, " ");
      add_quoted (c, value.data, value.len);
    }
}

int
mp_shellcode_task (struct mp_shellcode *c, struct mp_task const *task,
                   struct mp_columns const *columns, unsigned int *attempt)
{
  /* Linux takes 128 KiB: execve(2).  */
  enum { OTHERS = 256, VARIABLE_MAX = 127 * 1024 };
  char number[128];
  struct mp_item const *item = mp_task_item (task);
  size_t n = OTHERS;
  /* The quotes and the blank that stand for a separator of columns are counted
     as those of a byte.  */
  for (size_t i = 0; i < task->n_items; i++)
    n += quoted_max (task->item[i].len) + 1;
  n += item ? quoted_max (item->len) : 0;
  c->length = 0;
  if (reserve (c, n) != 0)
    return ENOMEM;
  sprintf (number, "PMAP_INDEX=%llu", task->index);
  add_string (c, number);
  if (*attempt != task->attempt)
    {
      *attempt = task->attempt;
      sprintf (number, " PMAP_ATTEMPT=%u", *attempt);
      add_string (c, number);
    }
  /* What is too long for the system would keep the script from running any
     program.  */
  if (item && item->len < VARIABLE_MAX)
    {
      add_string (c, " PMAP_ITEM=");
      add_quoted (c, item->data, item->len);
      add_string (c, ";");
    }
  else
    add_string (c, " PMAP_ITEM=;");
  add_string (c, c->isolate ? "(__pmap_task" : "__pmap_task");
  add_values (c, task, columns);
  add_string (c, c->isolate ? ")" : "");
  add_string (c, c->by_stdin ? " </dev/null" : "");
  /* On a line of its own: some errors end the evaluation of a line.  */
  add_string (c, "\n__pmap_end $?\n");
  return 0;
}

enum mp_shellcode_found
mp_shellcode_mark (struct mp_shellcode const *c, char const *data, size_t len,
                   size_t *used, int *status)
{
  char const mark_byte = MP_SHELLCODE_MARK_BYTE;
  size_t n = MIN (len - 1, MP_SHELLCODE_SECRET);
  if (data[0] != mark_byte || memcmp (data + 1, c->secret, n) != 0)
    return MP_SHELLCODE_NO_MARK;
  size_t i = 1 + MP_SHELLCODE_SECRET;
  if (i < len && data[i] != ' ')
    return MP_SHELLCODE_NO_MARK;
  i++;
  int value = 0;
  if (i < len && data[i] == 'r')
    {
      value = -1;
      i++;
    }
  else
    for (; i < len && c_isdigit (data[i]); i++)
      value = MIN (value * 10 + (data[i] - '0'), 9999);
  if (len <= i)
    return (MP_SHELLCODE_MARK_MAX <= len
            ? MP_SHELLCODE_NO_MARK : MP_SHELLCODE_PART);
  if (data[i] != '\n')
    return MP_SHELLCODE_NO_MARK;
  *used = i + 1;
  /* Some shells tell of signals by more than fits in an exit status.  */
  *status = value < 0 ? -1 : 256 <= value ? 128 + value % 128 : value;
  return MP_SHELLCODE_MARK;
}
