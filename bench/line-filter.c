/* A filter that does next to nothing: read lines and write them again, with the
   first byte changed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <stdio.h>
#include <string.h>

int
main (int argc, char **argv)
{
  static char line[64 * 1024];
  if (argc != 2)
    {
      fputs ("usage: line-filter block|line\n", stderr);
      return 125;
    }
  if (strcmp (argv[1], "line") == 0)
    setvbuf (stdout, NULL, _IOLBF, BUFSIZ);
  while (fgets (line, sizeof line, stdin))
    {
      line[0] ^= 1;
      fputs (line, stdout);
    }
  return 0;
}
