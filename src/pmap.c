/* pmap: map a command over items with a pool of workers.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "error.h"
#include "progname.h"
#include "quote.h"
#include "xalloc.h"

#include "cpus.h"
#include "exit-status.h"
#include "front.h"
#include "parse.h"
#include "procspawn.h"

/* What names the sources of items on the command line.  */
static char const items_separator[] = ":::";
static char const files_separator[] = "::::";

/* Options without a letter.  */
enum
{
  CALLBACK_OPTION = FRONT_OPTION_MAX,
  DRY_RUN_OPTION,
  ERROR_CALLBACK_OPTION,
  HEADER_OPTION,
  INITIALIZER_OPTION,
  ISOLATE_OPTION,
  LINE_BUFFERED_OPTION,
  MAX_CHARS_OPTION,
  MAX_TASKS_OPTION,
  RECORD_END_OPTION,
  RECORD_START_OPTION,
  ROUND_ROBIN_OPTION,
  SHELL_OPTION,
  TAG_OPTION,
  UNGROUPED_OPTION
};

static char const short_options[] = "+0a:b::c:d:I:j:k:n:P:s:t:uvw";

static struct option const long_options[] = {
  { "arg-file", required_argument, NULL, 'a' },
  { "blocks", optional_argument, NULL, 'b' },
  { "callback", required_argument, NULL, CALLBACK_OPTION },
  { "chunksize", required_argument, NULL, 'n' },
  { "command", required_argument, NULL, 'c' },
  { "delimiter", required_argument, NULL, 'd' },
  { "dry-run", no_argument, NULL, DRY_RUN_OPTION },
  { "error-callback", required_argument, NULL, ERROR_CALLBACK_OPTION },
  { "filter", no_argument, NULL, 'w' },
  { "header", required_argument, NULL, HEADER_OPTION },
  { "initializer", required_argument, NULL, INITIALIZER_OPTION },
  { "isolate", no_argument, NULL, ISOLATE_OPTION },
  { "jobs", required_argument, NULL, 'j' },
  { "kill-after", required_argument, NULL, 'k' },
  { "line-buffered", no_argument, NULL, LINE_BUFFERED_OPTION },
  { "max-chars", required_argument, NULL, MAX_CHARS_OPTION },
  { "max-tasks-per-child", required_argument, NULL, MAX_TASKS_OPTION },
  { "null", no_argument, NULL, '0' },
  { "processes", required_argument, NULL, 'P' },
  { "recend", required_argument, NULL, RECORD_END_OPTION },
  { "recstart", required_argument, NULL, RECORD_START_OPTION },
  { "replace", required_argument, NULL, 'I' },
  { "round-robin", no_argument, NULL, ROUND_ROBIN_OPTION },
  { "shell", required_argument, NULL, SHELL_OPTION },
  { "signal", required_argument, NULL, 's' },
  { "tag", no_argument, NULL, TAG_OPTION },
  { "timeout", required_argument, NULL, 't' },
  { "ungrouped", no_argument, NULL, UNGROUPED_OPTION },
  { "unordered", no_argument, NULL, 'u' },
  { "verbose", no_argument, NULL, 'v' },
  FRONT_LONG_OPTIONS,
  { NULL, 0, NULL, 0 }
};

