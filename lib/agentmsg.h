/* What a pool and its agent on another host tell each other.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_AGENTMSG_H
#define MP_AGENTMSG_H

#include <stdint.h>

#include "pool.h"
#include "wire.h"

/* The version of the protocol, which doc/agent-protocol.txt describes.  */
enum { MP_AGENT_VERSION = 1 };

/* What each side writes first.  What the agent's side has written before that
   is of others: a login shell's greeting.  */
#define MP_AGENT_GREETING "mputils agent 1\n"

/* The types of messages.  */
enum mp_agent_message
{
  /* From the pool.  */
  MP_MSG_SETUP = 1,
  MP_MSG_TASK,
  MP_MSG_CREDIT,
  MP_MSG_END,
  MP_MSG_SIGNAL,
  MP_MSG_RECALL,
  MP_MSG_RESIZE,
  MP_MSG_TIMEOUT,
  MP_MSG_FINISH,
  MP_MSG_PING,
  MP_MSG_REST,
  MP_MSG_HURRY,

  /* From the agent.  */
  MP_MSG_HELLO = 65,
  MP_MSG_BEGUN,
  MP_MSG_OUTPUT,
  MP_MSG_ENDED,
  MP_MSG_RETURNED,
  MP_MSG_HUNGRY,
  MP_MSG_FAULT,
  MP_MSG_DRAINING,
  MP_MSG_FAILED,
  MP_MSG_GOODBYE,
  MP_MSG_ALIVE
};

/* Why a task is returned.  */
enum mp_agent_return
{
  MP_RETURN_UNBEGUN,            /* it was not begun */
  MP_RETURN_CUT                 /* it was ended because the agent's host is to
                                   do no more */
};

/* Write TASK, with its items, lines or block, as the one that ID stands for.
   Return 0; EFBIG, with nothing written, if that is too long for a message; or
   another errno value: its block could not be read.  */
int mp_agent_put_task (struct mp_wire *w, uint64_t id, struct mp_task *task);

/* Make the task of the message M, and store it in *TASK and what it is called
   in *ID.  Return 0; EBADMSG; or ENOMEM.  */
int mp_agent_get_task (struct mp_message *m, uint64_t *id,
                       struct mp_task **task);

/* The largest time in a message: eighteen years.  */
#define MP_AGENT_TIME_MAX (UINT64_C (1) << 59)

/* Take a time off the message M, whose BAD is set if there is none.  */
mp_time mp_agent_get_time (struct mp_message *m);

/* Write how TASK has ended.  */
void mp_agent_put_ended (struct mp_wire *w, uint64_t id,
                         struct mp_task const *task);

/* Take into TASK how it has ended, but for its status, which is stored in
   *STATUS.  Times are to have OFFSET added.  Return 0; EBADMSG; or ENOMEM.  */
int mp_agent_get_ended (struct mp_message *m, mp_time offset,
                        struct mp_task *task, int *status);

#endif
