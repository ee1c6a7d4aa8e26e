/* A host and its agent, as the executor of remote tasks has them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "minmax.h"

#include "agentmsg.h"
#include "columns.h"
#include "procspawn.h"

/* How often an agent may be lost.  */
enum { FAULTS_MAX = 3 };

/* How much of what is no agent's comes before its greeting, at most.  */
enum { PRELUDE_MAX = 64 * 1024 };

/* How long after a loss the next start is, times the number of losses; how
   long until an agent must have answered: an allocation may have to wait for
   what ran on the host before; after how long to tell that it has not; and how
   often something is sent, or more often if there is little patience.  */
static mp_time const start_delay = 500 * MP_MILLISECOND;
static mp_time const answer_within = 120 * 1000LL * MP_MILLISECOND;
static mp_time const tell_after = 10 * 1000LL * MP_MILLISECOND;
static mp_time const ping_most = 1000LL * MP_MILLISECOND;

/* How long a launcher has to end by itself.  */
static mp_time const end_within = 1000LL * MP_MILLISECOND;

static struct mp_watch *
watch_of (struct mp_peer *p)
{
  return &p->ex->base.pool->watch;
}

/* Give the LEN bytes at DATA, text of P's that is no message, line by line to
   whoever reads our messages.  */
static void
pass_text (struct mp_peer *p, char const *data, size_t len)
{
  struct mp_pool *pool = p->ex->base.pool;
  for (size_t i = 0; i < len; i++)
    {
      if (!p->line_len)
        {
          size_t name = MIN (strlen (p->host->name), sizeof p->line / 2);
          memcpy (p->line, p->host->name, name);
          memcpy (p->line + name, ": ", 2);
          p->line_len = name + 2;
        }
      p->line[p->line_len++] = data[i];
      if (data[i] == '\n' || p->line_len == sizeof p->line - 1)
        {
          if (data[i] != '\n')
            p->line[p->line_len++] = '\n';
          mp_pool_note (pool, p->line, p->line_len);
          p->line_len = 0;
        }
    }
}

/* The last line of P's text is over, whether it has an end or not.  */
static void
end_text (struct mp_peer *p)
{
  if (p->line_len)
    pass_text (p, "\n", 1);
}

static void
close_streams (struct mp_peer *p)
{
  mp_watch_close (watch_of (p), &p->to.source);
  mp_watch_close (watch_of (p), &p->from.source);
  mp_watch_close (watch_of (p), &p->messages.source);
  end_text (p);
  mp_wire_free (&p->wire);
  p->wire = (struct mp_wire) { .frame = 0 };
}

/* Whether P is on its way to an agent.  */
static bool
is_launching (struct mp_peer const *p)
{
  return MP_PEER_COPYING <= p->state && p->state <= MP_PEER_LAUNCHED;
}

/* Let STATE be P's.  */
static void
set_state (struct mp_peer *p, enum mp_peer_state state)
{
  p->ex->launching -= is_launching (p);
  p->state = state;
  p->ex->launching += is_launching (p);
}

/* End P's launcher, and forget it: whoever is asked for it later does not know
   it.  */
static void
drop_launcher (struct mp_peer *p)
{
  if (p->pid)
    mp_overdue_end (&p->ex->overdue, p->pid, SIGTERM, end_within);
  p->pid = 0;
}

void
mp_peer_lose (struct mp_peer *p, enum mp_remote_event event, int detail)
{
  struct mp_remote *ex = p->ex;
  struct mp_pool *pool = ex->base.pool;
  bool counts = (p->state != MP_PEER_DRAINING && p->state != MP_PEER_LEAVING);
  close_streams (p);
  drop_launcher (p);
  p->was_full = false;
  /* An agent that was sent has removed itself.  */
  p->copied = false;
  set_state (p, MP_PEER_GONE);
  mp_remote_abandon (p);
  pool->again = true;
  if (pool->stopping || ex->finishing)
    return;
  if (event != MP_REMOTE_DRAINING)
    ex->options->told (ex->options->arg, event, p->host->name, detail);
  if (!counts || event == MP_REMOTE_VERSION)
    return;
  if (++p->faults < FAULTS_MAX)
    {
      p->start_at = mp_now () + p->faults * start_delay;
      set_state (p, MP_PEER_OFF);
    }
  else
    ex->options->told (ex->options->arg, MP_REMOTE_LEFT_OUT, p->host->name,
                       FAULTS_MAX);
}

