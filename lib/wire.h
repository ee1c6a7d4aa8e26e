/* Messages over a stream of bytes: framed and checked.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_WIRE_H
#define MP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame is a header of 16 bytes and a payload.  The header is the checksum of
   all that follows in the frame, 8 bytes, the length of the payload, 4 bytes,
   the type, and three zeros; integers have their lowest byte first.
   The checksum is that of Fletcher over words of 32 bits, the last one with
   zeros if bytes are lacking: the sum of all words, and the sum of these sums
   after each word, both modulo 2^32.  ("An Arithmetic Checksum for Serial
   Transmissions", IEEE Transactions on Communications, 1982.)  Streams are
   reliable: it finds what is none of ours, and costs little.
   A message whose payload is longer than a frame's may be is cut: all frames
   but its last have the type MP_WIRE_PART.  See doc/agent-protocol.txt.  */
enum { MP_WIRE_HEADER = 16, MP_WIRE_PART = 255 };

/* The most payload of a frame, and of a message.  */
enum { MP_WIRE_PAYLOAD_MAX = 1024 * 1024 };
#define MP_WIRE_MESSAGE_MAX ((size_t) 2 * 1024 * 1024 * 1024)

/* Bytes, in one piece.  */
struct mp_bytes
{
  char *data;                   /* owned */
  size_t start, end, allocated; /* what is not used yet begins at START */
};

/* One end of a connection.  All zero is a new one.  */
struct mp_wire
{
  struct mp_bytes in, out;
  struct mp_bytes part;         /* of a message that is cut */
  size_t frame;                 /* where the message begins that is being
                                   written, behind OUT's start */
  bool used;                    /* the first frame of IN was given away */
  bool failed;                  /* memory was exhausted while writing */
  bool ended;                   /* the other end was closed */
};

/* A message that was read.  Its bytes stay the wire's, and are good until the
   next call of mp_wire_next or mp_wire_pull.  */
struct mp_message
{
  int type;
  char const *data;             /* what is not taken yet */
  size_t len;
  bool bad;                     /* more was taken than there was */
};

void mp_wire_free (struct mp_wire *w);

/* Begin to write a message of TYPE, not negative and below MP_WIRE_PART; add to
   it integers, and strings with their lengths, or bytes without; and let it be
   sent.  If memory is exhausted, W->failed is set.  */
void mp_wire_begin (struct mp_wire *w, int type);
void mp_wire_put_u8 (struct mp_wire *w, unsigned int n);
void mp_wire_put_u32 (struct mp_wire *w, uint32_t n);
void mp_wire_put_u64 (struct mp_wire *w, uint64_t n);
void mp_wire_put_string (struct mp_wire *w, char const *data, size_t len);
void mp_wire_put_bytes (struct mp_wire *w, char const *data, size_t len);
void mp_wire_end (struct mp_wire *w);

/* Write the LEN bytes at DATA as they are, in no frame.  */
void mp_wire_put_raw (struct mp_wire *w, char const *data, size_t len);

/* How many bytes wait to be sent.  */
size_t mp_wire_waiting (struct mp_wire const *w);

/* Send to FD, which never waits, what it takes.  Return 0 if all was sent,
   EAGAIN, or another errno value.  */
int mp_wire_push (struct mp_wire *w, int fd);

/* Read once what there is at FD, which never waits.  Return 0 (W->ended tells
   of its end), EAGAIN or another errno value.  */
int mp_wire_pull (struct mp_wire *w, int fd);

/* Take the next message that was read as a whole.  Return 0; EAGAIN if there is
   none; ENOMEM; or EBADMSG if what was read is no frame, or was changed on its
   way.  */
int mp_wire_next (struct mp_wire *w, struct mp_message *m);

/* Take what was put into M, in its order.  If there is less, M->bad is set, and
   it is as if there were zeros.  */
unsigned int mp_message_u8 (struct mp_message *m);
uint32_t mp_message_u32 (struct mp_message *m);
uint64_t mp_message_u64 (struct mp_message *m);
char const *mp_message_string (struct mp_message *m, size_t *len);

#endif
