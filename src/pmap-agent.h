/* pmap: the agent, which runs tasks on another host for a pool.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_AGENT_H
#define PMAP_AGENT_H

#include "pmap.h"
#include "wire.h"

/* What a pool has told its agent in the beginning.  Its strings are in memory
   that lasts as long as the process.  */
struct pmap_setup
{
  char *name;                   /* of this host */
  char **args;                  /* as on a command line, NULL-terminated */
  int n_args;
  char *cwd;                    /* "": stay */
  bool cwd_needed;
  char **env;                   /* NAME=VALUE, NULL-terminated */
  struct mp_columns *columns;   /* or null */
  unsigned int slots;           /* 0: as ARGS say */
  uint64_t credit;              /* bytes that a task may be ahead */
  mp_time patience;             /* how long to wait for a sign of life */
  struct mp_wire wire;          /* what has come behind it */
};

/* Be the agent that talks through standard input and output, for the pmap whose
   command line has begun at TITLE and is SIZE bytes long.  REMOVE, unless it is
   null, is its own program, to be removed.  Return the exit status.  */
int pmap_agent (char *title, size_t size, char const *remove);

/* Read from standard input what the pool tells first.  Exit if nothing comes
   that makes sense.  */
struct pmap_setup *pmap_setup_read (void);

/* Return the arguments of a command line that lets an agent do what O asks for,
   NULL-terminated.  The caller frees the array and what is in it.  */
char **pmap_setup_args (struct pmap_options const *o);

#endif
