/* What ncpu says about the limits that it found.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "ncpu-report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "c-ctype.h"
#include "mbswidth.h"
#include "minmax.h"
#include "quotearg.h"

#include "front.h"
#include "json.h"

char const *const ncpu_bases[] =
  {
    [MP_CPUS_USABLE] = "usable",
    [MP_CPUS_ONLINE] = "online",
    [MP_CPUS_INSTALLED] = "all"
  };

char const *const ncpu_units[] =
  {
    [MP_CPUS_CPU] = "cpus",
    [MP_CPUS_CORE] = "cores",
    [MP_CPUS_SOCKET] = "sockets",
    [MP_CPUS_NODE] = "nodes"
  };

char const *const ncpu_rounds[NCPU_ROUNDS] =
  {
    [MP_CPUS_UP] = "up",
    [MP_CPUS_DOWN] = "down",
    [MP_CPUS_NEAREST] = "nearest",
    [MP_CPUS_EXACT] = "exact"
  };

/* Not translated: they are names, and those of the JSON output too.  */
static char const *const kinds[] =
  {
    [MP_LIMIT_AFFINITY] = "affinity",
    [MP_LIMIT_CPUSET] = "cpuset",
    [MP_LIMIT_ONLINE] = "online",
    [MP_LIMIT_INSTALLED] = "installed",
    [MP_LIMIT_SYSTEM] = "system",
    [MP_LIMIT_CORES] = "cores",
    [MP_LIMIT_SOCKETS] = "sockets",
    [MP_LIMIT_NODES] = "nodes",
    [MP_LIMIT_QUOTA] = "quota",
    [MP_LIMIT_SLURM_TASK] = "slurm-task",
    [MP_LIMIT_SLURM_NODE] = "slurm-node",
    [MP_LIMIT_OMP_NUM_THREADS] = "openmp-threads",
    [MP_LIMIT_OMP_THREAD_LIMIT] = "openmp-limit",
    [MP_LIMIT_SCALE] = "scale",
    [MP_LIMIT_IGNORE] = "ignore",
    [MP_LIMIT_MEMORY] = "memory",
    [MP_LIMIT_MAX] = "max"
  };

/* The states of a limit: their names in JSON, and words for people where the
   limit's text is not enough.  */
static struct
{
  char const *name;
  char const *words;
} const states[] =
  {
    [MP_LIMIT_SET] = { "set", NULL },
    [MP_LIMIT_UNLIMITED] = { "unlimited", N_("no limit") },
    [MP_LIMIT_ABSENT] = { "absent", N_("no such file: no limit") },
    [MP_LIMIT_UNREADABLE] = { "unreadable", NULL },
    [MP_LIMIT_INVALID] = { "invalid", N_("not understood") },
    [MP_LIMIT_NO_CONTROLLER] = { "no-controller",
                                 N_("no cgroup has this controller") },
    [MP_LIMIT_NOT_MOUNTED] = { "not-mounted",
                               N_("the cgroup is not mounted here") },
    [MP_LIMIT_OUTSIDE] = { "outside",
                           N_("the cgroup is outside of what is mounted") },
    [MP_LIMIT_HIDDEN] = { "hidden",
                          N_("only the topmost cgroup can be seen") }
  };

/* Write the result to BUF and return it.  */
static char const *
format_result (struct mp_cpus_request const *request,
               struct mp_cpus const *cpus, char *buf)
{
  if (request->round == MP_CPUS_EXACT)
    return mp_cpus_format (cpus->exact, buf);
  snprintf (buf, MP_CPUS_FORMAT_SIZE, "%" PRIuMAX, cpus->whole);
  return buf;
}

void
ncpu_print_number (struct mp_cpus_request const *request,
                   struct mp_cpus const *cpus)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  puts (format_result (request, cpus, buf));
}

/* The columns before the last, which is not padded.  */
enum { KIND, CPUS, SOURCE, COLUMNS };

/* Return S such that it cannot take over the terminal: a cgroup's name may
   have any bytes, and beyond ASCII there are control characters, too.  The
   result is good until the next call.  */
static char const *
harmless (char const *s)
{
  for (char const *p = s; *p; p++)
    if (!c_isprint (*p))
      return quotearg_style (escape_quoting_style, s);
  return s;
}

/* Return what is in COLUMN of the table for L; BUF has MP_CPUS_FORMAT_SIZE
   bytes.  */
static char const *
cell (struct mp_limit const *l, int column, char *buf)
{
  switch (column)
    {
    case KIND:
      return kinds[l->kind];
    case CPUS:
      return l->state == MP_LIMIT_SET ? mp_cpus_format (l->cpus, buf) : "-";
    default:
      return l->source ? harmless (l->source) : "-";
    }
}

/* Write S, the text of COLUMN, padded to WIDTH and with a gap before all but
   the first.  Numbers go to the right.  */
