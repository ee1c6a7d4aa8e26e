/* The attempts at the tasks of a pool: their time, and what follows their
   end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_ATTEMPTS_H
#define MP_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "monotime.h"

struct mp_pool;
struct mp_task;

/* TASK has ended, or is to: its time does not run any more.  */
void mp_attempts_stop_time (struct mp_pool *pool, struct mp_task *task);

/* The time of all tasks has stood still for T.  */
void mp_attempts_shift (struct mp_pool *pool, mp_time t);

/* Do what is due at NOW: end tasks whose time is over, and let those be started
   again that have waited for it.  */
void mp_attempts_tick (struct mp_pool *pool, mp_time now);

/* When to call that next; 0: never, as it seems.  */
mp_time mp_attempts_due (struct mp_pool const *pool);

/* TASK, if its output is held back, is not to be resumed any more.  */
void mp_attempts_forget_held (struct mp_pool *pool, struct mp_task *task);

/* TASK has not begun: let it be started before those that come behind it.  */
void mp_attempts_add_pending (struct mp_pool *pool, struct mp_task *task);

/* An attempt at TASK is over, or it cannot be started; its output is complete.
   Let it be started again if it is to be, or let its output go on.  */
void mp_attempts_end (struct mp_pool *pool, struct mp_task *task);

/* Let spooled output of tasks that have ended go on as far as there is
   room.  */
void mp_attempts_replay (struct mp_pool *pool);

/* No more tasks are started.  Let those that wait for another attempt end, as
   ended with the run; and if DROP, drop the others that wait to be started.  */
void mp_attempts_give_up (struct mp_pool *pool, bool drop);

/* Store in *DATA where the next spooled bytes of TASK's output on STREAM are,
   and return how many are there: 0 at the end, or after an error, which is in
   TASK->callback_error then.  They are good until the next call.  */
size_t mp_attempts_peek (struct mp_task *task, int stream, char const **data);

/* The first N of these bytes are done with.  */
void mp_attempts_consume (struct mp_pool *pool, struct mp_task *task,
                          int stream, size_t n);

/* Free TASK, whose output POOL does not have any more.  */
void mp_attempts_free (struct mp_pool *pool, struct mp_task *task);

#endif
