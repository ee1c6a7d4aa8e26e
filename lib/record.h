/* The record of a process that was started: who it is, how it ended.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_RECORD_H
#define MP_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "monotime.h"
#include "procid.h"

/* The scope of what was started outside any.  */
#define MP_NO_SCOPE "none"

/* A record.  Its strings are owned.  */
struct mp_record
{
  char *scope, *name;
  char *path;                   /* relative to the directory's descriptor */
  bool has_room;                /* for "status": see mp_record_reserve */

  /* From the file "start"; all zero before it is there.  */
  bool started;
  bool other_boot;              /* the machine was started again since */
  struct mp_procid id;
  struct mp_procid supervisor;
  struct mp_procid guard;       /* the supervisor's; pid 0: it has none */
  bool daemon;
  struct mp_procid owner;       /* of a daemonic one */
  mp_time start_time;           /* by mp_now */
  char *method;                 /* its start method */
  char *command;                /* quoted as for a shell */

  /* From the file "status"; all zero before it is there.  */
  bool ended;
  int status;                   /* as from wait(2) */
  bool status_known;
  bool timed_out;               /* it was ended because its time was over */
  mp_time end_time;             /* by mp_now */
  mp_time user, system;         /* CPU time, with reaped descendants */
  long long peak_kib;           /* memory of the largest process */
  unsigned long long kept[2];   /* bytes of out and err that are kept */
  unsigned long long dropped[2];        /* and those beyond */
  int keep_error[2];            /* why not all was kept, or 0 */
  int script_error;             /* why the script at its end could not be
                                   run, or 0 */
};

/* Room for what mp_record_boot stores.  */
enum { MP_RECORD_BOOT_SIZE = 64 };

/* Whether NAME can be a process's: not empty, at most 200 bytes, no slash and
   no control character, not beginning with a dot or a minus, and not to be
   taken for a PID or PID:ID.  */
bool mp_record_name_ok (char const *name);

/* Store in BOOT what tells this run of the machine from others: the kernel's
   boot_id (random(4)), or "-" where there is none.  */
void mp_record_boot (char boot[MP_RECORD_BOOT_SIZE]);

/* Write the first part of REC, what its file "start" holds, or the second,
   of its file "status", as lines "KEY VALUE" to *TEXT, which the caller
   frees.  Return 0 or ENOMEM.  */
int mp_record_format_start (struct mp_record const *rec, char **text);
int mp_record_format_status (struct mp_record const *rec, char **text);

/* Read the first or second part of REC from TEXT.  Unknown keys are passed
   over.  Return 0; EBADMSG if a line is malformed or a key is lacking; or
   ENOMEM.  */
int mp_record_parse_start (struct mp_record *rec, char const *text);
int mp_record_parse_status (struct mp_record *rec, char const *text);

/* Free REC and what it holds.  */
void mp_record_free (struct mp_record *rec);

#endif
