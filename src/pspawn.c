/* pspawn: start a command in the background and print a handle to it.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "c-ctype.h"
#include "error.h"
#include "progname.h"
#include "quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "open-records.h"
#include "parse.h"
#include "procspawn.h"

char const *const pspawn_prints[PSPAWN_PRINTS] = {
  [PSPAWN_PRINT_HANDLE] = "handle",
  [PSPAWN_PRINT_PID] = "pid",
  [PSPAWN_PRINT_NAME] = "name",
  [PSPAWN_PRINT_NONE] = "none"
};

char const *const pspawn_methods[PSPAWN_METHODS] = {
  [PSPAWN_SPAWN] = "spawn",
  [PSPAWN_FORK] = "fork",
  [PSPAWN_FORKSERVER] = "forkserver"
};

/* Options without a letter.  */
enum
{
  KEEP_MAX_OPTION = FRONT_OPTION_MAX,
  LIST_START_METHODS_OPTION,
  ON_EXIT_OPTION,
  OWNER_OPTION,
  PRINT_OPTION,
  SCOPE_OPTION,
  START_METHOD_OPTION,
  TERMINATE_OPTION
};

static char const short_options[] = "+De:i:k:N:o:qs:t:";

static struct option const long_options[] = {
  { "daemon", no_argument, NULL, 'D' },
  { "keep-max", required_argument, NULL, KEEP_MAX_OPTION },
  { "kill-after", required_argument, NULL, 'k' },
  { "list-start-methods", no_argument, NULL, LIST_START_METHODS_OPTION },
  { "name", required_argument, NULL, 'N' },
  { "on-exit", required_argument, NULL, ON_EXIT_OPTION },
  { "owner", required_argument, NULL, OWNER_OPTION },
  { "print", required_argument, NULL, PRINT_OPTION },
  { "quiet", no_argument, NULL, 'q' },
  { "scope", no_argument, NULL, SCOPE_OPTION },
  { "signal", required_argument, NULL, 's' },
  { "start-method", required_argument, NULL, START_METHOD_OPTION },
  { "stderr", required_argument, NULL, 'e' },
  { "stdin", required_argument, NULL, 'i' },
  { "stdout", required_argument, NULL, 'o' },
  { "terminate", no_argument, NULL, TERMINATE_OPTION },
  { "timeout", required_argument, NULL, 't' },
  FRONT_LONG_OPTIONS,
  { NULL, 0, NULL, 0 }
};

/* Write --help to standard output.  */
static void
help (void)
{
  static int const statuses[] = {
    MP_EXIT_SUCCESS, MP_EXIT_NO, MP_EXIT_TIMEOUT, MP_EXIT_FAILURE,
    MP_EXIT_CANNOT_INVOKE, MP_EXIT_NOT_FOUND, MP_EXIT_SIGNAL
  };
  printf (_("\
Usage: %s [OPTION]... COMMAND [ARG]...\n\
  or:  %s [OPTION]... --scope COMMAND [ARG]...\n\
"), program_name, program_name);
  fputs (_("\
Start COMMAND in the background, and print a handle to it, for pjoin and\n\
pkill-tree, as soon as it runs.  It goes on when the terminal closes.\n\
"), stdout);
  fputs (_("\n\
What it is called and what it gets:\n\
  -N, --name=NAME        call it NAME (default: Process-1, Process-2...)\n\
  -i, --stdin=FILE       its standard input (default: null)\n\
  -o, --stdout=FILE      its standard output (default: keep)\n\
  -e, --stderr=FILE      its standard error (default: keep); FILE may be\n\
                           'inherit' (as pspawn has it), 'null', or 'keep':\n\
                           pjoin will write it\n\
      --keep-max=SIZE    keep at most SIZE bytes of each (default 1G): the\n\
                           beginning and the end\n\
      --start-method=METHOD  spawn: a new process, with no descriptor above 2\n\
                           (default); fork: it inherits all descriptors;\n\
                           forkserver: one server of this scope starts it\n\
      --list-start-methods  print the names of the methods\n\
"), stdout);
  fputs (_("\n\
How it ends:\n\
  -D, --daemon           end it, with all that it has started, when its owner\n\
                           ends\n\
      --owner=PID        its owner (default: the main process of the scope, or\n\
                           else the parent of pspawn)\n\
  -t, --timeout=DURATION  end it after DURATION\n\
  -s, --signal=SIGNAL    end it by SIGNAL (default TERM)\n\
  -k, --kill-after=DURATION\n\
                         and by SIGKILL DURATION later (default 5s)\n\
      --on-exit=SCRIPT   run SCRIPT by sh when it has ended, with the status\n\
                           in MPUTILS_STATUS\n\
"), stdout);
  fputs (_("\n\
What is printed:\n\
      --print=WHAT       handle (default), pid, name or none\n\
  -q, --quiet            the same as --print=none\n\
"), stdout);
  fputs (_("\n\
Scopes:\n\
      --scope            run COMMAND in the foreground, with our own streams;\n\
                           when it has ended, wait for what it has started\n\
                           by pspawn, end the daemonic ones and everything\n\
                           else, and exit with its status\n\
      --terminate        with --scope: wait for nothing, end all\n\
"), stdout);
  fputs ("\n", stdout);
  front_help_options ();
  fputs (_("\n\
DURATION is a number with an optional unit: ms, s (default), m, h or d.\n\
SIZE may end in K, M, G and so on (powers of 1024), or KB, MB... (of 1000).\n\
COMMAND finds MPUTILS_HANDLE, MPUTILS_NAME, MPUTILS_PARENT and MPUTILS_SCOPE\n\
in its environment.  MPUTILS_START_METHOD names the default method, and\n\
MPUTILS_DIR the directory of the records (default: mputils-UID in TMPDIR or\n\
/tmp).\n\
"), stdout);
  front_help_statuses (statuses, sizeof statuses / sizeof *statuses);
  front_help_tail ();
}

