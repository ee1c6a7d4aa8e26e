/* What a pool and its agent on another host tell each other.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "agentmsg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "lines.h"

/* What a task has.  */
enum { KIND_ITEMS, KIND_LINES, KIND_BLOCK };

/* Write the bytes of B as a string.  Return 0 or an errno value.  */
static int
put_block (struct mp_wire *w, struct mp_block *b)
{
  size_t len = mp_block_length (b);
  char *copy = malloc (len + !len);
  int err = copy ? mp_block_copy (b, copy) : ENOMEM;
  if (!err)
    mp_wire_put_string (w, copy, len);
  free (copy);
  return err;
}

/* Write the lines L.  */
static void
put_lines (struct mp_wire *w, struct mp_lines const *l)
{
  mp_wire_put_u64 (w, l->n);
  mp_wire_put_u8 (w, (unsigned char) l->end);
  mp_wire_put_string (w, l->text, l->len);
}

/* Whether what TASK has is too long for a message, which has room for some
   numbers besides.  */
static bool
is_too_long (struct mp_task const *task)
{
  size_t room = MP_WIRE_MESSAGE_MAX - MP_WIRE_PAYLOAD_MAX;
  if (task->lines)
    return room < task->lines->len;
  if (task->block)
    return room < mp_block_length (task->block);
  for (size_t i = 0; i < task->n_items; i++)
    {
      if (room < task->item[i].len + 4)
        return true;
      room -= task->item[i].len + 4;
    }
  return false;
}

int
mp_agent_put_task (struct mp_wire *w, uint64_t id, struct mp_task *task)
{
  int err = 0;
  if (is_too_long (task))
    return EFBIG;
  mp_wire_begin (w, MP_MSG_TASK);
  mp_wire_put_u64 (w, id);
  mp_wire_put_u64 (w, task->index);
  mp_wire_put_u32 (w, task->attempt);
  mp_wire_put_u8 (w, (task->lines ? KIND_LINES
                      : task->block ? KIND_BLOCK : KIND_ITEMS));
  if (task->lines)
    put_lines (w, task->lines);
  else if (task->block)
    err = put_block (w, task->block);
  else
    {
      mp_wire_put_u32 (w, task->width);
      mp_wire_put_u32 (w, task->n_items);
      for (size_t i = 0; i < task->n_items; i++)
        mp_wire_put_string (w, task->item[i].data, task->item[i].len);
    }
  mp_wire_end (w);
  return err;
}

/* Make the task of M that has items, or store null in *RESULT.  */
static int
get_items (struct mp_message *m, struct mp_task **result)
{
  size_t width = mp_message_u32 (m);
  size_t n = mp_message_u32 (m);
  *result = NULL;
  /* Each has its length there, at least.  */
  if (m->bad || !width || n % width || m->len / 4 < n)
    return EBADMSG;
  bool whole = 1 < width && n == width;
  /* A message that lies may have less than a length for each, and so more
     bytes.  */
  size_t bytes = m->len + n;
  char *store;
  struct mp_task *task = mp_task_new (n, whole ? 2 * bytes : bytes, &store);
  if (!task)
    return ENOMEM;
  task->width = width;
  for (size_t i = 0; i < n; i++)
    {
      size_t len;
      char const *data = mp_message_string (m, &len);
      memcpy (store, data, len);
      store[len] = '\0';
      task->item[i] = (struct mp_item) { store, len };
      store += len + 1;
    }
  if (whole)
    mp_task_set_whole (task, store);
  *result = task;
  return 0;
}

/* Make the task of M that has lines.  */
static int
get_lines (struct mp_message *m, struct mp_task **result)
{
  size_t len, used;
  size_t n = mp_message_u64 (m);
  char end = (char) mp_message_u8 (m);
  char const *data = mp_message_string (m, &len);
  if (m->bad || !n || mp_lines_count (data, len, end, n, &used) != n
      || used != len)
    return EBADMSG;
  char *store;
  char *text = malloc (len);
  struct mp_task *task = text ? mp_task_new (0, 0, &store) : NULL;
  if (task)
    {
      memcpy (text, data, len);
      task->lines = mp_lines_new (text, len, n, end);
    }
  if (!task || !task->lines)
    {
      free (text);
      free (task);
      return ENOMEM;
    }
  *result = task;
  return 0;
}

