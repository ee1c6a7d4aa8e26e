/* pmap: jobs of Slurm.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

/* Outside of a job, we have salloc(1) make one for a command that is this
   program again, the holder: it tells us what its environment says of the job,
   and ends when the pipe from us is closed, however that comes about; then the
   job ends, too.  salloc gets SIGHUP when we end, and so withdraws a request
   that still waits.  If it is salloc that is killed, its job would go on for
   ever: then the holder cancels it.
   We ourselves stay what our parent and the terminal know: if salloc ran us
   instead, the exit status would be lost whenever a signal or the job's end
   comes into play, for which its own status is 0.  */

#include <config.h>

#include "pmap-slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>
#if HAVE_SYS_PRCTL_H
# include <sys/prctl.h>
#endif

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "hostlist.h"
#include "launch.h"
#include "pmap.h"
#include "pmap-program.h"
#include "procspawn.h"
#include "slurm.h"

struct pmap_slurm_job
{
  pid_t owner;                  /* who made it */
  pid_t salloc;
  int lifeline;                 /* the holder ends at end of file */
};

/* Exit if ERR, what a function of words has returned, is no success.  */
static void
check (int err)
{
  if (err)
    xalloc_die ();
}

/* Other programs.  */

/* Run the words W with the descriptors IN and OUT, or -1, as standard input
   and output; store its process in *PID.  HELPER: it is no part of what the
   terminal sends signals to, and gets SIGHUP when we end: salloc passes that on
   to a command that runs, where SIGTERM would be a reason for it to end the job
   at the moment when the command ends by itself.  Exit if that is not
   possible.  */
static void
start (struct mp_words const *w, int in, int out, bool helper, pid_t *pid)
{
  char *file = pmap_find_program (w->word[0]);
  sigset_t mask, defaults;
  sigprocmask (SIG_SETMASK, NULL, &mask);
  sigemptyset (&defaults);
  sigaddset (&defaults, SIGHUP);
  sigaddset (&defaults, SIGTERM);
  struct mp_spawn const s = {
    .file = file, .argv = w->word, .envp = environ, .fd = { in, out, -1 },
    .new_group = helper, .death_signal = helper ? SIGHUP : 0,
    .mask = &mask, .defaults = &defaults
  };
  int err = mp_spawn (&s, pid);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot run %s"), quote (w->word[0]));
  free (file);
}

/* Make FD a pipe, or exit.  */
static void
make_pipe (int fd[2])
{
  if (pipe2 (fd, O_CLOEXEC) != 0)
    error (MP_EXIT_FAILURE, errno, _("cannot create a pipe"));
}

/* Wait until the child PID ends.  Return its status, or -1 if somebody else has
   waited for it.  */
static int
wait_for (pid_t pid)
{
  int status;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}

/* Run the words W, whose process is stored in *PID, and return what they write;
   or exit.  */
static FILE *
read_from (struct mp_words const *w, pid_t *pid)
{
  int fd[2];
  make_pipe (fd);
  start (w, -1, fd[1], false, pid);
  close (fd[1]);
  FILE *f = fdopen (fd[0], "r");
  if (!f)
    xalloc_die ();
  return f;
}

/* The nodes.  */

/* Append to NODES the names of nodes that LIST, such as "n[1-3]", is short for.
   Only Slurm knows all its forms.  */
static void
expand_nodes (struct mp_words *nodes, char const *list)
{
  struct mp_words w = { .word = NULL };
  char *line = NULL;
  size_t size = 0;
  pid_t pid;
  check (mp_words_split (&w, "scontrol show hostnames", NULL));
  check (mp_words_add (&w, list));
  FILE *f = read_from (&w, &pid);
  while (0 <= getline (&line, &size, f))
    check (mp_words_split (nodes, line, NULL));
  free (line);
  fclose (f);
  if (wait_for (pid) != 0)
    error (MP_EXIT_FAILURE, 0, _("cannot get the names of nodes %s"),
           quote (list));
  mp_words_free (&w);
}

/* Append the nodes of the job that this process is in to L.
   A step may be on fewer of them (SLURM_STEP_NODELIST), but that says nothing:
   where salloc runs its shell in a step, that is on the first node only.  */
