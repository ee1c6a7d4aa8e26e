/* pmap: the options, one by one.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-options-parts.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "error.h"
#include "minmax.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "cpus.h"
#include "front.h"
#include "parse.h"
#include "pmap-brakes.h"
#include "pmap-policy.h"
#include "pmap-slurm.h"

/* An option.  */
struct row
{
  char const *name;
  char letter;                  /* 0: none */
  int argument;                 /* as getopt_long has it */

  /* Take VALUE, the option's argument or null, into P as ROW says.  */
  void (*set) (struct parsing *p, struct row const *row, char *value);
  size_t offset;                /* of what SET changes in the options */
  char const *what;             /* what to say of a VALUE that is no number */
};

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
  front_bad_value (_("invalid delimiter"), s);
}

/* The number, at least 1, that S means; if it means none, exit with
   MESSAGE.  */
static size_t
parse_count (char const *message, char const *s)
{
  char *end;
  errno = 0;
  unsigned long int n = strtoul (s, &end, 10);
  if (!c_isdigit (*s) || *end || errno || n == 0 || n >= PMAP_CHUNK_MAX)
    front_bad_value (message, s);
  return n;
}

/* Whether S is a number.  */
static bool
is_number (char const *s)
{
  return *s && s[strspn (s, "0123456789")] == '\0';
}

unsigned int
pmap_options_processes (char const *s, size_t cpus)
{
  unsigned long int ncpu = 1;
  unsigned long int n;
  if (!s || !is_number (s))
    mp_cpus_usable (&ncpu);
  if (!s)
    return MAX (ncpu / MAX (cpus, 1), 1);
  if (mp_parse_processes (s, ncpu, &n) != 0 || n > INT_MAX)
    front_bad_value (_("invalid number of processes"), s);
  return n;
}

/* Where what ROW is for is in the options of P.  */
static void *
place (struct parsing *p, struct row const *row)
{
  return (char *) p->o + row->offset;
}

/* Values for SET of a row, by the type of what is at OFFSET: bool, char const
   *, mp_time, size_t.  */

static void
set_flag (struct parsing *p, struct row const *row, char *value)
{
  (void) value;
  *(bool *) place (p, row) = true;
}

static void
set_string (struct parsing *p, struct row const *row, char *value)
{
  *(char const **) place (p, row) = value;
}

static void
set_duration (struct parsing *p, struct row const *row, char *value)
{
  *(mp_time *) place (p, row) = front_duration (value);
}

static void
set_count (struct parsing *p, struct row const *row, char *value)
{
  *(size_t *) place (p, row) = parse_count (_(row->what), value);
}

/* And those of options that are like no other.  */

static void
set_null (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  (void) value;
  p->o->delimiter = '\0';
}

static void
set_delimiter (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->delimiter = parse_delimiter (value);
}

static void
set_arg_file (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  pmap_add_input (p->o, &(struct pmap_input) { .file = value });
}

static void
set_column_separator (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  free (p->o->column_separator);
  p->o->column_separator = pmap_record_string (value,
                                               &p->o->column_separator_len);
  if (!p->o->column_separator_len)
    front_bad_value (_("invalid column separator"), value);
}

static void
set_header (struct parsing *p, struct row const *row, char *value)
{
  p->header = true;
  p->o->header = value ? parse_count (_(row->what), value) : 0;
}

static void
set_shuffle (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->shuffle = true;
  p->o->seeded = value != NULL;
  uintmax_t n = 0;
  char *end = NULL;
  errno = 0;
  if (value)
    n = strtoumax (value, &end, 10);
  if (value && (!is_number (value) || errno || n > UINT64_MAX))
    front_bad_value (_("invalid seed"), value);
  p->o->seed = n;
}

static void
set_blocks (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->blocks = true;
  p->o->block_size = pmap_block_size (value);
}

static void
set_replacement (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  if (!*value)
    front_bad_value (_("invalid placeholder"), value);
  p->o->replacement = value;
}

static void
set_processes (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->processes = value;
}

