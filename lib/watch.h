/* Wait until descriptors are ready.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_WATCH_H
#define MP_WATCH_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "monotime.h"

/* A descriptor that is waited for.  Its owner embeds it and gives the
   function that is called when the descriptor is ready; EVENTS are those of
   poll(2).  The function may watch and forget any source.  */
struct mp_source
{
  int fd;
  void (*ready) (struct mp_source *source, int events);
  bool watched;                 /* kept by this module */
};

/* A set of sources.  Opaque to its users: epoll(7) where there is one, else
   ppoll(2).  */
struct mp_watch
{
  int epoll_fd;                 /* -1: not used */
  struct mp_source **source;    /* those watched, in no order */
  struct pollfd *poll;          /* beside it, without epoll */
  size_t n, allocated;
};

/* Make W an empty set; PORTABLE says not to use epoll even if it is there
   (for tests).  Return 0 or an errno value.  */
int mp_watch_init (struct mp_watch *w, bool portable);

/* Free what W holds.  The sources stay their owners'.  */
void mp_watch_free (struct mp_watch *w);

/* Watch SOURCE for EVENTS, POLLIN or POLLOUT; errors and hang-ups are told
   too.  A source that W has already gets the new events.
   Return 0; EPERM if the descriptor is a regular file, which is always
   ready; or another errno value (ENOMEM, ENOSPC).  */
int mp_watch_add (struct mp_watch *w, struct mp_source *source, int events);

/* Watch SOURCE no more.  A source that is not watched is left alone.  */
void mp_watch_remove (struct mp_watch *w, struct mp_source *source);

/* Watch SOURCE no more, close its descriptor and set it to -1, unless it is
   -1 already.  */
void mp_watch_close (struct mp_watch *w, struct mp_source *source);

/* Wait until a source is ready, TIMEOUT milliseconds have passed (-1: no
   bound), or a signal comes that MASK lets through, and call what is ready.
   Return 0 (also after a signal) or an errno value.  */
int mp_watch_wait (struct mp_watch *w, int timeout, sigset_t const *mask);

/* The same with a TIMEOUT in nanoseconds, which is rounded up to milliseconds
   where the system knows no smaller ones.  */
int mp_watch_wait_fine (struct mp_watch *w, mp_time timeout,
                        sigset_t const *mask);

#endif
