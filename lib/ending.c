/* The end of started processes, with all that they have started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "minmax.h"

/* How long after the end of one process to see what is left of all.  */
static mp_time const look_again = 50 * MP_MILLISECOND;

/* A supervisor sees all orphans of its processes, as their new parent, and
   those of other forkservers by their handles: no need to search /proc.  */
enum { SET_FLAGS = MP_TREESET_STRICT };

int
mp_ending_new (struct mp_records *r, int signal, mp_time kill_after,
               bool (*leave) (struct mp_member const *, void *arg), void *arg,
               struct mp_ending **e)
{
  struct mp_ending *new = malloc (sizeof *new);
  if (!new)
    return ENOMEM;
  *new = (struct mp_ending) { .signal = signal, .kill_after = kill_after };
  int err = mp_treeset_begin (&new->set, SET_FLAGS, r);
  new->set.leave = leave;
  new->set.leave_arg = arg;
  if (err)
    {
      mp_ending_free (new);
      return err;
    }
  *e = new;
  return 0;
}

int
mp_ending_add (struct mp_ending *e, struct mp_record *rec)
{
  enum mp_refusal why;
  struct mp_handle h = { .id = rec->id, .record = rec };
  return mp_treeset_add (&e->set, &h, &why);
}

void
mp_ending_changed (struct mp_ending *e)
{
  if (e->begun && !e->over && !e->look_at)
    e->look_at = mp_now () + look_again;
}

/* Return whether a member of S runs that is not spared.  */
static bool
is_left (struct mp_treeset const *s)
{
  for (size_t i = 0; i < s->tree.n; i++)
    if (mp_treeset_standing (s, s->tree.member[i]) == MP_STANDING_TAKEN)
      return true;
  return false;
}

/* Send SIGKILL to what is left of E at NOW, and again later if there was
   anything.  */
static void
kill_left (struct mp_ending *e, mp_time now)
{
  if (!e->give_up_at)
    e->give_up_at = now + MP_KILL_FOR;
  int err = mp_treeset_strike (&e->set, SIGKILL);
  if ((!err && !e->set.tree.n_signalled) || e->give_up_at <= now)
    e->over = true;
  else
    e->kill_at = mp_now () + MP_KILL_AGAIN;
}

mp_time
mp_ending_tend (struct mp_ending *e, mp_time now)
{
  if (e->over)
    return 0;
  if (!e->begun)
    {
      e->begun = true;
      if (e->signal == SIGKILL)
        kill_left (e, now);
      else
        {
          mp_treeset_strike (&e->set, e->signal);
          e->over = e->kill_after < 0;
          e->kill_at = MAX (mp_now () + e->kill_after, 1);
        }
    }
  else if (e->kill_at <= now)
    kill_left (e, now);
  else if (e->look_at && e->look_at <= now)
    {
      e->look_at = 0;
      e->over = mp_treeset_scan (&e->set) == 0 && !is_left (&e->set);
    }
  return (e->over ? 0
          : e->look_at ? MIN (e->look_at, e->kill_at) : e->kill_at);
}

void
mp_ending_free (struct mp_ending *e)
{
  mp_treeset_end (&e->set);
  free (e);
}

int
mp_ending_left (struct mp_records *r, struct mp_record *rec,
                bool (*leave) (struct mp_member const *, void *arg),
                void *arg, bool *left)
{
  struct mp_ending *e;
  int err = mp_ending_new (r, 0, -1, leave, arg, &e);
  if (err)
    return err;
  err = mp_ending_add (e, rec);
  if (!err)
    err = mp_treeset_scan (&e->set);
  *left = is_left (&e->set);
  mp_ending_free (e);
  return err;
}