/* The process that S, the value of --owner, means.  */
static pid_t
parse_owner (char const *s)
{
  char *end;
  errno = 0;
  long int n = strtol (s, &end, 10);
  if (!c_isdigit (*s) || *end || errno || n <= 0 || INT_MAX < n)
    front_bad_value (_("invalid process ID"), s);
  return n;
}

/* The size that S, the value of --keep-max, means.  */
static uintmax_t
parse_size (char const *s)
{
  uintmax_t size;
  if (mp_parse_size (s, &size) != 0)
    front_bad_value (_("invalid size"), s);
  return size;
}

/* The number of S among the N NAMES; if it is none of them, exit with
   MESSAGE.  */
static int
parse_word (char const *message, char const *s, char const *const *names, int n)
{
  for (int i = 0; i < n; i++)
    if (strcmp (s, names[i]) == 0)
      return i;
  front_bad_value (message, s);
}

/* Write the names of the start methods.  */
static void
list_methods (void)
{
  for (int i = 0; i < PSPAWN_METHODS; i++)
    puts (pspawn_methods[i]);
}

/* Put the option that getopt returned as CODE, with its argument ARG, into
   *O.  */
static void
set_option (struct pspawn_options *o, int code, char const *arg)
{
  switch (code)
    {
    case 'D':
      o->daemon = true;
      break;
    case 'e':
      o->stream[STDERR_FILENO] = arg;
      break;
    case 'i':
      if (strcmp (arg, PSPAWN_KEEP) == 0)
        front_bad_value (_("invalid standard input"), arg);
      o->stream[STDIN_FILENO] = arg;
      break;
    case 'k':
      o->kill_after = front_duration (arg);
      break;
    case 'N':
      if (!mp_record_name_ok (arg))
        front_bad_value (_("invalid name"), arg);
      o->name = arg;
      break;
    case 'o':
      o->stream[STDOUT_FILENO] = arg;
      break;
    case 'q':
      o->print = PSPAWN_PRINT_NONE;
      break;
    case 's':
      o->signal = front_signal (arg);
      break;
    case 't':
      o->timeout = front_duration (arg);
      if (!o->timeout)
        front_bad_value (_("invalid duration"), arg);
      break;
    case KEEP_MAX_OPTION:
      o->keep_max = parse_size (arg);
      break;
    case LIST_START_METHODS_OPTION:
      list_methods ();
      exit (EXIT_SUCCESS);
    case ON_EXIT_OPTION:
      o->on_exit = arg;
      break;
    case OWNER_OPTION:
      o->owner = parse_owner (arg);
      break;
    case PRINT_OPTION:
      o->print = parse_word (_("invalid thing to print"), arg,
                             pspawn_prints, PSPAWN_PRINTS);
      break;
    case SCOPE_OPTION:
      o->scope = true;
      break;
    case START_METHOD_OPTION:
      o->method = parse_word (_("invalid start method"), arg,
                              pspawn_methods, PSPAWN_METHODS);
      break;
    case TERMINATE_OPTION:
      o->terminate = true;
      break;
    case FRONT_HELP_OPTION:
      help ();
      exit (EXIT_SUCCESS);
    case FRONT_VERSION_OPTION:
      front_version ("pspawn");
    default:
      front_try_help ();
    }
}

