/* The supervisor: the parent of started processes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "super.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "minmax.h"

#include "procchildren.h"
#include "proctree.h"
#include "sigflags.h"
#include "subreaper.h"
#include "waitany.h"

/* Whether M is the script that runs for a job of the supervisor ARG.  */
static bool
is_script (struct mp_member const *m, void *arg)
{
  struct mp_super const *s = arg;
  for (struct mp_job const *job = s->jobs; job; job = job->next)
    if (job->state == MP_JOB_CALLS_BACK && m->pid == job->pid)
      return true;
  return false;
}

/* Store in *E the ending of S by SIGNAL and KILL_AFTER that is about to begin,
   a new one if there is none.  Return 0 or an errno value.  */
static int
find_ending (struct mp_super *s, int signal, mp_time kill_after,
             struct mp_ending **e)
{
  for (*e = s->endings; *e; *e = (*e)->next)
    if (! (*e)->begun && (*e)->signal == signal
        && (*e)->kill_after == kill_after)
      return 0;
  int err = mp_ending_new (s->records, signal, kill_after, is_script, s, e);
  if (!err)
    {
      (*e)->next = s->endings;
      s->endings = *e;
    }
  return err;
}

/* Send SIG to JOB without looking for more than its descendants, and where
   they cannot be seen, to its process group.  */
static void
signal_plainly (struct mp_job *job, int sig)
{
  struct mp_tree tree = { .flags = MP_TREE_ROOT };
  if (job->state != MP_JOB_RUNS)
    return;
  if (mp_tree_kill_descendants (job->pid, sig, &tree) != 0)
    kill (-job->pid, sig);
  mp_tree_free (&tree);
}

/* Begin to end JOB with its tree by SIGNAL, and by SIGKILL KILL_AFTER
   later.  */
static void
end_tree (struct mp_job *job, int signal, mp_time kill_after)
{
  struct mp_ending *e;
  /* Of a start that has failed halfway, not all may be known.  */
  int err = job->rec->id.pid && job->rec->method ? 0 : ESRCH;
  if (!err)
    err = find_ending (job->super, signal, kill_after, &e);
  if (!err)
    err = mp_ending_add (e, job->rec);
  if (!err)
    return;
  signal_plainly (job, signal);
  if (signal != SIGKILL && 0 <= kill_after)
    job->kill_at = MAX (mp_now () + kill_after, 1);
}

/* Begin to end JOB as it was told to.  */
static void
terminate_job (struct mp_job *job)
{
  if (job->terminating)
    return;
  job->terminating = true;
  job->deadline = job->look_at = 0;
  end_tree (job, job->signal, job->kill_after);
}

/* Begin to end JOB, which nobody knows of, and leave no trace of it.  */
static void
abandon_job (struct mp_job *job)
{
  job->abandoned = job->terminating = true;
  job->deadline = job->look_at = 0;
  end_tree (job, SIGKILL, -1);
}

/* The owner of a job has ended.  */
static void
owner_ended (struct mp_source *source, int events)
{
  (void) events;
  struct mp_job *job = ((struct mp_job_source *) source)->job;
  mp_watch_close (&job->super->watch, source);
  terminate_job (job);
}

/* Leave no trace of JOB, which has ended: nobody knows of it.  Somebody who
   knows its name may have released it.  */
static void
forget_ended (struct mp_job *job)
{
  struct mp_record *rec;
  struct mp_records *r = job->super->records;
  if (mp_record_open_handle (r, &job->rec->id, &rec) != 0)
    return;
  if (mp_record_release (r, rec) == 0)
    mp_record_remove (r, rec);
  mp_record_free (rec);
}

/* Who asked for a job has got the answer, or is gone.  */
static void
asker_ready (struct mp_source *source, int events)
{
  (void) events;
  struct mp_job *job = ((struct mp_job_source *) source)->job;
  char byte;
  ssize_t n;
  do
    n = read (source->fd, &byte, 1);
  while (n < 0 && errno == EINTR);
  mp_watch_close (&job->super->watch, source);
  if (n == 1)
    return;
  if (job->state == MP_JOB_ENDED)
    forget_ended (job);
  abandon_job (job);
}

/* JOB has ended with all that belongs to its end.  */
static void
finish_job (struct mp_super *s, struct mp_job *job)
{
  mp_job_write_status (job);
  s->n_running--;
}

/* The process of JOB, one of S, has ended with STATUS, and used what USAGE
   tells.  */
