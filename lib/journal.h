/* The journal of a run: a job log that a later run can resume.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_JOURNAL_H
#define MP_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "jobline.h"
#include "monotime.h"
#include "tally.h"

/* The file is described in jobline.h.

   What resuming goes by.  Each record stands for one item, or for the items of
   one task; those of the same key are not told apart, only counted, so that
   items may be several times in a list, and the list may change.  Of a key,
   with A records whose Again is 0 and B whose Again is 1,

   - A items have an outcome;
   - of all A + B records, those that tell of a success are items that are
     done;
   - those that tell of a failure, less B, are items whose last outcome is a
     failure.

   A run that resumes with what failed does so many items of the key again, and
   says Again in each one's new record.  So this holds whenever a run ends, and
   wherever it is cut off: an item that was not done again is still counted as
   failed.  (A record with Again and no failure before it, which a damaged log
   may have, counts as if it had 0 there.)  A record that was cut off, or that
   is damaged, does not count, and its item is done again.

   Locks.  Two processes share a journal: the guard (see guard.h) has opened
   it, and its worker, the pool, inherits the descriptor and writes the
   records.  Each locks one byte of the file (fcntl(2), F_SETLK): such locks
   are a process's own, are not inherited, and are gone when it has ended,
   however that was.  A pool takes its byte only while its own guard has the
   other.  So who has the guard's byte and then finds the pool's free, has the
   file to itself: no pool of an earlier run is left, nor comes.

   A process loses its locks when it closes any descriptor of the file, also
   one that it had opened otherwise.  So neither may open the file by any other
   way, for example as input; and mp_journal_close is for the end.

   Nothing here waits for the disk (fsync(2)).  What was written is there
   whatever becomes of the process.  After a crash of the machine the log may
   lack its last records, and their items are done again; it may as well lack
   what the tasks themselves had written, and a log that is on the disk before
   that is would claim work that is lost.  */

/* Whose lock.  The values are the places of the bytes.  */
enum mp_journal_role
{
  MP_JOURNAL_GUARD,
  MP_JOURNAL_POOL
};

/* How long to wait for the pool of a run whose guard was killed: it is about to
   end.  */
#define MP_JOURNAL_PATIENCE (10000LL * MP_MILLISECOND)

/* What a file is.  */
enum mp_journal_format
{
  MP_JOURNAL_OURS,              /* a journal, or empty */
  MP_JOURNAL_PARALLEL,          /* a job log of GNU parallel's */
  MP_JOURNAL_OTHER
};

/* What was found in a journal.  */
struct mp_journal_found
{
  enum mp_journal_format format;
  unsigned long long records;
  unsigned long long other_map; /* of them, those of another command */
  unsigned long long damaged;   /* lines that are no records */
  bool torn;                    /* the last line was not whole */
};

struct mp_journal
{
  int error;                    /* of the first write that failed, or 0 */
  unsigned long long lost;      /* records that were not written, and will not
                                   be */

  /* Private.  */
  int fd;
  pid_t guard, pool;            /* who has locked it, as far as is known */
  struct mp_key map;
  struct mp_tally tally;
  off_t size;                   /* of the file, when TORN is not set */
  bool torn;                    /* the file does not end with a newline */
  char *buffer;                 /* what ends a torn line, and then the lines
                                   that are to be written */
  size_t used, allocated;
};

/* Open FILE, or make it, as the journal J of a command whose digest is MAP,
   close-on-exec.  Nothing is read, written or locked yet.
   Return 0; ENOTSUP if it is not a regular file; or another errno value:
   EISDIR is one.  Only mp_journal_close may be called then.  */
int mp_journal_open (struct mp_journal *j, char const *file,
                     struct mp_key const *map);

/* Lock J as ROLE.

   As the guard: at once, and then wait until the pool of a run whose guard was
   killed has ended.  Return 0; EBUSY if another run uses the file, or that has
   not ended within PATIENCE.

   As the pool: in the process that has the guard's lock, or in a child of it,
   to which J was copied by fork.  Return 0; EOWNERDEAD if the guard has it no
   more; EBUSY if somebody has the pool's for longer than PATIENCE.

   Both also return EINTR if a signal comes meanwhile, with nothing locked; or
   another errno value: ENOLCK if the file system has no locks.  */
int mp_journal_lock (struct mp_journal *j, enum mp_journal_role role,
                     mp_time patience);

/* These two need one of the locks (EPERM), and come before the first record;
   the guard may call them and fork then: its child has what was found.

   Make J empty, whatever it was, and write the header.
   Return 0 or an errno value.  */
int mp_journal_renew (struct mp_journal *j);

/* Read J, and tell in *FOUND what it is, and in J how often each item was done;
   cut a last line off that is not whole; and write what lacks of the header if
   the file has nothing else.
   Return 0; EBADMSG with FOUND->format set if the file is not a journal of
   ours, which is then as it was; ENOMEM; or another errno value.  If it is not
   0, FOUND->format is MP_JOURNAL_OURS in all other cases.  */
int mp_journal_resume (struct mp_journal *j, struct mp_journal_found *found);

/* Ask what is known of an item with the digest ITEM, and take it off the
   count: for each item of the list, in its order.  With MP_PAST_FAILED, if it
   is done again, its record must say so (Again).  */
enum mp_past mp_journal_take (struct mp_journal *j, struct mp_key const *item);

/* Free the counts: all items have been asked for.  */
void mp_journal_forget (struct mp_journal *j);

/* Add R to what is to be written.  Return 0, or ENOMEM if it is lost and that
   is the first error.  */
int mp_journal_add (struct mp_journal *j, struct mp_jobline const *r);

/* Write what was added, in whole lines: with one write(2) unless that comes up
   short.  SIGXFSZ must be ignored or handled.

   If it fails (ENOSPC, EDQUOT, EFBIG...), return the errno value, but only if
   that is the first error of J; J->error keeps it.  The part of a line that was
   written is cut off, or if it cannot be, made a line that is no record.  What
   could not be written is tried again with the next lines and at the end, as
   long as it is not too much: then further records are lost.  */
int mp_journal_flush (struct mp_journal *j);

/* Write what was added, close the file, with which all locks of the process on
   it go, and free what J holds.  J->error and J->lost stay.  For a guard, whose
   child has written the records, there is nothing to write.
   Return 0 or an errno value, as mp_journal_flush, or that of close.  */
int mp_journal_close (struct mp_journal *j);

#endif
