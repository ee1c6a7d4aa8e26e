/* What the operands that name processes mean.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"

char const *
mp_handle_scope (void)
{
  struct mp_procid id;
  char const *scope = getenv ("MPUTILS_SCOPE");
  return scope && mp_procid_parse (scope, &id) == 0 ? scope : MP_NO_SCOPE;
}

void
mp_handle_free (struct mp_handle *h)
{
  mp_record_free (h->record);
  h->record = NULL;
}

/* Take the ID of H from its record, which knows of what kind it is.  Return 0
   or an errno value.  */
static int
take_identity (struct mp_handle *h)
{
  h->id = h->record->id;
  int err = h->record->other_boot ? ESRCH : mp_procid_running (&h->id);
  /* Where that cannot be told, the record tells when it ends.  */
  h->running = !err || err == ENOSYS;
  return err == ESRCH || err == ENOSYS ? 0 : err;
}

/* Complete H, whose ID is known, with its record among R's.  Return 0, or
   ESRCH if it neither runs nor has a record, or another errno value.  */
static int
find_by_id (struct mp_records *r, struct mp_handle *h)
{
  int err = mp_procid_running (&h->id);
  if (err && err != ESRCH)
    return err;
  h->running = !err;
  err = r ? mp_record_open_handle (r, &h->id, &h->record) : ENOENT;
  if (!err)
    return take_identity (h);
  if (err != ENOENT)
    return err;
  if (h->running)
    return 0;
  /* A zombie has ended, and can be waited for.  */
  struct mp_procid now;
  return (mp_procid_get_kind (h->id.pid, h->id.kind, &now) == 0
          && mp_procid_equal (&h->id, &now) ? 0 : ESRCH);
}

/* The search for a record by PID.  */
struct search
{
  pid_t pid;
  struct mp_record *found;
};

/* Keep REC if it is what ARG searches and a later one than what was found.  */
static int
consider (struct mp_record *rec, void *arg)
{
  struct search *s = arg;
  if (rec->started && !rec->other_boot && rec->id.pid == s->pid
      && (!s->found || s->found->start_time < rec->start_time))
    {
      struct mp_record *old = s->found;
      s->found = rec;
      rec = old;
    }
  mp_record_free (rec);
  return 0;
}

/* Find the process PID, or the last one with that PID that has a record.  */
static int
find_by_pid (struct mp_records *r, pid_t pid, struct mp_handle *h)
{
  int err = mp_procid_get (pid, &h->id);
  if (!err)
    return find_by_id (r, h);
  if (err != ESRCH || !r)
    return err;
  struct search s = { .pid = pid };
  err = mp_records_each (r, NULL, consider, &s);
  if (!err && !s.found)
    err = ESRCH;
  if (err)
    {
      mp_record_free (s.found);
      return err;
    }
  h->record = s.found;
  h->id = s.found->id;
  return 0;
}

/* Read TEXT as a PID into *PID.  Return 0, EINVAL if it is none, or ESRCH if
   it is one that no process can have.  */
static int
parse_pid (char const *text, pid_t *pid)
{
  if (!*text)
    return EINVAL;
  *pid = 0;
  bool large = false;
  for (char const *p = text; *p; p++)
    if (!c_isdigit (*p))
      return EINVAL;
    else
      large |= ckd_mul (pid, *pid, 10) || ckd_add (pid, *pid, *p - '0');
  return large ? ESRCH : *pid == 0 ? EINVAL : 0;
}

int
mp_handle_find (struct mp_records *r, char const *scope, char const *text,
                struct mp_handle *h)
{
  pid_t pid;
  *h = (struct mp_handle) { .running = false };
  int err = parse_pid (text, &pid);
  if (err == ESRCH)
    return err;
  if (!err)
    return find_by_pid (r, pid, h);
  err = mp_procid_parse (text, &h->id);
  if (err != EINVAL)
    return err ? err : find_by_id (r, h);
  if (!mp_record_name_ok (text))
    return EINVAL;
  err = r ? mp_record_open (r, scope, text, &h->record) : ENOENT;
  if (!err && !h->record->started)
    {
      /* It is being started: nobody has been told its name yet.  */
      mp_handle_free (h);
      err = ENOENT;
    }
  if (err)
    return err;
  return take_identity (h);
}
