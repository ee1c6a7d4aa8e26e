/* pkill-tree: signal the processes, and wait until they are gone.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pkill-tree.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "minmax.h"
#include "sig2str.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"

/* Return the commands of S's members.  After the signal there may be none to
   be read.  */
static char **
get_commands (struct mp_treeset const *s)
{
  char **command = xcalloc (s->tree.n + 1, sizeof *command);
  for (size_t i = 0; i < s->tree.n; i++)
    if (mp_treeset_standing (s, s->tree.member[i]) == MP_STANDING_TAKEN)
      command[i] = pkill_tree_command (s->tree.member[i]->pid);
  return command;
}

/* Report which members of S were sent SIG; their commands are COMMAND, which
   is freed.  */
static void
report_signalled (struct mp_treeset const *s, int sig, char **command)
{
  char name[SIG2STR_MAX];
  if (sig2str (sig, name) != 0)
    sprintf (name, "%d", sig);
  for (size_t i = 0; i < s->tree.n; i++)
    {
      if (s->tree.member[i]->signalled)
        error (0, 0, _("sent %s to process '%jd': %s"), name,
               (intmax_t) s->tree.member[i]->pid,
               command[i] ? command[i] : "?");
      free (command[i]);
    }
  free (command);
}

/* Find and stop the members of S, send them SIG, and let them go on.  Nothing
   that could end or stop this process comes in between.  Return the exit
   status.  */
static int
strike (struct pkill_tree_options const *o, struct mp_treeset *s, int sig)
{
  sigset_t all, old;
  char **command = NULL;
  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &old);
  int err = sig == 0 ? mp_treeset_scan (s) : mp_treeset_freeze (s);
  if (o->verbose)
    command = get_commands (s);
  mp_tree_deliver (&s->tree, sig);
  sigprocmask (SIG_SETMASK, &old, NULL);

  if (command)
    report_signalled (s, sig, command);
  /* EAGAIN: that new ones appear all the time shows at the end.  */
  if (!err || (err == EAGAIN && o->wait))
    return MP_EXIT_SUCCESS;
  if (err == EAGAIN)
    {
      error (0, 0, _("new processes appear all the time"));
      return MP_EXIT_NO;
    }
  error (0, err, _("cannot find all processes"));
  return MP_EXIT_FAILURE;
}

/* Report the members of S that go on.  Return the exit status.  */
static int
report_survivors (struct pkill_tree_options const *o, struct mp_treeset *s)
{
  int status = MP_EXIT_SUCCESS;
  int err = mp_treeset_scan (s);
  if (err)
    {
      error (0, err, _("cannot find all processes"));
      return MP_EXIT_FAILURE;
    }
  for (size_t i = 0; i < s->tree.n; i++)
    {
      struct mp_member const *m = s->tree.member[i];
      if (m->error || mp_treeset_standing (s, m) != MP_STANDING_TAKEN)
        continue;
      status = MP_EXIT_TIMEOUT;
      if (o->quiet)
        continue;
      char *command = pkill_tree_command (m->pid);
      error (0, 0, _("process '%jd' is still there: %s"), (intmax_t) m->pid,
             command);
      free (command);
    }
  return status;
}

/* Wait until all members of S, which have been sent O->signal, have ended, and
   see to those that have come meanwhile.  Return the exit status.  */
static int
await_end (struct pkill_tree_options const *o, struct mp_treeset *s)
{
  int sig = o->signal;
  bool to_kill = o->kill && sig != SIGKILL;
  mp_time deadline = mp_now () + (to_kill ? o->kill_after : o->timeout);
  for (;;)
    {
      int status = MP_EXIT_SUCCESS;
      int err = mp_treeset_wait (s, deadline);
      if (!err)
        {
          /* What a spared process has started since is none of our
             business.  */
          if (o->flags & MP_TREESET_DESCENDANTS)
            return MP_EXIT_SUCCESS;
          status = strike (o, s, sig);
          if (status != MP_EXIT_SUCCESS || !s->tree.n_signalled)
            return status;
          if (mp_now () < deadline)
            continue;
        }
      else if (err != ETIMEDOUT)
        error (MP_EXIT_FAILURE, err, _("cannot wait for the processes"));

      if (!to_kill)
        return report_survivors (o, s);
      to_kill = false;
      sig = SIGKILL;
      status = strike (o, s, sig);
      if (status != MP_EXIT_SUCCESS)
        return status;
      deadline = mp_now () + o->timeout;
    }
}

/* Report those members of S that were spared for our sake, and those that
   refused the signal.  Return the exit status.  */
static int
report_left (struct pkill_tree_options const *o, struct mp_treeset const *s)
{
  int status = MP_EXIT_SUCCESS;
  for (size_t i = 0; i < s->tree.n; i++)
    {
      struct mp_member const *m = s->tree.member[i];
      enum mp_standing standing = mp_treeset_standing (s, m);
      bool refused = standing == MP_STANDING_TAKEN && m->error;
      if (refused)
        status = MP_EXIT_NO;
      if (o->quiet)
        continue;
      char *command = pkill_tree_command (m->pid);
      intmax_t pid = m->pid;
      if (refused && m->error == EPERM)
        error (0, 0, _("process '%jd' may not be signalled by this user: %s"),
               pid, command);
      else if (refused)
        error (0, m->error, _("process '%jd'"), pid);
      else if (standing == MP_STANDING_SELF)
        error (0, 0, _("process '%jd' is spared, for it is this program itself:"
                       " %s"), pid, command);
      else if (standing == MP_STANDING_ANCESTOR)
        error (0, 0, _("process '%jd' is spared, for it is an ancestor of this"
                       " program: %s"), pid, command);
      free (command);
    }
  return status;
}

int
pkill_tree_end (struct pkill_tree_options const *o, struct mp_treeset *s)
{
  int status = strike (o, s, o->signal);
  if (status == MP_EXIT_SUCCESS && o->wait)
    status = await_end (o, s);
  int left = report_left (o, s);
  return MAX (status, left);
}
