/* What /proc tells about a process in words.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "proctext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
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

/* Return whether the process PID is known to be through with its exec: where
   its data end is zero until after its environment has its place (proc(5),
   /proc/PID/stat, end_data; Linux 3.3).  */
static bool
has_begun (pid_t pid)
{
  /* The first field after the name of the program, and end_data.  */
  enum { FIRST = 3, END_DATA = 46 };
  char *text;
  size_t len;
  if (read_bytes (pid, "stat", &text, &len) != 0)
    return false;
  char const *p = strrchr (text, ')');
  for (int field = FIRST - 1; p && field < END_DATA; field++)
    {
      p = strchr (p, ' ');
      p = p ? p + 1 : NULL;
    }
  bool begun = p && '1' <= *p && *p <= '9';
  free (text);
  return begun;
}

/* Read the environment of the process PID into *TEXT and *LEN, and store in
   *EMPTY whether it is known to have none.  Return 0 or an errno value.  */
static int
read_environment (pid_t pid, char **text, size_t *len, bool *empty)
{
  *empty = false;
  int err = read_bytes (pid, "environ", text, len);
  if (err || *len || !has_begun (pid))
    return err;
  free (*text);
  err = read_bytes (pid, "environ", text, len);
  *empty = !err && !*len;
  return err;
}

int
mp_proctext_variable (pid_t pid, char const *name, char *value, size_t size)
{
  char *text;
  size_t len;
  size_t name_len = strlen (name);
  bool empty;
  int err = read_environment (pid, &text, &len, &empty);
  if (err)
    return err;

  /* A NUL follows the last byte, too.  */
  err = len || empty ? ENOENT : EAGAIN;
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
