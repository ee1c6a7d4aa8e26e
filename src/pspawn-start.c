/* pspawn: start a process under a supervisor.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "full-write.h"
#include "quote.h"
#include "quotearg.h"
#include "safe-read.h"
#include "xalloc.h"

#include "descriptors.h"
#include "exit-status.h"
#include "forkserver.h"
#include "front.h"
#include "handle.h"
#include "open-records.h"
#include "super.h"
#include "unfinished.h"

/* The permissions of the files made for --stdout and --stderr, less the
   umask.  */
enum { FILE_MODE = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH };

char *
pspawn_quote_command (char *const *argv)
{
  size_t len = 1;
  for (size_t i = 0; argv[i]; i++)
    len += strlen (quotearg_style (shell_escape_quoting_style, argv[i])) + 1;
  char *text = xmalloc (len);
  char *p = text;
  *p = '\0';
  for (size_t i = 0; argv[i]; i++)
    {
      if (i)
        *p++ = ' ';
      p = stpcpy (p, quotearg_style (shell_escape_quoting_style, argv[i]));
    }
  return text;
}

char const *
pspawn_parent (char *parent)
{
  struct mp_procid id;
  char const *handle = getenv ("MPUTILS_HANDLE");
  if (handle && mp_procid_parse (handle, &id) == 0)
    return strcpy (parent, handle);
  if (mp_procid_get (getppid (), &id) != 0)
    id = (struct mp_procid) { .pid = getppid () };
  mp_procid_format (&id, parent);
  return parent;
}

/* Store in *OWNER the process at whose end the one of O is to end.  Return the
   exit status if there is none, else 0.  */
static int
find_owner (struct pspawn_options const *o, struct mp_records *r,
            char const *scope, struct mp_procid *owner)
{
  pid_t pid = o->owner;
  if (!pid && strcmp (scope, MP_NO_SCOPE) != 0
      && mp_records_main (r, scope, owner) == 0)
    {
      pid = owner->pid;
      if (mp_procid_running (owner) == 0)
        return 0;
    }
  else
    {
      pid = pid ? pid : getppid ();
      int err = mp_procid_get (pid, owner);
      if (!err)
        return 0;
      if (err != ESRCH)
        error (MP_EXIT_FAILURE, err, _("cannot identify process %ld"),
               (long int) pid);
    }
  error (0, ESRCH, _("owner %ld"), (long int) pid);
  return MP_EXIT_NO;
}

int
pspawn_open_stream (struct pspawn_options const *o, int i)
{
  int fd;
  char const *file = o->stream[i];
  if (strcmp (file, PSPAWN_KEEP) == 0)
    return -1;
  if (strcmp (file, PSPAWN_INHERIT) == 0)
    fd = fcntl (i, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  else if (strcmp (file, PSPAWN_NULL) == 0)
    fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  else if (i == STDIN_FILENO)
    fd = open (file, O_RDONLY | O_CLOEXEC);
  else
    {
      mode_t ours = umask (o->umask);
      /* Both streams may go to the same file.  */
      fd = open (file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                 FILE_MODE);
      int err = errno;
      umask (ours);
      errno = err;
    }
  if (fd < 0)
    error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote (file));
  return fd;
}

/* What becomes of signals.  */
struct dispositions
{
  sigset_t mask;                /* the mask that we were started with */
  sigset_t changed;             /* what a supervisor changes */
  sigset_t ignored;             /* what we were started with ignored of it */
};

