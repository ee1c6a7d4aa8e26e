/* What /proc tells about one process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_PROCSTAT_H
#define MP_PROCSTAT_H

#include <stdbool.h>
#include <sys/types.h>

/* Some fields of /proc/PID/stat, numbered as in proc(5).  */
struct mp_procstat
{
  char state;                   /* 3: R, S, D, T, t, Z, X... */
  pid_t ppid;                   /* 4 */
  pid_t pgrp;                   /* 5 */
  pid_t session;                /* 6 */
  bool kernel;                  /* by 9, the flags: a thread of the kernel */
  long threads;                 /* 20: more than one in a zombie whose first
                                   thread alone has ended */
  unsigned long long start_time;        /* 22: clock ticks since boot */
  int exit_status;              /* 52: as from waitpid; 0 also if not told */
};

/* Return whether a process or thread in STATE has ended.  */
bool mp_procstat_ended (char state);

/* Return whether one in STATE has stopped, by a signal or for a tracer.  */
bool mp_procstat_stopped (char state);

/* Read the line TEXT of a stat file into *ST.  The command name in it may hold
   anything, parentheses and newlines too.  What the line is too short for is
   0.  Return 0, or EINVAL if this is no such line.  */
int mp_procstat_parse (char const *text, struct mp_procstat *st);

/* Store in *ST what /proc/PID/stat says; but of a process that has several
   threads, the state is that of one that runs, if there is one, else of one
   that has stopped.  So a process has ended when its last thread has, not
   when its first has.
   Return 0; ESRCH if there is no such process (or no /proc: see
   mp_procstat_usable); another errno value if it cannot be read.  */
int mp_procstat_read (pid_t pid, struct mp_procstat *st);

/* Return 0 if /proc shows the processes by the numbers that this process
   knows them by; ENOSYS if there is none, it is not Linux's, or it belongs to
   another PID namespace.  */
int mp_procstat_usable (void);

#endif
