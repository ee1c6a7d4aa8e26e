/* Several processes and all that they have started, as one set.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "treesetparts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"

#include "pidfd.h"
#include "procstat.h"
#include "procwait.h"

/* How often to look for members of a set that lives.  */
enum { MAX_SCANS = 100 };

bool
mp_treeset_is_same (struct mp_treeset *s, struct mp_member const *m,
                    struct mp_procid const *id)
{
  unsigned long long inode;
  struct mp_procid now;
  if (m->pid != id->pid)
    return false;
  if (id->kind == MP_PROCID_START)
    return m->start_time == id->id;
  if (id->kind == MP_PROCID_INODE && 0 <= m->pidfd)
    return mp_pidfd_inode (m->pidfd, &inode) == 0 && inode == id->id;
  int err = mp_procid_get_kind (id->pid, id->kind, &now);
  if (mp_tree_made_room (&s->tree, err))
    err = mp_procid_get_kind (id->pid, id->kind, &now);
  return !err && mp_procid_equal (id, &now);
}

bool
mp_treeset_is_target (struct mp_treeset const *s, struct mp_member const *m)
{
  for (size_t i = 0; i < s->n_targets; i++)
    if (s->target[i].id.pid == m->pid
        && s->target[i].start_time == m->start_time)
      return true;
  return false;
}

bool
mp_treeset_is_ancestor (struct mp_treeset const *s, pid_t pid)
{
  for (size_t i = 0; i < s->n_ancestors; i++)
    if (s->ancestor[i] == pid)
      return true;
  return pid == 1;
}

int
mp_treeset_note_supervisor (struct mp_treeset *s, struct mp_procid const *id,
                            bool forkserver)
{
  struct mp_supervisor *p
    = reallocarray (s->supervisor, s->n_supervisors + 1, sizeof *p);
  if (!p)
    return ENOMEM;
  s->supervisor = p;
  s->supervisor[s->n_supervisors++]
    = (struct mp_supervisor) { .id = *id, .forkserver = forkserver };
  return 0;
}

bool
mp_treeset_has_forkserver (struct mp_record const *rec)
{
  return strcmp (rec->method, "forkserver") == 0;
}

/* Note the supervisor of REC and its guard, for the set ARG.  */
static int
note_record (struct mp_record *rec, void *arg)
{
  struct mp_treeset *s = arg;
  int err = 0;
  /* A thousand records may have one forkserver; they come in a row.  */
  if (rec->started && !rec->other_boot
      && ! (s->n_supervisors
            && mp_procid_equal (&s->supervisor[s->n_supervisors - 1].id,
                                &rec->supervisor)))
    {
      /* What a dead fork server leaves to its guard is not all of one tree
         either.  */
      bool forkserver = mp_treeset_has_forkserver (rec);
      if (rec->guard.pid)
        err = mp_treeset_note_supervisor (s, &rec->guard, forkserver);
      if (!err)
        err = mp_treeset_note_supervisor (s, &rec->supervisor, forkserver);
    }
  mp_record_free (rec);
  return err;
}

void
mp_treeset_know_supervisors (struct mp_treeset *s)
{
  if (!s->records || s->supervisors_known)
    return;
  s->supervisors_known = true;
  int err;
  do
    {
      s->n_supervisors = s->n_own;
      err = mp_records_each (s->records, NULL, note_record, s);
    }
  while (mp_tree_made_room (&s->tree, err));
}

/* Return the supervisor that M is, or null.  The records are not read before
   there is a member that may be one, which all lead a session.  */
static struct mp_supervisor const *
find_supervisor (struct mp_treeset *s, struct mp_member const *m)
{
  if (m->pid == m->session)
    mp_treeset_know_supervisors (s);
  for (size_t i = 0; i < s->n_supervisors; i++)
    if (mp_treeset_is_same (s, m, &s->supervisor[i].id))
      return &s->supervisor[i];
  return NULL;
}

/* Note that M, which was found, is a target of S or what one has left.  */
static void
note_met (struct mp_treeset *s, struct mp_member const *m)
{
  for (size_t i = 0; i < s->n_targets; i++)
    {
      struct mp_target *t = &s->target[i];
      if (t->start_time
          ? t->id.pid == m->pid && t->start_time == m->start_time
          : t->supervisor == m->ppid && m->ppid && !t->forkserver)
        t->met = true;
    }
}

/* What to do with M, which was found for the set ARG.  */
static enum mp_tree_choice
choose (struct mp_member const *m, void *arg)
{
  struct mp_treeset *s = arg;
  if (s->leave && s->leave (m, s->leave_arg))
    return MP_TREE_PRUNE;
  if (!mp_procstat_ended (m->state))
    note_met (s, m);
  if (mp_treeset_is_ancestor (s, m->pid)
      || (s->flags & MP_TREESET_DESCENDANTS && mp_treeset_is_target (s, m)))
    return MP_TREE_SPARE;
  struct mp_supervisor const *supervisor = find_supervisor (s, m);
  return (!supervisor ? MP_TREE_TAKE
          : supervisor->forkserver ? MP_TREE_PRUNE : MP_TREE_SPARE);
}

