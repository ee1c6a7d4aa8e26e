/* Sets of processes: their targets.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "treesetparts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "procstat.h"
#include "proctext.h"

/* Return whether the records of S name PID, of which ST tells, as a
   supervisor.  */
static bool
is_supervisor (struct mp_treeset *s, pid_t pid, struct mp_procstat const *st)
{
  if (pid != st->session)
    return false;
  mp_treeset_know_supervisors (s);
  for (size_t i = 0; i < s->n_supervisors; i++)
    if (s->supervisor[i].id.pid == pid
        && mp_procid_running (&s->supervisor[i].id) == 0)
      return true;
  return false;
}

/* Return why PID, of which ST tells, is no target for S.  */
static enum mp_refusal
refusal (struct mp_treeset const *s, pid_t pid, struct mp_procstat const *st)
{
  if (pid == 1)
    return MP_REFUSED_INIT;
  if (pid == s->self)
    return MP_REFUSED_SELF;
  if (mp_treeset_is_ancestor (s, pid) && ! (s->flags & MP_TREESET_DESCENDANTS))
    return MP_REFUSED_ANCESTOR;
  if (st->kernel)
    return MP_REFUSED_KERNEL;
  if (mp_proctext_leader (pid) != pid)
    return MP_REFUSED_THREAD;
  return (kill (pid, 0) != 0 && errno == EPERM
          ? MP_REFUSED_OWNER : MP_REFUSED_NOT);
}

/* Store in *START_TIME when the process ID started.  Return 0; ESRCH if it is
   gone, or runs no more and CAN_BE_ZOMBIE is false; or another errno value.  */
static int
get_start (struct mp_procid const *id, bool can_be_zombie,
           unsigned long long *start_time)
{
  struct mp_procstat st;
  struct mp_procid now;
  int err = mp_procstat_read (id->pid, &st);
  if (!err && !can_be_zombie && mp_procstat_ended (st.state))
    err = ESRCH;
  /* It is still the same: so what was read before is about it.  */
  if (!err)
    err = mp_procid_get_kind (id->pid, id->kind, &now);
  if (!err && !mp_procid_equal (id, &now))
    err = ESRCH;
  if (!err)
    *start_time = st.start_time;
  return err;
}

/* Note in T its supervisor, which REC names.  Return 0 or an errno value.  */
static int
add_supervisor (struct mp_treeset *s, struct mp_target *t,
                struct mp_record const *rec)
{
  int err = get_start (&rec->supervisor, false, &t->supervisor_start);
  if (err)
    return err == ESRCH ? 0 : err;
  t->supervisor = rec->supervisor.pid;
  t->forkserver = mp_treeset_has_forkserver (rec);
  s->n_supervisors = s->n_own;
  s->supervisors_known = false;
  /* The supervisor last: see note_record.  */
  if (rec->guard.pid)
    err = mp_treeset_note_supervisor (s, &rec->guard, t->forkserver);
  if (!err)
    err = mp_treeset_note_supervisor (s, &rec->supervisor, t->forkserver);
  s->n_own = s->n_supervisors;
  return err;
}

int
mp_treeset_add (struct mp_treeset *s, struct mp_handle const *h,
                enum mp_refusal *why)
{
  struct mp_target t = { .id = h->id };
  struct mp_procstat st;
  *why = MP_REFUSED_NOT;
  if (h->record && h->record->other_boot)
    return ESRCH;
  int err = get_start (&t.id, true, &t.start_time);
  if (!err)
    {
      err = mp_procstat_read (t.id.pid, &st);
      if (!err)
        *why = refusal (s, t.id.pid, &st);
      /* One that has a record itself is first of all what that names.  */
      if (!err && *why == MP_REFUSED_NOT && !h->record
          && ! (s->flags & MP_TREESET_DESCENDANTS)
          && is_supervisor (s, t.id.pid, &st))
        *why = MP_REFUSED_SUPERVISOR;
      if (*why != MP_REFUSED_NOT)
        return EPERM;
    }
  if (err == ESRCH && h->record)
    err = t.start_time = 0;
  if (!err && h->record)
    err = add_supervisor (s, &t, h->record);
  if (err)
    return err;

  struct mp_target *p
    = reallocarray (s->target, s->n_targets + 1, sizeof *p);
  if (!p)
    return ENOMEM;
  s->target = p;
  s->target[s->n_targets++] = t;
  return 0;
}