static void
job_ended (struct mp_super *s, struct mp_job *job, int status,
           struct mp_usage const *usage)
{
  struct mp_record *rec = job->rec;
  if (job->state == MP_JOB_CALLS_BACK)
    {
      finish_job (s, job);
      return;
    }
  mp_job_drain (job);
  rec->status = status;
  rec->status_known = true;
  rec->end_time = mp_now ();
  rec->user = usage->user;
  rec->system = usage->system;
  rec->peak_kib = usage->max_rss;
  job->deadline = 0;
  job->has_left = job->rec->daemon && !job->terminating;
  job->state = MP_JOB_CALLS_BACK;
  if (!mp_job_call_back (job))
    finish_job (s, job);
}

/* Return whether S has children that are none of its jobs' own: orphans of
   theirs.  */
static bool
has_orphans (struct mp_super const *s)
{
  struct mp_children c;
  int err = mp_children_begin (&c, false);
  if (!err)
    err = mp_children_of (&c, getpid (), 1);
  bool has = !err && s->n_running < c.n;
  mp_children_end (&c);
  return has;
}

/* Some children of S have ended: see whether those of its daemonic processes
   that have ended have still left anything, which ends with their owners.  */
static void
look_at_left (struct mp_super *s)
{
  if (s->single)
    return;
  bool orphans = true, looked = false;
  for (struct mp_job *job = s->jobs; job; job = job->next)
    if (job->has_left && job->state == MP_JOB_ENDED)
      {
        orphans = looked ? orphans : has_orphans (s);
        looked = true;
        if (!orphans
            || mp_ending_left (s->records, job->rec, is_script, s,
                               &job->has_left) != 0)
          job->has_left = false;
      }
}

/* Reap all children that have ended.  */
static void
reap (struct mp_super *s)
{
  for (;;)
    {
      int status;
      struct mp_usage usage;
      pid_t pid = mp_wait_any (&status, WNOHANG, &usage);
      if (pid < 0 && errno == EINTR)
        continue;
      s->childless = pid < 0;
      if (pid <= 0)
        break;
      struct mp_job *job = s->jobs;
      while (job && (job->state == MP_JOB_ENDED || job->pid != pid))
        job = job->next;
      if (job)
        job_ended (s, job, status, &usage);
    }
  for (struct mp_ending *e = s->endings; e; e = e->next)
    mp_ending_changed (e);
  look_at_left (s);
}

int
mp_super_init (struct mp_super *s, struct mp_records *r, bool single)
{
  sigset_t block;
  *s = (struct mp_super) { .records = r, .single = single,
                           .childless = true };
  mp_subreaper ();
  signal (SIGHUP, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);
  /* A limit of file sizes is a full disk to us, and no end.  */
  signal (SIGXFSZ, SIG_IGN);
  sigemptyset (&block);
  sigaddset (&block, SIGCHLD);
  sigaddset (&block, SIGTERM);
  sigprocmask (SIG_BLOCK, &block, &s->mask);
  sigdelset (&s->mask, SIGCHLD);
  sigdelset (&s->mask, SIGTERM);
  int err = mp_procid_get (getpid (), &s->self);
  if (!err)
    err = mp_sigflags_install (SIGCHLD);
  if (!err)
    err = mp_sigflags_install (SIGTERM);
  return err ? err : mp_watch_init (&s->watch, false);
}

void
mp_super_free (struct mp_super *s)
{
  while (s->jobs)
    {
      struct mp_job *job = s->jobs;
      s->jobs = job->next;
      mp_job_free (job);
    }
  while (s->endings)
    {
      struct mp_ending *e = s->endings;
      s->endings = e->next;
      mp_ending_free (e);
    }
  mp_watch_free (&s->watch);
}

/* Tell through FD, as mp_super_start does, that ERROR has come of it or that
   REC was started.  */
static void
answer (int fd, int error, struct mp_record const *rec)
{
  struct mp_start_reply reply = { .error = error };
  if (!error)
    reply.id = rec->id;
  /* Who is gone is noticed when there is no answer.  */
  while (write (fd, &reply, sizeof reply) < 0 && errno == EINTR)
    continue;
}

