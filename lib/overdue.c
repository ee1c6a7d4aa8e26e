/* Processes whose time is over.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "overdue.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "groups.h"
#include "procchildren.h"
#include "procstat.h"
#include "proctree.h"

/* One of them.  Whoever was found in its tree once stays a member until he is
   gone, whatever becomes of the others.  */
struct mp_overdue_tree
{
  struct mp_overdue_tree *next;
  pid_t pid;
  struct mp_tree tree;
  mp_time kill_at, give_up_at;  /* GIVE_UP_AT 0: SIGKILL was not sent yet */
};

/* Add its orphans to TREE: those children of the calling process, which has
   adopted them, that are in a process group or session of a member.  */
static int
add_orphans (struct mp_tree *tree, void *arg)
{
  struct mp_children c;
  (void) arg;
  int err = mp_children_begin (&c, false);
  if (!err)
    err = mp_children_of (&c, getpid (), 1);
  for (size_t i = 0; !err && i < c.n; i++)
    {
      struct mp_procstat st;
      if (!mp_tree_find (tree, c.child[i])
          && mp_procstat_read (c.child[i], &st) == 0
          && !mp_procstat_ended (st.state)
          && (mp_tree_find (tree, st.pgrp) || mp_tree_find (tree, st.session)))
        err = mp_tree_add (tree, c.child[i], st.start_time);
    }
  mp_children_end (&c);
  return err;
}

/* Send SIG to T.  Return whether that may have to be done again.  */
static bool
strike (struct mp_overdue_tree *t, int sig)
{
  int err = mp_tree_kill_descendants (t->pid, sig, &t->tree);
  /* It has ended, and is no root any more; what was found before counts.  */
  if (err == ESRCH)
    err = mp_tree_kill_descendants (0, sig, &t->tree);
  if (err == ENOSYS)
    {
      /* When nobody is left, the number may be another group's.  */
      if (!mp_group_is_ours (t->pid))
        return false;
      kill (-t->pid, sig);
    }
  return err || t->tree.n_signalled;
}

void
mp_overdue_end (struct mp_overdue *o, pid_t pid, int sig, mp_time kill_after)
{
  struct mp_overdue_tree *t = calloc (1, sizeof *t);
  if (!t)
    {
      kill (-pid, SIGKILL);
      return;
    }
  t->pid = pid;
  t->tree.flags = MP_TREE_ROOT;
  t->tree.widen = add_orphans;
  t->next = o->first;
  o->first = t;
  mp_time now = mp_now ();
  if (sig != SIGKILL)
    {
      strike (t, sig);
      t->kill_at = now + kill_after;
    }
}

/* Send SIGKILL to T at NOW.  Return whether it is over.  */
static bool
kill_tree (struct mp_overdue_tree *t, mp_time now)
{
  if (!t->give_up_at)
    t->give_up_at = now + MP_KILL_FOR;
  t->kill_at = now + MP_KILL_AGAIN;
  return !strike (t, SIGKILL) || t->give_up_at <= now;
}

mp_time
mp_overdue_tick (struct mp_overdue *o, mp_time now)
{
  mp_time next = -1;
  for (struct mp_overdue_tree **p = &o->first; *p; )
    {
      struct mp_overdue_tree *t = *p;
      if (t->kill_at <= now && kill_tree (t, now))
        {
          *p = t->next;
          mp_tree_free (&t->tree);
          free (t);
          continue;
        }
      next = mp_earlier (next, t->kill_at);
      p = &t->next;
    }
  return next;
}

void
mp_overdue_free (struct mp_overdue *o)
{
  while (o->first)
    {
      struct mp_overdue_tree *t = o->first;
      o->first = t->next;
      mp_tree_free (&t->tree);
      free (t);
    }
}
