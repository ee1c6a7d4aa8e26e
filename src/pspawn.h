/* The parts of pspawn.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PSPAWN_H
#define PSPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "descriptors.h"
#include "job.h"
#include "monotime.h"
#include "records.h"

/* Where the streams of COMMAND go that are no file.  */
#define PSPAWN_INHERIT "inherit"
#define PSPAWN_NULL "null"
#define PSPAWN_KEEP "keep"

/* What is printed.  */
enum pspawn_print
{
  PSPAWN_PRINT_HANDLE,
  PSPAWN_PRINT_PID,
  PSPAWN_PRINT_NAME,
  PSPAWN_PRINT_NONE
};

enum pspawn_method
{
  PSPAWN_SPAWN,
  PSPAWN_FORK,
  PSPAWN_FORKSERVER
};

enum { PSPAWN_PRINTS = 4, PSPAWN_METHODS = 3 };

/* Their names.  */
extern char const *const pspawn_prints[PSPAWN_PRINTS];
extern char const *const pspawn_methods[PSPAWN_METHODS];

/* What the command line asks for.  */
struct pspawn_options
{
  char *const *command;
  char const *name;             /* or null */
  char const *stream[3];        /* a file, or one of the words above */
  bool daemon;
  pid_t owner;                  /* 0: not said */
  enum pspawn_print print;
  char const *on_exit;          /* or null */
  mp_time timeout;              /* 0: none */
  int signal;
  mp_time kill_after;
  uintmax_t keep_max;
  enum pspawn_method method;
  bool scope;
  bool terminate;
  mode_t umask;                 /* that we were started with: ours keeps
                                   others out, and the user in */
};

/* Start the command of O, whose program is FILE, with its record in R, and
   print what is asked for.  A failure is reported.  Return the exit
   status.  */
int pspawn_start (struct pspawn_options const *o, struct mp_records *r,
                  char const *file);

/* Run the command of O, whose program is FILE, as the main process of a new
   scope in R.  A failure is reported.  Return the exit status.  */
int pspawn_scope (struct pspawn_options const *o, struct mp_records *r,
                  char const *file);

/* In a new process: be the supervisor of what START says, with records in R,
   and answer to REPLY_FD as mp_super_start does.  INHERITED are the descriptors
   that pspawn was started with.  If it is a daemonic process, this one is the
   guard of the supervisor.  */
noreturn void pspawn_supervise (struct mp_records *r,
                                struct mp_start const *start, int reply_fd,
                                struct descriptors *inherited);

/* In a new process: be the fork server of SCOPE in R for who comes to
   LISTEN_FD, or its guard.  */
noreturn void pspawn_serve (struct mp_records *r, char const *scope,
                            int listen_fd);

/* Open what is stream I of O's process, above 2.  Return its descriptor, or -1
   if it is to be kept; a failure is reported and ends the program.  */
int pspawn_open_stream (struct pspawn_options const *o, int i);

/* Return the command ARGV in a form that a shell reads back; the caller frees
   it.  */
char *pspawn_quote_command (char *const *argv);

/* Store in PARENT, of MP_PROCID_SIZE bytes, the handle of the process that is
   the parent of what is started now: that which pspawn has started and which
   we descend from, else our own parent.  Return it.  */
char const *pspawn_parent (char *parent);

/* Report that what was to be started cannot be, because of ERR, and return the
   exit status; NAME is that of its program.  */
int pspawn_cannot_run (char const *name, int err);

#endif
