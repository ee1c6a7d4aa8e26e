/* pjoin: wait for processes, deliver their output and exit with their status.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pjoin.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "c-ctype.h"
#include "error.h"
#include "progname.h"
#include "quote.h"
#include "xstrtol.h"

#include "exit-status.h"
#include "front.h"
#include "open-records.h"

/* Options without a letter.  */
enum
{
  ANY_OPTION = FRONT_OPTION_MAX,
  ANY_STATUS_OPTION,
  COUNT_OPTION,
  FIRST_FAILURE_OPTION,
  JSON_OPTION,
  KEEP_OPTION,
  LIST_OPTION,
  POLL_OPTION,
  REPORT_OPTION
};

static char const short_options[] = "0Afk:qs:t:vz";

static struct option const long_options[] = {
  { "all", no_argument, NULL, 'A' },
  { "any", no_argument, NULL, ANY_OPTION },
  { "any-status", no_argument, NULL, ANY_STATUS_OPTION },
  { "count", required_argument, NULL, COUNT_OPTION },
  { "first-failure", no_argument, NULL, FIRST_FAILURE_OPTION },
  { "follow", no_argument, NULL, 'f' },
  { "json", no_argument, NULL, JSON_OPTION },
  { "keep", no_argument, NULL, KEEP_OPTION },
  { "kill-after", required_argument, NULL, 'k' },
  { "list", no_argument, NULL, LIST_OPTION },
  { "null", no_argument, NULL, '0' },
  { "poll", no_argument, NULL, POLL_OPTION },
  { "quiet", no_argument, NULL, 'q' },
  { "report", optional_argument, NULL, REPORT_OPTION },
  { "signal", required_argument, NULL, 's' },
  { "timeout", required_argument, NULL, 't' },
  { "verbose", no_argument, NULL, 'v' },
  { "zero", no_argument, NULL, 'z' },
  FRONT_LONG_OPTIONS,
  { NULL, 0, NULL, 0 }
};

/* Write the part of --help on the options to standard output.  */
static void
help_options (void)
{
  fputs (_("\n\
Which processes:\n\
  -A, --all              all of this scope\n\
  -0, --null             handles read end with a NUL byte, not a newline\n\
"), stdout);
  fputs (_("\n\
How long to wait:\n\
      --count=M          until M of them have ended; the others stay\n\
      --any              the same as --count=1\n\
      --first-failure    until one has failed; those that run still stay\n\
  -t, --timeout=DURATION  for DURATION at most; then join none, exit with 124\n\
  -s, --signal=SIGNAL    with -t: then end those that run still, with all that\n\
                           they have started, by SIGNAL (default TERM), and\n\
                           join all\n\
  -k, --kill-after=DURATION\n\
                         likewise, and send SIGKILL so much later to those\n\
                           that are still there\n\
      --poll             do not wait or join: exit with 0 if they have ended,\n\
                           1 if not\n\
"), stdout);
  fputs (_("\n\
Output and status:\n\
  -f, --follow           write output as it is produced\n\
      --keep             write it, and keep it for another pjoin\n\
  -q, --quiet            drop it\n\
      --any-status       take a status that cannot be known for success\n\
  -v, --verbose          say on standard error how each one has ended\n\
"), stdout);
  fputs (_("\n\
Reports:\n\
      --report[=FORMAT]  after all output, write a line for each process that\n\
                           was joined\n\
      --list             do not wait or join: write it for each process, of\n\
                           this scope if none is named\n\
      --json             write a JSON array of objects, not lines\n\
  -z, --zero             end lines with a NUL byte, not a newline\n\
"), stdout);
}