static void
add_nodes (struct mp_hostlist *l)
{
  char const *list = getenv ("SLURM_JOB_NODELIST");
  char const *counts = getenv ("SLURM_JOB_CPUS_PER_NODE");
  struct mp_words nodes = { .word = NULL };
  unsigned int *cpus = NULL;
  size_t n = 0;
  expand_nodes (&nodes, list);
  int err = counts ? mp_slurm_parse_cpus (counts, &cpus, &n) : EINVAL;
  if (err == ENOMEM)
    xalloc_die ();
  if (err || n != nodes.n)
    error (MP_EXIT_FAILURE, 0, _("cannot tell how many CPUs the job has: %s"),
           quote (counts ? counts : ""));
  for (size_t i = 0; i < n; i++)
    {
      check (mp_hostlist_add (l, nodes.word[i], strlen (nodes.word[i])));
      l->entry[l->n - 1].slots = cpus[i];
    }
  free (cpus);
  mp_words_free (&nodes);
}

/* The steps.  */

/* Whether Slurm here can bind tasks to CPUs; if it cannot be asked, it may.  */
static bool
can_bind (void)
{
  static char const name[] = "TaskPlugin ";
  struct mp_words w = { .word = NULL };
  bool can = true;
  char *line = NULL;
  size_t size = 0;
  pid_t pid;
  check (mp_words_split (&w, "scontrol show config", NULL));
  FILE *f = read_from (&w, &pid);
  while (0 <= getline (&line, &size, f))
    if (strncmp (line, name, sizeof name - 1) == 0)
      can = strstr (line, "affinity");
  free (line);
  fclose (f);
  wait_for (pid);
  mp_words_free (&w);
  return can;
}

/* Make SRUN what starts a step on one node, with OPTIONS.  Of what is there
   besides,
   --overlap   makes the step have all CPUs that the job has on the node, even
               if another step has them, such as the one that we run in: srun
               would wait until that ends.  Not --cpus-per-task, for if nodes
               have different numbers of CPUs, srun 22.05 makes of it a step
               that has none,
   --cpu-bind=none  keeps a single task from being bound to one of these CPUs,
               or to those of the step that we run in.  Where nothing is bound,
               srun would remark on that,
   --mem=0     means all memory that the job has there (srun(1)),
   --no-kill   is for the step what it is for the job: a node that fails takes
               no others along,
   --input, --output, --error and --export  are what srun does if no variable
               says otherwise; sbatch --export leaves SLURM_EXPORT_ENV, and
               tasks would lack our environment,
   --mpi=none  because an agent is no rank of anything, nor are tasks,
   --quiet     takes away the remarks that srun makes, but not errors.  */
static void
make_srun (struct mp_words *srun, char const *options)
{
  check (mp_words_split (srun, "srun --nodes=1 --ntasks=1 --overlap --mem=0"
                         " --unbuffered --no-kill --input=all --output=all"
                         " --error=all --export=ALL --mpi=none --quiet",
                         NULL));
  if (can_bind ())
    check (mp_words_add (srun, "--cpu-bind=none"));
  /* What is said last wins.  */
  check (mp_words_split (srun, options, NULL));
}

/* The job.  */

/* Whether this process is in a job.  */
static bool
in_job (void)
{
  return getenv ("SLURM_JOB_ID") && getenv ("SLURM_JOB_NODELIST");
}

/* Make W the command that makes a job as O says, and holds it by PROGRAM.  */
static void
salloc_command (struct mp_words *w, struct pmap_options const *o,
                char const *program)
{
  /* A node that fails is to take no others along.  */
  check (mp_words_split (w, "salloc --no-kill --no-bell", NULL));
  if (!o->verbose)
    check (mp_words_add (w, "--quiet"));
  check (mp_words_split (w, o->slurm_options, NULL));
  check (mp_words_add (w, program));
  check (mp_words_add (w, "--hold-job"));
}

/* Put into the environment what the holder tells through FD: strings, and an
   empty one at the end.  Return whether that has come.  */
static bool
take_environment (int fd)
{
  FILE *f = fdopen (fd, "r");
  char *string = NULL;
  size_t size = 0;
  ssize_t n;
  if (!f)
    xalloc_die ();
  while (1 < (n = getdelim (&string, &size, '\0', f)))
    {
      char *value = strchr (string, '=');
      if (!value)
        break;
      *value++ = '\0';
      if (setenv (string, value, 1) != 0)
        xalloc_die ();
    }
  free (string);
  fclose (f);
  return n == 1;
}

