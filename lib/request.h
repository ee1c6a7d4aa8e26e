/* Requests to start a process, in a form that can be passed on.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_REQUEST_H
#define MP_REQUEST_H

#include <stddef.h>
#include <sys/resource.h>

#include "super.h"

#ifndef RLIM_NLIMITS
# define RLIM_NLIMITS 16
#endif

/* What a request holds beside the descriptors.  */
struct mp_request
{
  struct mp_start start;        /* its pointers go into the members here */
  sigset_t mask;
  sigset_t ignored;             /* signals that are to be ignored */
  struct rlimit limit[RLIM_NLIMITS];
  bool limited[RLIM_NLIMITS];   /* which of them were said */
  char **argv, **envp;          /* owned; the strings are in the text */
};

/* Write START, with the resource limits and the ignored signals of this
   process, to *TEXT, of *LEN bytes, which the caller frees.  The descriptors
   are left out.  Return 0 or ENOMEM.  */
int mp_request_format (struct mp_start const *start, char **text,
                       size_t *len);

/* Read the LEN bytes at TEXT, which stay the caller's and outlive it, into
   *REQ.  START.rec and the descriptors of it are left alone, and its in_child
   sets the limits and ignores the signals.
   Return 0, EBADMSG, or ENOMEM.  */
int mp_request_parse (char *text, size_t len, struct mp_request *req);

void mp_request_free (struct mp_request *req);

#endif
