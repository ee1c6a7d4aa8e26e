/* What /proc tells about one process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procstat.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "c-ctype.h"
#include "procfile.h"

bool
mp_procstat_ended (char state)
{
  return state == 'Z' || state == 'X' || state == 'x';
}

bool
mp_procstat_stopped (char state)
{
  return state == 'T' || state == 't';
}

/* Store the number at TEXT, field FIELD of a stat line, in *ST.  */
static void
store_field (struct mp_procstat *st, int field, char const *text)
{
  /* PF_KTHREAD of the kernel's include/linux/sched.h.  */
  enum { KERNEL_FLAG = 0x00200000 };

  switch (field)
    {
    case 4:
      st->ppid = strtol (text, NULL, 10);
      break;
    case 5:
      st->pgrp = strtol (text, NULL, 10);
      break;
    case 6:
      st->session = strtol (text, NULL, 10);
      break;
    case 9:
      st->kernel = strtoul (text, NULL, 10) & KERNEL_FLAG;
      break;
    case 20:
      st->threads = strtol (text, NULL, 10);
      break;
    case 22:
      st->start_time = strtoull (text, NULL, 10);
      break;
    case 52:
      st->exit_status = strtol (text, NULL, 10);
      break;
    }
}

int
mp_procstat_parse (char const *text, struct mp_procstat *st)
{
  enum { STATE_FIELD = 3, START_FIELD = 22 };

  /* Only numbers and the state, a letter, follow the name, so the last
     parenthesis ends it whatever the name is.  */
  char const *p = strrchr (text, ')');
  if (!p || p[1] != ' ' || !c_isalpha (p[2]) || p[3] != ' ')
    return EINVAL;

  *st = (struct mp_procstat) { .state = p[2] };
  p += 3;
  int field = STATE_FIELD;
  while (*p == ' ')
    {
      p++;
      field++;
      store_field (st, field, p);
      p += strcspn (p, " ");
    }
  return START_FIELD <= field ? 0 : EINVAL;
}

/* Store in *ST what the stat file NAME says.  */
static int
read_file (char const *name, struct mp_procstat *st)
{
  /* 52 numbers of at most 20 digits, and a name of at most 64 bytes.  */
  char line[2048];
  int err = mp_procfile_line (name, line, sizeof line);
  if (err)
    return err == ENOENT ? ESRCH : err;
  return mp_procstat_parse (line, st);
}

/* Return whether a process or thread in STATE runs no code, so that others of
   its threads are asked.  */
static bool
is_still (char state)
{
  return mp_procstat_ended (state) || mp_procstat_stopped (state);
}

/* Of the threads of PID, find one that has neither ended nor stopped, else one
   that has stopped, and store its state in *STATE; leave *STATE alone if there
   is none such.  Return 0 or an errno value.  */
static int
liveliest_thread (pid_t pid, char *state)
{
  char name[64];
  snprintf (name, sizeof name, "/proc/%jd/task", (intmax_t) pid);
  DIR *dir = opendir (name);
  if (!dir)
    return errno == ENOENT ? ESRCH : errno;

  int err = 0;
  struct dirent *entry;
  while (is_still (*state) && (entry = readdir (dir)))
    if (c_isdigit (*entry->d_name))
      {
        struct mp_procstat st;
        snprintf (name, sizeof name, "/proc/%jd/task/%jd/stat",
                  (intmax_t) pid, strtoimax (entry->d_name, NULL, 10));
        err = read_file (name, &st);
        if (!err && !mp_procstat_ended (st.state))
          *state = st.state;
        else if (err && err != ESRCH)
          break;
      }
  closedir (dir);
  return err == ESRCH ? 0 : err;
}

int
mp_procstat_read (pid_t pid, struct mp_procstat *st)
{
  char name[64];
  snprintf (name, sizeof name, "/proc/%jd/stat", (intmax_t) pid);
  int err = read_file (name, st);
  if (!err && 1 < st->threads && is_still (st->state))
    err = liveliest_thread (pid, &st->state);
  return err;
}

int
mp_procstat_usable (void)
{
  char link[64];
  ssize_t n = readlink ("/proc/self", link, sizeof link - 1);
  if (n < 0)
    return ENOSYS;
  link[n] = '\0';
  return strtoimax (link, NULL, 10) == getpid () ? 0 : ENOSYS;
}
