/* The parts of pmap.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_H
#define PMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attribute.h"

#include "blocks.h"
#include "monotime.h"
#include "order.h"
#include "pool.h"
#include "pressure.h"
#include "template.h"

struct pmap_joblog;

/* The -n of `-n max'.  */
#define PMAP_CHUNK_MAX ((size_t) -1)

/* When --halt ends a run: what counts, and how many of them it takes.  */
struct pmap_halt
{
  enum { PMAP_HALT_NEVER, PMAP_HALT_SOON, PMAP_HALT_NOW } when;
  enum { PMAP_HALT_FAIL, PMAP_HALT_SUCCESS, PMAP_HALT_DONE } why;
  unsigned long int n;
  bool percent;                 /* of all tasks */
};

/* A source of items: FILE, where "-" is standard input; or, if that is null,
   the strings ITEM.  */
struct pmap_input
{
  char const *file;
  char *const *item;
  size_t n_items;
  bool linked;                  /* its items go with those of the one before */
};

/* What the command line asks for.  */
struct pmap_options
{
  /* Items.  */
  char delimiter;
  struct pmap_input *input;     /* owned */
  size_t n_inputs;
  bool names;                   /* the first item of each has names of
                                   columns */
  char *column_separator;       /* owned; null: an item is one column */
  size_t column_separator_len;
  bool shuffle, seeded;
  uint64_t seed;
  size_t chunk;                 /* items a task, or PMAP_CHUNK_MAX */
  size_t max_chars;             /* of a command line; 0: not said */

  /* Command.  */
  char *const *command;
  size_t n_command;
  char const *replacement;      /* for {}, or null */
  struct mp_columns const *columns;     /* what rows of items are; or null */
  struct mp_template const *template;   /* COMMAND, parsed */

  /* Warm shells.  */
  char const *script;           /* null: a fresh process a task */
  char const *shell;
  bool isolate;
  size_t max_tasks;             /* of a worker; 0: any number */
  size_t warm_chunk;            /* tasks that a worker is given at once; 0: as
                                   they fit */

  /* Workers of any kind.  */
  char const *initializer;      /* or null */
  char const *init_shell;       /* what evaluates it where the workers are not
                                   shells, resolved; or null */

  /* Warm filters.  MAX_TASKS and WARM_CHUNK are theirs, too.  */
  bool filter;
  char line_end;                /* what ends their lines */

  /* Blocks.  */
  bool blocks;
  size_t block_size;            /* 0: not said */
  char *record_end, *record_start;      /* null: not said */
  size_t record_end_len, record_start_len;
  size_t header;                /* lines before each block */
  bool round_robin;

  /* Pool.  */
  char const *processes_text;   /* as it was said, or null */
  unsigned int processes;       /* 0: no limit */
  mp_time kill_after;
  mp_time timeout;              /* of a task; 0: none */
  unsigned long int timeout_percent;    /* of the median of run times; 0: not
                                           said */
  int signal;                   /* to one that takes longer */

  /* Other machines.  */
  bool slurm;
  char const *slurm_options;    /* words for srun or salloc; null: none was
                                   said */
  char const *launcher;         /* words with {host}, or null */
  char const **hosts;           /* owned: lists, as they were given */
  size_t n_hosts;
  bool send;                    /* this program is not there */
  char const *remote_program;   /* where it is; null: where it is here */

  /* Brakes.  The strings are values as they were given, null: not said.  */
  mp_time delay;                /* between two starts */
  char const *load;
  double load_limit;            /* no start from there on */
  char const *memfree;          /* the size only */
  uintmax_t memfree_size;       /* no start below that */
  bool memfree_kill;            /* and tasks are sent back below half of it */
  char const *pressure[MP_PRESSURES];
  double pressure_limit[MP_PRESSURES];  /* no start from there on */

  /* Resources.  */
  size_t cpus_per_task;         /* 0: not said */
  bool bind;

  char *title;                  /* the command line as others see it */
  size_t title_size;

  /* Failure.  */
  struct pmap_halt halt;
  size_t retries;               /* attempts at a task; 0: any number */
  mp_time retry_delay;          /* after the first */
  mp_time deadline;             /* of the run; 0: none */
  char const *failed_file;      /* for items that have failed, or null */
  char const *joblog;           /* or null */
  bool resume;                  /* what the job log tells of is not run */
  bool resume_any;              /* whatever the command was */
  bool resume_failed;           /* but what has failed is */

