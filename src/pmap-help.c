/* pmap: --help.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap.h"

#include <stdio.h>

#include "progname.h"

#include "exit-status.h"
#include "front.h"

void
pmap_help (void)
{
  static int const statuses[] = {
    MP_EXIT_SUCCESS, MP_EXIT_SOME_FAILED, MP_EXIT_TIMEOUT, MP_EXIT_FAILURE,
    MP_EXIT_CANNOT_INVOKE, MP_EXIT_NOT_FOUND, MP_EXIT_SIGNAL
  };
  printf (_("\
Usage: %s [OPTION]... COMMAND [ARG]... [::: ITEM...]\n\
  or:  %s [OPTION]... COMMAND [ARG]... :::: FILE...\n\
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
      --shuffle[=SEED]   run the items in a random order, which the number SEED\n\
                           decides; all of the input is read first\n\
Several :::, files and -a are combined, the last varying fastest; ':::+ ITEM...'\n\
and '::::+ FILE...' are linked to what is before them, item by item.\n\
"), stdout);
  fputs (_("\n\
Placeholders in COMMAND and ARGs; without any, the items are appended:\n\
  {}    the item                    {.}   the item without its extension\n\
  {/}   its last component          {//}  its directory\n\
  {/.}  last component, no extension\n\
  {#}   the task's number, from 1   {%}   its slot's number, from 1\n\
  {1}   the first column, or the item of the first source, or of a task the\n\
          first item; {-1} the last one; {1.} {1/} {1//} {1/.} its parts\n\
  {NAME}  the column of that name; {NAME.} and so on its parts\n\
  -I, --replace=REPL     use REPL instead of {} and no {1}\n\
"), stdout);
  fputs (_("\n\
Columns:\n\
      --colsep=STRING    cut each item into columns at STRING, which may have\n\
                           escapes; with -c, they are \"$1\", \"$2\"...\n\
      --header[=N]       the first item of each source has the names of its\n\
                           columns; with -b: repeat the first N lines (default\n\
                           1) before each block\n\
"), stdout);
  fputs (_("\n\
Pool:\n\
  -P, --processes=N      run N tasks at a time (default: what ncpu prints);\n\
                           0: all at once; 50%: of the CPUs; +1, -1: more or\n\
                           fewer than CPUs\n\
  -j, --jobs=N           the same as -P\n\
  -t, --timeout=DURATION  end a task that takes longer, with all that it has\n\
                           started; N%: than that much of the median of those\n\
                           that have succeeded\n\
  -s, --signal=SIGNAL    end it by SIGNAL (default TERM)\n\
  -k, --kill-after=DURATION  when a task or the run is ended, send SIGKILL to\n\
                           what still runs DURATION later (default 5s)\n\
"), stdout);
  /* xgettext:no-c-format */
  fputs (_("\n\
Failure:\n\
      --halt=WHEN,WHY    end the run, when WHEN is 'now', with the tasks that\n\
                           run, or 'soon', after them; if WHY is reached:\n\
                           fail=N, success=N or done=N tasks, or N% of all\n\
      --retries=N        attempt a task N times in all until it succeeds (0:\n\
                           any number); only its last attempt has output\n\
      --retry-delay=DURATION  wait about so long after the first attempt, and\n\
                           twice as long each time (default 100ms)\n\
      --deadline=DURATION  end the run when it has taken so long\n\
      --failed=FILE      write the items of tasks that fail to FILE, ready to\n\
                           be given to -a\n\
      --joblog=FILE      write a record of each task to FILE, in the columns of\n\
                           GNU parallel's and some more, when its output was\n\
                           written\n\
      --resume[=any]     run only items that FILE does not tell of; 'any': even\n\
                           if it is of another command\n\
      --resume-failed[=any]  run also those of which it says that they have\n\
                           failed\n\
"), stdout);
  fputs (_("\n\
Brakes and resources:\n\
      --delay=DURATION   start tasks at least DURATION apart\n\
      --load=N           start a task only if fewer than N threads run on this\n\
                           system, or if no task runs; N%: of the CPUs\n\
      --memfree=SIZE     start a task only if SIZE bytes of memory are\n\
                           available, also to the cgroup; 'kill,SIZE': also end\n\
                           the youngest one, to be run again, if there is less\n\
                           than half of it\n\
      --pressure=KIND=PERCENT  start a task only if something has waited for\n\
                           KIND (cpu, memory, io) for less than PERCENT of the\n\
                           last 10 s, or if no task runs\n\
      --cpus-per-task=N  a task has N CPUs: run so many fewer at a time, and\n\
                           tell OMP_NUM_THREADS and the like\n\
      --bind             bind each slot to CPUs of its own: N, or one\n\
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
      --round-robin      give blocks to a few runs of COMMAND, each to one that\n\
                           has read its last one\n\
"), stdout);
  fputs (_("\n\
Output:\n\
  -u, --unordered        output of tasks in the order in which they end\n\
      --line-buffered    output line by line, as it comes\n\
      --ungrouped        tasks write to the output themselves\n\
      --tag              start each line with the item and a tab\n\
      --tagstring=STRING  start each line with STRING, which may have\n\
                           placeholders and escapes, and a tab\n\
      --json             write a JSON object a task, one a line, which has the\n\
                           output, and how and when the task has ended\n\
      --results=DIR      write output and status of each task to files in the\n\
                           folder DIR, too, which is made or empty\n\
      --callback=SCRIPT  run SCRIPT for each task that succeeds, one at a time\n\
                           and in the order of the output, with the item as\n\
                           \"$1\", the status as \"$2\" and the task's output on\n\
                           standard input (and not on ours)\n\
      --error-callback=SCRIPT  the same for each task that fails\n\
  -v, --verbose          write each command to standard error, and how those\n\
                           that failed have ended\n\
      --dry-run          write the commands to standard output and run none\n\
"), stdout);
  fputs (_("\n\
Seeing:\n\
      --progress         show on the terminal, on standard error, how far the\n\
                           run has come; elsewhere, by a line from time to time\n\
      --summary          at the end, write figures of the run to standard\n\
                           error: how many, how long, how well, the slowest\n\
      --report=FILE      write them to FILE as a page for a browser, with a\n\
                           chart of all tasks\n\
      --trace=FILE       write when each task ran to FILE, for Perfetto or\n\
                           chrome://tracing\n\
"), stdout);
  fputs (_("\n\
Other machines:\n\
      --slurm[=OPTIONS]  run tasks on all nodes of the Slurm job that this is\n\
                           in, with OPTIONS for srun; outside of a job, make\n\
                           one, with OPTIONS, such as -N3, for salloc\n\
      --hosts=LIST       run tasks on the hosts of LIST, 'HOST,...', or N at a\n\
                           time on N/HOST; '@FILE': those in FILE, one a line\n\
      --launcher=COMMAND  start what runs on a host by COMMAND, whose words no\n\
                           shell reads, and {host} is the host (default:\n\
                           ssh -T -oBatchMode=yes {host})\n\
      --remote-program=PATH  run the pmap that is at PATH there (default: where\n\
                           it is here)\n\
      --send             send pmap there first\n\
      --workdir=DIR      run tasks there in DIR (default: the folder that pmap\n\
                           is started in, if there is one of that name)\n\
      --env=NAME         give tasks there the environment variable NAME as it\n\
                           is here; may be given several times\n\
      --heartbeat=DURATION  take a host for lost from which nothing has been\n\
                           heard for DURATION (default: 10s)\n\
"), stdout);
  front_help_options ();
  fputs (_("\n\
DURATION is a number with an optional unit: ms, s (default), m, h or d.  SIZE\n\
may end in K, M, G and so on (powers of 1024), or KB, MB... (of 1000).\n\
Tasks find PMAP_ITEM, PMAP_INDEX, PMAP_SLOT, PMAP_ATTEMPT and, on other hosts,\n\
PMAP_HOST in their environment, and nothing on standard input but a block.  A\n\
task has ended when its process has; what tasks leave running is ended when the\n\
run ends.\n\
"), stdout);
  front_help_statuses (statuses, sizeof statuses / sizeof *statuses);
  front_help_tail ();
}
