/* Wait until descriptors are ready.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#if MP_USE_EPOLL
# include <sys/epoll.h>
#endif

/* How many ready descriptors one wait reports.  */
enum { BATCH = 64 };

int
mp_watch_init (struct mp_watch *w, bool portable)
{
  *w = (struct mp_watch) { .epoll_fd = -1 };
#if MP_USE_EPOLL
  if (!portable)
    {
      w->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
      /* EPERM: a sandbox that does not know the call.  */
      if (w->epoll_fd < 0 && errno != ENOSYS && errno != EPERM)
        return errno;
    }
#else
  (void) portable;
#endif
  return 0;
}

void
mp_watch_free (struct mp_watch *w)
{
  if (w->epoll_fd >= 0)
    close (w->epoll_fd);
  free (w->source);
  free (w->poll);
  *w = (struct mp_watch) { .epoll_fd = -1 };
}

/* Where W has SOURCE, or W->n.  */
static size_t
position (struct mp_watch const *w, struct mp_source const *source)
{
  size_t i = 0;
  while (i < w->n && w->source[i] != source)
    i++;
  return i;
}

/* mp_watch_add without epoll.  */
static int
poll_add (struct mp_watch *w, struct mp_source *source, int events)
{
  size_t i = position (w, source);
  if (i == w->allocated)
    {
      size_t n = w->allocated ? 2 * w->allocated : 16;
      struct mp_source **sources = reallocarray (w->source, n,
                                                 sizeof *sources);
      if (!sources)
        return ENOMEM;
      w->source = sources;
      struct pollfd *polls = reallocarray (w->poll, n, sizeof *polls);
      if (!polls)
        return ENOMEM;
      w->poll = polls;
      w->allocated = n;
    }
  w->source[i] = source;
  w->poll[i] = (struct pollfd) { .fd = source->fd, .events = events };
  w->n += i == w->n;
  source->watched = true;
  return 0;
}

int
mp_watch_add (struct mp_watch *w, struct mp_source *source, int events)
{
#if MP_USE_EPOLL
  if (w->epoll_fd >= 0)
    {
      /* The values of these events are those of poll(2).  */
      struct epoll_event e = { .events = events, .data.ptr = source };
      int op = source->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
      if (epoll_ctl (w->epoll_fd, op, source->fd, &e) != 0)
        return errno;
      source->watched = true;
      return 0;
    }
#endif
  return poll_add (w, source, events);
}

void
mp_watch_remove (struct mp_watch *w, struct mp_source *source)
{
  if (!source->watched)
    return;
  source->watched = false;
#if MP_USE_EPOLL
  if (w->epoll_fd >= 0)
    {
      epoll_ctl (w->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
      return;
    }
#endif
  size_t i = position (w, source);
  if (i < w->n)
    {
      w->n--;
      w->source[i] = w->source[w->n];
      w->poll[i] = w->poll[w->n];
    }
}

void
mp_watch_close (struct mp_watch *w, struct mp_source *source)
{
  if (source->fd < 0)
    return;
  /* Closing it would not take it out of an epoll set as long as a child holds
     a copy, and one that was just started does: vfork returns in the parent
     before exec has closed what is marked so.  Its events would be taken for
     those of the descriptor that SOURCE has next.  */
  mp_watch_remove (w, source);
  close (source->fd);
  source->fd = -1;
}

/* Let the signals in that MASK lets through.  A wait that ends for another
   reason leaves them pending, perhaps for ever if something is always
   ready.  */
static void
admit_signals (sigset_t const *mask)
{
  sigset_t old;
  sigprocmask (SIG_SETMASK, mask, &old);
  sigprocmask (SIG_SETMASK, &old, NULL);
}

#if MP_USE_EPOLL

/* Wait as epoll_pwait does, TIMEOUT nanoseconds at most; -1: any time.  */
static int
epoll_wait_fine (struct mp_watch *w, struct epoll_event *e, mp_time timeout,
                 sigset_t const *mask)
{
#if HAVE_EPOLL_PWAIT2
  static bool lacking;          /* as before Linux 5.11 */
  if (0 < timeout && !lacking)
    {
      struct timespec t = { timeout / 1000000000, timeout % 1000000000 };
      int n = epoll_pwait2 (w->epoll_fd, e, BATCH, &t, mask);
      /* EPERM is from a sandbox older than the call.  */
      lacking = n < 0 && (errno == ENOSYS || errno == EPERM);
      if (!lacking)
        return n;
    }
#endif
  mp_time ms = (timeout + MP_MILLISECOND - 1) / MP_MILLISECOND;
  return epoll_pwait (w->epoll_fd, e, BATCH, timeout < 0 ? -1 : (int) ms,
                      mask);
}

/* mp_watch_wait_fine with epoll.  */
static int
epoll_run (struct mp_watch *w, mp_time timeout, sigset_t const *mask)
{
  struct epoll_event e[BATCH];
  int n = epoll_wait_fine (w, e, timeout, mask);
  if (n < 0)
    return errno == EINTR ? 0 : errno;
  admit_signals (mask);
  for (int i = 0; i < n; i++)
    {
      struct mp_source *source = e[i].data.ptr;
      /* One called before it may have removed it.  */
      if (source->watched)
        source->ready (source, (int) e[i].events);
    }
  return 0;
}

#endif

int
mp_watch_wait (struct mp_watch *w, int timeout, sigset_t const *mask)
{
  return mp_watch_wait_fine (w, timeout < 0 ? -1
                             : (mp_time) timeout * MP_MILLISECOND, mask);
}

int
mp_watch_wait_fine (struct mp_watch *w, mp_time timeout, sigset_t const *mask)
{
#if MP_USE_EPOLL
  if (w->epoll_fd >= 0)
    return epoll_run (w, timeout, mask);
#endif
  struct timespec bound = { timeout / 1000000000, timeout % 1000000000 };
  if (ppoll (w->poll, w->n, timeout < 0 ? NULL : &bound, mask) < 0)
    return errno == EINTR ? 0 : errno;
  admit_signals (mask);
  /* Backwards, since a removal moves the last one into the gap.  */
  for (size_t i = w->n; i-- > 0; )
    if (i < w->n && w->poll[i].revents)
      {
        int events = w->poll[i].revents;
        w->poll[i].revents = 0;
        w->source[i]->ready (w->source[i], events);
      }
  return 0;
}
