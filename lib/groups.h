/* Process groups that ended children have left: all that is known of their
   descendants where there is no /proc.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_GROUPS_H
#define MP_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Process groups of which the leader has ended.  */
struct mp_groups
{
  bool needed;                  /* there is no /proc */
  pid_t *group;
  size_t n, allocated;
};

/* Make G empty.  */
void mp_groups_init (struct mp_groups *g);

void mp_groups_free (struct mp_groups *g);

/* The child LEADER, the leader of a process group, has ended and was waited
   for: if the groups are needed and a child of the caller's, which is a
   subreaper, is left in it, remember it.  It is forgotten if memory is
   exhausted.  */
void mp_groups_note (struct mp_groups *g, pid_t leader);

/* Send SIG to the groups of G, and wake them.  */
void mp_groups_signal (struct mp_groups *g, int sig);

/* Whether a child of the caller's is in the process group GROUP: then it is
   still the one that a child has led, and its number has not passed to
   others.  */
bool mp_group_is_ours (pid_t group);

/* Send SIG to the process group GROUP, and wake it unless SIG stops it.  */
void mp_group_signal (pid_t group, int sig);

#endif
