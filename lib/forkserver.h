/* The fork server: one supervisor that starts many processes on request.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_FORKSERVER_H
#define MP_FORKSERVER_H

#include <stdbool.h>

#include "super.h"

/* A request goes through the socket ".server" in the scope's folder, which
   only its user may enter, as the name of a record and, by SCM_RIGHTS
   (unix(7)), the descriptors; everything else is in the record's file
   "request", so that the server never waits for a client.  The answer comes as
   mp_super_start tells.  A lock on ".server-lock" sees to it that there is one
   server.  */

/* Connect to the server of SCOPE in R and store the descriptor in *FD.  If
   there is none, become one in a new process, there *SERVER is set and *FD is
   the socket to serve.  Return 0; EPERM if the server is another user's; or
   another errno value, after which *FD is -1 or as it was.  */
int mp_forkserver_connect (struct mp_records *r, char const *scope,
                           int *fd, bool *server);

/* Write the request to start START, with this process's resource limits and
   ignored signals; its mask and umask are those of START.  START->cwd is a
   descriptor.  START->daemon needs START->owner.  The record and the
   descriptors stay the caller's.  Return 0 or an errno value.  */
int mp_forkserver_prepare (struct mp_records *r,
                           struct mp_start const *start);

/* Ask the server at FD for START, which was prepared.  Return 0 or an errno
   value.  */
int mp_forkserver_ask (struct mp_start const *start, int fd);

/* Whether no server has begun with the request of REC, after one is gone that
   was asked: only then may another be asked.  */
bool mp_forkserver_untaken (struct mp_records *r,
                            struct mp_record const *rec);

/* Serve the requests that come through LISTEN_FD, as the server of SCOPE in R,
   until SIGTERM comes or nothing has run for some seconds.  GUARD is its guard,
   with the PID 0 if there is none.  Return 0 or an errno value.  */
int mp_forkserver_serve (struct mp_records *r, char const *scope,
                         int listen_fd, struct mp_procid const *guard);

#endif
