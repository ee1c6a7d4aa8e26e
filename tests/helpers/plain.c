/* Run a command as a plain shell would: with all signals at their defaults,
   none blocked, and no descriptors but the usual ones and 9.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Usage: plain COMMAND [ARG]...
   Who runs the tests in the background of a shell without job control has
   SIGINT ignored, which a script cannot change for what it starts; and tests of
   low limits count descriptors.  9 is where init.cfg says why a test is
   skipped.  */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef NSIG
# define NSIG 65
#endif

int
main (int argc, char **argv)
{
  sigset_t none;
  if (argc < 2)
    {
      fputs ("usage: plain COMMAND [ARG]...\n", stderr);
      return 125;
    }
  for (int sig = 1; sig < NSIG; sig++)
    if (sig != SIGKILL && sig != SIGSTOP)
      signal (sig, SIG_DFL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  for (int fd = 3; fd < 256; fd++)
    if (fd != 9)
      close (fd);
  execvp (argv[1], argv + 1);
  fprintf (stderr, "plain: %s: %s\n", argv[1], strerror (errno));
  return errno == ENOENT ? 127 : 126;
}
