/* The numbers of records without a name of their own.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_RECNUM_H
#define MP_RECNUM_H

#include "recdir.h"

/* Such a record is called Process-N, and N is higher than all that are in use
   in the scope.  The file ".last" in the folder of the scope tells the one
   that was given last, so that a start need not read the whole folder.  It is
   only there to be faster, and may be removed at any time.  Who gives a number
   locks it, and never waits for that; who gives one without the lock, takes one
   by name or frees one removes it then, so that it is made anew.  */

extern char const mp_recnum_prefix[];

/* About to give a number in SCOPE.  */
struct mp_recnum
{
  struct mp_records *r;
  char const *scope;
  int fd;                       /* of the file, locked; or -1 */
};

/* Begin to give a number in SCOPE of R, which NUM is for, and store in *N the
   first one to try; if somebody is faster, the next.  Return 0, then
   mp_recnum_end is to be called, or an errno value.  */
int mp_recnum_begin (struct mp_recnum *num, struct mp_records *r,
                     char const *scope, unsigned long *n);

/* N was given, or if that is 0, none.  */
void mp_recnum_end (struct mp_recnum *num, unsigned long n);

/* NAME was taken in SCOPE of R by who has not begun to give a number, or is
   free again.  */
void mp_recnum_changed (struct mp_records *r, char const *scope,
                        char const *name);

/* Remove the file from SCOPE of R.  */
void mp_recnum_forget (struct mp_records *r, char const *scope);

#endif
