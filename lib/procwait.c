/* Wait for processes, children or not, without using the CPU.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procwait.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"
#include "pidfd.h"
#include "procstat.h"
#include "timespec.h"

#if !HAVE_PPOLL
/* Do as ppoll does, except that a signal may come before poll waits.  */
static int
ppoll (struct pollfd *p, nfds_t n, struct timespec const *timeout,
       sigset_t const *sigmask)
{
  enum { MAX_SECONDS = 1000000 };
  int ms = -1;
  if (timeout)
    ms = (MIN (timeout->tv_sec, MAX_SECONDS) * 1000
          + (timeout->tv_nsec + 999999) / 1000000);
  sigset_t old;
  if (sigmask)
    sigprocmask (SIG_SETMASK, sigmask, &old);
  int r = poll (p, n, ms);
  int err = errno;
  if (sigmask)
    sigprocmask (SIG_SETMASK, &old, NULL);
  errno = err;
  return r;
}
#endif

static struct timespec
monotonic_time (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return t;
}

/* Ask for the child PID, with WEXITED, WNOWAIT and FLAGS.  Store in *INFO how
   it has ended; its si_pid is 0 if it has not.
   Return 0, ECHILD if there is no such child, or EINTR.  */
static int
ask_child (pid_t pid, int flags, siginfo_t *info)
{
  info->si_pid = 0;
  return (waitid (P_PID, pid, info, WEXITED | WNOWAIT | flags) == 0
          ? 0 : errno);
}

int
mp_procwait_open (struct mp_procwait *w, struct mp_procid const *id,
                  unsigned int flags)
{
  *w = (struct mp_procwait) { .id = *id, .pidfd = -1 };
  if (! (flags & MP_PROCWAIT_NO_PIDFD))
    {
      int fd;
      int err = mp_procid_open (id, &fd);
      if (!err)
        w->pidfd = fd;
      else if (err == ESRCH)
        return err;
    }

  siginfo_t info;
  w->child = ask_child (id->pid, WNOHANG, &info) == 0;
  if (w->pidfd < 0 && !w->child)
    {
      int err = mp_procid_running (id);
      struct mp_procid now;
      /* A zombie is not running, but can be waited for.  */
      if (err == ESRCH && (mp_procid_get_kind (id->pid, id->kind, &now) != 0
                           || !mp_procid_equal (id, &now)))
        return ESRCH;
    }
  return 0;
}

void
mp_procwait_close (struct mp_procwait *w)
{
  if (0 <= w->pidfd)
    close (w->pidfd);
  w->pidfd = -1;
}

/* Return whether the process of W, which has no pidfd, has ended.  */
static bool
probe (struct mp_procwait const *w)
{
  if (w->child)
    {
      siginfo_t info;
      return (ask_child (w->id.pid, WNOHANG, &info) != 0
              || info.si_pid != 0);
    }

  int err = mp_procid_running (&w->id);
  if (err == 0 || err == ESRCH)
    return err == ESRCH;

  /* There is no descriptor left for a better look.  */
  return kill (w->id.pid, 0) != 0 && errno == ESRCH;
}

/* Wait for the only child in W, which has no pidfd, however long it takes.
   Return 0 or EINTR.  */
static int
wait_for_child (struct mp_procwait *w)
{
  siginfo_t info;
  int err = ask_child (w->id.pid, 0, &info);
  if (err == EINTR)
    return err;
  w->ended = true;
  return 0;
}

/* Prepare in P to poll those of the N processes of W that have a pidfd and
   have not ended.  Store in *WAITING how many have not ended.  Return how many
   are in P.  */
static size_t
prepare_poll (struct mp_procwait const *w, size_t n, struct pollfd *p,
              size_t *waiting)
{
  size_t n_polled = 0;
  *waiting = 0;
  for (size_t i = 0; i < n; i++)
    if (!w[i].ended)
      {
        ++*waiting;
        if (0 <= w[i].pidfd)
          p[n_polled++]
            = (struct pollfd) { .fd = w[i].pidfd, .events = POLLIN };
      }
  return n_polled;
}

/* Note in the N processes of W which have ended, as P, in the same order, and
   a look at the others tells.  Store in *WHICH the first.  Return whether
   there is one.  */
static bool
note_ended (struct mp_procwait *w, size_t n, struct pollfd const *p,
            size_t *which)
{
  bool found = false;
  for (size_t i = 0; i < n; i++)
    if (!w[i].ended)
      {
        w[i].ended = 0 <= w[i].pidfd ? p++->revents != 0 : probe (&w[i]);
        if (w[i].ended && !found)
          {
            found = true;
            *which = i;
          }
      }
  return found;
}

