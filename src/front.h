/* What the front ends of the suite share.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef FRONT_H
#define FRONT_H

#include <getopt.h>
#include <stdnoreturn.h>

#include "gettext.h"
#include "monotime.h"
#define _(msgid) gettext (msgid)
#define N_(msgid) msgid

/* Codes for long options without a letter, common to all programs.  A
   program's own start at FRONT_OPTION_MAX.  */
enum
{
  FRONT_HELP_OPTION = 256,
  FRONT_VERSION_OPTION,
  FRONT_OPTION_MAX
};

/* The entries of --help and --version for a table of long options.  */
#define FRONT_LONG_OPTIONS \
  {"help", no_argument, NULL, FRONT_HELP_OPTION}, \
  {"version", no_argument, NULL, FRONT_VERSION_OPTION}

/* Do what the main of every program does first: see that the descriptors 0 to 2
   are open, set name, locale, message catalogue and the exit status of failed
   diagnostics, and let it be checked at exit that standard output took
   everything.  ARGV0 is argv[0].  */
void front_init (char const *argv0);

/* Write the lines on --help and --version, which end every list of
   options, to standard output.  */
void front_help_options (void);

/* Write the table of exit statuses, with the programs' common words, to
   standard output: those whose status is in STATUSES, an array of enum
   mp_exit_status of length N.  */
void front_help_statuses (int const *statuses, int n);

/* Write the end of every --help to standard output.  */
void front_help_tail (void);

/* Answer --version for the program whose plain name is NAME, and exit.  */
noreturn void front_version (char const *name);

/* After a usage error that was already reported, point to --help on standard
   error and exit with status 125.  */
noreturn void front_try_help (void);

/* Report with MESSAGE, which is translated, that VALUE is no good, and exit
   with status 125.  */
noreturn void front_bad_value (char const *message,
                               char const *value);

/* Return the text of ERR, an errno value, for what programs read: the same in
   every locale.  */
char const *front_plain_error (int err);

/* Return what S, the value of an option, means: a duration, at most some
   decades long; the number of a signal that can be sent.  If it means
   nothing, say so and exit.  */
mp_time front_duration (char const *s);
int front_signal (char const *s);

#endif