void
mp_peer_push (struct mp_peer *p, mp_time now)
{
  if (p->to.source.fd < 0 || !mp_wire_waiting (&p->wire))
    return;
  int err = p->wire.failed ? ENOMEM : mp_wire_push (&p->wire,
                                                    p->to.source.fd);
  p->sent_at = now;
  if (err == EAGAIN)
    err = (p->to.source.watched ? 0
           : mp_watch_add (watch_of (p), &p->to.source, POLLOUT));
  else if (!err)
    mp_watch_remove (watch_of (p), &p->to.source);
  /* Its end tells more.  */
  else if (err == EPIPE)
    {
      mp_watch_close (watch_of (p), &p->to.source);
      err = 0;
    }
  if (err)
    mp_pool_fail (p->ex->base.pool, err);
}

/* P takes more.  */
static void
to_ready (struct mp_source *source, int events)
{
  (void) events;
  mp_peer_push (((struct mp_peer_source *) source)->peer, mp_now ());
}

/* There is text of P's.  */
static void
messages_ready (struct mp_source *source, int events)
{
  (void) events;
  struct mp_peer *p = ((struct mp_peer_source *) source)->peer;
  char buffer[4096];
  ssize_t n = read (source->fd, buffer, sizeof buffer);
  if (0 < n)
    pass_text (p, buffer, n);
  else if (n == 0 || (errno != EAGAIN && errno != EINTR))
    mp_watch_close (watch_of (p), source);
}

/* Look for the greeting in what was read of P, and pass on what comes before.
   Return 0; EAGAIN if there is more to come; or EBADMSG.  */
static int
look_for_greeting (struct mp_peer *p)
{
  static char const greeting[] = MP_AGENT_GREETING;
  size_t const size = sizeof greeting - 1;
  struct mp_bytes *in = &p->wire.in;
  char *data = in->data + in->start;
  size_t len = in->end - in->start;
  char *hit = len ? memmem (data, len, greeting, size) : NULL;
  if (!hit)
    return len < PRELUDE_MAX ? EAGAIN : EBADMSG;
  pass_text (p, data, hit - data);
  end_text (p);
  in->start += hit - data + size;
  p->greeted = true;
  return 0;
}

/* Take what was read of P.  Return whether P still has an agent.  */
static bool
take_messages (struct mp_peer *p)
{
  struct mp_message m;
  int err = p->greeted ? 0 : look_for_greeting (p);
  while (!err && (err = mp_wire_next (&p->wire, &m)) == 0)
    {
      err = mp_remote_take (p, &m);
      if (p->from.source.fd < 0)
        return false;
    }
  if (err == ENOMEM)
    mp_pool_fail (p->ex->base.pool, err);
  if (err == EBADMSG)
    mp_peer_lose (p, MP_REMOTE_GARBLED, 0);
  return err != EBADMSG;
}

/* Read once what P has sent.  Return whether there may be more.  */
static bool
read_messages (struct mp_peer *p)
{
  int err = mp_wire_pull (&p->wire, p->from.source.fd);
  if (err == EAGAIN)
    return false;
  p->heard_at = mp_now ();
  if (!err && !p->wire.ended)
    return take_messages (p);
  mp_watch_close (watch_of (p), &p->from.source);
  return false;
}

/* There is something of P's.  At its end, the launcher has the time that it
   takes to end, which tells why.  */
