/* Trees of processes for tests to end.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

/* Usage:
     forest tree WIDE DEEP      WIDE children, and a chain of DEEP
     forest runner              children, some in a session of their own and
                                some orphaned, one every 10 ms
     forest bomb                as many as the system lets
     forest handle COMMAND...   run COMMAND with its MPUTILS_HANDLE
     forest super NAME METHOD COMMAND...
                                the same as its supervisor, with a record
   The first three write "ready" to standard output when there is something to
   end; the last one writes the handle of COMMAND.  Every process of theirs ends
   by itself after two minutes.  */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "procid.h"
#include "records.h"

enum { LIFE = 120 };

/* Report WHAT and ERR, and exit.  */
static _Noreturn void
fail (char const *what, int err)
{
  fprintf (stderr, "forest: %s: %s\n", what, strerror (err));
  exit (EXIT_FAILURE);
}

/* Fork, and give the child its time to live.  Return as fork does.  */
static pid_t
sprout (void)
{
  pid_t pid = fork ();
  if (pid == 0)
    alarm (LIFE);
  return pid;
}

static _Noreturn void
rest (void)
{
  for (;;)
    pause ();
}

static void
nap (int ms)
{
  struct timespec t = { .tv_nsec = ms * 1000000L };
  nanosleep (&t, NULL);
}

static void
say_ready (void)
{
  puts ("ready");
  fflush (stdout);
}

static _Noreturn void
grow_tree (int wide, int deep)
{
  int done[2];
  char c;
  if (pipe (done) != 0)
    fail ("pipe", errno);
  for (int i = 0; i < wide; i++)
    {
      pid_t pid = sprout ();
      if (pid < 0)
        fail ("fork", errno);
      if (pid == 0)
        {
          close (done[1]);
          rest ();
        }
    }
  bool root = true;
  while (0 < deep--)
    {
      pid_t pid = sprout ();
      if (pid < 0)
        fail ("fork", errno);
      if (pid)
        break;
      root = false;
    }
  if (!root)
    {
      /* The last one that closes it has no more to start.  */
      close (done[1]);
      rest ();
    }
  close (done[1]);
  if (read (done[0], &c, 1) < 0)
    fail ("read", errno);
  say_ready ();
  rest ();
}

static _Noreturn void
run (void)
{
  for (int i = 0; ; i++)
    {
      if (sprout () == 0)
        {
          if (i % 3)
            setsid ();
          /* Leave an orphan, which leaves another.  */
          if (i % 3 == 2 && (sprout () || sprout ()))
            _exit (EXIT_SUCCESS);
          rest ();
        }
      while (0 < waitpid (-1, NULL, WNOHANG))
        continue;
      if (i == 5)
        say_ready ();
      nap (10);
    }
}

static _Noreturn void
bomb (void)
{
  bool said = false;
  /* The root stays, for that is whom the test names.  */
  bool root = true;
  for (;;)
    {
      pid_t pid = sprout ();
      if (pid == 0)
        {
          said = true;
          root = false;
        }
      if (pid < 0)
        nap (1);
      if (!said && pid < 0)
        {
          said = true;
          say_ready ();
        }
      /* Some leave their children to others.  */
      if (0 < pid && pid % 7 == 0 && !root)
        _exit (EXIT_SUCCESS);
    }
}

/* Execute COMMAND with its handle, which is ID.  */
static _Noreturn void
execute (struct mp_procid const *id, char **command)
{
  char text[MP_PROCID_SIZE];
  mp_procid_format (id, text);
  setenv ("MPUTILS_HANDLE", text, true);
  alarm (LIFE);
  execvp (*command, command);
  fail (*command, errno);
}

/* Return the identity of PID.  */
static struct mp_procid
identity (pid_t pid)
{
  struct mp_procid id;
  int err = mp_procid_get (pid, &id);
  if (err)
    fail ("identity", err);
  return id;
}

/* Record ID as NAME, started by METHOD.  */
static void
record (struct mp_procid const *id, char *name, char *method)
{
  struct mp_records r;
  struct mp_record *rec;
  int err = mp_records_open (&r, true);
  if (!err)
    err = mp_record_create (&r, MP_NO_SCOPE, name, &rec);
  if (err)
    fail (name, err);
  rec->id = *id;
  rec->supervisor = identity (getpid ());
  rec->method = strdup (method);
  rec->command = strdup ("forest");
  err = mp_record_write_start (&r, rec);
  if (err)
    fail (name, err);
}

static _Noreturn void
supervise (char *name, char *method, char **command)
{
  char text[MP_PROCID_SIZE];
  setsid ();
  alarm (LIFE);
#if HAVE_PRCTL && defined PR_SET_CHILD_SUBREAPER
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
  pid_t pid = fork ();
  if (pid < 0)
    fail ("fork", errno);
  if (pid == 0)
    {
      struct mp_procid id = identity (getpid ());
      execute (&id, command);
    }
  struct mp_procid id = identity (pid);
  record (&id, name, method);
  mp_procid_format (&id, text);
  puts (text);
  fflush (stdout);
  while (0 < wait (NULL) || errno == EINTR)
    continue;
  exit (EXIT_SUCCESS);
}

int
main (int argc, char **argv)
{
  char const *what = 1 < argc ? argv[1] : "";
  alarm (LIFE);
  signal (SIGCHLD, SIG_DFL);
  if (strcmp (what, "tree") == 0 && argc == 4)
    grow_tree (atoi (argv[2]), atoi (argv[3]));
  if (strcmp (what, "runner") == 0)
    run ();
  if (strcmp (what, "bomb") == 0)
    bomb ();
  if (strcmp (what, "handle") == 0 && 2 < argc)
    {
      struct mp_procid id = identity (getpid ());
      execute (&id, argv + 2);
    }
  if (strcmp (what, "super") == 0 && 4 < argc)
    supervise (argv[2], argv[3], argv + 4);
  fputs ("forest: wrong usage\n", stderr);
  return EXIT_FAILURE;
}
