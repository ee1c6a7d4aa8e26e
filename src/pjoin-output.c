/* pjoin: deliver what processes have kept.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pjoin.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "sigflags.h"

/* The signals that end pjoin.  */
static int const end_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { N_END_SIGNALS = sizeof end_signals / sizeof *end_signals };

/* How much is read at once, and how often before others have their turn.  */
enum { PIECE = 64 * 1024, PIECES = 64 };

/* How long the beginning of a line may stay one before it is written.  */
static mp_time const hold_time = 500 * MP_MILLISECOND;

/* One of the two streams.  */
struct output_stream
{
  struct mp_source source;      /* must come first */
  struct pjoin *join;
  struct mp_sink sink;
};

struct pjoin_output
{
  struct output_stream stream[MP_KEEP_STREAMS];
  bool pipe_ignored;            /* we were started with SIGPIPE ignored */
  bool noting;                  /* signals are noted */
  sigset_t before;              /* the mask that we were started with */
  int ended_by;                 /* the signal that ends us, or 0 */
};

/* The stream of SOURCE can be written to again.  */
static void
stream_ready (struct mp_source *source, int events)
{
  (void) events;
  struct pjoin *j = ((struct output_stream *) source)->join;
  mp_watch_remove (&j->watch, source);
  for (size_t i = 0; i < j->n; i++)
    j->job[i]->unread = true;
}

void
pjoin_output_open (struct pjoin *j)
{
  static int const fds[MP_KEEP_STREAMS] = { STDOUT_FILENO, STDERR_FILENO };
  struct pjoin_output *out = xcalloc (1, sizeof *out);
  out->pipe_ignored = mp_sigflags_ignored (SIGPIPE);
  signal (SIGPIPE, SIG_IGN);
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    {
      struct output_stream *stream = &out->stream[i];
      if (mp_sink_init (&stream->sink, fds[i]) != 0)
        xalloc_die ();
      stream->join = j;
      stream->source = (struct mp_source) { .fd = stream->sink.fd,
                                            .ready = stream_ready };
    }
  j->output = out;
}

/* Send on what STREAM has gathered, or go on when that is possible.  Return 0
   or an errno value.  */
static int
flush (struct output_stream *stream)
{
  int err = mp_sink_flush (&stream->sink);
  if (err == EAGAIN)
    err = mp_watch_add (&stream->join->watch, &stream->source, POLLOUT);
  return err;
}

/* Send on what the streams of OUT have gathered, or go on when that is
   possible.  Both may be the same pipe, which took half a line of one: that one
   comes first then, and the other gathers nothing before.  Return 0 or an errno
   value.  */
static int
flush_all (struct pjoin_output *out)
{
  int err = 0;
  for (int i = 0; !err && i < MP_KEEP_STREAMS; i++)
    if (!out->stream[i].source.watched)
      err = flush (&out->stream[i]);
  return err;
}

/* Whether one of the streams of OUT cannot be written to now.  */
static bool
is_blocked (struct pjoin_output const *out)
{
  bool blocked = false;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    blocked |= out->stream[i].source.watched;
  return blocked;
}

/* How many of the N bytes at DATA, just read from the stream I of JOB, may be
   written now: whole lines, so that nobody else's come in between.  What is
   only the beginning of a line is held back, but not for long: it may be a
   question, or the dots of a program that is at work.  */
static size_t
presentable (struct pjoin_job *job, int i, char const *data, size_t n)
{
  char const *newline = memrchr (data, '\n', n);
  if (newline)
    {
      job->held_until[i] = 0;
      return newline + 1 - data;
    }
  if (n < PIECE && job->state != PJOIN_ENDED && !job->chosen
      && mp_kept_at_end (&job->kept[i]))
    {
      mp_time now = mp_now ();
      if (!job->held_until[i])
        job->held_until[i] = now + hold_time;
      if (now < job->held_until[i])
        return 0;
    }
  job->held_until[i] = 0;
  return n;
}

/* Write what there is of the stream I of JOB, without waiting.  Set JOB->unread
   if there may be more, and the stream can take it.  Return as
   pjoin_output_pass.  */
