/* Run a command and append what it took to a file: the wall time in
   microseconds, the CPU time of it and its descendants in microseconds, and
   the peak memory in KiB of the largest process among them.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
microseconds (struct timeval t)
{
  return t.tv_sec * 1000000LL + t.tv_usec;
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fputs ("usage: measure FILE COMMAND [ARG]...\n", stderr);
      return 125;
    }
  struct timespec start, end;
  struct rusage r;
  pid_t pid;
  int status;
  clock_gettime (CLOCK_MONOTONIC, &start);
  int err = posix_spawnp (&pid, argv[2], NULL, NULL, argv + 2, environ);
  if (err)
    {
      fprintf (stderr, "measure: %s: %s\n", argv[2], strerror (err));
      return 127;
    }
  if (waitpid (pid, &status, 0) != pid)
    return 125;
  clock_gettime (CLOCK_MONOTONIC, &end);
  getrusage (RUSAGE_CHILDREN, &r);

  FILE *f = fopen (argv[1], "a");
  if (!f)
    return 125;
  long long wall = ((end.tv_sec - start.tv_sec) * 1000000LL
                    + (end.tv_nsec - start.tv_nsec) / 1000);
  long long cpu = microseconds (r.ru_utime) + microseconds (r.ru_stime);
  fprintf (f, "%lld %lld %ld\n", wall, cpu, r.ru_maxrss);
  if (fclose (f) != 0)
    return 125;
  return WIFEXITED (status) ? WEXITSTATUS (status) : 125;
}