/* Make the task of M that has a block.  */
static int
get_block (struct mp_message *m, struct mp_task **result)
{
  size_t len;
  char const *data = mp_message_string (m, &len);
  char *store;
  struct mp_block *b = malloc (sizeof *b);
  char *memory = malloc (len + !len);
  struct mp_task *task = b && memory ? mp_task_new (0, 0, &store) : NULL;
  if (!task)
    {
      free (b);
      free (memory);
      return ENOMEM;
    }
  memcpy (memory, data, len);
  *b = (struct mp_block) { .memory = memory, .data = memory, .data_len = len,
                           .fd = -1 };
  task->block = b;
  *result = task;
  return 0;
}

int
mp_agent_get_task (struct mp_message *m, uint64_t *id, struct mp_task **result)
{
  *id = mp_message_u64 (m);
  unsigned long long index = mp_message_u64 (m);
  unsigned int attempt = mp_message_u32 (m);
  int kind = mp_message_u8 (m);
  struct mp_task *task = NULL;
  int err = (kind == KIND_LINES ? get_lines (m, &task)
             : kind == KIND_BLOCK ? get_block (m, &task)
             : kind == KIND_ITEMS ? get_items (m, &task) : EBADMSG);
  if (!err && m->bad)
    {
      mp_task_free (task);
      err = EBADMSG;
    }
  if (err)
    return err;
  task->index = index;
  task->attempt = attempt;
  *result = task;
  return 0;
}

void
mp_agent_put_ended (struct mp_wire *w, uint64_t id,
                    struct mp_task const *task)
{
  struct mp_lines const *l = task->lines;
  mp_wire_begin (w, MP_MSG_ENDED);
  mp_wire_put_u64 (w, id);
  mp_wire_put_u32 (w, task->status);
  mp_wire_put_u32 (w, task->error);
  mp_wire_put_u8 (w, task->timed_out);
  mp_wire_put_u32 (w, task->slot);
  mp_wire_put_u64 (w, task->begun);
  mp_wire_put_u64 (w, task->ended);
  mp_wire_put_u64 (w, task->usage.user);
  mp_wire_put_u64 (w, task->usage.system);
  mp_wire_put_u64 (w, task->usage.max_rss);
  mp_wire_put_u64 (w, l ? l->done : 0);
  mp_wire_put_u64 (w, l ? l->n_failures : 0);
  for (size_t i = 0; l && i < l->n_failures; i++)
    {
      mp_wire_put_u64 (w, l->failure[i].line);
      mp_wire_put_u32 (w, l->failure[i].status);
      mp_wire_put_u8 (w, l->failure[i].timed_out);
    }
  mp_wire_end (w);
}

/* Take a time off M.  What cannot be one, so that sums of some would overflow,
   makes M bad.  */
mp_time
mp_agent_get_time (struct mp_message *m)
{
  uint64_t t = mp_message_u64 (m);
  m->bad |= MP_AGENT_TIME_MAX < t;
  return m->bad ? 0 : t;
}

/* Take into the lines L, which may be null, which of them have failed.  */
static int
get_failures (struct mp_message *m, struct mp_lines *l)
{
  size_t done = mp_message_u64 (m);
  size_t n = mp_message_u64 (m);
  size_t next = 0;
  if (m->bad || (l ? l->n < done : done || n))
    return EBADMSG;
  while (n--)
    {
      size_t line = mp_message_u64 (m);
      int status = mp_message_u32 (m);
      bool timed_out = mp_message_u8 (m);
      if (m->bad || line < next || l->n <= line)
        return EBADMSG;
      next = line + 1;
      int err = mp_lines_fail (l, line, status, timed_out);
      if (err)
        return err;
    }
  if (l)
    l->done = done;
  return 0;
}

int
mp_agent_get_ended (struct mp_message *m, mp_time offset,
                    struct mp_task *task, int *status)
{
  *status = mp_message_u32 (m);
  task->error = mp_message_u32 (m);
  task->timed_out = mp_message_u8 (m);
  task->slot = mp_message_u32 (m);
  mp_time begun = mp_agent_get_time (m);
  mp_time ended = mp_agent_get_time (m);
  task->begun = begun ? begun + offset : 0;
  task->ended = ended ? ended + offset : 0;
  task->usage.user = mp_agent_get_time (m);
  task->usage.system = mp_agent_get_time (m);
  task->usage.max_rss = mp_message_u64 (m);
  int err = get_failures (m, task->lines);
  return m->bad ? EBADMSG : err;
}
