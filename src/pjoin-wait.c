/* pjoin: wait until processes end, and get to know how.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pjoin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "minmax.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "treeset.h"

/* How long the kernel is asked for the status of a process that its parent has
   not reaped yet.  */
static mp_time const ask_for = 1000LL * MP_MILLISECOND;

/* How long to wait between two looks: at first, and at most; and at most where
   events are told, for what gives none: that a supervisor is killed.  */
static mp_time const first_delay = MP_MILLISECOND / 2;
static mp_time const last_delay = 50 * MP_MILLISECOND;
static mp_time const last_spare_delay = 1000LL * MP_MILLISECOND;

/* When the delay between looks for a status has grown to this, it is better to
   be told: a supervisor writes it within a millisecond, as a rule, and to give
   up an inotify descriptor takes the kernel ten.  */
static mp_time const patience = 8 * MP_MILLISECOND;

/* Descriptors that are needed for other things than processes: to read
   records, and for output.  */
enum { SPARE_DESCRIPTORS = 16 };

/* What is found when looking may mean that one is to be told, and then
   looks.  */
static void look (struct pjoin_job *job);

int
pjoin_job_status (struct pjoin_job const *job)
{
  if (job->state == PJOIN_TAKEN)
    return job->named ? MP_EXIT_NO : MP_EXIT_SUCCESS;
  struct mp_record const *rec = job->handle.record;
  if (job->damage)
    return MP_EXIT_FAILURE;
  if (rec && rec->timed_out)
    return MP_EXIT_TIMEOUT;
  if (!job->status_known)
    return job->join->o->any_status ? MP_EXIT_SUCCESS : MP_EXIT_UNKNOWN;
  int status = (WIFSIGNALED (job->status)
                ? MP_EXIT_SIGNAL + WTERMSIG (job->status)
                : WEXITSTATUS (job->status));
  if (!status && rec && (rec->keep_error[MP_KEEP_OUT]
                         || rec->keep_error[MP_KEEP_ERR]
                         || rec->script_error))
    status = MP_EXIT_FAILURE;
  return status;
}

/* Whether nobody will write the status of REC any more.  */
static bool
supervisor_is_gone (struct mp_record const *rec)
{
  return rec->other_boot || mp_procid_running (&rec->supervisor) == ESRCH;
}

/* Look at JOB again later, for an event may not come.  */
static void
look_later (struct pjoin_job *job)
{
  mp_time last = job->notified ? last_spare_delay : last_delay;
  job->delay = job->delay ? MIN (2 * job->delay, last) : first_delay;
  job->next_look = mp_now () + job->delay;
}

/* Let JOB be in STATE.  */
static void
set_state (struct pjoin_job *job, enum pjoin_state state)
{
  job->state = state;
  job->next_look = job->delay = 0;
}

/* Note that JOB has ended, and how is known as far as it ever will be.  */
static void
note_end (struct pjoin_job *job)
{
  struct pjoin *j = job->join;
  set_state (job, PJOIN_ENDED);
  job->unread = true;
  if (job->waitable)
    mp_procwait_close (&job->wait);
  job->waitable = false;
  job->source.fd = -1;
  j->n_ended++;
  if (pjoin_job_status (job) != 0)
    j->n_failed++;
  if (j->o->verbose)
    pjoin_tell (job);
}

/* Look whether JOB's process still runs.  */
static void
look_at_process (struct pjoin_job *job)
{
  struct timespec const no_time = { 0 };
  size_t which;
  if (job->waitable && !job->wait.ended
      && mp_procwait_any (&job->wait, 1, &no_time, NULL, &which) != 0)
    {
      if (!job->source.watched)
        look_later (job);
      return;
    }
  mp_watch_remove (&job->join->watch, &job->source);
  set_state (job, PJOIN_ENDING);
}

/* Something has changed in the record of OWNER, a job.  */
static void
record_changed (void *owner)
{
  struct pjoin_job *job = owner;
  job->unread = true;
  if (job->state == PJOIN_ENDING)
    look (job);
}

static void
changes_ready (struct mp_source *source, int events)
{
  (void) events;
  mp_notify_read (&((struct pjoin_changes *) source)->notify, record_changed);
}

/* Begin to be told of changes in records of J, unless that was tried before.
   Return whether it works.  */
static bool
watch_changes (struct pjoin *j)
{
  struct pjoin_changes *c = &j->changes;
  if (!c->tried)
    {
      c->tried = true;
      int err = mp_notify_init (&c->notify);
      c->source = (struct mp_source) { .fd = c->notify.fd,
                                       .ready = changes_ready };
      if (!err && mp_watch_add (&j->watch, &c->source, POLLIN) != 0)
        mp_notify_free (&c->notify);
    }
  return 0 <= c->notify.fd;
}

