/* Be told when something changes in folders.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attribute.h"

#if MP_USE_INOTIFY

# include <sys/inotify.h>

int
mp_notify_init (struct mp_notify *n)
{
  *n = (struct mp_notify) { .fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK) };
  return n->fd < 0 ? errno : 0;
}

/* Note that watch descriptor WD of N is OWNER's.  Return 0 or ENOMEM.  */
static int
set_owner (struct mp_notify *n, int wd, void *owner)
{
  if (n->allocated <= wd)
    {
      size_t allocated = 2 * (size_t) wd + 16;
      void **grown = reallocarray (n->owner, allocated, sizeof *grown);
      if (!grown)
        return ENOMEM;
      for (size_t i = n->allocated; i < allocated; i++)
        grown[i] = NULL;
      n->owner = grown;
      n->allocated = allocated;
    }
  n->owner[wd] = owner;
  return 0;
}

int
mp_notify_add (struct mp_notify *n, char const *folder, void *owner)
{
  if (n->fd < 0)
    return ENOSYS;
  int wd = inotify_add_watch (n->fd, folder,
                              IN_CREATE | IN_MODIFY | IN_MOVED_TO
                              | IN_DONT_FOLLOW | IN_ONLYDIR);
  if (wd < 0)
    return errno;
  int err = set_owner (n, wd, owner);
  if (err)
    inotify_rm_watch (n->fd, wd);
  return err;
}

/* Call CHANGED for the owner of what E, an event of N, tells of.  */
static void
pass_on (struct mp_notify *n, struct inotify_event const *e,
         void (*changed) (void *owner))
{
  if (e->mask & IN_Q_OVERFLOW)
    {
      for (size_t i = 0; i < n->allocated; i++)
        if (n->owner[i])
          changed (n->owner[i]);
    }
  else if (0 <= e->wd && e->wd < n->allocated && n->owner[e->wd])
    changed (n->owner[e->wd]);
}

void
mp_notify_read (struct mp_notify *n, void (*changed) (void *owner))
{
  char buffer[4096];
  ssize_t size;
  while (0 <= n->fd && 0 < (size = read (n->fd, buffer, sizeof buffer)))
    for (char *p = buffer; p < buffer + size; )
      {
        struct inotify_event e;
        memcpy (&e, p, sizeof e);
        pass_on (n, &e, changed);
        p += sizeof e + e.len;
      }
}

#else

int
mp_notify_init (struct mp_notify *n)
{
  *n = (struct mp_notify) { .fd = -1 };
  return ENOSYS;
}

int
mp_notify_add (MAYBE_UNUSED struct mp_notify *n,
               MAYBE_UNUSED char const *folder, MAYBE_UNUSED void *owner)
{
  return ENOSYS;
}

void
mp_notify_read (MAYBE_UNUSED struct mp_notify *n,
                MAYBE_UNUSED void (*changed) (void *owner))
{
}

#endif

void
mp_notify_free (struct mp_notify *n)
{
  if (0 <= n->fd)
    close (n->fd);
  free (n->owner);
  *n = (struct mp_notify) { .fd = -1 };
}
