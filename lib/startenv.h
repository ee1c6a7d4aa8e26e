/* The environment of a started process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_STARTENV_H
#define MP_STARTENV_H

#include "procid.h"

/* Room for the value of MPUTILS_ANCESTORS: of more, the nearest are kept.  */
enum { MP_STARTENV_ANCESTORS_SIZE = 40 * MP_PROCID_SIZE };

/* An environment with MPUTILS_HANDLE, MPUTILS_NAME and, unless there are none,
   MPUTILS_PARENT, MPUTILS_SCOPE and MPUTILS_ANCESTORS: the handles, separated
   by spaces, of all started processes that it descends from, the nearest last.
   That tells what belongs to them also when some of those between have ended.
   All other variables are copies.  */
struct mp_startenv
{
  char **envp;                  /* NULL-terminated */
  char *strings;                /* what it points to */
  char *handle;                 /* the value of MPUTILS_HANDLE in it */
  size_t n;                     /* variables */
};

/* Make E from BASE, the NULL-terminated environment of who starts it, without
   its own variables of the suite that tell of a process.  PARENT may be null,
   SCOPE is MP_NO_SCOPE for none.  Return 0 or ENOMEM.  */
int mp_startenv_init (struct mp_startenv *e, char *const *base,
                      char const *name, char const *parent,
                      char const *scope);

/* Set MPUTILS_HANDLE of E to ID.  No memory is allocated.  */
void mp_startenv_set_handle (struct mp_startenv *e,
                             struct mp_procid const *id);

/* Add MPUTILS_STATUS, which stands for the STATUS from wait(2) as a shell
   would tell it, to E.  To be called once.  Return the environment, which
   stays E's.  */
char *const *mp_startenv_status (struct mp_startenv *e, int status);

void mp_startenv_free (struct mp_startenv *e);

#endif