/* Write --help to standard output.  */
static void
help (void)
{
  static int const statuses[] = {
    MP_EXIT_SUCCESS, MP_EXIT_SOME_FAILED, MP_EXIT_FAILURE,
    MP_EXIT_CANNOT_INVOKE, MP_EXIT_NOT_FOUND, MP_EXIT_SIGNAL
  };
  printf (_("\
Usage: %s [OPTION]... COMMAND [ARG]... [::: ITEM...]\n\
  or:  %s [OPTION]... COMMAND [ARG]... :::: FILE\n\
  or:  %s [OPTION]... -c SCRIPT [::: ITEM...]\n\
  or:  %s [OPTION]... -w COMMAND [ARG]...\n\
  or:  %s [OPTION]... -b[SIZE] COMMAND [ARG]...\n\
"), program_name, program_name, program_name, program_name, program_name);
  fputs (_("\
Run COMMAND once for each item, several at a time on every usable CPU; or let\n\
shells that live on evaluate SCRIPT for each, with the item as \"$1\"; or let a\n\
few runs of COMMAND answer each item, a line, with a line; or give blocks of\n\
the input to COMMAND's standard input.\n\
The items are the lines of standard input, unless given otherwise.\n\
Outputs appear whole and in the order of the items.\n\
"), stdout);
  fputs (_("\n\
Items:\n\
  -0, --null             items end with a NUL byte, not a newline\n\
  -a, --arg-file=FILE    read items from FILE, not standard input\n\
  -d, --delimiter=C      items end with C: a character, or an escape such\n\
                           as \\t, \\0 or \\x1f\n\
  -n, --chunksize=N      give N items to each run of COMMAND (default 1), or\n\
                           of -c or -w, to a shell or filter at once (default:\n\
                           as they fit), or of -b, records to a block;\n\
                           'max': as many as fit on a command line\n\
      --max-chars=BYTES  use command lines of at most BYTES bytes, each\n\
                           argument with its terminator, as xargs -s counts\n\
"), stdout);
  fputs (_("\n\
Placeholders in COMMAND and ARGs; without any, the items are appended:\n\
  {}    the item                    {.}   the item without its extension\n\
  {/}   its last component          {//}  its directory\n\
  {/.}  last component, no extension\n\
  {#}   the task's number, from 1   {%}   its slot's number, from 1\n\
  -I, --replace=REPL     use REPL instead of {}\n\
"), stdout);
  fputs (_("\n\
Pool:\n\
  -P, --processes=N      run N tasks at a time (default: what ncpu prints);\n\
                           0: all at once; 50%: of the CPUs; +1, -1: more or\n\
                           fewer than CPUs\n\
  -j, --jobs=N           the same as -P\n\
  -t, --timeout=DURATION  end a task that takes longer, with all that it has\n\
                           started\n\
  -s, --signal=SIGNAL    end it by SIGNAL (default TERM)\n\
  -k, --kill-after=DURATION  when a task or the run is ended, send SIGKILL to\n\
                           what still runs DURATION later (default 5s)\n\
"), stdout);
  fputs (_("\n\
Warm shells and filters:\n\
  -c, --command=SCRIPT   evaluate SCRIPT for each item, which is \"$1\", in one\n\
                           of a few shells; what it changes there (variables,\n\
                           functions, directory) stays there\n\
  -w, --filter           give the items to a few runs of COMMAND, on standard\n\
                           input, one a line; the line that COMMAND writes for\n\
                           each is its output\n\
      --initializer=SCRIPT  evaluate SCRIPT in each shell before its first\n\
                           item, or before each COMMAND in its environment\n\
      --isolate          evaluate the script of -c in a subshell for each item\n\
      --max-tasks-per-child=N  replace a shell or filter after N items\n\
      --shell=PROGRAM    use PROGRAM instead of sh\n\
"), stdout);
  fputs (_("\n\
Blocks:\n\
  -b, --blocks[=SIZE]    give each run of COMMAND, on standard input, a block\n\
                           of the input: whole records, lines unless said\n\
                           otherwise, of SIZE bytes or a little more\n\
                           (default 960K, or more of a large input)\n\
      --recend=STRING    records end with STRING, which may have escapes\n\
      --recstart=STRING  records start with STRING\n\
      --header=N         repeat the first N lines before each block\n\
      --round-robin      give blocks to a few runs of COMMAND, each to one that\n\
                           has read its last one\n\
"), stdout);
  fputs (_("\n\
Output:\n\
  -u, --unordered        output of tasks in the order in which they end\n\
      --line-buffered    output line by line, as it comes\n\
      --ungrouped        tasks write to the output themselves\n\
      --tag              start each line with the item and a tab\n\
      --callback=SCRIPT  run SCRIPT for each task that succeeds, one at a time\n\
                           and in the order of the output, with the item as\n\
                           \"$1\", the status as \"$2\" and the task's output on\n\
                           standard input (and not on ours)\n\
      --error-callback=SCRIPT  the same for each task that fails\n\
  -v, --verbose          write each command to standard error, and how those\n\
                           that failed have ended\n\
      --dry-run          write the commands to standard output and run none\n\
"), stdout);
  front_help_options ();
  fputs (_("\n\
DURATION is a number with an optional unit: ms, s (default), m, h or d.\n\
Tasks find PMAP_ITEM, PMAP_INDEX, PMAP_SLOT and PMAP_ATTEMPT in their\n\
environment, and nothing on standard input but a block.  A task has ended when\n\
its process has; what tasks leave running is ended when the run ends.\n\
"), stdout);
  front_help_statuses (statuses, sizeof statuses / sizeof *statuses);
  front_help_tail ();
}