/* Write --help to standard output.  */
static void
help (void)
{
  static int const statuses[] = {
    MP_EXIT_SUCCESS, MP_EXIT_NO, MP_EXIT_UNKNOWN, MP_EXIT_TIMEOUT,
    MP_EXIT_FAILURE, MP_EXIT_SIGNAL
  };
  printf (_("\
Usage: %s [OPTION]... HANDLE...\n\
  or:  %s [OPTION]... --all\n\
  or:  %s [OPTION]... --list [HANDLE]...\n\
"), program_name, program_name, program_name);
  fputs (_("\
Wait until the processes have ended, write the output that pspawn has kept of\n\
each, and exit with the status of the first that failed, or 0.\n\
HANDLE is a name, a PID:ID that pspawn has printed, or the PID of any process;\n\
- reads handles from standard input, one a line.\n\
"), stdout);
  help_options ();
  fputs ("\n", stdout);
  front_help_options ();
  fputs (_("\n\
DURATION is a number with an optional unit: ms, s (default), m, h or d.\n\
FORMAT may have: %h handle, %n name, %p PID, %s state (running, ended, or lost:\n\
its supervisor was killed), %x exit status, %e elapsed, %U user and %S system\n\
time in seconds, %M peak memory in KiB, %C command, %%, and \\t, \\n, \\\\.\n\
"), stdout);
  front_help_statuses (statuses, sizeof statuses / sizeof *statuses);
  front_help_tail ();
}

/* The number that S, the value of --count, means.  */
static size_t
parse_count (char const *s)
{
  uintmax_t n;
  if (!c_isdigit (*s) || xstrtoumax (s, NULL, 10, &n, "") != LONGINT_OK
      || n == 0 || SIZE_MAX < n)
    front_bad_value (_("invalid number of processes"), s);
  return n;
}

/* Put the option that getopt returned as CODE, with its argument ARG, into
   *O.  */
static void
set_option (struct pjoin_options *o, int code, char const *arg)
{
  switch (code)
    {
    case '0':
      o->delimiter = '\0';
      break;
    case 'A':
      o->all = true;
      break;
    case 'f':
      o->follow = true;
      break;
    case 'k':
      o->kill_after = front_duration (arg);
      break;
    case 'q':
      o->quiet = true;
      break;
    case 's':
      o->signal = front_signal (arg);
      break;
    case 't':
      o->timeout = front_duration (arg);
      break;
    case 'v':
      o->verbose = true;
      break;
    case 'z':
      o->terminator = '\0';
      break;
    case ANY_OPTION:
      o->count = 1;
      break;
    case ANY_STATUS_OPTION:
      o->any_status = true;
      break;
    case COUNT_OPTION:
      o->count = parse_count (arg);
      break;
    case FIRST_FAILURE_OPTION:
      o->first_failure = true;
      break;
    case JSON_OPTION:
      o->json = true;
      break;
    case KEEP_OPTION:
      o->keep = true;
      break;
    case LIST_OPTION:
      o->list = true;
      break;
    case POLL_OPTION:
      o->poll = true;
      break;
    case REPORT_OPTION:
      o->format = arg ? arg : pjoin_default_format;
      pjoin_check_format (o->format);
      break;
    case FRONT_HELP_OPTION:
      help ();
      exit (EXIT_SUCCESS);
    case FRONT_VERSION_OPTION:
      front_version ("pjoin");
    default:
      front_try_help ();
    }
}

