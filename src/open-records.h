/* Open the user's records, or say why not.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef OPEN_RECORDS_H
#define OPEN_RECORDS_H

#include "records.h"

/* Open the records in *R; if CREATE, make their directory if it is not there.
   A failure is reported and ends the program with status 125, but that there
   is no directory, without CREATE, makes it return false.  */
bool open_records (struct mp_records *r, bool create);

/* Remove from R what $MPUTILS_KEEP, a duration, says that nobody will ask for
   any more; by default what ended more than a day ago.  A failure to do so is
   no matter.  */
void clean_records (struct mp_records *r);

/* Do so if nobody has for some time.  */
void clean_records_if_due (struct mp_records *r);

#endif
