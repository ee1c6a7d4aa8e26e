/* pjoin: tell what has become of processes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pjoin.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "error.h"
#include "quote.h"
#include "sig2str.h"

#include "exit-status.h"
#include "front.h"
#include "json.h"

/* The letters are those of time(1) as far as it has them.  */
char const pjoin_default_format[] = "%h\\t%n\\t%s\\t%x\\t%e\\t%U\\t%S\\t%M";

static char const directives[] = "CMSUehnpsx%";
static char const escapes[] = "nt\\";
static char const escape_meanings[] = "\n\t\\";

void
pjoin_check_format (char const *format)
{
  for (char const *p = format; *p; p++)
    if (*p == '%' || *p == '\\')
      {
        char const *known = *p == '%' ? directives : escapes;
        if (!p[1] || !strchr (known, p[1]))
          {
            error (0, 0, _("unknown directive %s in format %s"),
                   quote_n_mem (0, p, p[1] ? 2 : 1), quote_n (1, format));
            front_try_help ();
          }
        p++;
      }
}

/* Whether JOB's process has ended.  */
static bool
has_ended (struct pjoin_job const *job)
{
  return job->state == PJOIN_ENDED;
}

/* The state of JOB in a word, which is the same in every language.  */
static char const *
state_word (struct pjoin_job const *job)
{
  return job->lost ? "lost" : has_ended (job) ? "ended" : "running";
}

/* The signal that has ended JOB, or 0.  */
static int
end_signal (struct pjoin_job const *job)
{
  return (has_ended (job) && job->status_known && WIFSIGNALED (job->status)
          ? WTERMSIG (job->status) : 0);
}

/* The times of JOB, in nanoseconds; -1 if it is not known.  */
static mp_time
elapsed (struct pjoin_job const *job)
{
  struct mp_record const *rec = job->handle.record;
  if (!rec || rec->other_boot || (has_ended (job) && !rec->ended))
    return -1;
  return (rec->ended ? rec->end_time : mp_now ()) - rec->start_time;
}

static mp_time
cpu_time (struct pjoin_job const *job, bool system)
{
  struct mp_record const *rec = job->handle.record;
  if (!rec || !rec->ended || !rec->status_known)
    return -1;
  return system ? rec->system : rec->user;
}

/* The memory of JOB in KiB, or -1.  */
static long long
peak (struct pjoin_job const *job)
{
  struct mp_record const *rec = job->handle.record;
  return rec && rec->ended && rec->status_known ? rec->peak_kib : -1;
}

/* Write T in seconds, or UNKNOWN if it is -1.  */
static void
print_time (mp_time t, char const *unknown)
{
  if (t < 0)
    fputs (unknown, stdout);
  else
    printf ("%lld.%03lld", t / 1000000000, t / MP_MILLISECOND % 1000);
}

/* Write N, or UNKNOWN if it is -1.  */
static void
print_number (long long n, char const *unknown)
{
  if (n < 0)
    fputs (unknown, stdout);
  else
    printf ("%lld", n);
}

/* Write the exit status of JOB as a shell has it, "-" as long as it runs, "?"
   if it cannot be known.  */
static void
print_status (struct pjoin_job const *job)
{
  if (!has_ended (job))
    putchar ('-');
  else if (!job->status_known)
    putchar ('?');
  else
    printf ("%d", (end_signal (job) ? MP_EXIT_SIGNAL + end_signal (job)
                   : WEXITSTATUS (job->status)));
}

/* Write what the directive C means of JOB.  */
static void
print_directive (struct pjoin_job const *job, char c)
{
  char handle[MP_PROCID_SIZE];
  struct mp_record const *rec = job->handle.record;
  switch (c)
    {
    case 'C':
      fputs (rec ? rec->command : "-", stdout);
      break;
    case 'e':
      print_time (elapsed (job), "-");
      break;
    case 'h':
      mp_procid_format (&job->handle.id, handle);
      fputs (handle, stdout);
      break;
    case 'M':
      print_number (peak (job), "-");
      break;
    case 'n':
      fputs (rec ? rec->name : "-", stdout);
      break;
    case 'p':
      printf ("%ld", (long int) job->handle.id.pid);
      break;
    case 's':
      fputs (state_word (job), stdout);
      break;
    case 'S':
    case 'U':
      print_time (cpu_time (job, c == 'S'), "-");
      break;
    case 'x':
      print_status (job);
      break;
    default:
      putchar (c);
    }
}

