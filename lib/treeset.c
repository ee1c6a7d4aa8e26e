/* Several processes and all that they have started, as one set.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "treeset.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "c-ctype.h"
#include "hash.h"
#include "pidfd.h"
#include "procchildren.h"
#include "procstat.h"
#include "proctext.h"
#include "procwait.h"
#include "startenv.h"

/* How often to look through /proc, and how many milliseconds apart, only
   because some process vanished meanwhile, which may have been one that forks
   and ends all the time, or seemed to have no environment.  On a busy machine
   there are always others that do.  */
enum { MAX_REPEATS = 3, REPEAT_PAUSE = 1 };

/* How often to look at the environment of one process, so many milliseconds
   apart, while it seems to have none.  */
enum { MAX_EXEC_LOOKS = 20 };

/* How often to look for members of a set that lives.  */
enum { MAX_SCANS = 100 };

struct mp_target
{
  struct mp_procid id;
  unsigned long long start_time;        /* 0 if it has ended */
  pid_t supervisor;             /* 0 if there is none that runs */
  unsigned long long supervisor_start;
  bool forkserver;              /* the supervisor is one */
  bool seeded;                  /* it has been added to the tree */
  bool met;                     /* something of it was found */
};

struct mp_supervisor
{
  struct mp_procid id;
  bool forkserver;
};

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

/* Return whether M, a member of S or about to be one, is the process that ID
   identifies.  */
static bool
is_same (struct mp_treeset *s, struct mp_member const *m,
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

/* Return whether M is a target of S.  */
static bool
is_target (struct mp_treeset const *s, struct mp_member const *m)
{
  for (size_t i = 0; i < s->n_targets; i++)
    if (s->target[i].id.pid == m->pid
        && s->target[i].start_time == m->start_time)
      return true;
  return false;
}

static bool
is_ancestor (struct mp_treeset const *s, pid_t pid)
{
  for (size_t i = 0; i < s->n_ancestors; i++)
    if (s->ancestor[i] == pid)
      return true;
  return pid == 1;
}

/* Note the supervisor ID.  Return 0 or ENOMEM.  */
static int
note_supervisor (struct mp_treeset *s, struct mp_procid const *id,
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

/* Return whether the supervisor in REC is a forkserver.  */
static bool
has_forkserver (struct mp_record const *rec)
{
  return strcmp (rec->method, "forkserver") == 0;
}

/* Note the supervisor of REC, for the set ARG.  */
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
    err = note_supervisor (s, &rec->supervisor, has_forkserver (rec));
  mp_record_free (rec);
  return err;
}

/* Read the supervisors in the records of S, unless this look has.  */
static void
know_supervisors (struct mp_treeset *s)
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
    know_supervisors (s);
  for (size_t i = 0; i < s->n_supervisors; i++)
    if (is_same (s, m, &s->supervisor[i].id))
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
  if (is_ancestor (s, m->pid)
      || (s->flags & MP_TREESET_DESCENDANTS && is_target (s, m)))
    return MP_TREE_SPARE;
  struct mp_supervisor const *supervisor = find_supervisor (s, m);
  return (!supervisor ? MP_TREE_TAKE
          : supervisor->forkserver ? MP_TREE_PRUNE : MP_TREE_SPARE);
}

enum mp_standing
mp_treeset_standing (struct mp_treeset const *s, struct mp_member const *m)
{
  return (m->pid == s->self ? MP_STANDING_SELF
          : is_ancestor (s, m->pid) ? MP_STANDING_ANCESTOR
          : m->spared ? (s->flags & MP_TREESET_DESCENDANTS && is_target (s, m)
                         ? MP_STANDING_TARGET : MP_STANDING_SUPERVISOR)
          : mp_procstat_ended (m->state) ? MP_STANDING_ENDED
          : MP_STANDING_TAKEN);
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
          && (!is_ancestor (s, m->pid)
              || (s->flags & MP_TREESET_DESCENDANTS && is_target (s, m))));
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
  return m && !m->spared && is_same (s, m, &id);
}

/* Store in *HAS whether the process PID has the handle of a target or member of
   S in its environment, as its own or as that of a job which it was started
   in.  Return 0, or EAGAIN if that cannot be told now.  */
static int
look_for_handle (struct mp_treeset *s, pid_t pid, bool *has)
{
  char text[MP_STARTENV_ANCESTORS_SIZE];
  *has = false;
  int err = mp_proctext_variable (pid, "MPUTILS_HANDLE", text, sizeof text);
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
    /* One that is just executing a program seems to have no environment.  */
    for (int i = 0; i < MAX_EXEC_LOOKS
                    && look_for_handle (s, pid, &belongs) == EAGAIN; i++)
      poll (NULL, 0, REPEAT_PAUSE);
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
  know_supervisors (s);
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

/* Add the members that are no descendants of others to the tree of the set ARG.
   Return 0, EAGAIN to be called again, or another errno value.  */
static int
widen (struct mp_tree *t, void *arg)
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

/* Find the ancestors of the caller.  Return 0 or an errno value.  */
static int
find_ancestors (struct mp_treeset *s)
{
  struct mp_procstat st;
  pid_t pid = getppid ();
  /* It is 0 if the parent is outside of this PID namespace.  */
  while (1 < pid && !is_ancestor (s, pid))
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
      .choose = choose, .choose_arg = s, .widen = widen, .widen_arg = s
    },
    .flags = flags, .self = getpid (), .records = r
  };
  int err = mp_procstat_usable ();
  if (err)
    return err;
  s->leaders = hash_initialize (16, NULL, hash_leader, same_leader, free);
  return s->leaders ? find_ancestors (s) : ENOMEM;
}

/* Return whether the records of S name PID, of which ST tells, as a
   supervisor.  */
static bool
is_supervisor (struct mp_treeset *s, pid_t pid, struct mp_procstat const *st)
{
  if (pid != st->session)
    return false;
  know_supervisors (s);
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
  if (is_ancestor (s, pid) && ! (s->flags & MP_TREESET_DESCENDANTS))
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
  t->forkserver = has_forkserver (rec);
  s->n_supervisors = s->n_own;
  s->supervisors_known = false;
  err = note_supervisor (s, &rec->supervisor, t->forkserver);
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
