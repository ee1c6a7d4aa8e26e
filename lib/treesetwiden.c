/* Sets of processes: who belongs to one for another reason than its parent.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "treesetparts.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "hash.h"

#include "procchildren.h"
#include "procstat.h"
#include "proctext.h"
#include "startenv.h"

/* How often to look through /proc, and how many milliseconds apart, only
   because some process vanished meanwhile, which may have been one that forks
   and ends all the time, or seemed to have no environment.  On a busy machine
   there are always others that do.  */
enum { MAX_REPEATS = 3, REPEAT_PAUSE = 1 };

/* How often to look at the environment of one process, so many milliseconds
   apart, while it executes a program: on a busy machine that may take long.  */
enum { MAX_EXEC_LOOKS = 500, EXEC_PAUSE = 1 };

/* A member that leads, or did when it was last looked at.  */
struct leader
{
  pid_t pid;
  bool session;
  bool group;
};

static size_t
hash_leader (void const *l, size_t n)
{
  return ((struct leader const *) l)->pid % n;
}

static bool
same_leader (void const *a, void const *b)
{
  return ((struct leader const *) a)->pid == ((struct leader const *) b)->pid;
}

int
mp_treeset_know_leaders (struct mp_treeset *s)
{
  s->leaders = hash_initialize (16, NULL, hash_leader, same_leader, free);
  return s->leaders ? 0 : ENOMEM;
}

/* Return whether the session of M, or if GROUP its process group, is in the set
   because M is: what it holds has been started by M, or for M's sake.  */
static bool
leads (struct mp_treeset const *s, struct mp_member const *m, bool group)
{
  if (!m->spared)
    return true;
  /* A group may also hold who was only started side by side with M.  */
  return (!group && !m->pruned && m->pid != s->self
          && (!mp_treeset_is_ancestor (s, m->pid)
              || (s->flags & MP_TREESET_DESCENDANTS
                  && mp_treeset_is_target (s, m))));
}

/* Remember M if it leads, for when it is gone.  Return 0 or ENOMEM.  */
static int
note_leader (struct mp_treeset *s, struct mp_member const *m)
{
  struct leader key = { .pid = m->pid };
  key.session = m->pid == m->session && leads (s, m, false);
  key.group = m->pid == m->pgrp && leads (s, m, true);
  if (! (key.session || key.group))
    return 0;
  struct leader *l = hash_lookup (s->leaders, &key);
  if (!l)
    {
      l = malloc (sizeof *l);
      if (!l)
        return ENOMEM;
      l->pid = m->pid;
      if (!hash_insert (s->leaders, l))
        {
          free (l);
          return ENOMEM;
        }
    }
  *l = key;
  return 0;
}

/* Return whether the session ID, or if GROUP the process group ID, has a leader
   that is a member or was one.  As long as one process is in it, no other gets
   that PID.  */
static bool
is_led (struct mp_treeset *s, pid_t id, bool group)
{
  if (id <= 1)
    return false;
  struct mp_member const *m = mp_tree_find (&s->tree, id);
  if (m)
    return leads (s, m, group);
  struct leader key = { .pid = id };
  struct leader const *l = hash_lookup (s->leaders, &key);
  /* Should it be in use, then all in it have ended and it is another.  */
  return (l && (group ? l->group : l->session)
          && kill (id, 0) != 0 && errno == ESRCH);
}

/* Return whether TEXT is the handle of a target or member of S.  */
static bool
is_handle_of (struct mp_treeset *s, char const *text)
{
  struct mp_procid id;
  if (mp_procid_parse (text, &id) != 0)
    return false;
  for (size_t i = 0; i < s->n_targets; i++)
    if (mp_procid_equal (&s->target[i].id, &id))
      {
        s->target[i].met = true;
        return true;
      }
  struct mp_member const *m = mp_tree_find (&s->tree, id.pid);
  return m && !m->spared && mp_treeset_is_same (s, m, &id);
}

/* Store the handle that the process PID has in its environment in TEXT, of SIZE
   bytes.  Wait while it is in the midst of an exec, but not for ever.  Return
   0, EAGAIN if it is so still, or another errno value.  */
static int
get_handle (pid_t pid, char *text, size_t size)
{
  for (int i = 0; ; i++)
    {
      struct mp_procstat st;
      int err = mp_proctext_variable (pid, "MPUTILS_HANDLE", text, size);
      if (err != EAGAIN || i == MAX_EXEC_LOOKS)
        return err;
      /* Who has ended shows none either.  */
      err = mp_procstat_read (pid, &st);
      if (err || mp_procstat_ended (st.state))
        return err ? err : ESRCH;
      poll (NULL, 0, EXEC_PAUSE);
    }
}

/* Store in *HAS whether the process PID has the handle of a target or member of
   S in its environment, as its own or as that of a job which it was started
   in.  Return 0, or EAGAIN if that cannot be told now.  */
static int
look_for_handle (struct mp_treeset *s, pid_t pid, bool *has)
{
  char text[MP_STARTENV_ANCESTORS_SIZE];
  *has = false;
  int err = get_handle (pid, text, sizeof text);
  if (err)
    return err == EAGAIN ? err : 0;
  *has = is_handle_of (s, text);
  if (*has
      || mp_proctext_variable (pid, "MPUTILS_ANCESTORS", text, sizeof text))
    return 0;
  char *next = text;
  for (char *p; !*has && (p = strsep (&next, " ")); )
    *has = is_handle_of (s, p);
  return 0;
}