/* Write a line about JOB as FORMAT says.  */
static void
print_line (struct pjoin_job const *job, char const *format, char terminator)
{
  for (char const *p = format; *p; p++)
    if (*p == '%')
      print_directive (job, *++p);
    else if (*p == '\\')
      putchar (escape_meanings[strchr (escapes, *++p) - escapes]);
    else
      putchar (*p);
  putchar (terminator);
}

/* Write the member NAME of a JSON object, a string.  */
static void
member (char const *name, char const *value)
{
  printf (", \"%s\": ", name);
  json_string (value);
}

/* Write how JOB has ended as members of a JSON object.  */
static void
print_json_end (struct pjoin_job const *job)
{
  char name[SIG2STR_MAX];
  int sig = end_signal (job);
  struct mp_record const *rec = job->handle.record;
  fputs (", \"status\": ", stdout);
  if (has_ended (job) && job->status_known)
    print_status (job);
  else
    fputs ("null", stdout);
  member ("signal", sig && sig2str (sig, name) == 0 ? name : NULL);
  printf (", \"timed_out\": %s", rec && rec->timed_out ? "true" : "false");
  fputs (", \"elapsed\": ", stdout);
  print_time (elapsed (job), "null");
  fputs (", \"user\": ", stdout);
  print_time (cpu_time (job, false), "null");
  fputs (", \"system\": ", stdout);
  print_time (cpu_time (job, true), "null");
  fputs (", \"peak_kib\": ", stdout);
  print_number (peak (job), "null");
}

/* Write JOB as a JSON object.  */
static void
print_json (struct pjoin_job const *job)
{
  char handle[MP_PROCID_SIZE];
  struct mp_record const *rec = job->handle.record;
  mp_procid_format (&job->handle.id, handle);
  fputs ("{\"handle\": ", stdout);
  json_string (handle);
  printf (", \"pid\": %ld", (long int) job->handle.id.pid);
  member ("name", rec ? rec->name : NULL);
  member ("scope", (rec && strcmp (rec->scope, MP_NO_SCOPE) != 0
                    ? rec->scope : NULL));
  printf (", \"daemon\": %s", rec && rec->daemon ? "true" : "false");
  member ("command", rec ? rec->command : NULL);
  member ("state", state_word (job));
  print_json_end (job);
  putchar ('}');
}

void
pjoin_report (struct pjoin const *j)
{
  bool any = false;
  if (j->o->json)
    putchar ('[');
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job const *job = j->job[i];
      if (!job->chosen || job->state == PJOIN_TAKEN)
        continue;
      if (!j->o->json)
        print_line (job, j->o->format, j->o->terminator);
      else
        {
          fputs (any ? ",\n " : "", stdout);
          print_json (job);
        }
      any = true;
    }
  if (j->o->json)
    printf ("]%c", j->o->terminator);
}

void
pjoin_tell (struct pjoin_job const *job)
{
  char name[SIG2STR_MAX];
  char handle[MP_PROCID_SIZE];
  int sig = end_signal (job);
  mp_procid_format (&job->handle.id, handle);
  if (!has_ended (job))
    error (0, 0, _("%s (%s) is running"), quote (job->name), handle);
  else if (!job->status_known)
    error (0, 0, _("%s (%s) has ended"), quote (job->name), handle);
  else if (!sig)
    error (0, 0, _("%s (%s) has exited with status %d"), quote (job->name),
           handle, WEXITSTATUS (job->status));
  else if (sig2str (sig, name) == 0)
    error (0, 0, _("%s (%s) was ended by signal %s"), quote (job->name),
           handle, name);
  else
    error (0, 0, _("%s (%s) was ended by signal %d"), quote (job->name),
           handle, sig);
}
