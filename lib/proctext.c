/* What /proc tells about a process in words.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "proctext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "procfile.h"

/* Read the file FILE of PID, of any bytes, into *TEXT and *LEN.
   Return 0 or an errno value, ESRCH if there is no such process.  */
static int
read_bytes (pid_t pid, char const *file, char **text, size_t *len)
{
  char name[64];
  snprintf (name, sizeof name, "/proc/%jd/%s", (intmax_t) pid, file);
  int err = mp_procfile_bytes (name, text, len);
  return err == ENOENT ? ESRCH : err;
}

int
mp_proctext_variable (pid_t pid, char const *name, char *value, size_t size)
{
  char *text;
  size_t len;
  size_t name_len = strlen (name);
  int err = read_bytes (pid, "environ", &text, &len);
  if (err)
    return err;

  /* A NUL follows the last byte, too.  */
  err = len ? ENOENT : EAGAIN;
  for (char const *p = text; err && p < text + len; p += strlen (p) + 1)
    if (strncmp (p, name, name_len) == 0 && p[name_len] == '='
        && strlen (p + name_len + 1) < size)
      {
        strcpy (value, p + name_len + 1);
        err = 0;
      }
  free (text);
  return err;
}

int
mp_proctext_command (pid_t pid, char **text, size_t *len)
{
  return read_bytes (pid, "cmdline", text, len);
}

int
mp_proctext_name (pid_t pid, char **text)
{
  size_t len;
  int err = read_bytes (pid, "comm", text, &len);
  if (!err && len && (*text)[len - 1] == '\n')
    (*text)[len - 1] = '\0';
  return err;
}

pid_t
mp_proctext_leader (pid_t pid)
{
  static char const key[] = "\nTgid:";
  char *text;
  size_t len;
  if (read_bytes (pid, "status", &text, &len) != 0)
    return 0;
  char const *p = strstr (text, key);
  pid_t leader = p ? strtol (p + sizeof key - 1, NULL, 10) : 0;
  free (text);
  return leader;
}