static int
pass_stream (struct pjoin_job *job, int i)
{
  static char buffer[PIECE];
  struct pjoin_output *out = job->join->output;
  struct output_stream *stream = &out->stream[i];
  int err = flush_all (out);
  if (err)
    return err;
  if (is_blocked (out))
    {
      /* Look at it anew when that is over.  */
      job->held_until[i] = 0;
      return 0;
    }
  for (int piece = 0; !err && !stream->source.watched; piece++)
    {
      size_t n, taken;
      bool gap;
      if (piece == PIECES)
        {
          job->unread = true;
          break;
        }
      err = mp_kept_read (&job->kept[i], buffer, sizeof buffer, &n, &gap);
      /* Somebody else has joined it: that will be seen.  */
      if (err == ENOENT)
        return flush (stream);
      job->gap[i] |= gap;
      /* That is the fault of what is read, and no reason to leave others.  */
      if (err && err != EMFILE && err != ENFILE && err != ENOMEM)
        {
          job->handle.record->keep_error[i] = err;
          err = 0;
          break;
        }
      if (err || n == 0)
        break;
      size_t ready = presentable (job, i, buffer, n);
      mp_kept_unread (&job->kept[i], n - ready);
      if (!ready)
        break;
      err = mp_sink_put (&stream->sink, buffer, ready, &taken);
      mp_kept_unread (&job->kept[i], ready - taken);
      if (!err && (taken < ready || stream->sink.blocked))
        err = flush (stream);
    }
  return err ? err : stream->source.watched ? 0 : flush (stream);
}

int
pjoin_output_pass (struct pjoin_job *job)
{
  int err = 0;
  job->unread = false;
  for (int i = 0; !err && i < MP_KEEP_STREAMS; i++)
    err = pass_stream (job, i);
  if (job->join->frugal)
    for (int i = 0; i < MP_KEEP_STREAMS; i++)
      mp_kept_close (&job->kept[i]);
  return err;
}

/* Begin to note the signals that end pjoin, unless they are ignored.  */
static void
note_signals (struct pjoin_output *out)
{
  sigset_t block;
  sigemptyset (&block);
  for (int i = 0; i < N_END_SIGNALS; i++)
    if (!mp_sigflags_ignored (end_signals[i]))
      sigaddset (&block, end_signals[i]);
  sigprocmask (SIG_BLOCK, &block, &out->before);
  for (int i = 0; i < N_END_SIGNALS; i++)
    if (sigismember (&block, end_signals[i]) == 1)
      mp_sigflags_install (end_signals[i]);
  out->noting = true;
}

int
pjoin_output_wait (struct pjoin *j, int timeout)
{
  struct pjoin_output *out = j->output;
  bool noting = out && out->noting;
  int err = mp_watch_wait (&j->watch, timeout, noting ? &out->before : NULL);
  for (int i = 0; noting && i < N_END_SIGNALS; i++)
    if (mp_sigflags_take (end_signals[i]) && !out->ended_by)
      out->ended_by = end_signals[i];
  return noting && out->ended_by ? EINTR : err;
}

/* Write the rest of JOB's output, the whole of one stream before the other.
   Return 0 or an errno value.  */
static int
drain (struct pjoin_job *job)
{
  struct pjoin *j = job->join;
  int err = 0;
  for (int i = 0; !err && i < MP_KEEP_STREAMS; i++)
    do
      {
        job->unread = false;
        err = pass_stream (job, i);
        if (!err)
          err = pjoin_output_wait (j, is_blocked (j->output) ? -1 : 0);
        /* What is ready again sets JOB->unread.  */
        job->unread |= is_blocked (j->output);
      }
    while (!err && job->unread);
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    mp_kept_close (&job->kept[i]);
  return err;
}

/* If files with output of JOB, all of which was read, have been removed or cut,
   as those who clean /tmp do, let that be why it was not kept.  */
static void
look_for_loss (struct pjoin_job *job)
{
  struct mp_record *rec = job->handle.record;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    if (!rec->keep_error[i] && !job->gap[i]
        && job->kept[i].seen < rec->kept[i])
      rec->keep_error[i] = ENODATA;
}