/* The delimiter that S, the value of -d, means: one character, or an escape
   as in C.  */
static char
parse_delimiter (char const *s)
{
  static char const escapes[] = "abfnrtv\\";
  static char const meanings[] = "\a\b\f\n\r\t\v\\";
  if (s[0] && !s[1])
    return s[0];
  if (s[0] == '\\' && s[1])
    {
      char const *e = strchr (escapes, s[1]);
      if (e && !s[2])
        return meanings[e - escapes];
      bool hex = s[1] == 'x';
      char *end;
      unsigned long int n = strtoul (s + 1 + hex, &end, hex ? 16 : 8);
      /* strtoul would take a second 0x.  */
      if (c_isxdigit (s[1 + hex]) && c_tolower (s[2 + hex]) != 'x'
          && !*end && n <= UCHAR_MAX)
        return (char) n;
    }
  front_bad_value (_("delimiter"), s);
}

/* The number, at least 1, that S means; WHAT says of what.  */
static size_t
parse_count (char const *what, char const *s)
{
  char *end;
  errno = 0;
  unsigned long int n = strtoul (s, &end, 10);
  if (!c_isdigit (*s) || *end || errno || n == 0 || n >= PMAP_CHUNK_MAX)
    front_bad_value (what, s);
  return n;
}

/* The number of items that S, the value of -n, means.  */
static size_t
parse_chunk (char const *s)
{
  return (strcmp (s, "max") == 0 ? PMAP_CHUNK_MAX
          : parse_count (_("number of items"), s));
}

/* Whether S is a number.  */
static bool
is_number (char const *s)
{
  return *s && s[strspn (s, "0123456789")] == '\0';
}

/* The number of tasks at a time that S, the value of -P, means: null for the
   default.  */
static unsigned int
parse_processes (char const *s)
{
  unsigned long int ncpu = 1;
  unsigned long int n;
  if (!s || !is_number (s))
    mp_cpus_usable (&ncpu);
  if (!s)
    return ncpu;
  if (mp_parse_processes (s, ncpu, &n) != 0 || n > INT_MAX)
    front_bad_value (_("number of processes"), s);
  return n;
}

/* The size that S, the value of --max-chars, means.  */
static size_t
parse_max_chars (char const *s)
{
  uintmax_t n;
  if (mp_parse_size (s, &n) != 0 || n == 0 || n > SIZE_MAX)
    front_bad_value (_("number of bytes"), s);
  return n;
}

/* Set O->grouping to G.  Two ways at once make no sense.  */
static void
set_grouping (struct pmap_options *o, bool *set, enum mp_grouping g,
              bool ungrouped)
{
  if (*set && (o->grouping != g || o->ungrouped != ungrouped))
    {
      error (0, 0, _("only one of --unordered, --line-buffered and"
                     " --ungrouped may be given"));
      front_try_help ();
    }
  *set = true;
  o->grouping = g;
  o->ungrouped = ungrouped;
}

