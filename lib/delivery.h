/* The delivery of what tasks of a pool put, as far as there is room for it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_DELIVERY_H
#define MP_DELIVERY_H

#include <stdbool.h>

#include "monotime.h"

struct mp_pool;

/* Deliver what of POOL's can be delivered at the time NOW, and let tasks go on
   that were held back.  If a write fails, end the run.  */
void mp_delivery_tend (struct mp_pool *pool, mp_time now);

/* Whether there is output that was gathered, but not written.  */
bool mp_delivery_gathered (struct mp_pool const *pool);

/* Whether all tasks have ended and nothing of their output waits to be
   gathered.  */
bool mp_delivery_complete (struct mp_pool const *pool);

#endif
