/* The descendants of a process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "proctree.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "hash.h"
#include "minmax.h"
#include "pidfd.h"
#include "procchildren.h"
#include "procstat.h"

/* Hash and compare members by PID, for gnulib's hash.  */

static size_t
hash_pid (void const *m, size_t n)
{
  return ((struct mp_member const *) m)->pid % n;
}

static bool
same_pid (void const *a, void const *b)
{
  return (((struct mp_member const *) a)->pid
          == ((struct mp_member const *) b)->pid);
}

struct mp_member *
mp_tree_find (struct mp_tree *t, pid_t pid)
{
  struct mp_member key = { .pid = pid };
  return t->by_pid ? hash_lookup (t->by_pid, &key) : NULL;
}

static void
free_member (struct mp_member *m)
{
  if (0 <= m->pidfd)
    close (m->pidfd);
  free (m);
}

/* Make M the last member of T.  Return 0 or ENOMEM.  */
static int
append_member (struct mp_tree *t, struct mp_member *m)
{
  if (t->n == t->n_alloc)
    {
      size_t larger = t->n_alloc ? 2 * t->n_alloc : 64;
      struct mp_member **p = reallocarray (t->member, larger, sizeof *p);
      if (!p)
        return ENOMEM;
      t->member = p;
      t->n_alloc = larger;
    }
  if (!t->by_pid)
    t->by_pid = hash_initialize (64, NULL, hash_pid, same_pid, NULL);
  if (!t->by_pid || !hash_insert (t->by_pid, m))
    return ENOMEM;
  t->member[t->n++] = m;
  return 0;
}

/* Note that M is gone, so that another process with its PID may become a
   member.  */
static void
lose_member (struct mp_tree *t, struct mp_member *m)
{
  m->gone = true;
  hash_remove (t->by_pid, m);
}

/* Free the members of T that are gone.  */
static void
forget_lost (struct mp_tree *t)
{
  size_t n = 0;
  for (size_t i = 0; i < t->n; i++)
    if (t->member[i]->gone)
      free_member (t->member[i]);
    else
      t->member[n++] = t->member[i];
  t->n = n;
}

bool
mp_tree_made_room (struct mp_tree *t, int err)
{
  enum { ROOM = 4 };
  int closed = 0;

  if (err != EMFILE && err != ENFILE)
    return false;
  for (size_t i = t->n; 0 < i-- && closed < ROOM; )
    if (0 <= t->member[i]->pidfd)
      {
        close (t->member[i]->pidfd);
        t->member[i]->pidfd = -1;
        closed++;
      }
  t->no_pidfd = true;
  return 0 < closed;
}

static int
read_stat (struct mp_tree *t, pid_t pid, struct mp_procstat *st)
{
  int err = mp_procstat_read (pid, st);
  return mp_tree_made_room (t, err) ? mp_procstat_read (pid, st) : err;
}

/* Send SIG to M, which is not spared, unless it has ended.  Store in M->error
   how it took it.  Return whether it was sent.  */
static bool
send_signal (struct mp_tree const *t, struct mp_member *m, int sig)
{
  m->error = 0;
  if (mp_procstat_ended (m->state))
    return false;

  int err;
  if (0 <= m->pidfd)
    err = mp_pidfd_signal (m->pidfd, sig);
  else
    {
      /* There was no descriptor to spare for all this time, but there may be
         now: a pidfd first, so that who has this PID cannot change between
         comparing and sending.  */
      int fd = -1;
      struct mp_procstat st;
      if (! (t->flags & MP_TREE_NO_PIDFD) && mp_pidfd_open (m->pid, &fd) != 0)
        fd = -1;
      err = mp_procstat_read (m->pid, &st);
      if (!err && st.start_time != m->start_time)
        err = ESRCH;
      if (!err && 0 <= fd)
        err = mp_pidfd_signal (fd, sig);
      else if (!err)
        err = kill (m->pid, sig) == 0 ? 0 : errno;
      if (0 <= fd)
        close (fd);
    }
  m->error = err == ESRCH ? 0 : err;
  return !err;
}

/* Ask the caller of T about M, which is new.  */
static void
choose (struct mp_tree *t, struct mp_member *m)
{
  enum mp_tree_choice choice
    = t->choose ? t->choose (m, t->choose_arg) : MP_TREE_TAKE;
  m->spared = choice != MP_TREE_TAKE || m->pid <= 1 || m->pid == getpid ();
  m->pruned = choice == MP_TREE_PRUNE;
}

/* Note in M what ST says.  */
static void
update (struct mp_member *m, struct mp_procstat const *st)
{
  m->ppid = st->ppid;
  m->pgrp = st->pgrp;
  m->session = st->session;
  m->state = st->state;
  m->threads = st->threads;
}

/* Add PID to T if it is still a child of PARENT (0 for any) and has started at
   START_TIME (0 for any); stop it if this look does that.
   Return 0 also if it is not, or an errno value.  */