/* Check that the options of O go together.  */
static void
check_options (struct pjoin_options const *o)
{
  bool look = o->poll || o->list;
  bool end = o->signal || 0 <= o->kill_after;
  struct { bool wrong; char const *one, *other; } const pairs[] = {
    { o->poll && o->list, "--poll", "--list" },
    { look && 0 <= o->timeout, "--timeout", o->poll ? "--poll" : "--list" },
    { look && o->follow, "--follow", o->poll ? "--poll" : "--list" },
    { look && o->first_failure, "--first-failure",
      o->poll ? "--poll" : "--list" },
    { o->list && o->count, "--count", "--list" },
    { o->follow && o->quiet, "--follow", "--quiet" }
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (pairs[i].wrong)
      {
        error (0, 0, _("%s and %s exclude each other"), pairs[i].one,
               pairs[i].other);
        front_try_help ();
      }
  if (end && o->timeout < 0)
    {
      error (0, 0, _("--signal and --kill-after need --timeout"));
      front_try_help ();
    }
}

/* Check that the operands of O go with its options.  */
static void
check_operands (struct pjoin_options const *o)
{
  if (o->all && o->n_operands)
    error (0, 0, _("extra operand %s: --all names them all"),
           quote (o->operand[0]));
  else if (!o->all && !o->list && !o->n_operands)
    error (0, 0, _("no process was named"));
  else
    return;
  front_try_help ();
}

/* Read the command line into *O.  */
static void
parse (int argc, char **argv, struct pjoin_options *o)
{
  int code;
  *o = (struct pjoin_options) {
    .delimiter = '\n', .timeout = -1, .kill_after = -1, .terminator = '\n'
  };
  while ((code = getopt_long (argc, argv, short_options, long_options, NULL))
         != -1)
    set_option (o, code, optarg);
  check_options (o);
  o->operand = argv + optind;
  o->n_operands = argc - optind;
  check_operands (o);
  if (o->list && !o->format)
    o->format = pjoin_default_format;
}

/* Let J's jobs, of which each takes a descriptor, have as many as the system
   allows.  */
static void
raise_limit (struct pjoin *j)
{
  enum { OTHERS = 64, EACH = 6 };
  struct rlimit limit;
  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    j->frugal = limit.rlim_cur < OTHERS + EACH * (rlim_t) j->n;
}

/* Find what is to be joined.  Return 0 or the exit status.  */
static int
prepare (struct pjoin *j, struct mp_records *r)
{
  j->store = r;
  if (open_records (r, false))
    j->records = r;
  if (j->records && (j->o->list || j->o->all))
    clean_records (r);
  int status = pjoin_find (j);
  if (status)
    return status;
  if (j->n < j->o->count)
    {
      error (0, 0, ngettext ("there is only %zu process",
                             "there are only %zu processes", j->n), j->n);
      return MP_EXIT_NO;
    }
  raise_limit (j);
  return 0;
}

/* Look which jobs of J have ended.  Return the exit status of --poll.  */
static int
look (struct pjoin *j)
{
  size_t goal = j->o->count ? j->o->count : j->n;
  size_t ended = 0;
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job *job = j->job[i];
      job->chosen = true;
      job->state = pjoin_look (job);
      ended += job->state != PJOIN_RUNNING;
    }
  return goal <= ended ? MP_EXIT_SUCCESS : MP_EXIT_NO;
}

/* The exit status that the joined jobs of J make.  */
static int
joined_status (struct pjoin const *j)
{
  if (j->timed_out)
    return MP_EXIT_TIMEOUT;
  for (size_t i = 0; i < j->n; i++)
    {
      int status = j->job[i]->chosen ? pjoin_job_status (j->job[i]) : 0;
      if (status)
        return status;
    }
  return MP_EXIT_SUCCESS;
}

/* Wait for the jobs of J and join them.  Return the exit status.  */
static int
work (struct pjoin *j)
{
  int err = mp_watch_init (&j->watch, false);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot wait"));
  pjoin_output_open (j);
  err = pjoin_wait (j);
  if (!err)
    err = pjoin_deliver (j);
  int status = pjoin_output_close (j, err);
  mp_watch_free (&j->watch);
  j->cut = status;
  return status ? status : joined_status (j);
}

int
main (int argc, char **argv)
{
  struct pjoin_options o;
  struct mp_records records = { .fd = -1 };
  struct pjoin j = { .o = &o };

  front_init (argv[0]);
  parse (argc, argv, &o);
  /* What it writes is the user's records, which he is to read again.  */
  umask (S_IRWXG | S_IRWXO);
  int status = prepare (&j, &records);
  if (!status)
    {
      status = o.poll || o.list ? look (&j) : work (&j);
      if ((o.format || o.json) && !j.cut)
        pjoin_report (&j);
      if (o.list)
        status = MP_EXIT_SUCCESS;
      if (!status && j.damage)
        status = MP_EXIT_FAILURE;
    }
  pjoin_forget (&j);
  mp_records_close (&records);
  return status;
}