/* The steps of mp_procwait_any; P has room for N.  */
static int
wait_polling (struct mp_procwait *w, size_t n, struct timespec const *timeout,
              sigset_t const *sigmask, size_t *which, struct pollfd *p)
{
  static struct timespec const max_delay = { .tv_nsec = 50 * 1000 * 1000 };
  struct timespec delay = { .tv_nsec = 1000 * 1000 };
  struct timespec const zero = { 0 };
  size_t waiting;
  size_t n_polled = prepare_poll (w, n, p, &waiting);
  if (waiting == 0)
    return ECHILD;

  struct timespec deadline = { 0 };
  if (timeout)
    deadline = timespec_add (monotonic_time (), *timeout);

  /* The first time only look, so that who has ended is found even with no
     time left.  */
  struct timespec const *wait = &zero;
  struct timespec left;
  for (;;)
    {
      if (ppoll (p, n_polled, wait, sigmask) < 0)
        return errno;
      if (note_ended (w, n, p, which))
        return 0;

      wait = NULL;
      if (timeout)
        {
          left = timespec_sub (deadline, monotonic_time ());
          if (timespec_sign (left) <= 0)
            return ETIMEDOUT;
          wait = &left;
        }
      if (n_polled < waiting)
        {
          if (!wait || timespec_cmp (delay, *wait) < 0)
            {
              left = delay;
              wait = &left;
            }
          delay = timespec_add (delay, delay);
          if (0 < timespec_cmp (delay, max_delay))
            delay = max_delay;
        }
    }
}

int
mp_procwait_any (struct mp_procwait *w, size_t n,
                 struct timespec const *timeout, sigset_t const *sigmask,
                 size_t *which)
{
  if (n == 1 && w->pidfd < 0 && w->child && !w->ended && !timeout && !sigmask)
    {
      *which = 0;
      return wait_for_child (w);
    }

  struct pollfd *p = calloc (MAX (n, 1), sizeof *p);
  if (!p)
    return ENOMEM;
  int err = wait_polling (w, n, timeout, sigmask, which, p);
  free (p);
  return err;
}

/* Store in *STATUS what waitpid would have said instead of INFO.  */
static void
encode_status (siginfo_t const *info, int *status)
{
  enum { CORE = 0x80 };
  if (info->si_code == CLD_EXITED)
    *status = (info->si_status & 0xff) << 8;
  else
    *status = info->si_status | (info->si_code == CLD_DUMPED ? CORE : 0);
}

/* Return whether the fields of /proc/PID/stat that not everyone may see, and
   reads as 0, can be seen: those are who may follow the links to namespaces
   (PTRACE_MODE_READ_FSCREDS in proc(5)).  */
static bool
may_inspect (pid_t pid)
{
  char name[64];
  char link[64];
  snprintf (name, sizeof name, "/proc/%jd/ns/user", (intmax_t) pid);
  return 0 < readlink (name, link, sizeof link);
}

/* Store in *STATUS how the process of W, a zombie, has ended.  Return whether
   it is one and that can be seen.  */
static bool
zombie_status (struct mp_procwait const *w, int *status)
{
  struct mp_procstat st;
  if (mp_procstat_read (w->id.pid, &st) != 0
      || !mp_procstat_ended (st.state)
      || (st.exit_status == 0 && !may_inspect (w->id.pid)))
    return false;

  /* Was this the process?  If it can still be identified, its PID had not
     been reused before.  */
  struct mp_procid now;
  if (w->id.kind == MP_PROCID_START
      ? st.start_time != w->id.id
      : (mp_procid_get_kind (w->id.pid, w->id.kind, &now) != 0
         || !mp_procid_equal (&w->id, &now)))
    return false;
  *status = st.exit_status;
  return true;
}

/* Wait up to GRACE until the process of FD, which has ended, is reaped.  */
static void
await_reaping (int fd, struct timespec const *grace)
{
  /* No events: only POLLHUP, which comes then, wakes up.  */
  struct pollfd p = { .fd = fd };
  struct timespec deadline = timespec_add (monotonic_time (), *grace);
  struct timespec left = *grace;
  while (0 < timespec_sign (left) && ppoll (&p, 1, &left, NULL) < 0
         && errno == EINTR)
    left = timespec_sub (deadline, monotonic_time ());
}

int
mp_procwait_status (struct mp_procwait const *w, struct timespec const *grace,
                    int *status)
{
  siginfo_t info;
  if (w->child && ask_child (w->id.pid, WNOHANG, &info) == 0 && info.si_pid)
    {
      encode_status (&info, status);
      return 0;
    }
  if (zombie_status (w, status))
    return 0;
  if (w->pidfd < 0)
    return ENODATA;

  int err = mp_pidfd_exit_status (w->pidfd, status);
  if (err == EAGAIN && grace)
    {
      await_reaping (w->pidfd, grace);
      err = mp_pidfd_exit_status (w->pidfd, status);
    }
  return err == ENOSYS ? ENODATA : err;
}
