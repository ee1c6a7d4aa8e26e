/* What Slurm gives a process of a job to use.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "slurmcpus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "proctext.h"

/* Room for any value that matters.  */
enum { VALUE_SIZE = 256 };

/* The numbers of the steps that srun starts are below this; those from here on
   are a batch script's, the shell's of salloc, and Slurm's own
   (SLURM_MAX_NORMAL_STEP_ID in slurm.h).  */
#define FIRST_SPECIAL_STEP 0xfffffff0

/* Store in VALUE what the variable NAME is for the process PID, 0 for the
   caller.  Return 0, ENOENT if there is none or none that fits, or another
   errno value.  */
static int
get_variable (pid_t pid, char const *name, char *value)
{
  if (pid)
    return mp_proctext_variable (pid, name, value, VALUE_SIZE);
  char const *own = getenv (name);
  if (!own || strlen (own) >= VALUE_SIZE)
    return ENOENT;
  strcpy (value, own);
  return 0;
}

/* Read S, nothing but a decimal number, into *N.  Return false if it is
   none.  */
static bool
parse_number (char const *s, uintmax_t *n)
{
  char *end;
  if (!c_isdigit (*s))
    return false;
  *n = strtoumax (s, &end, 10);
  return !*end;
}

/* Whether the process PID is of a task that srun has started.  */
static bool
is_of_task (pid_t pid)
{
  char value[VALUE_SIZE];
  uintmax_t step;
  return (get_variable (pid, "SLURM_STEP_ID", value) == 0
          && parse_number (value, &step) && step < FIRST_SPECIAL_STEP);
}

/* Append the variable NAME of the process PID, if there is one, to LIMITS, as
   of KIND.  */
static int
add_variable (pid_t pid, enum mp_limit_kind kind, char const *name,
              struct mp_limits *limits)
{
  char value[VALUE_SIZE];
  uintmax_t n;
  if (get_variable (pid, name, value) != 0)
    return 0;
  struct mp_limit l = { .kind = kind, .state = MP_LIMIT_INVALID,
                        .source = (char *) name, .text = value };
  if (parse_number (value, &n) && n > 0)
    {
      l.state = MP_LIMIT_SET;
      l.cpus = n;
    }
  return mp_limits_add (limits, &l);
}

int
mp_slurmcpus_limits (pid_t pid, struct mp_limits *limits)
{
  char value[VALUE_SIZE];
  int err = get_variable (pid, "SLURMD_NODENAME", value);
  /* EAGAIN: a thread of the kernel, which has no environment.  */
  if (err == ENOENT || err == EAGAIN || err == ESRCH)
    return 0;
  if (err)
    {
      struct mp_limit l = { .kind = MP_LIMIT_SLURM_NODE,
                            .state = MP_LIMIT_UNREADABLE, .error = err,
                            .source = (char *) "SLURM_CPUS_ON_NODE" };
      return mp_limits_add (limits, &l);
    }
  if (is_of_task (pid))
    err = add_variable (pid, MP_LIMIT_SLURM_TASK, "SLURM_CPUS_PER_TASK",
                        limits);
  if (!err)
    err = add_variable (pid, MP_LIMIT_SLURM_NODE, "SLURM_CPUS_ON_NODE",
                        limits);
  return err;
}
