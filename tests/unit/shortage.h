/* Make memory short.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef SHORTAGE_H
#define SHORTAGE_H

/* From now on only the next N allocations of the library and of the test
   succeed; the following ones fail.  With -1 all succeed again.  A program
   that uses this is linked with $(wrap_allocation).  */
void shortage_after (int n);

#endif