static void
put_cell (char const *s, int column, int width)
{
  int blanks = MAX (width - mbswidth (s, 0), 0);
  int left = column == CPUS ? blanks : 0;
  printf ("%*s%s%*s", left + (column != KIND ? 2 : 0), "", s,
          blanks - left, "");
}

/* Write the last column for L.  */
static void
put_text (struct mp_limit const *l)
{
  if (l->state == MP_LIMIT_UNREADABLE)
    puts (strerror (l->error));
  else if (l->state != MP_LIMIT_SET)
    puts (_(states[l->state].words));
  else if (l->kind == MP_LIMIT_MEMORY)
    printf (_("%s bytes available\n"), l->text);
  else
    puts (l->text ? harmless (l->text) : "");
}

/* Write how the result came from the exact number, if it did.  */
static void
put_rounding (struct mp_cpus_request const *request,
              struct mp_cpus const *cpus)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  if (request->round == MP_CPUS_EXACT || cpus->exact == cpus->whole)
    return;
  printf (cpus->exact < 1 ? _("  %s, at least 1") : _("  %s, rounded"),
          mp_cpus_format (cpus->exact, buf));
}

/* Write a line of the table: MARK, the COLUMNS cells, and the start of the
   last column.  */
static void
put_cells (char mark, char const *const *cells, int const *widths)
{
  printf ("%c ", mark);
  for (int c = 0; c < COLUMNS; c++)
    put_cell (cells[c], c, widths[c]);
  fputs ("  ", stdout);
}

/* Store in WIDTHS what each column needs for its title and LIMITS.  */
static void
measure (struct mp_limits const *limits, char const *const *titles,
         int *widths)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  for (int c = 0; c < COLUMNS; c++)
    {
      widths[c] = mbswidth (titles[c], 0);
      for (size_t i = 0; i < limits->n; i++)
        widths[c] = MAX (widths[c],
                         mbswidth (cell (&limits->list[i], c, buf), 0));
    }
}

void
ncpu_print_table (struct mp_cpus_request const *request,
                  struct mp_cpus const *cpus)
{
  char const *const titles[] = { _("LIMIT"), _("CPUS"), _("SOURCE") };
  struct mp_limits const *limits = &cpus->limits;
  char buf[MP_CPUS_FORMAT_SIZE];
  int widths[COLUMNS];
  measure (limits, titles, widths);
  int label = mbswidth (_("result"), 0);
  int number = mbswidth (format_result (request, cpus, buf), 0);
  widths[KIND] = MAX (widths[KIND], label);
  widths[CPUS] = MAX (widths[CPUS], number);

  put_cells (' ', titles, widths);
  puts (_("VALUE"));
  for (size_t i = 0; i < limits->n; i++)
    {
      struct mp_limit const *l = &limits->list[i];
      char const *const cells[] = { cell (l, KIND, buf), cell (l, CPUS, buf),
                                    cell (l, SOURCE, buf) };
      put_cells (l->won ? '*' : ' ', cells, widths);
      put_text (l);
    }
  fputs ("  ", stdout);
  put_cell (_("result"), KIND, widths[KIND]);
  put_cell (format_result (request, cpus, buf), CPUS, widths[CPUS]);
  put_rounding (request, cpus);
  putchar ('\n');
}

/* Write the limit L as a JSON object.  */
static void
put_json_limit (struct mp_limit const *l)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  printf ("    {\"name\": \"%s\", \"state\": \"%s\", \"cpus\": %s, \"won\": %s,"
          " \"source\": ", kinds[l->kind], states[l->state].name,
          (l->state == MP_LIMIT_SET ? mp_cpus_format (l->cpus, buf) : "null"),
          l->won ? "true" : "false");
  json_string (l->source);
  fputs (", \"value\": ", stdout);
  json_string (l->text);
  if (l->state == MP_LIMIT_UNREADABLE)
    {
      fputs (", \"error\": ", stdout);
      json_string (front_plain_error (l->error));
    }
  putchar ('}');
}

void
ncpu_print_json (struct mp_cpus_request const *request,
                 struct mp_cpus const *cpus, char const *list)
{
  char buf[MP_CPUS_FORMAT_SIZE];
  printf ("{\n  \"cpus\": %s,\n", format_result (request, cpus, buf));
  printf ("  \"exact\": %s,\n", mp_cpus_format (cpus->exact, buf));
  fputs ("  \"list\": ", stdout);
  json_string (list);
  printf (",\n  \"base\": \"%s\",\n  \"unit\": \"%s\",\n"
          "  \"round\": \"%s\",\n  \"limits\": [\n",
          ncpu_bases[request->base], ncpu_units[request->unit],
          ncpu_rounds[request->round]);
  for (size_t i = 0; i < cpus->limits.n; i++)
    {
      put_json_limit (&cpus->limits.list[i]);
      puts (i + 1 < cpus->limits.n ? "," : "");
    }
  puts ("  ]\n}");
}