static int
add_member (struct mp_tree *t, pid_t pid, pid_t parent,
            unsigned long long start_time)
{
  struct mp_member *m = calloc (1, sizeof *m);
  if (!m)
    return ENOMEM;
  m->pid = pid;
  m->pidfd = -1;
  m->fresh = true;

  /* The pidfd first: whatever /proc says afterwards is about the process that
     it refers to, or that one is gone and no signal will reach anyone.  */
  int err = 0;
  if (! (t->no_pidfd || t->flags & MP_TREE_NO_PIDFD))
    {
      err = mp_pidfd_open (pid, &m->pidfd);
      if (err)
        m->pidfd = -1;
      if (err == ENOSYS)
        t->no_pidfd = true;
    }

  struct mp_procstat st;
  err = err == ESRCH ? err : read_stat (t, pid, &st);
  if (!err && ((parent && st.ppid != parent)
               || (start_time && st.start_time != start_time)))
    err = ESRCH;
  if (!err)
    {
      m->start_time = st.start_time;
      m->had_stopped = mp_procstat_stopped (st.state);
      update (m, &st);
      choose (t, m);
      err = append_member (t, m);
    }
  if (err)
    {
      free_member (m);
      t->moved = true;
      return err == ESRCH ? 0 : err;
    }

  t->n_fresh++;
  if (t->stop && !m->spared)
    send_signal (t, m, SIGSTOP);
  return 0;
}

int
mp_tree_add (struct mp_tree *t, pid_t pid, unsigned long long start_time)
{
  return mp_tree_find (t, pid) ? 0 : add_member (t, pid, 0, start_time);
}

/* Add the children of PID, which has THREADS threads, to T as C shows them.
   Return 0 or an errno value.  */
static int
add_children (struct mp_tree *t, struct mp_children *c, pid_t pid,
              long threads)
{
  int err = mp_children_of (c, pid, threads);
  if (mp_tree_made_room (t, err))
    err = mp_children_of (c, pid, threads);
  for (size_t i = 0; !err && i < c->n; i++)
    if (c->child[i] != t->root && !mp_tree_find (t, c->child[i]))
      err = add_member (t, c->child[i], pid, 0);
  return err;
}

/* Return whether M need not be waited for: it has stopped or ended, or is not
   to be stopped.  */
static bool
is_settled (struct mp_member const *m)
{
  return (m->gone || m->spared || m->error
          || mp_procstat_stopped (m->state) || mp_procstat_ended (m->state));
}

/* See whether M, which has ended, is still there as a zombie.  A signal that is
   not sent tells, and costs much less than a look into /proc.  */
static void
refresh_ended (struct mp_tree *t, struct mp_member *m)
{
  m->state = 'Z';
  if (mp_pidfd_signal (m->pidfd, 0) == ESRCH)
    lose_member (t, m);
}

/* Look what M does now.  If this look stops, stop it if it has not stopped.
   Return 0 or an errno value.  */
static int
refresh (struct mp_tree *t, struct mp_member *m)
{
  m->fresh = false;
  if (m->ended && 0 <= m->pidfd)
    {
      refresh_ended (t, m);
      return 0;
    }

  struct mp_procstat st;
  int err = read_stat (t, m->pid, &st);
  if (err == ESRCH || (!err && st.start_time != m->start_time))
    {
      lose_member (t, m);
      return 0;
    }
  if (err)
    return err;

  update (m, &st);
  if (t->stop && !is_settled (m))
    {
      /* D: it waits in the kernel, perhaps for a child of vfork that has
         itself been stopped.  */
      (m->state == 'D' ? t->n_held++ : t->n_running++);
      send_signal (t, m, SIGSTOP);
    }
  return 0;
}

/* Begin a look at T with its root: add that if it is to be a member, otherwise
   its children.  Return 0, ESRCH if it does not exist, or another errno
   value.  */
static int
look_at_root (struct mp_tree *t, struct mp_children *c)
{
  struct mp_procstat st;
  if (!t->root)
    return 0;
  int err = read_stat (t, t->root, &st);
  if (err)
    return err;
  if (!t->root_start)
    t->root_start = st.start_time;
  if (st.start_time != t->root_start)
    return ESRCH;
  if (! (t->flags & MP_TREE_ROOT))
    return add_children (t, c, t->root, st.threads);
  return mp_tree_add (t, t->root, 0);
}

/* Add the children of all members of T, new ones too, as C shows them.
   Return 0 or an errno value.  */
static int
look_at_members (struct mp_tree *t, struct mp_children *c)
{
  int err = 0;
  for (size_t i = 0; !err && i < t->n; i++)
    {
      struct mp_member *m = t->member[i];
      if (! (m->gone || m->pruned || mp_procstat_ended (m->state)))
        err = add_children (t, c, m->pid, m->threads);
    }
  return err;
}

/* Add the children of the root and all members of T.
   Return 0 or an errno value.  */
