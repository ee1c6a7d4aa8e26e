/* Exit statuses of the suite.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef EXIT_STATUS_H
#define EXIT_STATUS_H

/* The one table of exit statuses, the same for all programs.  124 to 127 are
   those of coreutils' timeout, env and nohup; 123 is that of xargs; 128+N is
   the shell's.  */
enum mp_exit_status
{
  MP_EXIT_SUCCESS = 0,
  MP_EXIT_NO = 1,               /* the answer is no */
  MP_EXIT_UNKNOWN = 122,        /* it ended, its status cannot be known */
  MP_EXIT_SOME_FAILED = 123,    /* some items of a map failed */
  MP_EXIT_TIMEOUT = 124,        /* time ran out */
  MP_EXIT_FAILURE = 125,        /* our own failure: usage, resources */
  MP_EXIT_CANNOT_INVOKE = 126,  /* found but not executable */
  MP_EXIT_NOT_FOUND = 127,      /* command not found */
  MP_EXIT_SIGNAL = 128          /* plus N: ended by signal N */
};

#endif
