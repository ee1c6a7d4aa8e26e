/* pkill-tree: end processes and everything that they have started.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pkill-tree.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "minmax.h"
#include "progname.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "open-records.h"
#include "items.h"
#include "parse.h"
#include "procstat.h"
#include "proctext.h"

/* Options without a letter.  */
enum
{
  DESCENDANTS_OPTION = FRONT_OPTION_MAX,
  DRY_RUN_OPTION,
  NO_WAIT_OPTION,
  STRICT_OPTION,
  TREE_OPTION
};

static char const short_options[] = "0k:qs:t:vz";

static struct option const long_options[] = {
  { "descendants", no_argument, NULL, DESCENDANTS_OPTION },
  { "dry-run", no_argument, NULL, DRY_RUN_OPTION },
  { "kill-after", required_argument, NULL, 'k' },
  { "no-wait", no_argument, NULL, NO_WAIT_OPTION },
  { "null", no_argument, NULL, '0' },
  { "quiet", no_argument, NULL, 'q' },
  { "signal", required_argument, NULL, 's' },
  { "strict", no_argument, NULL, STRICT_OPTION },
  { "timeout", required_argument, NULL, 't' },
  { "tree", no_argument, NULL, TREE_OPTION },
  { "verbose", no_argument, NULL, 'v' },
  { "zero", no_argument, NULL, 'z' },
  FRONT_LONG_OPTIONS,
  { NULL, 0, NULL, 0 }
};

/* The signals that are sent to end a process.  */
static int const ending_signals[]
  = { SIGABRT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM };

/* What was named.  */
struct operands
{
  char **name;
  struct mp_handle *handle;     /* of each */
  int *error;                   /* why there is none, or 0 */
  size_t n;
  size_t n_alloc;
};

/* Write --help to standard output.  */
static void
help (void)
{
  static int const statuses[] = {
    MP_EXIT_SUCCESS, MP_EXIT_NO, MP_EXIT_TIMEOUT, MP_EXIT_FAILURE
  };
  printf (_("Usage: %s [OPTION]... HANDLE...\n"), program_name);
  fputs (_("\
End each process named by a HANDLE, and everything that it has started, and\n\
wait until all are gone.\n\
"), stdout);
  fputs (_("\n\
HANDLE is a name or a PID:ID that pspawn has given, or the PID of any process.\n\
'-' reads handles from standard input, one a line.\n\
"), stdout);
  fputs (_("\n\
What to send:\n\
  -s, --signal=SIGNAL    send SIGNAL (default TERM)\n\
  -k, --kill-after=DURATION\n\
                         send KILL to what is left DURATION after SIGNAL\n\
"), stdout);
  fputs (_("\n\
To which processes:\n\
      --descendants      spare the processes named; end their descendants only\n\
      --strict           take descendants only, not what else is of their\n\
                           sessions, process groups or handles\n\
"), stdout);
  fputs (_("\n\
How long to wait:\n\
  -t, --timeout=DURATION  wait DURATION at most after the last signal (default\n\
                           10s), then name those that are left\n\
      --no-wait          do not wait\n\
"), stdout);
  fputs (_("\n\
Input and output:\n\
  -0, --null             handles read end with a NUL byte, not a newline\n\
      --dry-run          write PID and command of each process that would be\n\
                           signalled, one a line, and signal none\n\
      --tree             likewise, but draw them as a tree\n\
  -z, --zero             end the lines of these with a NUL byte, not a newline\n\
  -v, --verbose          name each process that was signalled\n\
  -q, --quiet            do not name those that are missing, refused, spared or\n\
                           left\n\
"), stdout);
  fputs ("\n", stdout);
  front_help_options ();
  fputs (_("\n\
DURATION is a number with an optional unit: ms, s (default), m, h or d.\n\
It does not wait after a SIGNAL that is not there to end processes (others than\n\
ABRT, HUP, INT, KILL, QUIT, TERM), unless -k or -t is given.\n\
"), stdout);
  front_help_statuses (statuses, sizeof statuses / sizeof *statuses);
  front_help_tail ();
}

/* The signal that S means.  */
static int
parse_signal (char const *s)
{
  int sig;
  if (mp_parse_signal (s, &sig) != 0)
    front_bad_value (_("invalid signal"), s);
  return sig;
}

/* Whether SIG is sent to end a process.  */
static bool
is_ending (int sig)
{
  for (size_t i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++)
    if (ending_signals[i] == sig)
      return true;
  return false;
}

/* Put the option that getopt returned as C, with its argument, into *O;
   *TIMED tells that it was -t.  */