/* Note in *D the signals of a process that is started.  */
static void
note_signals (struct dispositions *d)
{
  static int const changed[] = { SIGCHLD, SIGHUP, SIGPIPE, SIGTERM, SIGXFSZ };
  sigprocmask (SIG_BLOCK, NULL, &d->mask);
  sigemptyset (&d->changed);
  sigemptyset (&d->ignored);
  for (size_t i = 0; i < sizeof changed / sizeof *changed; i++)
    {
      struct sigaction sa;
      sigaddset (&d->changed, changed[i]);
      if (sigaction (changed[i], NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
        sigaddset (&d->ignored, changed[i]);
    }
}

/* In the new process: ignore what ARG, its dispositions, says.  */
static int
ignore_signals (void *arg)
{
  struct dispositions const *d = arg;
  for (int sig = 1; sig < NSIG; sig++)
    if (sigismember (&d->ignored, sig) == 1)
      signal (sig, SIG_IGN);
  return 0;
}

/* Read the answer from FD into *REPLY.  Return 0 or an errno value.  */
static int
read_reply (int fd, struct mp_start_reply *reply)
{
  size_t n = safe_read (fd, reply, sizeof *reply);
  if (n == SAFE_READ_ERROR)
    return errno;
  /* The supervisor has ended before it could answer.  */
  return n == sizeof *reply ? 0 : ECHILD;
}

/* Print what O asks for of the process ID called NAME.  Return false with a
   message if that is not possible.  */
static bool
print_answer (struct pspawn_options const *o, struct mp_procid const *id,
              char const *name)
{
  /* No name is longer: see mp_record_name_ok.  */
  char text[MP_PROCID_SIZE + 256];
  int n = 0;
  switch (o->print)
    {
    case PSPAWN_PRINT_HANDLE:
      mp_procid_format (id, text);
      n = strlen (text);
      text[n++] = '\n';
      break;
    case PSPAWN_PRINT_PID:
      n = sprintf (text, "%ld\n", (long int) id->pid);
      break;
    case PSPAWN_PRINT_NAME:
      n = snprintf (text, sizeof text, "%s\n", name);
      break;
    case PSPAWN_PRINT_NONE:
      break;
    }
  /* Without a buffer: what cannot be written is not tried again at exit.  */
  bool written = full_write (STDOUT_FILENO, text, n) == n;
  if (!written)
    error (0, errno, _("write error"));
  return written;
}

/* Get to know through FD what has come of the start of O's command, called
   NAME, tell it, and say through FD that it was told.  Store in *STATUS the
   exit status.  Return 0, or an errno value if there was no answer.  */
static int
finish_start (struct pspawn_options const *o, int fd, char const *name,
              int *status)
{
  struct mp_start_reply reply;
  int err = read_reply (fd, &reply);
  if (err)
    return err;
  *status = MP_EXIT_FAILURE;
  if (reply.error == ESRCH && o->daemon)
    {
      error (0, 0, _("the owner has ended"));
      *status = MP_EXIT_NO;
    }
  else if (reply.error)
    *status = pspawn_cannot_run (o->command[0], reply.error);
  /* Without an answer it is ended again.  */
  else if (print_answer (o, &reply.id, name))
    {
      /* One that has been killed meanwhile does not end it.  */
      if (send (fd, "", 1, MSG_NOSIGNAL) == 1 || errno == EPIPE
          || errno == ECONNRESET)
        *status = MP_EXIT_SUCCESS;
      else
        error (0, errno, _("cannot answer the supervisor"));
    }
  return 0;
}

/* Claim the name that O says, or a free one, in SCOPE of R.  A failure is
   reported and ends the program.  */
static struct mp_record *
claim_name (struct pspawn_options const *o, struct mp_records *r,
            char const *scope)
{
  struct mp_record *rec;
  clean_records_if_due (r);
  int err = mp_record_create (r, scope, o->name, &rec);
  if (err == EEXIST)
    {
      /* Perhaps by a process that is of no interest any more.  */
      clean_records (r);
      err = mp_record_create (r, scope, o->name, &rec);
    }
  if (err == EEXIST)
    error (MP_EXIT_FAILURE, 0,
           _("the name %s is taken; pjoin frees it"), quote (o->name));
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot create a record in %s"),
           quote (r->dir));
  return rec;
}

/* Fork the supervisor of START, with records in R; INHERITED are the
   descriptors that we were started with.  Store in *FD where its answer comes
   from.  Return 0 or an errno value.  */
static int
fork_supervisor (struct mp_records *r, struct mp_start const *start,
                 struct descriptors *inherited, int *fd)
{
  int pair[2];
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return errno;
  pid_t pid = fork ();
  if (pid == 0)
    {
      close (pair[0]);
      pspawn_supervise (r, start, pair[1], inherited);
    }
  int err = pid < 0 ? errno : 0;
  close (pair[1]);
  if (err)
    close (pair[0]);
  *fd = err ? -1 : pair[0];
  return err;
}

/* Ask the server of SCOPE in R, which is started if there is none, for START.
   Store in *FD where its answer comes from.  Return 0 or an errno value.  */
static int
ask_server (struct mp_records *r, char const *scope,
            struct mp_start const *start, int *fd)
{
  bool server;
  int err = mp_forkserver_connect (r, scope, fd, &server);
  if (server)
    pspawn_serve (r, scope, *fd);
  return err ? err : mp_forkserver_ask (start, *fd);
}

/* The supervisor that has begun START of O's command, recorded in R, is gone.
   Nothing half-started stays: end what there is, and say so.  */
static void
end_unfinished (struct pspawn_options const *o, struct mp_records *r,
                struct mp_start const *start)
{
  bool found;
  int err = mp_unfinished_end (r, start->rec, start->parent, &found);
  if (err)
    error (0, err, _("cannot look for what was started"));
  if (found && !err)
    error (0, 0, _("the supervisor was killed; %s was ended, too"),
           quote (o->command[0]));
  else
    error (0, 0, _("the supervisor was killed; whether %s has run is not"
                   " known"), quote (o->command[0]));
  mp_record_remove (r, start->rec);
}

/* Start what START says, by the method of O, in SCOPE of R.  INHERITED are the
   descriptors that we were started with.  Return the exit status.  */
static int
start_by_method (struct pspawn_options const *o, struct mp_records *r,
                 char const *scope, struct mp_start *start,
                 struct descriptors *inherited)
{
  /* A server that is about to end may not answer: ask the next one, unless it
     has begun.  */
  enum { TRIES = 5 };
  int fd = -1;
  bool begun = false;
  int status = MP_EXIT_FAILURE;
  start->rec = claim_name (o, r, scope);
  int err = (o->method == PSPAWN_FORKSERVER ? mp_forkserver_prepare (r, start)
             : 0);
  if (!err)
    err = ECHILD;
  for (int i = 0; err == ECHILD && !begun && i < TRIES; i++)
    {
      err = (o->method == PSPAWN_FORKSERVER
             ? ask_server (r, scope, start, &fd)
             : fork_supervisor (r, start, inherited, &fd));
      if (!err)
        err = finish_start (o, fd, start->rec->name, &status);
      if (0 <= fd)
        close (fd);
      fd = -1;
      if (err == ECONNRESET || err == EPIPE)
        err = ECHILD;
      begun = (err == ECHILD
               && (o->method != PSPAWN_FORKSERVER
                   || !mp_forkserver_untaken (r, start->rec)));
    }
  if (err == ECHILD && begun)
    end_unfinished (o, r, start);
  else if (err)
    {
      error (0, err, _("cannot start a supervisor"));
      mp_record_remove (r, start->rec);
    }
  mp_record_free (start->rec);
  return status;
}

int
pspawn_start (struct pspawn_options const *o, struct mp_records *r,
              char const *file)
{
  struct descriptors inherited;
  char parent[MP_PROCID_SIZE];
  struct dispositions signals;
  char const *scope = mp_handle_scope ();
  struct mp_start start = {
    .file = file, .argv = o->command, .envp = environ, .cwd = -1,
    .parent = pspawn_parent (parent), .mask = &signals.mask,
    .defaults = &signals.changed, .in_child = ignore_signals, .arg = &signals,
    .method = pspawn_methods[o->method], .daemon = o->daemon,
    .timeout = o->timeout, .signal = o->signal, .kill_after = o->kill_after,
    .on_exit = o->on_exit, .keep_max = o->keep_max, .umask = o->umask
  };

  /* The server passes none on, and finds out for itself which ones to close:
     only the first start needs to know.  */
  inherited = (struct descriptors) { NULL, 0 };
  int err = (o->method == PSPAWN_FORKSERVER ? 0
             : descriptors_note (&inherited, r->fd, -1));
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot list the open files"));
  if (o->daemon)
    {
      int status = find_owner (o, r, scope, &start.owner);
      if (status)
        {
          descriptors_free (&inherited);
          return status;
        }
    }
  note_signals (&signals);
  /* A request, too, may be larger than files may be.  */
  sigset_t too_large;
  sigemptyset (&too_large);
  sigaddset (&too_large, SIGXFSZ);
  sigprocmask (SIG_BLOCK, &too_large, NULL);
  for (int i = 0; i < 3; i++)
    start.fd[i] = pspawn_open_stream (o, i);
  if (o->on_exit || o->method == PSPAWN_FORKSERVER)
    {
      start.cwd = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (start.cwd < 0)
        error (MP_EXIT_FAILURE, errno, _("cannot open %s"), quote ("."));
    }
  char *command = pspawn_quote_command (o->command);
  start.command = command;
  if (o->method != PSPAWN_FORK)
    descriptors_hide (&inherited);
  int status = start_by_method (o, r, scope, &start, &inherited);
  descriptors_free (&inherited);
  free (command);
  return status;
}