static void
set_chunk (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->chunk = (strcmp (value, "max") == 0 ? PMAP_CHUNK_MAX
                 : parse_count (_("invalid number of items"), value));
}

static void
set_max_chars (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  uintmax_t n;
  if (mp_parse_size (value, &n) != 0 || n == 0 || n > SIZE_MAX)
    front_bad_value (_("invalid number of bytes"), value);
  p->o->max_chars = n;
}

static void
set_signal (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->signal = front_signal (value);
}

static void
set_timeout (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  pmap_policy_parse_timeout (p->o, value);
}

static void
set_halt (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  pmap_policy_parse_halt (p->o, value);
}

static void
set_retries (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->retries = (strcmp (value, "0") == 0 ? 0
                   : parse_count (_("invalid number of attempts"), value));
}

static void
set_load (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  pmap_brakes_parse_load (p->o, value);
}

static void
set_memfree (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  pmap_brakes_parse_memfree (p->o, value);
}

static void
set_pressure (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  pmap_brakes_parse_pressure (p->o, value);
}

static void
set_resume (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->resume = true;
  if (!value)
    return;
  if (strcmp (value, "any") != 0)
    front_bad_value (_("invalid way to resume"), value);
  p->o->resume_any = true;
}

static void
set_resume_failed (struct parsing *p, struct row const *row, char *value)
{
  set_resume (p, row, value);
  p->o->resume_failed = true;
}

static void
set_record_end (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  free (p->o->record_end);
  p->o->record_end = pmap_record_string (value, &p->o->record_end_len);
}

static void
set_record_start (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  free (p->o->record_start);
  p->o->record_start = pmap_record_string (value, &p->o->record_start_len);
}

static void
set_tag_string (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  size_t len;
  free (p->o->tag_string);
  char *string = pmap_record_string (value, &len);
  if (memchr (string, '\0', len))
    front_bad_value (_("invalid string"), value);
  p->o->tag_string = xrealloc (string, len + 1);
  p->o->tag_string[len] = '\0';
}

/* Let outputs be put together as G says.  Two ways at once make no sense.  */
static void
set_grouping (struct parsing *p, enum mp_grouping g, bool ungrouped)
{
  struct pmap_options *o = p->o;
  if (p->grouping_set && (o->grouping != g || o->ungrouped != ungrouped))
    {
      error (0, 0, _("only one of --unordered, --line-buffered and"
                     " --ungrouped may be given"));
      front_try_help ();
    }
  p->grouping_set = true;
  o->grouping = g;
  o->ungrouped = ungrouped;
}

static void
set_unordered (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  (void) value;
  set_grouping (p, MP_GROUP_UNORDERED, false);
}

static void
set_line_buffered (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  (void) value;
  set_grouping (p, MP_GROUP_LINES, false);
}

static void
set_ungrouped (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  (void) value;
  /* There is nothing to put in order.  */
  set_grouping (p, MP_GROUP_UNORDERED, true);
}

static void
set_agent (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->agent = true;
  if (value && strcmp (value, "unlink") != 0)
    front_bad_value (_("invalid kind of agent"), value);
  p->o->unlink = value != NULL;
}

static void
set_env (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  char const *content = getenv (value);
  p->env = true;
  if (!*value || strchr (value, '='))
    front_bad_value (_("invalid name of a variable"), value);
  if (!content)
    return;
  size_t n = 0;
  while (p->o->env && p->o->env[n])
    n++;
  p->o->env = xreallocarray (p->o->env, n + 2, sizeof *p->o->env);
  p->o->env[n] = xasprintf ("%s=%s", value, content);
  if (!p->o->env[n])
    xalloc_die ();
  p->o->env[n + 1] = NULL;
}

static void
set_heartbeat (struct parsing *p, struct row const *row, char *value)
{
  set_duration (p, row, value);
  p->heartbeat = true;
  if (p->o->heartbeat < 1000LL * MP_MILLISECOND)
    front_bad_value (_("invalid duration"), value);
}