static void
set_option (struct pkill_tree_options *o, int c, bool *timed)
{
  switch (c)
    {
    case '0':
      o->terminator = '\0';
      break;
    case 'k':
      o->kill = true;
      o->kill_after = front_duration (optarg);
      break;
    case 'q':
      o->quiet = true;
      break;
    case 's':
      o->signal = parse_signal (optarg);
      break;
    case 't':
      *timed = true;
      o->timeout = front_duration (optarg);
      break;
    case 'v':
      o->verbose = true;
      break;
    case 'z':
      o->line_end = '\0';
      break;
    case DESCENDANTS_OPTION:
      o->flags |= MP_TREESET_DESCENDANTS;
      break;
    case DRY_RUN_OPTION:
      o->dry_run = true;
      break;
    case NO_WAIT_OPTION:
      o->wait = false;
      break;
    case STRICT_OPTION:
      o->flags |= MP_TREESET_STRICT;
      break;
    case TREE_OPTION:
      o->draw = true;
      break;
    case FRONT_HELP_OPTION:
      help ();
      exit (EXIT_SUCCESS);
    case FRONT_VERSION_OPTION:
      front_version ("pkill-tree");
    default:
      front_try_help ();
    }
}

/* Parse the options of the ARGC strings ARGV into *O.  */
static void
parse_options (int argc, char **argv, struct pkill_tree_options *o)
{
  int c;
  bool timed = false;
  *o = (struct pkill_tree_options) {
    .signal = SIGTERM, .wait = true, .timeout = 10000LL * MP_MILLISECOND,
    .terminator = '\n', .line_end = '\n'
  };
  while ((c = getopt_long (argc, argv, short_options, long_options, NULL))
         != -1)
    set_option (o, c, &timed);
  if (!o->wait && (o->kill || timed))
    {
      error (0, 0, _("--no-wait and %s exclude each other"),
             o->kill ? "--kill-after" : "--timeout");
      front_try_help ();
    }
  if (o->signal == 0 || ! (is_ending (o->signal) || o->kill || timed))
    o->wait = false;
  if (!is_ending (o->signal))
    o->flags |= MP_TREE_KEEP_STOPPED;
  if (optind == argc)
    {
      error (0, 0, _("no process was named"));
      front_try_help ();
    }
}

/* Add NAME to P.  */
static void
add_name (struct operands *p, char const *name)
{
  if (p->n == p->n_alloc)
    p->name = x2nrealloc (p->name, &p->n_alloc, sizeof *p->name);
  p->name[p->n++] = xstrdup (name);
}

/* Report that NAME can name no process, and exit.  */
static noreturn void
bad_handle (char const *name)
{
  error (0, 0, _("invalid handle: %s"), quote (name));
  front_try_help ();
}

/* Add the handle that was read as ITEM to P; an empty line is none.  */
static void
add_item (struct pkill_tree_options const *o, struct operands *p,
          struct mp_item *item)
{
  if (strlen (item->data) != item->len)
    bad_handle (item->data);
  if (o->terminator == '\n' && item->len
      && item->data[item->len - 1] == '\r')
    item->data[item->len - 1] = '\0';
  if (*item->data)
    add_name (p, item->data);
}

/* Add the handles on standard input to P.  */
static void
read_names (struct pkill_tree_options const *o, struct operands *p)
{
  struct mp_items items;
  struct mp_item item;
  int err = mp_items_init (&items, STDIN_FILENO, o->terminator);
  while (!err)
    {
      err = mp_items_next (&items, &item);
      if (!err && !item.data)
        break;
      if (!err)
        add_item (o, p, &item);
      else if (err == EAGAIN)
        {
          struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
          err = poll (&fd, 1, -1) < 0 && errno != EINTR ? errno : 0;
        }
    }
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot read standard input"));
  mp_items_free (&items);
}

/* Take the operands, the ARGC strings ARGV, into *P.  */
static void
parse_operands (struct pkill_tree_options const *o, int argc, char **argv,
                struct operands *p)
{
  *p = (struct operands) { .n = 0 };
  for (int i = 0; i < argc; i++)
    if (strcmp (argv[i], "-") == 0)
      read_names (o, p);
    else
      add_name (p, argv[i]);
  p->handle = xcalloc (p->n + 1, sizeof *p->handle);
  p->error = xcalloc (p->n + 1, sizeof *p->error);
}