enum mp_standing
mp_treeset_standing (struct mp_treeset const *s, struct mp_member const *m)
{
  return (m->pid == s->self ? MP_STANDING_SELF
          : mp_treeset_is_ancestor (s, m->pid) ? MP_STANDING_ANCESTOR
          : m->spared ? (s->flags & MP_TREESET_DESCENDANTS
                         && mp_treeset_is_target (s, m)
                         ? MP_STANDING_TARGET : MP_STANDING_SUPERVISOR)
          : mp_procstat_ended (m->state) ? MP_STANDING_ENDED
          : MP_STANDING_TAKEN);
}

/* Find the ancestors of the caller.  Return 0 or an errno value.  */
static int
find_ancestors (struct mp_treeset *s)
{
  struct mp_procstat st;
  pid_t pid = getppid ();
  /* It is 0 if the parent is outside of this PID namespace.  */
  while (1 < pid && !mp_treeset_is_ancestor (s, pid))
    {
      pid_t *p = reallocarray (s->ancestor, s->n_ancestors + 1, sizeof *p);
      if (!p)
        return ENOMEM;
      s->ancestor = p;
      s->ancestor[s->n_ancestors++] = pid;
      int err = mp_procstat_read (pid, &st);
      /* It may have ended, or be hidden.  */
      if (err)
        return err == ESRCH || err == EACCES ? 0 : err;
      pid = st.ppid;
    }
  return 0;
}

int
mp_treeset_begin (struct mp_treeset *s, unsigned int flags,
                  struct mp_records *r)
{
  *s = (struct mp_treeset) {
    .tree = {
      .flags = flags & (MP_TREE_BY_STAT | MP_TREE_NO_PIDFD
                        | MP_TREE_KEEP_STOPPED),
      .choose = choose, .choose_arg = s,
      .widen = mp_treeset_widen, .widen_arg = s
    },
    .flags = flags, .self = getpid (), .records = r
  };
  int err = mp_procstat_usable ();
  if (!err)
    err = mp_treeset_know_leaders (s);
  return err ? err : find_ancestors (s);
}

int
mp_treeset_scan (struct mp_treeset *s)
{
  int err;
  int scans = 0;
  do
    err = mp_tree_scan (&s->tree, 0);
  while (!err && s->tree.n_fresh && ++scans < MAX_SCANS);
  return err;
}

int
mp_treeset_freeze (struct mp_treeset *s)
{
  return mp_tree_freeze (&s->tree, 0);
}

int
mp_treeset_strike (struct mp_treeset *s, int sig)
{
  sigset_t all, old;
  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &old);
  int err = sig == 0 ? mp_treeset_scan (s) : mp_treeset_freeze (s);
  mp_tree_deliver (&s->tree, sig);
  sigprocmask (SIG_SETMASK, &old, NULL);
  return err;
}

int
mp_treeset_kill (struct mp_treeset *s)
{
  mp_time give_up_at = mp_now () + MP_KILL_FOR;
  for (;;)
    {
      int err = mp_treeset_strike (s, SIGKILL);
      if (err != EAGAIN && (err || !s->tree.n_signalled))
        return err;
      if (give_up_at <= mp_now ())
        return ETIMEDOUT;
      poll (NULL, 0, MP_KILL_AGAIN / MP_MILLISECOND);
    }
}

bool
mp_treeset_met (struct mp_treeset const *s, size_t i)
{
  return s->target[i].met;
}

/* Wait until M has ended.  Return 0, ETIMEDOUT, or another errno value.  */
static int
wait_for (struct mp_member const *m, mp_time deadline)
{
  struct mp_procwait w = {
    .id = { .pid = m->pid, .kind = MP_PROCID_START, .id = m->start_time },
    .pidfd = m->pidfd
  };
  int err;
  do
    {
      size_t which;
      mp_time left = deadline - mp_now ();
      struct timespec timeout = { 0 };
      if (0 < left)
        timeout = (struct timespec) { .tv_sec = left / 1000000000,
                                      .tv_nsec = left % 1000000000 };
      err = mp_procwait_any (&w, 1, &timeout, NULL, &which);
    }
  while (err == EINTR);
  return err;
}

int
mp_treeset_wait (struct mp_treeset *s, mp_time deadline)
{
  int err = 0;
  for (size_t i = 0; !err && i < s->tree.n; i++)
    {
      struct mp_member *m = s->tree.member[i];
      if (! (m->spared || m->error))
        {
          err = wait_for (m, deadline);
          m->ended = !err && 0 <= m->pidfd;
        }
    }
  return err;
}

void
mp_treeset_end (struct mp_treeset *s)
{
  mp_tree_free (&s->tree);
  free (s->target);
  free (s->ancestor);
  free (s->supervisor);
  if (s->leaders)
    hash_free (s->leaders);
  *s = (struct mp_treeset) { .flags = 0 };
}
