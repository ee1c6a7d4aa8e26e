/* ncpu: print how many CPUs a process may really use.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "front.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "c-strtod.h"
#include "error.h"
#include "intprops.h"
#include "progname.h"
#include "quote.h"
#include "xstrtol.h"

#include "cpus.h"
#include "exit-status.h"
#include "ncpu-report.h"
#include "parse.h"

/* What to write.  */
enum output
{
  OUTPUT_NUMBER,
  OUTPUT_LIST,
  OUTPUT_EXPLAIN,
  OUTPUT_JSON
};

struct options
{
  struct mp_cpus_request request;
  bool openmp;                  /* heed OpenMP's variables */
  enum output output;
};

enum
{
  ALL_OPTION = FRONT_OPTION_MAX,
  CORES_OPTION,
  EXPLAIN_OPTION,
  IGNORE_OPTION,
  JSON_OPTION,
  LIST_OPTION,
  MAX_OPTION,
  MEM_PER_JOB_OPTION,
  NODES_OPTION,
  ONLINE_OPTION,
  OPENMP_OPTION,
  PID_OPTION,
  ROUND_OPTION,
  SCALE_OPTION,
  SOCKETS_OPTION
};

static struct option const long_options[] =
  {
    {"all", no_argument, NULL, ALL_OPTION},
    {"cores", no_argument, NULL, CORES_OPTION},
    {"explain", no_argument, NULL, EXPLAIN_OPTION},
    {"ignore", required_argument, NULL, IGNORE_OPTION},
    {"json", no_argument, NULL, JSON_OPTION},
    {"list", no_argument, NULL, LIST_OPTION},
    {"max", required_argument, NULL, MAX_OPTION},
    {"mem-per-job", required_argument, NULL, MEM_PER_JOB_OPTION},
    {"nodes", no_argument, NULL, NODES_OPTION},
    {"online", no_argument, NULL, ONLINE_OPTION},
    {"openmp", no_argument, NULL, OPENMP_OPTION},
    {"pid", required_argument, NULL, PID_OPTION},
    {"round", required_argument, NULL, ROUND_OPTION},
    {"scale", required_argument, NULL, SCALE_OPTION},
    {"sockets", no_argument, NULL, SOCKETS_OPTION},
    FRONT_LONG_OPTIONS,
    {NULL, 0, NULL, 0}
  };

static void
usage (void)
{
  static int const statuses[]
    = { MP_EXIT_SUCCESS, MP_EXIT_NO, MP_EXIT_FAILURE };

  printf (_("Usage: %s [OPTION]...\n"), program_name);
  fputs (_("\
Print how many CPUs this process may really use: the least of those in its\n\
affinity mask, those online, what the CPU quota of its cgroup and of each\n\
cgroup above allows, and what Slurm gives it in a job; at least 1.\n\
"), stdout);
  fputs (_("\n\
Which CPUs:\n\
      --all              count all that are installed, whatever limits their use\n\
      --online           count all that are online, whatever limits their use\n\
      --pid=PID          count those that the process PID may use\n\
"), stdout);
  fputs (_("\n\
What to count:\n\
      --cores            the cores that have one of these CPUs\n\
      --sockets          likewise, the sockets\n\
      --nodes            likewise, the memory (NUMA) nodes\n\
"), stdout);
  fputs (_("\n\
What to do with the number, in this order:\n\
      --openmp           put the first of OMP_NUM_THREADS in its place, and\n\
                           lower it to OMP_THREAD_LIMIT\n\
      --scale=PERCENT    take PERCENT of it\n\
      --ignore=N         leave out N\n\
      --mem-per-job=SIZE  lower it to the jobs of SIZE bytes that fit in the\n\
                           memory available, also to the cgroup\n\
      --max=N            lower it to N\n\
      --round=HOW        make it whole: 'up' (default), 'down', 'nearest', or\n\
                           not at all: 'exact' prints 2.5\n\
"), stdout);
  fputs (_("\n\
What to print:\n\
      --list             the ids of the CPUs, as in 0-3,8; with --cores and so\n\
                           on, the first CPU of each\n\
      --explain          a table of every limit, where it is from and, marked\n\
                           '*', which one decided\n\
      --json             the same as a JSON object\n\
"), stdout);
  fputs ("\n", stdout);
  front_help_options ();
  fputs (_("\n\
Of --all and --online, of --cores, --sockets and --nodes, and of --list,\n\
--explain and --json, the last given counts.\n\
SIZE may end in K, M, G and so on (powers of 1024), or KB, MB... (of 1000).\n\
"), stdout);
  front_help_statuses (statuses, sizeof statuses / sizeof *statuses);
  front_help_tail ();
}

/* Report that OPTION cannot have VALUE, for the reason WHY, and exit.  */
noreturn static void
bad_value (char const *option, char const *value, char const *why)
{
  error (0, 0, "%s %s: %s", option, quote (value), why);
  exit (MP_EXIT_FAILURE);
}

/* Return the value S of OPTION, a whole number that is at least LEAST.  */
static uintmax_t
parse_number (char const *option, char const *s, uintmax_t least)
{
  uintmax_t n;
  strtol_error err = (c_isdigit (*s) ? xstrtoumax (s, NULL, 10, &n, "")
                      : LONGINT_INVALID);
  if (err == LONGINT_OVERFLOW)
    bad_value (option, s, _("too large"));
  if (err != LONGINT_OK)
    bad_value (option, s, _("not a whole number"));
  if (n < least)
    bad_value (option, s, _("must be at least 1"));
  return n;
}

/* Return the value S of --scale: a positive decimal number, perhaps followed
   by '%'.  */