static void
set_slurm (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  p->o->slurm = true;
  p->o->slurm_options = value ? value : "";
}

static void
set_hosts (struct parsing *p, struct row const *row, char *value)
{
  (void) row;
  struct pmap_options *o = p->o;
  o->hosts = xrealloc (o->hosts, (o->n_hosts + 1) * sizeof *o->hosts);
  o->hosts[o->n_hosts++] = value;
}

static void
hold_job (struct parsing *p, struct row const *row, char *value)
{
  (void) p;
  (void) row;
  (void) value;
  pmap_slurm_hold ();
}

static void
show_help (struct parsing *p, struct row const *row, char *value)
{
  (void) p;
  (void) row;
  (void) value;
  pmap_help ();
  exit (EXIT_SUCCESS);
}

static void
show_version (struct parsing *p, struct row const *row, char *value)
{
  (void) p;
  (void) row;
  (void) value;
  front_version ("pmap");
}

/* All options, by name.  */
#define AT(member) offsetof (struct pmap_options, member)
static struct row const rows[] = {
  { "agent", 0, optional_argument, set_agent, 0, NULL },
  { "arg-file", 'a', required_argument, set_arg_file, 0, NULL },
  { "bind", 0, no_argument, set_flag, AT (bind), NULL },
  { "blocks", 'b', optional_argument, set_blocks, 0, NULL },
  { "callback", 0, required_argument, set_string, AT (callback), NULL },
  { "chunksize", 'n', required_argument, set_chunk, 0, NULL },
  { "colsep", 0, required_argument, set_column_separator, 0, NULL },
  { "command", 'c', required_argument, set_string, AT (script), NULL },
  { "cpus-per-task", 0, required_argument, set_count,
    AT (cpus_per_task), N_("invalid number of CPUs") },
  { "deadline", 0, required_argument, set_duration, AT (deadline), NULL },
  { "delay", 0, required_argument, set_duration, AT (delay), NULL },
  { "delimiter", 'd', required_argument, set_delimiter, 0, NULL },
  { "dry-run", 0, no_argument, set_flag, AT (dry_run), NULL },
  { "env", 0, required_argument, set_env, 0, NULL },
  { "error-callback", 0, required_argument, set_string,
    AT (error_callback), NULL },
  { "failed", 0, required_argument, set_string, AT (failed_file), NULL },
  { "filter", 'w', no_argument, set_flag, AT (filter), NULL },
  { "halt", 0, required_argument, set_halt, 0, NULL },
  { "header", 0, optional_argument, set_header, 0,
    N_("invalid number of lines") },
  { "heartbeat", 0, required_argument, set_heartbeat,
    AT (heartbeat), NULL },
  { "help", 0, no_argument, show_help, 0, NULL },
  { "hold-job", 0, no_argument, hold_job, 0, NULL },     /* for ourselves */
  { "hosts", 0, required_argument, set_hosts, 0, NULL },
  { "initializer", 0, required_argument, set_string,
    AT (initializer), NULL },
  { "isolate", 0, no_argument, set_flag, AT (isolate), NULL },
  { "jobs", 'j', required_argument, set_processes, 0, NULL },
  { "joblog", 0, required_argument, set_string, AT (joblog), NULL },
  { "json", 0, no_argument, set_flag, AT (json), NULL },
  { "kill-after", 'k', required_argument, set_duration,
    AT (kill_after), NULL },
  { "launcher", 0, required_argument, set_string, AT (launcher), NULL },
  { "line-buffered", 0, no_argument, set_line_buffered, 0, NULL },
  { "load", 0, required_argument, set_load, 0, NULL },
  { "max-chars", 0, required_argument, set_max_chars, 0, NULL },
  { "max-tasks-per-child", 0, required_argument, set_count,
    AT (max_tasks), N_("invalid number of tasks") },
  { "memfree", 0, required_argument, set_memfree, 0, NULL },
  { "null", '0', no_argument, set_null, 0, NULL },
  { "pressure", 0, required_argument, set_pressure, 0, NULL },
  { "processes", 'P', required_argument, set_processes, 0, NULL },
  { "progress", 0, no_argument, set_flag, AT (progress), NULL },
  { "recend", 0, required_argument, set_record_end, 0, NULL },
  { "recstart", 0, required_argument, set_record_start, 0, NULL },
  { "remote-program", 0, required_argument, set_string,
    AT (remote_program), NULL },
  { "replace", 'I', required_argument, set_replacement, 0, NULL },
  { "report", 0, required_argument, set_string, AT (report_file), NULL },
  { "results", 0, required_argument, set_string, AT (results), NULL },
  { "resume", 0, optional_argument, set_resume, 0, NULL },
  { "resume-failed", 0, optional_argument, set_resume_failed, 0, NULL },
  { "retries", 0, required_argument, set_retries, 0, NULL },
  { "retry-delay", 0, required_argument, set_duration,
    AT (retry_delay), NULL },
  { "round-robin", 0, no_argument, set_flag, AT (round_robin), NULL },
  { "send", 0, no_argument, set_flag, AT (send), NULL },
  { "shell", 0, required_argument, set_string, AT (shell), NULL },
  { "shuffle", 0, optional_argument, set_shuffle, 0, NULL },
  { "signal", 's', required_argument, set_signal, 0, NULL },
  { "slurm", 0, optional_argument, set_slurm, 0, NULL },
  { "summary", 0, no_argument, set_flag, AT (summary), NULL },
  { "tag", 0, no_argument, set_flag, AT (tag), NULL },
  { "tagstring", 0, required_argument, set_tag_string, 0, NULL },
  { "timeout", 't', required_argument, set_timeout, 0, NULL },
  { "trace", 0, required_argument, set_string, AT (trace_file), NULL },
  { "ungrouped", 0, no_argument, set_ungrouped, 0, NULL },
  { "unordered", 'u', no_argument, set_unordered, 0, NULL },
  { "verbose", 'v', no_argument, set_flag, AT (verbose), NULL },
  { "version", 0, no_argument, show_version, 0, NULL },
  { "workdir", 0, required_argument, set_string, AT (workdir), NULL }
};
#undef AT

