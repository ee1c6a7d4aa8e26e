/* The start of tasks of a pool, as many at a time as resources allow.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_STARTS_H
#define MP_STARTS_H

#include <stdbool.h>

struct mp_pool;

/* Start as many tasks of POOL as may run now.  */
void mp_starts_fill (struct mp_pool *pool);

/* Whether that could start one now, for all that is known.  */
bool mp_starts_possible (struct mp_pool const *pool);

/* A task of POOL has ended: where resources were short, that counts.  */
void mp_starts_task_ended (struct mp_pool *pool);

#endif
