/* Deliver the outputs of many tasks, each whole, in order, with bounded
   memory.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_ORDER_H
#define MP_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "outbuf.h"
#include "sink.h"

/* How outputs are put together.  */
enum mp_grouping
{
  MP_GROUP_ORDERED,             /* whole, in the order of opening; the oldest
                                   one's as it comes */
  MP_GROUP_UNORDERED,           /* whole, in the order of ending */
  MP_GROUP_LINES                /* line by line, as they come */
};

/* The two streams of a task.  */
enum { MP_STREAM_OUT, MP_STREAM_ERR, MP_STREAMS };

/* One stream of one output.  */
struct mp_stream
{
  struct mp_outbuf buf;
  size_t complete;              /* bytes of buf that are whole lines */
  size_t tag_sent;              /* bytes of the tag before this line */
  bool mid_line;                /* what was delivered ended within a line */
};

/* The output of a task.  Its owner embeds it.  */
struct mp_output
{
  struct mp_output *prev, *next;        /* in the order of opening */
  struct mp_output *next_ended;         /* in the order of ending */
  struct mp_stream stream[MP_STREAMS];
  char *tag;                            /* before each line, or null; owned */
  size_t tag_len;
  size_t charge;                        /* on the budget's account */
  bool ended;                           /* nothing more will be put */
};

/* The delivery.  */
struct mp_order
{
  enum mp_grouping grouping;
  char line_end[MP_STREAMS];    /* what ends lines there: newlines, unless the
                                   owner changes that */
  struct mp_sink sink[MP_STREAMS];
  struct mp_budget budget;
  struct mp_output *first, *last;               /* not delivered yet */
  struct mp_output *first_ended, *last_ended;   /* MP_GROUP_UNORDERED */
  struct mp_output *current;    /* whose output goes on before others' */
  struct mp_stream *mid_line;   /* MP_GROUP_LINES: whose line goes on first */
  struct mp_outbuf note;        /* notes that the sink has not taken yet */
  bool held;                    /* nothing is delivered until this is false
                                   again; DELIVERED may set it */
  void (*delivered) (void *arg, struct mp_output *out);
  void *arg;
};

/* Make O deliver to descriptors OUT_FD and ERR_FD as GROUPING says, and hold
   LIMIT bytes at most of what must wait (a little more, since a task's
   output comes in pieces).  DELIVERED is called with ARG for each output
   after its last byte has gone to the sinks; the output may be freed there.
   Return 0 or ENOMEM.  */
int mp_order_init (struct mp_order *o, enum mp_grouping grouping,
                   int out_fd, int err_fd, size_t limit,
                   void (*delivered) (void *arg, struct mp_output *out),
                   void *arg);

/* Free what O holds, with the outputs that were not delivered.  */
void mp_order_free (struct mp_order *o);

/* Open the output OUT, the next one in order.  TAG, if not null, is written
   before each line; it was allocated by malloc and becomes OUT's.  CHARGE
   bytes are what the caller itself keeps until the delivery.  */
void mp_order_open (struct mp_order *o, struct mp_output *out, char *tag,
                    size_t charge);

/* Change the tag of OUT, which has put nothing yet, to TAG, as above.  */
void mp_order_retag (struct mp_order *o, struct mp_output *out, char *tag);

/* Whether OUT's bytes go out as they come, before those of others.  */
bool mp_order_is_live (struct mp_order const *o, struct mp_output const *out);

/* The output that this holds for, or null if there is none.  */
struct mp_output *mp_order_live (struct mp_order const *o);

/* How many bytes OUT may put now.  0: hold it back, and ask again after the
   next mp_order_advance.  */
size_t mp_order_wants (struct mp_order const *o, struct mp_output const *out);

/* Whether it makes sense to open another output.  */
bool mp_order_has_room (struct mp_order const *o);

/* Put the LEN bytes at DATA on STREAM of OUT.  Return 0, ENOMEM, or the errno
   value of a failed write, after which O is of no use.  */
int mp_order_put (struct mp_order *o, struct mp_output *out, int stream,
                  char const *data, size_t len);

/* Put as many of the LEN bytes at DATA as is possible without waiting on the
   stream for output, behind all that was delivered so far, and store in *TAKEN
   how many.  Return 0 or the errno value of a failed write.  */
int mp_order_pass (struct mp_order *o, char const *data, size_t len,
                   size_t *taken);

/* Put the LEN bytes at DATA, which are no task's, on the stream for errors,
   behind all that was delivered so far.  Return as mp_order_put.  */
int mp_order_note (struct mp_order *o, char const *data, size_t len);

/* Whether something could be delivered to the sinks, or is in one.  */
bool mp_order_has_more (struct mp_order const *o);

/* OUT's task has ended and has put everything.  */
void mp_order_end (struct mp_order *o, struct mp_output *out);

/* Let all outputs that are open come before OUT.  */
void mp_order_postpone (struct mp_order *o, struct mp_output *out);

/* Take OUT, which stays the caller's, out of O undelivered.  */
void mp_order_drop (struct mp_order *o, struct mp_output *out);

/* Deliver to the sinks what can be delivered without waiting.  Return 0, or
   the errno value of a failed write.  */
int mp_order_advance (struct mp_order *o);

/* Send on what the sinks have gathered.  Return 0, EAGAIN if one of them
   would have to wait, or the errno value of a failed write.  */
int mp_order_flush (struct mp_order *o);

#endif
