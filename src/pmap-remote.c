/* pmap: tasks on other hosts.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-remote.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "front.h"
#include "pmap-agent.h"
#include "pmap-hosts.h"

/* What outputs that wait for their turn may take: several hosts fill more than
   one does.  */
enum { HELD_MAX = 64 * 1024 * 1024 };

/* How far a task may be ahead of us in its output at first, and how far all of
   them about, if a host has some sixty.  */
enum { CREDIT_MIN = 4 * 1024, CREDIT_MAX = 4 * 1024 * 1024,
       CREDIT_ALL = 1024 * 1024 * 1024, TASKS_A_HOST = 64 };

/* Say that the launcher of HOST has ended with STATUS, as wait(2) tells, or
   could not be started for the reason -STATUS.  */
static void
say_not_started (struct pmap_messages const *m, char const *host, int status)
{
  if (status < 0)
    pmap_say (m, -status, _("warning: cannot start an agent on %s"), host);
  else if (status == 0)
    pmap_say (m, 0, _("warning: cannot start an agent on %s:"
                      " it ended without an answer"), host);
  else if (WIFEXITED (status))
    pmap_say (m, 0, _("warning: cannot start an agent on %s:"
                      " exit status %d"), host, WEXITSTATUS (status));
  else
    pmap_say (m, 0, _("warning: cannot start an agent on %s:"
                      " ended by signal %d"), host, WTERMSIG (status));
}

/* Say that the launcher of HOST has ended with STATUS, as wait(2) tells.  */
static void
say_lost (struct pmap_messages const *m, char const *host, int status)
{
  if (status == 0)
    pmap_say (m, 0, _("warning: lost the agent on %s: it ended too early"),
              host);
  else if (WIFEXITED (status))
    pmap_say (m, 0, _("warning: lost the agent on %s: exit status %d"), host,
              WEXITSTATUS (status));
  else
    pmap_say (m, 0, _("warning: lost the agent on %s: ended by signal %d"),
              host, WTERMSIG (status));
}

/* EVENT has happened to HOST.  */
static void
remote_told (void *arg, enum mp_remote_event event, char const *host,
             int detail)
{
  struct pmap_remote const *r = arg;
  struct pmap_messages const *m = r->messages;
  switch (event)
    {
    case MP_REMOTE_READY:
      if (r->o->verbose)
        pmap_say (m, 0, ngettext ("%s is ready: %d task at a time",
                                  "%s is ready: %d tasks at a time", detail),
                  host, detail);
      break;
    case MP_REMOTE_NOT_STARTED:
      say_not_started (m, host, detail);
      break;
    case MP_REMOTE_WAITING:
      pmap_say (m, 0, _("still waiting for an answer from %s"), host);
      break;
    case MP_REMOTE_NO_ANSWER:
      pmap_say (m, 0, _("warning: no agent answers on %s"), host);
      break;
    case MP_REMOTE_ENDED:
      say_lost (m, host, detail);
      break;
    case MP_REMOTE_TERMINAL:
      pmap_say (m, 0, _("warning: cannot start an agent on %s: the launcher"
                        " wants to use the terminal"), host);
      break;
    case MP_REMOTE_SILENT:
      pmap_say (m, 0, _("warning: lost the agent on %s: it is silent"), host);
      break;
    case MP_REMOTE_GARBLED:
      pmap_say (m, 0, _("warning: lost the agent on %s: what it says makes no"
                        " sense"), host);
      break;
    case MP_REMOTE_VERSION:
      pmap_say (m, 0, _("warning: the pmap on %s is of another version"),
                host);
      break;
    case MP_REMOTE_DRAINING:
      pmap_say (m, 0, _("warning: %s is told to end: it gets no more tasks"),
                host);
      break;
    case MP_REMOTE_LEFT_OUT:
      /* TRANSLATORS: %s is a host.  */
      pmap_say (m, 0,
                ngettext ("warning: %s has failed %d time and is left out",
                          "warning: %s has failed %d times and is left out",
                          detail), host, detail);
      break;
    }
}

/* A filter somewhere has done FAULT.  */
static void
remote_fault (void *arg, enum mp_filter_fault fault, int status)
{
  struct pmap_remote const *r = arg;
  r->filters->fault (r->filters->arg, fault, status);
}

int
pmap_remote_new (struct pmap_remote *r, struct pmap_options const *o,
                 struct pmap_hosts const *hosts,
                 struct pmap_messages const *messages,
                 struct mp_filters_options const *filters,
                 struct pmap_signals const *s)
{
  static char *no_variables[] = { NULL };
  r->o = o;
  r->messages = messages;
  r->filters = filters;
  r->options.hosts = hosts->host;
  r->options.n_hosts = hosts->n;
  r->args = pmap_setup_args (o);
  r->options.args = r->args;
  r->cwd = o->workdir ? NULL : getcwd (NULL, 0);
  r->options.cwd = o->workdir ? o->workdir : r->cwd;
  r->options.cwd_needed = o->workdir != NULL;
  r->options.env = o->env ? o->env : no_variables;
  r->options.columns = o->columns;
  size_t credit = CREDIT_ALL / TASKS_A_HOST / hosts->n;
  r->options.credit = MAX (CREDIT_MIN, MIN (credit, CREDIT_MAX));
  r->options.frugal = o->blocks;
  r->options.chunk = o->warm_chunk;
  r->options.patience = o->heartbeat;
  r->options.mask = &s->before;
  r->options.defaults = &s->defaults;
  r->options.told = remote_told;
  r->options.fault = remote_fault;
  r->options.arg = r;
  return mp_remote_new (&r->options, &r->executor);
}

void
pmap_remote_adapt (struct mp_pool *pool)
{
  pool->order.budget.limit = HELD_MAX;
  pool->far = true;
}

void
pmap_remote_free (struct pmap_remote *r)
{
  mp_remote_free (r->executor);
  for (char **arg = r->args; *arg; arg++)
    free (*arg);
  free (r->args);
  free (r->cwd);
}