/* Add the targets and their supervisors that have not been added yet.
   Return 0 or an errno value.  */
static int
seed (struct mp_treeset *s)
{
  int err = 0;
  for (size_t i = 0; !err && i < s->n_targets; i++)
    {
      struct mp_target *t = &s->target[i];
      if (t->seeded)
        continue;
      t->seeded = true;
      if (t->start_time)
        err = mp_tree_add (&s->tree, t->id.pid, t->start_time);
      if (!err && t->supervisor && !t->forkserver)
        err = mp_tree_add (&s->tree, t->supervisor, t->supervisor_start);
    }
  return err;
}

/* Add PID to S if it has a handle of the set and is a child of PARENT, a
   forkserver, or is an orphan of the set that PARENT has adopted: it gives each
   process a group of its own.  Return 0 or an errno value.  */
static int
consider_adopted (struct mp_treeset *s, pid_t pid, pid_t parent)
{
  struct mp_procstat st;
  if (mp_tree_find (&s->tree, pid))
    return 0;
  int err = mp_procstat_read (pid, &st);
  if (err)
    return err == ESRCH ? 0 : err;
  bool belongs = false;
  if (st.ppid == parent)
    belongs = is_led (s, st.session, false) || is_led (s, st.pgrp, true);
  if (st.ppid == parent && !belongs && !mp_procstat_ended (st.state))
    look_for_handle (s, pid, &belongs);
  /* That what was read is of one process shows when it is added.  */
  return belongs ? mp_tree_add (&s->tree, pid, st.start_time) : 0;
}

/* Return whether the I-th supervisor of S is a forkserver, and the first with
   its PID.  */
static bool
is_forkserver (struct mp_treeset const *s, size_t i)
{
  bool first = s->supervisor[i].forkserver;
  for (size_t j = 0; first && j < i; j++)
    first = ! (s->supervisor[j].forkserver
               && s->supervisor[j].id.pid == s->supervisor[i].id.pid);
  return first;
}

/* Add those children of the user's forkservers that are of the set: orphans,
   and what members have started by them.  If no target was started by pspawn,
   a look at all processes has to do.  Return 0 or an errno value.  */
static int
look_at_forkservers (struct mp_treeset *s)
{
  struct mp_children c;
  int err = 0;
  if (!s->n_own)
    return 0;
  mp_treeset_know_supervisors (s);
  for (size_t i = 0; !err && i < s->n_supervisors; i++)
    if (is_forkserver (s, i))
      {
        pid_t pid = s->supervisor[i].id.pid;
        err = mp_children_begin (&c, s->tree.flags & MP_TREE_BY_STAT);
        if (!err)
          err = mp_children_of (&c, pid, 1);
        for (size_t j = 0; !err && j < c.n; j++)
          err = consider_adopted (s, c.child[j], pid);
        mp_children_end (&c);
      }
  return err;
}

/* Add the process PID to S if it belongs to it for another reason than its
   parent.  Return 0; ESRCH or EAGAIN if it has vanished, or it cannot be told
   now; or another errno value.  */
static int
consider (struct mp_treeset *s, pid_t pid)
{
  struct mp_procstat st;
  bool belongs;
  if (mp_tree_find (&s->tree, pid))
    return 0;
  int err = mp_procstat_read (pid, &st);
  if (err)
    return err;
  if (st.kernel || mp_procstat_ended (st.state))
    return 0;
  belongs = is_led (s, st.session, false) || is_led (s, st.pgrp, true);
  if (!belongs)
    err = look_for_handle (s, pid, &belongs);
  return belongs ? mp_tree_add (&s->tree, pid, st.start_time) : err;
}

/* Add all processes, as DIR, which is /proc, shows them, that belong to S for
   another reason than their parent.  Store in *AGAIN whether there were some
   of which that could not be learnt.  Return 0 or an errno value.  */
static int
look_at_all (struct mp_treeset *s, DIR *dir, bool *again)
{
  struct dirent *entry;
  *again = false;
  while ((entry = readdir (dir)))
    {
      pid_t pid = (c_isdigit (*entry->d_name)
                   ? strtol (entry->d_name, NULL, 10) : 0);
      int err = pid ? consider (s, pid) : 0;
      if (err == EMFILE || err == ENFILE || err == ENOMEM)
        return err;
      *again |= err == ESRCH || err == EAGAIN;
    }
  return 0;
}

/* Add to S who belongs to it for another reason than its parent.
   Return 0 or an errno value.  */
static int
look_aside (struct mp_treeset *s)
{
  int err = 0;
  bool again = true;
  for (int repeats = 0; !err && again && repeats < MAX_REPEATS; repeats++)
    {
      DIR *dir = opendir ("/proc");
      if (!dir)
        return errno;
      err = look_at_all (s, dir, &again);
      closedir (dir);
      again &= !s->tree.n_fresh;
      if (again)
        poll (NULL, 0, REPEAT_PAUSE);
    }
  return err;
}

int
mp_treeset_widen (struct mp_tree *t, void *arg)
{
  struct mp_treeset *s = arg;
  s->supervisors_known = false;
  int err = seed (s);
  for (size_t i = 0; !err && i < t->n; i++)
    if (!t->member[i]->gone)
      err = note_leader (s, t->member[i]);
  if (!err && !t->n_fresh)
    err = look_at_forkservers (s);
  if (!err && !t->n_fresh && ! (s->flags & MP_TREESET_STRICT))
    err = look_aside (s);
  return mp_tree_made_room (t, err) ? EAGAIN : err;
}
