/* The turns of tasks in the output of a pool: callbacks and the end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CALLS_H
#define MP_CALLS_H

#include "order.h"

struct mp_pool;

/* For mp_order_init, with ARG a pool: OUT, which is of one of its tasks, was
   delivered but for what a callback is to get.  */
void mp_calls_delivered (void *arg, struct mp_output *out);

/* Do what is to be done for the task of POOL whose callback it is the turn of.
   Return 0 or the errno value of a failed write.  */
int mp_calls_tend (struct mp_pool *pool);

#endif