/* Let a descriptor be held for as many processes as the system allows.  */
static void
raise_limit (void)
{
  struct rlimit limit;
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0
      && limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

/* Find the handles of P among the records R.  Exit if one is malformed, or
   cannot be read: nothing has been signalled yet.  */
static void
find_handles (struct mp_records *r, struct operands *p)
{
  char const *scope = mp_handle_scope ();
  for (size_t i = 0; i < p->n; i++)
    {
      int err = mp_handle_find (r, scope, p->name[i], &p->handle[i]);
      if (err == EINVAL)
        bad_handle (p->name[i]);
      if (err == EBADMSG)
        error (MP_EXIT_FAILURE, 0, _("the record of %s is damaged"),
               quote (p->name[i]));
      if (err && err != ENOENT && err != ESRCH)
        error (MP_EXIT_FAILURE, err, _("process %s"), quote (p->name[i]));
      p->error[i] = err;
    }
}

/* Report why there is no process NAME, which ERR says.  */
static void
report_missing (char const *name, int err)
{
  /* All that is found by a number is a number.  */
  pid_t leader = (strspn (name, "0123456789") == strlen (name)
                  ? mp_proctext_leader (MIN (strtoul (name, NULL, 10),
                                             INT_MAX)) : 0);
  if (leader)
    error (0, 0, _("process %s: it is a thread of process %jd"), quote (name),
           (intmax_t) leader);
  else if (err == ENOENT)
    error (0, 0, _("process %s: nothing has that name"), quote (name));
  else
    error (0, ESRCH, _("process %s"), quote (name));
}

/* Report that the process NAME was refused, and WHY.  */
static void
report_refusal (char const *name, enum mp_refusal why)
{
  static char const *const reasons[] = {
    [MP_REFUSED_SELF] = N_("it is this program itself"),
    [MP_REFUSED_ANCESTOR] = N_("it is an ancestor of this program"),
    [MP_REFUSED_INIT] = N_("all processes descend from it"),
    [MP_REFUSED_KERNEL] = N_("it is a thread of the kernel"),
    [MP_REFUSED_THREAD] = N_("it is a thread of another process"),
    [MP_REFUSED_SUPERVISOR]
      = N_("it supervises what pspawn has started; name that"),
    [MP_REFUSED_OWNER] = N_("it belongs to another user")
  };
  error (0, 0, _("process %s is refused: %s"), quote (name),
         _(reasons[why]));
}

/* Make the handles of P the targets of S, those that can be; report the
   others, and set their ERROR.  Return the exit status.  */
static int
add_targets (struct pkill_tree_options const *o, struct operands *p,
             struct mp_treeset *s)
{
  int status = MP_EXIT_SUCCESS;
  for (size_t i = 0; i < p->n; i++)
    {
      enum mp_refusal why = MP_REFUSED_NOT;
      int err = p->error[i];
      if (!err)
        err = mp_treeset_add (s, &p->handle[i], &why);
      if (err && err != EPERM && err != ESRCH && err != ENOENT)
        error (MP_EXIT_FAILURE, err, _("process %s"), quote (p->name[i]));
      p->error[i] = err;
      if (!err)
        continue;
      status = MP_EXIT_NO;
      if (o->quiet)
        continue;
      if (why != MP_REFUSED_NOT)
        report_refusal (p->name[i], why);
      else
        report_missing (p->name[i], err);
    }
  return status;
}

/* Report the targets of S, which P names, of which nothing was left.  Return
   the exit status.  */
static int
report_ended (struct pkill_tree_options const *o, struct operands const *p,
              struct mp_treeset *s)
{
  int status = MP_EXIT_SUCCESS;
  size_t target = 0;
  for (size_t i = 0; i < p->n; i++)
    if (!p->error[i] && !mp_treeset_met (s, target++))
      {
        status = MP_EXIT_NO;
        if (!o->quiet)
          error (0, 0, _("process %s: it has ended"), quote (p->name[i]));
      }
  return status;
}

/* Free what P holds.  */
static void
free_operands (struct operands *p)
{
  for (size_t i = 0; i < p->n; i++)
    {
      free (p->name[i]);
      mp_handle_free (&p->handle[i]);
    }
  free (p->name);
  free (p->handle);
  free (p->error);
}

int
main (int argc, char **argv)
{
  struct pkill_tree_options o;
  struct operands operands;
  struct mp_records records;
  struct mp_treeset set;

  front_init (argv[0]);
  parse_options (argc, argv, &o);
  parse_operands (&o, argc - optind, argv + optind, &operands);

  raise_limit ();
  struct mp_records *r = open_records (&records, false) ? &records : NULL;
  int err = mp_treeset_begin (&set, o.flags, r);
  if (err == ENOSYS)
    error (MP_EXIT_FAILURE, 0,
           _("cannot see the processes: /proc is not there, or not ours"));
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot see the processes"));
  find_handles (r, &operands);

  int status = add_targets (&o, &operands, &set);
  int done = (o.dry_run || o.draw ? pkill_tree_show (&o, &set)
              : pkill_tree_end (&o, &set));
  int ended = report_ended (&o, &operands, &set);
  mp_treeset_end (&set);
  free_operands (&operands);
  mp_records_close (&records);
  return MAX (MAX (status, ended), done);
}