static double
parse_percent (char const *s)
{
  char *end;
  double percent = c_strtod (s, &end);
  size_t len = strspn (s, ".0123456789");
  if (len == 0 || s + len != end || strcmp (end + (*end == '%'), "") != 0)
    bad_value ("--scale", s, _("not a percentage"));
  if (!(percent > 0))
    bad_value ("--scale", s, _("must be more than 0"));
  return percent;
}

/* Return the value S of --mem-per-job.  */
static uintmax_t
parse_job_size (char const *s)
{
  uintmax_t size;
  int err = mp_parse_size (s, &size);
  if (err)
    bad_value ("--mem-per-job", s,
               err == ERANGE ? _("too large") : _("not a size"));
  if (size == 0)
    bad_value ("--mem-per-job", s, _("must be at least 1"));
  return size;
}

/* Return the value S of --round.  */
static enum mp_cpus_round
parse_round (char const *s)
{
  for (int i = 0; i < NCPU_ROUNDS; i++)
    if (strcmp (s, ncpu_rounds[i]) == 0)
      return i;
  bad_value ("--round", s, _("not 'up', 'down', 'nearest' or 'exact'"));
}

/* Report that there is no process PID, and exit.  */
noreturn static void
no_process (char const *pid)
{
  /* TRANSLATORS: what follows is ": No such process".  */
  error (0, ESRCH, _("process %s"), quote (pid));
  exit (MP_EXIT_NO);
}

/* Return the value S of --pid.  */
static pid_t
parse_pid (char const *s)
{
  uintmax_t n = parse_number ("--pid", s, 1);
  if (n > TYPE_MAXIMUM (pid_t))
    no_process (s);
  return n;
}

/* Put the option that getopt returned as CODE, with its argument ARG, into
   *O.  */
static void
set_option (struct options *o, int code, char const *arg)
{
  switch (code)
    {
    case ALL_OPTION:
      o->request.base = MP_CPUS_INSTALLED;
      break;
    case ONLINE_OPTION:
      o->request.base = MP_CPUS_ONLINE;
      break;
    case PID_OPTION:
      o->request.pid = parse_pid (arg);
      break;
    case CORES_OPTION:
      o->request.unit = MP_CPUS_CORE;
      break;
    case SOCKETS_OPTION:
      o->request.unit = MP_CPUS_SOCKET;
      break;
    case NODES_OPTION:
      o->request.unit = MP_CPUS_NODE;
      break;
    case OPENMP_OPTION:
      o->openmp = true;
      break;
    case SCALE_OPTION:
      o->request.scale = parse_percent (arg);
      break;
    case IGNORE_OPTION:
      o->request.ignore = parse_number ("--ignore", arg, 0);
      break;
    case MEM_PER_JOB_OPTION:
      o->request.mem_per_job = parse_job_size (arg);
      break;
    case MAX_OPTION:
      o->request.max = parse_number ("--max", arg, 1);
      break;
    case ROUND_OPTION:
      o->request.round = parse_round (arg);
      break;
    case LIST_OPTION:
      o->output = OUTPUT_LIST;
      break;
    case EXPLAIN_OPTION:
      o->output = OUTPUT_EXPLAIN;
      break;
    case JSON_OPTION:
      o->output = OUTPUT_JSON;
      break;
    case FRONT_HELP_OPTION:
      usage ();
      exit (EXIT_SUCCESS);
    case FRONT_VERSION_OPTION:
      front_version ("ncpu");
    default:
      front_try_help ();
    }
}

/* Read the command line into *O.  */
static void
parse (int argc, char **argv, struct options *o)
{
  int code;
  while ((code = getopt_long (argc, argv, "+", long_options, NULL)) != -1)
    set_option (o, code, optarg);
  if (optind < argc)
    {
      error (0, 0, _("extra operand %s"), quote (argv[optind]));
      front_try_help ();
    }
}

/* Complete the request in *O.  */
static void
prepare (struct options *o)
{
  o->request.details = (o->output == OUTPUT_EXPLAIN
                        || o->output == OUTPUT_JSON);
  if (o->openmp)
    {
      o->request.omp_num_threads = getenv ("OMP_NUM_THREADS");
      o->request.omp_thread_limit = getenv ("OMP_THREAD_LIMIT");
    }
}

/* Answer the request of O in *CPUS.  */
static void
count (struct options const *o, struct mp_cpus *cpus)
{
  char pid[INT_BUFSIZE_BOUND (pid_t)];
  int err = mp_cpus_count (&o->request, cpus);
  if (err == ESRCH)
    {
      sprintf (pid, "%ld", (long int) o->request.pid);
      no_process (pid);
    }
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot count the CPUs"));
}

/* Write the answer CPUS as O asks.  */
static void
report (struct options const *o, struct mp_cpus const *cpus)
{
  char *list = NULL;
  int err = 0;
  if (o->output == OUTPUT_LIST || o->output == OUTPUT_JSON)
    err = mp_cpulist_format (&cpus->ids, &list);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot list the CPUs"));
  switch (o->output)
    {
    case OUTPUT_NUMBER:
      ncpu_print_number (&o->request, cpus);
      break;
    case OUTPUT_LIST:
      puts (list);
      break;
    case OUTPUT_EXPLAIN:
      ncpu_print_table (&o->request, cpus);
      break;
    case OUTPUT_JSON:
      ncpu_print_json (&o->request, cpus, list);
      break;
    }
  free (list);
}

int
main (int argc, char **argv)
{
  struct options o = { .output = OUTPUT_NUMBER };
  struct mp_cpus cpus;

  front_init (argv[0]);
  parse (argc, argv, &o);
  prepare (&o);
  count (&o, &cpus);
  report (&o, &cpus);
  mp_cpus_free (&cpus);
  return EXIT_SUCCESS;
}
