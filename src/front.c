/* What the front ends of the suite share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "front.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "closeout.h"
#include "error.h"
#include "exitfail.h"
#include "progname.h"
#include "quote.h"
#include "stdopen.h"
#include "version-etc.h"

#include "exit-status.h"
#include "parse.h"

/* What version_etc writes; gnulib's year, which comes next, is another.  */
char const version_etc_copyright[] = "Copyright %s 2026 The mputils authors";

void
front_init (char const *argv0)
{
  /* What is opened later must not take the place of a standard stream.  */
  if (stdopen () != 0)
    exit (MP_EXIT_FAILURE);
  set_program_name (argv0);
  setlocale (LC_ALL, "");
  bindtextdomain (PACKAGE, LOCALEDIR);
  textdomain (PACKAGE);
  exit_failure = MP_EXIT_FAILURE;
  atexit (close_stdout);
}

void
front_help_options (void)
{
  fputs (_("      --help             display this help and exit\n"
           "      --version          output version information and exit\n"),
         stdout);
}

/* The words of STATUS for --help.  */
static char const *
status_words (int status)
{
  switch (status)
    {
    case MP_EXIT_SUCCESS:
      /* TRANSLATORS: what status 0 means, in --help, and the outcome of a
         task.  */
      return _("success");
    case MP_EXIT_NO:
      return _("the answer is no (still running, no such process)");
    case MP_EXIT_UNKNOWN:
      return _("it ended, but its status cannot be known");
    case MP_EXIT_SOME_FAILED:
      return _("some items failed");
    case MP_EXIT_TIMEOUT:
      return _("time ran out");
    case MP_EXIT_FAILURE:
      return _("the program itself failed (usage, resources)");
    case MP_EXIT_CANNOT_INVOKE:
      return _("COMMAND is found but cannot be invoked");
    case MP_EXIT_NOT_FOUND:
      return _("COMMAND cannot be found");
    case MP_EXIT_SIGNAL:
      return _("ended by signal N");
    default:
      abort ();
    }
}

void
front_help_statuses (int const *statuses, int n)
{
  fputs (_("\nExit status:\n"), stdout);
  for (int i = 0; i < n; i++)
    if (statuses[i] == MP_EXIT_SIGNAL)
      printf ("  128+N  %s\n", status_words (statuses[i]));
    else
      printf ("  %-5d  %s\n", statuses[i], status_words (statuses[i]));
}

void
front_help_tail (void)
{
  fputs (_("\nFull documentation: info mputils\n"), stdout);
}

void
front_version (char const *name)
{
  version_etc (stdout, name, PACKAGE_NAME, PACKAGE_VERSION,
               _("The mputils authors"), (char *) NULL);
  exit (EXIT_SUCCESS);
}

void
front_try_help (void)
{
  fprintf (stderr, _("Try '%s --help' for more information.\n"),
           program_name);
  exit (MP_EXIT_FAILURE);
}

void
front_bad_value (char const *message, char const *value)
{
  /* TRANSLATORS: what is wrong, and with what: a value of an option, the first
     of the tasks that failed.  */
  error (0, 0, _("%s: %s"), message, quote (value));
  front_try_help ();
}

char const *
front_plain_error (int err)
{
#if HAVE_STRERROR_L && HAVE_NEWLOCALE
  static locale_t plain;
  if (!plain)
    plain = newlocale (LC_ALL_MASK, "C", NULL);
  if (plain)
    return strerror_l (err, plain);
#endif
  return strerror (err);
}

mp_time
front_duration (char const *s)
{
  struct timespec t;
  if (mp_parse_duration (s, &t) != 0)
    front_bad_value (_("invalid duration"), s);
  return mp_time_of (&t);
}

int
front_signal (char const *s)
{
  int sig;
  if (mp_parse_signal (s, &sig) != 0 || sig == 0)
    front_bad_value (_("invalid signal"), s);
  return sig;
}