/* Ask to be told when something changes in the record of JOB.  */
static void
watch_record (struct pjoin_job *job)
{
  struct pjoin *j = job->join;
  char *folder;
  if (job->notified || !watch_changes (j))
    return;
  if (asprintf (&folder, "%s/%s", j->records->dir,
                job->handle.record->path) < 0)
    xalloc_die ();
  job->notified = mp_notify_add (&j->changes.notify, folder, job) == 0;
  free (folder);
}

/* Read the status in the record of JOB, whose process has ended.  Return 0,
   EAGAIN if its supervisor will write it, or another errno value if there is
   none.  */
static int
read_status (struct pjoin_job *job)
{
  struct mp_record *rec = job->handle.record;
  if (!rec)
    return ENOENT;
  bool gone = !rec->ended && supervisor_is_gone (rec);
  int err = rec->ended ? 0 : mp_record_refresh (job->join->records, rec);
  if (err == ENOENT)
    return ESTALE;
  if (!err && !rec->ended)
    err = gone ? ENODATA : EAGAIN;
  if (!err && !rec->status_known)
    err = ENODATA;
  job->lost = err == ENODATA;
  if (!err)
    {
      job->status_known = true;
      job->status = rec->status;
    }
  else if (err != EAGAIN && err != ENODATA)
    job->damage = err;
  return err;
}

/* Look whether the record of JOB, whose process has ended, tells how.  */
static void
look_at_record (struct pjoin_job *job)
{
  int err = read_status (job);
  if (err == EAGAIN && !job->notified && patience <= job->delay)
    {
      watch_record (job);
      err = read_status (job);
    }
  switch (err)
    {
    case 0:
      note_end (job);
      break;
    case EAGAIN:
      look_later (job);
      break;
    case ESTALE:
      job->damage = 0;
      set_state (job, PJOIN_TAKEN);
      job->join->n_taken++;
      break;
    default:
      set_state (job, PJOIN_ASKING);
      job->asked_since = mp_now ();
    }
}

/* Ask the kernel how JOB's process has ended.  */
static void
ask_kernel (struct pjoin_job *job)
{
  int err = (job->waitable
             ? mp_procwait_status (&job->wait, NULL, &job->status) : ENODATA);
  if (err == EAGAIN && mp_now () < job->asked_since + ask_for)
    {
      look_later (job);
      return;
    }
  job->status_known = !err;
  note_end (job);
}

/* Look at JOB and go on as far as is possible.  */
static void
look (struct pjoin_job *job)
{
  job->next_look = 0;
  if (job->state == PJOIN_RUNNING)
    look_at_process (job);
  if (job->state == PJOIN_ENDING)
    look_at_record (job);
  if (job->state == PJOIN_ASKING)
    ask_kernel (job);
}

enum pjoin_state
pjoin_look (struct pjoin_job *job)
{
  struct mp_record *rec = job->handle.record;
  if (!rec)
    return job->handle.running ? PJOIN_RUNNING : PJOIN_ENDED;
  int err = read_status (job);
  if (err == ESTALE)
    return PJOIN_TAKEN;
  if (err == EAGAIN)
    return PJOIN_RUNNING;
  return err && job->handle.running ? PJOIN_RUNNING : PJOIN_ENDED;
}

/* JOB's process has ended, says its pidfd.  */
static void
process_ended (struct mp_source *source, int events)
{
  (void) events;
  struct pjoin_job *job = (struct pjoin_job *) source;
  job->wait.ended = true;
  look (job);
}

/* Begin to wait for JOB.  Return 0 or an errno value.  */
static int
begin_job (struct pjoin_job *job)
{
  struct pjoin *j = job->join;
  struct mp_record const *rec = job->handle.record;
  int err = ESRCH;
  if (! (rec && (rec->other_boot || (rec->ended && rec->status_known))))
    err = mp_procwait_open (&job->wait, &job->handle.id, 0);
  if (err && err != ESRCH)
    return err;
  job->waitable = !err;
  if (!job->waitable)
    set_state (job, PJOIN_ENDING);
  else if (0 <= job->wait.pidfd)
    {
      job->source.fd = job->wait.pidfd;
      job->source.ready = process_ended;
      err = mp_watch_add (&j->watch, &job->source, POLLIN);
      if (err)
        return err;
    }
  if (j->o->follow && rec)
    {
      job->unread = true;
      watch_record (job);
    }
  return 0;
}