  /* Other hosts.  */
  bool agent;                   /* run tasks for a pmap elsewhere */
  bool unlink;                  /* and remove this program's own file */
  char const *workdir;          /* of tasks; null: ours, if it is there */
  char **env;                   /* variables for them, NAME=VALUE and a null
                                   pointer, owned; or null */
  mp_time heartbeat;            /* how long agents may be silent */
  struct pmap_hosts const *remote;      /* derived; null: here */

  bool read_all;                /* derived: items are read to the end first */

  /* Seeing.  */
  char const *trace_file, *report_file; /* or null */
  bool summary;

  /* Derived: each item is a task of its own to those who look at the run.  */
  bool per_item;

  /* Scripts that get the output of tasks, or null.  */
  char const *callback, *error_callback;

  /* Output.  */
  enum mp_grouping grouping;
  bool ungrouped;
  bool tag;
  bool progress;
  char *tag_string;             /* or null */
  char const *results;          /* a folder, or null */
  bool json;
  bool verbose;
  bool dry_run;
};

/* Add INPUT to those of O.  */
void pmap_add_input (struct pmap_options *o, struct pmap_input const *input);

/* Parse the options of the ARGC strings ARGV into *O, or exit if they are no
   good.  Return the index of the first operand.  */
int pmap_parse_options (int argc, char **argv, struct pmap_options *o);

/* Return the command that O asks for, parsed.  */
struct mp_template *pmap_parse_command (struct pmap_options const *o);

/* Take the operands, the ARGC strings ARGV, into *O: the command and where
   its items come from; or exit.  */
void pmap_parse_operands (int argc, char **argv, struct pmap_options *o);

/* Write --help to standard output.  */
void pmap_help (void);

/* Where messages go: all zero, to standard error at once; with a pool, after
   what that has delivered, and nobody waits for who reads them.  */
struct pmap_messages
{
  struct mp_pool *pool;
};

/* Write a diagnostic, in the form of gnulib's error, with ERR's text unless ERR
   is 0.  */
void pmap_say (struct pmap_messages const *m, int err, char const *format,
               ...) ATTRIBUTE_FORMAT ((printf, 3, 4));

/* Return, in quotes, the item that is the LEN bytes at DATA, or the beginning
   of it; and the first item of TASK in this way, or its block.  The caller
   frees it.  */
char *pmap_item_quoted (char const *data, size_t len) ATTRIBUTE_MALLOC;
char *pmap_task_quoted (struct mp_task const *task) ATTRIBUTE_MALLOC;

/* Say that what messages call WHAT has failed with STATUS, as wait(2) tells, or
   because its time was over.  */
void pmap_say_status (struct pmap_messages const *m, char const *what,
                      bool timed_out, int status);

/* Report how TASK, whose command was run, has failed; how those of L that
   failed have done so; why TASK could not be run as O says: ERR; and how the
   callback for TASK has failed.  */
void pmap_report_status (struct pmap_messages const *m,
                         struct mp_task const *task);
void pmap_report_lines (struct pmap_messages const *m, struct mp_lines *l);
void pmap_report_error (struct pmap_messages const *m,
                        struct pmap_options const *o,
                        struct mp_task const *task, int err);
void pmap_report_callback (struct pmap_messages const *m,
                           struct mp_task const *task);

/* Where the items come from: all sources.  They give rows, each with an item of
   every source.  Opaque to its users.  */
struct pmap_sources;

/* Open the sources that O asks for, and read their headers, if any; a failure
   is reported and ends the program.  Later messages go through MESSAGES, which
   outlive the sources.  */
struct pmap_sources *pmap_sources_open (struct pmap_options const *o,
                                        struct pmap_messages const *messages);

void pmap_sources_close (struct pmap_sources *s);

/* What the rows of S are: null if an item is all that there is to them.  And
   how many items they have.  */
struct mp_columns const *pmap_sources_columns (struct pmap_sources const *s);
size_t pmap_sources_width (struct pmap_sources const *s);

/* The descriptor that S waits for, or -1; and let it be FD instead.  */
int pmap_sources_fd (struct pmap_sources const *s);
void pmap_sources_redirect (struct pmap_sources *s, int fd);

/* Give the next row of S in *ROW; it stays S's and is good until the next call.
   Never wait: at the end, *ROW is null.
   Return 0; EAGAIN if the descriptor must become readable first; ENOMEM if
   memory cannot hold the next item, which is then left out.  Other failures are
   reported and are an end.  */
int pmap_sources_next (struct pmap_sources *s, struct mp_item **row);

/* Whether it is known how much S has still to give: store that in *LEFT, and in
   *GIVEN how much it has given.  Both are rows; or if *ABOUT is set, bytes.
   *GIVEN is not set where *LEFT is the number of items of a file.  */
bool pmap_sources_left (struct pmap_sources const *s,
                        unsigned long long *given, unsigned long long *left,
                        bool *about);

