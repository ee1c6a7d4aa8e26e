/* pmap: how a run has gone.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-run-parts.h"

#include <errno.h>
#include <signal.h>

#include "error.h"

#include "exit-status.h"
#include "front.h"

/* Report that a worker of RUN was not ready for its first item.  */
static void
report_failed_start (struct run const *run)
{
  int status = run->pool.executor->failed_status;
  char const *what = (!run->o->script ? _("cannot prepare the initializer")
                      : run->o->initializer
                      ? _("cannot prepare the initializer or the script")
                      : _("cannot prepare the script"));
  pmap_say_status (run->messages, what, false, status);
}

int
pmap_run_report (struct run *run, int err, bool trouble)
{
  if (run->pool.output_error == EPIPE && !run->sig.pipe_ignored)
    return MP_EXIT_SIGNAL + SIGPIPE;
  if (run->pool.output_error)
    {
      error (0, run->pool.output_error, _("write error"));
      return MP_EXIT_FAILURE;
    }
  if (err == ETIMEDOUT)
    error (0, 0, _("some processes did not end"));
  else if (run->pool.executor->failed_exit)
    return run->pool.executor->failed_exit;
  else if (err == ECANCELED)
    report_failed_start (run);
  else if (err)
    error (0, err, _("cannot go on"));
  if (run->cannot_run && !run->ended_by)
    return MP_EXIT_CANNOT_INVOKE;
  if (run->failures && !run->ended_by)
    pmap_first_report (&run->first, run->failures, run->tasks);
  if (run->ended_by || run->drained)
    return MP_EXIT_SIGNAL + (run->ended_by ? run->ended_by : SIGTERM);
  if (run->pool.executor->deserted)
    {
      error (0, 0, _("no host is left to run tasks"));
      return MP_EXIT_FAILURE;
    }
  if (err || pmap_feed_failed (run->feed) || trouble)
    return MP_EXIT_FAILURE;
  if (run->overdue)
    {
      error (0, 0, _("the time of the run was over"));
      return MP_EXIT_TIMEOUT;
    }
  if (pmap_policy_succeeded (&run->policy))
    return MP_EXIT_SUCCESS;
  bool faults = (run->faults[MP_FILTER_TOO_MUCH]
                 || run->faults[MP_FILTER_FAILED]);
  return run->failures || faults ? MP_EXIT_SOME_FAILED : MP_EXIT_SUCCESS;
}