enum { N_ROWS = sizeof rows / sizeof *rows };

/* Codes of options without a letter: behind those of all characters.  */
enum { ROW_CODE = 256 };

/* Make the tables that getopt_long wants of ROWS: LONG_OPTIONS, of N_ROWS + 1,
   and SHORT_OPTIONS, of 3 * N_ROWS + 2.  A '+' lets options behind the command
   be the command's.  */
static void
getopt_tables (struct option *long_options, char *short_options)
{
  *short_options++ = '+';
  for (int i = 0; i < N_ROWS; i++)
    {
      struct row const *row = &rows[i];
      long_options[i] = (struct option) { row->name, row->argument, NULL,
                                          ROW_CODE + i };
      if (!row->letter)
        continue;
      *short_options++ = row->letter;
      for (int k = 0; k < row->argument; k++)
        *short_options++ = ':';
    }
  long_options[N_ROWS] = (struct option) { NULL, 0, NULL, 0 };
  *short_options = '\0';
}

/* The option for which getopt_long has returned CODE, or null if none.  */
static struct row const *
find_row (int code)
{
  if (ROW_CODE <= code)
    return &rows[code - ROW_CODE];
  for (int i = 0; i < N_ROWS; i++)
    if (rows[i].letter && rows[i].letter == code)
      return &rows[i];
  return NULL;
}

int
pmap_options_read (int argc, char **argv, struct parsing *p)
{
  struct option long_options[N_ROWS + 1];
  char short_options[3 * N_ROWS + 2];
  int code;
  getopt_tables (long_options, short_options);
  while ((code = getopt_long (argc, argv, short_options, long_options, NULL))
         != -1)
    {
      struct row const *row = find_row (code);
      if (!row)
        front_try_help ();
      row->set (p, row, optarg);
    }
  return optind;
}
