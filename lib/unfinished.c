/* Starts in the middle of which the supervisor was killed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c-ctype.h"
#include "procstat.h"
#include "proctext.h"
#include "treeset.h"

/* Return 0 if the process PID has VALUE for the variable NAME in its
   environment or, if VALUE is null, does not have it; EAGAIN if that cannot be
   told now; else ESRCH.  */
static int
check_value (pid_t pid, char const *name, char const *value)
{
  /* No string of an environment is longer: MAX_ARG_STRLEN of the kernel.  */
  enum { VALUE_SIZE = 32 * 4096 };
  char *text = malloc (VALUE_SIZE);
  if (!text)
    return ENOMEM;
  int err = mp_proctext_variable (pid, name, text, VALUE_SIZE);
  bool same = value ? !err && strcmp (text, value) == 0 : err == ENOENT;
  free (text);
  return same ? 0 : err == EAGAIN ? err : ESRCH;
}

/* Return 0 if the process PID has its record where the caller has its own, by
   the variables that it has from the caller then; else as check_value.  */
static int
check_records (pid_t pid)
{
  static char const *const names[] = { "MPUTILS_DIR", "TMPDIR" };
  int err = 0;
  for (size_t i = 0; !err && i < sizeof names / sizeof *names; i++)
    err = check_value (pid, names[i], getenv (names[i]));
  return err;
}

/* Return whether the process PID is the caller's user's.  */
static bool
is_own (pid_t pid)
{
  char name[64];
  struct stat st;
  snprintf (name, sizeof name, "/proc/%jd", (intmax_t) pid);
  return stat (name, &st) == 0 && st.st_uid == geteuid ();
}

/* Return 0 if the process PID is that of REC, started for PARENT, by its
   environment, and store its identity in *ID.  The name may have been another's
   before, but not since the caller, which started at SINCE, has it; and where
   records are kept elsewhere, or for another user, it may be another's now.
   Return EAGAIN if that cannot be told now, as in the middle of exec; else
   ESRCH.  */
static int
check_process (pid_t pid, struct mp_record const *rec, char const *parent,
               unsigned long long since, struct mp_procid *id)
{
  struct mp_procstat st;
  char handle[MP_PROCID_SIZE];
  bool scoped = strcmp (rec->scope, MP_NO_SCOPE) != 0;
  if (mp_procstat_read (pid, &st) != 0 || st.start_time < since || st.kernel
      || mp_procstat_ended (st.state) || !is_own (pid)
      || mp_procid_get (pid, id) != 0)
    return ESRCH;
  mp_procid_format (id, handle);
  /* What it has started has its handle, too, but is another process.  */
  int err = check_value (pid, "MPUTILS_HANDLE", handle);
  if (!err)
    err = check_value (pid, "MPUTILS_NAME", rec->name);
  if (!err)
    err = check_value (pid, "MPUTILS_SCOPE", scoped ? rec->scope : NULL);
  if (!err)
    err = check_value (pid, "MPUTILS_PARENT", parent);
  if (!err)
    err = check_records (pid);
  return err;
}

/* Find the process of REC, started for PARENT, as *ID among those that have
   started at SINCE or later.  Return 0; ESRCH if there is none; EAGAIN if that
   cannot be told now; or another errno value.  */
static int
look_for_process (struct mp_record const *rec, char const *parent,
                  unsigned long long since, struct mp_procid *id)
{
  int result = ESRCH;
  DIR *dir = opendir ("/proc");
  if (!dir)
    return errno;
  for (struct dirent *d; result && (d = readdir (dir)); )
    if (c_isdigit (*d->d_name))
      {
        int err = check_process (strtol (d->d_name, NULL, 10), rec, parent,
                                 since, id);
        if (err != ESRCH)
          result = err;
      }
  closedir (dir);
  return result;
}

/* Find the process of REC, started for PARENT, as *ID.  Return 0, ESRCH if
   there is none, or another errno value.  */
static int
find_process (struct mp_record const *rec, char const *parent,
              struct mp_procid *id)
{
  /* How often to look, because some program has just begun, and how many
     milliseconds apart.  */
  enum { LOOKS = 100, PAUSE = 2 };
  struct mp_procstat self;
  int err = mp_procstat_read (getpid (), &self);
  if (err)
    return err;
  for (int i = 0; i < LOOKS; i++)
    {
      err = look_for_process (rec, parent, self.start_time, id);
      if (err != EAGAIN)
        break;
      poll (NULL, 0, PAUSE);
    }
  return err == EAGAIN ? ESRCH : err;
}

int
mp_unfinished_end (struct mp_records *r, struct mp_record const *rec,
                   char const *parent, bool *found)
{
  struct mp_treeset set;
  struct mp_handle h = { .running = true };
  enum mp_refusal why;
  *found = false;
  int err = mp_treeset_begin (&set, 0, r);
  if (!err)
    err = find_process (rec, parent, &h.id);
  if (!err)
    {
      *found = true;
      err = mp_treeset_add (&set, &h, &why);
    }
  if (!err)
    err = mp_treeset_kill (&set);
  mp_treeset_end (&set);
  return err == ESRCH ? 0 : err;
}