static void
from_ready (struct mp_source *source, int events)
{
  (void) events;
  struct mp_peer *p = ((struct mp_peer_source *) source)->peer;
  read_messages (p);
  if (p->from.source.fd < 0 && p->pid && p->state != MP_PEER_OFF)
    p->answer_by = mp_now () + end_within;
}

/* Start ARGV as P's launcher with IN as its standard input, and OUT and TEXT
   for what it writes.  Return 0 or an errno value.  */
static int
spawn (struct mp_peer *p, char *const *argv, int in, int out, int text)
{
  struct mp_remote *ex = p->ex;
  char *file;
  int err = mp_find_program (argv[0], &file);
  if (err)
    return err;
  struct mp_spawn const s = {
    .file = file, .argv = argv, .envp = environ, .fd = { in, out, text },
    .new_group = true,
    .mask = ex->options->mask, .defaults = ex->options->defaults
  };
  err = mp_spawn (&s, &p->pid);
  free (file);
  if (err)
    p->pid = 0;
  else
    ex->idle = false;
  return err;
}

/* Make FD a pipe, and let our end, the one with the number OURS, never
   wait.  */
static int
open_pipe (int fd[2], int ours)
{
  if (pipe2 (fd, O_CLOEXEC) != 0)
    return errno;
  return fcntl (fd[ours], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

/* Close FD unless it is -1.  */
static void
close_fd (int fd)
{
  if (0 <= fd)
    close (fd);
}

/* Start ARGV for P; it reads IN, or if that is -1, what we send, and writes
   what we take, or with IN, only text.  Return 0 or an errno value.  */
static int
launch (struct mp_peer *p, char *const *argv, int in)
{
  int to[2] = { in, -1 }, from[2] = { -1, -1 }, text[2] = { -1, -1 };
  int err = open_pipe (text, 0);
  if (!err && in < 0)
    err = open_pipe (to, 1);
  if (!err && in < 0)
    err = open_pipe (from, 0);
  if (!err)
    err = spawn (p, argv, to[0], in < 0 ? from[1] : text[1], text[1]);
  close_fd (to[0]);
  close_fd (from[1]);
  close_fd (text[1]);
  p->to.source.fd = to[1];
  p->from.source.fd = from[0];
  p->messages.source.fd = text[0];
  if (!err && 0 <= from[0])
    err = mp_watch_add (watch_of (p), &p->from.source, POLLIN);
  if (!err)
    err = mp_watch_add (watch_of (p), &p->messages.source, POLLIN);
  return err;
}

/* Write how many strings LIST has, and these.  */
static void
put_strings (struct mp_wire *w, char *const *list)
{
  size_t n = 0;
  while (list && list[n])
    n++;
  mp_wire_put_u32 (w, n);
  for (size_t i = 0; i < n; i++)
    mp_wire_put_string (w, list[i], strlen (list[i]));
}

/* Write what rows are.  */
static void
put_columns (struct mp_wire *w, struct mp_columns const *c)
{
  mp_wire_put_u32 (w, c ? c->width : 0);
  if (!c)
    return;
  mp_wire_put_string (w, c->separator, c->separator_len);
  mp_wire_put_u32 (w, c->n_names);
  for (size_t i = 0; i < c->n_names; i++)
    {
      mp_wire_put_string (w, c->name[i].data, c->name[i].len);
      mp_wire_put_u32 (w, c->name[i].item);
      mp_wire_put_u32 (w, c->name[i].column);
    }
}

/* Tell P how long a task may take, if that has changed.  */
static void
tell_timeout (struct mp_peer *p)
{
  mp_time timeout = p->ex->base.pool->timeout;
  if (p->timeout == timeout)
    return;
  p->timeout = timeout;
  mp_wire_begin (&p->wire, MP_MSG_TIMEOUT);
  mp_wire_put_u64 (&p->wire, timeout);
  mp_wire_end (&p->wire);
}

/* Tell P's agent what it will have to do.  */
static void
send_setup (struct mp_peer *p)
{
  struct mp_remote_options const *o = p->ex->options;
  struct mp_wire *w = &p->wire;
  char const *cwd = o->cwd ? o->cwd : "";
  mp_wire_put_raw (w, MP_AGENT_GREETING, sizeof MP_AGENT_GREETING - 1);
  mp_wire_begin (w, MP_MSG_SETUP);
  mp_wire_put_u32 (w, MP_AGENT_VERSION);
  mp_wire_put_string (w, p->host->name, strlen (p->host->name));
  put_strings (w, o->args);
  mp_wire_put_string (w, cwd, strlen (cwd));
  mp_wire_put_u8 (w, o->cwd_needed);
  put_strings (w, o->env);
  put_columns (w, o->columns);
  mp_wire_put_u32 (w, p->host->slots);
  mp_wire_put_u64 (w, o->credit);
  mp_wire_put_u64 (w, o->patience);
  mp_wire_end (w);
  /* It must know this before it begins a task.  */
  p->timeout = 0;
  tell_timeout (p);
}

/* Start P's agent.  Return 0 or an errno value.  */
static int
launch_agent (struct mp_peer *p, mp_time now)
{
  p->greeted = p->goodbye = false;
  set_state (p, MP_PEER_LAUNCHED);
  int err = launch (p, p->host->argv, -1);
  if (err)
    return err;
  send_setup (p);
  mp_peer_push (p, now);
  return 0;
}

/* Copy our program to P.  Return 0 or an errno value.  */
static int
launch_copy (struct mp_peer *p)
{
  set_state (p, MP_PEER_COPYING);
  int fd = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? errno : launch (p, p->host->copy, fd);
}

/* Make the copy executable.  Return 0 or an errno value.  */
static int
launch_prepare (struct mp_peer *p)
{
  set_state (p, MP_PEER_PREPARING);
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? errno : launch (p, p->host->prepare, fd);
}

void
mp_peer_start (struct mp_peer *p, mp_time now)
{
  p->answer_by = now + answer_within;
  p->tell_at = now + tell_after;
  p->heard_at = p->sent_at = now;
  int err = (p->host->copy && !p->copied ? launch_copy (p)
             : launch_agent (p, now));
  if (err)
    mp_peer_lose (p, MP_REMOTE_NOT_STARTED, -err);
}

/* Read all that P's launcher has left.  */
static void
drain (struct mp_peer *p)
{
  while (0 <= p->messages.source.fd)
    {
      char buffer[4096];
      ssize_t n = read (p->messages.source.fd, buffer, sizeof buffer);
      if (n <= 0 && errno != EINTR)
        break;
      if (0 < n)
        pass_text (p, buffer, n);
      else if (n == 0)
        break;
    }
  while (0 <= p->from.source.fd && read_messages (p))
    continue;
}

void
mp_peer_exited (struct mp_peer *p, int status)
{
  mp_time now = mp_now ();
  int err = 0;
  p->pid = 0;
  drain (p);
  /* If it was no agent, that may tell what it was.  */
  if (p->state == MP_PEER_LAUNCHED && !p->greeted)
    pass_text (p, p->wire.in.data + p->wire.in.start,
               p->wire.in.end - p->wire.in.start);
  /* What was read may have been the end of it.  */
  if (p->state == MP_PEER_OFF || p->state == MP_PEER_GONE)
    return;
  if (p->goodbye && !p->given)
    {
      close_streams (p);
      set_state (p, MP_PEER_GONE);
      p->ex->base.pool->again = true;
      return;
    }
  if (p->state == MP_PEER_COPYING && status == 0)
    {
      close_streams (p);
      err = launch_prepare (p);
    }
  else if (p->state == MP_PEER_PREPARING && status == 0)
    {
      close_streams (p);
      p->copied = true;
      err = launch_agent (p, now);
    }
  else
    mp_peer_lose (p, (is_launching (p) ? MP_REMOTE_NOT_STARTED
                      : MP_REMOTE_ENDED), status);
  if (err)
    mp_peer_lose (p, MP_REMOTE_NOT_STARTED, -err);
}

void
mp_peer_finish (struct mp_peer *p)
{
  if (p->state == MP_PEER_READY || p->state == MP_PEER_DRAINING)
    {
      mp_wire_begin (&p->wire, MP_MSG_FINISH);
      mp_wire_end (&p->wire);
      mp_peer_push (p, mp_now ());
      p->answer_by = mp_now () + p->ex->options->patience;
      set_state (p, MP_PEER_LEAVING);
    }
  /* Only an agent removes the copy of our program.  It will be told to end as
     soon as it answers.  */
  else if (is_launching (p) && p->host->copy && !p->ex->base.pool->stopping)
    p->answer_by = mp_now () + p->ex->options->patience;
  else if (is_launching (p))
    {
      close_streams (p);
      drop_launcher (p);
      set_state (p, MP_PEER_GONE);
    }
  else if (p->state == MP_PEER_OFF)
    set_state (p, MP_PEER_GONE);
}

void
mp_peer_signal (struct mp_peer *p, int sig)
{
  bool ends = sig != SIGSTOP && sig != SIGCONT;
  if (ends && (is_launching (p) || p->state == MP_PEER_OFF))
    {
      mp_peer_finish (p);
      return;
    }
  if (p->state < MP_PEER_READY || p->state == MP_PEER_GONE)
    return;
  mp_wire_begin (&p->wire, MP_MSG_SIGNAL);
  mp_wire_put_u32 (&p->wire, sig);
  mp_wire_end (&p->wire);
  mp_peer_push (p, mp_now ());
  /* If that does not reach it, the end of its input does.  */
  if (sig == SIGKILL)
    mp_watch_close (watch_of (p), &p->to.source);
}

/* Tell, once, if P has not answered at NOW for some time.  */
static void
tell_waiting (struct mp_peer *p, mp_time now)
{
  struct mp_remote *ex = p->ex;
  if (!p->tell_at || now < p->tell_at)
    return;
  p->tell_at = 0;
  if (!ex->finishing && !ex->base.pool->stopping)
    ex->options->told (ex->options->arg, MP_REMOTE_WAITING, p->host->name, 0);
}

mp_time
mp_peer_tick (struct mp_peer *p, mp_time now)
{
  mp_time patience = p->ex->options->patience;
  mp_time ping_every = MIN (ping_most, patience / 4);
  mp_time due = -1;
  if (p->state == MP_PEER_OFF || p->state == MP_PEER_GONE)
    return -1;
  if (MP_PEER_READY <= p->state)
    {
      if (p->state == MP_PEER_READY)
        tell_timeout (p);
      if (p->sent_at + ping_every <= now)
        {
          p->sent_at = now;
          mp_wire_begin (&p->wire, MP_MSG_PING);
          mp_wire_end (&p->wire);
        }
      if (p->heard_at + patience <= now)
        {
          mp_peer_lose (p, MP_REMOTE_SILENT, 0);
          return -1;
        }
      due = MIN (p->sent_at + ping_every, p->heard_at + patience);
    }
  else
    tell_waiting (p, now);
  if (p->answer_by && p->answer_by <= now)
    {
      mp_peer_lose (p, (p->from.source.fd < 0 ? MP_REMOTE_SILENT
                        : MP_REMOTE_NO_ANSWER), 0);
      return -1;
    }
  mp_peer_push (p, now);
  return mp_earlier (mp_earlier (due, p->answer_by), p->tell_at);
}

void
mp_peer_init (struct mp_peer *p, struct mp_remote *ex,
              struct mp_remote_host const *host)
{
  p->ex = ex;
  p->host = host;
  p->to.peer = p->from.peer = p->messages.peer = p;
  p->to.source = (struct mp_source) { .fd = -1, .ready = to_ready };
  p->from.source = (struct mp_source) { .fd = -1, .ready = from_ready };
  p->messages.source = (struct mp_source) { .fd = -1,
                                            .ready = messages_ready };
}