/* Store in FD some descriptors that others must leave over.  */
static void
reserve_descriptors (int fd[SPARE_DESCRIPTORS])
{
  for (int i = 0; i < SPARE_DESCRIPTORS; i++)
    fd[i] = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* Give them back.  */
static void
return_descriptors (int const fd[SPARE_DESCRIPTORS])
{
  for (int i = 0; i < SPARE_DESCRIPTORS; i++)
    if (0 <= fd[i])
      close (fd[i]);
}

/* Begin to wait for the jobs of J.  A failure is reported and ends the
   program.  */
static void
begin (struct pjoin *j)
{
  int spare[SPARE_DESCRIPTORS];
  reserve_descriptors (spare);
  int err = 0;
  for (size_t i = 0; !err && i < j->n; i++)
    err = begin_job (j->job[i]);
  return_descriptors (spare);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot wait"));
  for (size_t i = 0; i < j->n; i++)
    look (j->job[i]);
}

/* Free what is needed to wait for the jobs of J.  */
static void
end (struct pjoin *j)
{
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job *job = j->job[i];
      mp_watch_remove (&j->watch, &job->source);
      if (job->waitable)
        mp_procwait_close (&job->wait);
      job->waitable = false;
    }
  if (j->changes.tried)
    {
      mp_watch_remove (&j->watch, &j->changes.source);
      mp_notify_free (&j->changes.notify);
    }
}

/* Whether there is nothing more to wait for, if GOAL jobs of J are to end.  */
static bool
is_enough (struct pjoin const *j, size_t goal)
{
  return (goal <= j->n_ended || (j->o->first_failure && j->n_failed)
          || j->n_ended + j->n_taken + j->n_left_out == j->n);
}

/* When the beginning of a line that JOB has kept, and that was held back, is
   written: 0 if there is none.  */
static mp_time
held_until (struct pjoin_job const *job)
{
  mp_time first = 0;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    if (job->held_until[i] && (!first || job->held_until[i] < first))
      first = job->held_until[i];
  return first;
}

/* Write what the jobs of J have kept meanwhile.  Return 0 or an errno
   value.  */
static int
follow (struct pjoin *j)
{
  mp_time now = mp_now ();
  int err = 0;
  for (size_t i = 0; !err && i < j->n; i++)
    {
      struct pjoin_job *job = j->job[i];
      if (job->handle.record && job->state != PJOIN_TAKEN
          && (job->unread || !job->notified
              || (held_until (job) && held_until (job) <= now)))
        err = pjoin_output_pass (job);
    }
  return err;
}

/* When something is due in J at the latest: 0 never.  */
static mp_time
next_time (struct pjoin const *j, mp_time deadline)
{
  mp_time next = deadline;
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job const *job = j->job[i];
      mp_time t = job->next_look;
      if (j->o->follow && job->handle.record && job->state < PJOIN_TAKEN)
        {
          if (job->unread)
            return mp_now ();
          if (!job->notified && job->state != PJOIN_ENDED)
            t = mp_now () + last_delay;
          mp_time held = held_until (job);
          if (held && (!t || held < t))
            t = held;
        }
      if (t && (!next || t < next))
        next = t;
    }
  return next;
}

/* Look at the jobs of J for which it is time.  */
static void
look_at_due (struct pjoin *j)
{
  mp_time now = mp_now ();
  for (size_t i = 0; i < j->n; i++)
    if (j->job[i]->next_look && j->job[i]->next_look <= now)
      look (j->job[i]);
}

/* Wait until GOAL jobs of J have ended, but not after DEADLINE (0: any time).
   Return 0, ETIMEDOUT, or another errno value.  */
static int
wait_for (struct pjoin *j, size_t goal, mp_time deadline)
{
  for (;;)
    {
      int err = j->o->follow ? follow (j) : 0;
      if (err)
        return err;
      if (is_enough (j, goal))
        return 0;
      if (deadline && deadline <= mp_now ())
        return ETIMEDOUT;
      mp_time next = next_time (j, deadline);
      int timeout = -1;
      if (next)
        {
          mp_time left = (next - mp_now () + MP_MILLISECOND - 1)
                         / MP_MILLISECOND;
          timeout = MAX (MIN (left, INT_MAX / 2), 0);
        }
      err = pjoin_output_wait (j, timeout);
      if (err)
        return err;
      look_at_due (j);
    }
}

/* JOB cannot be ended, because of ERR: it is not waited for any more.  */
static void
leave_out (struct pjoin_job *job, int err)
{
  error (0, err, _("cannot end %s"), quote (job->name));
  job->left_out = true;
  job->join->n_left_out++;
}