/* Say what of the output of JOB, which was delivered, is lacking.  */
static void
report_losses (struct pjoin_job const *job)
{
  struct mp_record const *rec = job->handle.record;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    if (rec->keep_error[i])
      error (0, rec->keep_error[i],
             i == 0 ? _("%s: its standard output could not all be kept")
             : _("%s: its standard error could not all be kept"),
             quote (job->name));
    else if (rec->dropped[i])
      error (0, 0,
             (i == 0
              ? ngettext ("%s: %llu byte in the middle of its standard output"
                          " was dropped",
                          "%s: %llu bytes in the middle of its standard output"
                          " were dropped", rec->dropped[i])
              : ngettext ("%s: %llu byte in the middle of its standard error"
                          " was dropped",
                          "%s: %llu bytes in the middle of its standard error"
                          " were dropped", rec->dropped[i])),
             quote (job->name), rec->dropped[i]);
    else if (job->gap[i])
      error (0, 0,
             i == 0 ? _("%s: some of its standard output was dropped")
             : _("%s: some of its standard error was dropped"),
             quote (job->name));
  if (job->lost)
    error (0, 0, _("%s: its supervisor was killed, and its output may not be"
                   " whole"), quote (job->name));
}

/* Report why the record of JOB could not be read.  It is left alone.  */
static void
report_damage (struct pjoin_job const *job)
{
  if (job->damage == EBADMSG)
    error (0, 0, _("the record of %s is damaged"), quote (job->name));
  else
    error (0, job->damage, _("cannot read the record of %s"),
           quote (job->name));
}

/* Report that JOB was joined by somebody else.  */
static void
report_taken (struct pjoin_job *job)
{
  job->state = PJOIN_TAKEN;
  if (job->named || job->join->o->verbose)
    error (0, 0, _("%s was joined by somebody else"), quote (job->name));
}

/* Take the output of JOB, which belongs to nobody else any more if it was to be
   released, to its end.  Return 0 or an errno value.  */
static int
hand_over (struct pjoin_job *job)
{
  struct pjoin *j = job->join;
  struct mp_record *rec = job->handle.record;
  int err = j->o->quiet ? pjoin_output_wait (j, 0) : drain (job);
  if (err)
    {
      if (!j->o->keep && mp_record_restore (j->records, rec) != 0)
        error (0, 0, _("the output of %s is left in %s/%s"),
               quote (job->name), j->records->dir, rec->path);
      return err;
    }
  if (!j->o->quiet)
    {
      look_for_loss (job);
      report_losses (job);
      if (rec->script_error)
        error (0, rec->script_error, _("%s: its --on-exit script could not be"
                                       " run"), quote (job->name));
    }
  if (!j->o->keep)
    mp_record_remove (j->records, rec);
  return 0;
}

/* Deliver JOB, which is chosen.  Return 0 or an errno value.  */
static int
deliver (struct pjoin_job *job)
{
  struct pjoin *j = job->join;
  struct mp_record *rec = job->handle.record;
  int err = 0;
  if (job->damage)
    {
      report_damage (job);
      return 0;
    }
  if (job->state == PJOIN_ENDED && rec && !j->o->keep)
    err = mp_record_release (j->records, rec);
  if (err == ENOENT || job->state == PJOIN_TAKEN)
    {
      report_taken (job);
      return 0;
    }
  if (err)
    {
      error (0, err, _("cannot release %s"), quote (job->name));
      job->damage = err;
      return 0;
    }
  err = rec ? hand_over (job) : 0;
  if (!err && !job->status_known && !j->o->any_status)
    error (0, 0, _("the exit status of %s cannot be known"),
           quote (job->name));
  return err;
}

int
pjoin_deliver (struct pjoin *j)
{
  int err = 0;
  note_signals (j->output);
  for (size_t i = 0; !err && i < j->n; i++)
    if (j->job[i]->chosen)
      err = deliver (j->job[i]);
  return err;
}

int
pjoin_output_close (struct pjoin *j, int err)
{
  struct pjoin_output *out = j->output;
  bool broken = err == EPIPE && !out->pipe_ignored;
  int sig = out->ended_by;
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    {
      mp_watch_remove (&j->watch, &out->stream[i].source);
      mp_sink_free (&out->stream[i].sink);
    }
  if (!out->pipe_ignored)
    signal (SIGPIPE, SIG_DFL);
  if (sig)
    signal (sig, SIG_DFL);
  if (sig)
    raise (sig);
  if (out->noting)
    sigprocmask (SIG_SETMASK, &out->before, NULL);
  free (out);
  j->output = NULL;
  if (sig)
    return MP_EXIT_SIGNAL + sig;
  if (broken)
    return MP_EXIT_SIGNAL + SIGPIPE;
  if (err)
    error (0, err, _("write error"));
  return err ? MP_EXIT_FAILURE : 0;
}