int
mp_super_start (struct mp_super *s, struct mp_start const *start,
                int reply_fd)
{
  struct mp_job *job = mp_job_new (&s->watch, s->records, start, reply_fd);
  int err = ENOMEM;
  if (job)
    {
      job->super = s;
      job->rec->supervisor = s->self;
      job->rec->guard = s->guard;
      job->asker.source.ready = asker_ready;
      job->owner.source.ready = owner_ended;
      err = mp_job_start (job, start);
      if (job->pid)
        {
          s->n_running++;
          s->childless = false;
        }
    }
  /* Who is told that nothing was started may try again, by the same name.  */
  if (err && ! (job && job->pid))
    mp_record_remove (s->records, start->rec);
  answer (reply_fd, err, start->rec);
  /* What is left to do, nobody waits for.  */
  for (int i = 0; i < 3; i++)
    if (0 <= start->fd[i])
      close (start->fd[i]);
  if (job && !job->on_exit && 0 <= job->cwd)
    {
      /* Only the script needs it later.  */
      close (job->cwd);
      job->cwd = -1;
    }
  if (!job)
    {
      mp_record_free (start->rec);
      close (reply_fd);
      return err;
    }
  if (err && job->pid)
    {
      /* It runs, but nobody could find it.  */
      abandon_job (job);
      mp_watch_close (&s->watch, &job->asker.source);
    }
  else if (err)
    {
      mp_job_free (job);
      return err;
    }
  job->next = s->jobs;
  s->jobs = job;
  return err;
}

/* Whether JOB needs nothing more.  */
static bool
is_over (struct mp_job const *job)
{
  if (job->state != MP_JOB_ENDED)
    return false;
  /* Who asked for it is about to write here, which SIGPIPE must not end.  */
  if (0 <= job->asker.source.fd)
    return false;
  /* The owner's end, and the signals, also mean what it has left.  */
  if (job->super->single)
    return job->super->childless;
  if (job->has_left && !job->terminating)
    return false;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    if (0 <= job->stream[i].source.fd)
      return false;
  return true;
}

/* Do what is due for JOB at NOW.  Return when something will be: 0 never.  */
static mp_time
tend_job (struct mp_job *job, mp_time now)
{
  if (job->super->stopping)
    terminate_job (job);
  if (job->deadline && job->deadline <= now)
    {
      job->rec->timed_out = true;
      terminate_job (job);
    }
  if (job->look_at && job->look_at <= now)
    {
      job->look_at = now + MP_JOB_LOOK_AGAIN;
      if (mp_procid_running (&job->rec->owner) == ESRCH)
        terminate_job (job);
    }
  if (job->kill_at && job->kill_at <= now)
    {
      job->kill_at = 0;
      signal_plainly (job, SIGKILL);
    }
  return mp_earlier (mp_earlier (job->deadline, job->kill_at), job->look_at);
}

/* Do what is due for the endings of S at NOW, and free those that are over.
   Return when something will be due: 0 never.  */
static mp_time
tend_endings (struct mp_super *s, mp_time now)
{
  mp_time due = 0;
  for (struct mp_ending **p = &s->endings; *p; )
    {
      struct mp_ending *e = *p;
      due = mp_earlier (due, mp_ending_tend (e, now));
      if (e->over)
        {
          *p = e->next;
          mp_ending_free (e);
        }
      else
        p = &e->next;
    }
  return due;
}

/* Do what is due for the jobs of S at NOW, and free those that are over.
   Return when something will be due: 0 never.  */
static mp_time
tend (struct mp_super *s, mp_time now)
{
  mp_time due = 0;
  for (struct mp_job **p = &s->jobs; *p; )
    {
      struct mp_job *job = *p;
      due = mp_earlier (due, tend_job (job, now));
      if (is_over (job))
        {
          *p = job->next;
          mp_job_free (job);
        }
      else
        p = &job->next;
    }
  return mp_earlier (due, tend_endings (s, now));
}

bool
mp_super_busy (struct mp_super const *s)
{
  return s->jobs || s->endings;
}

int
mp_super_step (struct mp_super *s, mp_time until)
{
  mp_time now = mp_now ();
  mp_time due = mp_earlier (tend (s, now), until);
  int timeout = -1;
  /* There is nothing left to wait for.  */
  if (!mp_super_busy (s) && (s->single || s->stopping))
    return 0;
  if (due)
    {
      mp_time left = (due - now + MP_MILLISECOND - 1) / MP_MILLISECOND;
      timeout = left <= 0 ? 0 : MIN (left, 1000000);
    }
  int err = mp_watch_wait (&s->watch, timeout, &s->mask);
  if (mp_sigflags_take (SIGTERM))
    s->stopping = true;
  if (mp_sigflags_take (SIGCHLD))
    reap (s);
  /* Let go of what is over now: nothing may happen for a long time.  */
  tend (s, mp_now ());
  return err;
}