/* Make a job as O says and be in it; return it.  PROGRAM is this program.  */
static struct pmap_slurm_job *
make_job (struct pmap_options const *o, char const *program)
{
  struct pmap_slurm_job *job = xmalloc (sizeof *job);
  struct mp_words w = { .word = NULL };
  int to[2], from[2];
  salloc_command (&w, o, program);
  make_pipe (to);
  make_pipe (from);
  free (pmap_find_program (w.word[0]));
  error (0, 0, _("waiting for Slurm to allocate a job: salloc%s%s"),
         *o->slurm_options ? " " : "", o->slurm_options);
  start (&w, to[0], from[1], true, &job->salloc);
  close (to[0]);
  close (from[1]);
  job->owner = getpid ();
  job->lifeline = to[1];
  if (!take_environment (from[0]) || !in_job ())
    {
      close (job->lifeline);
      wait_for (job->salloc);
      error (MP_EXIT_FAILURE, 0, _("no job was allocated by Slurm"));
    }
  mp_words_free (&w);
  return job;
}

struct pmap_slurm_job *
pmap_slurm_open (struct pmap_options const *o, char const *program,
                 struct mp_hostlist *l, struct mp_words *srun)
{
  struct pmap_slurm_job *job = NULL;
  if (!in_job ())
    job = make_job (o, program);
  /* What was for salloc is not for each step.  */
  make_srun (srun, job ? "" : o->slurm_options);
  add_nodes (l);
  for (char const *const *name = mp_slurm_misleading; *name; name++)
    unsetenv (*name);
  return job;
}

void
pmap_slurm_close (struct pmap_slurm_job *job)
{
  if (!job)
    return;
  close (job->lifeline);
  if (job->owner == getpid ())
    wait_for (job->salloc);
  free (job);
}

/* The holder.  */

/* How often it is tried to cancel a job: Slurm may be busy.  */
enum { CANCEL_TRIES = 5, CANCEL_PAUSE = 1000 };

/* And how often it is looked whether salloc is gone.  */
enum { DEATH_TRIES = 100, DEATH_PAUSE = 10 };

/* SIG has come: from salloc, because the job is over, or because salloc is
   gone.  That ends a wait.  */
static void
salloc_ends (int sig)
{
  (void) sig;
}

/* Let a signal come when salloc, the process PARENT, is gone; and block it, and
   store in *WAITING the mask that lets it through.  */
static void
watch_salloc (pid_t parent, sigset_t *waiting)
{
  struct sigaction const action = { .sa_handler = salloc_ends };
  sigset_t block;
  sigemptyset (&block);
  sigaddset (&block, SIGTERM);
  sigaction (SIGTERM, &action, NULL);
  sigprocmask (SIG_BLOCK, &block, waiting);
  sigdelset (waiting, SIGTERM);
#if HAVE_PRCTL && defined PR_SET_PDEATHSIG
  prctl (PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  if (getppid () != parent)
    raise (SIGTERM);
#else
  (void) parent;
#endif
}

/* Cancel the job that this process is in.  */
static void
cancel_job (void)
{
  struct mp_words w = { .word = NULL };
  pid_t pid;
  check (mp_words_split (&w, "scancel --quiet", NULL));
  check (mp_words_add (&w, getenv ("SLURM_JOB_ID")));
  for (int i = 0; i < CANCEL_TRIES; i++)
    {
      start (&w, -1, -1, false, &pid);
      if (wait_for (pid) == 0)
        break;
      poll (NULL, 0, CANCEL_PAUSE);
    }
  mp_words_free (&w);
}

void
pmap_slurm_hold (void)
{
  fd_set in;
  sigset_t waiting;
  pid_t parent = getppid ();
  if (!in_job ())
    error (MP_EXIT_FAILURE, 0, _("there is no job to hold"));
  watch_salloc (parent, &waiting);
  for (char *const *e = environ; *e; e++)
    if (strncmp (*e, "SLURM_", strlen ("SLURM_")) == 0)
      fwrite (*e, 1, strlen (*e) + 1, stdout);
  putchar ('\0');
  if (fflush (stdout) == 0)
    {
      FD_ZERO (&in);
      FD_SET (STDIN_FILENO, &in);
      bool told = pselect (STDIN_FILENO + 1, &in, NULL, NULL, NULL,
                           &waiting) < 0;
      /* If it is the death of salloc that tells, that is of one of its threads,
         and the others take a moment.  */
      for (int i = 0; told && i < DEATH_TRIES && getppid () == parent; i++)
        poll (NULL, 0, DEATH_PAUSE);
    }
  /* Nobody else would end it.  */
  if (getppid () != parent)
    cancel_job ();
  _exit (0);
}
