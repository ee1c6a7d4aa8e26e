/* The limit that pmap is measured against: spawn a command COUNT times, so
   many at a time, and do nothing else.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  if (argc != 4)
    {
      fputs ("usage: bare-loop COUNT PROCESSES PROGRAM\n", stderr);
      return 125;
    }
  long int count = atol (argv[1]);
  long int limit = atol (argv[2]);
  long int running = 0;
  for (long int i = 1; i <= count; i++)
    {
      char number[24];
      char *args[] = { argv[3], number, NULL };
      pid_t pid;
      snprintf (number, sizeof number, "%ld", i);
      if (running == limit && wait (NULL) > 0)
        running--;
      int err = posix_spawn (&pid, argv[3], NULL, NULL, args, environ);
      if (err)
        {
          fprintf (stderr, "bare-loop: %s: %s\n", argv[3], strerror (err));
          return 125;
        }
      running++;
    }
  while (wait (NULL) > 0)
    continue;
  return 0;
}