/* Whether the items of S, which has one source, are the lines of a file as END
   ends them.  If so, mp_items_more for that, which gives none if they are not
   given in their order.  */
bool pmap_sources_has_lines (struct pmap_sources const *s, char end);
size_t pmap_sources_more (struct pmap_sources *s, size_t max,
                          size_t max_bytes, char const **data, size_t *len);

/* Whether a source could not be read.  Report that so it is for what was read
   last, for the reason ERR.  */
bool pmap_sources_failed (struct pmap_sources const *s);
void pmap_sources_fail (struct pmap_sources *s, int err);

/* Where the tasks come from.  Opaque to its users.  */
struct pmap_feed;

/* Make tasks of the items of SOURCES, which outlive the feed, for commands like
   COMMAND, as O says; a failure is reported and ends the program.  Later
   messages go through MESSAGES, which outlive the feed.  */
struct pmap_feed *pmap_feed_open (struct pmap_options const *o,
                                  struct pmap_sources *sources,
                                  struct mp_template const *command,
                                  struct pmap_messages const *messages);

void pmap_feed_close (struct pmap_feed *feed);

/* The descriptor that items are read from, or -1; and let them be read from
   FD instead.  */
int pmap_feed_fd (struct pmap_feed const *feed);
void pmap_feed_redirect (struct pmap_feed *feed, int fd);

/* As mp_pool_ops has them, with ARG the feed.  */
int pmap_feed_next (struct pmap_feed *feed, struct mp_task **task);
/* As pmap_feed_next, but with a task of lines: of N items and BYTES bytes at
   most, but for one item that is longer.  One that holds the end of a line is
   alone, with the error EINVAL.  If NAMED, the task also has its first item as
   such.  */
int pmap_feed_lines (struct pmap_feed *feed, size_t n, size_t bytes,
                     bool named, struct mp_task **task);

void pmap_feed_push_back (struct pmap_feed *feed, struct mp_task *task,
                          size_t keep);

/* Store in *LEFT how many tasks, or items of -w, will come from FEED after the
   first MADE, if there is a way to tell, and in *ABOUT whether that is an
   estimate.  Return whether there is.  */
bool pmap_feed_left (struct pmap_feed const *feed, unsigned long long made,
                     unsigned long long *left, bool *about);

/* Whether a part of the input could not be read; that was reported.  */
bool pmap_feed_failed (struct pmap_feed const *feed);

/* Blocks.  The value S of -b, null if there is none, and the string that S, the
   value of --recend or --recstart, means: it is from malloc, and *LEN is its
   length.  */
size_t pmap_block_size (char const *s);
char *pmap_record_string (char const *s, size_t *len);

/* Make FEED, opened from FD by pmap_feed_open, one of blocks.  */
struct mp_blocks *pmap_blocks_open (struct pmap_options const *o, int fd);

/* Give the next block of B as the task number INDEX.  Return 0, EAGAIN or
   ENOMEM as mp_blocks_next does, or the errno value of a failed read.  */
int pmap_blocks_next (struct mp_blocks *b, unsigned long long index,
                      struct mp_task **task);

/* As mp_local_options has them, with ARG the feed.  */
int pmap_feed_more (void *arg, struct mp_block **block);
int pmap_feed_more_fd (void *arg);

/* Run the tasks of FEED, as O says, with COMMAND, whose program is FILE
   unless that is null; MESSAGES are those of FEED, and LOG the run's job log,
   or null, which is freed.  Return the exit status.  */
int pmap_run (struct pmap_options const *o, struct pmap_feed *feed,
              struct mp_template const *command, char const *file,
              struct pmap_messages *messages, struct pmap_joblog *log);

/* Write to standard output what pmap_run would run, but for what LOG, which may
   be null, says was run, and report the items that it could not.  Return the
   exit status.  */
int pmap_dry_run (struct pmap_options const *o, struct pmap_feed *feed,
                  struct mp_template const *command,
                  struct pmap_joblog *log);

/* Return the command C in a form that a shell reads back, and a newline; the
   caller frees it.  */
char *pmap_command_text (struct mp_command const *c);

/* Return a command for a shell that does with the item of TASK what a filter
   does as O says, and a newline; the caller frees it.  */
char *pmap_filter_text (struct pmap_options const *o,
                        struct mp_task const *task)
  ATTRIBUTE_MALLOC;

/* If FD is a terminal, return a pipe that gives what is typed there, which a
   process that can read the terminal passes on: the pool itself is not in the
   terminal's foreground.  Otherwise return FD.  -1: a failure, with errno.  */
int pmap_relay_terminal (int fd);

#endif