/* Exit if options of O do not go together.  Afterwards, -n is where its meaning
   with or without -c wants it.  */
static void
check_combinations (struct pmap_options *o)
{
  bool lines = o->grouping == MP_GROUP_LINES;
  bool warm = o->script || o->filter;
  bool several = 1 < o->chunk && !warm && !o->blocks;
  struct { bool wrong; char const *a, *b; } const pairs[] = {
    { o->ungrouped && o->tag, "--tag", "--ungrouped" },
    { o->script && o->ungrouped, "--command", "--ungrouped" },
    { o->callback && o->ungrouped, "--callback", "--ungrouped" },
    { o->error_callback && o->ungrouped, "--error-callback", "--ungrouped" },
    { o->callback && o->tag, "--callback", "--tag" },
    { o->error_callback && o->tag, "--error-callback", "--tag" },
    { o->callback && lines, "--callback", "--line-buffered" },
    { o->error_callback && lines, "--error-callback", "--line-buffered" },
    { o->callback && several, "--callback", "--chunksize" },
    { o->error_callback && several, "--error-callback", "--chunksize" },
    { o->script && o->replacement, "--command", "--replace" },
    { o->script && o->max_chars, "--command", "--max-chars" },
    { o->script && o->chunk == PMAP_CHUNK_MAX, "--command",
      "--chunksize=max" },
    { o->filter && o->script, "--filter", "--command" },
    { o->filter && o->blocks, "--filter", "--blocks" },
    { o->filter && o->ungrouped, "--filter", "--ungrouped" },
    { o->filter && o->replacement, "--filter", "--replace" },
    { o->filter && o->max_chars, "--filter", "--max-chars" },
    { o->filter && o->chunk == PMAP_CHUNK_MAX, "--filter",
      "--chunksize=max" },
    { o->blocks && o->script, "--blocks", "--command" },
    { o->blocks && o->replacement, "--blocks", "--replace" },
    { o->blocks && o->max_chars, "--blocks", "--max-chars" },
    { o->blocks && o->chunk == PMAP_CHUNK_MAX, "--blocks",
      "--chunksize=max" },
    { o->blocks && o->chunk && o->record_end && !o->record_end_len
      && !o->record_start_len, "--chunksize", "--recend=''" }
  };
  struct { bool wrong; char const *option, *needed; } const lonely[] = {
    { o->isolate && !o->script, "--isolate", "--command" },
    { o->max_tasks && !warm, "--max-tasks-per-child",
      "--command or --filter" },
    { o->shell && !o->script, "--shell", "--command" },
    { o->header && !o->blocks, "--header", "--blocks" },
    { o->record_end && !o->blocks, "--recend", "--blocks" },
    { o->record_start && !o->blocks, "--recstart", "--blocks" },
    { o->round_robin && !o->blocks, "--round-robin", "--blocks" }
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (pairs[i].wrong)
      {
        error (0, 0, _("%s and %s exclude each other"), pairs[i].a,
               pairs[i].b);
        front_try_help ();
      }
  for (size_t i = 0; i < sizeof lonely / sizeof *lonely; i++)
    if (lonely[i].wrong)
      {
        error (0, 0, _("%s makes sense only with %s"), lonely[i].option,
               lonely[i].needed);
        front_try_help ();
      }
  if (warm)
    {
      o->warm_chunk = o->chunk;
      o->chunk = 1;
    }
  else if (!o->chunk && !o->blocks)
    o->chunk = 1;
}

/* Parse the options of the ARGC strings ARGV into *O.  Return the index of
   the first operand.  */
static int
parse_options (int argc, char **argv, struct pmap_options *o)
{
  char const *processes = NULL;
  bool grouping_set = false;
  int c;
  *o = (struct pmap_options) {
    .delimiter = '\n', .kill_after = 5000LL * MP_MILLISECOND,
    .signal = SIGTERM
  };
  while ((c = getopt_long (argc, argv, short_options, long_options, NULL))
         != -1)
    switch (c)
      {
      case '0':
        o->delimiter = '\0';
        break;
      case 'a':
        o->arg_file = optarg;
        break;
      case 'b':
        o->blocks = true;
        o->block_size = pmap_block_size (optarg);
        break;
      case 'c':
        o->script = optarg;
        break;
      case 'd':
        o->delimiter = parse_delimiter (optarg);
        break;
      case 'I':
        if (!*optarg)
          front_bad_value (_("placeholder"), optarg);
        o->replacement = optarg;
        break;
      case 'j':
      case 'P':
        processes = optarg;
        break;
      case 'k':
        o->kill_after = front_duration (optarg);
        break;
      case 'n':
        o->chunk = parse_chunk (optarg);
        break;
      case 's':
        o->signal = front_signal (optarg);
        break;
      case 't':
        o->timeout = front_duration (optarg);
        break;
      case 'u':
        set_grouping (o, &grouping_set, MP_GROUP_UNORDERED, false);
        break;
      case 'v':
        o->verbose = true;
        break;
      case 'w':
        o->filter = true;
        break;
      case CALLBACK_OPTION:
        o->callback = optarg;
        break;
      case DRY_RUN_OPTION:
        o->dry_run = true;
        break;
      case ERROR_CALLBACK_OPTION:
        o->error_callback = optarg;
        break;
      case INITIALIZER_OPTION:
        o->initializer = optarg;
        break;
      case ISOLATE_OPTION:
        o->isolate = true;
        break;
      case LINE_BUFFERED_OPTION:
        set_grouping (o, &grouping_set, MP_GROUP_LINES, false);
        break;
      case MAX_CHARS_OPTION:
        o->max_chars = parse_max_chars (optarg);
        break;
      case MAX_TASKS_OPTION:
        o->max_tasks = parse_count (_("number of tasks"), optarg);
        break;
      case SHELL_OPTION:
        o->shell = optarg;
        break;
      case HEADER_OPTION:
        o->header = parse_count (_("number of lines"), optarg);
        break;
      case RECORD_END_OPTION:
        free (o->record_end);
        o->record_end = pmap_record_string (optarg, &o->record_end_len);
        break;
      case RECORD_START_OPTION:
        free (o->record_start);
        o->record_start = pmap_record_string (optarg, &o->record_start_len);
        break;
      case ROUND_ROBIN_OPTION:
        o->round_robin = true;
        break;
      case TAG_OPTION:
        o->tag = true;
        break;
      case UNGROUPED_OPTION:
        /* There is nothing to put in order.  */
        set_grouping (o, &grouping_set, MP_GROUP_UNORDERED, true);
        break;
      case FRONT_HELP_OPTION:
        help ();
        exit (EXIT_SUCCESS);
      case FRONT_VERSION_OPTION:
        front_version ("pmap");
      default:
        front_try_help ();
      }
  check_combinations (o);
  o->line_end = o->delimiter ? '\n' : '\0';
  /* A line is all that an item has for output.  */
  if (o->filter && o->grouping == MP_GROUP_UNORDERED && !o->callback
      && !o->error_callback)
    o->grouping = MP_GROUP_LINES;
  o->processes = parse_processes (processes);
  return optind;
}

/* Whether S is ::: or ::::.  */
static bool
is_separator (char const *s)
{
  return strcmp (s, items_separator) == 0 || strcmp (s, files_separator) == 0;
}

/* Take the operands, the ARGC strings ARGV, into *O: the command and where
   its items come from.  */
static void
parse_operands (int argc, char **argv, struct pmap_options *o)
{
  int n = 0;
  while (n < argc && !is_separator (argv[n]))
    n++;
  if (o->script && n)
    {
      error (0, 0, _("%s is too much: -c takes a script and no command"),
             quote (argv[0]));
      front_try_help ();
    }
  if (n == 0 && !o->script)
    {
      error (0, 0, _("no command was given"));
      front_try_help ();
    }
  o->command = argv;
  o->n_command = n;
  if (n == argc)
    return;

  char const *separator = argv[n++];
  for (int i = n; i < argc; i++)
    if (is_separator (argv[i]))
      {
        error (0, 0, _("only one of ':::' and '::::' may be given"));
        front_try_help ();
      }
  if (o->arg_file)
    {
      error (0, 0, _("--arg-file and %s exclude each other"),
             quote (separator));
      front_try_help ();
    }
  if (strcmp (separator, items_separator) == 0 && o->blocks)
    {
      error (0, 0, _("%s and %s exclude each other"), "--blocks",
             quote (separator));
      front_try_help ();
    }
  if (strcmp (separator, items_separator) == 0)
    {
      o->arg_item = argv + n;
      o->n_arg_items = argc - n;
    }
  else if (n + 1 == argc)
    o->arg_file = argv[n];
  else
    {
      error (0, 0, _("'::::' takes one file"));
      front_try_help ();
    }
}

/* Find the program NAME; exit if that is not possible.  Return its path, to be
   freed.  */
static char *
find_program (char const *name)
{
  char *path;
  int err = mp_find_program (name, &path);
  if (!err)
    return path;
  if (err == ENOMEM)
    xalloc_die ();
  error (0, err, _("cannot run %s"), quote (name));
  if (err == ENOENT && is_number (name))
    error (0, 0, _("to see the memory map of process %s, use the pmap of"
                   " procps, usually /usr/bin/pmap"), name);
  exit (err == ENOENT ? MP_EXIT_NOT_FOUND : MP_EXIT_CANNOT_INVOKE);
}

/* Return a copy of the ARGC strings ARGV, whose own place others read, in one
   block.  It lasts as long as the program, which is named there.  */
static char **
copy_arguments (int argc, char **argv)
{
  size_t size = 0;
  for (int i = 0; i < argc; i++)
    size += strlen (argv[i]) + 1;
  size_t pointers = (argc + 1) * sizeof (char *);
  char **copy = xmalloc (pointers + size);
  char *p = (char *) copy + pointers;
  for (int i = 0; i < argc; i++)
    {
      copy[i] = p;
      p = stpcpy (p, argv[i]) + 1;
    }
  copy[argc] = NULL;
  return copy;
}

int
main (int argc, char **argv)
{
  struct pmap_options o;
  struct mp_template *command;
  struct pmap_messages messages = { NULL };
  static char dash_c[] = "-c";
  char *file = NULL, *init_shell = NULL;

  char **args = copy_arguments (argc, argv);
  front_init (args[0]);
  int first = parse_options (argc, args, &o);
  parse_operands (argc - first, args + first, &o);
  o.title = argv[0];
  o.title_size = argv[argc - 1] + strlen (argv[argc - 1]) - argv[0];

  /* What a shell does with an item, a command can tell.  */
  char *shell[] = { (char *) (o.shell ? o.shell : "sh"), dash_c,
                    (char *) o.script, (char *) (o.shell ? o.shell : "sh") };
  if (o.script)
    {
      o.shell = shell[0];
      o.command = shell;
      o.n_command = sizeof shell / sizeof *shell;
    }
  if (o.script || o.filter
      ? mp_template_append (o.command, o.n_command, &command)
      : o.blocks
      ? mp_template_without_items (o.command, o.n_command, &command)
      : mp_template_parse (o.command, o.n_command, o.replacement, &command))
    xalloc_die ();
  if (!o.dry_run && (o.filter || mp_template_fixed_program (command)))
    file = find_program (o.command[0]);
  if (!o.script && o.initializer)
    o.init_shell = init_shell = find_program ("sh");
  struct pmap_feed *feed = pmap_feed_open (&o, command, &messages);
  int status;
  if (o.dry_run)
    status = pmap_dry_run (&o, feed, command);
  else
    status = pmap_run (&o, feed, command, file, &messages);
  pmap_feed_close (feed);
  mp_template_free (command);
  free (o.record_end);
  free (o.record_start);
  free (file);
  free (init_shell);
  return status;
}