/* Put the jobs of J that have not ended, with all that they have started, into
   S.  Return 0 or an errno value.  */
static int
gather_laggards (struct pjoin *j, struct mp_treeset *s)
{
  int err = mp_treeset_begin (s, 0, j->records);
  for (size_t i = 0; !err && i < j->n; i++)
    {
      struct pjoin_job *job = j->job[i];
      enum mp_refusal why;
      if (PJOIN_ENDED <= job->state || job->left_out)
        continue;
      err = mp_treeset_add (s, &job->handle, &why);
      if (err == EPERM)
        leave_out (job, err);
      err = err == EPERM || err == ESRCH ? 0 : err;
    }
  return err;
}

/* Note which jobs of J did not take the signal that S was sent, and report what
   else of S did not.  */
static void
note_refusals (struct pjoin *j, struct mp_treeset *s)
{
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job *job = j->job[i];
      struct mp_member *m = mp_tree_find (&s->tree, job->handle.id.pid);
      if (m && m->error && job->state < PJOIN_ENDED && !job->left_out)
        {
          leave_out (job, m->error);
          m->error = 0;
        }
    }
  for (size_t i = 0; i < s->tree.n; i++)
    if (s->tree.member[i]->error)
      error (0, s->tree.member[i]->error, _("cannot end process %ld"),
             (long int) s->tree.member[i]->pid);
}

/* Send SIG to S, the trees of J's laggards.  With SIGKILL, do so until none is
   found any more: what is orphaned meanwhile has another parent.  Return 0 or
   an errno value.  */
static int
signal_laggards (struct pjoin *j, struct mp_treeset *s, int sig)
{
  enum { TRIES = 100 };
  int err = 0;
  for (int i = 0; !err && i < TRIES; i++)
    {
      err = mp_treeset_strike (s, sig);
      /* New ones appear all the time: the next strike is for them.  */
      if (err == EAGAIN)
        err = 0;
      if (sig != SIGKILL || s->tree.n_signalled == 0)
        break;
    }
  note_refusals (j, s);
  return err;
}

/* End the jobs of J whose time is over, and wait for them.  Return 0 or an
   errno value.  */
static int
end_laggards (struct pjoin *j)
{
  struct pjoin_options const *o = j->o;
  struct mp_treeset set;
  mp_time deadline = 0;
  if (0 <= o->kill_after)
    deadline = mp_now () + o->kill_after;
  int err = gather_laggards (j, &set);
  if (err == ENOSYS)
    error (MP_EXIT_FAILURE, 0,
           _("cannot see the processes: /proc is not there, or not ours"));
  if (!err)
    err = signal_laggards (j, &set, o->signal ? o->signal : SIGTERM);
  if (!err)
    err = wait_for (j, j->n, deadline);
  if (err == ETIMEDOUT)
    {
      err = signal_laggards (j, &set, SIGKILL);
      if (!err)
        err = wait_for (j, j->n, 0);
    }
  mp_treeset_end (&set);
  return err;
}

/* Choose among the jobs of J those that are joined: GOAL of those that have
   ended.  If there are not enough, those that somebody else has joined are to
   be reported.  */
static void
choose (struct pjoin *j, size_t goal)
{
  for (size_t i = 0; i < j->n && goal; i++)
    if (j->job[i]->state == PJOIN_ENDED)
      {
        j->job[i]->chosen = true;
        goal--;
      }
  for (size_t i = 0; i < j->n && goal; i++)
    if (j->job[i]->state == PJOIN_TAKEN)
      j->job[i]->chosen = true;
}

/* Write which jobs of J have not ended in time.  */
static void
tell_laggards (struct pjoin const *j)
{
  for (size_t i = 0; i < j->n; i++)
    if (j->job[i]->state < PJOIN_ENDED)
      pjoin_tell (j->job[i]);
}

int
pjoin_wait (struct pjoin *j)
{
  struct pjoin_options const *o = j->o;
  size_t goal = o->count ? o->count : j->n;
  mp_time deadline = 0;
  if (0 <= o->timeout)
    deadline = mp_now () + o->timeout;
  begin (j);
  int err = wait_for (j, goal, deadline);
  if (err == ETIMEDOUT)
    {
      j->timed_out = true;
      err = 0;
      if (o->verbose)
        tell_laggards (j);
      if (o->signal || 0 <= o->kill_after)
        {
          err = end_laggards (j);
          goal = j->n;
        }
      else
        goal = 0;
    }
  choose (j, goal);
  end (j);
  return err;
}