static int
look_for_children (struct mp_tree *t)
{
  struct mp_children c;
  bool by_stat = t->flags & MP_TREE_BY_STAT;
  int err = mp_children_begin (&c, by_stat);
  if (mp_tree_made_room (t, err))
    {
      mp_children_end (&c);
      err = mp_children_begin (&c, by_stat);
    }
  if (!err)
    {
      err = look_at_root (t, &c);
      /* Its descendants may well survive it.  */
      if (!err || (err == ESRCH && t->n))
        err = look_at_members (t, &c);
    }
  mp_children_end (&c);
  return err;
}

/* Find the living descendants of ROOT, and if STOP, stop each before its
   children are looked for.  Return 0 or an errno value.  */
static int
look (struct mp_tree *t, pid_t root, bool stop)
{
  t->root = root;
  t->stop = stop;
  t->n_fresh = 0;
  t->n_running = 0;
  t->n_held = 0;
  t->moved = false;

  /* What every member does must be known before anyone's children are: one
     that had stopped or ended by then has no others, and what it left to
     another parent is already there.  */
  int err = mp_procstat_usable ();
  for (size_t i = 0; !err && i < t->n; i++)
    if (t->settled)
      t->member[i]->fresh = false;
    else
      err = refresh (t, t->member[i]);
  t->settled = false;
  if (!err)
    err = look_for_children (t);
  if (!err && t->widen && ! (t->n_fresh || t->moved))
    {
      err = t->widen (t, t->widen_arg);
      t->moved |= err == EAGAIN;
      err = err == EAGAIN ? 0 : err;
    }
  forget_lost (t);
  return err;
}

int
mp_tree_scan (struct mp_tree *t, pid_t root)
{
  return look (t, root, false);
}

/* Wait until all members of T have stopped.  On a busy machine each has to
   wait until it may run.  Return whether they have before it took too long, or
   an error came.  */
static bool
settle (struct mp_tree *t)
{
  /* The first in milliseconds, the others numbers of pauses.  */
  enum { MAX_PAUSE = 8, HELD_PAUSES = 15, PAUSES = 1000 };
  int pause = 1;

  for (int pauses = 0; ; pauses++)
    {
      t->n_running = 0;
      t->n_held = 0;
      for (size_t i = 0; i < t->n; i++)
        if (!is_settled (t->member[i])
            && refresh (t, t->member[i]) != 0)
          return false;
      if (! (t->n_running || t->n_held))
        return true;
      if (pauses >= (t->n_running ? PAUSES : HELD_PAUSES))
        return false;
      poll (NULL, 0, pause);
      pause = MIN (2 * pause, MAX_PAUSE);
    }
}

int
mp_tree_freeze (struct mp_tree *t, pid_t root)
{
  /* Each look that finds new members finds them below such as had not stopped
     when they were born, which there are fewer and fewer of.  */
  enum { MAX_LOOKS = 100 };
  bool settled = true;
  t->settled = false;

  for (int looks = 0; looks < MAX_LOOKS; looks++)
    {
      int err = look (t, root, true);
      if (err)
        return err;
      if (! (t->n_fresh || t->moved
             || (settled && (t->n_running || t->n_held))))
        return 0;
      settled = settle (t);
      t->settled = settled;
    }
  forget_lost (t);
  return EAGAIN;
}

void
mp_tree_signal (struct mp_tree *t, int sig)
{
  t->n_signalled = 0;
  t->n_refused = 0;
  for (size_t i = t->n; 0 < i--; )
    if (!t->member[i]->spared)
      {
        t->member[i]->signalled = send_signal (t, t->member[i], sig);
        t->n_signalled += t->member[i]->signalled;
        t->n_refused += t->member[i]->error != 0;
      }
}

void
mp_tree_thaw (struct mp_tree *t)
{
  for (size_t i = 0; i < t->n; i++)
    {
      struct mp_member *m = t->member[i];
      int error = m->error;
      if (! (m->spared
             || (m->had_stopped && t->flags & MP_TREE_KEEP_STOPPED)))
        send_signal (t, m, SIGCONT);
      m->error = error;
    }
}

void
mp_tree_deliver (struct mp_tree *t, int sig)
{
  bool stopper = sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
  if (stopper)
    mp_tree_thaw (t);
  mp_tree_signal (t, sig);
  if (! (sig == 0 || sig == SIGKILL || sig == SIGSTOP || stopper))
    mp_tree_thaw (t);
}

int
mp_tree_kill_descendants (pid_t root, int sig, struct mp_tree *t)
{
  struct mp_tree own = { 0 };
  if (!t)
    t = &own;

  int err = sig == 0 ? mp_tree_scan (t, root) : mp_tree_freeze (t, root);
  mp_tree_deliver (t, sig);
  mp_tree_free (&own);
  return err;
}

void
mp_tree_free (struct mp_tree *t)
{
  for (size_t i = 0; i < t->n; i++)
    free_member (t->member[i]);
  free (t->member);
  if (t->by_pid)
    hash_free (t->by_pid);
  *t = (struct mp_tree) { 0 };
}
