/* Process groups that ended children have left.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "groups.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "procstat.h"

void
mp_groups_init (struct mp_groups *g)
{
  *g = (struct mp_groups) { .needed = mp_procstat_usable () != 0 };
}

void
mp_groups_free (struct mp_groups *g)
{
  free (g->group);
}

bool
mp_group_is_ours (pid_t group)
{
  siginfo_t info;
  return waitid (P_PGID, group, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void
mp_groups_note (struct mp_groups *g, pid_t leader)
{
  if (!g->needed || !mp_group_is_ours (leader))
    return;
  if (g->n == g->allocated)
    {
      size_t n = 2 * g->allocated + 16;
      pid_t *group = reallocarray (g->group, n, sizeof *group);
      if (!group)
        return;
      g->group = group;
      g->allocated = n;
    }
  g->group[g->n++] = leader;
}

void
mp_group_signal (pid_t group, int sig)
{
  kill (-group, sig);
  if (sig != SIGKILL && sig != SIGSTOP)
    kill (-group, SIGCONT);
}

void
mp_groups_signal (struct mp_groups *g, int sig)
{
  size_t n = 0;
  for (size_t i = 0; i < g->n; i++)
    if (mp_group_is_ours (g->group[i]))
      {
        mp_group_signal (g->group[i], sig);
        g->group[n++] = g->group[i];
      }
  g->n = n;
}
