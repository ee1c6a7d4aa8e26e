/* What the parts of pkill-tree share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PKILL_TREE_H
#define PKILL_TREE_H

#include <stdbool.h>
#include <sys/types.h>

#include "attribute.h"

#include "monotime.h"
#include "treeset.h"

struct pkill_tree_options
{
  int signal;
  bool wait;                    /* until all are gone, */
  mp_time timeout;              /* so long after the last signal; */
  bool kill;                    /* but with SIGKILL */
  mp_time kill_after;           /* so long after the first */
  unsigned int flags;           /* of mp_treeset_begin */
  bool dry_run;
  bool draw;                    /* the set as a tree */
  bool verbose;
  bool quiet;
  char terminator;              /* of handles read */
  char line_end;                /* of lines written */
};

/* Return the command of the process PID in a form that a shell reads back, for
   the caller to free.  */
char *pkill_tree_command (pid_t pid)
  ATTRIBUTE_MALLOC;

/* Find the members of S and write them to standard output.  Return the exit
   status.  */
int pkill_tree_show (struct pkill_tree_options const *o,
                     struct mp_treeset *s);

/* End the members of S.  Return the exit status.  */
int pkill_tree_end (struct pkill_tree_options const *o,
                    struct mp_treeset *s);

#endif