/* Report that OPTION does not go with --scope, or only with it, and exit.  */
static noreturn void
bad_combination (bool scope, char const *option)
{
  error (0, 0, (scope ? _("%s does not go with --scope")
                : _("%s goes only with --scope")), option);
  front_try_help ();
}

/* Check that the options of O go together.  */
static void
check_options (struct pspawn_options const *o)
{
  if (o->terminate && !o->scope)
    bad_combination (false, "--terminate");
  if (o->scope && o->daemon)
    bad_combination (true, "--daemon");
  if (o->scope && o->name)
    bad_combination (true, "--name");
  if (o->scope && o->on_exit)
    bad_combination (true, "--on-exit");
  if (o->owner && !o->daemon)
    {
      error (0, 0, _("--owner goes only with --daemon"));
      front_try_help ();
    }
}

/* Say in O where the streams go of which nothing was said.  */
static void
set_streams (struct pspawn_options *o)
{
  static char const *const defaults[] = {
    PSPAWN_NULL, PSPAWN_KEEP, PSPAWN_KEEP
  };
  for (int i = 0; i < 3; i++)
    if (!o->stream[i])
      o->stream[i] = o->scope ? PSPAWN_INHERIT : defaults[i];
    else if (o->scope && strcmp (o->stream[i], PSPAWN_KEEP) == 0)
      bad_combination (true, "keep");
}

/* Read the command line into *O.  */
static void
parse (int argc, char **argv, struct pspawn_options *o)
{
  char const *method = getenv ("MPUTILS_START_METHOD");
  int code;
  *o = (struct pspawn_options) {
    .signal = SIGTERM,
    .kill_after = 5000LL * MP_MILLISECOND, .keep_max = (uintmax_t) 1 << 30
  };
  if (method && *method)
    o->method = parse_word (_("invalid start method in"
                              " MPUTILS_START_METHOD"), method, pspawn_methods,
                            PSPAWN_METHODS);
  while ((code = getopt_long (argc, argv, short_options, long_options, NULL))
         != -1)
    set_option (o, code, optarg);
  check_options (o);
  set_streams (o);
  if (optind == argc)
    {
      error (0, 0, _("no command was given"));
      front_try_help ();
    }
  o->command = argv + optind;
}

/* See to it that no descriptor that is opened becomes one of the standard
   streams: those that are closed are opened such that using them fails.  */
static void
fill_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0
        && open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      exit (MP_EXIT_FAILURE);
}

int
pspawn_cannot_run (char const *name, int err)
{
  error (0, err, _("cannot run %s"), quote (name));
  switch (err)
    {
    case ENOENT:
      return MP_EXIT_NOT_FOUND;
    case EAGAIN: case ENOMEM: case EMFILE: case ENFILE: case E2BIG:
    case ENOSPC: case EDQUOT:
      return MP_EXIT_FAILURE;
    default:
      return MP_EXIT_CANNOT_INVOKE;
    }
}

/* Let COMMAND find R in whatever folder it is, even if R's is relative to
   ours.  */
static void
pass_records (struct mp_records const *r)
{
  char *cwd = *r->dir == '/' ? NULL : getcwd (NULL, 0);
  /* If ours is not there any more, there is nothing better than what it is.  */
  if (!cwd)
    return;
  char *dir = xasprintf ("%s/%s", cwd, r->dir);
  if (!dir || setenv ("MPUTILS_DIR", dir, true) != 0)
    xalloc_die ();
  free (dir);
  free (cwd);
}

int
main (int argc, char **argv)
{
  struct pspawn_options o;
  struct mp_records records;
  char *file;

  fill_standard_streams ();
  front_init (argv[0]);
  parse (argc, argv, &o);
  int err = mp_find_program (o.command[0], &file);
  if (err == ENOMEM)
    xalloc_die ();
  if (err)
    return pspawn_cannot_run (o.command[0], err);
  o.umask = umask (S_IRWXG | S_IRWXO);
  open_records (&records, true);
  pass_records (&records);
  int status = (o.scope ? pspawn_scope (&o, &records, file)
                : pspawn_start (&o, &records, file));
  mp_records_close (&records);
  free (file);
  return status;
}
