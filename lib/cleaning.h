/* Records that nobody will ask for any more.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CLEANING_H
#define MP_CLEANING_H

#include "records.h"

/* Remove what nobody will ask for any more: records of processes that ended
   more than KEEP ago or in a scope that is no more, those from before the
   machine was started, and what was left half made or half released by a
   process that is gone.  That of a
   process that runs is never touched.  Return 0 or an errno value.  */
int mp_records_clean (struct mp_records *r, mp_time keep);

/* Return whether it is time to do so again: nobody has noted within the last
   minute that it was.  If it is, note it.  It takes one system call, as a
   rule.  */
bool mp_records_clean_due (struct mp_records *r);

#endif
