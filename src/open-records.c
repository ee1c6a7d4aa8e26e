/* Open the user's records, or say why not.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "open-records.h"

#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "cleaning.h"
#include "exit-status.h"
#include "front.h"
#include "parse.h"

/* Why a directory is not trusted: FAULT in words.  */
static char const *
fault_words (enum mp_records_fault fault)
{
  switch (fault)
    {
    case MP_RECORDS_LINK:
      return _("it is a symbolic link");
    case MP_RECORDS_NOT_DIRECTORY:
      return _("it is not a directory");
    case MP_RECORDS_OWNER:
      return _("it belongs to another user");
    case MP_RECORDS_MODE:
      return _("other users may enter it");
    case MP_RECORDS_FINE:
      break;
    }
  return "";
}

bool
open_records (struct mp_records *r, bool create)
{
  int err = mp_records_open (r, create);
  if (err == ENOENT && !create)
    {
      mp_records_close (r);
      return false;
    }
  if (err && !r->dir)
    xalloc_die ();
  if (err && r->fault != MP_RECORDS_FINE)
    error (MP_EXIT_FAILURE, 0, _("cannot trust directory %s: %s"),
           quote (r->dir), fault_words (r->fault));
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot open directory %s"),
           quote (r->dir));
  return true;
}

void
clean_records_if_due (struct mp_records *r)
{
  if (mp_records_clean_due (r))
    clean_records (r);
}

void
clean_records (struct mp_records *r)
{
  struct timespec keep = { 24 * 60 * 60, 0 };
  char const *s = getenv ("MPUTILS_KEEP");
  if (s && *s && mp_parse_duration (s, &keep) != 0)
    error (0, 0, _("warning: invalid duration in MPUTILS_KEEP: %s"),
           quote (s));
  mp_records_clean (r, mp_time_of (&keep));
}
